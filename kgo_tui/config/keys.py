"""Every key: what it takes, what it means in plain words, and an example where the default is none.

Owns the table that reading, checking, `config show` and `config init` all go by. Must not know
where values come from.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kgo_tui.config import kinds, names
from kgo_tui.config.kinds import Kind
from kgo_tui.config.sections import NOTIFIED, SECTIONS, Config
from kgo_tui.core.model import Struct


class Key(Struct, frozen=True, kw_only=True):
    """One key: its kind, what it means, and an example (TOML) where there is no default."""

    kind: Kind
    text: str
    example: str = ""


def _key(kind: Kind, text: str, example: str = "") -> Key:
    return Key(kind=kind, text=text, example=example)


KEYS: dict[str, Key] = {
    "language": _key(
        kinds.choice("auto", "en", "fr"), "Language of the console and of the worker's lines: auto, en or fr."
    ),
    "repository.path": _key(
        kinds.text(names.absolute),
        "The work tree with the compose file: the clone that this host runs from.",
        '"/home/koprogo/koprogo"',
    ),
    "repository.remote": _key(kinds.text(names.remote), "The git remote that is followed, by its name."),
    "repository.branch": _key(kinds.text(names.branch), "The branch whose newest commit this host runs."),
    "repository.owner": _key(
        kinds.text(names.user),
        "The user who owns the repository; a worker that is root runs git as this user.\n"
        "Without it: the owner of the work tree.",
        '"koprogo"',
    ),
    "repository.on_rewrite": _key(
        kinds.choice("refuse", "follow"),
        "When the branch was rewritten (force-push): refuse and say so, or follow it.",
    ),
    "repository.on_local_changes": _key(
        kinds.choice("refuse", "stash"),
        "When tracked files were changed by hand: refuse and say so, or stash them first.",
    ),
    "repository.fetch_timeout": _key(kinds.duration(1), "How long a git fetch may take."),
    "compose.directory": _key(
        kinds.text(names.path),
        "Where Compose runs, relative to the repository. Without it: the repository's root.",
        '"deploy/production"',
    ),
    "compose.files": _key(
        kinds.texts(names.path),
        "Compose files, relative to the directory, later ones override. Empty: what Compose finds\n"
        "itself (compose.yaml, docker-compose.yml and their override). A missing one is an error.",
    ),
    "compose.env_files": _key(
        kinds.texts(names.path),
        "Env files for Compose, relative to the directory, later ones win. Empty: .env, if there is one.",
    ),
    "compose.project": _key(
        kinds.text(names.project),
        "The Compose project's name. Without it: what Compose decides.",
        '"koprogo"',
    ),
    "compose.profiles": _key(kinds.texts(), "Compose profiles that are enabled."),
    "compose.image_tag": _key(
        kinds.text(names.image_tag),
        "Exported to Compose as IMAGE_TAG: {branch}, {sha7} and {sha} stand for the commit's.\n"
        "Without it IMAGE_TAG is left alone.",
        '"{branch}-{sha7}"',
    ),
    "compose.wait_for_images": _key(
        kinds.duration(0), "How long to wait until every image of a commit is published."
    ),
    "compose.remove_orphans": _key(
        kinds.boolean(), "Remove containers of services that the compose file no longer has."
    ),
    "compose.config_timeout": _key(kinds.duration(1), "How long `docker compose config` may take."),
    "compose.pull_timeout": _key(kinds.duration(1), "How long pulling (or building) the images may take."),
    "compose.up_timeout": _key(
        kinds.duration(1), "How long `docker compose up` may take, waiting for dependencies included."
    ),
    "health.urls": _key(
        kinds.texts(names.web_url),
        "What must answer for a deployment to be good. ${NAME} comes from the environment or the env\n"
        "files. Empty: containers and their Docker health checks decide alone.",
    ),
    "health.expect_status": _key(
        kinds.integer(100, 599), "The status that counts as healthy. Redirects are not followed."
    ),
    "health.attempts": _key(
        kinds.integer(1, 1000), "After a deployment: attempts before it counts as failed."
    ),
    "health.interval": _key(kinds.duration(0.1), "Time between those attempts."),
    "health.timeout": _key(kinds.duration(0.1), "How long one answer may take, its body included."),
    "health.stable_for": _key(
        kinds.duration(0), "How long it must stay healthy before the deployment counts."
    ),
    "health.tls": _key(
        kinds.choice("lenient", "strict"),
        "An invalid certificate: lenient records and shows it, strict makes the check fail.",
    ),
    "health.between": _key(kinds.duration(1), "Time between health checks while nothing is deployed."),
    "monitor.interval": _key(kinds.duration(5), "Time between checks for new commits."),
    "monitor.windows": _key(
        kinds.texts(names.window, separator=";"),
        "When automatic deployment is allowed, in local time, such as\n"
        '["mon-fri 08:00-18:00", "sat 22:00-02:00"]. Empty: always.',
    ),
    "monitor.min_between_deployments": _key(
        kinds.duration(0), "Least time between two automatic deployments."
    ),
    "rollback.irreversible_paths": _key(
        kinds.texts(names.glob),
        "Paths whose new files cannot be undone by a rollback, such as\n"
        '["backend/migrations/**"]. A deployment that adds some is marked.',
    ),
    "rollback.when_irreversible": _key(
        kinds.choice("rollback", "halt"),
        "When such a deployment fails: roll back all the same, or halt and call a person.",
    ),
    "history.keep": _key(
        kinds.integer(1, 100), "How many releases can be rolled back to: their images are kept here."
    ),
    "history.days": _key(kinds.integer(1, 36500), "Days for which events and details are remembered."),
    "control.group": _key(
        kinds.text(names.user),
        "Members of this group may use the console without being root.\n"
        "Without it: the group kgo-tui, if the worker may give its socket to it, else only the worker's\n"
        "own user.",
        '"kgo-tui"',
    ),
    "control.socket": _key(
        kinds.text(names.absolute),
        "The worker's socket. Without it: in /run/kgo-tui, or the user's runtime directory.",
        '"/run/kgo-tui/default.sock"',
    ),
    "console.theme": _key(
        kinds.choice("auto", "dark", "light", "ansi"),
        "Colours of the console: ansi are the terminal's own. auto: those in a terminal of 16 colours,\n"
        "else dark, or light where the terminal says that it is.",
    ),
    "console.keymap": _key(
        kinds.table(names.keystrokes),
        'Other keys for what the console can do, such as {"deploy" = "ctrl+u", "plan" = "i,f5"}.\n'
        "The console's help (?) has the name of each.",
    ),
    "console.read_only": _key(kinds.boolean(), "A console that can change nothing."),
    "notify.url": _key(
        kinds.secret_text(names.service_url),
        "Where to tell it: a Discord or Slack webhook, or any URL that apprise knows. It is a secret:\n"
        "better in a file that only the worker can read (url_file), or a systemd credential.",
        '"https://discord.com/api/webhooks/ID/TOKEN"',
    ),
    "notify.url_file": _key(
        kinds.text(names.absolute), "A file with that URL on its first line.", '"/etc/kgo-tui/webhook"'
    ),
    "notify.url_credential": _key(
        kinds.text(names.credential), "The systemd credential (LoadCredential=) with that URL.", '"webhook"'
    ),
    "notify.on": _key(kinds.choices(*NOTIFIED, "abandoned"), "What is told."),
}


def attribute(key: str) -> str:
    """The name of the key's value in its section: `monitor.interval` is `interval_s`."""
    name = key.rpartition(".")[2]
    return name + "_s" if KEYS[key].kind.seconds else name


def default(key: str) -> Any:
    """The default in force, None when there is none."""
    section = SECTIONS.get(key.partition(".")[0], Config)
    for field in msgspec.structs.fields(section):
        if field.name == attribute(key):
            if field.default_factory is not msgspec.NODEFAULT:
                return field.default_factory()
            return None if field.default is msgspec.NODEFAULT else field.default
    raise KeyError(key)


def names_of(section: str) -> list[str]:
    """The keys of a section, without the section."""
    return [key.partition(".")[2] for key in KEYS if key.startswith(f"{section}.")]


def value_of(config: Config, key: str) -> Any:
    """The value of a key (not of a notify entry) in a configuration."""
    section, _, name = key.rpartition(".")
    return getattr(getattr(config, section) if section else config, attribute(key)) if name else None
