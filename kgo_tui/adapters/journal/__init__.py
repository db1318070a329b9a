"""systemd's journal: `JournalWriter` sends it records, `JournalReader` reads those of a unit.

Its parts: `native` (one record as bytes), `writer` (the socket, and what happens while the journal
is away); `unit` (which unit a process is), `reader` (what to ask journalctl), `program` (running it),
`entries` (its answers).
"""

from kgo_tui.adapters.journal.reader import JournalReader
from kgo_tui.adapters.journal.unit import Unit, own_unit
from kgo_tui.adapters.journal.writer import JournalWriter

__all__ = ["JournalReader", "JournalWriter", "Unit", "own_unit"]
