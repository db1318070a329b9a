"""The Deployments pane: the history, page by page; and what runs on the stage, on every console alike."""

from __future__ import annotations

import pytest

from kgo_tui.console.panes.deployments import DeploymentsPane
from kgo_tui.console.screens.deployment import DeploymentScreen
from kgo_tui.console.screens.main import MainScreen
from kgo_tui.console.widgets.lines import TabLine
from kgo_tui.control.queries import History
from kgo_tui.core import messages as m
from kgo_tui.core.model import State
from kgo_tui.demo.scenario import hostile
from tests.console.conftest import MEDIUM, SIZES, WIDE, OpenConsole, Seen


def main(seen: Seen) -> MainScreen:
    return next(s for s in seen.app.screen_stack if isinstance(s, MainScreen))


def pane(seen: Seen) -> DeploymentsPane:
    return main(seen).query_one(DeploymentsPane)


def current(seen: Seen) -> str:
    return main(seen).query_one(TabLine).current


def asked(seen: Seen) -> list[History]:
    """By this pane: the Health pane begins with 200."""
    queries = [q for q in seen.scenario.queries if isinstance(q, History)]
    return [q for q in queries if (q.limit, q.before) != (200, None)]


async def has_rows(seen: Seen, count: int) -> None:
    await seen.until(lambda: len(pane(seen).rows.rows) == count)


async def test_the_history_newest_first_with_what_went_wrong(console: OpenConsole) -> None:
    async with console("calm", size=WIDE) as seen:
        await seen.press("4")
        await seen.until(lambda: len(pane(seen).rows.rows) == 30)
        assert [row.key for row in pane(seen).rows.rows] == [str(n) for n in range(30, 0, -1)]
        line = seen.line("↩ rolled back      20")
        for text in ("noor", "→ 056f6d5", "8d", "1m 27s", "1.0 s", "status 404"):
            assert text in line
        assert "must be a string" in seen.line("– abandoned        18")


@pytest.mark.parametrize("size", SIZES)
async def test_what_matters_is_there_at_every_size(console: OpenConsole, size: tuple[int, int]) -> None:
    async with console("calm", size=size) as seen:
        await seen.press("4")
        await seen.until(lambda: len(pane(seen).rows.rows) == 30)
        line = seen.line("✓ succeeded        30")
        assert "dcbb839" in line
        assert "22h" in line
        assert "Send rem" in line


async def test_ten_thousand_come_in_pages(console: OpenConsole) -> None:
    async with console("big") as seen:
        await seen.press("4")
        await seen.until(lambda: len(pane(seen).rows.rows) == 50)
        assert len(asked(seen)) == 1
        await seen.press("j", "j", "j")
        assert len(asked(seen)) == 1, "far from the end"
        for count in (100, 200, 400, 800):
            await seen.press("G")
            await has_rows(seen, count)
        assert [q.limit for q in asked(seen)] == [50, 50, 100, 200, 400]
        keys = [int(row.key) for row in pane(seen).rows.rows]
        assert keys == list(range(10_000, 10_000 - 800, -1))
        assert int(pane(seen).rows.key or 0) == 10_000 - 400 + 1, "the cursor stays on its deployment"


async def test_the_wheel_brings_more_too(console: OpenConsole) -> None:
    async with console("big") as seen:
        await seen.press("4")
        await seen.until(lambda: len(pane(seen).rows.rows) == 50)
        pane(seen).rows.scroll_to(y=20, animate=False)
        await seen.until(lambda: len(pane(seen).rows.rows) == 100)


async def test_nothing_yet(console: OpenConsole) -> None:
    async with console("empty") as seen:
        await seen.press("4", "G", "enter", "z")
        await seen.shows("no deployment yet")


async def test_a_deployment_that_ends_is_in_the_list_at_once(console: OpenConsole) -> None:
    async with console("deploying", size=MEDIUM) as seen:
        await seen.press("4", "escape")
        await seen.shows("▶ applying         31")
        await seen.play(until=lambda state: state.deployment is None)
        await seen.shows("✓ succeeded        31")


@pytest.mark.parametrize("size", SIZES)
async def test_the_stage_shows_who_which_step_and_what_is_printed(
    console: OpenConsole, size: tuple[int, int]
) -> None:
    async with console("deploying", size=size) as seen:
        await seen.shows("#31 by ada  dcbb839 → 7f000a3")
        await seen.pass_time(3)
        await seen.shows("Container koprogo-worker-1  Recreated")
        assert "▶ applying" in seen.text()
        assert "Enter details" in seen.text()


