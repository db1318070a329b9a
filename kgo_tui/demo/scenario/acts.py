"""The acts: what is true when the curtain rises, what then happens, and at which moment the picture is taken.

Owns the table of acts. Must not know how an act is shown, nor who plays it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from kgo_tui.core import messages as m
from kgo_tui.core.model import ContainerView, Image, Quarantine, State, Suspension, Trigger
from kgo_tui.core.state import EngineState, WorkerView
from kgo_tui.demo.scenario import cast, hostile, past, voices
from kgo_tui.demo.scenario.deploying import played, queued
from kgo_tui.demo.scenario.host import Host
from kgo_tui.demo.scenario.stage import Script
from kgo_tui.demo.scenario.stories import APPLYING, GOOD, PROBE_404, STORIES, Said

FIRST_CHECK_S = 108.0
APART = timedelta(hours=17)


class Act(NamedTuple):
    """`opens` sets the scene, `begins` plays on it; the picture is taken when `still` holds."""

    title: str
    opens: Callable[[Host], None]
    begins: Callable[[Host], Script] | None = None
    still: Callable[[EngineState], bool] = lambda _: True


def a_calm_day(host: Host, *, count: int = 30, apart: timedelta = APART, days: int = 21) -> None:
    """Thirty deployments in three weeks, all services well, nothing to do."""
    now = host.stage.now()
    deployed = past.deployments(host.record, now - timedelta(hours=3), count, apart)
    host.branch = [
        cast.commit(n, now - apart * (count - n + 1)) for n in range(max(1, count - 40), count + 1)
    ]
    host.branch = [c for c in host.branch if c.sha != deployed.commit] + [
        cast.commit(deployed.id, deployed.at - timedelta(minutes=9))
    ]
    host.local = host.branch[-1]
    host.record.samples[:] = past.samples(now)
    host.record.rollups[:] = past.rollups(now, days)
    _open(
        host,
        deployed=deployed,
        last=host.record.deployments[count],
        containers=tuple(cast.container(p, deployed.commit, deployed.at) for p in cast.SERVICES),
        sample=host.record.samples[-1],
    )
    _logs(host)
    host.look()
    host.next_check(FIRST_CHECK_S)


def nothing_yet(host: Host) -> None:
    """Installed a minute ago: no container, no deployment, no sample."""
    _open(host)
    host.happen(m.WorkerStarted(version=cast.VERSION, pid=812))
    host.next_check(FIRST_CHECK_S)


def a_crowd(host: Host) -> None:
    """Two hundred containers, ten thousand deployments, a year of samples."""
    a_calm_day(host, count=10_000, apart=timedelta(minutes=50), days=365)
    now, of = host.stage.now(), host.deployed or ""
    crowd = tuple(_numbered(host, n, of) for n in range(200))
    before = host.state.deployed or cast.release(1, of, now, {})
    images = {c.service: Image(ref=c.image, image_id=c.image_id) for c in crowd}
    configs = {c.service: c.config_hash for c in crowd}
    deployed = replace(before, images=images, configs=configs)
    host.feed.state = replace(host.feed.state, deployed=deployed, containers=crowd)
    host.say("backend", f"up for {now:%j} days")


def mischief(host: Host) -> None:
    """Every foreign text is hostile."""
    a_calm_day(host)
    for commit in hostile.commits(host.stage.now(), 31):
        host.push(commit)
    host.show(*hostile.containers(host.deployed or "", host.stage.now()))
    last = replace(host.record.deployments[30], failure=hostile.ESCAPES[0], subject=hostile.MARKUP[0])
    host.record.past(last, host.record.steps[30], hostile.EVIDENCE)
    for text in hostile.TEXTS:
        host.say("backend", text)
        host.say(None, text, priority=3)
    bad = Quarantine(commit=cast.sha(60), reason=hostile.ESCAPES[1], at=host.stage.now())
    host.happen(m.CommitQuarantined(quarantine=bad))
    host.happen(m.FaultRaised(what="git", message=hostile.ESCAPES[2]))
    host.look()


def by_hand(host: Host) -> None:
    """Somebody was here: a leftover, another image, a service that was stopped, one that is gone."""
    a_calm_day(host)
    now = host.stage.now()
    _, backend, frontend, _, postgres, minio = host.state.containers
    hours = timedelta(hours=5)
    left = replace(
        backend,
        id=cast.digest("leftover"),
        name="koprogo-reports-1",
        service="reports",
        image=f"{cast.REGISTRY}/reports:2025-11",
        health=None,
    )
    other = replace(minio, image="minio:latest", image_id=f"sha256:{cast.digest('minio:latest')}")
    stopped = replace(frontend, state="exited", exit_code=0, health=None, finished_at=now - hours)
    ailing = replace(backend, health="unhealthy", restarts=3, started_at=now - timedelta(minutes=4))
    host.happen(m.ContainersChanged(containers=(ailing, stopped, postgres, other, left)))


def held(host: Host) -> None:
    """Yesterday's commit failed and is left alone."""
    a_calm_day(host)
    at = host.stage.now() - timedelta(hours=20)
    host.push(cast.commit(31, at - timedelta(minutes=6), "Move the health page to /health"))
    quarantine = Quarantine(commit=cast.sha(31), reason=PROBE_404, at=at, deployment=20)
    host.happen(m.CommitQuarantined(quarantine=quarantine))
    host.look()


