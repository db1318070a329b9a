"""On which line of a TOML text each key stands; the standard parser tells lines only for errors.

Owns a scanner that follows tables, keys and the ends of values, and nothing else of TOML. Expects a
text that the real parser took; keys inside inline tables have no line of their own.
"""

from __future__ import annotations

import re

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_LITERAL = re.compile(r"'([^'\n]*)'")
_LONG = re.compile(r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|\'\'\'(?:[^\']|\'{1,2}(?!\'))*\'{3,5}', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of every table and key, e.g. ("notify", 0, "url"): 12.

    An array of tables has the line of its first entry. Stops quietly where it loses the thread: a
    key without a line is better than one with a wrong line.
    """
    scan = _Scan(text)
    while scan.statement():
        pass
    return scan.lines


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int | None:
    """The line of a key, else of the nearest table around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self._table: KeyPath = ()
        self._entries: dict[KeyPath, int] = {}
        self._counted = (0, 1)

    def statement(self) -> bool:
        """Take one header or assignment; False at the end, or where it is not understood."""
        self._skip(_BLANK)
        if self.at >= len(self.text):
            return False
        line = self._line()
        return self._header(line) if self.text[self.at] == "[" else self._assignment(line)

    def _header(self, line: int) -> bool:
        several = self.text.startswith("[[", self.at)
        self.at += 2 if several else 1
        name = self._key()
        if not name or not self._take("]]" if several else "]"):
            return False
        self._table = self._entered(name, several=several)
        for known in range(1, len(self._table) + 1):
            self.lines.setdefault(self._table[:known], line)
        return True

    def _assignment(self, line: int) -> bool:
        name = self._key()
        if not name or not self._take("="):
            return False
        for known in range(1, len(name) + 1):
            self.lines.setdefault(self._table + name[:known], line)
        return self._value()

    def _entered(self, name: KeyPath, *, several: bool) -> KeyPath:
        """The table's full path, with the number of the entry after every array of tables."""
        path: KeyPath = ()
        for part in name[:-1]:
            path = self._in_entry((*path, part))
        path = (*path, name[-1])
        if several:
            self._entries[path] = self._entries.get(path, -1) + 1
        return self._in_entry(path)

    def _in_entry(self, path: KeyPath) -> KeyPath:
        return (*path, self._entries[path]) if path in self._entries else path

    def _key(self) -> KeyPath:
        parts: list[str] = []
        while True:
            self._blanks()
            part = self._key_part()
            if part is None:
                return ()
            parts.append(part)
            self._blanks()
            if not self._take("."):
                return tuple(parts)

    def _key_part(self) -> str | None:
        for pattern in (_BASIC, _LITERAL, _BARE):
            match = pattern.match(self.text, self.at)
            if match:
                self.at = match.end()
                inner = match[1] if pattern is not _BARE else match[0]
                return _unescaped(inner) if pattern is _BASIC else inner
        return None

    def _value(self) -> bool:
        """Go past one value: to the end of its line, outside of strings, brackets and comments."""
        depth = 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\n" and depth == 0:
                return True
            if char == "#":
                self._skip(re.compile(r"[^\n]*"))
            elif char in "\"'":
                if not (self._skip(_LONG) or self._skip(_BASIC) or self._skip(_LITERAL)):
                    return False
            else:
                depth += (char in "[{") - (char in "]}")
                self.at += 1
        return True

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match is not None

    def _blanks(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1

    def _take(self, token: str) -> bool:
        found = self.text.startswith(token, self.at)
        self.at += len(token) if found else 0
        return found

    def _line(self) -> int:
        """The line here, counted on from where it was asked last."""
        at, line = self._counted
        self._counted = (self.at, line + self.text.count("\n", at, self.at))
        return self._counted[1]


def _unescaped(inner: str) -> str:
    def plain(match: re.Match[str]) -> str:
        short, long, char = match.groups()
        return chr(int(short or long, 16)) if short or long else _ESCAPED.get(char, char)

    return _ESCAPE.sub(plain, inner)
