"""The parts of a container's log without an engine: frames, stamps, places, the order of several."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgo_tui.adapters.compose.chosen import Source, chosen, is_lasting, must_be_known
from kgo_tui.adapters.compose.frames import LINE_BYTES, Said, Stamped, framed, on_terminal, stamped
from kgo_tui.adapters.compose.merge import merged
from kgo_tui.adapters.compose.places import (
    BEGINNING,
    GONE,
    NOT_BEGUN,
    Place,
    continued,
    decode,
    encode,
    seconds_before,
    stamp_of,
)
from kgo_tui.adapters.compose.tap import LINE_COST, Buffer, Tap
from kgo_tui.core.errors import CommandFailed, UsageError
from kgo_tui.core.logs import LogLine

NOON = datetime(2026, 1, 2, 12, 0, 0, 5, tzinfo=UTC)
STAMP = "2026-01-02T12:00:00.000005000Z"
SOURCE = Source("1a2b3c4d5e6f", "app-web-1", "web", NOON, running=True, tty=False, oneoff=False)


def frame(stream: int, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4) + payload


def at(microseconds: int, text: str = "", stream: Literal["stdout", "stderr"] | None = None) -> Stamped:
    """A line so long after noon."""
    when = NOON + timedelta(microseconds=microseconds)
    return Stamped(stamp_of(when), LogLine(text=text or str(microseconds), at=when, stream=stream))


def texts(lines: Iterator[Stamped]) -> list[str]:
    return [line.line.text for line in lines]


def test_frames_are_put_together_however_they_were_cut() -> None:
    data = frame(1, b"one\n") + frame(2, b"tw\xc3\xb6\r\n") + frame(1, b"\n") + frame(0, b"odd")
    expected = [(b"one", "stdout"), (b"tw\xc3\xb6", "stderr"), (b"", "stdout"), (b"odd", None)]
    for size in range(1, len(data) + 1):
        assert list(framed(data[start : start + size] for start in range(0, len(data), size))) == expected


@pytest.mark.parametrize("data", [b"\x01\0\0\0\xff\xff\xff\xff", b"HTTP/1.1 500 Internal"])
def test_what_is_no_frame_is_an_error(data: bytes) -> None:
    with pytest.raises(CommandFailed, match="cannot be read"):
        list(framed([data]))


def test_a_terminals_lines_are_put_together_and_without_end_broken() -> None:
    text = "one\r\ntwö\n\nthree".encode()
    for size in range(1, len(text) + 1):
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        assert [line.decode() for line, _ in on_terminal(chunks)] == ["one", "twö", "", "three"]
    pieces = [line for line, _ in on_terminal([b"x" * 1000] * 100)]
    assert b"".join(pieces) == b"x" * 100_000
    assert max(map(len, pieces)) == LINE_BYTES


def test_a_line_bears_its_time_and_one_without_is_part_of_the_one_before() -> None:
    said: list[Said] = [
        (f"{STAMP} hunter2 \x1b[31m".encode(), "stderr"),
        (b"2026-13-02T12:00:00.000005000Z no time", "stderr"),
        (f"{STAMP} ".encode() + b"y" * (LINE_BYTES + 1), "stdout"),
    ]
    first, second, third, fourth = stamped(said, "web", lambda text: text.replace("hunter2", "***"))
    assert first == Stamped(STAMP, LogLine(text="*** ␛[31m", at=NOON, service="web", stream="stderr"))
    assert (second.stamp, second.line.at) == (STAMP, NOON)
    assert second.line.text == "2026-13-02T12:00:00.000005000Z no time"
    assert (len(third.line.text), fourth.line.text, fourth.stamp) == (LINE_BYTES, "y", STAMP)


def test_a_position_says_where_each_log_is_and_is_understood_again() -> None:
    places = {"1a2b3c4d5e6f": Place(STAMP, 2), "ffffffffffff": BEGINNING, "000000000000": NOT_BEGUN}
    assert encode(places).startswith(f"containers:000000000000@{BEGINNING.stamp}+1,1a2b3c4d5e6f@{STAMP}+2,")
    assert decode(encode(places)) == places
    assert decode(encode({})) == {}


@pytest.mark.parametrize(
    "position",
    [
        "",
        "journal:s=1",
        "containers",
        f"containers:1a2b3c4d5e6f@{STAMP}",
        f"containers:1a2b3c4d5e6f@{STAMP}+1 ",
        f"containers:1A2B3C4D5E6F@{STAMP}+1",
        f"containers:1a2b3c4d5e6f@{STAMP.replace('01-02', '13-02')}+1",
        f"containers:1a2b3c4d5e6f@{STAMP.replace('2026', '9999')}+1",
        f"containers:1a2b3c4d5e6f@{STAMP}+1,",
    ],
)
def test_a_position_of_another_log_is_refused(position: str) -> None:
    with pytest.raises(UsageError, match="another log"):
        decode(position)


def test_the_engine_is_asked_for_lines_from_before_the_place() -> None:
    assert seconds_before(BEGINNING) == seconds_before(NOT_BEGUN) == 0
    assert seconds_before(Place(STAMP, 1)) == int(NOON.timestamp()) - 1


# Stamps within a second of each other, in any order, and with many that are the same.
@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=40), st.data())
def test_reading_goes_on_behind_the_very_line_whatever_the_order_of_stamps(
    offsets: list[int], data: st.DataObject
) -> None:
    lines = [at(offset * 1000, text=str(number)) for number, offset in enumerate(offsets)]
    read = data.draw(st.integers(1, len(lines)))
    place = BEGINNING
    counts: dict[str, int] = {}
    for line in lines[:read]:
        counts[line.stamp] = counts.get(line.stamp, 0) + 1
        place = place.past(line)
    exact = Place(place.stamp, counts[place.stamp])
    if place != exact:
        return  # the same stamp, with others between: no engine stamps like that
    assert texts(continued(iter(lines), place, "web")) == [str(number) for number in range(read, len(lines))]


def test_reading_goes_on_with_what_comes_when_nothing_was_read_yet() -> None:
    lines = [at(1), at(2), at(3)]
    assert texts(continued(iter(lines), Place(at(2).stamp, 0), "web")) == ["2", "3"]
    assert texts(continued(iter(lines), BEGINNING, "web")) == ["1", "2", "3"]


def test_where_the_last_line_is_gone_a_marker_says_so_and_nothing_more_is_lost() -> None:
    rest = [at(5), at(6), at(3_000_000), at(3_000_001)]
    found = list(continued(iter(rest), Place(at(4).stamp, 1), "web"))
    assert found[0].line == LogLine(text=GONE.format(service="web"), marker=True)
    assert texts(iter(found[1:])) == ["5", "6", "3000000", "3000001"]
    assert list(continued(iter([]), Place(at(4).stamp, 1), "web")) == []
    assert list(continued(iter([at(3)]), Place(at(4).stamp, 1), "web")) == [], "older lines were read"


def tap_of(*lines: Stamped, ended: bool = True, name: str = "1a2b3c4d5e6f") -> Tap:
    """A log that holds these lines."""
    tap = Tap(SOURCE._replace(id=name), BEGINNING)
    tap._buffer = Buffer(lambda: None)
    tap._connected.set()
    tap._buffer.fill(lambda: iter(lines))
    tap._buffer.ended = ended
    return tap


def test_lines_of_several_logs_come_in_order() -> None:
    taps = [tap_of(at(1), at(4), at(5)), tap_of(at(2), at(3), at(6))]
    assert [line.text for line in merged(taps, patient=True)] == ["1", "2", "3", "4", "5", "6"]


def test_a_line_waits_for_a_log_that_may_have_an_older_one() -> None:
    silent = tap_of(ended=False)
    assert merged([tap_of(at(1)), silent], patient=True) == []
    assert merged([tap_of(at(1)), silent], patient=False) == [], "it has just begun"
    silent._heard_at -= 1
    assert [line.text for line in merged([tap_of(at(1)), silent], patient=False)] == ["1"]
    silent._connected.clear()
    assert merged([tap_of(at(1)), silent], patient=False) == [], "the engine has not answered yet"


def test_the_place_of_a_log_is_behind_what_was_given_out() -> None:
    tap = tap_of(at(1), at(1, "again"), at(2))
    tap.refill()
    assert tap.place == Place(at(1).stamp, 0)
    tap.pop()
    tap.pop()
    assert tap.place == Place(at(1).stamp, 2)


def test_the_place_of_a_log_that_is_silent_is_only_sure_after_a_while() -> None:
    tap = Tap(SOURCE, Place(STAMP, 0), sure_s=5.0)
    assert tap.place == NOT_BEGUN
    tap._connected.set()
    assert tap.place == NOT_BEGUN
    tap._heard_at -= 6
    assert tap.place == Place(STAMP, 0)


async def test_a_full_buffer_makes_the_thread_wait_and_loses_nothing() -> None:
    buffer = Buffer(lambda: None, size=10 * LINE_COST)
    filling = asyncio.create_task(asyncio.to_thread(buffer.fill, lambda: iter([at(n) for n in range(1000)])))
    seen: list[str] = []
    while len(seen) < 1000:
        taken = buffer.take()
        assert len(taken) <= 10
        seen += texts(iter(taken))
        await asyncio.sleep(0)
    await filling
    assert seen == [str(n) for n in range(1000)]
    assert buffer.ended


async def test_a_reader_that_leaves_frees_the_thread_that_waits_for_it() -> None:
    full = threading.Event()

    def lines() -> Iterator[Stamped]:
        yield at(1)
        full.set()
        yield at(2)

    buffer = Buffer(lambda: None, size=1)
    filling = asyncio.create_task(asyncio.to_thread(buffer.fill, lines))
    await asyncio.to_thread(full.wait, 5)
    buffer.close()
    await asyncio.wait_for(filling, 5)


def test_a_name_is_a_service_or_a_container() -> None:
    web = SOURCE
    second = SOURCE._replace(id="222222222222", name="app-web-2")
    database = SOURCE._replace(id="333333333333", name="app-db-1", service="db")
    run = SOURCE._replace(id="444444444444", name="app-web-run-1", oneoff=True)
    found = [web, second, database, run]
    assert chosen(found, []) == [web, second, database]
    assert chosen(found, ["web"]) == [web, second]
    assert chosen(found, ["app-db-1", "web"]) == [web, second, database]
    assert chosen(found, ["app-web-run-1"]) == [run]
    assert chosen(found, ["222222222222" + "f" * 52]) == [second]
    assert chosen(found, ["2222"]) == []
    assert is_lasting(found, [])
    assert is_lasting(found, ["db", "app-web-1"])
    assert not is_lasting(found, ["app-web-1"])
    must_be_known(found, ["db", "app-web-1"], "app")
    with pytest.raises(UsageError, match="no service or container nobody in the project app") as caught:
        must_be_known(found, ["db", "nobody"], "app")
    assert caught.value.hint == "Services with a container: db, web."
