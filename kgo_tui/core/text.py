"""Text that others wrote, made safe to show: control characters inert, secrets masked.

Owns what a foreign character may do to a terminal and what a secret looks like in a text. Must not
know where the text comes from or where it is shown; markup of a screen is the screen's matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

MASK = "***"
"""Stands where a secret was."""

SHORTEST_SECRET = 6
"""Characters below which masking a value would hide half of every text and protect nothing."""

_PICTURES = 0x2400
"""Where Unicode draws the C0 controls (U+2400 to U+241F), each at its own offset."""

_FOREIGN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: cursor, OSC, CSI, DCS, whether 7-bit or 8-bit
    "\xad\u034f\u061c\u180e"  # invisible: soft hyphen, grapheme joiner, Arabic and Mongolian marks
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2"  # Arabic and Syriac signs that enclose what follows
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers: letters that draw nothing
    "\u200b\u200e\u200f"  # zero width space, direction marks; the joiners of emoji (200C/D) stay
    "\u2028-\u202e"  # line and paragraph separator, bidirectional embeddings and overrides
    "\u2060-\u206f"  # word joiner, invisible operators, bidirectional isolates
    "\ud800-\udfff"  # lone surrogates: bytes that were not UTF-8; a terminal cannot encode them
    "\ufeff\ufff0-\uffff"  # byte order mark, annotations, specials (U+FFFD is let through below)
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags: a whole hidden alphabet
    "]"
)
_REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """One line of foreign text, every character that acts on a terminal made visible and inert.

    A tab becomes a space, C0 and DEL their Unicode pictures (ESC is ␛), all else that controls,
    reorders or hides an escape such as ‹202e›. Never raises, never cuts, and cleaning twice
    changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text
    return _FOREIGN.sub(_shown, text)


def clean_block(text: str) -> str:
    """The same for several lines: line feeds stay, CR LF counts as one."""
    return "\n".join(map(clean, text.replace("\r\n", "\n").split("\n")))


def _shown(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if char in ("\t", _REPLACEMENT):
        return " " if char == "\t" else char
    if code < 0x20:  # noqa: PLR2004 - where C0 ends
        return chr(_PICTURES + code)
    return "\u2421" if char == "\x7f" else f"‹{code:04x}›"


_USER_INFO = re.compile(r"://([^\s/?#]*)@")
_SECRET_QUERY = re.compile(
    r"(?i)([?&;#](?:[\w.\-]*(?:token|secret|passw|signature|credential|auth|api_?key)[\w.\-]*"
    r"|key|sig|pass|pwd)=)[^&;#\s\"']+"
)
_WEBHOOK = re.compile(r"(?i)(/api(?:/v\d+)?/webhooks/\d+/|hooks\.slack\.com/(?:\w+/)?)[^\s?#\"']+")
"""Webhooks whose path is the password: Discord (/webhooks/ID/TOKEN), Slack (/services/T…/B…/X…)."""


def redact_url(url: str) -> str:
    """The URL without user info, secret query values and webhook tokens; fit to be shown.

    `git@host:path` and `ssh://git@host/path` stay: a login name without a password is no secret.
    """
    return _mask_url_secrets(url, drop_user=True)


def _mask_url_secrets(text: str, *, drop_user: bool) -> str:
    def user_info(match: re.Match[str]) -> str:
        if ":" not in match[1] and match.string.endswith("ssh", 0, match.start()):
            return match[0]
        return "://" if drop_user else f"://{MASK}@"

    if "://" in text:
        text = _USER_INFO.sub(user_info, text)
    if "=" in text:
        text = _SECRET_QUERY.sub(rf"\1{MASK}", text)
    return _WEBHOOK.sub(rf"\1{MASK}", text) if "hook" in text.lower() else text


class Redactor:
    """Masks given secrets, and any URL's credentials, wherever they stand in a text.

    A secret is also found percent-encoded, JSON-escaped, cleaned, and line by line; one shorter
    than `SHORTEST_SECRET` is not looked for. Use after `clean`, or before: both work.
    """

    __slots__ = ("_mask",)

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if _worth_masking(form)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        pattern = "|".join(map(re.escape, longest_first))
        self._mask: Callable[[str], str] | None = None
        if pattern:
            found = re.compile(pattern)
            self._mask = lambda text: found.sub(MASK, text)

    def __call__(self, text: str) -> str:
        """The text with every secret replaced by `***`."""
        if self._mask is not None:
            text = self._mask(text)
        return _mask_url_secrets(text, drop_user=False)

    def __repr__(self) -> str:
        return "Redactor(***)"


def _worth_masking(form: str) -> bool:
    return len(form) >= SHORTEST_SECRET and form.strip("*") != ""


def _forms(secret: str) -> Iterable[str]:
    import json  # noqa: PLC0415 - only a process that has secrets needs them
    from urllib.parse import quote  # noqa: PLC0415

    for part in {secret, secret.strip(), *secret.splitlines()}:
        yield part
        yield clean(part)
        yield json.dumps(part)[1:-1]
        yield quote(part, safe="", errors="surrogatepass")
