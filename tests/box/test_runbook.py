"""The runbook of the bash script on a host that kgo-tui has taken over: every command for daily use, typed by
the admin over ssh, and what it shows then. Changes and faults are in `test_runbook_changes.py`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.box import runbook, test_runbook_changes
from tests.box.runbook import SCRIPT, Admin, Story, typed
from tests.box.vps import CONFIG, UNIT, UNIT_FILE, Vps
from tests.box.vps_image import API, DEPLOY, TREE

HEALTH = f"curl -sS https://{API}/api/v1/health"

TOLD_BY = {
    "Commandes systemd": "test_the_service_is_managed_as_before",
    "Voir les logs": "test_the_log_is_read_as_before",
    "Forcer une Mise à Jour Manuelle": "test_an_update_is_forced_over_ssh",
    "Permissions fichiers": "test_files_have_the_owners_and_modes_that_they_had",
    "Accès GitHub": "test_the_owner_uses_git_by_hand",
    "Vérifier dernière mise à jour": "test_the_owner_uses_git_by_hand",
    "Vérifier fréquence de vérification": "test_the_interval_is_changed",
    "Statistiques": "test_statistics_count_what_happened",
    "Changer la fréquence de vérification": "test_the_interval_is_changed",
    "Changer de branche": "test_another_branch_is_followed_and_main_again",
    "Désactiver GitOps": "test_gitops_is_turned_off_the_host_updated_by_hand_and_gitops_turned_on",
    "Le service ne démarre pas": "test_a_service_that_does_not_start_says_why",
    "Le service tourne mais ne met pas à jour": "test_a_bad_commit_is_told_and_left",
}


@pytest.fixture
def vps(story: Story) -> Vps:
    return story.vps


@pytest.fixture
def admin(story: Story) -> Admin:
    return story.admin


def test_every_section_has_its_test_and_only_the_script_is_called_otherwise() -> None:
    found = runbook.sections()
    tests = vars(test_runbook_changes) | globals()
    assert TOLD_BY.keys() == found.keys()
    assert all(callable(tests[name]) for name in TOLD_BY.values())
    assert {c for section in found.values() for c in section if SCRIPT in c} == runbook.INSTEAD.keys()


def test_installing_takes_the_scripts_place_and_its_settings(story: Story, vps: Vps) -> None:
    assert "koprogo-gitops.service" in story.installing
    said = [line for line in story.configuration.splitlines() if line and line[0] not in "#["]
    assert said == [
        'language = "fr"',
        f'path = "{TREE}"',
        f'directory = "{DEPLOY}"',
        "interval = 180",
    ], "what the script and its unit said, and nothing that is the default anyway"
    assert vps.show(UNIT, "UnitFileState", "Description") == {
        "UnitFileState": "enabled",
        "Description": "KoproGo GitOps Auto-Update",
    }
    assert vps.run(["pgrep", "-f", "[g]itops-deploy.sh"], check=False).stdout == "", "one deployer"
    assert vps.out("grep -rl gitops-deploy.sh /etc/kgo-tui/replaced").endswith(f"/{UNIT}"), "the way back"


def test_a_pushed_commit_is_deployed_and_seen_over_https(story: Story, admin: Admin, vps: Vps) -> None:
    released = story.deployed(vps.release("1.1"))
    assert admin.types(HEALTH) == "1.1"
    assert vps.head() == released.commit
    story.until(f"Nouveau commit détecté: {released.commit} Release 1.1")
    story.until("Health check réussi")


def test_the_service_is_managed_as_before(admin: Admin, vps: Vps) -> None:
    status, start, stop, restart, enable, disable = typed("Commandes systemd")
    said = admin.types(status)
    assert "Loaded: loaded (/etc/systemd/system/koprogo-gitops.service; enabled;" in said
    assert "Active: active (running) since" in said
    assert re.search(r'Status: "(À jour à [0-9a-f]{7}; .*en bonne santé|Deploying|Déploiement)', said), said
    admin.types(stop)
    assert "Active: inactive (dead)" in admin.types(status, code=3)
    admin.types(start)
    before = vps.show(UNIT, "MainPID")
    admin.types(restart)
    assert vps.is_active(UNIT)
    assert vps.show(UNIT, "MainPID") != before
    admin.types(disable)
    assert vps.show(UNIT, "UnitFileState", "ActiveState") == {
        "UnitFileState": "disabled",
        "ActiveState": "active",
    }
    admin.types(enable)
    assert vps.show(UNIT, "UnitFileState") == {"UnitFileState": "enabled"}


def test_the_log_is_read_as_before(story: Story, admin: Admin, vps: Vps, tmp_path: Path) -> None:
    follow, today, last, checks, commits = typed("Voir les logs")
    with admin.watches(follow, tmp_path / "followed") as said:
        vps.wait_until(lambda: "Checking for updates" in said(), "the last lines come first")
        released = story.deployed(vps.release("1.2"))
        vps.wait_until(
            lambda: f"Nouveau commit détecté: {released.commit}" in said(), "the log as it is written"
        )
    assert "gitops-deploy.sh" in admin.types(today), "the script's own lines are still there"
    assert 50 < len(admin.types(last).splitlines()) <= 100
    assert len([line for line in admin.types(checks).splitlines() if "réussi" in line]) == story.count(
        "Health check réussi"
    )
    assert (
        admin.types(commits)
        .splitlines()[-1]
        .endswith(f"Nouveau commit détecté: {released.commit} Release 1.2")
    )


def test_an_update_is_forced_over_ssh(story: Story, admin: Admin, vps: Vps) -> None:
    ssh, deploy = typed("Forcer une Mise à Jour Manuelle")
    assert ssh == f"ssh {admin.user}@VPS_IP", "as the admin of these tests comes in"
    story.edits(CONFIG, "interval = 5", "interval = 180")
    vps.systemctl("reload", UNIT)
    released = vps.release("1.3")
    said = admin.types(deploy)
    assert "Health check réussi" in said
    assert f"{released.commit[:7]} déployé en" in said
    assert admin.types(HEALTH) == "1.3"
    containers = {service: one["Id"] for service, one in vps.containers().items()}
    assert "déployé en" in admin.types(deploy), "also when nothing changed"
    assert {service: one["Id"] for service, one in vps.containers().items()} == containers
    triggers = [(one["trigger"], one["to_commit"], one["state"]) for one in vps.asked("history", "-n", "2")]
    assert triggers == [("manual", released.commit, "succeeded")] * 2


def test_files_have_the_owners_and_modes_that_they_had(story: Story, vps: Vps) -> None:
    """Also those that a deployment writes, under a worker with a tight umask."""
    script = vps.get(SCRIPT) + "# newer\n"
    released = vps.release("1.4", files={f"{DEPLOY}/gitops-deploy.sh": script, f"{DEPLOY}/new/file": "new\n"})
    story.deployed(released)
    places = {"gitops-deploy.sh": SCRIPT, ".git/": f"{TREE}/.git", UNIT: UNIT_FILE}
    for line in typed("Permissions fichiers"):
        mode, _links, owner, group, name = line.split()
        assert vps.out(["stat", "-c", "%A %U %G", places[name]]) == f"{mode} {owner} {group}", name
    assert vps.out(["stat", "-c", "%A %U", f"{TREE}/{DEPLOY}/new/file"]) == "-rw-r--r-- koprogo"
    assert vps.out(["find", TREE, "!", "-user", "koprogo"]) == ""
    assert vps.out(["stat", "-c", "%a", f"{TREE}/{DEPLOY}/.env"]) == "600", "it was not touched"


def test_the_owner_uses_git_by_hand(story: Story, vps: Vps) -> None:
    """After deployments by a worker that is root: no permission error, no dubious ownership."""
    [remote] = typed("Accès GitHub")
    go, local, fetch, fetched = typed("Vérifier dernière mise à jour")
    story.deployed(vps.release("1.5"))
    owner = Admin(vps, "koprogo")
    assert "origin\tgit://127.0.0.1/koprogo.git (fetch)" in owner.types(go, remote)
    last = f"{vps.tip()[:7]} Release 1.5"
    assert owner.types(go, local) == last
    owner.types(go, fetch)
    assert owner.types(go, fetched) == last
    assert owner.types(go, "git status --porcelain --branch --untracked-files=no") == "## main...origin/main"


def test_statistics_count_what_happened(story: Story, admin: Admin, vps: Vps) -> None:
    updates, uptime = typed("Statistiques")
    before = int(admin.types(updates))
    for version in ("1.6", "1.7"):
        story.deployed(vps.release(version))
    vps.kgo("deploy")
    vps.kgo("suspend")
    vps.kgo("resume")
    vps.systemctl("restart", UNIT)
    story.in_sync()
    assert int(admin.types(updates)) == before + 2
    assert re.fullmatch(r"Active: active \(running\) since .* ago", admin.types(uptime))
