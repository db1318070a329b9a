"""The runbook's commands, section by section as it has them, and the admin who types them.

`runbook.txt` holds what is between "Commandes systemd" and the end of the runbook of the bash script, without
comments. What is before is the script's own inside, and how to write notifications into it: DESIGN tells
what does that now.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kgo_tui.demo.parts import LabError
from tests.box.vps import CONFIG, UNIT, UNIT_FILE, Release, Vps
from tests.box.vps_image import DEPLOY, TREE

SCRIPT = f"{TREE}/{DEPLOY}/gitops-deploy.sh"
SETTLED = "/root/settled"
QUICK = f"{UNIT_FILE}.d/50-quick.conf"
# Nobody waits for a test; the files that an admin edits stay as the installation writes them.
QUICKER = """\
[Service]
Environment=KGO_TUI_HEALTH_ATTEMPTS=8 KGO_TUI_HEALTH_INTERVAL=0.5 KGO_TUI_HEALTH_TIMEOUT=2
Environment=KGO_TUI_HEALTH_STABLE_FOR=0.5 KGO_TUI_HEALTH_BETWEEN=2
"""
RESTORE = f"""\
set -e
cd {SETTLED}
chown -R koprogo: {TREE}/.git
cmp --silent unit {UNIT_FILE} || {{ cp -p unit {UNIT_FILE}; changed=yes; }}
cmp --silent config {CONFIG} || {{ cp -p config {CONFIG}; changed=yes; }}
systemctl daemon-reload
systemctl --quiet enable {UNIT}
[ -z "$changed" ] || systemctl stop {UNIT}
systemctl reset-failed {UNIT}
systemctl start {UNIT}
"""


def sections() -> dict[str, list[str]]:
    """What is typed, by the section's title."""
    found: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("runbook.txt").read_text().splitlines():
        if line.startswith("# "):
            title = re.sub(r"^\W+", "", line)
            found[title] = []
        elif line:
            found[title].append(line)
    return found


INSTEAD = {
    f"sudo {SCRIPT} deploy": "sudo kgo-tui deploy",
    f"sudo {SCRIPT} monitor": "sudo kgo-tui --headless monitor",
    f"ls -la {SCRIPT}": "ls -la /usr/local/bin/kgo-tui",
    f"sudo nano {SCRIPT}": f"sudo nano {UNIT_FILE}",
}
"""The only commands that change: those that name the script."""


def typed(section: str) -> list[str]:
    """The section's commands, or what stands for them now."""
    return [INSTEAD.get(command, command) for command in sections()[section]]


class Admin:
    """Somebody at a terminal far away; `said` is what the last command said, on both streams."""

    def __init__(self, vps: Vps, user: str = "ubuntu") -> None:
        self.vps, self.user = vps, user

    def types(self, *commands: str, code: int = 0) -> str:
        """Type commands into one shell; what they say. The exit code is the last one's."""
        done = self.vps.ssh(self.user, "\n".join(commands), deadline_s=180)
        said = done.stdout + done.stderr
        assert done.returncode == code, f"{commands} ended with {done.returncode}: {said}"
        assert "Traceback" not in said, said
        return said.strip()

    @contextmanager
    def watches(self, command: str, output: Path) -> Iterator[Callable[[], str]]:
        """A command that does not end by itself; what it has said so far."""
        argv = self.vps.ssh_argv(self.user, f"timeout 60 {command}")
        file: IO[bytes]
        with output.open("wb") as file:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        try:
            yield output.read_text
        finally:
            process.kill()
            process.wait(10)


class Story:
    """A host that the bash script looked after until the admin installed kgo-tui. `installing` is what
    that said, `configuration` what it wrote."""

    def __init__(self, vps: Vps) -> None:
        self.vps, self.admin = vps, Admin(vps)
        vps.install_old_unit()
        self.installing = self.admin.types("sudo kgo-tui service install")
        self.configuration = vps.get(CONFIG)
        vps.put(QUICK, QUICKER)
        vps.run(
            f"sed -i 's/^interval = 180$/interval = 5/' {CONFIG} && systemctl daemon-reload"
            f" && systemctl restart {UNIT}"
            f" && mkdir {SETTLED} && cp -p {UNIT_FILE} {SETTLED}/unit && cp -p {CONFIG} {SETTLED}/config"
        )
        self.in_sync()

    def settle(self) -> None:
        """Whatever a test did: the unit and the configuration as installed, running, in sync with main."""
        self.vps.run(RESTORE)
        status = self.vps.asked("status", code=None)
        if status["suspended"]:
            self.vps.kgo("resume")
        left = {one["commit"] for one in status["quarantined"]}
        if self.vps.tip() in left:
            self.vps.release(f"settled-{len(left)}")
        self.in_sync()

    def in_sync(self) -> None:
        """Wait until the tip of main runs, and is healthy."""

        def is_in_sync() -> bool:
            status = self.vps.asked("status", code=None)
            return bool(status["verdict"] == "ok" and status["deployed"]["commit"] == self.vps.tip())

        try:
            self.vps.wait_until(is_in_sync, "in sync and healthy", 90)
        except LabError as error:
            shown = self.vps.run(["kgo-tui", "status"], check=False).stdout
            raise LabError(
                f"{error}\n{shown}\n{self.vps.out(['journalctl', '-n', '40', '-u', UNIT])}"
            ) from None

    def deployed(self, release: Release) -> Release:
        """Wait until a release runs and is recorded as what is deployed."""
        self.vps.wait_until(
            lambda: (
                (self.vps.asked("status", code=None)["deployed"] or {}).get("commit") == release.commit
                and self.vps.version() == release.version
            ),
            f"{release} is deployed",
            90,
        )
        return release

    def count(self, phrase: str) -> int:
        """As the runbook counts: lines of the unit's journal with that phrase."""
        return int(self.vps.out(f'journalctl -u {UNIT} | grep -c -e "$1" || :', phrase))

    def until(self, phrase: str, times: int = 1, *, within_s: float = 60) -> None:
        """Wait until the journal has it so many times."""
        self.vps.wait_until(lambda: self.count(phrase) >= times, f"{phrase!r} in the journal", within_s)

    def edits(self, path: str, old: str, new: str) -> None:
        """The admin changes a line of a file (the runbook has `sudo nano` for that)."""
        before = self.vps.get(path)
        assert before.count(f"{old}\n") == 1, f"{old!r} is not one line of {path}"
        self.vps.run('cat >"$1"', path, text=before.replace(f"{old}\n", f"{new}\n"))
