"""The VPS in a box proves itself: systemd, the journal, Docker, ssh, power, and the scenario on it."""

from __future__ import annotations

import pytest

from tests.box.vps import GIT_UNIT, REGISTRY_UNIT, UNIT, Vps
from tests.box.vps_image import FIRST, TREE

VOLUME_FILE = "/var/lib/docker/volumes/production_data/_data/kept"


def test_systemd_runs_the_host_and_every_unit_is_well(box: Vps) -> None:
    assert box.state() == "running"
    assert box.out(["ps", "-o", "comm=", "-p", "1"]) == "systemd"
    assert all(box.is_active(unit) for unit in ("docker", "ssh", "nginx", GIT_UNIT, REGISTRY_UNIT))


def test_the_nested_docker_runs_the_application_and_publishes_it(box: Vps) -> None:
    containers = box.containers()
    assert sorted(containers) == ["backend", "db", "frontend"]
    assert all(one["State"]["Running"] for one in containers.values())
    assert box.out(["curl", "-sS", "http://127.0.0.1:8080/api/v1/health"]) == FIRST
    assert box.version() == FIRST, "the runbook's URL, through the front, with a certificate that is valid"


def test_the_journal_keeps_what_is_written_to_it_with_its_unit(box: Vps) -> None:
    box.run(["systemd-run", "--quiet", "--wait", "--unit=teller", "echo", "told"])
    [record] = [one for one in box.journal("-u", "teller") if one["MESSAGE"] == "told"]
    assert record["_SYSTEMD_UNIT"] == "teller.service"


@pytest.mark.parametrize(
    ("user", "groups"),
    [
        ("root", {"root"}),
        ("koprogo", {"koprogo"}),
        ("operator", {"operator", "kgo-tui"}),
        ("outsider", {"outsider"}),
        ("ubuntu", {"ubuntu"}),
    ],
)
def test_each_user_comes_in_by_ssh_and_has_no_other_groups(box: Vps, user: str, groups: set[str]) -> None:
    said = box.ssh(user, "id", "-un;", "id", "-Gn")
    assert said.returncode == 0, said.stderr
    name, own = said.stdout.splitlines()
    assert (name, set(own.split())) == (user, groups)


def test_only_ubuntu_becomes_root_without_a_password(box: Vps) -> None:
    able = {user: box.ssh(user, "sudo", "-n", "id", "-un").stdout.strip() for user in ("ubuntu", "operator")}
    assert able == {"ubuntu": "root", "operator": ""}


def test_the_operator_reaches_neither_docker_nor_the_journal_of_others(box: Vps) -> None:
    assert "permission denied" in box.ssh("operator", "docker", "ps").stderr.lower()
    assert box.ssh("operator", "journalctl", "-q", "-u", "docker", "-n", "1").stdout == ""


def test_a_session_has_a_user_manager_of_its_own(box: Vps) -> None:
    said = box.ssh("koprogo", "systemctl", "--user", "is-system-running", "--wait")
    assert said.stdout.strip() == "running"


def test_a_memory_limit_of_a_unit_is_enforced(box: Vps) -> None:
    hungry = ["python3", "-c", "bytearray(64 * 2**20)"]
    limited = box.run(["systemd-run", "--quiet", "--wait", "-p", "MemoryMax=32M", *hungry], check=False)
    assert limited.returncode != 0
    free = box.run(["systemd-run", "--quiet", "--wait", "-p", "MemoryMax=256M", *hungry], check=False)
    assert free.returncode == 0


def test_the_wheel_is_installed(box: Vps) -> None:
    assert box.out(["kgo-tui", "--version"]).startswith("kgo-tui ")
    assert box.out(["readlink", "-f", "/usr/local/bin/kgo-tui"]) == "/opt/kgo-tui/bin/kgo-tui"
    assert box.out(["/opt/kgo-tui/bin/python", "-c", "import kgo_tui; print(kgo_tui.__file__)"]).startswith(
        "/opt/kgo-tui/lib"
    )


