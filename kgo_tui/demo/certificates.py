"""Certificates for the HTTPS front, each wrong in one way only, and the authority that clients trust.

Writes PEM files; serves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Certificate = Literal["valid", "expired", "not_yet_valid", "self_signed", "wrong_host", "unknown_issuer"]
NAMES = ("localhost", "127.0.0.1")
DAY = timedelta(days=1)


class Certificates:
    """A folder with `<kind>.pem` (key and chain) for every kind, and `authority.pem`."""

    def __init__(self, folder: Path, *, days_left: int = 60, names: Sequence[str] = NAMES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._names, self._authority = folder, tuple(names), trustme.CA()
        self.authority = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.authority))
        self.issue("valid", left=days_left * DAY)

    def path(self, kind: Certificate) -> Path:
        """The file of that kind, made when it is first asked for."""
        file = self._folder / f"{kind}.pem"
        if not file.exists():
            self.issue(kind)
        return file

    def issue(self, kind: Certificate, *, left: timedelta = 60 * DAY) -> None:
        """Write a certificate of that kind; `left` is its time to live, where that is not its fault."""
        if kind not in get_args(Certificate):
            raise ValueError(f"no such certificate: {kind}")
        start, end = _validity(kind, left)
        if kind == "self_signed":
            pem = _self_signed(self._names[0], start, end)
        else:
            authority = trustme.CA() if kind == "unknown_issuer" else self._authority
            names = ("elsewhere.test",) if kind == "wrong_host" else self._names
            pem = authority.issue_cert(
                *names, not_before=start, not_after=end
            ).private_key_and_cert_chain_pem.bytes()
        (self._folder / f"{kind}.pem").write_bytes(pem)


def _validity(kind: Certificate, left: timedelta) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    if kind == "expired":
        return now - 90 * DAY, now - 2 * DAY
    if kind == "not_yet_valid":
        return now + 2 * DAY, now + 90 * DAY
    return now - DAY, now + left


def _self_signed(host: str, start: datetime, end: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start, end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *plain) + built.public_bytes(
        serialization.Encoding.PEM
    )
