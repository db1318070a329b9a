"""Times as people type them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.core.errors import UsageError
from kgo_tui.headless.when import parse_when

NOW = datetime(2026, 3, 29, 12, 30, 15, 500, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_brussels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is two hours ahead, and was one hour ahead until that morning."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("now", "2026-03-29T12:30:15.000500Z"),
        ("today", "2026-03-28T23:00:00Z"),
        ("Yesterday", "2026-03-27T23:00:00Z"),
        ("10 minutes ago", "2026-03-29T12:20:15.000500Z"),
        (" 1 hour ago ", "2026-03-29T11:30:15.000500Z"),
        ("2h", "2026-03-29T10:30:15.000500Z"),
        ("-90s", "2026-03-29T12:28:45.000500Z"),
        ("1h30m", "2026-03-29T11:00:15.000500Z"),
        ("1 d 2 hrs ago", "2026-03-28T10:30:15.000500Z"),
        ("2 weeks ago", "2026-03-15T12:30:15.000500Z"),
        ("14:05", "2026-03-29T12:05:00Z"),
        ("1:05:06", "2026-03-29T00:05:06Z"),
        ("2026-01-31", "2026-01-30T23:00:00Z"),
        ("2026-01-31 14:05", "2026-01-31T13:05:00Z"),
        ("2026-07-01 14:05:06", "2026-07-01T12:05:06Z"),
        ("2026-01-31T14:05:06Z", "2026-01-31T14:05:06Z"),
        ("2026-01-31T14:05:06.5+02:00", "2026-01-31T12:05:06.500Z"),
        ("@1767323045", "2026-01-02T03:04:05Z"),
    ],
)
def test_what_is_understood(text: str, when: str) -> None:
    assert parse_when(text, NOW) == datetime.fromisoformat(when)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "10",
        "10 parsecs ago",
        "ago",
        "25:00",
        "2026-02-30",
        "@x",
        "@nan",
        "@1e99",
        "99999999 weeks ago",
        "5m x",
    ],
)
def test_what_is_no_time_is_said_with_what_would_be(text: str) -> None:
    with pytest.raises(UsageError, match="is no time") as caught:
        parse_when(text, NOW)
    assert "10 minutes ago" in caught.value.hint


@given(st.text())
def test_whatever_is_typed_is_a_time_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse_when(text, NOW).tzinfo is UTC
