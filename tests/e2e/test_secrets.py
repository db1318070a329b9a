"""No secret leaves: not on the screen, not in the journal, the store or the socket."""

from __future__ import annotations

import json
import socket

import pytest

from kgo_tui.demo.remote import git
from kgo_tui.demo.sandbox import Sandbox
from tests.e2e.conftest import NewWorker
from tests.e2e.host import (
    FAILED,
    UNREACHABLE,
    compose_with,
    configure,
    history,
    kgo,
    last,
    set_variable,
)

pytestmark = pytest.mark.lab

TOKEN, WEBHOOK, PASSWORD = "ghp-c4n4ry-of-the-remote", "c4n4ry-of-the-webhook", "c4n4ry of the Env-file!"
SHOWING = ("status", "history", "events", "health", "config show")
TELLTALE = """\
    environment: {DB_PASSWORD: "${DB_PASSWORD}"}
    entrypoint: ["/bin/sh", "-c", "echo cannot log in with $$DB_PASSWORD; exit 1"]
    ports: ["""


def on_screen(sandbox: Sandbox) -> str:
    """All that the commands that only look have to say, for people and for programs."""
    said = []
    for command in SHOWING:
        for form in ((), ("--json",)):
            done = sandbox.kgo(*command.split(), *form)
            said += [done.stdout, done.stderr]
    number = str(history(sandbox)[0]["id"])
    return "".join([*said, kgo(sandbox, "history", number), json.dumps(last(sandbox))])


def in_store(sandbox: Sandbox) -> str:
    """Every byte of the state directory."""
    return "".join(path.read_bytes().decode("latin-1") for path in sandbox.state.iterdir())


def on_socket(sandbox: Sandbox) -> str:
    """Every byte that the worker sends to whoever asks it for everything."""
    frames = (
        {"frame": "hello", "version": 1, "name": "cli", "subscribe": True, "cursor": 0},
        {"frame": "query", "id": 1, "query": {"query": "history"}},
        {"frame": "query", "id": 2, "query": {"query": "deployment", "id": history(sandbox)[0]["id"]}},
    )
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(sandbox.runtime / "default.sock"))
        line.sendall(b"".join(json.dumps(frame).encode() + b"\n" for frame in frames))
        heard = b""
        while heard.count(b'"frame":"result"') < 2 or b'"evidence"' not in heard:
            heard += line.recv(1 << 16)
    return heard.decode()


def test_what_a_container_prints_and_what_is_configured(sandbox: Sandbox, start_worker: NewWorker) -> None:
    set_variable(sandbox, "DB_PASSWORD", f"'{PASSWORD}'")
    text = sandbox.config.read_text()
    webhook = f"https://discord.com/api/webhooks/1234567890/{WEBHOOK}"
    sandbox.config.write_text(f'{text}\n[[notify]]\nurl = "{webhook}"\n')
    configure(sandbox, monitor__interval=3600, health__attempts=2)
    sandbox.up()
    worker = start_worker(sandbox, env={"DISCORD_WEBHOOK_URL": f"{webhook}-too"})
    worker.until("Up to date")
    sandbox.release("1.1", files=compose_with(sandbox, "    ports: [", TELLTALE))
    said = kgo(sandbox, "deploy", code=FAILED)
    shown = on_screen(sandbox)
    assert "cannot log in with ***" in shown, "the container's words are kept, without the password"
    for place in (said, worker.log, shown, in_store(sandbox), on_socket(sandbox)):
        for secret in (WEBHOOK, PASSWORD, "c4n4ry"):
            assert secret not in place


def test_a_token_in_the_address_of_the_remote(sandbox: Sandbox, start_worker: NewWorker) -> None:
    sandbox.up()
    kgo(sandbox, "deploy")
    sandbox.registry.stop()
    address = f"{sandbox.registry.address}/koprogo.git"  # where nobody answers any more
    git(sandbox.tree, "remote", "set-url", "origin", f"http://koprogo:{TOKEN}@{address}")
    said = kgo(sandbox, "deploy", code=UNREACHABLE)
    assert "the git remote origin cannot be read" in said
    worker = start_worker(sandbox)
    worker.until("git pull failed: ")
    shown = on_screen(sandbox)
    assert f'"remote_url": "http://{address}"' in shown
    for place in (said, worker.log, shown, in_store(sandbox)):
        assert TOKEN not in place
