"""What is said of health in words: the last answer, the certificate, uptime, the last outage, one cell.

Owns these sentences and their glyphs. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from kgo_tui.console.glyphs import of_deployment
from kgo_tui.console.health import strip
from kgo_tui.console.health.cells import EMPTY, Cell, Outage, Uptime
from kgo_tui.console.health.frame import Frame
from kgo_tui.console.pieces import Piece, Pieces, Tone, plain, width
from kgo_tui.console.speech import later, say
from kgo_tui.console.times import age, clock, span
from kgo_tui.core.model import Deployment, Sample, Tls
from kgo_tui.core.report import TLS_SOON_DAYS

_TLS: Mapping[Tls, str] = {
    Tls.NONE: later("none"),
    Tls.VALID: later("valid"),
    Tls.NOT_YET_VALID: later("not yet valid"),
    Tls.EXPIRED: later("expired"),
    Tls.SELF_SIGNED: later("self-signed"),
    Tls.WRONG_HOST: later("wrong host"),
    Tls.UNTRUSTED: later("untrusted"),
}
GAP = Piece("   ")
MOST_NAMED = 2


def answer(sample: Sample | None) -> Pieces:
    """The last answer of the probe."""
    if sample is None:
        return plain(say("the probe has not asked yet"), Tone.DIM)
    said = " ".join(_said(sample))
    glyph, tone = ("✓", Tone.OK) if sample.ok else ("✗", Tone.BAD)
    word = say("healthy") if sample.ok else say("failing")
    asked = say("at {time}").format(time=clock(sample.at))
    return (Piece(f"{glyph} {word}  ", tone), Piece(said), Piece(f"  {asked}", Tone.DIM))


def _said(sample: Sample) -> Iterator[str]:
    if sample.status_code is not None:
        yield f"HTTP {sample.status_code}"
    if sample.error:
        yield sample.error.partition("\n")[0]
    elif sample.latency_ms is not None:
        yield say("in {ms} ms").format(ms=f"{sample.latency_ms:.0f}")


def certificate(sample: Sample | None) -> Pieces:
    """The certificate, and for how long."""
    if sample is None or sample.tls is None or sample.tls is Tls.NONE:
        return ()
    days = sample.tls_days_left
    soon = days is not None and days < TLS_SOON_DAYS
    glyph, tone = ("✓", Tone.OK) if sample.tls is Tls.VALID else ("✗", Tone.BAD)
    if sample.tls is Tls.VALID and soon:
        glyph, tone = "!", Tone.WARN
    left = "" if days is None else f", {say('{days} days left').format(days=days)}"
    return (Piece(f"{glyph} TLS {say(_TLS[sample.tls])}{left}", tone),)


def uptimes(named: Sequence[tuple[str, Uptime]], room: int) -> Pieces:
    """Uptime over several spans; those that have no room are left out from the end."""
    line: Pieces = (Piece(f"{say('uptime')}  ", Tone.DIM),)
    for name, up in named:
        tone = Tone.DIM if not up.samples else Tone.OK if up.good == up.samples else Tone.WARN
        longer = (*line, Piece(f"{name} ", Tone.DIM), Piece(up.percent, tone), GAP)
        if width(longer) - len(GAP.text) > room:
            break
        line = longer
    return line


def outage(last: Outage | None, sample: Sample | None, now: datetime) -> Pieces:
    """When it was down last, and for how long."""
    if last is None:
        return plain(say("no outage in 30 days") if sample is not None else "", Tone.DIM)
    lasted = span((last.end - last.begin).total_seconds())
    if not last.over and sample is not None and not sample.ok:
        since = say("failing since {when}").format(when=moment(last.begin, now))
        return plain(f"✗ {since}", Tone.BAD)
    told = say("last outage {when}, for about {time}").format(when=moment(last.begin, now), time=lasted)
    return (Piece(told, Tone.PLAIN), Piece(f"  {say('{age} ago').format(age=age(last.end, now))}", Tone.DIM))


def moment(at: datetime, now: datetime) -> str:
    """The time of day, with the date when that is not today."""
    same = at.astimezone().date() == now.astimezone().date()
    return f"{at.astimezone():%H:%M}" if same else f"{at.astimezone():%m-%d %H:%M}"


def cell(frame: Frame, number: int, known: Cell, deployed: Sequence[Deployment], now: datetime) -> Pieces:
    """One cell in words."""
    begin = frame.begin(number)
    end = begin + timedelta(seconds=frame.cell_s)
    when = f"{moment(begin, now)}–{moment(end, now) if frame.cell_s >= strip.DAY_S else clock(end)[:5]}"
    pieces: tuple[Piece, ...] = (Piece(f"{when}  ", Tone.STRONG), *_counts(known))
    if len(deployed) > MOST_NAMED:
        return (*pieces, Piece(f"  {say('{count} deployments').format(count=len(deployed))}"))
    for d in deployed:
        pieces = (*pieces, Piece(f"  #{d.id} "), of_deployment(d))
    return pieces


def _counts(known: Cell) -> Iterator[Piece]:
    if known == EMPTY:
        yield Piece(f"{strip.NONE} {say('not known')}", Tone.DIM)
        return
    about = "~" if known.blurred else ""
    if known.bad:
        told = say("{bad} of {count} failed").format(bad=known.bad, count=known.samples)
        yield Piece(f"✗ {about}{told}", Tone.BAD if not known.good else Tone.WARN)
    else:
        yield Piece(f"✓ {about}{say('{count} good').format(count=known.samples)}", Tone.OK)
    if known.average_ms is not None:
        yield Piece(f"  {known.average_ms:.0f} ms", Tone.PLAIN)
    if known.most_ms is not None:
        yield Piece(f", {say('most {ms} ms').format(ms=f'{known.most_ms:.0f}')}", Tone.DIM)


def legend(room: int) -> Pieces:
    """What the glyphs mean, as many as fit."""
    words = (
        (strip.GOOD, say("good"), Tone.OK),
        (strip.SOME, say("partly"), Tone.WARN),
        (strip.BAD, say("failed"), Tone.BAD),
        (strip.NONE, say("unknown"), Tone.DIM),
        *((glyph, say(word), tone) for glyph, word, tone in strip.MARKS.values() if glyph != strip.BAD),
    )
    pieces: Pieces = ()
    for glyph, word, tone in words:
        longer = (*pieces, Piece(glyph, tone), Piece(f" {word}  ", Tone.DIM))
        if width(longer) > room + 2:
            break
        pieces = longer
    if width(pieces) > room:  # but for the gap after the last word
        pieces = (*pieces[:-1], Piece(pieces[-1].text.rstrip(), pieces[-1].tone))
    return pieces
