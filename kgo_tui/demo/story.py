"""A day at work: one commit after another, some of them bad. Always the same, so that it can be told."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import NamedTuple

from kgo_tui.demo.images import Variant
from kgo_tui.demo.sandbox import Release, Sandbox


class Chapter(NamedTuple):
    """What is pushed next: who, what, and how the application then behaves."""

    author: str
    message: str
    variant: Variant = "good"


ADA, NOOR, LEO = (
    "Ada Martin <ada@example.org>",
    "Noor Haddad <noor@example.org>",
    "Léo Petit <leo@example.org>",
)
DAY = (
    Chapter(ADA, "Show the charges of each flat"),
    Chapter(NOOR, "Export the general assembly's minutes as PDF"),
    Chapter(LEO, "Move the health page to /health", "unhealthy"),
    Chapter(LEO, "Put the health page back where the host looks for it"),
    Chapter(ADA, "Upgrade the database driver", "crash"),
    Chapter(ADA, "Pin the database driver to the version that works"),
    Chapter(NOOR, "Warm the cache before the first request", "slow"),
    Chapter(NOOR, "Retry the connection to the mail server", "flapping"),
    Chapter(NOOR, "Close the mail connection after each message"),
)


def pushes(sandbox: Sandbox, stop: threading.Event, interval_s: float = 20.0) -> Iterator[Release]:
    """Push a chapter of the day, hand it over, wait; over and over until told to stop."""
    for number, chapter in enumerate(itertools.cycle(DAY), start=1):
        if stop.wait(interval_s):
            return
        yield sandbox.release(f"1.{number}", chapter.variant, message=chapter.message, author=chapter.author)
