"""The Services pane on the played host: what it shows, and each of its keys."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from kgo_tui.console.panes.services import ServicesPane
from kgo_tui.console.screens.confirm import Confirm
from kgo_tui.console.screens.facts import Facts
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.control.queries import Usage
from kgo_tui.core import messages as m
from kgo_tui.core.errors import Busy
from kgo_tui.core.model import ContainerAction
from tests.console.conftest import SIZES, OpenConsole, Seen

JOINERS = "\u200c\u200d"
"""Format characters that emoji are made of; they act on nothing."""

START, STOP, RESTART = ContainerAction.START, ContainerAction.STOP, ContainerAction.RESTART


def cursor(seen: Seen, screen: int = -1) -> str:
    """The row under the cursor; the main screen is below a dialog."""
    return seen.app.screen_stack[screen].query_one("#services-rows", RowList).key or ""


async def on(seen: Seen, service: str) -> str:
    """Put the cursor on a service; its container's id."""
    await seen.press("2")
    container = next(c for c in seen.theatre.host.state.containers if c.service == service)
    seen.app.screen.query_one("#services-rows", RowList).move_to(f"{container.service}/{container.name}")
    await seen.pilot.pause()
    return container.id


def told(seen: Seen) -> str:
    """What was said in passing."""
    return "\n".join(n.message for n in seen.app._notifications)


def acted(seen: Seen) -> list[m.ActOnContainer]:
    return [command for command, _ in seen.scenario.asked if isinstance(command, m.ActOnContainer)]


@pytest.mark.parametrize("size", SIZES)
async def test_it_shows_what_runs(console: OpenConsole, size: tuple[int, int]) -> None:
    async with console("calm", size=size) as seen:
        await seen.press("2")
        await seen.shows("LAST 12")  # at 120x40 there is just room for it
        assert "healthy" in seen.line("✓ up       backend")


async def test_what_has_drifted_is_marked_and_said_in_words(console: OpenConsole) -> None:
    async with console("drift") as seen:
        await on(seen, "minio")
        assert "! drift" in seen.line("minio")
        assert "! orphan" in seen.line("reports")
        assert "✗ gone" in seen.line("traefik")
        await seen.shows("drift: image is not the recorded one")
        await on(seen, "reports")
        await seen.shows("orphan: what is deployed has no such service")


@pytest.mark.parametrize(("key", "action"), [("r", RESTART), ("s", STOP)])
async def test_a_yes_has_the_worker_do_it(console: OpenConsole, key: str, action: ContainerAction) -> None:
    async with console("calm", name="ada") as seen:
        container = await on(seen, "backend")
        await seen.press(key)
        await seen.shows("backend (koprogo-backend-1)?")
        assert isinstance(seen.app.screen, Confirm)
        assert seen.app.screen.about == container
        await seen.press("y")
        await seen.until(lambda: acted(seen))
        assert acted(seen) == [m.ActOnContainer(container=container, action=action)]
        await seen.until(lambda: "koprogo-backend-1 was " in told(seen))
        if action is STOP:
            await seen.until(lambda: seen.line("main-").startswith("✗ exit 137 backend"))
            await seen.press("S", "y")
            await seen.until(lambda: "✓ up       backend" in seen.text())
            assert [each.action for each in acted(seen)] == [STOP, START]


@pytest.mark.parametrize("answer", ["enter", "escape", "n", "q"])
async def test_without_a_yes_nothing_is_asked_of_the_worker(console: OpenConsole, answer: str) -> None:
    async with console("calm") as seen:
        await on(seen, "backend")
        await seen.press("r", answer)
        await seen.pilot.pause()
        assert not isinstance(seen.app.screen, Confirm)
        assert acted(seen) == []


async def test_the_dialog_is_about_the_container_that_was_meant_not_about_its_line(
    console: OpenConsole,
) -> None:
    """Rows come and go while somebody reads the question."""
    async with console("calm") as seen:
        container = await on(seen, "frontend")
        await seen.press("s")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm))
        left = tuple(c for c in seen.theatre.host.state.containers if c.service != "frontend")
        seen.happen(m.ContainersChanged(containers=left))
        await seen.until(lambda: "frontend" not in cursor(seen, -2))
        await seen.press("y")
        await seen.until(lambda: acted(seen))
        assert acted(seen)[0].container == container
        await seen.until(lambda: "no such container" in told(seen))


