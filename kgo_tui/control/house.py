"""What all connections of one server share.

Owns nothing but the references. Must not know what is done with them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kgo_tui.control.limits import Limits
from kgo_tui.control.outbox import Hub
from kgo_tui.control.service import Service

if TYPE_CHECKING:
    from kgo_tui.control.connection import Connection


@dataclass(kw_only=True)
class House:
    """The service, who the worker is, the bounds, and what goes on now on all connections."""

    service: Service
    instance: str
    version: str
    pid: int
    limits: Limits
    hub: Hub
    connections: set[Connection] = field(default_factory=set)
    commands: set[asyncio.Task[None]] = field(default_factory=set)
    streams: int = 0
    closing: bool = False
