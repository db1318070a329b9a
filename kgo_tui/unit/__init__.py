"""`kgo-tui service`: the worker as a systemd unit, put there, taken over, undone.

Owns what is found out about a host, the plan that comes of it, and carrying the plan out. Must not know
what the worker does. What reads is pure or only looks; what changes the host is in `doing` alone.
"""
