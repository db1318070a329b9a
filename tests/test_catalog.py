"""The message catalogs: they are complete, journalctl takes them, and their texts can be filled in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from kgo_tui.message_ids import MESSAGE_IDS, kind_of
from kgo_tui.records import fields_of
from tests.records import LOGGED

FOLDER = Path(__file__).parent.parent / "systemd"
CATALOGS = {"en": FOLDER / "kgo-tui.catalog", "fr": FOLDER / "kgo-tui.fr.catalog"}
HEADERS = ("Subject", "Defined-By", "Support", "Documentation")
DATABASE = "var/lib/systemd/catalog/database"

COMMANDS = (
    "status",
    "doctor",
    "history",
    "health",
    "plan",
    "deploy",
    "rollback",
    "resume",
    "cancel",
    "config",
)

COUNTED = (
    "Checking for updates",
    "Nouveau commit",
    "New commit detected",
    "Health check",
    "Rollback vers version précédente",
    "Erreur git pull",
)
"""What people count in the journal: `journalctl -x` must not add to it."""


def entries(text: str) -> dict[str, tuple[dict[str, str], str]]:
    """Headers and text by id, by the rules of the Journal Message Catalogs: comments, then entries that
    begin with `-- ID`, each with headers, an empty line and the text."""
    found: dict[str, tuple[dict[str, str], str]] = {}
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for part in re.split(r"(?m)^-- ", lines)[1:]:
        message_id, _, rest = part.partition("\n")
        head, _, body = rest.partition("\n\n")
        assert message_id not in found
        found[message_id] = (dict(line.split(": ", 1) for line in head.splitlines()), body.strip())
    return found


@pytest.fixture(scope="module", params=CATALOGS)
def catalog(request: pytest.FixtureRequest) -> Mapping[str, tuple[dict[str, str], str]]:
    """The entries of one language."""
    return entries(CATALOGS[request.param].read_text("utf-8"))


def test_each_id_has_an_entry_and_each_entry_an_id(
    catalog: Mapping[str, tuple[dict[str, str], str]],
) -> None:
    assert set(catalog) == set(MESSAGE_IDS.values())


def test_each_entry_has_its_headers_and_says_something(
    catalog: Mapping[str, tuple[dict[str, str], str]],
) -> None:
    for headers, text in catalog.values():
        assert tuple(headers) == HEADERS
        assert headers["Defined-By"] == "kgo-tui"
        assert len(text) > 40
        assert all(len(line) <= 110 for line in text.splitlines())


@pytest.mark.parametrize("kind", LOGGED)
def test_a_text_names_only_fields_that_each_record_of_its_kind_has(
    catalog: Mapping[str, tuple[dict[str, str], str]], kind: str
) -> None:
    """Of any other, journalctl would show the bare name."""
    headers, text = catalog[MESSAGE_IDS[kind]]
    named = set(re.findall(r"@(\w+)@", "\n".join([*headers.values(), text])))
    assert named <= set(fields_of(LOGGED[kind], "default")), kind_of(LOGGED[kind])


def test_both_languages_name_the_same_fields_commands_and_manuals() -> None:
    english, french = (entries(path.read_text("utf-8")) for path in CATALOGS.values())
    assert {i: named(*entry) for i, entry in english.items()} == {i: named(*e) for i, e in french.items()}


def named(headers: Mapping[str, str], text: str) -> list[str]:
    """What of an entry is the same in every language."""
    words = re.findall(r"@\w+@|systemctl \w+|journalctl \S+|docker \w+|git \w+(?= list| show)", text)
    commands = re.findall(rf"kgo-tui (?:{'|'.join(COMMANDS)})\b", text)
    return sorted([*words, *commands, *re.findall(r"@\w+@", headers["Subject"]), headers["Documentation"]])


@pytest.mark.parametrize("phrase", COUNTED)
def test_no_text_repeats_what_people_count(
    catalog: Mapping[str, tuple[dict[str, str], str]], phrase: str
) -> None:
    for headers, text in catalog.values():
        assert phrase not in headers["Subject"]
        assert phrase not in text


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A root directory with both catalogs in a database that journalctl made."""
    if shutil.which("journalctl") is None:
        pytest.skip("there is no journalctl here")
    source = tmp_path / "usr/lib/systemd/catalog"
    for folder in (source, (tmp_path / DATABASE).parent):
        folder.mkdir(parents=True)
    for path in CATALOGS.values():
        shutil.copy(path, source)
    journalctl(tmp_path, "--update-catalog")
    return tmp_path


def journalctl(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["journalctl", "--root", root, *arguments],
        env={**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_LOG_LEVEL": "warning"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == "", "it has no complaint"
    return done.stdout


def test_journalctl_takes_them_without_a_complaint(database: Path) -> None:
    listed = journalctl(database, "--list-catalog")
    assert {line.split(" ", 1)[0] for line in listed.splitlines()} == set(MESSAGE_IDS.values())
    assert all(" kgo-tui: " in line for line in listed.splitlines())


def test_journalctl_reads_the_texts_as_we_do(database: Path) -> None:
    assert entries(journalctl(database, "--dump-catalog")) == entries(CATALOGS["en"].read_text("utf-8"))


def test_the_french_texts_are_in_the_database_as_french(database: Path) -> None:
    """An item of it begins with the id and the language in 32 bytes (systemd's catalog.c)."""
    held = (database / DATABASE).read_bytes()
    for message_id, (headers, _) in entries(CATALOGS["fr"].read_text("utf-8")).items():
        assert bytes.fromhex(message_id) + b"fr".ljust(32, b"\0") in held
        assert f"Subject: {headers['Subject']}\n".encode() in held
