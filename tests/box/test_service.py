"""`kgo-tui service` on a real host: put there by an admin, taken over from the bash script, undone."""

from __future__ import annotations

import re
from datetime import datetime

from tests.box.vps import CONFIG, UNIT, UNIT_FILE, Vps
from tests.box.vps_image import TREE

INSTALL = ("service", "install")
TREES = (
    "find /etc /usr/local /home/koprogo -xdev -path /home/koprogo/koprogo -prune"
    " -o -printf '%p %y %m %u %g %l %s\\n'"
    " | grep -vE '^/etc(/systemd/system)? d|^/etc/g?shadow-|^/etc/group-|^/etc/passwd-' | sort"
)
"""What an installation may touch; the copies that the shadow tools keep of their own files are theirs."""

MOST_EXPOSED_ROOT, MOST_EXPOSED_USER = 2.5, 1.6
LIMIT = 64 << 20


def exposure(vps: Vps) -> float:
    said = vps.out(["systemd-analyze", "security", "--no-pager", UNIT])
    [found] = re.findall(r"Overall exposure level for .*: ([\d.]+)", said)
    return float(found)


def lines(vps: Vps, *options: str) -> list[str]:
    return [str(record.get("MESSAGE")) for record in vps.journal(*options)]


def status(vps: Vps, user: str = "root") -> dict[str, object]:
    found: dict[str, object] = vps.asked("status", user=user, code=None)
    return found


def well(vps: Vps, *, user: str = "root") -> None:
    """Its first check comes right after its start, and finds everything in order."""
    vps.wait_until(lambda: status(vps, user)["verdict"] == "ok", "the worker finds the host well")


def test_a_dry_run_shows_everything_and_changes_nothing(vps: Vps) -> None:
    vps.install_old_unit()
    before, running = vps.out(TREES), vps.show(UNIT, "MainPID")
    said = vps.kgo(*INSTALL, "--dry-run", "--operator", "outsider").stdout
    for part in (
        f"repository {TREE} (where the unit that is there works), owner koprogo",
        "branch     main of origin",
        "compose    deploy/production",
        "interval   180 s",
        "keep the unit that is there in /etc/kgo-tui/replaced",
        "-ExecStart=/home/koprogo/koprogo/deploy/production/gitops-deploy.sh monitor",
        "+ExecStart=/usr/local/bin/kgo-tui --headless monitor",
        "add outsider to the group kgo-tui",
        "nothing was changed",
    ):
        assert part in said
    assert (vps.out(TREES), vps.show(UNIT, "MainPID")) == (before, running)


def test_the_bash_script_is_taken_over_and_comes_back(vps: Vps) -> None:
    """Stop, save, replace, deploy within 64 MiB, and everything undone."""
    vps.install_old_unit()
    before = vps.out(TREES)
    vps.kgo(*INSTALL)
    assert vps.is_active(UNIT)
    assert "gitops-deploy.sh" not in vps.out(["ps", "-eo", "args"])
    well(vps)
    vps.release("1.1")
    vps.kgo("deploy", user="operator")
    assert vps.version() == "1.1"
    memory = int(vps.show(UNIT, "MemoryCurrent")["MemoryCurrent"])
    assert memory <= LIMIT
    assert vps.show(UNIT, "NRestarts", "MemoryMax") == {"NRestarts": "0", "MemoryMax": str(LIMIT)}
    assert vps.out(["find", TREE, "!", "-user", "koprogo"]) == "", "nothing of root's in the repository"
    assert exposure(vps) <= MOST_EXPOSED_ROOT

    assert "nothing to do" in vps.kgo(*INSTALL).stdout
    said = vps.kgo("service", "uninstall").stdout
    assert "kept the history: /var/lib/kgo-tui" in said
    assert vps.out(TREES) == before
    assert vps.is_active(UNIT)
    assert vps.systemctl("is-enabled", UNIT).stdout.strip() == "enabled"
    assert "gitops-deploy.sh" in vps.out(["ps", "-eo", "args"])
    assert vps.run(["test", "-e", "/var/lib/kgo-tui/default.db"]).returncode == 0


def test_it_deploys_within_its_memory_when_nothing_of_compose_is_in_memory_yet(vps: Vps) -> None:
    """As after a boot. The pages of a program that it read itself would count, and there is no room."""
    evict = "import os; os.posix_fadvise(os.open(os.sys.argv[1], os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)"
    plugin = vps.out("ls /usr/lib*/docker/cli-plugins/docker-compose")
    vps.run(["python3", "-c", evict, plugin])
    vps.kgo(*INSTALL, "--repository", TREE)
    well(vps)
    vps.release("1.1")
    vps.kgo("deploy")
    assert vps.version() == "1.1"
    assert vps.show(UNIT, "NRestarts")["NRestarts"] == "0"


