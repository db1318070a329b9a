"""Events on the wire: each class there and back, and which of them are kept."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.model import ContainerAction, State
from tests.core.values import (
    AT,
    CONTAINER,
    DEPLOYMENT,
    QUARANTINE,
    RELEASE,
    SAMPLE,
    SOURCE,
    STEP,
    SUSPENSION,
    A,
)

EVENTS: tuple[type[Any], ...] = get_args(m.Event)

NOT_KEPT = {
    m.CheckStarted,
    m.CheckFinished,
    m.NextCheckSet,
    m.OutputLine,
    m.ProbeAttempted,
    m.SampleTaken,
    m.ContainersChanged,
}
"""What is only for who listens now: it can be had again, or there is too much of it."""

SAMPLES: list[m.Event] = [
    m.WorkerStarted(version="1", pid=7),
    m.WorkerStopping(reason="signal"),
    m.WorkerFinishing(signal="SIGTERM", deployment=7, state=State.APPLYING),
    m.ConfigurationReloaded(changes=("history.keep: 5 -> 9",), later=("control.group: (none) -> x",)),
    m.CheckStarted(),
    m.CheckFinished(kind="nothing", reason="in sync", source=SOURCE, checks_today=3),
    m.NextCheckSet(at=AT),
    m.DecisionChanged(kind="wait", reason="suspended"),
    m.CommitDetected(sha=A, subject="Mend it"),
    m.ReleaseAdopted(release=RELEASE),
    m.DeploymentQueued(deployment=DEPLOYMENT),
    m.StepStarted(deployment=DEPLOYMENT, step=STEP),
    m.StepFinished(deployment=DEPLOYMENT, step=STEP),
    m.DeploymentEnded(deployment=DEPLOYMENT, deployed=RELEASE, deployments_today=2),
    m.DeploymentEnded(deployment=DEPLOYMENT, deployed=None),
    m.OutputLine(deployment=8, state="pulling", text="ü ␛[31m"),
    m.ProbeAttempted(deployment=8, attempt=1, attempts=10, message="status 500"),
    m.SampleTaken(sample=SAMPLE),
    m.HealthLost(sample=SAMPLE),
    m.HealthBack(sample=SAMPLE, lost_s=12.5),
    m.ContainersChanged(containers=(CONTAINER,)),
    m.ContainerActed(by="ann", service="app", container="app-1", action=ContainerAction.STOP),
    m.CommitQuarantined(quarantine=QUARANTINE),
    m.QuarantineLifted(commit=A, by="ann"),
    m.Suspended(suspension=SUSPENSION),
    m.Resumed(by="ann"),
    m.FaultRaised(what="git", message="gone"),
    m.FaultCleared(what="git"),
    m.OwnershipRepaired(paths=3),
    m.LocalChangesSaved(deployment=8, saved=("compose.yml",)),
]


def test_there_is_a_sample_of_every_event() -> None:
    assert {type(event) for event in SAMPLES} == set(EVENTS)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda e: type(e).__name__)
def test_an_event_goes_over_the_wire_and_back(event: m.Event) -> None:
    line = m.encode_event(event)
    assert b"\n" not in line
    assert m.decode_event(line) == event
    assert m.decode_event(line.decode()) == event


@pytest.mark.parametrize("kind", EVENTS, ids=lambda k: k.__name__)
def test_what_is_kept_is_what_the_history_needs(kind: type[m.EventBase]) -> None:
    assert kind.durable is (kind not in NOT_KEPT)


def test_tags_are_one_to_one_and_speak_like_their_class() -> None:
    tags = [kind.__struct_config__.tag for kind in EVENTS]
    assert len(set(tags)) == len(EVENTS)
    assert [tag.replace("_", "") for tag in tags] == [kind.__name__.lower() for kind in EVENTS]


VALUES: dict[type[Any], st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(-(2**63), 2**64 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
}


@given(st.sampled_from(SAMPLES), st.data())
def test_any_text_and_any_number_goes_over_the_wire_and_back(event: m.Event, data: st.DataObject) -> None:
    plain = {n: v for n in event.__struct_fields__ if type(v := getattr(event, n)) in VALUES}
    changed = replace(event, **{n: data.draw(VALUES[type(v)]) for n, v in plain.items()})
    assert m.decode_event(m.encode_event(changed)) == changed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'{"event": "no_such_event"}',
        b'{"event": "resumed"}',
        b'{"event": "resumed", "by": 7}',
        b'{"event": "worker_started", "version": "1", "pid": 1.5}',
        b'{"event": "resumed", "by": "ann"} trailing',
        b"\xff\xfe",
    ],
)
def test_what_is_no_event_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        m.decode_event(data)


def test_fields_of_a_later_version_are_passed_over() -> None:
    assert m.decode_event(b'{"event": "resumed", "by": "ann", "mood": "good"}') == m.Resumed(by="ann")


ACT = m.ActOnContainer(container="0123456789ab", action=ContainerAction.RESTART)
IN_ONE_WORD = [kind() for kind in get_args(m.Command) if kind is not m.ActOnContainer]


@pytest.mark.parametrize("command", [*IN_ONE_WORD, ACT], ids=lambda c: type(c).__name__)
def test_every_command_goes_over_the_wire_and_back(command: m.Command) -> None:
    decoder = msgspec.json.Decoder(m.Command)
    assert decoder.decode(msgspec.json.encode(command)) == command


@pytest.mark.parametrize("container", ["", "../images", "-f", "a b", "a\n", "x" * 256])
def test_a_container_is_named_as_docker_names_them(container: str) -> None:
    data = msgspec.json.encode(replace(ACT, container=container))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(data, type=m.Command)
