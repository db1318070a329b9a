"""A host with configuration files in two directories, for the tests of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kgo_tui.config.load import Loaded, load
from kgo_tui.config.problems import ConfigInvalid

MINIMAL = '[repository]\npath = "/srv/app"\n'


class Host:
    """A system's and a user's configuration directory."""

    def __init__(self, root: Path) -> None:
        self.system, self.user = root / "etc", root / "user"
        self.system.mkdir()
        self.user.mkdir()

    def write(self, text: str, name: str = "config", *, user: bool = False) -> Path:
        path = (self.user if user else self.system) / f"{name}.toml"
        path.write_text(text, "utf-8")
        return path

    def load(self, **given: Any) -> Loaded:
        everything: dict[str, Any] = {"environ": {}, "system_dir": self.system, "user_dir": self.user} | given
        return load(**everything)

    def faults(self, text: str = MINIMAL, **given: Any) -> list[str]:
        self.write(text)
        with pytest.raises(ConfigInvalid) as raised:
            self.load(**given)
        return [str(problem).replace(f"{self.system}/", "") for problem in raised.value.problems]