def test_on_a_host_without_it_nothing_is_left_behind(vps: Vps) -> None:
    vps.run(["groupdel", "kgo-tui"])
    before = vps.out(TREES)
    vps.run(["kgo-tui", *INSTALL, "--operator", "outsider"], at=TREE)
    assert "outsider" in vps.out(["getent", "group", "kgo-tui"])
    well(vps, user="outsider")
    assert vps.kgo("status", user="operator", code=5).stderr != "", "not in the group any more"
    vps.kgo("service", "uninstall", "--purge")
    assert vps.out(TREES) == before
    assert vps.run("getent group kgo-tui", check=False).returncode != 0
    assert vps.run("ls -d /var/lib/kgo-tui /run/kgo-tui", check=False).stdout == ""


def test_a_dedicated_user_works_without_any_power(vps: Vps) -> None:
    vps.kgo(*INSTALL, "--repository", TREE, "--run-as", "koprogo")
    pid = vps.show(UNIT, "MainPID")["MainPID"]
    seen = dict(line.split(":\t", 1) for line in vps.get(f"/proc/{pid}/status").splitlines() if ":\t" in line)
    assert (seen["CapBnd"], seen["CapEff"], seen["NoNewPrivs"]) == ("0" * 16, "0" * 16, "1")
    assert vps.out(["ps", "-o", "user=", "-p", pid]) == "koprogo"
    assert exposure(vps) <= MOST_EXPOSED_USER
    well(vps)
    vps.release("1.1")
    vps.kgo("deploy", user="operator")
    assert vps.version() == "1.1"
    vps.kgo(*INSTALL, "--run-as", "root")
    assert vps.show(UNIT, "User")["User"] == ""
    well(vps)  # the state went back to root
    vps.kgo(*INSTALL, "--run-as", "koprogo")
    assert vps.out(["stat", "-c", "%U:%G %a", CONFIG]) == "root:koprogo 640"
    assert vps.kgo(*INSTALL).stdout.endswith("nothing to do\n"), "who it runs as is remembered"


def test_a_user_is_made_for_it_and_gets_a_repository_of_roots(vps: Vps) -> None:
    vps.run(f"cp -a {TREE} /srv/app && chown -R root:root /srv/app")
    said = vps.kgo(*INSTALL, "--repository", "/srv/app", "--run-as", "kgo-worker").stdout
    assert "give what belongs to root in /srv/app to kgo-worker" in said
    well(vps)
    vps.release("1.1")
    vps.kgo("deploy")
    assert vps.version() == "1.1"
    vps.kgo("service", "uninstall", "--purge")
    assert vps.run("id kgo-worker", check=False).returncode != 0
    assert vps.out(["find", "/srv/app", "!", "-user", "root"]) == ""
    refused = vps.kgo(*INSTALL, "--repository", TREE, "--run-as", "daemon", code=2).stderr
    assert "belongs to koprogo" in refused
    assert "--run-as koprogo" in refused


def test_two_workers_side_by_side(vps: Vps) -> None:
    vps.kgo(*INSTALL, "--repository", TREE)
    before = vps.out(TREES)
    vps.run(["cp", "-a", TREE, "/srv/staging"])
    said = vps.kgo("--instance", "staging", *INSTALL, "--repository", "/srv/staging").stdout
    assert "project    production-staging, as another worker here has the usual name" in said
    other = "koprogo-gitops@staging.service"
    assert vps.is_active(UNIT)
    assert vps.is_active(other)
    assert vps.asked("--instance", "staging", "status", code=None)["instance"] == "staging"
    assert status(vps)["instance"] == "default"
    assert vps.kgo("--instance", "staging", "service", "status").stdout.count("koprogo-gitops@staging") > 0
    vps.kgo("--instance", "staging", "service", "uninstall", "--purge")
    assert vps.out(TREES) == before
    well(vps)


def test_a_wrong_configuration_is_told_and_does_not_loop(vps: Vps) -> None:
    vps.kgo(*INSTALL, "--repository", TREE)
    vps.run(["sed", "-i", r"s/^\[monitor\]/[monitor]\nintervall = 3/", CONFIG])
    said = vps.kgo("service", "restart", code=1).stderr
    assert "did not start (exit-code, status 78)" in said
    assert 'did you mean "interval"?' in said, "the unit's last lines"
    assert vps.show(UNIT, "ActiveState", "NRestarts") == {"ActiveState": "failed", "NRestarts": "0"}
    vps.wait_until(
        lambda: any("Its configuration is wrong" in line for line in lines(vps, "-u", UNIT, "-p", "crit")),
        "the failure is told at priority crit, among the lines of the unit",
    )
    vps.run(["sed", "-i", "/intervall/d", CONFIG])
    assert "runs and is ready" in vps.kgo("service", "start").stdout


