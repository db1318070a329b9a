"""The engine on a simulated host, with virtual time and the real store."""
