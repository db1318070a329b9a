"""The Unix socket between the worker and whoever watches or commands it."""
