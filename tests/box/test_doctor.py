"""On a host broken in each way it knows, the doctor names that fault and its mend.

What a sandbox can show is in `tests/doctor`; here is what needs systemd, the journal, users and groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.box.vps import CONFIG, UNIT, UNIT_FILE, Vps
from tests.box.vps_image import DEPLOY, TREE, Prepared
from tests.lab.box.engine import BoxEngine

OK, WARNING, FAULT, NONE = "ok", "warning", "fault", "not_applicable"
Findings = dict[str, dict[str, Any]]
Act = Callable[[Vps], object]
DROP_IN = f"/etc/systemd/system/{UNIT}.d/50-test.conf"


@pytest.fixture(scope="module")
def served(box_engine: BoxEngine, host: Prepared) -> Iterator[Vps]:
    """A host as `service install` leaves it, with the worker running; each test leaves it so."""
    vps = Vps(box_engine, host)
    try:
        vps.open()
        vps.kgo("service", "install")
        yield vps
    finally:
        vps.close()


def examined(vps: Vps, *options: str, user: str = "root") -> Findings:
    return {one["id"]: one for one in vps.asked("doctor", *options, user=user, code=None)["findings"]}


def problems(found: Findings) -> dict[str, str]:
    return {
        name: f"{one['status']}: {one['found']}"
        for name, one in found.items()
        if one["status"] in (WARNING, FAULT)
    }


def until_healthy(vps: Vps) -> None:
    """The worker starts, containers come back: a moment after the mend all is well."""
    vps.wait_until(lambda: problems(examined(vps)) == {}, "the doctor finds nothing", 60)


def test_a_host_as_installed_is_healthy_in_every_check(served: Vps) -> None:
    found = examined(served)
    assert problems(found) == {}
    themes = {name.partition(".")[0] for name, one in found.items() if one["status"] == OK}
    assert themes >= {"service", "worker", "journal", "state", "rollback", "docker", "git", "health"}
    assert "sudo" not in str(found), "root needs none"


@dataclass(frozen=True)
class Broken:
    """A way to break a host, the check that tells of it, words that it says; `heal` None: what the
    finding says mends it. `also` are checks that the same fault makes fail."""

    break_: Act | str
    id: str
    status: str
    says: str
    heal: Act | str | None = None
    also: frozenset[str] = frozenset()


def do(vps: Vps, act: Act | str) -> None:
    vps.run(act, deadline_s=120) if isinstance(act, str) else act(vps)


def _drop_in(*lines: str) -> Act:
    def write(vps: Vps) -> None:
        vps.put(DROP_IN, "\n".join(["[Service]", *lines, ""]))
        vps.systemctl("daemon-reload")

    return write


def _bad_configuration(vps: Vps) -> None:
    vps.run(f"cp -p {CONFIG} /root/config.toml && echo 'speling = 1' >> {CONFIG}")
    vps.run(f"systemctl restart {UNIT}", check=False)


UNDROP = f"rm {DROP_IN}; systemctl daemon-reload"
NO_WORKER = frozenset({"worker.answers"})
DOCKER = "systemctl stop docker docker.socket"

TABLE = {
    "no unit": Broken(
        f"systemctl disable --now {UNIT}; rm {UNIT_FILE}; systemctl daemon-reload",
        "service.installed", FAULT, "is not installed", also=NO_WORKER,
    ),
    "not enabled": Broken(f"systemctl disable {UNIT}", "service.enabled", WARNING, "disabled"),
    "stopped": Broken(f"systemctl stop {UNIT}", "service.running", FAULT, "stopped", also=NO_WORKER),
    "changed": Broken(f"echo '# by hand' >> {UNIT_FILE}", "service.reload", WARNING, "files changed"),
    "bad configuration": Broken(
        _bad_configuration, "service.running", FAULT, "exit 78",
        heal=f"cp -p /root/config.toml {CONFIG} && systemctl restart {UNIT}",
        also=NO_WORKER | {"configuration.valid"},
    ),
    "killed": Broken(
        f"systemctl kill --signal=KILL {UNIT}; sleep 1", "service.running", FAULT, "failed: signal",
        also=NO_WORKER,
    ),
    "frozen": Broken(
        f"kill -STOP $(systemctl show --value -p MainPID {UNIT})", "worker.answers", FAULT, "greet"
    ),
    "program gone": Broken(
        _drop_in("ExecStart=", "ExecStart=/opt/gone/kgo-tui --headless monitor"),
        "service.installed", FAULT, "/opt/gone/kgo-tui, which is not there", heal=UNDROP,
    ),
    "another user": Broken(
        _drop_in("User=ubuntu"), "configuration.readable", FAULT, "ubuntu", heal=UNDROP,
        also=frozenset({"docker.engine", "git.ownership", "journal.readable", "state.store"}),
    ),
    "socket open": Broken("chmod 0666 /run/kgo-tui/default.sock", "worker.rights", FAULT, "0666"),
    "socket of root": Broken("chgrp root /run/kgo-tui/default.sock", "worker.given", FAULT, "root's"),
    "journal in memory": Broken(
        "rm -rf /var/log/journal && systemctl restart systemd-journald",
        "journal.persistent", WARNING, "memory only",
    ),
    "docker stopped": Broken(
        DOCKER, "docker.engine", FAULT, "Docker does not answer", also=frozenset({"health.answer"})
    ),
    "docker not at boot": Broken(
        "systemctl disable docker docker.socket", "docker.boot", WARNING, "not started at boot"
    ),
    "root in .git": Broken(f"chown root {TREE}/.git/index", "git.ownership", FAULT, ".git/index"),
    "root in the tree": Broken(
        f"chown root {TREE}/{DEPLOY}/docker-compose.yml", "git.ownership", FAULT, "1 tracked"
    ),
    "pruning": Broken(
        "printf '#!/bin/sh\\ndocker system prune -af\\n' > /etc/cron.daily/docker-prune",
        "rollback.pruning", WARNING, "docker-prune",
    ),
    "changed by hand": Broken(f"echo >> {TREE}/VERSION", "git.changes", FAULT, "VERSION"),
    "commit by hand": Broken(
        f"runuser -u koprogo -- git -C {TREE} -c user.name=a -c user.email=b commit -q --allow-empty -m mine",
        "git.history", FAULT, "has 1 commit(s)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE.values(), ids=TABLE.keys())
def test_a_fault_is_named_and_mended_as_shown(served: Vps, case: Broken) -> None:
    do(served, case.break_)
    try:
        found = examined(served)
        finding = found[case.id]
        assert (finding["status"], case.says in finding["found"]) == (case.status, True), problems(found)
        assert problems(found).keys() <= {case.id} | case.also, "one fault, told once"
    finally:
        if case.heal is not None:
            do(served, case.heal)
    if case.heal is None:
        served.run(finding["mend"], deadline_s=120)
    until_healthy(served)


@pytest.mark.parametrize("name", ["changed", "root in .git", "root in the tree"])
def test_fix_mends_what_it_claims_and_touches_no_container(served: Vps, name: str) -> None:
    containers = {service: one["Id"] for service, one in served.containers().items()}
    do(served, TABLE[name].break_)
    assert examined(served)[TABLE[name].id]["fixable"]
    assert problems(examined(served, "--fix")) == {}
    assert {service: one["Id"] for service, one in served.containers().items()} == containers


def test_the_old_script_beside_the_worker_is_stopped_as_shown(served: Vps) -> None:
    """The runbook's script under another name: two deployers."""
    script = f"{TREE}/{DEPLOY}/gitops-deploy.sh"
    served.put("/etc/systemd/system/update.service", f"[Service]\nExecStart={script} monitor\nUser=root\n")
    served.run("systemctl daemon-reload && systemctl start update.service")
    finding = examined(served)["rivals.script"]
    assert (finding["status"], "update.service" in finding["found"]) == (FAULT, True), finding
    served.run(finding["mend"])
    finding = examined(served)["rivals.script"]
    assert (finding["status"], "/etc/systemd/system/update.service" in finding["found"]) == (WARNING, True)
    served.run("rm /etc/systemd/system/update.service; systemctl daemon-reload")
    until_healthy(served)


