"""One deployment in full: what is there, folding, search, copying, live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from kgo_tui.console.screens.deployment import DeploymentScreen
from kgo_tui.console.screens.main import MainScreen
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.control.queries import DeploymentDetails, Details
from kgo_tui.core import messages as m
from kgo_tui.core.errors import UsageError
from kgo_tui.core.model import Evidence, Outcome, State, Step
from kgo_tui.demo.scenario.pictures import at_rest
from tests.console.conftest import MEDIUM, NARROW, SIZES, WIDE, OpenConsole, Seen


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)


def screen(seen: Seen) -> DeploymentScreen:
    assert isinstance(seen.app.screen, DeploymentScreen)
    return seen.app.screen


@asynccontextmanager
async def details(
    console: OpenConsole, act: str = "rolled_back", *, number: int = 31, size: tuple[int, int] = NARROW
) -> AsyncIterator[Seen]:
    """Opened from the list, and answered."""
    async with console(act, size=size) as seen:
        await seen.press("4")
        if "Esc put away" in seen.text():
            await seen.press("escape", "4")
        rows = seen.app.screen.query_one("#deployment-rows", RowList)
        await seen.until(lambda: str(number) in {row.key for row in rows.rows})
        rows.move_to(str(number))
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, DeploymentScreen) and screen(seen)._found)
        yield seen


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_screen_says_how_it_went_and_why(console: OpenConsole, size: tuple[int, int]) -> None:
    async with details(console, size=size) as seen:
        await seen.shows("deployment 31  ↩ rolled back  dcbb839 → 7f000a3  by itself (poll)")
        for text in (
            "Move the health page to /health",
            "2026-03-17 14:05:00   took 1m 03s   down 3.0 s",
            "why       https://api.example.org/api/v1/health status 404",
            "The host is back on dcbb839; 7f000a3 is not deployed again by",
            "▾ ✗ verifying                 42 s",
            "failed  attempts: 8",
            "▾ Evidence: probe  3 lines",
        ):
            assert text in seen.text()


async def test_bars_stand_on_the_axis_of_time(console: OpenConsole) -> None:
    async with details(console, size=MEDIUM) as seen:
        verifying, back = seen.line("✗ verifying"), seen.line("✓ rolling back")
        assert abs(verifying.rindex("█") + 1 - back.index("█")) <= 1, "one begins where the other ends"
        assert verifying.count("█") > 10 * back.count("█")


async def test_a_step_is_unfolded_and_folded(console: OpenConsole) -> None:
    async with details(console) as seen:
        screen(seen).rows.move_to("step/pulling/1")
        await seen.press("enter")
        await seen.shows("$ docker compose pull")
        await seen.press("j", "left")
        await seen.until(lambda: "$ docker compose pull" not in seen.text())
        assert screen(seen).rows.key == "step/pulling/1"
        await seen.press("l")
        await seen.shows("$ docker compose pull")


async def test_a_search_goes_through_what_is_folded(console: OpenConsole) -> None:
    async with details(console) as seen:
        await seen.press("slash", *"postgres:", "enter")
        await seen.shows("INFO  connected to postgres:5432")
        first = screen(seen).rows.key
        await seen.press("n")
        await seen.until(lambda: screen(seen).rows.key != first)
        assert "postgres:16.4" in seen.text(), "in the images, which were folded"
        await seen.press("N")
        assert screen(seen).rows.key == first
        await seen.press("escape")
        assert screen(seen).folding.needle == ""
        await seen.press("slash", *"nowhere", "enter")
        await seen.shows("no hit there")
        await seen.press("escape", "escape")
        await seen.until(lambda: isinstance(seen.app.screen, MainScreen))


async def test_the_part_under_the_cursor_is_copied(console: OpenConsole) -> None:
    async with details(console) as seen:
        screen(seen).rows.move_to("evidence/0/1/0")
        await seen.press("y")
        await seen.until(lambda: seen.app.clipboard)
        lines = seen.app.clipboard.splitlines()
        assert lines[0] == "Evidence: probe  3 lines"
        record = seen.theatre.host.record
        assert lines[1:] == [f"  {line}" for line in record.evidence[31][0].text.splitlines()]


@pytest.mark.parametrize("key", ["escape", "q", "2"])
async def test_back(console: OpenConsole, key: str) -> None:
    async with details(console) as seen:
        await seen.press(key)
        await seen.until(lambda: isinstance(seen.app.screen, MainScreen))


async def test_live_steps_and_output_appear_until_the_end(console: OpenConsole) -> None:
    async with details(console, "deploying") as seen:
        await seen.shows("deployment 31  ▶ applying")
        await seen.pass_time(3)
        await seen.shows("▾ Output")
        await seen.shows("Container koprogo-worker-1  Recreated")
        assert "✓ verifying" not in seen.text()
        await seen.play(until=lambda state: state.deployment is None)
        await seen.shows("deployment 31  ✓ succeeded")
        await seen.shows("✓ verifying")
        await seen.shows("The host is on 7f000a3.")


async def test_events_are_ahead_of_a_slow_answer(console: OpenConsole) -> None:
    async with console("deploying") as seen:
        record = seen.theatre.host.record
        old = DeploymentDetails(deployment=record.deployments[31], steps=record.steps[31][:1])
        seen.scenario.answers[Details] = lambda _: old
        await seen.press("enter")
        await seen.shows("▶ applying  ")
        assert "✓ pulling" in seen.text()


async def test_an_answer_tells_what_a_worker_that_was_started_again_does_not(console: OpenConsole) -> None:
    async with details(console, "rolled_back") as seen:
        await seen.theatre.vanish()
        await seen.until(lambda: not seen.app.session.up)
        feed = seen.theatre.host.feed
        feed.state = replace(feed.state, steps=())
        await seen.theatre.come_back()
        await seen.until(lambda: seen.app.session.up)
        await seen.shows("✗ verifying")


async def test_evidence_appears_when_a_step_failed(console: OpenConsole) -> None:
    async with details(console, "deploying") as seen:
        at = seen.stage.now()
        kept = Evidence(title="what went wrong", text="all of it")
        seen.theatre.host.record.evidence[31] = (kept,)
        running = seen.theatre.host.state.deployment
        assert running is not None
        step = Step(
            state=State.APPLYING, entry=1, started_at=at, ended_at=at, outcome=Outcome.FAILED,
            message="no space left", hint="Free some space.",
        )  # fmt: skip
        seen.happen(m.StepFinished(deployment=running, step=step))
        await seen.shows("→ Free some space.")
        await seen.shows("Evidence: what went wrong")


async def test_a_state_entered_again_is_another_line(console: OpenConsole) -> None:
    async with details(console, "waiting") as seen:
        await seen.shows("▶ waiting images ")
        await seen.pass_time(25)
        await seen.shows("… pulling (2)")
        await seen.shows("▶ waiting images (2)")


async def test_five_hundred_steps_and_much_evidence(console: OpenConsole) -> None:
    async with console("calm") as seen:
        found = DeploymentDetails(
            deployment=seen.theatre.host.record.deployments[30],
            steps=tuple(
                Step(state=State.PULLING, entry=n, started_at=seen.stage.now(), ended_at=seen.stage.now())
                for n in range(1, 501)
            ),
            evidence=tuple(Evidence(title=f"{n}", text="a line\n" * 5000) for n in range(4)),
        )
        seen.scenario.answers[Details] = lambda _: found
        await seen.press("4", "enter")
        await seen.until(lambda: isinstance(seen.app.screen, DeploymentScreen))
        await seen.until(lambda: len(screen(seen).folding.lines) > 20_000)
        await seen.press("G")
        await seen.shows("▸ Images")
        await seen.press("k", "enter")
        await seen.until(lambda: len(screen(seen).rows.rows) > 5000)


async def test_a_deployment_that_is_not_there_says_so(console: OpenConsole) -> None:
    async with console("calm") as seen:

        def refuse(query: Details) -> None:
            raise UsageError(f"there is no deployment {query.id}")

        seen.scenario.answers[Details] = refuse
        await seen.press("4")
        await seen.shows("✓ succeeded        29")
        await seen.press("j", "enter")
        await seen.shows("there is no deployment 29")


async def test_a_narrow_terminal_has_no_bars_but_times(console: OpenConsole) -> None:
    async with details(console, size=(46, 24)) as seen:
        await seen.shows("+15 s")
        assert "█" not in seen.line("✗ verifying")


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_texts_are_inert_and_the_lines_fit(console: OpenConsole, size: tuple[int, int]) -> None:
    async with details(console, "hostile", number=30, size=size) as seen:
        for line in tuple(screen(seen).folding.lines):
            if line.folds:
                screen(seen).folding.turn(line.key, to=True)
        screen(seen)._show()
        rows = screen(seen).rows
        for _ in range(12):
            await seen.press("pagedown")
            for y in range(rows.size.height):
                strip = rows.render_line(y)
                text = "".join(segment.text for segment in strip)
                assert strip.cell_length in {rows.scrollable_size.width, rows.size.width}
                assert not [c for c in text if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066"]


async def test_other_widths_break_lines_anew(console: OpenConsole) -> None:
    async with details(console, size=WIDE) as seen:
        assert "▾ Evidence" in seen.text()
        for size in (NARROW, (60, 20), MEDIUM):
            await seen.pilot.resize_terminal(*size)
            await seen.until(lambda: screen(seen).rows.size.width == seen.app.size.width)
            assert seen.app.size == size
            await seen.shows("✗ verifying")
            room = screen(seen).rows.scrollable_size.width - 2
            assert not [line for line in screen(seen).folding.lines if len(line.text) > room]


async def test_the_clock_of_the_screen_below_draws_nothing(
    console: OpenConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with details(console) as seen:
        await at_rest(seen.pilot)
        drawn: list[object] = []
        monkeypatch.setattr(seen.app, "_display", lambda _screen, what: drawn.append(what))
        for _ in range(3):
            await seen.pass_time(5)
            await at_rest(seen.pilot)
        assert [what for what in drawn if what is not None] == []
