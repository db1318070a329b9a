"""A host that is hit in the middle of a deployment: the worker under the unit as it is shipped.

Owns how a deployment is begun, how to know where it is, and what an admin is told of its end: by the
journal, by systemctl, by the history. The backend is slow to stop, so that there is a middle to hit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from kgo_tui.demo.images import Variant, publish
from kgo_tui.demo.parts import LabError
from tests.box.vps import UNIT, UNIT_FILE, Release, Vps
from tests.box.vps_image import DEPLOY

COMPOSE_FILE = f"{DEPLOY}/docker-compose.yml"
STOP_S = 5
# The application does not hear this signal: the engine ends it when its time is up, each time it is replaced.
SLOW_TO_STOP = f"stop_signal: SIGWINCH\n    stop_grace_period: {STOP_S}s"
SETTINGS = {"health__stable_for": 3, "health__attempts": 6}
QUICK = "RestartSec=1s"
DEADLINE_S = 120.0


class Deploying:
    """Install the service, shorten its times with a drop-in, and deploy the backend that is slow to stop."""

    def __init__(self, vps: Vps, *service: str, **settings: Any) -> None:
        self.vps = vps
        self._versions = 0
        self.vps.configure(**{**SETTINGS, **settings})
        self.vps.kgo("service", "install")
        self.drop_in(QUICK, *service)
        compose = vps.get(f"/srv/git/developer/{COMPOSE_FILE}")
        slow = compose.replace("stop_grace_period: 3s", SLOW_TO_STOP, 1)
        self.ended(self.push(self.publish(), files={COMPOSE_FILE: slow}))

    def drop_in(self, *service: str) -> None:
        """Change the unit as `systemctl edit` does, and restart it."""
        self.vps.put(f"{UNIT_FILE}.d/50-times.conf", "\n".join(("[Service]", *service, "")))
        self.vps.systemctl("daemon-reload")
        self.vps.systemctl("restart", UNIT)

    def calmed(self) -> Self:
        """Wait until Docker and the worker run and nothing is deployed."""
        self.vps.systemctl("start", "docker.service", UNIT)
        self._until(lambda: "next check" in self.doing() or "Refused" in self.doing(), "nothing goes on")
        return self

    # The developer

    def publish(self, variant: Variant = "good") -> str:
        """A new image of the backend, and of nothing else; its version."""
        self._versions += 1
        version = f"1.{self._versions}"
        publish(self.vps.registry, "koprogo/backend", version, variant)
        return version

    def push(self, version: str, *, files: dict[str, str | None] | None = None) -> Release:
        """The commit for it, which the worker finds at its next check."""
        commit = self.vps.push({"VERSION": f"{version}\n", **(files or {})}, f"Release {version}")
        return Release(version, commit)

    def release(self, variant: Variant = "good") -> Release:
        """Image and commit."""
        return self.push(self.publish(variant))

    def release_all(self, *, files: dict[str, str | None]) -> Release:
        """New images of all that is ours."""
        version = self.publish()
        publish(self.vps.registry, "koprogo/frontend", version)
        return self.push(version, files=files)

    # The admin

    @contextmanager
    def held(self, unit: str) -> Iterator[None]:
        """It hangs: it takes connections, and does not answer on them."""
        self.vps.systemctl("kill", "--signal=STOP", unit)
        try:
            yield
        finally:
            self.vps.systemctl("kill", "--signal=CONT", unit)

    def records(self, event: str, *match: str) -> list[dict[str, Any]]:
        """What the journal has of the unit, as `journalctl -u koprogo-gitops KGO_EVENT=…` shows it."""
        return self.vps.journal("-u", UNIT, f"KGO_EVENT={event}", *match)

    def reaches(self, release: Release, state: str) -> None:
        """Wait until its deployment is in that state."""
        match = (f"KGO_COMMIT={release.commit}", f"KGO_STATE={state}")
        self._until(lambda: bool(self.records("step_started", *match)), f"{release.version} is {state}")

    def tells(self, event: str, *match: str, times: int = 1) -> dict[str, Any]:
        """Wait until the journal has so many such records; the last of them."""
        self._until(lambda: len(self.records(event, *match)) >= times, f"{event} {match}")
        return self.records(event, *match)[-1]

    def ended(self, release: Release) -> dict[str, Any]:
        """Wait until its deployment has ended; its only entry in the history, which tells what the journal
        tells, and nothing of it goes on."""
        commit = f"KGO_COMMIT={release.commit}"
        told = self.tells("deployment_ended", commit)
        [entry] = [d for d in self.vps.asked("history") if d["to_commit"] == release.commit]
        assert len(self.records("deployment_ended", commit)) == 1
        assert (told["KGO_DEPLOYMENT"], told["KGO_STATE"]) == (str(entry["id"]), entry["state"])
        assert self.vps.asked("status", code=None)["deployment"] is None
        return dict(entry)

    def pid(self) -> str:
        """The worker's process ID, as systemd knows it."""
        return self.vps.show(UNIT, "MainPID")["MainPID"]

    def doing(self) -> str:
        """The line of `systemctl status` that tells what it does now."""
        return self.vps.show(UNIT, "StatusText")["StatusText"]

    def others(self) -> dict[str, tuple[str, str]]:
        """The containers that no release of the backend concerns, and since when they run."""
        return {
            service: (one["Id"], one["State"]["StartedAt"])
            for service, one in self.vps.containers().items()
            if service != "backend"
        }

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            self.vps.wait_until(condition, what, DEADLINE_S)
        except LabError as error:
            said = self.vps.out(["journalctl", "--no-pager", "-n", "60", "-u", UNIT])
            raise AssertionError(f"{error}\n{self.doing()}\n{said}") from error


def interrupted(entry: dict[str, Any]) -> list[str]:
    """The states in which a deployment of the history was cut off."""
    return [step["state"] for step in entry["steps"] if step["outcome"] == "interrupted"]
