"""A certificate's dates out of its DER; garbage has none."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from kgo_tui.adapters.probe.x509 import validity

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(first: datetime, last: datetime, name: str = "localhost", serial: int = 1) -> bytes:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder(subject, subject, KEY.public_key(), serial, first, last).sign(
        KEY, hashes.SHA256()
    )
    return built.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("1950-01-01T00:00:00", "1969-12-31T23:59:59"),
        ("1999-12-31T23:59:59", "2000-01-01T00:00:00"),
        ("2020-02-29T12:00:01", "2049-12-31T23:59:59"),
        ("2049-12-31T23:59:59", "2050-01-01T00:00:00"),
        ("2068-01-01T00:00:00", "2069-01-01T00:00:00"),
        ("2020-01-01T00:00:00", "9999-12-31T23:59:59"),
    ],
)
def test_the_dates_are_read_in_both_of_their_forms(first: str, last: str) -> None:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last))
    assert validity(certificate(begin, end)) == (begin, end)


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(9990, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    st.timedeltas(timedelta(seconds=1), timedelta(days=3000)),
    st.text(alphabet="abc.", min_size=1, max_size=60),
    st.integers(1, 2**158),
)
def test_any_certificates_dates_are_read(first: datetime, span: timedelta, name: str, serial: int) -> None:
    begin = first.replace(microsecond=0)
    end = (begin + span).replace(microsecond=0)
    assert validity(certificate(begin, end, name, serial)) == (begin, end)


GOOD = certificate(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


@given(st.binary(max_size=200))
def test_garbage_has_no_dates(garbage: bytes) -> None:
    assert validity(garbage) is None


@given(st.integers(0, len(GOOD) - 1))
def test_a_certificate_cut_short_has_no_dates(length: int) -> None:
    assert validity(GOOD[:length]) is None


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_certificate_never_raises(damage: list[tuple[int, int]]) -> None:
    raw = bytearray(GOOD)
    for at, value in damage:
        raw[at] = value
    found = validity(bytes(raw))
    assert found is None or all(time.tzinfo is UTC for time in found)


def test_lengths_that_lie_cost_nothing() -> None:
    began = time.monotonic()
    for raw in (b"\x30\x84\xff\xff\xff\xff" * 1000, b"\x30\x80" * 1000, b"\x30\xff" + b"\xff" * 200):
        assert validity(raw) is None
    assert time.monotonic() - began < 1
