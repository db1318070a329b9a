"""Lines and frames, whatever the bytes and however they are cut."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgo_tui.control import protocol as p
from kgo_tui.control.codec import (
    LineSplitter,
    Malformed,
    TooLarge,
    decode_client,
    decode_server,
    encode,
    hello_version,
)
from kgo_tui.control.queries import (
    Details,
    Events,
    History,
    JournalLog,
    LogRequest,
    Releases,
    ServiceLog,
    Status,
)
from kgo_tui.core import messages as m
from kgo_tui.core.logs import LogLine
from tests.control.scripted import START

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Two cores are shared with others: how long an example takes proves nothing."""

texts = st.text(st.characters(codec="utf-8"), max_size=60)
numbers = st.integers(0, 2**53 - 1)
commands = st.one_of(
    st.builds(m.Check),
    st.builds(m.Deploy, commit=st.none() | texts),
    st.builds(m.Rollback, to=st.none() | texts),
    st.builds(m.Suspend, reason=texts),
    st.builds(m.Cancel),
)
queries = st.one_of(
    st.builds(Status),
    st.builds(History, limit=st.integers(1, 10_000), before=st.none() | numbers),
    st.builds(Details, id=numbers),
    st.builds(Events, after=st.none() | numbers, limit=st.integers(1, 10_000)),
    st.builds(Releases, limit=st.integers(1, 10_000)),
)
logs = st.builds(
    LogRequest,
    source=st.builds(JournalLog)
    | st.builds(
        ServiceLog,
        services=st.lists(st.text("abc-_.1", min_size=1, max_size=255), max_size=3).map(tuple),
    ),
    lines=st.integers(0, 100_000),
    follow=st.booleans(),
    priority=st.none() | st.integers(0, 7),
    since=st.none() | st.just(START),
    after=st.none() | st.text("a1:=;@+", min_size=1, max_size=60),
)
lines = st.builds(
    LogLine,
    text=texts,
    at=st.none() | st.just(START),
    priority=st.none() | st.integers(0, 7),
    service=st.none() | texts,
    stream=st.sampled_from([None, "stdout", "stderr"]),
    event=st.none() | texts,
    deployment=st.none() | numbers,
    marker=st.booleans(),
)
client_frames = st.one_of(
    st.builds(
        p.ClientHello,
        version=st.integers(0, 1000),
        name=st.sampled_from(["cli", "console"]),
        subscribe=st.booleans(),
        cursor=st.none() | numbers,
    ),
    st.builds(p.AskCommand, id=numbers, command=commands),
    st.builds(p.AskQuery, id=numbers, query=queries),
    st.builds(p.OpenStream, id=numbers, log=logs),
    st.builds(p.CancelStream, id=numbers),
    st.builds(p.Ping, id=numbers),
)
server_frames = st.one_of(
    st.builds(
        p.Happened, cursor=st.none() | numbers, at=st.just(START), event=st.builds(m.FaultCleared, what=texts)
    ),
    st.builds(
        p.Lines,
        id=numbers,
        lines=st.lists(lines).map(tuple),
        position=st.none() | texts,
        dropped=numbers,
    ),
    st.builds(p.Bye, cause=st.sampled_from(p.Cause), reason=texts),
    st.builds(p.RefusedFrame, id=numbers, error=st.builds(p.Fault, kind=texts, message=texts, hint=texts)),
)
pieces = st.lists(st.integers(1, 40), min_size=1)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    parts, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        parts.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return parts


@patiently
@given(st.lists(client_frames), pieces)
def test_client_frames_survive_any_cutting(frames: list[p.ClientFrame], sizes: list[int]) -> None:
    splitter = LineSplitter(p.MAX_CLIENT_FRAME)
    data = b"".join(map(encode, frames))
    lines = [line for part in cut(data, sizes) for line in splitter.feed(part)]
    assert [decode_client(line) for line in lines] == frames


