"""Tests of the commands' parts that need no host."""
