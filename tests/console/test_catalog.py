"""The catalogs: every text of the console is in them, translated, and fits where it is put in."""

from __future__ import annotations

import ast
import gettext
import io
from string import Formatter

import pytest
from babel.messages.catalog import Message

from kgo_tui.console import speech
from tests.console import catalog

LANGUAGES = ("fr",)


def messages(language: str) -> list[Message]:
    return [message for message in catalog.translations(language) if message.id]


def places(text: object) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(str(text)) if name is not None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalog_has_the_texts_of_the_code_and_no_others(language: str) -> None:
    assert {str(message.id) for message in messages(language)} == set(catalog.texts()), "run: make locale"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert [m.id for m in messages(language) if not m.string or m.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_places_of_its_text(language: str) -> None:
    wrong = {m.id: m.string for m in messages(language) if places(m.id) != places(m.string)}
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_begins_and_ends_as_its_text(language: str) -> None:
    """Indentation is part of a line, and a key that is pressed is the same in every language."""
    for message in messages(language):
        text, said = str(message.id), str(message.string)
        assert (text[:1].isspace(), text[-1:].isspace()) == (said[:1].isspace(), said[-1:].isspace()), text
        assert text[0].isascii() or text[0] == said[0], f"{text!r} begins with a glyph, {said!r} does not"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_program_reads_is_what_people_wrote(language: str) -> None:
    written = catalog.po(language).with_suffix(".mo").read_bytes()
    read = gettext.GNUTranslations(io.BytesIO(written))
    assert {m.id: read.gettext(str(m.id)) for m in messages(language)} == {
        m.id: m.string for m in messages(language)
    }, "run: make locale"


def test_only_whole_texts_are_marked() -> None:
    """What is put together before it is said has no translation: say("{a} of {b}").format(a=..., b=...)."""
    computed = [
        f"{one.file}:{one.line}"
        for one in catalog.marked()
        if isinstance(one.argument, ast.JoinedStr | ast.BinOp)
        or (one.mark == "later" and not isinstance(one.argument, ast.Constant))
    ]
    assert computed == []


def test_a_text_is_said_before_it_is_filled_in() -> None:
    filled = [
        f"{one.file}:{one.line}"
        for one in catalog.marked()
        if isinstance(one.argument, ast.Call) and ast.unparse(one.argument.func).endswith(".format")
    ]
    assert filled == []


def test_what_stands_behind_a_word_is_in_its_text() -> None:
    """In French there is a space before a colon."""
    glued = []
    for file, tree in catalog.trees():
        for node in (n for n in ast.walk(tree) if isinstance(n, ast.JoinedStr)):
            for part, after in zip(node.values, node.values[1:], strict=False):
                if "say(" in ast.unparse(part) and isinstance(after, ast.Constant):
                    glued += [f"{file}:{node.lineno}"] * str(after.value).startswith((":", ";", "?", "!"))
    assert glued == []


def test_a_language_without_a_catalog_is_english() -> None:
    speech.speak("en")
    assert speech.say("help") == "help"