@patiently
@given(server_frames)
def test_server_frames_survive_the_wire_on_one_line(frame: p.ServerFrame) -> None:
    data = encode(frame)
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    assert decode_server(data[:-1]) == frame


@patiently
@given(st.lists(st.binary(max_size=60), min_size=1), pieces, st.integers(0, 50))
def test_the_limit_holds_wherever_the_bytes_are_cut(
    chunks: list[bytes], sizes: list[int], limit: int
) -> None:
    data = b"\n".join(chunks)
    expected, long = [], False
    *ended, rest = data.split(b"\n")
    for line in ended:
        long = long or len(line) > limit
        if not long:
            expected.append(line)
    splitter = LineSplitter(limit)
    seen: list[bytes] = []
    try:
        for part in cut(data, sizes):
            seen += splitter.feed(part)
    except TooLarge:
        assert long or len(rest) > limit
        assert seen == expected[: len(seen)]
    else:
        assert not long
        assert len(rest) <= limit
        assert seen == expected


@patiently
@given(st.binary(max_size=200))
def test_foreign_bytes_are_malformed_and_nothing_else(data: bytes) -> None:
    for decode in (decode_client, decode_server):
        with suppress(Malformed):
            decode(data)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"frame":"hello"}',
        b'{"frame":"hello","version":"1"}',
        b'{"frame":"hello","version":1,"cursor":-1}',
        b'{"frame":"hello","version":1,"cursor":9223372036854775808}',
        b'{"frame":"hello","version":1,"name":"root"}',
        b'{"frame":"snapshot","cursor":1}',
        b'{"frame":"command","id":1,"command":{"command":"reboot"}}',
        b'{"frame":"command","id":-1,"command":{"command":"check"}}',
        b'{"frame":"command","id":1.5,"command":{"command":"check"}}',
        b'{"frame":"query","id":1,"query":{"query":"history","limit":0}}',
        b'{"frame":"query","id":1,"query":{"query":"history","limit":10001}}',
        b'{"frame":"query","id":1,"query":{"query":"health","since":"2026-01-01T00:00:00"}}',
        b'{"frame":"stream","id":1,"log":{"source":{"of":"file","path":"/etc/shadow"}}}',
        b'{"frame":"ping","id":1}{"frame":"ping","id":2}',
        b"[" * 60_000,
        b'{"x":' * 10_000,
        b'{"frame":"ping","id":1,"x":' + b"[" * 20_000,
        b'{"frame":"\xff\xfe"}',
        b'{"frame":"command","id":1,"command":{"command":"suspend","reason":"\\ud800"}}',
    ],
)
def test_malformed_client_frames(line: bytes) -> None:
    with pytest.raises(Malformed):
        decode_client(line)


def test_an_error_text_is_inert() -> None:
    with pytest.raises(Malformed) as caught:
        decode_client(b'{"frame":"\\u001b]52;c;\\u202e\xc2\x9b"}')
    assert "\\x1b" in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_newer_worker_may_add_frames_fields_and_events() -> None:
    assert decode_server(b'{"frame":"weather","sun":1}') is None
    assert (
        decode_server(b'{"frame":"event","cursor":1,"at":"2026-01-01T00:00:00Z","event":{"event":"new"}}')
        is None
    )
    assert decode_server(b'{"frame":"pong","id":1,"more":2}') == p.Pong(id=1)
    with pytest.raises(Malformed):
        decode_server(b'{"frame":"pong","id":"x"}')


def test_the_version_is_read_from_a_hello_of_any_version() -> None:
    assert hello_version(b'{"frame":"hello","version":7,"name":{"new":"form"}}') == 7
    assert hello_version(b'{"frame":"ping","id":1}') is None
    assert hello_version(b"hello") is None


def test_every_query_names_its_answer() -> None:
    for query in (Status, History, Details, Events, Releases):
        msgspec.json.Decoder(query.answer)
