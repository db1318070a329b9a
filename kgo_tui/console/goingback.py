"""Releases to go back to, on the screen: which there are, what going there changes, what speaks against it.

Owns these rows and sentences. Pure: values in, pieces out. Must not know the dialog.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from kgo_tui.console.acting import reason_against
from kgo_tui.console.pieces import Piece, Pieces, Tone, fitted, plain, wrapped
from kgo_tui.console.plans import moved
from kgo_tui.console.retold import retold
from kgo_tui.console.session import Session
from kgo_tui.console.speech import later, say
from kgo_tui.console.times import age
from kgo_tui.console.widgets.columns import Column
from kgo_tui.console.widgets.rows import Row
from kgo_tui.core.model import Deployment, Image, Release, State, Trigger
from kgo_tui.core.releases import last_good, moves, same
from kgo_tui.core.state import EngineState
from kgo_tui.core.struct import SHORT_SHA, Struct

COLUMNS = (
    Column(later("RELEASE"), 7),
    Column(later("COMMIT"), 7),
    Column(later("AGE"), 4, right=True),
    Column("", 13),
    Column(later("IMAGES"), 11, spare=1),
    Column(later("SUBJECT"), 10, grow=1, spare=2),
)
SHOWN_PATHS = 5
ID = 12
"""Characters of an image's ID."""


class Choice(Struct, frozen=True, kw_only=True):
    """What there is to choose from, the last good one first; `past` are the deployments by id."""

    releases: tuple[Release, ...] = ()
    past: Mapping[int, Deployment] = {}

    def release(self, key: str | None) -> Release | None:
        """The one of this key."""
        return next((r for r in self.releases if str(r.id) == key), None)


def choice(releases: tuple[Release, ...], past: tuple[Deployment, ...], state: EngineState) -> Choice:
    """All that one can go back to. What is deployed is no place to go back to, unless a rollback
    failed, so that the host is not on it."""
    best = last_good(releases, state.deployed, state.last)
    others = [r for r in releases if r != best and (state.deployed is None or not same(r, state.deployed))]
    offered = (best, *others) if best is not None else tuple(others)
    return Choice(releases=offered, past={d.id: d for d in past})


def rows(choice: Choice, state: EngineState, now: datetime) -> Iterator[Row]:
    """A row for each release."""
    best = last_good(choice.releases, state.deployed, state.last)
    for r in choice.releases:
        d = choice.past.get(r.id)
        yield Row(
            str(r.id),
            (
                plain(f"#{r.id}", Tone.DIM),
                plain(r.commit[:SHORT_SHA], Tone.STRONG),
                plain(age(r.at, now), Tone.DIM),
                _note(r, state, is_best=r == best),
                plain(_difference(r, state), Tone.DIM),
                plain(d.subject) if d else plain(say("adopted as found") if r.adopted else "", Tone.DIM),
            ),
        )


def _note(r: Release, state: EngineState, *, is_best: bool) -> Pieces:
    if any(q.commit == r.commit for q in state.quarantined):
        return plain(f"✗ {say('quarantined')}", Tone.BAD)
    return plain(f"✓ {say('last good')}", Tone.OK) if is_best else ()


def _difference(r: Release, state: EngineState) -> str:
    count = len(moves(state.deployed, r)) if state.deployed else len(r.images)
    return say("{count} differ").format(count=count) if count else say("the same")


def lines(
    r: Release, choice: Choice, state: EngineState, missing: tuple[str, ...] | None, room: int
) -> Iterator[Pieces]:
    """What going back to it does. `missing` images make it impossible; None: not known yet."""
    here = say("nothing") if state.deployed is None else state.deployed.commit[:SHORT_SHA]
    yield plain(f"{here} → {r.commit[:SHORT_SHA]}  #{r.id}", Tone.STRONG)
    words, tone = _images(missing)
    yield from wrapped(words, room, tone, indent=2)
    last = state.last
    if last is not None and last.state is State.ROLLED_BACK and last.trigger is not Trigger.ROLLBACK:
        text = say("! {sha} was rolled back by itself already: this goes further back than {here}.")
        yield from wrapped(text.format(sha=last.to_commit[:SHORT_SHA], here=here), room, Tone.WARN, indent=2)
    if state.deployed is not None:
        yield from _services(state.deployed, r, room)
    for text, tone in (*_commits(r, state), *_irreversible(r, choice, state)):
        yield from wrapped(text, room, tone, indent=2)


