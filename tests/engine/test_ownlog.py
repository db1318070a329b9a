"""The worker's own lines over the socket: what it logged, and what it logs from now on."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from kgo_tui.control.queries import JournalLog, LogRequest
from kgo_tui.ownlog import own_lines
from tests.engine.host import APP, Behaviour
from tests.engine.stage import Stage


async def lines_of(stage: Stage, lines: int = 200, priority: int | None = None) -> list[str]:
    request = LogRequest(source=JournalLog(), lines=lines, priority=priority)
    async with aclosing(own_lines(stage.world, request, "fr")) as told:
        return [text async for text in told]


async def test_the_past_is_told_in_the_operators_language_and_no_longer_than_asked(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    await stage.poll()
    told = "\n".join(await lines_of(stage))
    assert "Health check échoué après 3 tentatives" in told
    assert "Rollback vers version précédente" in told
    assert len(await lines_of(stage, lines=2)) == 2
    assert await lines_of(stage, lines=0) == []


async def test_a_priority_leaves_out_what_is_less_urgent(stage: Stage) -> None:
    stage.host.push("b", publish={APP: Behaviour(status=500)})
    await stage.poll()
    errors = "\n".join(await lines_of(stage, priority=3))
    assert "Health check échoué" in errors
    assert "Téléchargement des images" not in errors


async def test_following_goes_on_without_a_gap_or_a_repetition(stage: Stage) -> None:
    request = LogRequest(source=JournalLog(), lines=1, follow=True)
    async with aclosing(own_lines(stage.world, request, "en")) as lines:
        first = await anext(lines)
        await stage.engine.suspend("fire drill", "ada")
        second = await asyncio.wait_for(anext(lines), 5)
    assert "suspended" not in first
    assert second.endswith("Automatic deployment suspended by ada: fire drill")
