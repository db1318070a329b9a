"""The console's words in the admin's language, by gettext.

Owns which catalog is in force. English stands in the code; a word that a catalog lacks stays English.
Must not know any word itself.
"""

from __future__ import annotations

import gettext
from pathlib import Path

DOMAIN = "kgo-tui"
CATALOGS = Path(__file__).parent.parent / "locale"

_spoken: gettext.NullTranslations = gettext.NullTranslations()


def speak(language: str) -> None:
    """From now on `say` answers in this language (en or fr)."""
    global _spoken  # noqa: PLW0603 - one process speaks one language
    _spoken = gettext.translation(DOMAIN, CATALOGS, [language], fallback=True)


def say(text: str) -> str:
    """The text in the language in force. Ask when it is shown, not when a module is imported."""
    return _spoken.gettext(text) if text else ""


def later(text: str) -> str:
    """Marks a text of a table for the catalog; `say` it when it is shown."""
    return text
