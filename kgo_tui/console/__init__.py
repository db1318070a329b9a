"""The full-screen console: a client of the worker's socket, and nothing else.

Owns what an admin sees and which key does what. Must not know git, Docker, HTTP or the engine: all
comes from `control.client`. Nothing is imported here, so that the command line stays fast.
"""
