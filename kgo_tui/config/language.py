"""Which language to speak: the configured one, else the locale's. Must not know any message."""

from __future__ import annotations

import os
from collections.abc import Mapping

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""In the order of locale(7): the first one that is set counts."""


def language_of(configured: str, environ: Mapping[str, str] = os.environ) -> str:
    """The language, en or fr; `configured` is auto, en or fr."""
    if configured in ("en", "fr"):
        return configured
    locale = next((environ[name] for name in _LOCALE if environ.get(name)), "")
    return "fr" if locale.lower().startswith("fr") else "en"
