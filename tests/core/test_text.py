"""Foreign text: nothing that acts on a terminal gets through, and no secret stays readable."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kgo_tui.core.text import MASK, Redactor, clean, clean_block, redact_url

ANY_TEXT = st.text(alphabet=st.characters(codec=None, categories=None), max_size=60)
JOINERS_OF_EMOJI = {"\u200c", "\u200d"}


def acts_on_a_terminal(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in JOINERS_OF_EMOJI


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("plain ascii", "plain ascii"),
        ("Déploiement réussi ✓ 日本", "Déploiement réussi ✓ 日本"),
        ("a\tb", "a b"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x1b[2J", "␛[2J"),
        ("\x9b31m", "‹009b›31m"),
        ("a\r\nb", "a␍␊b"),
        ("\x00\x7f", "␀␡"),
        ("\u202eexe.txt\u2066", "‹202e›exe.txt‹2066›"),
        ("zero\u200bwidth\ufeff", "zero‹200b›width‹feff›"),
        ("a\u2028b", "a‹2028›b"),
        ("bad \udcff byte", "bad ‹dcff› byte"),
        ("\ufffd replaced", "\ufffd replaced"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("", ""),
    ],
)
def test_what_acts_is_shown_instead(foreign: str, shown: str) -> None:
    assert clean(foreign) == shown


def test_every_character_of_unicode_that_acts_is_made_inert() -> None:
    let_through = [hex(n) for n in range(0x110000) if any(map(acts_on_a_terminal, clean(chr(n))))]
    assert let_through == []


@given(ANY_TEXT)
@example("\x1b\x9b\u202e\udc80\U000e0041")
def test_cleaning_is_final_and_can_be_encoded(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not any(map(acts_on_a_terminal, once))
    once.encode("utf-8")


@given(ANY_TEXT)
def test_a_block_keeps_its_lines_and_nothing_else(text: str) -> None:
    block = clean_block(text)
    assert block.count("\n") == text.count("\n")
    assert clean_block(block) == block
    assert not any(acts_on_a_terminal(char) for char in block if char != "\n")


def test_a_block_takes_windows_line_ends_but_no_bare_carriage_return() -> None:
    assert clean_block("one\r\ntwo\rTWO\n") == "one\ntwo␍TWO\n"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:pw@git.example.org/a/b.git", "https://git.example.org/a/b.git"),
        ("https://ghp_token123@github.com/a/b", "https://github.com/a/b"),
        ("https://u:p@ss@host/x", "https://host/x"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("ssh://git:pw@host/x", "ssh://host/x"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("https://h/x?token=abc&page=2", f"https://h/x?token={MASK}&page=2"),
        ("https://h/x#access_token=abc", f"https://h/x#access_token={MASK}"),
        ("https://discord.com/api/webhooks/123/s3cr-et_X", f"https://discord.com/api/webhooks/123/{MASK}"),
        ("https://hooks.slack.com/services/T0/B0/xyz", f"https://hooks.slack.com/services/{MASK}"),
        ("https://h/users/me@example.org", "https://h/users/me@example.org"),
        ("/srv/git/app.git", "/srv/git/app.git"),
        ("not a url: https://", "not a url: https://"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@given(ANY_TEXT)
def test_redacting_a_url_never_raises_and_is_final(text: str) -> None:
    assert redact_url(redact_url(text)) == redact_url(text)


def test_a_redactor_masks_every_form_of_a_secret() -> None:
    redact = Redactor(["pä ss/word+1", "first line\nsecond line", "short", ""])
    text = 'pä ss/word+1 p%C3%A4%20ss%2Fword%2B1 "p\\u00e4 ss/word+1" second line short'
    assert redact(text) == f'{MASK} {MASK} "{MASK}" {MASK} short'
    assert "pä ss" not in repr(redact)


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert Redactor(["secret", "secret-extended"])("secret-extended secret") == f"{MASK} {MASK}"


def test_a_redactor_without_secrets_still_masks_credentials() -> None:
    text = "fatal: unable to access 'https://u:pw@host/x/': 403, tried https://h/?key=abc"
    assert (
        Redactor()(text)
        == f"fatal: unable to access 'https://{MASK}@host/x/': 403, tried https://h/?key={MASK}"
    )


@given(st.text(min_size=6, max_size=20).filter(lambda s: s.strip("* ")), ANY_TEXT, ANY_TEXT)
def test_a_secret_is_gone_wherever_it_stands_cleaned_or_not(secret: str, before: str, after: str) -> None:
    redact = Redactor([secret])
    assert secret not in redact(before + secret + after).replace(MASK, "\0")
    assert clean(secret) not in redact(clean(before + secret + after)).replace(MASK, "\0")


def test_a_line_without_end_is_cleaned_and_redacted_in_linear_time() -> None:
    redact = Redactor(["some-secret"])
    started = time.perf_counter()
    for unit in ("https:", "://", "a@", "?a", "\x1b", "&token", "a=", "/api/webhooks/1"):
        redact(clean(unit * 100_000))
    assert time.perf_counter() - started < 10
