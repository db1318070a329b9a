"""Looking for something in the Logs pane: filter, search, levels, from mark to mark."""

from __future__ import annotations

from kgo_tui.console.logs.find import FindLine
from tests.console.conftest import OpenConsole
from tests.console.logs_pane import cursor_row, logs, pane, rows, say, title


async def test_the_filter_follows_every_letter_and_keeps_what_is_around(console: OpenConsole) -> None:
    async with logs(console, count=100) as seen:
        await seen.press("slash", "b", "e", "r", " ", "5", "0")
        await seen.shows("/ber 50 1 of")
        assert [row.split("number ")[1] for row in rows(seen)[-6:-1]] == ["48", "49", "50", "51", "52"]
        assert rows(seen)[-6][0] == "┄", "lines are hidden above"
        assert "filter (Tab: search):" in seen.text()
        await seen.press("backspace", "enter")
        await seen.shows("/ber 5 11 of")
        assert pane(seen).view.has_focus
        await seen.press("C", "C", "C")
        assert "±" not in title(seen)
        assert sum("number" in row for row in rows(seen)) == 11
        await seen.press("escape")
        assert "/ber" not in title(seen)
        await seen.shows("number 97")


async def test_a_filter_goes_on_for_what_comes(console: OpenConsole) -> None:
    async with logs(console, count=10) as seen:
        await seen.press("slash", "r", "a", "i", "n", "enter")
        await seen.shows("/rain 0 of")
        say(seen, "sun", "rain", "sun")
        await seen.shows("/rain 1 of")
        assert rows(seen)[-2].endswith("rain")


async def test_given_up_while_typing_nothing_is_looked_for(console: OpenConsole) -> None:
    async with logs(console, count=50) as seen:
        await seen.press("k", "slash", "n", "o", "p", "e")
        await seen.shows("/nope 0 of")
        await seen.press("escape")
        await seen.until(lambda: pane(seen).view.has_focus)
        assert "nope" not in seen.text()
        assert "PAUSED" in title(seen)
        assert cursor_row(seen).endswith("number 48")


async def test_a_search_hides_nothing_and_goes_from_hit_to_hit(console: OpenConsole) -> None:
    async with logs(console, count=100) as seen:
        await seen.press("slash", "7", "tab", "enter")
        await seen.shows("search 7 19 of")
        assert rows(seen)[-1].endswith("number 99")
        for key, number in (("N", 97), ("N", 87), ("n", 97)):
            await seen.press(key)
            assert cursor_row(seen).endswith(f"number {number}")
        assert "search 7 19/19 of" in title(seen)
        await seen.press("n")
        await seen.shows("no hit there")


async def test_levels(console: OpenConsole) -> None:
    async with logs(console, count=5) as seen:
        say(seen, "it burns", priority=3)
        say(seen, "it smells", priority=4)
        say(seen, *(f"calm {n}" for n in range(9)))
        await seen.shows("calm 8")
        await seen.press("L")
        await seen.shows("≥E 1 of")
        assert "it burns" in seen.text()
        assert "calm 5" not in seen.text()
        await seen.press("L")
        await seen.shows("≥W 2 of")
        await seen.press("L", "L")
        await seen.until(lambda: "≥" not in title(seen) and "calm 8" in seen.text())


async def test_from_error_to_error(console: OpenConsole) -> None:
    async with logs(console, count=30) as seen:
        say(seen, "first fire", priority=3)
        say(seen, *(f"calm {n}" for n in range(30)))
        say(seen, "second fire", priority=2)
        await seen.shows("second fire")
        for key, text in (("E", "second"), ("E", "first"), ("e", "second")):
            await seen.press(key)
            assert cursor_row(seen).endswith(f"{text} fire")
        await seen.press("e")
        await seen.shows("no error there")


async def test_from_deployment_to_deployment(console: OpenConsole) -> None:
    async with logs(console, "calm") as seen:
        await seen.until(lambda: len(pane(seen).reading.buffer.marks) > 4)
        await seen.press("left_curly_bracket", "left_curly_bracket")
        assert "Deployment 30" in cursor_row(seen)
        await seen.press("right_curly_bracket")
        assert "Deployed" in cursor_row(seen)
        assert "▶" in {row[0] for row in rows(seen)}


async def test_marks_of_ones_own(console: OpenConsole) -> None:
    async with logs(console, count=60) as seen:
        await seen.press("m")
        await seen.shows("── mark, 14:05:")
        say(seen, "after the mark")
        await seen.shows("after the mark")
        await seen.press("k", "k", "k", "k", "m", "up")
        assert "*" in {row[0] for row in rows(seen)}
        await seen.press("g", "right_curly_bracket")
        assert "number 57" in cursor_row(seen)
        await seen.press("m", "up")
        assert "*" not in {row[0] for row in rows(seen)}


async def test_typing_does_not_leave_the_line(console: OpenConsole) -> None:
    """Keys that mean something elsewhere are letters here."""
    async with logs(console, count=3) as seen:
        await seen.press("slash", *"q1zUx")
        line = pane(seen).query_one(FindLine)
        assert line.has_class("open")
        await seen.shows("/q1zUx 0 of")
        assert seen.scenario.asked == []
