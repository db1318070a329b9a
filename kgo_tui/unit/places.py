"""Names and places of an installation: the unit, its drop-ins, the configuration, our own records.

Owns these paths, for the system and for a user's own service manager (systemd.unit(5)). Must not look
whether anything is there.
"""

from __future__ import annotations

from pathlib import Path

from kgo_tui.config.files import SYSTEM_DIR, checked_instance, user_config_dir
from kgo_tui.config.paths import SYSTEM_RUNTIME, SYSTEM_STATE
from kgo_tui.core.model import Struct

BASE = "koprogo-gitops"
GROUP = "kgo-tui"
"""Whose members may use the console (`config.resolve.DEFAULT_GROUP`)."""

SYSTEM_UNITS = Path("/etc/systemd/system")
CATALOGS = Path("/usr/local/lib/systemd/catalog")
"""Explanations for `journalctl -x` that no package brings: here and below /usr/lib they are looked for."""

CATALOG_FILES = ("kgo-tui.catalog", "kgo-tui.fr.catalog")


class Places(Struct, frozen=True, kw_only=True):
    """Where everything of one installation goes. `catalogs` is None where it cannot go anywhere."""

    unit: str
    instance: str | None
    user: bool
    units: Path
    config_dir: Path
    state: Path
    runtime: Path | None
    catalogs: Path | None

    @property
    def config(self) -> Path:
        """The configuration of this instance."""
        return self.config_dir / f"{self.instance or 'config'}.toml"

    @property
    def unit_file(self) -> Path:
        """The file that holds the unit: instances share one."""
        return self.units / (f"{BASE}@.service" if self.instance else self.unit)

    @property
    def drop_ins(self) -> Path:
        """The directory of this unit's own drop-ins."""
        return self.units / f"{self.unit}.d"

    @property
    def manifests(self) -> Path:
        """The directory of what was made, a file for each unit."""
        return self.config_dir / "installed"

    @property
    def manifest(self) -> Path:
        """What was made for this unit."""
        return self.manifests / f"{self.unit}.json"

    @property
    def replaced(self) -> Path:
        """Where a unit that ours takes the place of is kept."""
        return self.config_dir / "replaced" / self.unit


def unit_name(instance: str | None) -> str:
    """The unit of an instance, None being the default one. Raises UsageError for a bad name."""
    name = checked_instance(instance)
    return f"{BASE}@{name}.service" if name else f"{BASE}.service"


def system_places(instance: str | None) -> Places:
    """Of the system's service manager."""
    return Places(
        unit=unit_name(instance),
        instance=checked_instance(instance),
        user=False,
        units=SYSTEM_UNITS,
        config_dir=SYSTEM_DIR,
        state=SYSTEM_STATE,
        runtime=SYSTEM_RUNTIME,
        catalogs=CATALOGS,
    )


def user_places(home: Path | None = None) -> Places:
    """Of the calling user's own service manager, which has no instances."""
    home = home or Path.home()
    return Places(
        unit=unit_name(None),
        instance=None,
        user=True,
        units=home / ".config/systemd/user",
        config_dir=user_config_dir(),
        state=home / ".local/state/kgo-tui",
        runtime=None,
        catalogs=None,
    )
