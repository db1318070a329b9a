"""The console over ssh, as an operator with nothing but the group: read, deploy, go back, drop the line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.box.conftest import NewVps
from tests.box.vps import UNIT, Vps
from tests.lab.terminal import Terminal, loose_controls

OPERATOR, OUTSIDER = "operator", "outsider"
APPLIES = ("applying", "verifying")


@pytest.fixture
def served(new_vps: NewVps) -> Vps:
    """A host with the service, whose next check is far away."""
    vps = new_vps()
    vps.configure(monitor__interval=3600)
    vps.kgo("service", "install", "--operator", OPERATOR)
    vps.wait_until(
        lambda: str(vps.asked("status", code=None)["reason"]).startswith("in sync"), "the first check"
    )
    return vps


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.__exit__()


def ssh(vps: Vps, user: str, terminals: list[Terminal], size: tuple[int, int] = (80, 24)) -> Terminal:
    """The console in a terminal at the other end of an ssh connection."""
    argv = vps.ssh_argv(user, "kgo-tui", terminal=True)
    terminals.append(Terminal(argv, {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, size))
    return terminals[-1]


def deploys(terminal: Terminal, subject: str) -> None:
    terminal.press("U")
    terminal.shows(subject, "y deploys this")
    terminal.press("y")


def test_an_operator_reads_deploys_and_goes_back(served: Vps, terminals: list[Terminal]) -> None:
    before = served.tip()
    terminal = ssh(served, OPERATOR, terminals)
    terminal.shows("in sync", "U deploy now", "? help")
    for key, said in {
        "1": "deployed",
        "2": "backend",
        "3": "HTTP 200",
        "4": "no deployment",
        "5": "Up to date",
    }.items():
        terminal.press(key)
        terminal.shows(said)
    released = served.release("1.1", message="Show the charges")
    deploys(terminal, "Show the charges")
    terminal.shows("succeeded", deadline_s=60)
    assert served.version() == "1.1"
    terminal.press("Esc")
    terminal.shows("[5 Logs]")
    terminal.press("z")
    terminal.shows(f"then type {before[:7]}")
    terminal.press("Enter")
    terminal.shows(f"Type {before[:7]}")
    terminal.press(before[:7])
    terminal.shows("Enter goes back to")
    terminal.press("Enter")
    terminal.shows("rolled back", deadline_s=60)
    assert served.version() == "1.0"
    back, deployed = served.asked("history")[:2]
    assert (back["by"], deployed["by"], deployed["to_commit"]) == (OPERATOR, OPERATOR, released.commit)
    assert loose_controls(terminal.raw) <= {"U+000A", "U+000D"}


def test_the_connection_breaks_in_mid_deployment_and_it_goes_on(
    served: Vps, terminals: list[Terminal]
) -> None:
    released = served.release("1.1", message="Show the charges")
    terminal = ssh(served, OPERATOR, terminals)
    terminal.shows("in sync")
    deploys(terminal, "Show the charges")
    terminal.until(lambda: any(step in terminal.text for step in APPLIES), "the deployment's steps")
    terminal.kill()  # ssh itself: the server notices that nobody is there
    again = ssh(served, OPERATOR, terminals, (120, 40))
    again.shows("succeeded", f"main {released.commit[:7]}", deadline_s=60)
    assert served.version() == "1.1"
    [entry] = [e for e in served.asked("history") if e["to_commit"] == released.commit]
    assert (entry["state"], entry["by"]) == ("succeeded", OPERATOR)


def test_a_restart_of_the_service_is_survived_by_the_console(served: Vps, terminals: list[Terminal]) -> None:
    terminal = ssh(served, OPERATOR, terminals, (120, 40))
    terminal.shows("in sync", "worker ✓")
    served.systemctl("stop", UNIT)
    terminal.shows("✗ no worker", "Old, as of")
    assert "backend" in terminal.text, "what was known stays"
    served.systemctl("start", UNIT)
    terminal.shows("in sync", "worker ✓")


def test_an_outsider_is_told_the_way_in(served: Vps, terminals: list[Terminal]) -> None:
    terminal = ssh(served, OUTSIDER, terminals, (120, 40))
    terminal.shows("✗ not allowed", "members of the group kgo-tui", f"usermod -aG kgo-tui {OUTSIDER}")


def test_an_operator_is_told_that_the_service_is_stopped_and_who_may_start_it(
    served: Vps, terminals: list[Terminal]
) -> None:
    served.systemctl("stop", UNIT)
    terminal = ssh(served, OPERATOR, terminals, (120, 40))
    terminal.shows("No worker answers", f"{UNIT} is installed and does not run", "sudo kgo-tui service start")
    assert not served.run(["pgrep", "-u", OPERATOR, "-f", "headless monitor"], check=False).stdout


def test_root_starts_the_service_from_the_palette(served: Vps, terminals: list[Terminal]) -> None:
    served.systemctl("stop", UNIT)
    terminal = ssh(served, "root", terminals, (120, 40))
    terminal.shows("No worker answers", "is installed and does not run")
    terminal.press("s")
    terminal.shows("in sync", "worker ✓", deadline_s=60)
    assert served.is_active(UNIT)
    terminal.press(":")
    terminal.shows("Commands")
    terminal.press("service: restart", "Enter")
    terminal.shows(f"Restart {UNIT}?")
    pid = served.show(UNIT, "MainPID")
    terminal.press("y")
    terminal.until(lambda: served.show(UNIT, "MainPID") != pid and served.is_active(UNIT), "the restart", 60)
    terminal.shows("worker ✓")
