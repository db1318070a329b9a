"""What the services say: a page of the past, small talk that goes on, and a flood.

Owns these lines and their rhythm. Must not know who reads them.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from kgo_tui.core.logs import LogLine
from kgo_tui.core.messages import SampleTaken
from kgo_tui.demo.scenario import past
from kgo_tui.demo.scenario.host import Host
from kgo_tui.demo.scenario.stage import Script

TALK = (
    ("traefik", '"GET /api/v1/buildings HTTP/2.0" 200 1843 12ms'),
    ("backend", "INFO  GET /api/v1/buildings 200 in 11 ms"),
    ("backend", "INFO  GET /api/v1/owners?page=2 200 in 23 ms"),
    ("postgres", "LOG:  checkpoint starting: time"),
    ("worker", "INFO  mail: 3 reminders queued"),
    ("backend", "WARN  slow query: 412 ms: SELECT … FROM payments WHERE due_on < $1"),
    ("frontend", "GET /login 200 3.1 ms"),
    ("traefik", '"POST /api/v1/votes HTTP/2.0" 201 96 31ms'),
    ("worker", "INFO  mail: 3 reminders sent"),
    ("minio", "INFO: Healed 0 objects"),
    ("backend", "ERROR mail server refused the connection: timed out after 5 s"),
    ("backend", "INFO  mail server answers again"),
)
APART_S = 3.5
FLOOD_PER_S = 500


def said_before(host: Host, lines: int = 240) -> None:
    """The last minutes of every service's log."""
    for number in range(lines):
        service, text = TALK[number * 5 % len(TALK)]
        at = host.stage.now() - timedelta(seconds=APART_S * (lines - number))
        host.record.note(LogLine(text=text, at=at, service=service, stream="stdout"))


def small_talk(host: Host) -> Script:
    """A line now and then."""
    for number in count():
        yield APART_S
        if host.state.containers:
            host.say(*TALK[number * 5 % len(TALK)])


def flood(host: Host, seconds: float) -> Script:
    """Hundreds of lines a second."""
    for number in range(int(seconds * 10)):
        yield 0.1
        first = number * FLOOD_PER_S // 10
        host.say(
            "backend", *(f"DEBUG event {first + i} of a very busy minute" for i in range(FLOOD_PER_S // 10))
        )


def pulse(host: Host) -> Script:
    """A health sample every half minute."""
    while True:
        yield past.SAMPLE_S
        if host.state.containers and not host.state.touching:
            host.happen(SampleTaken(sample=past.sample(host.stage.now())))
