"""The state store on SQLite: one file that survives crashes, upgrades and ten years of history.

Owns the file, its schema and every SQL statement. Must not know why anything is recorded.
"""

from kgo_tui.adapters.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