def on_hold(host: Host) -> None:
    """Somebody switched automatic deployment off; two commits wait."""
    a_calm_day(host)
    for number in (31, 32):
        host.push(cast.commit(number, host.stage.now() - timedelta(minutes=50 - number)))
    since = host.stage.now() - timedelta(hours=2)
    host.happen(m.Suspended(suspension=Suspension(reason="assembly until 18:00", by="noor", since=since)))
    host.look()


def deployment(story: str, by: str = cast.BY_ITSELF) -> Callable[[Host], Script]:
    """A commit arrives and is deployed, this way."""

    def plays(host: Host) -> Script:
        subject = "Move the health page to /health" if story in {"bad", "halted"} else None
        commit = cast.commit(31, host.stage.now() - timedelta(minutes=2), subject)
        host.push(commit)
        host.look()
        host.happen(m.CommitDetected(sha=commit.sha, subject=commit.subject))
        trigger = Trigger.POLL if by == cast.BY_ITSELF else Trigger.MANUAL
        yield from played(host, queued(host, commit, trigger, by), STORIES[story])

    return plays


def mischievous_deployment(host: Host) -> Script:
    """What a deployment prints is hostile, too."""
    says = tuple(Said(0.1, text) for text in hostile.TEXTS)
    story = tuple(part._replace(says=says) if part is APPLYING else part for part in GOOD)
    yield from played(host, queued(host, host.branch[-1], Trigger.MANUAL, hostile.MARKUP[0]), story)


def _in(state: State) -> Callable[[EngineState], bool]:
    return lambda seen: seen.deployment is not None and seen.deployment.state is state


def _applied(seen: EngineState) -> bool:
    return _in(State.APPLYING)(seen) and any(c.health == "starting" for c in seen.containers)


def _ended(seen: EngineState) -> bool:
    return seen.deployment is None and seen.last is not None and seen.last.id > 30  # noqa: PLR2004 - the past's


def _decided(seen: EngineState) -> bool:
    return _ended(seen) and seen.decision is not None and seen.decision.kind != "deploy"


ACTS: Mapping[str, Act] = {
    "calm": Act("a calm day", a_calm_day),
    "deploying": Act("a deployment", a_calm_day, deployment("good", "ada"), _applied),
    "rolling_back": Act("a bad commit is undone", a_calm_day, deployment("bad"), _in(State.ROLLING_BACK)),
    "rolled_back": Act("a bad commit was undone", a_calm_day, deployment("bad"), _decided),
    "waiting": Act(
        "images are not published yet", a_calm_day, deployment("waiting"), _in(State.WAITING_IMAGES)
    ),
    "quarantined": Act("a commit is left alone", held),
    "suspended": Act("suspended by a person", on_hold),
    "drift": Act("somebody was here", by_hand),
    "halted": Act("a person is needed", a_calm_day, deployment("halted"), _decided),
    "flood": Act("a flood of logs", a_calm_day, lambda host: voices.flood(host, 3600)),
    "hostile": Act("texts that mean harm", mischief),
    "hostile_deploying": Act("output that means harm", mischief, mischievous_deployment, _applied),
    "empty": Act("nothing yet", nothing_yet),
    "big": Act("much of everything", a_crowd),
}


def _open(host: Host, **known: object) -> None:
    """How things are, without anything having happened."""
    now = host.stage.now()
    worker = WorkerView(running=True, pid=812, started_at=now - timedelta(days=9), checks_today=281)
    host.feed.state = replace(host.feed.state, worker=worker, **known)
    host.feed.cursor = len(host.record.events)


def _logs(host: Host) -> None:
    recent = host.record.events[-60:]
    for recorded in recent:
        host.journal(recorded)
    voices.said_before(host)


def _numbered(host: Host, number: int, of: str) -> ContainerView:
    part = cast.SERVICES[number % len(cast.SERVICES)]
    started = host.stage.now() - timedelta(minutes=7 * number)
    view = cast.container(part, of, started)
    name = f"{part.name}-{number:03d}"
    trouble = {17: {"state": "exited", "exit_code": 137}, 43: {"health": "unhealthy", "restarts": 6}}.get(
        number, {}
    )
    return replace(view, id=cast.digest(name), name=f"koprogo-{name}", service=name, **trouble)
