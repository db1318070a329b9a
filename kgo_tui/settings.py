"""From configuration to the engine's settings.

Owns that mapping. Must not know adapters, nor look at the host.
"""

from __future__ import annotations

from pathlib import Path

from kgo_tui.config.resolve import Effective
from kgo_tui.config.sections import Config
from kgo_tui.core.policy import Rules
from kgo_tui.core.windows import parse_window
from kgo_tui.engine.world import Deadlines, Settings

COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""Compose's own lookup when no file is named, in its order (Compose specification)."""


def settings_of(config: Config, effective: Effective) -> Settings:
    """The engine's settings out of the configuration."""
    return Settings(
        branch=config.repository.branch,
        rules=Rules(
            follow_rewrite=config.repository.on_rewrite == "follow",
            save_local_changes=config.repository.on_local_changes == "stash",
            windows=tuple(parse_window(w) for w in config.monitor.windows),
            min_between_s=config.monitor.min_between_deployments_s,
            interval_s=config.monitor.interval_s,
        ),
        image_tag=config.compose.image_tag,
        wait_for_images_s=config.compose.wait_for_images_s,
        compose_paths=_compose_paths(effective),
        remove_orphans=config.compose.remove_orphans,
        gated_by_probe=bool(effective.urls),
        attempts=config.health.attempts,
        attempt_interval_s=config.health.interval_s,
        stable_for_s=config.health.stable_for_s,
        health_between_s=config.health.between_s,
        interval_s=config.monitor.interval_s,
        irreversible_globs=config.rollback.irreversible_paths,
        halt_when_irreversible=config.rollback.when_irreversible == "halt",
        keep_releases=config.history.keep,
        keep_days=config.history.days,
        deadlines=_deadlines(config),
    )


def _compose_paths(effective: Effective) -> dict[str, str]:
    """The compose files by their path in the repository; one that lies outside is of no commit."""
    directory, root = Path(effective.directory), Path(effective.repository_path)
    named = effective.files or tuple(COMPOSE_NAMES)
    paths = {name: directory / name for name in named}
    return {str(path.relative_to(root)): name for name, path in paths.items() if path.is_relative_to(root)}


def _deadlines(config: Config) -> Deadlines:
    """Those that the adapters get; of what is not configured, those that they have by themselves."""
    return Deadlines(
        fetch_s=config.repository.fetch_timeout_s,
        config_s=config.compose.config_timeout_s,
        pull_s=config.compose.pull_timeout_s,
        up_s=config.compose.up_timeout_s,
        probe_s=3 * config.health.timeout_s,  # the authorities are loaded outside of the timeout
    )
