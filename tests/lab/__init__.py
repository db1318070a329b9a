"""The lab: what the tests need on a machine, and the fixtures that give it to them."""
