"""Rows, marks, words and reasons of the Services pane: pure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kgo_tui.console.services import details, marks, reasons, words
from kgo_tui.console.services.rows import COLUMNS, key, note, rows
from kgo_tui.console.session import LinkState, Session, happened
from kgo_tui.core import messages as m
from kgo_tui.core.drift import Oddity
from kgo_tui.core.model import ContainerAction, ContainerUsage, ContainerView, Image, State
from kgo_tui.core.state import EngineState
from tests.core.values import AT, CONTAINER, DEPLOYMENT, RELEASE, SAMPLE

LATER = AT + timedelta(minutes=3)
UNWELL = replace(CONTAINER, health="unhealthy")
DOWN = replace(CONTAINER, state="exited", exit_code=1, health=None)
DONE = replace(DOWN, exit_code=0)
START, STOP, RESTART = ContainerAction.START, ContainerAction.STOP, ContainerAction.RESTART


def session(*containers: ContainerView, **changes: object) -> Session:
    state = EngineState(instance="test", version="1", deployed=RELEASE, containers=containers)
    return Session(link=LinkState.UP, state=replace(state, **changes))


def texts(shown: Session, **busy: ContainerAction) -> list[list[str]]:
    return [["".join(p.text for p in cell) for cell in row.cells] for row in rows(shown, LATER, busy)]


def test_a_container_in_a_row() -> None:
    assert texts(session(replace(CONTAINER, image="reg.example.org:5000/team/app:1.2"))) == [
        ["✓ up", "app", "healthy", "", "3m", "", "1.2", "1", "0", "127.0.0.1:80→80"]
    ]


def test_every_row_has_a_cell_for_every_column() -> None:
    shown = session(CONTAINER, deployed=replace(RELEASE, images={"db": Image(ref="db", image_id="x")}))
    assert {len(row) for row in texts(shown)} == {len(COLUMNS)}


def test_those_in_trouble_come_first_and_the_order_else_is_the_workers() -> None:
    others = [replace(CONTAINER, service=name, name=f"demo-{name}-1") for name in "abcd"]
    others[2] = replace(others[2], state="restarting")
    assert [row[1] for row in texts(session(*others, deployed=None))] == ["c", "a", "b", "d"]


def test_a_service_with_several_containers_shows_their_names() -> None:
    second = replace(CONTAINER, id="c2", name="demo-app-2")
    assert [row[1] for row in texts(session(CONTAINER, second))] == ["demo-app-1", "demo-app-2"]


@pytest.mark.parametrize(
    ("container", "word", "explained"),
    [
        (replace(CONTAINER, image_id="sha256:9"), "! drift", "drift: image is not the recorded one"),
        (replace(CONTAINER, service="old"), "! orphan", "orphan: what is deployed has no such service"),
        (replace(CONTAINER, oneoff=True), "· one-off", "started by hand with docker compose run"),
    ],
)
def test_drift_is_marked_and_explained(container: ContainerView, word: str, explained: str) -> None:
    shown = session(container)
    row = next(r for r in rows(shown, LATER, {}) if r.key == key(container))
    assert row.cells[5][0].text == word
    assert note(shown, key(container))[0].text == explained


def test_a_deployment_that_replaces_containers_is_no_drift() -> None:
    other = replace(CONTAINER, image_id="sha256:9")
    shown = session(other, deployment=replace(DEPLOYMENT, state=State.APPLYING))
    assert texts(shown)[0][5] == ""


def test_a_service_without_a_container_has_a_row() -> None:
    two = replace(RELEASE, images={**RELEASE.images, "db": Image(ref="db", image_id="x")})
    shown = session(CONTAINER, deployed=two)
    assert texts(shown)[0][:2] == ["✗ gone", "db"]
    assert note(shown, "absent db")[0].text.startswith("no container")


def test_what_is_being_done_is_shown() -> None:
    assert texts(session(CONTAINER), c1=RESTART)[0][0] == "… restarting"


@pytest.mark.parametrize(
    ("container", "glyph"),
    [
        (CONTAINER, "✓"),
        (replace(CONTAINER, health=None), "✓"),
        (replace(CONTAINER, health="starting"), "…"),
        (UNWELL, "✗"),
        (DOWN, "✗"),
        (DONE, "–"),
        (replace(CONTAINER, state="restarting"), "✗"),
        (replace(CONTAINER, state="dead"), "✗"),
        (replace(CONTAINER, state="created"), "…"),
    ],
)
def test_marks(container: ContainerView, glyph: str) -> None:
    assert marks.mark(container) == glyph


def recorded(*events: m.Event) -> list[m.Recorded]:
    return [m.Recorded(cursor=None, at=AT, event=event) for event in events]


def test_marks_are_added_at_each_change_and_with_each_sample() -> None:
    changed = [m.ContainersChanged(containers=(c,)) for c in (CONTAINER, UNWELL, UNWELL, CONTAINER)]
    shown = happened(session(), recorded(*changed))
    assert shown.marks == {CONTAINER.name: "✓✗✓"}
    shown = happened(shown, recorded(*[m.SampleTaken(sample=SAMPLE)] * 20))
    assert shown.marks == {CONTAINER.name: "✓" * marks.MOST}
    successor = replace(CONTAINER, id="c9", health="starting")
    shown = happened(shown, recorded(m.ContainersChanged(containers=(successor,))))
    assert shown.marks == {CONTAINER.name: "✓" * (marks.MOST - 1) + "…"}
    assert happened(shown, recorded(m.ContainersChanged(containers=()))).marks == {}


@given(st.text("✓✗…–"))
def test_drawn_marks_are_those_marks(text: str) -> None:
    assert "".join(piece.text for piece in marks.drawn(text)) == text


@pytest.mark.parametrize(
    ("image", "short"),
    [
        ("app", "app"),
        ("app:1", "1"),
        ("db:1", "db:1"),
        ("reg:5000/x/app:main-1", "main-1"),
        ("reg:5000/x/app", "app"),
        ("reg/x/app@sha256:0123456789abcdef", "app@0123456789ab"),
        ("", ""),
    ],
)
def test_images_in_short(image: str, short: str) -> None:
    assert words.image(replace(CONTAINER, image=image)) == short


def test_ports_in_short_are_told_once() -> None:
    said = ("0.0.0.0:80->80/tcp", ":::80->80/tcp", "127.0.0.1:53->53/udp")
    assert words.ports(replace(CONTAINER, ports=said)) == "80→80, 127.0.0.1:53→53/udp"


def test_usage_in_words() -> None:
    mib = 1024 * 1024
    found = ContainerUsage(
        at=AT, cpu_percent=12.34, memory_bytes=210 * mib, memory_limit_bytes=512 * mib, processes=7
    )
    assert words.usage(found) == "CPU 12.3 %   memory 210.0 MiB of 512.0 MiB (41 %)   processes 7"
    assert words.usage(replace(found, memory_limit_bytes=None, processes=None, cpu_percent=None)) == (
        "memory 210.0 MiB"
    )
    assert "does not say" in words.usage(ContainerUsage(at=AT))


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (2048, "2 KiB"), (3 << 40, "3.0 TiB"), (9 << 50, "9216.0 TiB")]
)
def test_sizes(count: int, said: str) -> None:
    assert words.size(count) == said


@pytest.mark.parametrize(
    ("container", "action", "why"),
    [
        (CONTAINER, STOP, ""),
        (CONTAINER, RESTART, ""),
        (DOWN, START, ""),
        (DOWN, RESTART, ""),
        (CONTAINER, START, "runs already"),
        (DOWN, STOP, "does not run"),
        (None, START, "no container on this line"),
    ],
)
def test_why_not(container: ContainerView | None, action: ContainerAction, why: str) -> None:
    found = reasons.why_not_act(session(CONTAINER), container, action, read_only=False)
    assert (why in found) if why else not found


def test_why_nothing_at_all() -> None:
    here = session(CONTAINER)
    assert "--read-only" in reasons.why_not_act(here, CONTAINER, RESTART, read_only=True)
    away = replace(here, link=LinkState.LOST)
    assert "no connection" in reasons.why_not_act(away, CONTAINER, RESTART, read_only=False)
    applying = session(CONTAINER, deployment=replace(DEPLOYMENT, state=State.APPLYING))
    assert "8 by ann" in reasons.why_not_act(applying, CONTAINER, RESTART, read_only=False)
    waiting = session(CONTAINER, deployment=replace(DEPLOYMENT, state=State.WAITING_IMAGES))
    assert not reasons.why_not_act(waiting, CONTAINER, RESTART, read_only=False)
    assert not reasons.why_not_enter(applying, CONTAINER, read_only=False)
    assert "does not run" in reasons.why_not_enter(here, DOWN, read_only=False)


def test_details_tell_all_that_is_known_and_what_was_recorded() -> None:
    other = replace(CONTAINER, image_id="sha256:9", ports=(*CONTAINER.ports, "0.0.0.0:443->443/tcp"))
    told = {fact.name: fact.value for fact in details.facts(session(other), other, LATER)}
    assert told["recorded"] == "1 reg/app:latest"
    assert (told["state"], told["image id"], told["ports"]) == ("✓ up", "9", "127.0.0.1:80→80")
    assert told["restarts"] == "0 (policy: unknown)"
    assert any("drift" in fact.value for fact in details.facts(session(other), other, LATER))
    assert set(words.explained(Oddity).split("; ")) >= {"orphan: what is deployed has no such service"}
