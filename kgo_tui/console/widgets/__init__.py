"""The console's own widgets: what they show is given to them; they ask nobody."""
