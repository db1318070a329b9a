"""U: the plan, a yes, and nothing else than what was shown; p the plan alone."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from textual.widgets import Button

from kgo_tui.console.screens.plan import PlanScreen
from kgo_tui.core import messages as m
from kgo_tui.core.errors import Busy, SourceUnreachable
from kgo_tui.core.model import Drift, Plan, PlannedService, Quarantine
from kgo_tui.demo.scenario import cast
from kgo_tui.demo.scenario.stage import NOW
from tests.console.conftest import NARROW, SIZES, OpenConsole, Seen

PLANNED = Plan(from_commit="a" * 40, to_commit="b" * 40)


def asked(seen: Seen) -> list[m.Command]:
    """What changes something, of all that was sent."""
    return [command for command, _ in seen.scenario.asked if not isinstance(command, m.MakePlan | m.Check)]


def planning(seen: Seen) -> bool:
    return isinstance(seen.app.screen, PlanScreen) and seen.app.screen.planning.plan is not None


async def plan_of(seen: Seen, key: str = "U") -> Plan:
    """Press the key, wait for the plan."""
    await seen.press(key)
    await seen.until(lambda: planning(seen))
    await seen.caught_up()
    assert isinstance(seen.app.screen, PlanScreen)
    plan = seen.app.screen.planning.plan
    assert plan is not None
    return plan


def said(seen: Seen) -> str:
    return " | ".join(told.message for told in seen.app._notifications)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_plan_shows_commits_services_images_and_downtime_and_y_deploys_it(
    console: OpenConsole, size: tuple[int, int]
) -> None:
    async with console("suspended", size=size, name="ada") as seen:
        plan = await plan_of(seen)
        text = seen.text()
        assert "main  dcbb839 → 09603e1  commits: 2  3 recreated, 3 kept  about 1.8 s down" in text
        assert "! suspended by noor: assembly until 18:00." in text
        assert "18m Refuse a vote after the deadline" in text
        assert "backend:main-dcbb839 → main-09603e1" in seen.line("↻ recreated backend")
        assert "If it fails, the host goes back to dcbb839 by itself." in text
        await seen.press("y")
        await seen.until(lambda: "Deployment 31 of 09603e1 has begun." in said(seen))
        assert asked(seen) == [m.Deploy(expect=plan.to_commit)]
        assert not isinstance(seen.app.screen, PlanScreen)


@pytest.mark.parametrize("key", ["enter", "escape", "n", "q"])
async def test_what_stands_ready_is_cancel(console: OpenConsole, key: str) -> None:
    async with console("suspended") as seen:
        await plan_of(seen)
        focused = seen.app.focused
        assert isinstance(focused, Button)
        assert focused.id == "no"
        await seen.press(key)
        await seen.until(lambda: not isinstance(seen.app.screen, PlanScreen))
        assert asked(seen) == []


async def test_a_click_on_the_button_deploys_too(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        await plan_of(seen)
        await seen.pilot.click("#yes")
        await seen.until(lambda: len(asked(seen)) == 1)


async def test_p_only_shows_and_goes_on_to_deploy(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        plan = await plan_of(seen, "p")
        assert "Nothing has been changed. U goes on to deploy this." in seen.text()
        await seen.press("y")
        assert "Esc Back" in seen.text()
        await seen.press("escape", "p")
        await seen.until(lambda: planning(seen))
        assert asked(seen) == []
        await seen.press("U")
        await seen.shows("y deploys this")
        await seen.press("y")
        await seen.until(lambda: asked(seen) == [m.Deploy(expect=plan.to_commit)])


async def test_a_double_click_on_the_plans_button_is_no_yes(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        await plan_of(seen, "p")
        place = seen.app.screen.query_one("#arm").region
        await seen.pilot.click("#arm")
        await seen.shows("y deploys this")
        await seen.pilot.pause()
        for column in range(place.x, place.right):
            widget, _ = seen.app.screen.get_widget_at(column, place.y)
            assert widget.id != "yes"
        await seen.pilot.click("#yes")
        await seen.until(lambda: len(asked(seen)) == 1)


async def test_asking_is_visible_and_can_be_left(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        seen.scenario.answers[m.MakePlan] = lambda _: asyncio.Event().wait()
        await seen.press("U")
        await seen.shows("… asking the worker: it fetches the branch and reads its compose files")
        await seen.press("y")
        await seen.press("escape")
        await seen.until(lambda: not isinstance(seen.app.screen, PlanScreen))
        assert asked(seen) == []


async def test_the_workers_refusal_is_shown_in_words_and_r_asks_again(console: OpenConsole) -> None:
    def unreachable(_: object) -> None:
        raise SourceUnreachable("origin does not answer", hint="Look at the network: git ls-remote origin")

    async with console("suspended") as seen:
        seen.scenario.answers[m.MakePlan] = unreachable
        await seen.press("U")
        await seen.shows("origin does not answer")
        assert "Look at the network: git ls-remote origin" in seen.text()
        await seen.press("y")
        assert asked(seen) == []
        del seen.scenario.answers[m.MakePlan]
        await seen.press("r")
        await seen.shows("y deploys this")


async def test_a_refusal_of_the_deployment_stays_in_the_dialog(console: OpenConsole) -> None:
    def busy(_: object) -> None:
        raise Busy("deployment 31 (09603e1, by noor) is running")

    async with console("suspended") as seen:
        await plan_of(seen)
        seen.scenario.answers[m.Deploy] = busy
        await seen.press("y")
        await seen.shows("✗ deployment 31 (09603e1, by noor) is running.")
        assert isinstance(seen.app.screen, PlanScreen)


async def test_a_newer_commit_is_not_deployed_in_place_of_the_one_shown(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        shown = await plan_of(seen)
        seen.theatre.host.push(cast.commit(33, seen.stage.now(), "Newer still"))
        seen.theatre.host.look()
        await seen.caught_up()
        newer = cast.sha(33)[:7]
        assert f"✗ The branch has moved on to {newer} meanwhile. r makes the plan anew." in seen.text()
        await seen.press("y")
        assert asked(seen) == []
        await seen.press("r")
        await seen.until(lambda: planning(seen) and f"y Deploy {newer}" in seen.text())
        assert shown.to_commit != cast.sha(33)


async def test_a_newer_commit_that_only_the_worker_knows_of_is_refused_by_it(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        shown = await plan_of(seen)
        seen.theatre.host.push(cast.commit(33, seen.stage.now(), "Newer still"))
        await seen.press("y")
        await seen.shows("main has moved on to")
        assert asked(seen) == [m.Deploy(expect=shown.to_commit)]
        assert seen.theatre.host.state.deployment is None


async def test_somebody_elses_deployment_is_named_in_the_open_dialog(console: OpenConsole) -> None:
    async with console("suspended", name="noor") as seen:
        await plan_of(seen)
        await seen.app.link.command(m.Deploy(), object)
        await seen.caught_up()
        await seen.shows("begun by noor, is running")
        assert "(y Deploy 09603e1)" in seen.text()
        await seen.press("y")
        assert len(asked(seen)) == 1
        await seen.play(until=lambda state: state.deployment is None)
        await seen.shows("09603e1 has been deployed meanwhile")


async def test_a_quarantined_commit_is_named_to_the_worker_only_where_its_quarantine_was_shown(
    console: OpenConsole,
) -> None:
    async with console("quarantined") as seen:
        plan = await plan_of(seen)
        assert "✗ quarantined: https://api.example.org/api/v1/health status 404." in seen.text()
        await seen.press("y")
        await seen.until(lambda: asked(seen) == [m.Deploy(commit=plan.to_commit, expect=plan.to_commit)])


async def test_what_the_worker_would_refuse_cannot_be_said_yes_to(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        await plan_of(seen)
        view = seen.theatre.host.state.source
        seen.happen(
            m.CheckFinished(kind="refuse", reason="files changed by hand: a", source=view, checks_today=1)
        )
        await seen.caught_up()
        await seen.shows("✗ The worker refuses it: files changed by hand: a. r looks again.")
        await seen.press("y")
        assert asked(seen) == []


async def test_when_the_connection_is_lost_the_dialog_says_so_and_comes_back(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        await plan_of(seen)
        await seen.theatre.vanish()
        await seen.shows("There is no connection to the worker")
        await seen.press("y")
        await seen.theatre.come_back()
        await seen.shows("y deploys this")
        assert asked(seen) == []


async def test_what_was_sent_goes_on_when_the_dialog_is_left(console: OpenConsole) -> None:
    async with console("suspended") as seen:
        await plan_of(seen)
        seen.scenario.answers[m.Deploy] = lambda _: asyncio.Event().wait()
        await seen.press("y")
        await seen.shows("… asking the worker to deploy it")
        await seen.press("escape")
        await seen.until(lambda: "It was sent already" in said(seen))


async def test_a_plan_longer_than_the_terminal_scrolls_and_keeps_its_buttons(console: OpenConsole) -> None:
    async with console("hostile", size=NARROW) as seen:
        await plan_of(seen)
        assert "↑ ↓ more" in seen.text()
        assert "y Deploy 0805867" in seen.text()
        assert "\x1b" not in seen.text()
        assert "Expected downtime" not in seen.text()
        for _ in range(5):
            await seen.press("pagedown")
        await seen.shows("Expected downtime: 1.8 s")


async def test_migrations_a_first_deployment_and_every_change_are_told(console: OpenConsole) -> None:
    services = tuple(
        PlannedService(name=f"s-{change}", change=change, image_before="r/x:1", image_after="r/x:2")
        for change in Drift
    )
    plan = replace(
        PLANNED, from_commit=None, to_commit="b" * 40, services=services, irreversible=("migrations/7.sql",)
    )
    async with console("empty") as seen:
        seen.scenario.answers[m.MakePlan] = lambda _: plan
        await plan_of(seen)
        text = seen.text()
        assert "nothing → bbbbbbb" in text
        assert "! irreversible: it adds migrations/7.sql;" in text
        assert "! first deployment: if it fails, there is no release to go back to." in text
        for change in Drift:
            assert f"{change}" in seen.line(f"s-{change}")
        assert "Expected downtime: not known yet" in text


async def test_what_a_worker_says_reaches_no_terminal_unclean(console: OpenConsole) -> None:
    evil = Quarantine(commit=cast.sha(32), reason="\x1b]52;c;x\x07[/red]", at=NOW)
    async with console("suspended") as seen:
        seen.happen(m.CommitQuarantined(quarantine=evil))
        await plan_of(seen)
        await seen.shows("␛]52;c;x␇[/red]")
        assert "\x1b" not in seen.text()
