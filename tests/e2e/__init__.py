"""The product as its users have it: the command line on a whole host."""
