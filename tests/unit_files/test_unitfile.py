"""Unit files as systemd reads them: systemd.syntax(7), systemd.service(5)."""

from __future__ import annotations

import pytest

from kgo_tui.unit import unitfile

TEXT = r"""
# a comment = of no account
[Unit]
Description=One
Description=Two

[Service]
ExecStart=/usr/bin/sh -c 'echo one; \
# a comment inside a line that goes on
    echo two' \
    last
Environment=A=1 "B=two words"
Environment='C=x y'
  ; another comment
ReadWritePaths=/one
ReadWritePaths=
ReadWritePaths=/two
[X-Other]
ExecStart=/bin/other
"""


def test_values_by_section_the_last_one_counts() -> None:
    assert unitfile.value(TEXT, "Unit", "Description") == "Two"
    assert unitfile.values(TEXT, "Unit", "Description") == ("One", "Two")
    assert unitfile.value(TEXT, "Unit", "After") is None


def test_a_line_goes_on_after_a_backslash_and_comments_in_between_are_left_out() -> None:
    assert unitfile.command(unitfile.value(TEXT, "Service", "ExecStart") or "") == (
        *("/usr/bin/sh", "-c", "echo one;  echo two", "last"),
    )


def test_an_empty_assignment_forgets_what_was_before() -> None:
    assert unitfile.values(TEXT, "Service", "ReadWritePaths") == ("/two",)


def test_variables_with_and_without_quotes() -> None:
    assert unitfile.environment(TEXT) == {"A": "1", "B": "two words", "C": "x y"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-/bin/a b", ("/bin/a", "b")),
        ("@+!/bin/a", ("/bin/a",)),
        (r'/bin/a "b \"c\" d" e\x20f', ("/bin/a", 'b "c" d', "e f")),
        ("/bin/a b'c d'e", ("/bin/a", "bc de")),
        ('/bin/a ""', ("/bin/a", "")),
        ("", ()),
    ],
)
def test_the_words_of_a_command(text: str, words: tuple[str, ...]) -> None:
    assert unitfile.command(text) == words


@pytest.mark.parametrize("word", ["/plain", "/with space", 'a"b', "back\\slash", "two\nlines", "it's"])
def test_what_is_quoted_is_read_as_it_was(word: str) -> None:
    assert unitfile.words(f"first {unitfile.quoted(word)} last") == ("first", word, "last")


def test_specifiers_and_variables_lose_their_meaning() -> None:
    assert unitfile.quoted("/a%b$c") == "/a%%b$c"
    assert unitfile.quoted("/a%b$c", in_command=True) == "/a%%b$$c"


def test_a_value_is_set_and_all_else_stays() -> None:
    changed = unitfile.with_values(TEXT, {("Service", "ExecStart"): "/bin/new"})
    assert unitfile.value(changed, "Service", "ExecStart") == "/bin/new"
    assert unitfile.value(changed, "X-Other", "ExecStart") == "/bin/other"
    assert changed == TEXT.replace(
        TEXT[TEXT.index("ExecStart=/usr") : TEXT.index("Environment=A")], "ExecStart=/bin/new\n"
    )


def test_a_key_that_is_not_there_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        unitfile.with_values(TEXT, {("Service", "User"): "root"})
