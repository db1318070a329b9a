"""The machine's own apt source: where another release of Debian, or a whole fresh one, is taken from.

Reads apt's files as they stand, both notations. Names no server of its own and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CLASSIC = re.compile(r"^deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s", re.MULTILINE)
APT = Path("/etc/apt")


class NoSource(Exception):
    """No apt source for this machine's own release was found."""


@dataclass(frozen=True)
class Source:
    """A mirror, and what vouches for what comes from it."""

    uri: str
    options: str = ""

    @property
    def keyring(self) -> str | None:
        """The file of the keys that sign it, where the source names one."""
        found = re.search(r"signed-by=(/\S+)", self.options)
        return found[1] if found is not None else None

    def line(self, suite: str) -> str:
        """The line for apt that takes another release from the same place."""
        options = f"[{self.options}] " if self.options else ""
        return f"deb {options}{self.uri} {suite} main"


def own_source() -> Source:
    """The source of the release that this machine is. Raises NoSource."""
    suite = _own_release()
    for file in _files():
        found = source_in(file.read_text(), suite)
        if found is not None:
            return found
    raise NoSource(f"No apt source for {suite} was found to derive another one from.")


def source_in(text: str, suite: str) -> Source | None:
    """The source of that suite in the text of one of apt's files."""
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([\w-]+):\s*(\S.*)$", stanza, re.MULTILINE))
        if suite in fields.get("Suites", "").split():
            signed = f"signed-by={fields['Signed-By']}" if "Signed-By" in fields else ""
            return Source(fields["URIs"].split()[0], signed)
    found = (line for line in CLASSIC.finditer(f"{text}\n") if line[3] == suite)
    return next((Source(line[2], line[1] or "") for line in found), None)


def _files() -> Iterator[Path]:
    for file in (APT / "sources.list", *sorted((APT / "sources.list.d").glob("*.*"))):
        if file.suffix in (".list", ".sources") and file.exists():
            yield file


def _own_release() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    return fields.get("VERSION_CODENAME", "").strip('"')
