"""Pictures of each act at three sizes. To accept what changed: `pytest tests/console/test_snapshots.py
--snapshot-update`, then look at what `git diff --stat` lists (the files are SVG: any browser shows them).
"""

from __future__ import annotations

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion

from kgo_tui.console.session import LinkState
from kgo_tui.demo.scenario.pictures import at_rest, picture
from tests.console.conftest import MEDIUM, NARROW, SIZES, WIDE, OpenConsole, Seen

VIEWS: tuple[tuple[str, str, tuple[str, ...], tuple[tuple[int, int], ...]], ...] = (
    *((f"calm_{key}", "calm", (key,), (NARROW,)) for key in "12345"),
    ("calm", "calm", (), (MEDIUM, WIDE)),
    ("zoomed", "calm", ("4", "plus"), (MEDIUM,)),
    ("help", "calm", ("question_mark",), (NARROW, MEDIUM)),
    ("deploying", "deploying", (), SIZES),
    ("rolling_back", "rolling_back", (), (NARROW, MEDIUM)),
    ("rolled_back", "rolled_back", ("4",), SIZES),
    ("details", "rolled_back", ("4", "enter"), SIZES),
    ("waiting", "waiting", (), SIZES),
    ("quarantined", "quarantined", ("1",), (NARROW, MEDIUM)),
    ("suspended", "suspended", ("1",), (NARROW, MEDIUM)),
    ("plan", "suspended", ("U",), SIZES),
    ("rollback", "rolled_back", ("z",), SIZES),
    ("drift", "drift", ("2",), SIZES),
    ("halted", "halted", ("2",), (NARROW, MEDIUM)),
    *((f"hostile_{key}", "hostile", (key,), (NARROW,)) for key in "12345"),
    ("hostile", "hostile", (), (MEDIUM, WIDE)),
    ("hostile_deploying", "hostile_deploying", ("4",), (NARROW, MEDIUM)),
    *((f"empty_{key}", "empty", (key,), (NARROW,)) for key in "12345"),
    ("empty", "empty", (), (MEDIUM,)),
    *((f"big_{key}", "big", (key,), (NARROW,)) for key in "234"),
    ("big", "big", (), (WIDE,)),
)
CASES = [
    pytest.param(act, keys, size, id=f"{name}-{size[0]}x{size[1]}")
    for name, act, keys, sizes in VIEWS
    for size in sizes
]


@pytest.fixture
def drawn(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """What was accepted, one file for each test."""
    return snapshot.use_extension(SVGImageExtension)


async def looked_at(seen: Seen, keys: tuple[str, ...]) -> str:
    """The screen after these keys, at rest."""
    await at_rest(seen.pilot)
    for key in keys:
        await seen.press(key)
        await at_rest(seen.pilot)
    return picture(seen.app)


@pytest.mark.parametrize(("act", "keys", "size"), CASES)
async def test_act(
    console: OpenConsole, drawn: SnapshotAssertion, act: str, keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    async with console(act, size=size, name="ada") as seen:
        assert await looked_at(seen, keys) == drawn


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_worker_is_gone(
    console: OpenConsole, drawn: SnapshotAssertion, size: tuple[int, int]
) -> None:
    async with console("deploying", size=size) as seen:
        await seen.theatre.vanish()
        await seen.until(lambda: not seen.app.session.up)
        seen.stage.let_pass(12)
        await seen.until(lambda: seen.app.session.link is LinkState.NO_WORKER)
        seen.tick()
        assert await looked_at(seen, ()) == drawn


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_what_a_deployment_prints(
    console: OpenConsole, drawn: SnapshotAssertion, size: tuple[int, int]
) -> None:
    async with console("deploying", size=size, name="ada") as seen:
        await seen.pass_time(2.5)
        assert await looked_at(seen, ("4",)) == drawn


@pytest.mark.parametrize("size", [NARROW, MEDIUM], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_flood_of_logs(console: OpenConsole, drawn: SnapshotAssertion, size: tuple[int, int]) -> None:
    async with console("flood", size=size) as seen:
        await looked_at(seen, ("5",))
        await seen.pass_time(10)
        assert await looked_at(seen, ()) == drawn


async def test_a_terminal_that_is_resized_shows_what_one_of_that_size_shows(console: OpenConsole) -> None:
    async with console("rolled_back", size=WIDE) as seen:
        for size in (NARROW, MEDIUM, WIDE, NARROW):
            await seen.pilot.resize_terminal(*size)
            resized = await looked_at(seen, ())
            async with console("rolled_back", size=size) as fresh:
                assert resized == await looked_at(fresh, ())
