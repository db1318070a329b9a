"""The worker's own lines over the socket: what it logged, and what it logs from now on."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any, cast

import pytest

from kgo_tui.core.errors import UsageError
from kgo_tui.core.logs import LogBatch, LogLine, LogWindow
from kgo_tui.core.messages import Recorded
from kgo_tui.engine.store_port import Store
from kgo_tui.ownlog import BACKLOG, own_lines
from tests.engine.host import APP, Behaviour
from tests.engine.stage import Stage


async def read(stage: Stage, window: LogWindow) -> list[LogBatch]:
    async with aclosing(own_lines(stage.world, window, "fr")) as told:
        return [batch async for batch in told]


async def lines_of(stage: Stage, **window: object) -> list[LogLine]:
    return [line for batch in await read(stage, LogWindow(**window)) for line in batch.lines]  # type: ignore[arg-type]


async def texts_of(stage: Stage, **window: object) -> list[str]:
    return [line.text for line in await lines_of(stage, **window)]


async def test_the_past_is_told_in_the_operators_language_and_no_longer_than_asked(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    await stage.poll()
    told = await texts_of(stage)
    assert any("Health check échoué après 3 tentatives" in text for text in told)
    assert "Rollback vers version précédente" in told
    assert await texts_of(stage, lines=2) == told[-2:]
    assert await texts_of(stage, lines=0) == []


async def test_a_line_says_what_it_is_about(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    await stage.poll()
    ended = (await lines_of(stage))[-1]
    number = stage.world.feed.state.last.id if stage.world.feed.state.last else None
    assert (ended.identifier, ended.priority, ended.deployment) == ("kgo-tui", 3, number)
    assert ended.event == "deployment_ended"
    assert ended.at is not None


async def test_a_priority_leaves_out_what_is_less_urgent(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    await stage.poll()
    errors = await lines_of(stage, priority=3)
    assert any("Health check échoué" in line.text for line in errors)
    assert all(line.priority is not None and line.priority <= 3 for line in errors)


async def test_a_time_leaves_out_what_is_older(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    await stage.poll()
    everything = await lines_of(stage)
    at = everything[-1].at
    assert at is not None
    assert await lines_of(stage, since=at) == [line for line in everything if line.at == at]
    assert await lines_of(stage, since=at + timedelta(seconds=1)) == []


async def test_following_goes_on_without_a_gap_or_a_repetition(stage: Stage) -> None:
    async with aclosing(own_lines(stage.world, LogWindow(lines=1, follow=True), "en")) as batches:
        [first] = (await anext(batches)).lines
        assert (await anext(batches)).lines == (), "the place where the past ends"
        await stage.engine.suspend("fire drill", "ada")
        [second] = (await asyncio.wait_for(anext(batches), 5)).lines
    assert "suspended" not in first.text
    assert second.text == "Automatic deployment suspended by ada: fire drill"


async def test_reading_goes_on_behind_any_position(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    await stage.poll()
    everything = await lines_of(stage)
    for lines in range(1, len(everything)):
        async with aclosing(own_lines(stage.world, LogWindow(lines=lines), "fr")) as told:
            position = (await anext(told)).position
        assert await lines_of(stage, lines=1, after=position) == []
    begin = await lines_of(stage, lines=1, after="events:0")
    assert begin == everything
    await stage.engine.suspend("fire drill", "ada")
    assert len(await lines_of(stage, after=position)) == 1


async def test_reading_goes_on_behind_what_was_heard_live(stage: Stage) -> None:
    async with aclosing(own_lines(stage.world, LogWindow(lines=0, follow=True), "en")) as batches:
        await anext(batches)
        await stage.engine.suspend("one", "ada")
        position = (await asyncio.wait_for(anext(batches), 5)).position
    await stage.engine.suspend("two", "ada")
    assert [text[-3:] for text in await texts_of(stage, after=position)] == ["two"]


class _Late:
    """A store in which something is written between the question and the answer."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._store = stage, stage.world.store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def recent_events(self, *, limit: int) -> tuple[Recorded, ...]:
        self._stage.world.store = self._store
        await self._stage.engine.suspend("meanwhile", "ada")
        return await self._store.recent_events(limit=limit)


async def test_what_happens_while_the_past_is_read_is_told_once(stage: Stage) -> None:
    stage.world.store = cast("Store", _Late(stage))
    seen: list[str] = []
    async with aclosing(own_lines(stage.world, LogWindow(follow=True), "en")) as batches:
        while not any(text.endswith("last") for text in seen):
            seen += [line.text for line in (await asyncio.wait_for(anext(batches), 5)).lines]
            if any(text.endswith("meanwhile") for text in seen):
                await stage.engine.suspend("last", "ada")
    assert [text.rpartition(" ")[2] for text in seen if "suspended" in text] == ["meanwhile", "last"]


async def test_a_position_of_another_log_is_refused(stage: Stage) -> None:
    for position in ("journal:s=1", "events:", "events:-1", "events:1e3", "events:99999999999999999999"):
        with pytest.raises(UsageError, match="another log"):
            await lines_of(stage, after=position)


async def test_a_reader_that_does_not_listen_loses_the_oldest_and_is_told_how_many(stage: Stage) -> None:
    async with aclosing(own_lines(stage.world, LogWindow(lines=0, follow=True), "en")) as batches:
        await anext(batches)
        for number in range(BACKLOG + 5):
            await stage.engine.suspend(str(number), "ada")
        batch = await anext(batches)
    assert batch.dropped == 5
    assert batch.lines[0].text.endswith("ada: 5")
