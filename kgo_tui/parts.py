"""The parts of a worker that its configuration describes: which adapter fulfils which port, and how.

Owns the mapping from configuration to the arguments of adapters. Must not hold any behaviour of its
own, nor know what the parts are used for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from kgo_tui.adapters.compose import ComposeRuntime
from kgo_tui.adapters.git import GitSource
from kgo_tui.adapters.host import identity_of
from kgo_tui.adapters.probe import HttpProber
from kgo_tui.config.load import Loaded
from kgo_tui.config.resolve import Effective
from kgo_tui.config.sections import Config
from kgo_tui.core.text import Redactor
from kgo_tui.engine.ports import Clock
from kgo_tui.engine.world import Settings
from kgo_tui.settings import settings_of


@dataclass(frozen=True)
class Parts:
    """What depends on the configuration and can be exchanged while the worker runs."""

    source: GitSource
    runtime: ComposeRuntime
    prober: HttpProber
    settings: Settings

    @classmethod
    def of(cls, loaded: Loaded, effective: Effective, clock: Clock) -> Self:
        """Built, nothing asked yet. Raises ConfigError."""
        return cls(
            source=source_of(loaded.config, effective),
            runtime=runtime_of(loaded.config, effective),
            prober=_prober(loaded.config, effective, clock),
            settings=settings_of(loaded.config, effective),
        )

    async def close(self) -> None:
        """Let go of all connections."""
        self.runtime.close()
        await self.prober.aclose()


def source_of(config: Config, effective: Effective) -> GitSource:
    """The repository as the worker works on it."""
    return GitSource(
        effective.repository_path,
        remote=config.repository.remote,
        branch=config.repository.branch,
        owner=identity_of(config.repository.owner) if config.repository.owner else None,
        fetch_timeout_s=config.repository.fetch_timeout_s,
    )


def runtime_of(
    config: Config, effective: Effective, environment: Mapping[str, str] | None = None
) -> ComposeRuntime:
    """The project as the worker works on it, in that environment (None: this process's own)."""
    return ComposeRuntime(
        effective.directory,
        files=effective.files,
        env_files=effective.env_files,
        project=config.compose.project,
        profiles=config.compose.profiles,
        remove_orphans=config.compose.remove_orphans,
        pull_timeout_s=config.compose.pull_timeout_s,
        up_timeout_s=config.compose.up_timeout_s,
        config_timeout_s=config.compose.config_timeout_s,
        redact=Redactor([s.reveal() for s in effective.secrets]),
        environment=environment,
    )


def _prober(config: Config, effective: Effective, clock: Clock) -> HttpProber:
    return HttpProber(
        effective.urls,
        expect_status=config.health.expect_status,
        timeout_s=config.health.timeout_s,
        tls=config.health.tls,
        now=clock.now,
    )
