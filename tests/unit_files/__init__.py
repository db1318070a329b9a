"""Tests of `kgo_tui.unit`, on files; what needs systemd is in tests/box."""
