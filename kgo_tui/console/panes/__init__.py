"""The five panes of the main screen: each draws its part of the session."""
