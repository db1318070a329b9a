"""The Health pane under the fingers, on the scenario's worker."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from kgo_tui.console.health.picture import MARGIN
from kgo_tui.console.panes.health import HealthPane
from kgo_tui.console.screens.deployment import DeploymentScreen
from kgo_tui.control.queries import Health
from kgo_tui.core import messages as m
from kgo_tui.core.model import Sample
from tests.console.conftest import MEDIUM, NARROW, SIZES, WIDE, OpenConsole, Seen


def pane(seen: Seen) -> HealthPane:
    return seen.app.screen_stack[1].query_one(HealthPane)


def strip_of(seen: Seen) -> str:
    """The cells, without label."""
    line = next(line for line in seen.lines() if "health   " in line)
    return line.split("health   ")[1][: pane(seen).frame.cells]


@asynccontextmanager
async def health(
    console: OpenConsole, act: str = "calm", *, size: tuple[int, int] = NARROW
) -> AsyncIterator[Seen]:
    """The pane with the keys, and answered."""
    async with console(act, size=size) as seen:
        await seen.press("3")
        await seen.until(lambda: pane(seen).view.has_focus and pane(seen).known.begin)
        yield seen


def asked(seen: Seen) -> list[Health]:
    return [query for query in seen.scenario.queries if isinstance(query, Health)]


@pytest.mark.parametrize("size", SIZES)
async def test_all_is_there_at_every_size(console: OpenConsole, size: tuple[int, int]) -> None:
    async with health(console, size=size) as seen:
        await seen.shows("last outage 09:12, for about 7m")
        for text in (
            "✓ healthy  HTTP 200 in",
            "✓ TLS valid, 64 days left",
            "24 h 99.49 %",
            "7 d 99.87 %",
            "╵",
        ):
            assert text in seen.text()
        assert set(strip_of(seen)) <= set("█▄✗░")
        assert len(strip_of(seen)) == pane(seen).frame.cells


async def test_live_samples_are_drawn_without_asking(console: OpenConsole) -> None:
    async with health(console) as seen:
        await seen.shows("░ not known")
        before = len(asked(seen))
        at = seen.stage.now()
        seen.happen(m.SampleTaken(sample=Sample(at=at, ok=True, status_code=200, latency_ms=7.0)))
        await seen.shows("✓ 1 good  7 ms")
        assert strip_of(seen)[-1] == "█"
        assert len(asked(seen)) == before
        bad = Sample(at=at + timedelta(seconds=9), ok=False, status_code=503, error="status 503")
        seen.happen(m.SampleTaken(sample=bad))
        await seen.shows("✗ failing  HTTP 503 status 503")
        await seen.shows("✗ failing since 14:05")
        assert strip_of(seen)[-1] == "▄"


async def test_back_in_time_and_on_again(console: OpenConsole) -> None:
    async with health(console) as seen:
        await seen.press("left", "h")
        await seen.shows("13:55–14:00")
        await seen.press("l")
        await seen.shows("14:00–14:05")
        await seen.press("pageup", "pageup", "pageup")
        await seen.until(lambda: pane(seen).frame.last is not None and "╵03-17" in seen.text())
        await seen.until(lambda: "░" not in strip_of(seen))
        assert asked(seen)[-1].until is not None
        await seen.press("G")
        await seen.shows("14:05–14:10")


async def test_a_longer_and_a_shorter_time(console: OpenConsole) -> None:
    async with health(console, "big") as seen:
        await seen.press(*["minus"] * 9)
        await seen.until(lambda: strip_of(seen).count("░") == 18)
        assert "▄" in strip_of(seen)
        await seen.press(*["equals_sign"] * 9)
        await seen.until(lambda: set(strip_of(seen)[:-2]) == {"█"})
        await seen.shows("14:05–14:06")


async def test_from_failure_to_failure(console: OpenConsole) -> None:
    async with health(console) as seen:
        await seen.press("E")
        await seen.shows("✗ 8 of 10 failed")
        await seen.press("E")
        await seen.shows("09:10–09:15  ✗ 6 of 10 failed")
        await seen.press("e")
        await seen.shows("09:15–09:20")


async def test_deployments_are_marked_and_opened(console: OpenConsole) -> None:
    async with health(console, "rolled_back") as seen:
        await seen.until(lambda: "↩" in seen.line("deploys"))
        await seen.press("minus", "minus", "left_curly_bracket")
        await seen.shows("#30 ✓ succeeded")
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, DeploymentScreen))
        await seen.shows("deployment 30  ✓ succeeded")
        await seen.press("escape", "right_curly_bracket")
        await seen.shows("#31 ↩ rolled back")


async def test_nothing_yet(console: OpenConsole) -> None:
    async with health(console, "empty") as seen:
        await seen.shows("the probe has not asked yet")
        assert set(strip_of(seen)) == {"░"}
        assert "24 h -" in seen.text()


async def test_after_the_worker_was_away_it_is_asked_anew(console: OpenConsole) -> None:
    async with health(console) as seen:
        await seen.theatre.vanish()
        await seen.until(lambda: not seen.app.session.up)
        for n in range(4):
            at = seen.stage.now() + timedelta(seconds=n)
            seen.theatre.host.record.samples.append(Sample(at=at, ok=False))
        await seen.theatre.come_back()
        await seen.shows("✗ 4 of 4 failed")
        assert strip_of(seen)[-1] == "✗"


async def test_a_click_chooses_a_cell(console: OpenConsole) -> None:
    async with health(console) as seen:
        await seen.pilot.click(pane(seen).view, offset=(MARGIN + 69, 3))
        await seen.shows("14:00–14:05")
        await seen.pilot.click(pane(seen).view, offset=(MARGIN + 59, 3))
        await seen.shows("13:10–13:15")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_year_answers_at_once(console: OpenConsole, size: tuple[int, int]) -> None:
    async with health(console, "big", size=size) as seen:
        await seen.press(*["minus"] * 7)
        await seen.until(lambda: pane(seen).known.cell_s == pane(seen).frame.cell_s)
        took = []
        for key in ["left"] * 12 + ["pageup", "G", "E", "minus"]:
            began = time.perf_counter()
            await seen.press(key)
            took.append(time.perf_counter() - began)
        assert statistics.median(took) < 0.25, "a key, its drawing, and Pilot's own waiting"


async def test_the_place_stays_when_the_terminal_changes(console: OpenConsole) -> None:
    async with health(console, size=WIDE) as seen:
        await seen.press("E")
        await seen.shows("✗ 8 of 10 failed")
        for size in (NARROW, MEDIUM, (60, 18), WIDE):
            await seen.pilot.resize_terminal(*size)
            await seen.until(lambda: pane(seen).frame.cells == pane(seen).view.size.width - MARGIN)
            now = seen.stage.now()
            assert pane(seen).frame.chosen(now) in pane(seen).frame.seen(now)
            await seen.shows("09:1")
