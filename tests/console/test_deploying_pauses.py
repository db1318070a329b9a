"""P switches automatic deployment off and on; x gives up what runs."""

from __future__ import annotations

from datetime import timedelta

from textual.widgets import Input

from kgo_tui.console.screens.confirm import Confirm
from kgo_tui.console.screens.suspend import SuspendScreen
from kgo_tui.core import messages as m
from kgo_tui.core.errors import Refused
from kgo_tui.core.model import State, Suspension
from tests.console.conftest import OpenConsole, Seen


def asked(seen: Seen) -> list[m.Command]:
    return [command for command, _ in seen.scenario.asked]


def said(seen: Seen) -> str:
    return " | ".join(told.message for told in seen.app._notifications)


async def test_suspending_takes_a_reason_and_resuming_names_it(console: OpenConsole) -> None:
    async with console("calm", name="ada") as seen:
        await seen.press("P")
        await seen.until(lambda: isinstance(seen.app.screen, SuspendScreen))
        await seen.press(*"audit", "enter")
        await seen.until(lambda: asked(seen) == [m.Suspend(reason="audit")])
        await seen.caught_up()
        await seen.shows("‖ suspended")
        await seen.press("P")
        await seen.shows("Suspended by ada: audit")
        await seen.press("enter")
        assert len(asked(seen)) == 1
        await seen.press("P")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm))
        await seen.press("y")
        await seen.until(lambda: asked(seen)[1:] == [m.Resume()])


async def test_somebody_elses_reason_is_not_written_over(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await seen.press("P")
        await seen.until(lambda: isinstance(seen.app.screen, SuspendScreen))
        since = seen.stage.now() - timedelta(seconds=1)
        seen.happen(m.Suspended(suspension=Suspension(reason="night", by="noor", since=since)))
        await seen.shows("✗ noor has suspended it meanwhile: night")
        await seen.press("enter")
        assert asked(seen) == []
        assert seen.app.screen.query_one(Input).has_focus


async def test_giving_up_is_about_the_deployment_that_was_asked_about(console: OpenConsole) -> None:
    async with console("waiting", name="ada") as seen:
        await seen.press("x")
        await seen.shows("Give up deployment 31 of 7f000a3, begun by kgo-tui?")
        await seen.press("y")
        await seen.until(lambda: asked(seen) == [m.Cancel(deployment=31)])
        await seen.until(lambda: "Deployment 31 is being given up." in said(seen))
        await seen.play(until=lambda state: state.deployment is None)
        last = seen.theatre.host.state.last
        assert last is not None
        assert last.state is State.ABANDONED


async def test_giving_up_what_is_over_is_refused_in_words(console: OpenConsole) -> None:
    def over(command: m.Cancel) -> None:
        raise Refused(f"deployment {command.deployment} is over")

    async with console("waiting") as seen:
        seen.scenario.answers[m.Cancel] = over
        await seen.press("x")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm))
        await seen.press("y")
        await seen.until(lambda: "deployment 31 is over" in said(seen))