async def test_two_consoles_show_the_same(console: OpenConsole) -> None:
    async with console("deploying") as one:
        async with console("deploying", size=WIDE) as other:
            await other.shows("#31 by ada")
        await one.shows("#31 by ada")


async def test_in_a_narrow_terminal_it_takes_the_place_until_esc(console: OpenConsole) -> None:
    async with console("suspended", name="noor") as seen:
        await seen.press("2")
        await seen.app.link.command(m.Deploy(), object)
        await seen.until(lambda: current(seen) == "deployments")
        await seen.shows("#31 by noor")
        await seen.press("3")
        assert current(seen) == "health", "other panes can be looked at"
        await seen.press("4")
        await seen.shows("#31 by noor")
        await seen.press("escape")
        await seen.until(lambda: current(seen) == "services")
        await seen.press("4")
        await seen.shows("STATE              ID")
        await seen.press("v")
        await seen.shows("#31 by noor")


async def test_who_types_is_not_disturbed(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        await seen.press("5", "slash", "x")
        await seen.app.link.command(m.Deploy(), object)
        await seen.until(lambda: pane(seen).stage.on)
        await seen.press("y")
        assert current(seen) == "logs"
        await seen.press("escape", "4")
        await seen.shows("#31 by")


async def test_where_all_panes_are_seen_no_keys_are_taken(console: OpenConsole) -> None:
    async with console("suspended", size=MEDIUM) as seen:
        await seen.press("2")
        await seen.app.link.command(m.Deploy(), object)
        await seen.shows("#31 by")
        assert current(seen) == "services"
        assert not pane(seen).has_focus_within


async def test_its_end_says_why_and_what_to_press(console: OpenConsole) -> None:
    async with console("rolling_back") as seen:
        await seen.shows("▶ rolling back")
        await seen.play(until=lambda state: state.deployment is None)
        await seen.shows("↩ rolled back  1m 03s  #31")
        for text in (
            "https://api.example.org/api/v1/health status 404",
            "The host is back on dcbb839; 7f000a3 is not deployed again by itself.",
            "Enter details",
            "z rollback",
            "Esc put away",
        ):
            assert text in seen.text()
        await seen.press("z")
        await seen.shows("Roll back")
        await seen.press("escape", "enter")
        await seen.until(lambda: isinstance(seen.app.screen, DeploymentScreen))


async def test_the_gates_attempts_are_told(console: OpenConsole) -> None:
    async with console("deploying") as seen:
        await seen.play(until=lambda s: s.deployment is not None and s.deployment.state is State.VERIFYING)
        await seen.pass_time(5)
        await seen.shows("attempt 1 of 8: koprogo-backend-1: health check says starting")


async def test_waiting_says_for_what_and_until_when(console: OpenConsole) -> None:
    async with console("waiting") as seen:
        await seen.shows("backend: main-7f000a3 is not published (manifest unknown)")
        await seen.shows("asks again in 0:30, gives up in 15:00")
        assert "x give up" in seen.text()
        await seen.pass_time(10)
        await seen.shows("asks again in 0:20, gives up in 14:50")


async def test_what_ended_while_the_worker_was_away_is_told(console: OpenConsole) -> None:
    async with console("deploying") as seen:
        await seen.shows("#31 by ada")
        await seen.theatre.vanish()
        await seen.until(lambda: not seen.app.session.up)
        seen.stage.let_pass(120)
        await seen.theatre.come_back()
        await seen.shows("✓ succeeded  24 s  #31 by ada")


async def test_z_on_a_good_release_means_that_one(console: OpenConsole) -> None:
    async with console("calm", size=WIDE) as seen:
        await seen.press("4")
        await seen.until(lambda: len(pane(seen).rows.rows) == 30)
        pane(seen).rows.move_to("28")
        await seen.press("z")
        await seen.shows("dcbb839 → ce8dbc0  #28")


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_output_is_inert_and_leaves_the_layout(
    console: OpenConsole, size: tuple[int, int]
) -> None:
    async with console("deploying", size=size) as seen:
        for text in hostile.TEXTS:
            seen.happen(m.OutputLine(deployment=31, state="applying", text=text))
        await seen.caught_up()
        await seen.shows("── output ──")
        assert "\x1b" not in seen.text()
        stage = pane(seen).stage
        for y in range(stage.size.height):
            assert stage.render_line(y).cell_length in {0, stage.size.width}
