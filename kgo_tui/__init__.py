"""A GitOps worker and a terminal console for a host that runs Docker Compose."""

__version__ = "0.1.0.dev0"
