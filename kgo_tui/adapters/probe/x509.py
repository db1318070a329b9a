"""The dates of a certificate, read from its DER: the standard library gives them for verified ones only.

Owns a walk over as much of the structure as that takes (RFC 5280, section 4.1). Trusts nothing in
it: whatever is not such a certificate gives None. Must not judge a certificate.
"""

from __future__ import annotations

from datetime import UTC, datetime

_SEQUENCE, _INTEGER, _VERSION = 0x30, 0x02, 0xA0
_TIMES = {0x17: ("%y%m%d%H%M%SZ", 13), 0x18: ("%Y%m%d%H%M%SZ", 15)}
"""UTCTime and GeneralizedTime, each in the one form that section 4.1.2.5 allows, and its length."""

_PIVOT = 2050
"""A UTCTime's two digits are 1950 to 2049 (section 4.1.2.5.1); Python's are 1969 to 2068."""


def validity(der: bytes) -> tuple[datetime, datetime] | None:
    """When a certificate begins and ends to be valid (UTC), None when that cannot be read."""
    try:
        certificate = _inside(der, 0, len(der), _SEQUENCE)
        at, end = _inside(der, *certificate, _SEQUENCE)
        if der[at] == _VERSION:
            at = _after(der, at, end)
        at = _after(der, at, end, _INTEGER)  # serial number
        at = _after(der, at, end, _SEQUENCE)  # signature algorithm
        at = _after(der, at, end, _SEQUENCE)  # issuer
        first, last = _inside(der, at, end, _SEQUENCE)
        return _time(der, first, last), _time(der, _after(der, first, last), last)
    except (ValueError, IndexError, OverflowError):
        return None


def _element(der: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the element at `at`; it must fit before `end`."""
    tag, length, start = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:  # noqa: PLR2004 - four bytes of length are 4 GiB
            raise ValueError("length")
        length, start = int.from_bytes(der[start : start + size]), start + size
    if start + length > end:
        raise ValueError("beyond the end")
    return tag, start, start + length


def _inside(der: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    found, start, stop = _element(der, at, end)
    if found != tag:
        raise ValueError("tag")
    return start, stop


def _after(der: bytes, at: int, end: int, tag: int | None = None) -> int:
    found, _, stop = _element(der, at, end)
    if tag is not None and found != tag:
        raise ValueError("tag")
    return stop


def _time(der: bytes, at: int, end: int) -> datetime:
    tag, start, stop = _element(der, at, end)
    if tag not in _TIMES or stop - start != _TIMES[tag][1]:
        raise ValueError("time")
    form, _ = _TIMES[tag]
    time = datetime.strptime(der[start:stop].decode("ascii"), form).replace(tzinfo=UTC)
    return time.replace(year=time.year - 100) if form.startswith("%y") and time.year >= _PIVOT else time