def test_a_command_is_ended_in_the_box_at_its_deadline(box: Vps) -> None:
    assert box.run("exec sleep 4242", check=False, deadline_s=0.5).returncode == 124
    assert box.run(["pgrep", "-f", "[s]leep 4242"], check=False).stdout == ""


def test_after_a_power_loss_everything_is_there_again(vps: Vps) -> None:
    vps.put("/root/kept", "on the disk\n", mode=0o600)
    vps.put(VOLUME_FILE, "in a volume\n")
    boots = vps.out(["journalctl", "--list-boots", "--quiet"]).splitlines()
    vps.pull_the_plug()
    assert not vps.powered()
    vps.boot()
    vps.wait_until(lambda: vps.version() == FIRST, "the application answers again")
    assert vps.get("/root/kept") == "on the disk\n"
    assert vps.out(["docker", "exec", "production-db-1", "cat", "/var/lib/data/kept"]) == "in a volume"
    assert len(vps.out(["journalctl", "--list-boots", "--quiet"]).splitlines()) == len(boots) + 1


def test_a_reboot_starts_what_is_enabled(vps: Vps) -> None:
    before = vps.out(["cat", "/proc/sys/kernel/random/boot_id"])
    vps.reboot()
    vps.wait_until(lambda: vps.version() == FIRST, "the application answers again")
    assert vps.state() == "running"
    assert vps.out(["cat", "/proc/sys/kernel/random/boot_id"]) != before


def test_two_hosts_run_side_by_side_and_do_not_see_each_other(box: Vps, vps: Vps) -> None:
    assert vps.containers()["backend"]["Id"] == box.containers()["backend"]["Id"], "from one preparation"
    vps.compose("stop")
    assert vps.version() is None
    assert box.version() == FIRST
    assert vps.out(["cat", "/etc/machine-id"]) != box.out(["cat", "/etc/machine-id"])


def test_the_old_script_deploys_as_the_runbook_says(vps: Vps) -> None:
    vps.install_old_unit()
    vps.wait_until(lambda: "Checking for updates" in vps.out(["journalctl", "-u", UNIT]), "the first check")
    released = vps.release("1.1")
    vps.systemctl("restart", UNIT)
    vps.wait_until(lambda: "Health check réussi" in vps.out(["journalctl", "-u", UNIT]), "the deployment")
    assert (vps.version(), vps.head()) == ("1.1", released.commit)
    assert (
        vps.out(["stat", "-c", "%U:%A", f"{TREE}/deploy/production/gitops-deploy.sh"]) == "koprogo:-rwxr-xr-x"
    )


def test_an_admin_deploys_a_pushed_commit(vps: Vps) -> None:
    vps.configure()
    good = vps.release("1.1")
    assert "Deployed" in vps.kgo("deploy").stdout
    assert (vps.version(), vps.head()) == ("1.1", good.commit)
    vps.release("1.2", "unhealthy")
    vps.kgo("deploy", code=1)
    assert (vps.version(), vps.head()) == ("1.1", good.commit), "the bad release was rolled back"
    assert vps.out(["find", f"{TREE}/.git", "!", "-user", "koprogo"]) == ""


def test_what_the_host_stands_on_can_fail(vps: Vps) -> None:
    vps.configure()
    with vps.outage(GIT_UNIT):
        vps.kgo("check", code=5)
    vps.release("1.1")
    with vps.outage(REGISTRY_UNIT):
        vps.kgo("deploy", code=1)
    with vps.outage("docker.service"):
        vps.kgo("deploy", code=5)
    vps.wait_until(lambda: vps.version() == FIRST, "what ran before runs again with Docker")
    vps.show_certificate("expired")
    assert vps.version() is None, "a visitor who checks the certificate is warned"
    vps.kgo("deploy")
    vps.show_certificate("valid")
    assert vps.version() == "1.1"
