"""The runbook's changes and faults on a host that kgo-tui has taken over: another interval, another branch,
GitOps turned off, a service that does not start, and the three errors that it names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.box.runbook import Admin, Story, typed
from tests.box.vps import CONFIG, DEVELOPER, UNIT, UNIT_FILE, Release, Vps
from tests.box.vps_image import API, TREE

HEALTH = f"curl -sS https://{API}/api/v1/health"
PLUGIN = "/usr/libexec/docker/cli-plugins/docker-compose"


@pytest.fixture
def vps(story: Story) -> Vps:
    return story.vps


@pytest.fixture
def admin(story: Story) -> Admin:
    return story.admin


def check_times(vps: Vps) -> list[float]:
    """When the worker that runs now has checked, in seconds."""
    [pid] = vps.show(UNIT, "MainPID").values()
    records = vps.journal("-u", UNIT, f"_PID={pid}", "KGO_EVENT=check_started")
    return [int(one["__REALTIME_TIMESTAMP"]) / 1e6 for one in records]


def by_the_unit(story: Story) -> None:
    """As the runbook has it, though the line has another name: RestartSec= is only a pause after a crash."""
    edit, again, restart = typed("Changer la fréquence de vérification")
    assert edit == f"sudo nano {UNIT_FILE}"
    story.edits(UNIT_FILE, "#Environment=CHECK_INTERVAL=180", "Environment=CHECK_INTERVAL=8")
    story.admin.types(again, restart)


def by_the_configuration(story: Story) -> None:
    story.edits(CONFIG, "interval = 5", "interval = 8")
    story.admin.types(f"sudo systemctl reload {UNIT}")
    story.until("Configuration rechargée : monitor.interval: 5 -> 8")


@pytest.mark.parametrize("change", [by_the_unit, by_the_configuration])
def test_the_interval_is_changed(
    story: Story, admin: Admin, vps: Vps, change: Callable[[Story], None]
) -> None:
    [recent] = typed("Vérifier fréquence de vérification")
    change(story)
    before = len(check_times(vps))
    vps.wait_until(lambda: len(check_times(vps)) >= before + 2, "two checks", 40)
    earlier, later = check_times(vps)[-2:]
    assert 7.5 < later - earlier < 11
    shown = admin.types(recent).splitlines()
    assert len(shown) >= 2
    assert all("Checking for updates" in line for line in shown)


def staging(vps: Vps, version: str) -> Release:
    """A branch that left main one commit ago and has a release of its own."""
    vps.run("git checkout --quiet -B staging HEAD~1", user="git", at=DEVELOPER)
    vps.run("git push --quiet --force --set-upstream origin staging", user="git", at=DEVELOPER)
    try:
        return vps.release(version)
    finally:
        vps.run("git checkout --quiet main", user="git", at=DEVELOPER)


def branch_in_the_unit(story: Story, old: str, new: str) -> None:
    """The runbook edits the script; the unit has the line for it now."""
    edit, restart = typed("Changer de branche")
    assert edit == f"sudo nano {UNIT_FILE}"
    line = "#Environment=BRANCH=main" if old == "main" else f"Environment=BRANCH={old}"
    story.edits(UNIT_FILE, line, f"Environment=BRANCH={new}")
    story.admin.types("sudo systemctl daemon-reload", restart)


def branch_in_the_configuration(story: Story, old: str, new: str) -> None:
    line = '#branch = "main"' if old == "main" else f'branch = "{old}"'
    story.edits(CONFIG, line, f'branch = "{new}"')
    story.admin.types(f"sudo systemctl reload {UNIT}")


@pytest.mark.parametrize("change", [branch_in_the_unit, branch_in_the_configuration])
def test_another_branch_is_followed_and_main_again(
    story: Story, vps: Vps, change: Callable[[Story, str, str], None]
) -> None:
    vps.push(message="Only on main")
    story.in_sync()
    tried = staging(vps, f"2.0-{change.__name__}")
    vps.kgo("suspend")
    change(story, "main", "staging")
    vps.wait_until(
        lambda: "suspended" in vps.asked("check", code=None)["reason"], "nothing else is in the way"
    )
    assert faults(vps) == {}
    vps.kgo("resume")
    story.deployed(tried)
    assert vps.asked("status")["repository"]["branch"] == "staging"
    branch = ["git", "-C", TREE, "symbolic-ref", "--short", "HEAD"]
    assert vps.out(branch, user="koprogo") == "staging"
    change(story, "staging", "main")
    story.in_sync()
    assert vps.out(branch, user="koprogo") == "main"
    assert vps.head() == vps.tip()


def test_gitops_is_turned_off_the_host_updated_by_hand_and_gitops_turned_on(
    story: Story, admin: Admin, vps: Vps
) -> None:
    stop, disable, status, go, git, to_compose, *compose = typed("Désactiver GitOps")
    admin.types(stop)
    admin.types(disable)
    assert "Active: inactive (dead)" in admin.types(status, code=3)
    released = vps.release("3.0")
    Admin(vps, "koprogo").types(go, git)
    admin.types(go, to_compose, *(f"sudo {words}" for words in compose))
    assert (admin.types(HEALTH), vps.head()) == ("3.0", released.commit)
    [turned_off] = [one for one in findings(vps) if one["id"] == "service.running"]
    assert (turned_off["status"], "turned automatic deployment off" in turned_off["means"]) == (
        "warning",
        True,
    )
    by_hand = {service: one["Id"] for service, one in vps.containers().items()}
    admin.types(f"sudo systemctl enable {UNIT}", f"sudo systemctl start {UNIT}")
    story.in_sync()
    assert {service: one["Id"] for service, one in vps.containers().items()} == by_hand, "nothing to replace"


def findings(vps: Vps) -> list[dict[str, str]]:
    """All that the doctor says, as root."""
    found: list[dict[str, str]] = vps.asked("doctor", code=None)["findings"]
    return found


def faults(vps: Vps) -> dict[str, str]:
    return {one["id"]: one["found"] for one in findings(vps) if one["status"] == "fault"}


def test_a_service_that_does_not_start_says_why(story: Story, admin: Admin, vps: Vps) -> None:
    status, log, program, by_hand = typed("Le service ne démarre pas")
    said = f"{CONFIG}: monitor.interval"
    story.edits(CONFIG, "interval = 5", 'interval = "often"')
    admin.types(f"sudo systemctl restart {UNIT}", code=1)
    shown = admin.types(status, code=3)
    assert "Active: failed (Result: exit-code)" in shown
    assert "status=78/CONFIG" in shown
    assert "monitor.interval" in admin.types(log)
    assert "-> /opt/kgo-tui/bin/kgo-tui" in admin.types(program)
    assert "monitor.interval" in admin.types(by_hand, code=78), said
    assert "configuration.valid" in faults(vps)


def test_by_hand_beside_the_service_it_does_not_start(admin: Admin) -> None:
    *_, by_hand = typed("Le service ne démarre pas")
    assert "another" in admin.types(by_hand, code=4)


@pytest.mark.parametrize("what", [".git", ".git/FETCH_HEAD .git/objects .git/refs"])
def test_permission_denied_in_git_is_named_and_mended(
    story: Story, admin: Admin, vps: Vps, what: str
) -> None:
    """What `sudo git pull` or a chown by root left: the runbook's first error."""
    vps.systemctl("stop", UNIT)
    vps.run(f"chown -R root: {what}", at=TREE)
    refused = Admin(vps, "koprogo").types(
        f"cd {TREE}", "git fetch origin", code=128 if what == ".git" else 255
    )
    assert "Permission denied" in refused or "dubious ownership" in refused
    assert "git.ownership" in faults(vps) or "git.repository" in faults(vps), faults(vps)
    told = story.count("fichiers du dépôt rendus à leur propriétaire")
    admin.types(f"sudo systemctl start {UNIT}")
    story.until("fichiers du dépôt rendus à leur propriétaire", told + 1)
    assert vps.out(["find", f"{TREE}/.git", "!", "-user", "koprogo"]) == ""
    Admin(vps, "koprogo").types(f"cd {TREE}", "git fetch origin")


