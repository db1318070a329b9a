"""The control socket, on real sockets."""