def test_a_worker_that_keeps_failing_is_told_of_and_tried_again(vps: Vps) -> None:
    vps.kgo(*INSTALL, "--repository", TREE)
    failing = "[Unit]\nStartLimitBurst=2\n[Service]\nRestartSec=100ms\nExecStart=\nExecStart=/bin/false\n"
    vps.put(f"/run/systemd/system/{UNIT}.d/99.conf", failing)
    vps.systemctl("daemon-reload")
    vps.kgo("service", "restart", code=1)
    waiting = f"koprogo-gitops-failure@{UNIT}.service"
    vps.wait_until(lambda: vps.is_active(waiting), "it waits to try again", deadline_s=60)
    assert any("tried again in 15 minutes" in line for line in lines(vps, "-u", UNIT, "-p", "crit"))
    assert any("checks in" in line for line in lines(vps, "-u", waiting)), "and the doctor was asked"
    vps.run(f"rm /run/systemd/system/{UNIT}.d/99.conf; systemctl daemon-reload; pkill -x sleep")
    vps.wait_until(lambda: vps.is_active(UNIT), "it was tried again")
    assert not vps.is_active(waiting)


def test_the_runbooks_way_to_another_frequency(vps: Vps) -> None:
    """Edit the unit, daemon-reload, restart; a later installation leaves the edit alone."""
    vps.kgo(*INSTALL, "--repository", TREE)
    vps.run(["sed", "-i", "s/^#Environment=CHECK_INTERVAL=180/Environment=CHECK_INTERVAL=60/", UNIT_FILE])
    vps.systemctl("daemon-reload")
    vps.systemctl("restart", UNIT)
    vps.wait_until(lambda: status(vps)["next_check_at"] is not None, "it has checked once")
    now = datetime.fromisoformat(vps.out(["date", "--iso-8601=seconds"]))
    due = datetime.fromisoformat(str(status(vps)["next_check_at"]))
    assert 0 < (due - now).total_seconds() <= 61
    said = vps.kgo(*INSTALL).stdout
    assert f"kept {UNIT_FILE}, which was changed by hand" in said
    assert "nothing to do" in said


def test_each_command_says_what_came_of_it(vps: Vps) -> None:
    assert vps.kgo("service", "status", code=4).stdout.startswith(f"Unit {UNIT} could not be found")
    assert "service install" in vps.kgo("service", "start", code=2).stderr
    vps.kgo(*INSTALL, "--repository", TREE, "--no-start", "--no-enable")
    assert vps.kgo("service", "status", code=3).stdout.count("inactive (dead)") == 1
    said = [
        vps.kgo("service", verb).stdout for verb in ("start", "start", "enable", "restart", "stop", "disable")
    ]
    assert said == [
        f"{UNIT} runs and is ready, but does not start at boot (enable does that)\n",
        f"{UNIT} runs already\n",
        f"{UNIT} starts at boot\n",
        f"{UNIT} was restarted and is ready\n",
        f"{UNIT} is stopped: nothing is deployed any more; it starts again at boot (disable prevents that)\n",
        f"{UNIT} does not start at boot any more\n",
    ]
    vps.kgo("service", "start")
    well(vps)
    assert vps.kgo("service", "status", user="operator").stdout.splitlines()[-1].startswith("kgo-tui: ✓ ok")


def test_who_is_not_root_is_told_the_whole_command(vps: Vps) -> None:
    said = vps.kgo(*INSTALL, "--repository", TREE, user="ubuntu", code=2).stderr
    command = f"sudo /usr/local/bin/kgo-tui service install --repository {TREE}"
    assert f"Run: {command}" in said
    done = vps.ssh("ubuntu", *command.split())
    assert done.returncode == 0, done.stderr
    assert vps.is_active(UNIT)


def test_without_systemd_it_says_so(box: Vps) -> None:
    hidden = "mount -t tmpfs none /run/systemd && exec kgo-tui service status"
    done = box.run(["unshare", "--mount", "sh", "-c", hidden], check=False)
    assert done.returncode == 5
    assert "systemd is not the service manager here" in done.stderr


def test_a_users_own_service(vps: Vps) -> None:
    before = vps.out(TREES)
    install = ("kgo-tui", *INSTALL, "--user", "--repository", TREE)
    done = vps.ssh("koprogo", *install)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "enable-linger" in done.stdout
    assert vps.ssh("koprogo", "kgo-tui", "service", "status", "--user").returncode == 0
    assert vps.ssh("koprogo", "stat", "-c", "%a", ".config/kgo-tui/config.toml").stdout == "600\n"
    assert vps.ssh("koprogo", "kgo-tui", "service", "uninstall", "--user", "--purge").returncode == 0
    new = [line.split()[0] for line in vps.out(TREES).splitlines() if line not in before]
    assert [path for path in new if "kgo" in path.removeprefix("/home/koprogo") or "systemd" in path] == []
