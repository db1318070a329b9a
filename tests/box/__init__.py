"""What an admin does on a host with systemd, shown on a VPS in a box."""
