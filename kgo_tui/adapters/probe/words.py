"""Failures of a request as short words, and what a refused certificate is refused for.

Owns these two pure mappings, by type and code. Must not make requests.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator

from kgo_tui.core.model import Tls
from kgo_tui.core.text import clean, redact_url

_LONGEST = 120
_CLOSED = "connection closed by the server"

_CERTIFICATE = {
    9: Tls.NOT_YET_VALID,  # X509_V_ERR_CERT_NOT_YET_VALID
    10: Tls.EXPIRED,  # X509_V_ERR_CERT_HAS_EXPIRED
    18: Tls.SELF_SIGNED,  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
    62: Tls.WRONG_HOST,  # X509_V_ERR_HOSTNAME_MISMATCH
    64: Tls.WRONG_HOST,  # X509_V_ERR_IP_ADDRESS_MISMATCH
}
"""OpenSSL's verification results (x509_vfy.h); every other one means that nothing vouches for it."""

_SAID = {
    Tls.NOT_YET_VALID: "certificate not yet valid",
    Tls.EXPIRED: "certificate expired",
    Tls.SELF_SIGNED: "certificate self-signed",
    Tls.WRONG_HOST: "certificate of another host",
    Tls.UNTRUSTED: "certificate not trusted",
}
_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "network unreachable",
    errno.ETIMEDOUT: "connection timed out",
    errno.EMFILE: "too many open files here",
}


def certificate_fault(error: BaseException) -> Tls | None:
    """Why the certificate was refused; None if it was not the certificate."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATE.get(cause.verify_code, Tls.UNTRUSTED)
    return None


def certificate_words(fault: Tls) -> str:
    """That reason in words."""
    return _SAID.get(fault, "certificate refused")


def failure_words(error: BaseException) -> str:
    """What went wrong, in a few words: the deepest cause that says something, else its kind."""
    said = filter(None, map(_cause_words, _causes(error)))
    return next(said, None) or _kind_words(error)


def _cause_words(cause: BaseException) -> str | None:
    if isinstance(cause, socket.gaierror):
        return "name not resolved"
    if isinstance(cause, ssl.SSLEOFError):
        return _CLOSED
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {_short((cause.reason or 'handshake').lower().replace('_', ' '))}"
    if isinstance(cause, OSError) and cause.errno:
        return _ERRNO.get(cause.errno) or os.strerror(cause.errno).lower()
    return None


def _kind_words(error: BaseException) -> str:
    import httpx  # noqa: PLC0415 - import time; there is no failure without it

    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return "connection timed out"
    if isinstance(error, httpx.RemoteProtocolError):
        return "no valid HTTP answer"
    if isinstance(error, httpx.NetworkError):
        return _CLOSED
    return "not a usable URL" if isinstance(error, httpx.InvalidURL | ValueError) else "no answer"


def status_words(status: int, location: str | None) -> str:
    """A wrong status in words; a redirect says where to, since following it would prove nothing."""
    if location is not None and 300 <= status < 400:  # noqa: PLR2004 - RFC 9110, section 15.4
        return f"redirect to {_short(redact_url(location))}"
    return f"status {status}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies behind it, deepest first: wrappers know less than what they wrap."""
    chain: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in chain:
        chain.append(step)
        step = step.__cause__ or step.__context__
    return reversed(chain)


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
