"""What people read goes through `say`: looked for in the code, where widgets are given texts.

A heuristic: words in what is handed to the functions below, but for those that are no words of a language.
What it cannot follow (a text made elsewhere), `test_french.py` sees on the screen.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.console import catalog

READ: dict[str, tuple[int | str, ...]] = {
    "Piece": (0,),
    "plain": (0,),
    "wrapped": (0,),
    "by_words": (0,),
    "Column": (0,),
    "Fact": (0, 1),
    "Told": (0, 1, "way"),
    "Key": (3, 4),
    "Content": (0,),
    "Static": (0,),
    "Label": (0,),
    "Button": (0,),
    "Input": ("placeholder",),
    "RowList": ("empty",),
    "show": ("empty",),
    "notify": (0,),
    "tell": (0,),
    "_tell": (0,),
    "note": (0,),
    "Confirm": (0, 1, 2, "yes"),
    "Picker": (0,),
    "Search": (0,),
    "offer": (0,),
    "print": (0,),
    "Refused": (0, "hint"),
}
"""Functions, and which of their arguments people read."""

ATTRIBUTES = frozenset({"border_title", "border_subtitle", "placeholder", "label"})

WORD = re.compile(r"[^\W\d_]{2,}")

NO_WORDS = frozenset(
    {
        *("kgo", "docker"),  # names
        *("HTTP", "TLS", "CPU", "ms"),  # the same in every language
    }
)
QUIET = frozenset(
    {"get", "removeprefix", "removesuffix", "partition", "rpartition", "has_class", "query_one"}
)
"""Calls whose arguments are no texts."""


def unsaid(node: ast.AST) -> Iterator[str]:
    """Words that stand in an expression, not said."""
    match node:
        case ast.Call(func=ast.Name(id="say" | "later")):
            return
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in QUIET:
            yield from unsaid(value)
            return
        case ast.Compare() | ast.Lambda() | ast.Dict():
            return
        case ast.IfExp(body=body, orelse=orelse):
            parts: list[ast.AST] = [body, orelse]
        case ast.Subscript(value=value):
            parts = [value]
        case ast.FormattedValue(value=value):
            parts = [value]
        case ast.Constant(value=str() as text):
            if set(WORD.findall(text)) - NO_WORDS:
                yield text
            return
        case _:
            parts = list(ast.iter_child_nodes(node))
    for part in parts:
        yield from unsaid(part)


def read(node: ast.AST) -> Iterator[ast.expr]:
    """What of a statement or call people read."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        if node.targets[0].attr in ATTRIBUTES:
            yield node.value
    elif isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for place in READ.get(name, ()):
            if isinstance(place, int):
                yield from node.args[place : place + 1]
            else:
                yield from (keyword.value for keyword in node.keywords if keyword.arg == place)


def test_every_text_that_people_read_is_said() -> None:
    found = [
        f"{file}:{expression.lineno}: {text!r}"
        for file, tree in catalog.trees()
        for node in ast.walk(tree)
        for expression in read(node)
        for text in unsaid(expression)
    ]
    assert found == []


def test_the_search_finds_what_is_not_said() -> None:
    tree = ast.parse('notify(f"{count} lines"); box.border_title = "Plan" if armed == "yes" else say("Back")')
    found = [text for node in ast.walk(tree) for part in read(node) for text in unsaid(part)]
    assert found == ["Plan", " lines"]
