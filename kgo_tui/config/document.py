"""A parsed file as a layer of settings: sections, keys, and what is unknown in it.

Owns finding the faults of one file, each with its line and the nearest name that exists. Must not
know other layers, nor which file counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgo_tui.config.files import Document
from kgo_tui.config.keys import KEYS, names_of
from kgo_tui.config.layers import Layer, Origin, Settings, check_entry, put
from kgo_tui.config.locate import KeyPath, line_of, lines_of
from kgo_tui.config.problems import Problem, described, shortened, suggestion
from kgo_tui.config.sections import SECTIONS


def from_document(document: Document, problems: list[Problem]) -> Layer:
    """The settings of one file; its faults are added to `problems`."""
    return _Reading(document, problems).layer()


class _Reading:
    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.document, self.problems = document, problems
        self.lines = lines_of(document.text)

    def layer(self) -> Layer:
        settings: Settings = {}
        notify: tuple[Settings, ...] | None = None
        for name, value in self.document.values.items():
            if name == "notify":
                notify = tuple(self._entries(value))
            elif name in SECTIONS:
                settings |= self._table((name,), value)
            elif name in KEYS:
                put(settings, name, value, self._at((name,)), self.problems)
            else:
                self._unknown((name,), value)
        return Layer(settings=settings, notify=notify)

    def _entries(self, value: object) -> Iterator[Settings]:
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            found = "[notify]" if isinstance(value, dict) else described(value)
            self._fault(("notify",), f"expected entries that begin with [[notify]], found {found}")
            return
        for number, entry in enumerate(value):
            before = len(self.problems)
            settings = self._table(("notify", number), entry)
            if len(self.problems) == before:
                check_entry(settings, self._at(("notify", number)), self.problems)
            yield settings

    def _table(self, path: KeyPath, value: object) -> Settings:
        section, settings = str(path[0]), Settings()
        if not isinstance(value, dict):
            self._fault(path, f"expected the section [{section}], found {described(value)}")
            return settings
        for name, item in value.items():
            key, place = f"{section}.{name}", (*path, name)
            if key in KEYS:
                put(settings, key, item, self._at(place), self.problems)
            else:
                self._unknown(place, item)
        return settings

    def _unknown(self, path: KeyPath, value: object) -> None:
        what = "unknown section" if len(path) == 1 and isinstance(value, dict) else "unknown key"
        self._fault(path, what + _meant(path, value))

    def _fault(self, path: KeyPath, message: str) -> None:
        key = shortened(".".join(part for part in path if isinstance(part, str)))
        self.problems.append(Problem(where=str(self._at(path)), key=key, message=message))

    def _at(self, path: KeyPath) -> Origin:
        return Origin(source="file", name=self.document.path, line=line_of(self.lines, path))


def _meant(path: KeyPath, value: object) -> str:
    """The section where such a key belongs, else the nearest name: first in the same section."""
    name = str(path[-1])
    if len(path) == 1 and isinstance(value, dict):
        return suggestion(name, SECTIONS)
    elsewhere = [key for key in KEYS if key.rpartition(".")[2] == name.lower().replace("-", "_")]
    here = names_of(str(path[0])) if len(path) > 1 else ["language"]
    near = suggestion(name, here)
    if elsewhere and not near:
        return f" (it belongs in {' or '.join(_section(key) for key in elsewhere)})"
    return near or suggestion(name, KEYS)


def _section(key: str) -> str:
    section = key.partition(".")[0]
    return f"[{section}]" if "." in key else "the top of the file"
