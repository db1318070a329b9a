"""The probe and certificates: each fault is named; lenient asks all the same, strict does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kgo_tui.adapters.probe import HttpProber
from kgo_tui.core.model import Sample, Tls
from kgo_tui.demo.certificates import Certificate, Certificates
from tests.adapters.probe_server import OK, resolve_to, says, serving, status

KINDS: dict[Certificate, Tls] = {
    "valid": Tls.VALID,
    "expired": Tls.EXPIRED,
    "not_yet_valid": Tls.NOT_YET_VALID,
    "self_signed": Tls.SELF_SIGNED,
    "wrong_host": Tls.WRONG_HOST,
    "unknown_issuer": Tls.UNTRUSTED,
}
DAYS_LEFT = {"valid": 59, "expired": -3, "not_yet_valid": 89}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))


async def probed(url: str, tls: str = "lenient") -> Sample:
    prober = HttpProber([url], timeout_s=20, tls=tls)
    try:
        return await prober.probe()
    finally:
        await prober.aclose()


@pytest.mark.parametrize(("kind", "state"), KINDS.items())
async def test_lenient_takes_any_certificate_and_says_what_is_wrong_with_it(
    certificates: Certificates, kind: Certificate, state: Tls
) -> None:
    async with serving(says(OK), certificate=certificates.path(kind)) as server:
        sample = await probed(server.url("localhost", scheme="https"))
    assert (sample.ok, sample.status_code, sample.tls, sample.error) == (True, 200, state, None)
    assert sample.tls_days_left == DAYS_LEFT.get(kind, sample.tls_days_left)
    assert sample.tls_days_left is not None
    assert len(server.requests) == 1


@pytest.mark.parametrize(("kind", "state"), KINDS.items())
async def test_strict_fails_on_any_but_a_valid_one_and_sends_it_nothing(
    certificates: Certificates, kind: Certificate, state: Tls
) -> None:
    async with serving(says(OK), certificate=certificates.path(kind)) as server:
        sample = await probed(server.url("localhost", scheme="https"), tls="strict")
    assert (sample.ok, sample.tls) == (kind == "valid", state)
    assert len(server.requests) == (kind == "valid")
    assert (sample.error is None) == (kind == "valid")
    assert kind != "expired" or sample.error == "certificate expired"


async def test_an_address_is_checked_against_the_certificate_as_well(certificates: Certificates) -> None:
    async with serving(says(OK), certificate=certificates.path("valid")) as server:
        assert (await probed(server.url("127.0.0.1", scheme="https"))).tls is Tls.VALID
    async with serving(says(OK), certificate=certificates.path("wrong_host")) as server:
        assert (await probed(server.url("127.0.0.1", scheme="https"))).tls is Tls.WRONG_HOST


async def test_the_name_and_not_the_address_is_what_the_certificate_must_be_for(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    async with serving(says(OK), certificate=certificates.path("wrong_host")) as server:
        assert (await probed(server.url("elsewhere.test", scheme="https"))).tls is Tls.VALID
        assert (await probed(server.url("elsewhere.test.", scheme="https"))).tls is Tls.VALID


async def test_a_refused_certificate_is_not_taken_for_an_address_that_is_down(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "127.0.0.1", "127.9.9.9")
    async with serving(says(OK), certificate=certificates.path("expired")) as server:
        sample = await probed(server.url("localhost", scheme="https"), tls="strict")
    assert sample.error == "certificate expired"


async def test_a_wrong_status_behind_an_invalid_certificate_is_a_failure(certificates: Certificates) -> None:
    async with serving(status(404), certificate=certificates.path("self_signed")) as server:
        sample = await probed(server.url("localhost", scheme="https"))
    assert (sample.ok, sample.status_code, sample.tls, sample.error) == (
        False, 404, Tls.SELF_SIGNED, "status 404",
    )  # fmt: skip


async def test_of_several_good_answers_the_one_with_the_bad_certificate_is_shown(
    certificates: Certificates,
) -> None:
    async with (
        serving(says(OK), certificate=certificates.path("expired")) as old,
        serving(says(OK), certificate=certificates.path("valid")) as good,
    ):
        urls = [old.url("localhost", scheme="https"), good.url("localhost", scheme="https")]
        prober = HttpProber(urls, timeout_s=20)
        assert (await prober.probe()).tls is Tls.EXPIRED
        await prober.aclose()


async def test_a_server_without_tls_is_told_as_such() -> None:
    async with serving(says(OK), listens=False) as server:
        sample = await probed(server.url("localhost", scheme="https"))
    assert (sample.ok, sample.tls, sample.error) == (False, None, "TLS failed: wrong version number")


async def test_answers_does_not_look_at_the_certificate(certificates: Certificates) -> None:
    async with serving(says(OK), certificate=certificates.path("expired")) as server:
        prober = HttpProber([server.url("localhost", scheme="https")], tls="strict")
        assert await prober.answers() is True
        await prober.aclose()


def test_importing_the_probe_loads_neither_httpx_nor_ssl_contexts() -> None:
    program = (
        "import sys; from kgo_tui.adapters.probe import HttpProber; HttpProber(['https://localhost/']);"
        "print([m for m in ('httpx', 'httpcore', 'certifi', 'anyio') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_where_the_system_has_no_authorities_certifis_are_taken(tmp_path: Path) -> None:
    program = (
        "import ssl; from types import SimpleNamespace;"
        "ssl.SSLContext.set_default_verify_paths = lambda self: None;"
        f"ssl.get_default_verify_paths = lambda: SimpleNamespace(capath={str(tmp_path)!r});"
        "from kgo_tui.adapters.probe.asking import _verifying;"
        "print(_verifying().cert_store_stats()['x509_ca'])"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60, env=environ
    )
    assert int(done.stdout) > 50