def test_without_docker_compose_it_says_so_waits_and_goes_on(story: Story, admin: Admin, vps: Vps) -> None:
    """The runbook's second error."""
    vps.run(f"mv {PLUGIN} /root/plugin && systemctl restart {UNIT}")
    try:
        released = vps.release("4.0")
        story.until("docker compose (v2) is not there")
        assert "docker compose (v2) is not there" in admin.types(f"sudo systemctl status {UNIT}")
        vps.wait_until(lambda: vps.asked("status", code=None)["verdict"] == "critical", "the status says so")
        assert list(faults(vps)) == ["docker.compose"]
    finally:
        vps.run(f"mv /root/plugin {PLUGIN}")
    story.deployed(released)


def test_a_bad_commit_is_told_and_left(story: Story, admin: Admin, vps: Vps, tmp_path: Path) -> None:
    """The runbook's third error: `Health check échoué`."""
    [follow] = typed("Le service tourne mais ne met pas à jour")
    before = vps.version()
    with admin.watches(follow, tmp_path / "followed") as said:
        bad = vps.release("5.0", "unhealthy")
        vps.wait_until(lambda: "Mis en quarantaine" in said(), "it is told", 90)
    assert "Health check échoué après 8 tentatives" in said()
    assert "Rollback vers version précédente" in said()
    assert admin.types(HEALTH) == before, "what ran before answers"
    vps.wait_until(lambda: "quarantine" in vps.asked("status", code=None)["reason"], "the status says why")
    status = vps.asked("status", code=1)
    assert [one["commit"] for one in status["quarantined"]] == [bad.commit]
    [last] = vps.asked("history", "-n", "1")
    assert (last["to_commit"], last["state"]) == (bad.commit, "rolled_back")
    assert "status 404" in last["failure"]
    story.deployed(vps.release("5.1"))
