"""The configuration as frozen values, with the defaults in force.

Owns sections, names and defaults; `keys` says what each means and takes. Must not know files or the
environment. Durations are float seconds, and their attribute ends in `_s` where the key does not.
"""

from __future__ import annotations

from kgo_tui.config.secret import Secret
from kgo_tui.core.model import Struct

NOTIFIED = ("succeeded", "rolled_back", "rollback_failed", "health_lost", "health_back")
"""What is told when `notify.on` does not say otherwise."""


class Repository(Struct, frozen=True, kw_only=True):
    """[repository]"""

    path: str
    remote: str = "origin"
    branch: str = "main"
    owner: str | None = None
    on_rewrite: str = "refuse"
    on_local_changes: str = "refuse"
    fetch_timeout_s: float = 60.0


class Compose(Struct, frozen=True, kw_only=True):
    """[compose]"""

    directory: str | None = None
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    project: str | None = None
    profiles: tuple[str, ...] = ()
    image_tag: str | None = None
    wait_for_images_s: float = 900.0
    remove_orphans: bool = False
    config_timeout_s: float = 30.0
    pull_timeout_s: float = 1800.0
    up_timeout_s: float = 600.0


class Health(Struct, frozen=True, kw_only=True):
    """[health]"""

    urls: tuple[str, ...] = ("https://api.${DOMAIN}/api/v1/health",)
    expect_status: int = 200
    attempts: int = 10
    interval_s: float = 10.0
    timeout_s: float = 5.0
    stable_for_s: float = 5.0
    tls: str = "lenient"
    between_s: float = 30.0


class Monitor(Struct, frozen=True, kw_only=True):
    """[monitor]"""

    interval_s: float = 180.0
    windows: tuple[str, ...] = ()
    min_between_deployments_s: float = 0.0


class Rollback(Struct, frozen=True, kw_only=True):
    """[rollback]"""

    irreversible_paths: tuple[str, ...] = ()
    when_irreversible: str = "rollback"


class History(Struct, frozen=True, kw_only=True):
    """[history]"""

    keep: int = 5
    days: int = 365


class Control(Struct, frozen=True, kw_only=True):
    """[control]"""

    group: str | None = None
    socket: str | None = None


class Console(Struct, frozen=True, kw_only=True):
    """[console]: only the console itself reads it."""

    theme: str = "auto"
    keymap: dict[str, str] = {}
    read_only: bool = False


class Notify(Struct, frozen=True, kw_only=True):
    """One [[notify]]: exactly one of the three ways to a URL."""

    url: Secret | None = None
    url_file: str | None = None
    url_credential: str | None = None
    on: tuple[str, ...] = NOTIFIED


class Config(Struct, frozen=True, kw_only=True):
    """All of it."""

    repository: Repository
    language: str = "auto"
    compose: Compose = Compose()
    health: Health = Health()
    monitor: Monitor = Monitor()
    rollback: Rollback = Rollback()
    history: History = History()
    control: Control = Control()
    console: Console = Console()
    notify: tuple[Notify, ...] = ()


SECTIONS: dict[str, type[Struct]] = {
    "repository": Repository,
    "compose": Compose,
    "health": Health,
    "monitor": Monitor,
    "rollback": Rollback,
    "history": History,
    "control": Control,
    "console": Console,
    "notify": Notify,
}
