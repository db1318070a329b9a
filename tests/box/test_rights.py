"""Who may do what on a host with the service: the operator, who has the socket's group and nothing else, an
outsider, and what neither may touch."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.box.vps import CONFIG, UNIT, Vps
from tests.box.vps_image import FIRST, Prepared
from tests.lab.box.box import Said
from tests.lab.box.engine import BoxEngine

SOCKET = "/run/kgo-tui/default.sock"
STATE = "/var/lib/kgo-tui"
OPERATOR, OUTSIDER = "operator", "outsider"
TOKEN = "tok3n-of-the-webhook"  # noqa: S105 - a secret to look for
PASSWORD = "hunter2-of-the-box"  # noqa: S105 - as vps_files/env has it
SECRETS = (TOKEN, PASSWORD)

LOOKING = {
    "status": "deployed",
    "history": "",
    "history 2": "verifying",
    "health": "ok",
    "events": "started",
    "plan": "services (3)",
    "check": "in sync",
    "logs": f"systemd: Started {UNIT}",
    "logs --all": "frontend: ",
    "logs backend db": "db: ",
}
ACTING = ("deploy", "rollback", "suspend", "resume", "cancel")


@pytest.fixture(scope="module")
def served(box_engine: BoxEngine, host: Prepared) -> Iterator[Vps]:
    """A host as `service install` leaves it, with a webhook configured and one deployment done."""
    vps = Vps(box_engine, host)
    try:
        vps.open()
        vps.kgo("service", "install")
        vps.run(f"sed -i 's/^#stable_for = .*/stable_for = 0.5/' {CONFIG}")
        webhook = f'\n[[notify]]\nurl = "https://discord.com/api/webhooks/1/{TOKEN}"\n'
        vps.run(f"cat >>{CONFIG} && systemctl restart {UNIT}", text=webhook)
        vps.wait_until(lambda: has_checked(vps), "the first check")
        vps.release("1.1")
        vps.kgo("deploy")
        yield vps
    finally:
        vps.close()


def has_checked(vps: Vps) -> bool:
    """The next check is minutes away, so that nothing but these tests deploys."""
    status = vps.asked("status", code=None)
    return bool(status["next_check_at"] and str(status["reason"]).startswith("in sync"))


def types(vps: Vps, user: str, command: str, code: int | None = 0) -> Said:
    """A command over ssh."""
    done = vps.ssh(user, command, deadline_s=120)
    said = f"{user}: {command}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in said, said
    assert code is None or done.returncode == code, said
    return done


@pytest.mark.parametrize("command", LOOKING)
def test_the_operator_sees_everything(served: Vps, command: str) -> None:
    assert LOOKING[command] in types(served, OPERATOR, f"kgo-tui {command}").stdout


def test_the_operator_has_nothing_but_the_group(served: Vps) -> None:
    assert set(types(served, OPERATOR, "id -Gn").stdout.split()) == {OPERATOR, "kgo-tui"}
    for command in ("sudo -n true", "docker ps", f"cat {CONFIG}", f"ls {STATE}", f"systemctl restart {UNIT}"):
        assert types(served, OPERATOR, command, code=None).returncode != 0, command
    assert types(served, OPERATOR, f"journalctl -q -u {UNIT} -n 1").stdout == ""


def test_the_operator_deploys_and_goes_back_and_it_bears_the_operators_name(served: Vps) -> None:
    before = served.version()
    released = served.release("1.2")
    assert "Deployed" in types(served, OPERATOR, "kgo-tui deploy").stdout
    assert served.version() == "1.2"
    assert "Rolled back" in types(served, OPERATOR, "kgo-tui rollback").stdout
    assert served.version() == before
    back, deployed, *_ = json.loads(types(served, OPERATOR, "kgo-tui history --json").stdout)
    assert (back["trigger"], back["by"], deployed["trigger"], deployed["by"]) == (
        "rollback",
        OPERATOR,
        "manual",
        OPERATOR,
    )
    assert deployed["to_commit"] == released.commit
    queued = served.journal("-u", UNIT, f"KGO_DEPLOYMENT={back['id']}", "KGO_EVENT=deployment_queued")
    assert f"by {OPERATOR})" in queued[-1]["MESSAGE"]
    types(served, OPERATOR, f"kgo-tui deploy {released.commit}")  # what one rolled back from is held back
    assert served.version() == "1.2"


def test_the_operator_suspends_and_resumes_by_name(served: Vps) -> None:
    types(served, OPERATOR, "kgo-tui suspend --reason holidays")
    suspended = served.asked("status", code=None)["suspended"]
    assert (suspended["by"], suspended["reason"]) == (OPERATOR, "holidays")
    assert f"Suspended by {OPERATOR}: holidays" in served.out(["systemctl", "status", UNIT])
    types(served, OPERATOR, "kgo-tui resume")
    assert served.asked("status", code=None)["suspended"] is None
    events = served.kgo("events", user=OPERATOR).stdout
    assert f"suspended by {OPERATOR}: holidays" in events
    assert f"resumed by {OPERATOR}" in events


@pytest.mark.parametrize("command", [*LOOKING, *ACTING])
def test_an_outsider_is_refused_and_told_the_way_in(served: Vps, command: str) -> None:
    refused = types(served, OUTSIDER, f"kgo-tui {command}", code=5)
    assert refused.stdout == ""
    assert refused.stderr.splitlines() == [
        f"kgo-tui: the worker's socket {SOCKET} is for members of the group kgo-tui",
        f"Have an administrator run: usermod -aG kgo-tui {OUTSIDER} - then log in again.",
    ]


def test_the_way_in_that_is_told_is_one_after_a_new_login(served: Vps) -> None:
    session = subprocess.Popen(
        served.ssh_argv(OUTSIDER, "echo in; read -r go; kgo-tui status"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert session.stdout is not None
    try:
        assert session.stdout.readline() == "in\n"
        served.run(["usermod", "-aG", "kgo-tui", OUTSIDER])
        _, refused = session.communicate("go\n", timeout=60)
        assert "You are a member: log in again for that to count." in refused
        assert "deployed" in types(served, OUTSIDER, "kgo-tui status").stdout
    finally:
        session.kill()
        served.run(["gpasswd", "--delete", OUTSIDER, "kgo-tui"])


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/run/kgo-tui", "drwxr-xr-x root root"),
        (SOCKET, "srw-rw---- root kgo-tui"),
        (STATE, "drwxr-x--- root root"),
        (f"{STATE}/default.db", "-rw------- root root"),
        (f"{STATE}/default.lock", "-rw------- root root"),
        ("/etc/kgo-tui", "drwxr-xr-x root root"),
        (CONFIG, "-rw-r----- root root"),
    ],
)
def test_what_is_there_is_closed_to_others(served: Vps, path: str, mode: str) -> None:
    assert served.out(["stat", "-c", "%A %U %G", path]) == mode
    if path not in ("/run/kgo-tui", "/etc/kgo-tui"):
        opened = f"cat {path} 2>&1 || ls {path}/"
        assert "Permission denied" in types(served, OUTSIDER, opened, code=None).stdout or path == SOCKET


@pytest.mark.parametrize("user", [OUTSIDER, OPERATOR, "koprogo"])
def test_nobody_else_replaces_the_socket_or_puts_one_beside_it(served: Vps, user: str) -> None:
    inode = served.out(["stat", "-c", "%i", SOCKET])
    for attempt in (
        f"rm -f {SOCKET}",
        f"mv {SOCKET} /tmp/taken",
        f"ln -sf /tmp/taken {SOCKET}",
        "rm -rf /run/kgo-tui",
        "mv /run/kgo-tui /run/elsewhere",
        "touch /run/kgo-tui/staging.sock",
        f"touch {STATE}/default.lock",
    ):
        assert types(served, user, attempt, code=None).returncode != 0, attempt
    assert served.out(["stat", "-c", "%i", SOCKET]) == inode
    served.kgo("status", user=OPERATOR, code=None)


def test_no_command_line_and_no_file_for_others_shows_a_secret(served: Vps) -> None:
    """All that an outsider can see of the worker, its git and its docker while it deploys."""
    watch = "for at in $(seq 600); do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; echo; done"
    watching = subprocess.Popen(
        served.ssh_argv(OUTSIDER, watch), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    try:
        served.release("1.3")
        served.kgo("deploy")
    finally:
        served.run(["pkill", "-u", OUTSIDER, "bash"], check=False)
        seen, _ = watching.communicate(timeout=60)
    assert b"--headless\0monitor" in seen
    assert b"docker-compose\0" in seen, "it was watched while it worked"
    [pid] = served.show(UNIT, "MainPID").values()
    for secret in SECRETS:
        assert secret.encode() not in seen
    assert types(served, OUTSIDER, f"cat /proc/{pid}/environ", code=1).stdout == ""


def test_what_the_operator_and_the_journal_are_shown_holds_no_secret(served: Vps) -> None:
    shown = [types(served, OPERATOR, f"kgo-tui {command} --json").stdout for command in LOOKING]
    shown += [served.kgo("doctor").stdout, served.kgo("config", "show").stdout]
    shown += [served.out(["journalctl", "--no-pager", "--output=export", "-u", UNIT])]
    assert TOKEN in served.get(CONFIG)
    assert PASSWORD in str(served.containers()["backend"]["Config"]["Env"])
    for secret in SECRETS:
        assert not any(secret in one for one in shown)
    assert served.version() not in (None, FIRST)
