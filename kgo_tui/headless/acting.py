"""The commands that change something: deploy, rollback, suspend, resume, cancel.

Owns their exit codes. Must not know whether a worker or this process does the work.
"""

from __future__ import annotations

import argparse
import sys

from kgo_tui.core import messages as m
from kgo_tui.core.model import Deployment, State
from kgo_tui.core.report import succeeded
from kgo_tui.headless.connecting import acting_channel
from kgo_tui.headless.progress import stdout

DONE, FAILED, NEEDS_PERSON = 0, 1, 3


async def deploy(arguments: argparse.Namespace) -> int:
    """Check and deploy, and follow it to its end."""
    return await _follow(arguments, m.Deploy(commit=arguments.commit))


async def rollback(arguments: argparse.Namespace) -> int:
    """Go back, and follow it to its end."""
    return await _follow(arguments, m.Rollback(to=arguments.to))


async def suspend(arguments: argparse.Namespace) -> int:
    """Automatic deployment off."""
    return await _tell(arguments, m.Suspend(reason=arguments.reason), "automatic deployment is suspended")


async def resume(arguments: argparse.Namespace) -> int:
    """Automatic deployment on."""
    return await _tell(arguments, m.Resume(), "automatic deployment is resumed")


async def cancel(arguments: argparse.Namespace) -> int:
    """Give up the running deployment."""
    return await _tell(arguments, m.Cancel(), "cancelling")


def code_of(deployment: Deployment) -> int:
    """The exit code that the end of a deployment means to whoever asked for it."""
    if deployment.state is State.ROLLBACK_FAILED:
        return NEEDS_PERSON
    return DONE if succeeded(deployment) else FAILED


async def _follow(arguments: argparse.Namespace, command: m.Deploy | m.Rollback) -> int:
    async with acting_channel(arguments) as (channel, language):
        ended = await channel.follow(command, stdout(language).show)
    code = code_of(ended)
    if code != DONE:
        sys.stdout.write(f"kgo-tui history {ended.id} shows the steps and the evidence\n")
    return code


async def _tell(arguments: argparse.Namespace, command: m.Command, said: str) -> int:
    async with acting_channel(arguments) as (channel, _language):
        await channel.command(command, type(None))
    sys.stdout.write(f"{said}\n")
    return DONE
