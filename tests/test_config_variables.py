"""Env files and ${NAME} as Compose reads them, and which of their values are secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.config.variables import expand, parse, references, secret_values


def nothing(_name: str) -> str | None:
    return None


ENV_FILE = """\
\ufeff# a comment
DOMAIN=example.org
export EXPORTED = yes
SPACES=  two words   # comment
HASH=a#b
EMPTY=
QUOTED="with # hash \\"and\\" \\n newline"
LITERAL='$DOMAIN "as it is" # '
MULTI="first
second"
JOINED=https://${DOMAIN}/${UNSET:-default}
ALSO: colon
NO_VALUE
  not an assignment at all
=nothing
DOLLAR=a$$b
LATER=1
LATER=2
"""


def test_an_env_file_is_read_as_compose_reads_it() -> None:
    assert parse(ENV_FILE.replace("\n", "\r\n"), nothing) == {
        "DOMAIN": "example.org", "EXPORTED": "yes", "SPACES": "two words", "HASH": "a#b", "EMPTY": "",
        "QUOTED": 'with # hash "and" \n newline', "LITERAL": '$DOMAIN "as it is" # ',
        "MULTI": "first\nsecond", "JOINED": "https://example.org/default", "ALSO": "colon",
        "DOLLAR": "a$b", "LATER": "2",
    }  # fmt: skip


def test_the_environment_goes_before_the_files_own() -> None:
    assert parse("A=file\nB=$A", {"A": "outside"}.get)["B"] == "outside"


@pytest.mark.parametrize(
    ("text", "result", "missing"),
    [
        ("https://${D}/$D", "https://d/d", ()),
        ("${D:-x} ${D-x} ${D:+x} ${D+x}", "d d x x", ()),
        ("${U:-x} ${U-x} ${U:+x}${U-}", "x x ", ()),
        ("${E:-x} ${E-x}${E:+x}", "x ", ()),
        ("${U} ${E} ${U} ${U:?why}", "   ", ("U", "E")),
        ("$$D ${ not} $1", "$D ${ not} $1", ()),
    ],
)
def test_references_are_replaced(text: str, result: str, missing: tuple[str, ...]) -> None:
    assert expand(text, {"D": "d", "E": ""}.get) == (result, missing)


def test_references_are_named_once() -> None:
    assert references("${A} $B $A $$C") == ("A", "B")


def test_secrets_are_told_from_plain_values() -> None:
    variables = {
        "POSTGRES_PASSWORD": "hunter22", "JWT_SECRET": "s", "API_KEY": "abc", "SMTP_PASS_ON": "true",
        "POSTGRES_DB": "koprogo", "DOMAIN": "staging2.koprogo.example.org", "KEY_COUNT": "12345678",
        "IMAGE": "ghcr.io/org/app1/backend2:main-1a2b3c4", "LOG_LEVEL": "info", "TZ": "Europe/Paris",
        "CANARY": "3f9a1c77e0b24d5f8a6b", "API": "https://api2.example.org/v1/things",
        "DATABASE": "postgres://u1:pw@db:5432/app", "WORDS": "several words of text 1",
    }  # fmt: skip
    assert secret_values(variables) == (
        "hunter22", "s", "abc", "3f9a1c77e0b24d5f8a6b", "postgres://u1:pw@db:5432/app",
    )  # fmt: skip


@given(st.text(max_size=100) | st.text(alphabet="AB=:'\"\\\n $#{}-export", max_size=100))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for name, value in parse(text, nothing).items():
        assert name
        assert isinstance(value, str)


def test_a_quote_that_is_never_closed_takes_linear_time_and_only_its_line() -> None:
    assert parse('A="open\nB=2\n' + "C='" * 20_000, nothing)["B"] == "2"
