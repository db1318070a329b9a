"""One technology each: git, Compose and Docker, HTTPS, SQLite, the host itself."""
