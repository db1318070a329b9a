"""z: choose a release, see what going there changes, type its commit."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from kgo_tui.console import goingback
from kgo_tui.console.screens.main import MainScreen
from kgo_tui.console.screens.rollback import RollbackScreen
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.control.queries import Missing, Releases
from kgo_tui.core import messages as m
from kgo_tui.core.errors import ImagesGone, UsageError
from kgo_tui.core.model import Deployment, Image, Release, State
from kgo_tui.core.releases import last_good, moves
from kgo_tui.core.state import EngineState
from tests.console.conftest import SIZES, OpenConsole, Seen
from tests.core.values import AT, DEPLOYMENT, IMAGE, RELEASE

OTHER = Image(ref="reg/app:latest", image_id="sha256:9")
OLD = replace(RELEASE, id=3, commit="c" * 40, images={"app": OTHER, "db": IMAGE})
OLDER = replace(RELEASE, id=2, commit="d" * 40)
FAILED = replace(DEPLOYMENT, state=State.ROLLBACK_FAILED)


def rollbacks(seen: Seen) -> list[m.Command]:
    return [command for command, _ in seen.scenario.asked]


def dialog(seen: Seen) -> RollbackScreen:
    assert isinstance(seen.app.screen, RollbackScreen)
    return seen.app.screen


async def chosen(seen: Seen, *keys: str) -> Release:
    """Open the dialog, press keys, and wait until it is known whether the images are there."""
    await seen.press("z")
    await seen.until(lambda: isinstance(seen.app.screen, RollbackScreen) and dialog(seen).choice)
    await seen.press(*keys)
    await seen.until(lambda: (r := dialog(seen).chosen) is not None and r.id in dialog(seen)._missing)
    release = dialog(seen).chosen
    assert release is not None
    return release


def said(seen: Seen) -> str:
    return " | ".join(told.message for told in seen.app._notifications)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_last_good_release_stands_first_and_going_there_is_explained(
    console: OpenConsole, size: tuple[int, int]
) -> None:
    async with console("rolled_back", size=size, name="ada") as seen:
        release = await chosen(seen)
        short = release.commit[:7]
        await seen.shows("✓ all its images are on this host: this works offline, too")
        text = seen.text()
        assert f"#29     {short}   1d ✓ last good" in seen.line("✓ last good")
        assert f"dcbb839 → {short}  #29" in text
        assert f"backend:main-dcbb839 → main-{short}" in seen.line("↻ recreated backend")
        assert "= kept: minio, postgres, traefik" in text
        assert "! dcbb839 is quarantined then" in text
        assert "! 7f000a3 was rolled back by itself already" in text
        assert f"then type {short} to go back to it." in text
        await seen.press("enter", *short)
        await seen.shows(f"Enter goes back to {short}")
        await seen.press("enter")
        await seen.until(lambda: f"Rollback 32 to {short} has begun." in said(seen))
        assert rollbacks(seen) == [m.Rollback(to="29")]


async def test_nothing_happens_without_its_commit(console: OpenConsole) -> None:
    async with console("calm") as seen:
        release = await chosen(seen)
        await seen.press("enter", "enter", "enter")
        await seen.press(*release.commit[:6], "enter")
        await seen.press("backspace", "backspace", "x", "enter")
        assert rollbacks(seen) == []
        assert f"Type {release.commit[:7]} to go back to it." in seen.text()
        await seen.press("escape")
        await seen.until(lambda: not isinstance(seen.app.screen, RollbackScreen))
        assert rollbacks(seen) == []


async def test_another_release_empties_what_was_typed_and_is_what_is_gone_back_to(
    console: OpenConsole,
) -> None:
    async with console("calm") as seen:
        first = await chosen(seen)
        await seen.press("enter", *first.commit[:7], "down")
        field = seen.app.screen.query_one(Input)
        await seen.until(lambda: field.value == "" and dialog(seen).chosen is not first)
        await seen.press(*first.commit[:7], "enter")
        assert rollbacks(seen) == []
        second = dialog(seen).chosen
        assert second is not None
        field.value = ""
        await seen.press(*second.commit[:7].upper(), "enter")
        await seen.until(lambda: rollbacks(seen) == [m.Rollback(to=str(second.id))])


async def test_images_that_are_gone_are_told_before_anything_is_typed(console: OpenConsole) -> None:
    async with console("calm") as seen:
        release = await chosen(seen, "end")
        await seen.shows("✗ images no longer on this host: backend, frontend")
        await seen.press("enter", *release.commit[:7], "enter")
        assert "✗ Images of this release are no longer here. Choose another one." in seen.text()
        assert rollbacks(seen) == []


async def test_a_worker_that_does_not_say_whether_images_are_there_decides_itself(
    console: OpenConsole,
) -> None:
    def unknown(_: object) -> None:
        raise UsageError("that cannot be asked here")

    def gone(_: object) -> None:
        raise ImagesGone(["backend (r/x)"])

    async with console("calm") as seen:
        seen.scenario.answers |= {Missing: unknown, m.Rollback: gone}
        await seen.press("z")
        await seen.until(lambda: isinstance(seen.app.screen, RollbackScreen) and dialog(seen).chosen)
        release = dialog(seen).chosen
        assert release is not None
        await seen.press("enter", *release.commit[:7], "enter")
        await seen.shows("✗ images of the release are no longer on this host: backend (r/x)")
        assert seen.app.screen.query_one(Input).value == ""


async def test_a_deployment_that_begins_meanwhile_is_named_and_its_end_shown(console: OpenConsole) -> None:
    async with console("suspended", name="noor") as seen:
        before = await chosen(seen)
        await seen.app.link.command(m.Deploy(), object)
        await seen.shows("begun by noor, is running")
        await seen.press("enter", *before.commit[:7], "enter")
        assert len(rollbacks(seen)) == 1
        await seen.play(until=lambda state: state.deployment is None)
        await seen.shows(f"09603e1 → {before.commit[:7]}  #{before.id}")
        assert "✓ last good" in seen.line("#30")
        assert dialog(seen).chosen == before
        assert seen.app.screen.query_one(Input).value == ""


async def test_asking_is_visible_and_a_refusal_stands_there(console: OpenConsole) -> None:
    async with console("calm") as seen:
        gate = asyncio.Event()

        async def later(_: object) -> object:
            await gate.wait()
            raise UsageError("the store is gone", hint="Look at the disk.")

        seen.scenario.answers[Releases] = later
        await seen.press("z")
        await seen.shows("… asking the worker which releases there are")
        gate.set()
        await seen.shows("the store is gone")
        assert "Look at the disk." in seen.text()
        del seen.scenario.answers[Releases]
        await seen.press("ctrl+r")
        await seen.shows("✓ last good")


async def test_z_in_the_deployments_pane_is_about_the_one_under_the_cursor(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await seen.press("4")
        await seen.until(lambda: isinstance(seen.app.focused, RowList))
        await seen.press("j", "j", "j", "z")
        await seen.until(lambda: isinstance(seen.app.screen, RollbackScreen) and dialog(seen).chosen)
        await seen.until(lambda: (r := dialog(seen).chosen) is not None and r.id == 27)


async def test_from_the_details_of_a_failure_back_to_where_the_rollback_is_seen(console: OpenConsole) -> None:
    async with console("rolled_back", name="ada") as seen:
        await seen.press("4", "enter")
        await seen.shows("deployment 31")
        release = await chosen(seen)
        await seen.press("enter", *release.commit[:7], "enter")
        await seen.until(lambda: isinstance(seen.app.screen, MainScreen))
        await seen.play(until=lambda state: state.deployment is not None and len(state.steps) > 1)
        assert "rolling back" in seen.text()


def state(deployed: Release | None = RELEASE, last: Deployment | None = None) -> EngineState:
    return EngineState(instance="demo", version="1", deployed=deployed, last=last)


@pytest.mark.parametrize(
    ("deployed", "last", "expected"),
    [
        (RELEASE, None, OLD),
        (OLD, None, OLDER),
        (OLDER, None, None),
        (None, None, None),
        (RELEASE, FAILED, RELEASE),
        (replace(OLD, id=9), None, RELEASE),
    ],
)
def test_which_release_is_the_last_good_one(
    deployed: Release | None, last: Deployment | None, expected: Release | None
) -> None:
    assert last_good((RELEASE, OLD, OLDER), deployed, last) == expected


def test_what_is_deployed_is_no_place_to_go_back_to_unless_the_host_is_not_on_it() -> None:
    all_ = (RELEASE, OLD, OLDER)
    assert goingback.choice(all_, (), state()).releases == (OLD, OLDER)
    assert goingback.choice(all_, (), state(last=FAILED)).releases == (RELEASE, OLD, OLDER)


def test_services_that_differ_come_with_the_image_of_each() -> None:
    assert moves(RELEASE, OLD) == {"app": (IMAGE, OTHER), "db": (None, IMAGE)}
    assert moves(OLD, OLD) == {}


def text_of(release: Release, known: EngineState, *past: Deployment) -> str:
    choice = goingback.choice((release,), past, known)
    lines = goingback.lines(release, choice, known, (), 200)
    return "\n".join("".join(piece.text for piece in line) for line in lines)


def test_the_same_name_with_another_image_shows_the_ids() -> None:
    text = text_of(OLD, state())
    assert "↻ recreated app              app:latest 1 → 9" in text
    assert "+ new       db" in text
    assert "- gone      db" in text_of(RELEASE, state(OLD))


def test_migrations_since_then_are_told() -> None:
    since = replace(DEPLOYMENT, id=7, state=State.SUCCEEDED, started_at=AT)
    assert "! not undone by this: migrations/1.sql" in text_of(OLD, state(), since)
    before = replace(since, id=3)
    assert "not undone" not in text_of(OLD, state(), before)


@pytest.mark.parametrize("typed", ["ccccccc", " CCCCCCC ", "c" * 40])
def test_its_commit_counts_however_it_is_typed(typed: str) -> None:
    assert goingback.is_typed(typed, OLD)


@pytest.mark.parametrize("typed", ["", "cccccc", "ccccccd", "3", "ddddddd"])
def test_less_than_its_commit_does_not_count(typed: str) -> None:
    assert not goingback.is_typed(typed, OLD)
