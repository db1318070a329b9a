"""The Logs pane under the fingers: following, standing still, moving about, drawing."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest
from textual.events import MouseScrollUp

from kgo_tui.control.queries import JournalLog
from tests.console.conftest import MEDIUM, NARROW, SIZES, WIDE, OpenConsole, Seen
from tests.console.logs_pane import logs, pane, rows, say, title


async def test_the_units_journal_is_followed_from_the_start(console: OpenConsole) -> None:
    async with logs(console) as seen:
        assert seen.scenario.requests[0].source == JournalLog()
        assert title(seen).startswith("── Logs koprogo-gitops@production  FOLLOW  dropped 0 ──")
        say(seen, "it rains", priority=3)
        await seen.shows("E it rains")
        assert rows(seen)[-1].startswith(" 14:05:")


async def test_who_goes_up_stays_there_and_is_told_how_much_is_new(console: OpenConsole) -> None:
    async with logs(console, count=50) as seen:
        await seen.press("k", "k")
        before = rows(seen)
        assert "‖ PAUSED" in title(seen)
        assert [row[0] for row in before].index(">") == len(before) - 3
        say(seen, *(f"later {n}" for n in range(30)))
        await seen.shows("PAUSED +30 new")
        assert rows(seen) == before
        await seen.press("F")
        await seen.shows("later 29")
        assert "FOLLOW" in title(seen)
        assert "new" not in title(seen)


@pytest.mark.parametrize("key", ["end", "G", "F"])
async def test_back_to_the_newest(console: OpenConsole, key: str) -> None:
    async with logs(console, count=50) as seen:
        await seen.press("g")
        await seen.until(lambda: "number 49" not in seen.text())
        await seen.press(key)
        await seen.until(lambda: "number 49" in seen.text() and "FOLLOW" in title(seen))


async def test_moving_about(console: OpenConsole) -> None:
    async with logs(console, count=200) as seen:
        reading = pane(seen).reading
        last = reading.buffer.numbers[-1]
        for keys, moved in ((["k"], -1), (["up", "up"], -3), (["j"], -2), (["down"], -1)):
            await seen.press(*keys)
            assert reading.cursor == last + moved
        tops = [reading.page()[0].number]
        for key in ("ctrl+u", "pageup", "pagedown", "ctrl+d", "space", "home"):
            await seen.press(key)
            tops.append(reading.page()[0].number)
        half = pane(seen).view.size.height // 2
        steps = [after - before for before, after in pairwise(tops)]
        assert steps[:4] == [-half, -2 * half, 2 * half, half]
        assert tops[-1] == reading.buffer.numbers[0]
        await seen.until(lambda: "number 0" in seen.text())


async def test_long_lines_are_cut_or_broken_or_looked_at_sideways(console: OpenConsole) -> None:
    async with logs(console) as seen:
        say(seen, "x" * 100 + "the end")
        await seen.shows("xxx…")
        await seen.press("w")
        await seen.shows("the end")
        await seen.press("w")
        await seen.until(lambda: "the end" not in seen.text())
        await seen.press("right", "right", "l", "l", "l", "l")
        await seen.shows("the end")
        assert "→48" in title(seen)
        await seen.press("left", "h")
        assert "→32" in title(seen)


async def test_times(console: OpenConsole) -> None:
    async with logs(console, count=1) as seen:
        assert " 14:05:" in rows(seen)[-1]
        await seen.press("t")
        assert rows(seen)[-1].startswith(" 2026-03-17 14:05:")
        await seen.press("t")
        assert rows(seen)[-1].startswith(" I number 0")
        await seen.press("t")
        assert rows(seen)[-1].startswith(" 14:05:")


async def test_lines_of_another_day_bear_its_date(console: OpenConsole) -> None:
    async with logs(console, "calm") as seen:
        await seen.until(lambda: any(row[1:7] == "03-16 " for row in rows(seen)))


async def test_full_screen_and_back(console: OpenConsole) -> None:
    async with logs(console, count=80, size=MEDIUM) as seen:
        height = pane(seen).view.size.height
        await seen.press("f")
        await seen.until(lambda: pane(seen).view.size.height > height)
        await seen.press("f")
        await seen.until(lambda: pane(seen).view.size.height == height)


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_lines_leave_the_rows_as_wide_as_the_screen(
    console: OpenConsole, size: tuple[int, int]
) -> None:
    async with logs(console, "hostile", size=size) as seen:
        pane(seen).show_service("")
        await seen.until(lambda: len(pane(seen).reading.buffer) > 100)
        for key in ("w", "g", "w", "right"):
            await seen.press(key)
            for _ in range(12):
                await seen.press("pageup")
                view = pane(seen).view
                strips = [view.render_line(y) for y in range(view.size.height)]
                assert {strip.cell_length for strip in strips} == {view.size.width}
                text = "".join(segment.text for strip in strips for segment in strip)
                assert "\x1b" not in text
                assert text.isprintable() or not set(text) & set(map(chr, range(32)))


async def test_the_place_stays_when_the_terminal_changes_its_size(console: OpenConsole) -> None:
    async with logs(console, count=300, size=WIDE) as seen:
        await seen.press(*["k"] * 30)
        reading = pane(seen).reading
        at = reading.cursor
        for width, height in (NARROW, MEDIUM, (40, 12), WIDE):
            await seen.pilot.resize_terminal(width, height)
            await seen.until(partial(_is_wide, seen, width))
            assert reading.cursor == at
            assert at in {spot.number for spot in reading.page()}
            await seen.until(lambda: any(row.startswith(">") for row in rows(seen)))


def _is_wide(seen: Seen, width: int) -> bool:
    return pane(seen).view.size.width == width


async def test_the_wheel_and_the_mouse(console: OpenConsole) -> None:
    async with logs(console, count=100) as seen:
        view = pane(seen).view
        await seen.pilot._post_mouse_events([MouseScrollUp], view)
        assert not pane(seen).reading.following
        await seen.pilot.click(view, offset=(20, 4))
        assert pane(seen).reading.cursor == pane(seen).reading.page()[4].number
        await seen.pilot.click(view, offset=(20, 7), shift=True)
        assert len(pane(seen).reading.chosen()) == 4
