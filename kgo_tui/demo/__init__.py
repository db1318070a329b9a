"""The sandbox: a private engine, registry, remote, HTTPS front and sample application on one machine.

Shared by `kgo-tui demo` and the tests. It starts real programs, owns every process it starts, and
knows nothing of the worker or the console: they are run on it from outside, as an admin would.
"""