def test_the_old_scripts_own_unit_is_to_be_taken_over_as_shown(vps: Vps) -> None:
    vps.install_old_unit()
    found = examined(vps)
    assert found["service.installed"]["status"] == FAULT
    assert "gitops-deploy.sh" in found["service.installed"]["found"]
    assert found["rivals.script"]["status"] == OK, "one fault, told once"
    vps.run(found["service.installed"]["mend"], deadline_s=120)
    until_healthy(vps)


def test_a_user_outside_the_group_is_told_how_to_join(served: Vps) -> None:
    finding = examined(served, user="outsider")["worker.answers"]
    assert finding["status"] == WARNING
    assert finding["mend"] == "sudo usermod -aG kgo-tui outsider"
    served.run(finding["mend"].removeprefix("sudo "))
    assert examined(served, user="outsider")["worker.answers"]["status"] == OK
    served.run("gpasswd -d outsider kgo-tui")


@pytest.mark.parametrize("user", ["operator", "ubuntu", "koprogo"])
def test_without_root_there_are_no_false_alarms_and_what_needs_root_is_said(served: Vps, user: str) -> None:
    found = examined(served, user=user)
    told = {name: one for name, one in problems(found).items() if one.startswith(FAULT)}
    assert told == {}
    assert found["docker.engine"]["needs_root"]
    assert found["configuration.valid"]["needs_root"]
    said = served.kgo("doctor", user=user).stdout
    assert "need root: sudo kgo-tui doctor" in said


def test_git_by_hand_works_after_what_is_shown(served: Vps) -> None:
    """The runbook's `git log` fails for the admin who types it: dubious ownership."""
    look = ["git", "-C", TREE, "log", "-1", "--oneline"]
    served.run(["chmod", "o+r", CONFIG])
    assert served.run(look, user="ubuntu", check=False).returncode != 0
    finding = examined(served, user="ubuntu")["git.trust"]
    assert finding["status"] == WARNING
    served.run(finding["mend"], user="ubuntu")
    assert served.run(look, user="ubuntu", check=False).returncode == 0
    assert examined(served, user="ubuntu")["git.trust"]["status"] == OK
    served.run("git config --global --unset-all safe.directory", user="ubuntu")
    served.run(["chmod", "o-r", CONFIG])


def test_what_the_admins_shell_has_set_does_not_deceive(served: Vps) -> None:
    """The worker does not see the admin's variables: the doctor judges for the worker."""
    env = {"KGO_TUI_REPOSITORY_BRANCH": "elsewhere", "DOCKER_HOST": "unix:///nowhere.sock"}
    said = served.run(["kgo-tui", "doctor"], env=env, check=False)
    assert (said.returncode, "0 faults, 0 warnings" in said.stdout) == (0, True), said.stdout
