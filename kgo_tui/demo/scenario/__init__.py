"""A host that exists on paper only: acts of its life, played behind a real control socket.

Owns what happens there and when. Drives the console's tests, its pictures and `demo --offline`. Must
not know how any of it is drawn.
"""
