"""The key pair that opens every box, and the command line of ssh. Owns both files."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.lab.box.cache import made

KIND, EDITION = "key", "1"
# Hosts come and go on the same address, so that nothing is remembered of them and nothing asked.
OPTIONS = (
    "BatchMode=yes",
    "ConnectTimeout=10",
    "IdentitiesOnly=yes",
    "LogLevel=ERROR",
    "ServerAliveInterval=5",
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
)


def private_key() -> Path:
    """The file that ssh is given; made when it is first asked for."""
    return made(KIND, EDITION, _make) / "id"


def public_key() -> str:
    """The line for `authorized_keys`."""
    return (private_key().parent / "id.pub").read_text()


def ssh_argv(port: int, user: str, *command: str, terminal: bool = False) -> list[str]:
    """The command line of ssh(1) into a box, which gives the command a terminal there if asked to."""
    options = [word for option in OPTIONS for word in ("-o", option)]
    way_in = ["-F", "none", "-i", str(private_key()), "-p", str(port), *options]
    return ["ssh", *(["-tt"] if terminal else []), *way_in, f"{user}@127.0.0.1", *command]


def _make(folder: Path) -> None:
    pair = ed25519.Ed25519PrivateKey.generate()
    formats = serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    folder.mkdir(parents=True)
    descriptor = os.open(folder / "id", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pair.private_bytes(*formats))
    line = pair.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    (folder / "id.pub").write_text(f"{line.decode()} lab\n")
