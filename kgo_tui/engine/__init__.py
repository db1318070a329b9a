"""The deployment engine; knows the world only through its ports."""
