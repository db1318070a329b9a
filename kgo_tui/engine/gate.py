"""The health gate: proves that the new containers, and not the old ones, are well.

Owns the order of proof (containers run the recorded images and do not restart, Docker's own health
checks, the probe, stability) and the budget of attempts. Must not know what happens on failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgo_tui.core.messages import ProbeAttempted
from kgo_tui.core.model import ContainerView, Image, Sample, Service, Struct
from kgo_tui.engine.world import World

EARLY_S, EARLY_PERIOD_S, LATE_PERIOD_S = 30.0, 0.2, 0.4
"""Asked often, so that healthy is noticed within half a second (DESIGN section 6)."""


class Problem(Struct, frozen=True, kw_only=True):
    """Why the gate is not open; `fatal` when waiting cannot help; the containers it is about."""

    reason: str
    fatal: bool = False
    containers: tuple[ContainerView, ...] = ()


class Verdict(Struct, frozen=True, kw_only=True):
    """How the gate ended."""

    passed: bool
    message: str
    attempts: int
    containers: tuple[ContainerView, ...] = ()
    answers: tuple[str, ...] = ()


class Gate:
    """One use: `await Gate(...).judge()`. `since` is the restart count that each container that
    was there before had already, by container id."""

    def __init__(
        self, world: World, deployment: int, services: Sequence[Service], images: Mapping[str, Image]
    ) -> None:
        self._world = world
        self._deployment = deployment
        self._services = services
        self._images = images
        self._answers: list[str] = []
        self._restarts: dict[str, int] | None = None

    async def judge(self) -> Verdict:
        """Wait until well and stable, or until the attempts are used up."""
        clock, settings = self._world.clock, self._world.settings
        started, attempt, stable_since = clock.monotonic(), 1, None
        while True:
            problem = await self._look()
            now = clock.monotonic()
            if problem is None:
                stable_since = stable_since if stable_since is not None else now
                if now - stable_since >= settings.stable_for_s:
                    return Verdict(passed=True, message="healthy", attempts=attempt)
            else:
                stable_since = None
                used = int((now - started) // settings.attempt_interval_s)
                attempt = self._count(attempt, used, problem)
                if problem.fatal or used >= settings.attempts:
                    return self._failed(problem, min(attempt, settings.attempts))
            await clock.sleep(EARLY_PERIOD_S if now - started < EARLY_S else LATE_PERIOD_S)

    def _count(self, attempt: int, used: int, problem: Problem) -> int:
        attempts = self._world.settings.attempts
        for number in range(attempt, min(used, attempts) + 1):
            self._world.tell(
                ProbeAttempted(
                    deployment=self._deployment, attempt=number, attempts=attempts, message=problem.reason
                )
            )
        return max(attempt, used + 1)

    def _failed(self, problem: Problem, attempts: int) -> Verdict:
        return Verdict(
            passed=False,
            message=problem.reason,
            attempts=attempts,
            containers=problem.containers,
            answers=tuple(self._answers),
        )

    async def _look(self) -> Problem | None:
        containers = await self._world.runtime.containers()
        if self._restarts is None:
            self._restarts = {c.id: c.restarts for c in containers if not self._is_new(c)}
        problem = inspect(containers, self._services, self._images, self._restarts)
        return problem or await self._ask()

    def _is_new(self, container: ContainerView) -> bool:
        """Whether this deployment created it, so that any restart at all is one too many."""
        running = self._world.feed.state.deployment
        created = container.created_at
        return running is not None and created is not None and created >= running.started_at

    async def _ask(self) -> Problem | None:
        if not self._world.settings.gated_by_probe:
            return None
        sample = await self._world.prober.probe()
        self._remember(sample)
        return None if sample.ok else Problem(reason=describe(sample))

    def _remember(self, sample: Sample) -> None:
        answer = f"{sample.at:%H:%M:%S} {describe(sample)}"
        if not self._answers or self._answers[-1][9:] != answer[9:]:
            self._answers = [*self._answers[-19:], answer]


def describe(sample: Sample) -> str:
    """A sample in words: the status or the error, and where."""
    said = sample.error or f"status {sample.status_code}"
    return f"{sample.url} {'ok, ' if sample.ok else ''}{said}".strip()


def inspect(
    containers: Sequence[ContainerView],
    services: Sequence[Service],
    images: Mapping[str, Image],
    restarts: Mapping[str, int],
) -> Problem | None:
    """The first thing that is wrong with the containers, the fatal ones first. Pure."""
    problems = [p for s in services for p in _of_service(s, containers, images, restarts)]
    return next((p for p in problems if p.fatal), next(iter(problems), None))


def _of_service(
    service: Service,
    containers: Sequence[ContainerView],
    images: Mapping[str, Image],
    restarts: Mapping[str, int],
) -> list[Problem]:
    mine = [c for c in containers if c.service == service.name and not c.oneoff]
    problems = [p for c in mine if (p := _of_container(c, images.get(service.name), restarts))]
    if len(mine) < service.replicas:
        problems.append(Problem(reason=f"{service.name}: {len(mine)} of {service.replicas} containers"))
    if len(mine) > service.replicas:
        reason = f"{service.name}: an old container is still there"
        problems.append(Problem(reason=reason, containers=tuple(mine)))
    return problems


def _of_container(  # noqa: PLR0911 - one line for each thing that may be wrong
    c: ContainerView, image: Image | None, restarts: Mapping[str, int]
) -> Problem | None:
    def problem(text: str, *, fatal: bool = False) -> Problem:
        return Problem(reason=f"{c.name}: {text}", fatal=fatal, containers=(c,))

    if image is not None and c.image_id != image.image_id:
        return problem("does not run the image of this release", fatal=True)
    if c.restarts > restarts.get(c.id, 0):
        ended = "" if c.exit_code is None else f" (last exit code {c.exit_code})"
        return problem(f"restarted {c.restarts} times{ended}", fatal=True)
    if c.state == "exited" and c.exit_code == 0 and c.restart_policy in {"", "no", "on-failure"}:
        return None
    if c.state in {"exited", "dead"} and c.restart_policy in {"", "no"}:
        return problem(f"ended with exit code {c.exit_code}", fatal=True)
    if c.state != "running":
        return problem(f"is {c.state}")
    if c.health not in {None, "healthy"}:
        return problem(f"health check says {c.health}")
    return None
