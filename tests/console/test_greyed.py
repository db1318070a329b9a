"""A key that is off says why and what would turn it on; a read-only console changes nothing at all."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest
from msgspec.structs import replace

from kgo_tui.__main__ import parse
from kgo_tui.console import keys
from kgo_tui.console.acting import CHANGING, READ_ONLY, reason_against
from kgo_tui.console.link import LOOKING, Link
from kgo_tui.console.session import LinkState, Session
from kgo_tui.core import messages as m
from kgo_tui.core.errors import ConnectionLost, Refused
from kgo_tui.core.machine import can_cancel, is_terminal
from kgo_tui.core.model import ContainerAction, State, Trigger
from kgo_tui.core.state import EngineState, WorkerView
from tests.console.conftest import NARROW, OpenConsole
from tests.core.values import DEPLOYMENT, RELEASE, SUSPENSION

IDLE = EngineState(instance="demo", version="1", deployed=RELEASE, worker=WorkerView(running=True))
UP = Session(link=LinkState.UP, you="ann", state=IDLE)
ACTIONS = ("deploy", "plan", "rollback", "suspend", "cancel")
WORKING = [state for state in State if not is_terminal(state)]


def during(state: State, trigger: Trigger = Trigger.MANUAL) -> Session:
    running = replace(DEPLOYMENT, state=state, trigger=trigger)
    return replace(UP, state=replace(IDLE, deployment=running))


def against(action: str, session: Session, *, read_only: bool = False) -> str:
    return reason_against(action, session, read_only=read_only) or ""


def test_the_keys_that_change_something_are_the_ones_that_the_table_names() -> None:
    named = {key.action for key in keys.GLOBAL if key.changes}
    assert named <= CHANGING
    assert named >= {"deploy", "rollback", "suspend", "cancel"}


@pytest.mark.parametrize("action", ACTIONS)
def test_at_rest_all_but_giving_up_is_on(action: str) -> None:
    assert bool(against(action, UP)) is (action == "cancel")


def test_what_is_not_in_the_table_is_never_off() -> None:
    assert against("pane('git')", Session(), read_only=True) == ""
    assert against("help", Session(), read_only=True) == ""


@pytest.mark.parametrize("state", WORKING)
@pytest.mark.parametrize("action", ["deploy", "plan", "rollback"])
def test_while_a_deployment_runs_it_is_named_with_who_began_it_and_the_way_out(
    action: str, state: State
) -> None:
    reason = against(action, during(state))
    assert reason.startswith(
        f"Deployment 8 of bbbbbbb, begun by ann, is running ({state.replace('_', ' ')})."
    )
    assert reason.endswith("x gives it up." if can_cancel(state) else "Wait until it has ended.")


@pytest.mark.parametrize("state", WORKING)
def test_giving_up_is_on_as_long_as_the_worker_takes_it(state: State) -> None:
    assert (against("cancel", during(state)) == "") is can_cancel(state)


def test_suspending_is_possible_while_a_deployment_runs_and_while_suspended() -> None:
    assert against("suspend", during(State.APPLYING)) == ""
    assert against("suspend", replace(UP, state=replace(IDLE, suspended=SUSPENSION))) == ""


@pytest.mark.parametrize(
    ("action", "session", "says"),
    [
        ("cancel", UP, "No deployment is running"),
        ("cancel", during(State.APPLYING), "When it has ended, z rolls back."),
        ("cancel", during(State.REVERTING), "being given up already"),
        ("cancel", during(State.ROLLING_BACK), "not left half-way"),
        ("rollback", replace(UP, state=replace(IDLE, deployed=None)), "U deploys."),
        ("rollback_to", replace(UP, state=replace(IDLE, deployed=None)), "U deploys."),
        ("screen.rollback_to", during(State.APPLYING), "Wait until it has ended."),
        ("deploy", during(State.ROLLING_BACK, Trigger.ROLLBACK), "Rollback 8 to bbbbbbb, begun by ann"),
        ("deploy", Session(), "no connection to the worker: connecting. It is tried again by itself."),
    ],
)
def test_the_reason_says_what_would_help(action: str, session: Session, says: str) -> None:
    assert says in against(action, session)


@pytest.mark.parametrize("action", ACTIONS)
def test_without_a_worker_the_links_own_words_stand_there(action: str) -> None:
    gone = replace(UP, link=LinkState.NO_WORKER, why="no worker serves at /x", hint="Start it: kgo-tui start")
    assert against(action, gone) == (
        "There is no connection to the worker: no worker serves at /x. Start it: kgo-tui start"
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_a_worker_that_stops_takes_nothing(action: str) -> None:
    stopping = replace(UP, state=replace(IDLE, worker=WorkerView(running=True, stopping=True)))
    assert "When it is back" in against(action, stopping)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_read_only_console_may_look_at_the_plan_and_no_more(action: str) -> None:
    reason = against(action, during(State.PULLING) if action == "cancel" else UP, read_only=True)
    assert reason.startswith(READ_ONLY) is (action != "plan")


EVERY_COMMAND: dict[type, m.Command] = {
    m.Check: m.Check(),
    m.Deploy: m.Deploy(),
    m.Rollback: m.Rollback(),
    m.MakePlan: m.MakePlan(),
    m.Suspend: m.Suspend(),
    m.Resume: m.Resume(),
    m.Cancel: m.Cancel(),
    m.ActOnContainer: m.ActOnContainer(container="c1", action=ContainerAction.STOP),
}


class Deaf:
    """A listener that is told nothing here."""

    def link_up(self, *_: object) -> None: ...
    def link_event(self, *_: object) -> None: ...
    def link_down(self, *_: object) -> None: ...


def test_every_command_is_in_the_table() -> None:
    assert set(typing.get_args(m.Command)) == set(EVERY_COMMAND)


@pytest.mark.parametrize("command", EVERY_COMMAND.values(), ids=lambda c: type(c).__name__)
async def test_a_read_only_link_sends_only_what_looks(command: m.Command, tmp_path: Path) -> None:
    link = Link((tmp_path / "nobody",), Deaf(), read_only=True)
    with pytest.raises(ConnectionLost if isinstance(command, LOOKING) else Refused):
        await link.command(command, type(None))


async def test_in_a_read_only_console_no_key_sends_a_command_that_changes(console: OpenConsole) -> None:
    async with console("waiting", read_only=True) as seen:
        assert seen.line("U deploy now").startswith("read-only  (U deploy now)")
        for pane in "12345":
            await seen.press(pane)
            for key in ("U", "z", "P", "x", "S", "s", "r", "E"):
                await seen.press(key)
                await seen.pilot.pause()
                await seen.press("y", "escape")
        assert [c for c, _ in seen.scenario.asked if not isinstance(c, LOOKING)] == []
        assert any(READ_ONLY in told.message for told in seen.app._notifications)


async def test_a_key_that_is_off_stands_in_brackets_and_says_why(console: OpenConsole) -> None:
    async with console("deploying") as seen:
        assert "(U deploy now) (p plan) (z rollback)" in seen.text()
        await seen.press("U")
        await seen.until(lambda: len(seen.app._notifications) == 1)
        (told,) = seen.app._notifications
        assert told.message.startswith("Deployment 31 of 7f000a3, begun by ada, is running (applying).")
        await seen.play(until=lambda state: state.deployment is None)
        assert "U deploy now  p plan  z rollback" in seen.text()
        await seen.press("U")
        await seen.shows("Deploy now")


async def test_a_click_on_a_key_in_brackets_says_why_too(console: OpenConsole) -> None:
    async with console("deploying", size=NARROW) as seen:
        column = seen.line("(z rollback)").index("z rollback")
        await seen.pilot.click("KeyLine", offset=(column, 0))
        await seen.until(lambda: len(seen.app._notifications) == 1)
        assert "is running" in next(iter(seen.app._notifications)).message


def test_read_only_is_an_option_of_the_console_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["--read-only"]).read_only
    assert not parse([]).read_only
    with pytest.raises(SystemExit):
        parse(["--read-only", "deploy"])
    assert "--read-only is for the console, not for deploy" in capsys.readouterr().err
