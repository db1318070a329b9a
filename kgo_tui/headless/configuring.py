"""The commands about the configuration: init, show, check.

Owns writing the file, and nothing else on the host.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from kgo_tui.config import show
from kgo_tui.config.files import SYSTEM_DIR, user_config_dir
from kgo_tui.config.load import load
from kgo_tui.config.resolve import Effective, resolve
from kgo_tui.config.template import template
from kgo_tui.core.errors import ConfigError, UsageError
from kgo_tui.unit.found import settings_at


async def config(arguments: argparse.Namespace) -> int:
    """Run `config init`, `config show` or `config check`."""
    actions = {"init": _init, "show": _show, "check": _check}
    return actions[arguments.action](arguments)


def _init(arguments: argparse.Namespace) -> int:
    path = Path(arguments.output or arguments.config or _usual(arguments.instance))
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if arguments.force else os.O_EXCL)
        # Webhook URLs are secrets: nobody but the owner reads the file unless the owner says so.
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(template(settings_at(Path.cwd())))
    except FileExistsError:
        raise UsageError(f"{path} is there already", hint="--force replaces it.") from None
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
    sys.stdout.write(f"wrote {path}\nnext: look at it, then kgo-tui config check\n")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    loaded = load(instance=arguments.instance, file=arguments.config)
    effective: Effective | None
    try:
        effective = resolve(loaded)
    except ConfigError as error:  # what is configured can be shown all the same; `check` fails on this
        effective = None
        sys.stderr.write(f"kgo-tui: {error}\n")
    if arguments.json:
        sys.stdout.write(json.dumps(show.as_json(loaded, effective), ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in show.lines(loaded, effective))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    loaded = load(instance=arguments.instance, file=arguments.config)
    effective = resolve(loaded)
    sys.stdout.writelines(f"warning: {warning}\n" for warning in effective.warnings)
    sys.stdout.write(f"{', '.join(loaded.files) or 'the environment'}: all good\n")
    return 0


def _usual(instance: str | None) -> Path:
    directory = SYSTEM_DIR if os.geteuid() == 0 else user_config_dir()
    return directory / f"{instance or 'config'}.toml"
