"""Copying, from wherever the console runs: over SSH, in tmux, in a terminal that knows no clipboard.

Owns the ways out: tmux's own buffer, the terminal's clipboard by OSC 52 (xterm, "Operating System
Commands"), and always a file, since neither of the two ever says that it worked.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from kgo_tui.console.speech import say

MOST_BYTES = 74_994
"""What makes 100,000 characters of base64, the most that terminals take."""

TMUX_S = 2.0
COPIED = "copied.txt"
TMUX = ("tmux", "load-buffer", "-w", "-")
"""`-w` (tmux 3.2) hands it on to the terminal outside as well."""


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the console leaves its files."""
    state = environ.get("XDG_STATE_HOME", "")
    return (Path(state) if Path(state).is_absolute() else Path.home() / ".local/state") / "kgo-tui"


async def copy(text: str, terminal: Callable[[str], None], environ: Mapping[str, str] = os.environ) -> str:
    """Copy by every way there is; the sentence that says by which. `terminal` sends OSC 52."""
    data = text.encode("utf-8", "replace")
    saved = await asyncio.to_thread(_saved, data, environ)
    way = await _sent(text, data, terminal, environ)
    where = "" if saved is None else say("it is in {file}").format(file=saved)
    return "; ".join(part for part in (way, where) if part)


def write(folder_: Path, name: str, data: bytes) -> Path:
    """Write a file that only we can read, whole or not at all. Raises OSError."""
    folder_.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, new = folder_ / name, folder_ / f".{name}.{os.getpid()}"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return new.rename(path)


async def _sent(text: str, data: bytes, terminal: Callable[[str], None], environ: Mapping[str, str]) -> str:
    if environ.get("TMUX") and await _to_tmux(data):
        return say("copied to tmux and its terminal")
    if environ.get("STY") and not environ.get("TMUX"):
        return say("screen hands on no clipboard")
    if len(data) > MOST_BYTES:
        return say("too long for a terminal's clipboard")
    terminal(text)
    return say("copied, if the terminal allows it")


async def _to_tmux(data: bytes) -> bool:
    """Whether tmux took it."""
    try:
        tmux = await asyncio.create_subprocess_exec(
            *TMUX,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(TMUX_S):
            await tmux.communicate(data)
    except TimeoutError:
        with suppress(ProcessLookupError):
            tmux.kill()
        await tmux.wait()
    return tmux.returncode == 0


def _saved(data: bytes, environ: Mapping[str, str]) -> Path | None:
    try:
        return write(folder(environ), COPIED, data)
    except OSError:
        return None
