"""The image tag of a commit, from the template `compose.image_tag`. Pure.

Owns the placeholders and what a tag may be made of. Must not know who publishes images. The rule
for branch names is the one of the usual CI step (docker/metadata-action): every run of characters
that a tag cannot hold becomes one "-".
"""

from __future__ import annotations

import re

from kgo_tui.core.model import SHORT_SHA

PLACEHOLDERS = ("branch", "sha7", "sha")
"""What a template may name: the followed branch, the commit's first 7 characters, all 40."""

LONGEST_TAG = 128
"""Characters of a tag (OCI distribution specification: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`)."""

_TAG = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{LONGEST_TAG - 1}}}")
_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9._-]+")
_FIELD = re.compile(r"\{([^{}]*)\}")


def image_tag(template: str, branch: str, sha: str) -> str:
    """The tag of commit `sha` (40 characters) on `branch`, e.g. "{branch}-{sha7}" → "main-1a2b3c4".

    Raises ValueError, in a sentence, for an unknown placeholder or for what is no tag.
    """
    values = {"branch": _NOT_IN_A_TAG.sub("-", branch), "sha7": sha[:SHORT_SHA], "sha": sha}
    unknown = [name for name in _FIELD.findall(template) if name not in values]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise ValueError(f"{{{unknown[0]}}} is not a placeholder; there are {known}")
    tag = _FIELD.sub(lambda field: values[field[1]], template)
    if not _TAG.fullmatch(tag):
        raise ValueError(
            f"{tag!r} is not an image tag: at most {LONGEST_TAG} of letters, digits, '_', '.' and '-', "
            "the first one a letter, a digit or '_'"
        )
    return tag
