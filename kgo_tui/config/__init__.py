"""The configuration: files, environment and command line, checked as a whole, with origins.

Owns what can be configured. Must not know adapters or the engine; only `wiring` and the command
line import it. `load` reads and checks, `resolve` looks at the host, `client` is all that a client
needs; `show`, `template` and `paths` are what their names say. Nothing is imported here: a command
pays for what it uses.
"""
