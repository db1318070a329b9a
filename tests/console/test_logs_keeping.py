"""Other logs in the Logs pane, and what is taken out of them: copied, saved."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from kgo_tui.control.queries import ServiceLog
from kgo_tui.core.model import State
from tests.console.conftest import OpenConsole
from tests.console.logs_pane import logs, pane, say


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)


async def test_another_log_is_chosen_from_a_list(console: OpenConsole) -> None:
    async with logs(console, "calm") as seen:
        await seen.press("c")
        await seen.shows("Which log?")
        await seen.press("j", "j", "j", "enter")
        await seen.shows("── Logs backend  FOLLOW")
        assert seen.scenario.requests[-1].source == ServiceLog(services=("backend",))
        await seen.shows("INFO  GET /api")
        await seen.press("c")
        await seen.shows("Which log?")
        await seen.press("g", "j", "enter")
        await seen.shows("── Logs all services")
        await seen.shows("postgres LOG:")


async def test_another_pane_can_show_a_service(console: OpenConsole) -> None:
    async with logs(console, "calm") as seen:
        pane(seen).show_service("worker")
        await seen.shows("── Logs worker")
        say(seen, "of the worker", service="worker")
        say(seen, "of the backend", service="backend")
        await seen.shows("of the worker")
        assert "of the backend" not in seen.text()


async def test_since_when(console: OpenConsole) -> None:
    async with logs(console, "calm") as seen:
        await seen.press("T")
        await seen.shows("Since when?")
        await seen.press("g", "j", "enter")
        await seen.until(lambda: seen.scenario.requests[-1].since is not None)
        since = seen.scenario.requests[-1].since
        assert since is not None
        assert 3600 <= (seen.stage.now() - since).total_seconds() < 3610


async def test_deployments_are_marked_in_a_services_log(console: OpenConsole) -> None:
    async with logs(console, "deploying") as seen:
        pane(seen).show_service("backend")
        await seen.shows("── Logs backend")
        await seen.play(until=lambda state: state.last is not None and state.last.id == 31)
        await seen.shows("── deployment 31: ✓ succeeded ──")
        assert seen.theatre.host.state.last is not None
        assert seen.theatre.host.state.last.state is State.SUCCEEDED


@pytest.mark.parametrize(
    ("keys", "copied"),
    [
        (["k"], ["number 48"]),
        (["k", "v", "k", "k"], ["number 46", "number 47", "number 48"]),
        (["k", "shift+up"], ["number 47", "number 48"]),
        (["slash", "3", "3", "enter"], ["number 33"]),
    ],
)
async def test_copying(console: OpenConsole, tmp_path: Path, keys: list[str], copied: list[str]) -> None:
    async with logs(console, count=50) as seen:
        await seen.press(*keys)
        await seen.until(lambda: pane(seen).view.has_focus)
        await seen.press("y")
        await seen.shows(f"lines: {len(copied)}; copied")
        text = seen.app.clipboard
        assert [line.partition("kgo-tui: ")[2] for line in text.splitlines()] == copied
        file = tmp_path / "state/kgo-tui/copied.txt"
        assert file.read_text("utf-8") == text
        assert file.stat().st_mode & 0o777 == 0o600


async def test_what_goes_to_the_terminal_is_osc_52(
    console: OpenConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with logs(console, count=3) as seen:
        sent: list[str] = []
        driver = seen.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", sent.append)
        await seen.press("k", "y")
        await seen.until(lambda: any(data.startswith("\x1b]52;c;") for data in sent))
        data = next(data for data in sent if data.startswith("\x1b]52;c;"))
        assert base64.b64decode(data[len("\x1b]52;c;") : -1]).decode() == seen.app.clipboard


async def test_saving_what_is_shown(console: OpenConsole, tmp_path: Path) -> None:
    async with logs(console, count=50) as seen:
        await seen.press("slash", "4", "2", "enter", "o")
        await seen.shows("saved to")
        (file,) = (tmp_path / "state/kgo-tui").iterdir()
        assert file.name.startswith("log-koprogo-gitops@production-20260317-14")
        saved = file.read_text("utf-8").splitlines()
        assert [line.partition("number ")[2] for line in saved if "number" in line] == [
            "40", "41", "42", "43", "44",
        ]  # fmt: skip
        assert "\n".join(saved) + "\n" == pane(seen).exported()


async def test_a_place_that_cannot_be_written_to_is_told(
    console: OpenConsole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    async with logs(console, count=3) as seen:
        await seen.press("o")
        await seen.shows("not saved")
        await seen.press("y")
        await seen.shows("lines: 4; copied")
        assert "it is in" not in seen.text()