def _services(now: Release, then: Release, room: int) -> Iterator[Pieces]:
    changed = moves(now, then)
    for name, (before, after) in changed.items():
        glyph, word, tone = _change(before, after)
        title = fitted((Piece(f"  {glyph} {word}", tone),), 14)
        yield (
            *title,
            *fitted(plain(name), min(16, room // 4)),
            Piece(" "),
            *plain(_images_moved(before, after), Tone.DIM),
        )
    kept = [name for name in sorted(then.images) if name not in changed]
    if kept:
        text = say("  = kept: {names}").format(names=", ".join(kept))
        yield from wrapped(text, room, Tone.DIM, indent=4)


def _change(before: Image | None, after: Image | None) -> tuple[str, str, Tone]:
    if before is None:
        return "+", say("new"), Tone.OK
    return ("-", say("gone"), Tone.WARN) if after is None else ("↻", say("recreated"), Tone.BUSY)


def _images_moved(before: Image | None, after: Image | None) -> str:
    if before is not None and after is not None and before.ref == after.ref:
        return f"{moved(before.ref, None)} {_id(before)} → {_id(after)}"
    return moved(_ref(before), _ref(after))


def _ref(image: Image | None) -> str | None:
    return None if image is None else image.ref


def _id(image: Image) -> str:
    return image.image_id.removeprefix("sha256:")[:ID]


def _commits(r: Release, state: EngineState) -> Iterator[tuple[str, Tone]]:
    """What becomes of the commit that is left, and of the one that is gone back to."""
    deployed = state.deployed
    if deployed is not None and deployed.commit != r.commit:
        text = say("! {sha} is quarantined then: not deployed by itself until a newer commit arrives.")
        yield text.format(sha=deployed.commit[:SHORT_SHA]), Tone.WARN
    held = next((q for q in state.quarantined if q.commit == r.commit), None)
    if held is not None:
        text = say("! {sha} is quarantined ({reason}); if it is healthy this time, no longer.")
        yield text.format(sha=r.commit[:SHORT_SHA], reason=retold(held.reason)), Tone.WARN


def _irreversible(r: Release, choice: Choice, state: EngineState) -> Iterator[tuple[str, Tone]]:
    deployed = state.deployed.id if state.deployed else 0
    since = [d for d in choice.past.values() if r.id < d.id <= deployed and d.state is State.SUCCEEDED]
    paths = [path for d in since for path in d.irreversible]
    if paths:
        more = " …" if len(paths) > SHOWN_PATHS else ""
        text = say("! not undone by this: {paths}")
        yield text.format(paths=", ".join(paths[:SHOWN_PATHS]) + more), Tone.BAD


def _images(missing: tuple[str, ...] | None) -> tuple[str, Tone]:
    if missing is None:
        return say("… looking whether its images are still here"), Tone.BUSY
    if missing:
        gone = ", ".join(name.partition(" ")[0] for name in missing)
        return say("✗ images no longer on this host: {services}").format(services=gone), Tone.BAD
    return say("✓ all its images are on this host: this works offline, too"), Tone.OK


def objection(
    r: Release | None, missing: tuple[str, ...] | None, session: Session, *, read_only: bool
) -> str | None:
    """Why one cannot go there, with the way out; None when one can."""
    if reason := reason_against("rollback", session, read_only=read_only):
        return reason
    if r is None:
        return say("There is no other release yet. When a deployment has succeeded, there is one.")
    if missing:
        return say("Images of this release are no longer here. Choose another one.")
    return None


def next_step(r: Release, *, typing: bool, typed: bool) -> tuple[str, Tone]:
    """What to press now."""
    text = say("↑ ↓ another release, Enter this one: then type {sha} to go back to it.")
    if typing:
        text = say("Type {sha} to go back to it. Esc leaves everything as it is.")
    if typed:
        text = say("Enter goes back to {sha}, Esc leaves everything as it is.")
    return text.format(sha=r.commit[:SHORT_SHA]), Tone.STRONG if typed else Tone.PLAIN


def is_typed(typed: str, r: Release) -> bool:
    """Whether that is its commit, at least the seven characters that are shown."""
    typed = typed.strip().lower()
    return len(typed) >= SHORT_SHA and r.commit.startswith(typed)
