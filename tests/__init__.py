"""The tests: on real parts wherever a part can be real."""
