"""Image tags: always seven characters of the commit, never anything that a registry refuses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.core.tags import image_tag

SHA = "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678"


@pytest.mark.parametrize(
    ("template", "branch", "tag"),
    [
        ("{branch}-{sha7}", "main", "main-1a2b3c4"),
        ("{branch}-{sha7}", "feature/a/b", "feature-a-b-1a2b3c4"),
        ("{branch}", "fix/#12 é", "fix-12-"),
        ("sha-{sha}", "main", f"sha-{SHA}"),
        ("latest", "main", "latest"),
    ],
)
def test_a_template_becomes_a_tag(template: str, branch: str, tag: str) -> None:
    assert image_tag(template, branch, SHA) == tag


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{brunch}-{sha7}", r"\{brunch\} is not a placeholder"),
        ("{}", r"\{\} is not a placeholder"),
        ("{sha7:>9}", "is not a placeholder"),
        ("{branch", "not an image tag"),
        ("-{sha7}", "not an image tag"),
        ("", "not an image tag"),
        ("a b", "not an image tag"),
        ("{sha}{sha}{sha}{sha}", "at most 128"),
    ],
)
def test_what_is_no_tag_is_refused_in_words(template: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        image_tag(template, "main", SHA)


@given(st.text(min_size=1, max_size=100))
def test_any_branch_gives_a_tag(branch: str) -> None:
    tag = image_tag("b{branch}-{sha7}", branch, SHA)
    assert re.fullmatch(r"\w[\w.\-]{0,127}", tag, re.ASCII)
