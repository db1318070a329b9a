"""The console under Pilot, against a real control socket with a played worker behind it."""
