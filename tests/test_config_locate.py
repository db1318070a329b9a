"""The line of every key: right, or none at all."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.config.locate import KeyPath, line_of, lines_of

DOCUMENT = '''\
# a comment with [brackets] = and "quotes"
language = "fr"   # [not.a.table]

[ repository ]
path = "/srv/[app] # not a comment"
"quoted key" = 'x = "y"'
long = """
[health]
urls = "not a key" \\
"""" # four quotes: one is content
literal = \'\'\'
attempts = 1
\'\'\'
[health]
urls = [ # comment ] in a list
  "https://a",   # "quote
  "https://b", ]
inline = { tls = "strict", list = [1, 2] }
dotted . deep."er" = 1
[[notify]]
url = "a"
[[notify]]

url = "b"
[notify.sub]
x = 1
[monitor] # last
interval=5'''


def test_every_key_of_a_document_with_all_traps_has_its_line() -> None:
    lines = lines_of(DOCUMENT)
    tomllib.loads(DOCUMENT)
    assert {".".join(map(str, path)): line for path, line in lines.items()} == {
        "language": 2, "repository": 4, "repository.path": 5, "repository.quoted key": 6,
        "repository.long": 7,
        "repository.literal": 11, "health": 14, "health.urls": 15, "health.inline": 18, "health.dotted": 19,
        "health.dotted.deep": 19, "health.dotted.deep.er": 19, "notify": 20, "notify.0": 20,
        "notify.0.url": 21,
        "notify.1": 22, "notify.1.url": 24, "notify.1.sub": 25, "notify.1.sub.x": 26, "monitor": 27,
        "monitor.interval": 28,
    }  # fmt: skip


def test_windows_line_ends_count_once() -> None:
    assert lines_of("a = 1\r\n\r\nb = '''\r\n'''\r\nc = 3\r\n") == {("a",): 1, ("b",): 3, ("c",): 5}


def test_what_has_no_line_of_its_own_has_that_of_the_table_around_it() -> None:
    lines = lines_of(DOCUMENT)
    assert line_of(lines, ("health", "inline", "tls")) == 18
    assert line_of(lines, ("notify", 7, "url")) == 20
    assert line_of(lines, ("nowhere",)) is None


@given(st.text(max_size=80) | st.text(alphabet="[]={}#.,'\"\\\n ab1", max_size=80))
def test_any_text_at_all_ends(text: str) -> None:
    for path, line in lines_of(text).items():
        assert path
        assert 1 <= line <= text.count("\n") + 1


@given(st.text(alphabet="[]={}#.,'\"\\\n ab1", max_size=60))
def test_keys_that_the_real_parser_sees_are_found_and_no_others(text: str) -> None:
    try:
        values = tomllib.loads(text)
    except ValueError:
        return
    located, real = lines_of(text), set(_paths(values))
    assert set(located) <= real
    assert {path for path in real if len(path) == 1} <= set(located)


NAMES = st.text(alphabet="ab-_0", min_size=1, max_size=4)
VALUES = st.sampled_from(
    ["1", '"x"', "'[t]'", '"""\n[a]\nb = 1\n"""', "'''\n'' #\n'''", "[\n1, # ]\n2]", '{ a = "]" }', '"\\"#"']
)
BLANKS = st.sampled_from(["", "\n", "# [a]\n", "  \n\t\n"])


@given(st.lists(st.tuples(BLANKS, NAMES, st.lists(st.tuples(BLANKS, NAMES, VALUES), max_size=4)), max_size=4))
def test_lines_of_made_documents_are_exact(tables: list[tuple[str, str, list[tuple[str, str, str]]]]) -> None:
    text, expected = "", {}
    for number, (blank, table, pairs) in enumerate(tables):
        text += blank
        path: KeyPath = (f"{number}{table}",)
        expected[path] = text.count("\n") + 1
        text += f"[{path[0]}]\n"
        for index, (space, name, value) in enumerate(pairs):
            text += space
            expected[(*path, f"{index}{name}")] = text.count("\n") + 1
            text += f"{index}{name} = {value}\n"
    tomllib.loads(text)
    assert lines_of(text) == expected


def test_a_large_document_is_located_in_linear_time() -> None:
    text = "".join(f"[t{n}]\nkey = '''\n{'x' * 50}\n'''\n" for n in range(5000))
    assert lines_of(text)[("t4999", "key")] == 4999 * 4 + 2


def _paths(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [found for name, item in inner for found in _paths(item, (*path, name))]
    return ([path] if path else []) + below
