"""What happens to the worker itself, as values in the past tense; and what all events have in common.

Owns the base of events. Must not know who sends or stores them; import from `core.messages`.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from kgo_tui.core.model import State


class EventBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Base of all events. A durable one is in the event log; others only reach who listens now."""

    durable: ClassVar[bool] = True


class WorkerStarted(EventBase, frozen=True, kw_only=True, tag="worker_started"):
    """The worker took the lock and serves; a transient one only while somebody needs it."""

    version: str
    pid: int
    transient: bool = False


class WorkerStopping(EventBase, frozen=True, kw_only=True, tag="worker_stopping"):
    """The worker ends in good order."""

    reason: str


class WorkerFinishing(EventBase, frozen=True, kw_only=True, tag="worker_finishing"):
    """The worker was told to stop, and first ends the step in which containers are replaced."""

    signal: str
    deployment: int
    state: State


class ConfigurationReloaded(EventBase, frozen=True, kw_only=True, tag="configuration_reloaded"):
    """The configuration was read anew. Each change in words, as "monitor.interval: 180 -> 60", without
    secrets; `later` are those that take effect after a restart only."""

    changes: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


class FaultRaised(EventBase, frozen=True, kw_only=True, tag="fault_raised"):
    """Something needed does not work (`what`: git, docker, compose, store, …)."""

    what: str
    message: str


class FaultCleared(EventBase, frozen=True, kw_only=True, tag="fault_cleared"):
    """It works again."""

    what: str
