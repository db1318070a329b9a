"""The VPS in a box: systemd, journald, Docker and sshd in a container of the lab's private engine.

Owns how such a host is built, cached, started and ended. Knows nothing of what a test runs on it.
"""
