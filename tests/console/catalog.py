"""The console's texts and their translations: read from the code, brought into the catalog, compiled.

`python -m tests.console.catalog` (make locale) does all of it; the tests of `test_french.py` do the same
and look whether anything would change. The code is read as a tree, since a `say` within an f-string is
no token of its own before Python 3.12.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from kgo_tui import console
from kgo_tui.console.speech import CATALOGS, DOMAIN

CODE = Path(console.__file__).parent
ROOT = CODE.parent.parent
MARKS = frozenset({"say", "later"})


class Marked(NamedTuple):
    """A call of `say` or `later`: where, and with what."""

    file: str
    line: int
    mark: str
    argument: ast.expr


def po(language: str) -> Path:
    """The translations, as people write them."""
    return CATALOGS / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the console."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8")))
        for path in sorted(CODE.rglob("*.py"))
    )


def marked() -> Iterator[Marked]:
    """Every call that marks a text, in the order of the code."""
    for file, tree in trees():
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        for call in sorted(calls, key=lambda n: (n.lineno, n.col_offset)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in MARKS and call.args:
                yield Marked(file, call.lineno, name, call.args[0])


def texts() -> dict[str, set[str]]:
    """Every text that is marked, and in which files."""
    found: dict[str, set[str]] = {}
    for one in marked():
        if isinstance(one.argument, ast.Constant) and one.argument.value:
            found.setdefault(str(one.argument.value), set()).add(one.file)
    return found


def translations(language: str) -> Catalog:
    """As they are."""
    path = po(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def updated(language: str) -> Catalog:
    """With every text of the code and no other; what is new is empty."""
    before, since = translations(language), datetime(2026, 1, 1, tzinfo=UTC)
    after = Catalog(locale=language, domain=DOMAIN, project=DOMAIN, fuzzy=False, header_comment="#")
    after.creation_date = after.revision_date = since  # else every `make locale` would change something
    after.last_translator = after.language_team = after.msgid_bugs_address = DOMAIN
    for text, files in texts().items():
        old = before.get(text)
        after.add(text, old.string if old else "", [(file, 0) for file in sorted(files)])
    return after


def written(catalog: Catalog) -> bytes:
    """The catalog as people read it."""
    file = io.BytesIO()
    write_po(file, catalog, width=100, include_lineno=False, sort_by_file=False)
    return file.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """The catalog as the program reads it."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def main(languages: tuple[str, ...] = ("fr",)) -> int:
    """Bring every catalog up to date; 1 where a text has no translation."""
    missing = 0
    for language in languages:
        catalog, path = updated(language), po(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        for message in catalog:
            if message.id and not message.string:
                missing += 1
                print(f"{language}: no translation of {message.id!r}")  # noqa: T201 - a command of make
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
