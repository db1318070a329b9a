"""Tests of the adapters part."""
