"""A shell in a container, by docker's own client and with the rights of whoever runs the console.

Owns the command, the look beforehand whether it can work, and what to do where it cannot. Must not
know the screen: whoever calls has left it.
"""

from __future__ import annotations

import asyncio
import getpass
import shutil
import sys
from contextlib import suppress

from kgo_tui.console.speech import say
from kgo_tui.core.model import ContainerView
from kgo_tui.core.text import clean

LOOK_S = 10.0
NOT_BEGUN = frozenset({125, 126, 127})
"""Exit codes with which docker says that there was no shell (docker-run(1))."""


def look_argv(container: str) -> tuple[str, ...]:
    """Does this user reach the engine, and is the container there?"""
    return ("docker", "container", "inspect", "--format", "{{.State.Running}}", container)


def shell_argv(container: str) -> tuple[str, ...]:
    """A shell that this terminal talks to."""
    return ("docker", "exec", "--interactive", "--tty", container, "sh")


async def obstacle(c: ContainerView) -> str:
    """Why this user cannot, and what to do; nothing when all is well."""
    if shutil.which("docker") is None:
        return say("There is no docker command here: a shell in a container needs it.")
    try:
        process = await asyncio.create_subprocess_exec(
            *look_argv(c.id),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        return f"docker: {error.strerror}"
    try:
        async with asyncio.timeout(LOOK_S):
            _, said = await process.communicate()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return say("docker did not answer within {seconds} s.").format(seconds=f"{LOOK_S:g}")
    return "" if process.returncode == 0 else _explained(said, c)


def _explained(said: bytes, c: ContainerView) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    way_out = say(
        "A shell runs with your own rights: an admin gives them with “usermod -aG docker {user}”, then log in"
        " again; or use “sudo docker exec -it {container} sh”."
    )
    told = way_out.format(user=_user(), container=c.id[:12])
    return f"{clean(lines[-1]) if lines else 'docker'}\n{told}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "USER"


async def enter(c: ContainerView) -> int:
    """Run the shell on this terminal to its end; its exit code. Never raises OSError."""
    print(say("A shell in {container}; exit brings you back.").format(container=clean(c.name)), flush=True)  # noqa: T201 - the terminal is ours
    try:
        process = await asyncio.create_subprocess_exec(*shell_argv(c.id))
        code = await process.wait()
    except OSError as error:
        print(f"docker: {error.strerror}")  # noqa: T201
        code = 127
    if code in NOT_BEGUN:
        # What docker said is gone as soon as the screen comes back.
        print(say("No shell was opened. Press Enter to go back."), flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.readline)
    return code
