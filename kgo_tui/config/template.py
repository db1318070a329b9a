"""The file that `kgo-tui config init` writes: every key, explained, with its default.

Owns its text. Must not look at the host: what was found there is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgo_tui.config.keys import KEYS, default, names_of
from kgo_tui.config.sections import SECTIONS
from kgo_tui.config.toml import assignment

_HEAD = """\
# Configuration of kgo-tui. Every key is here. A line such as #key = value shows the default (or an
# example, where the text says what holds "without it"): remove the "#" and change the value.
# Durations are seconds, or text such as "90s", "3m", "2h".
# Check this file with: kgo-tui config check. See what is in force with: kgo-tui config show.
"""
_NOTIFY = """\
# Whom to tell. One such block for each place; exactly one of url, url_file and url_credential.
"""
_ABOUT = {
    "repository": "What this host follows.",
    "compose": "How it runs.",
    "health": "When it is well.",
    "monitor": "When to look, and when to deploy.",
    "rollback": "What cannot be undone.",
    "history": "What is remembered.",
    "control": "Who may use the console.",
    "console": "How the console looks, and what its keys are.",
}


def template(found: Mapping[str, Any] | None = None) -> str:
    """The commented file. `found` has values, by key ("repository.path"), that are set in it.

    Raises KeyError for a key that there is none of.
    """
    given = dict(found or {})
    for key in given:
        if key not in KEYS:
            raise KeyError(key)
    parts = [_HEAD, _entry("language", given)]
    parts += [_section(section, given) for section in SECTIONS if section != "notify"]
    parts.append(_notify(given))
    return "\n".join(parts)


def _section(section: str, given: Mapping[str, Any]) -> str:
    entries = [_entry(f"{section}.{name}", given) for name in names_of(section)]
    return f"# {_ABOUT[section]}\n[{section}]\n" + "\n".join(entries)


def _notify(given: Mapping[str, Any]) -> str:
    wanted = any(key.startswith("notify.") for key in given)
    header = "[[notify]]\n" if wanted else "#[[notify]]\n"
    return _NOTIFY + header + "\n".join(_entry(f"notify.{name}", given) for name in names_of("notify"))


def _entry(key: str, given: Mapping[str, Any]) -> str:
    """The explanation and the assignment, which is commented out unless it was found."""
    name = key.rpartition(".")[2]
    told = "".join(f"# {line}\n" for line in KEYS[key].text.split("\n"))
    if key in given:
        return f"{told}{assignment(name, given[key])}\n"
    usual = default(key)
    line = f"{name} = {KEYS[key].example}" if usual is None else assignment(name, usual)
    return told + "".join(f"#{part}\n" for part in line.split("\n"))
