"""One deployment in full, as lines in sections that can be folded: summary, steps, output, evidence.

Owns which sections there are, what each line says and what can be folded. Pure. Foreign text was broken
and made inert in `wrapped`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from kgo_tui.console.deployments import waterfall, words
from kgo_tui.console.deployments.waterfall import Axis
from kgo_tui.console.deployments.wrapped import LONGEST, by_words, wrapped
from kgo_tui.console.glyphs import of_deployment
from kgo_tui.console.pieces import Piece, Pieces, Tone, plain
from kgo_tui.console.retold import retold
from kgo_tui.console.session import Output
from kgo_tui.console.speech import say
from kgo_tui.console.times import duration, stamp
from kgo_tui.core.machine import is_terminal
from kgo_tui.core.model import Deployment, Evidence, Image, Outcome, Step

LABEL, INDENT = 10, 4
SMALL = 12
"""Lines of a section that is not worth folding at first."""


class Line(NamedTuple):
    """`key` is the line's for good; `under` the key of the line that hides it when folded ("" is always
    seen); `folds` says that it has such lines, `opens` that they are seen at first. `glue` joins a line
    that only goes on with the one before it."""

    key: str
    pieces: Pieces
    under: str = ""
    folds: bool = False
    opens: bool = True
    glue: str | None = None

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(piece.text for piece in self.pieces)


class Subject(NamedTuple):
    """All that is known of a deployment."""

    deployment: Deployment
    steps: tuple[Step, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    output: tuple[Output, ...] = ()


def lines(subject: Subject, now: datetime, room: int) -> tuple[Line, ...]:
    """Every line, whether folded or not."""
    d = subject.deployment
    return (
        *_summary(subject, room),
        *_steps(subject.steps, now, room),
        *_output(subject.output, room, live=not is_terminal(d.state)),
        *_evidence(subject.evidence, room),
        *_images(d.images, room),
    )


def title(d: Deployment) -> Pieces:
    """What stands above all of it."""
    return (
        Piece(f"{say('deployment')} {d.id}  ", Tone.STRONG),
        of_deployment(d),
        Piece(f"  {words.commits(d)}  "),
        Piece(words.begun_by(d), Tone.DIM),
    )


def _summary(subject: Subject, room: int) -> Iterator[Line]:
    d = subject.deployment
    hint = next((s.hint for s in reversed(subject.steps) if s.hint), "")
    yield from _fact("what", say("what"), d.subject.partition("\n")[0], room)
    yield from _fact("when", say("when"), "   ".join(_times(d)), room)
    yield from _fact("why", say("why"), words.why(d), room, Tone.BAD)
    yield from _fact("hint", "  →", retold(hint), room)
    yield from _fact("host", say("host"), words.fate(d), room)
    yield from _fact("data", say("data"), ", ".join(d.irreversible), room, Tone.WARN)


def _times(d: Deployment) -> Iterator[str]:
    yield stamp(d.started_at)
    if d.duration_s is not None:
        yield say("took {time}").format(time=duration(d.duration_s))
    if d.downtime_ms is not None:
        yield say("down {time}").format(time=words.downtime(d))


def _fact(key: str, label: str, text: str, room: int, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    if not text:
        return
    for number, part in enumerate(by_words(text, room - LABEL)):
        first = (label if number == 0 else "").ljust(LABEL)
        pieces = (Piece(first, Tone.DIM), Piece(part, tone))
        yield Line(f"{key}/{number}", pieces, glue=" " if number else None)


def _steps(steps: Sequence[Step], now: datetime, room: int) -> Iterator[Line]:
    along = waterfall.axis(steps, now, room)
    if along is None:
        return
    name = Piece(say("Steps").ljust(waterfall.NAME), Tone.STRONG)
    yield Line("steps", (name, *waterfall.scale(along)[1:]), folds=True)
    for s in steps:
        yield from _step(s, along, now, room)


def _step(s: Step, along: Axis, now: datetime, room: int) -> Iterator[Line]:
    key = f"step/{s.state}/{s.entry}"
    more = tuple(_of_step(key, s, room))
    fails = s.outcome not in {None, Outcome.OK, Outcome.NOT_PUBLISHED}
    yield Line(key, waterfall.line(s, along, now), "steps", folds=bool(more), opens=fails)
    yield from more


def _of_step(key: str, s: Step, room: int) -> Iterator[Line]:
    said = [words.outcome(s)] if words.outcome(s) else []
    if s.attempts:
        said.append(say("attempts: {count}").format(count=s.attempts))
    if s.message:
        said.append(retold(s.message))
    if s.error:
        said.append(f"({s.error})")
    tone = Tone.DIM if s.outcome in {None, Outcome.OK} else words.step(s).tone
    if said:
        yield from _under(key, "said", by_words("  ".join(said), room - INDENT), tone, " ")
    if s.hint:
        yield from _under(key, "hint", by_words(f"→ {retold(s.hint)}", room - INDENT), Tone.PLAIN, " ")
    for number, command in enumerate(s.commands):
        yield from _under(key, f"command{number}", wrapped(f"$ {command}", room - INDENT), Tone.DIM)


def _under(key: str, part: str, texts: Iterable[str], tone: Tone, glue: str = "") -> Iterator[Line]:
    for number, text in enumerate(texts):
        pieces = (Piece(" " * INDENT), Piece(text, tone))
        yield Line(f"{key}/{part}/{number}", pieces, key, glue=glue if number else None)


def _text(key: str, under: str, text: str, room: int) -> Iterator[Line]:
    """A text as it is, long lines broken."""
    for number, whole in enumerate(text.split("\n")):
        for part, some in enumerate(wrapped(whole, room - 2)):
            pieces = (Piece("  "), Piece(some))
            yield Line(f"{key}/{number}/{part}", pieces, under, glue="" if part else None)


def _output(output: Sequence[Output], room: int, *, live: bool) -> Iterator[Line]:
    if not output:
        return
    count = say("{count} lines").format(count=len(output))
    yield Line("output", _titled(say("Output"), count), folds=True, opens=live)
    for number, line in enumerate(output):
        yield from _text(f"output/{number}", "output", line.text, room)


def _evidence(evidence: Sequence[Evidence], room: int) -> Iterator[Line]:
    for number, one in enumerate(evidence):
        key, texts = f"evidence/{number}", tuple(_of_evidence(number, one.text, room))
        count = say("{count} lines").format(count=one.text.count("\n") + 1)
        name = wrapped(one.title.replace("\n", " "), 200)[0]
        head = _titled(say("Evidence: {title}").format(title=name), count)
        yield Line(key, head, folds=True, opens=len(texts) <= SMALL)
        yield from texts


@lru_cache(maxsize=32)
def _of_evidence(number: int, text: str, room: int) -> tuple[Line, ...]:
    """Kept, since a document that is live is made ten times a second."""
    key = f"evidence/{number}"
    return tuple(_text(key, key, text[:LONGEST], room))


def _images(images: dict[str, Image], room: int) -> Iterator[Line]:
    if not images:
        return
    count = say("{count} services").format(count=len(images))
    yield Line("images", _titled(say("Images"), count), folds=True, opens=False)
    for name, image in sorted(images.items()):
        text = f"{name}  {image.ref}  {image.image_id.removeprefix('sha256:')[:12]}"
        yield from _text(f"images/{name}", "images", text, room)


def _titled(name: str, count: str) -> Pieces:
    return (*plain(name, Tone.STRONG), Piece(f"  {count}", Tone.DIM))