async def test_the_workers_refusal_is_shown_in_its_words(console: OpenConsole) -> None:
    async with console("calm") as seen:

        def busy(_: object) -> None:
            raise Busy("deployment 31 [/] is touching containers", hint="Ask again when it has ended.")

        seen.scenario.answers[m.ActOnContainer] = busy
        await on(seen, "backend")
        await seen.press("r", "y")
        await seen.until(lambda: "31 [/] is touching containers\nAsk again" in told(seen))
        await seen.shows("deployment 31 [/]")


async def test_a_key_that_is_off_says_why(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await on(seen, "backend")
        await seen.press("S")
        await seen.until(lambda: "It runs already: r restarts it." in told(seen))
        assert acted(seen) == []
    async with console("deploying") as seen:
        await on(seen, "backend")
        await seen.press("r")
        await seen.until(lambda: "is touching containers: wait" in told(seen))
        assert not isinstance(seen.app.screen, Confirm)


async def test_a_read_only_console_touches_nothing(console: OpenConsole) -> None:
    async with console("calm", read_only=True) as seen:
        await on(seen, "backend")
        for key in "SsrE":
            await seen.press(key)
            await seen.pilot.pause()
        assert told(seen).count("--read-only") == 4
        assert not isinstance(seen.app.screen, Confirm)
        assert acted(seen) == []


async def test_the_cursor_stays_on_a_service_whose_container_is_replaced(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await on(seen, "worker")
        before = cursor(seen)
        shuffled = [replace(c, id=f"new{c.id[3:]}") for c in seen.theatre.host.state.containers]
        shuffled[-1] = replace(shuffled[-1], health="unhealthy")
        seen.happen(m.ContainersChanged(containers=tuple(shuffled)))
        await seen.shows("unhealthy")
        assert cursor(seen) == before


async def test_cpu_and_memory_while_asked_for(console: OpenConsole) -> None:
    async with console("calm") as seen:
        container = await on(seen, "postgres")
        assert not any(isinstance(q, Usage) for q in seen.scenario.queries)
        await seen.press("c")
        await seen.shows("postgres  CPU")
        asked = [q.container for q in seen.scenario.queries if isinstance(q, Usage)]
        assert asked == [container]
        assert "of 512.0 MiB" in seen.text()
        other = await on(seen, "minio")
        await seen.shows("minio  CPU")
        assert [q.container for q in seen.scenario.queries if isinstance(q, Usage)][-1] == other
        await seen.press("c")
        await seen.until(lambda: "CPU" not in seen.text())


async def test_the_details_of_a_container_follow_what_happens(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await on(seen, "backend")
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, Facts))
        assert "unless-stopped" in seen.text()
        ill = tuple(
            replace(c, health="unhealthy", restarts=4) if c.service == "backend" else c
            for c in seen.theatre.host.state.containers
        )
        seen.happen(m.ContainersChanged(containers=ill))
        await seen.shows("4 (policy")
        assert "unhealthy" in seen.line("health")
        await seen.press("escape")
        await seen.until(lambda: not isinstance(seen.app.screen, Facts))


async def test_its_log_is_one_key_away(console: OpenConsole) -> None:
    async with console("calm") as seen:
        await on(seen, "postgres")
        await seen.press("l")
        await seen.until(
            lambda: any(getattr(r.source, "services", ()) == ("postgres",) for r in seen.scenario.requests)
        )
        await seen.shows("Logs postgres")


async def test_200_containers_scroll_at_once(console: OpenConsole) -> None:
    async with console("big", size=(200, 60)) as seen:
        await seen.press("2")
        await seen.shows("✓ up")
        took = []
        for key in ("G", "g", "G", *["k"] * 20):
            began = time.process_time()
            await seen.press(key)
            took.append(time.process_time() - began)
        assert sorted(took)[len(took) // 2] < 0.05
        pane = seen.app.screen.query_one(ServicesPane)
        took = []
        for _ in range(9):
            began = time.process_time()
            pane.draw()
            took.append(time.process_time() - began)
        assert sorted(took)[4] < 0.05


@pytest.mark.parametrize("act", ["empty", "hostile"])
@pytest.mark.parametrize("size", SIZES)
async def test_nothing_and_the_worst(console: OpenConsole, act: str, size: tuple[int, int]) -> None:
    async with console(act, size=size) as seen:
        await seen.press("2")
        if act == "empty":
            await seen.shows("no container yet")
            for key in ("S", "enter", "c", "l", "c", "y"):
                await seen.press(key)
            return
        rows = seen.app.screen.query_one("#services-rows", RowList)
        for row in rows.rows[::8]:
            rows.move_to(row.key)
            for key in ("enter", "escape"):
                await seen.press(key)
                assert all(c.isprintable() or c in JOINERS for line in seen.lines() for c in line)
