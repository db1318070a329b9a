"""The table of all checks, in the order in which they are shown.

Owns the order of the themes and their names. Must not know what a check looks at.
"""

from __future__ import annotations

from kgo_tui.doctor import (
    configuration,
    disk,
    docker,
    health,
    logs,
    machine,
    project,
    registry,
    repository,
    rivals,
    rollback,
    service,
    state,
    talking,
    tidiness,
)
from kgo_tui.doctor.check import Check

CHECKS: tuple[Check, ...] = (
    *configuration.CHECKS,
    *repository.CHECKS,
    *tidiness.CHECKS,
    *docker.CHECKS,
    *project.CHECKS,
    *registry.CHECKS,
    *health.CHECKS,
    *state.CHECKS,
    *rollback.CHECKS,
    *service.CHECKS,
    *talking.CHECKS,
    *logs.CHECKS,
    *rivals.CHECKS,
    *disk.CHECKS,
    *machine.CHECKS,
)

THEMES = {
    "configuration": "Configuration",
    "git": "Git",
    "docker": "Docker",
    "compose": "Compose project",
    "registry": "Registry",
    "health": "Health",
    "state": "State",
    "rollback": "Rollback",
    "service": "Service",
    "worker": "Worker",
    "journal": "Journal",
    "rivals": "Other deployers",
    "disk": "Disk",
    "machine": "Machine",
}
"""What each theme is called."""
