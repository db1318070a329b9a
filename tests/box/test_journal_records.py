"""The worker's records in a real journal, read as an admin reads them: by grep, by field, with -x."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kgo_tui.demo.parts import LabError
from kgo_tui.message_ids import MESSAGE_IDS
from tests.box.vps import GIT_UNIT, UNIT, UNIT_FILE, Release, Vps
from tests.box.vps_image import TREE, Prepared
from tests.lab.box.engine import BoxEngine
from tests.test_catalog import CATALOGS

SYSTEMD = CATALOGS["en"].parent
CATALOG_FOLDER = "/usr/lib/systemd/catalog"


class Story:
    """A French worker under its own unit: one good commit, one bad one, the git host away for a while."""

    def __init__(self, vps: Vps) -> None:
        self.vps = vps
        vps.configure(language="fr")
        vps.put(UNIT_FILE, (SYSTEMD / UNIT).read_text())
        vps.put(
            f"{UNIT_FILE}.d/10-repository.conf", f"[Service]\nReadWritePaths={TREE}\nMemoryMax=infinity\n"
        )
        vps.systemctl("daemon-reload")
        vps.systemctl("start", UNIT)
        self.until("Ce qui tourne est sain")
        self.good = self._deployed(vps.release("1.1"), "succeeded")
        self.bad = self._deployed(vps.release("1.2", "unhealthy"), "rolled_back")
        with vps.outage(GIT_UNIT):
            self.until("Erreur git pull")
        self.until("git fonctionne à nouveau")

    def _deployed(self, release: Release, state: str) -> Release:
        match = ("KGO_EVENT=deployment_ended", f"KGO_COMMIT={release.commit}")
        self.vps.wait_until(
            lambda: [r["KGO_STATE"] for r in self.records(*match)] == [state], f"{release} {state}", 90
        )
        return release

    def records(self, *match: str) -> list[dict[str, Any]]:
        """The unit's records that match, with all of their fields."""
        return self.vps.journal("-u", UNIT, *match)

    def count(self, phrase: str, *options: str) -> int:
        """As the runbook counts: `journalctl | grep PHRASE | wc -l`."""
        shown = self.vps.out(["journalctl", "--no-pager", "-u", UNIT, *options])
        return sum(phrase in line for line in shown.splitlines())

    def until(self, phrase: str) -> None:
        """Wait until the phrase is in the unit's journal."""
        try:
            self.vps.wait_until(lambda: self.count(phrase) > 0, f"{phrase!r} in the journal", 60)
        except LabError as error:
            pytest.fail(f"{error}\n{self.vps.out(['journalctl', '-u', UNIT, '-n', '50'])}")


@pytest.fixture(scope="module")
def story(box_engine: BoxEngine, host: Prepared) -> Iterator[Story]:
    """A host on which that has happened; the tests only look, or restart the journal."""
    vps = Vps(box_engine, host)
    try:
        yield Story(vps.open())
    finally:
        vps.close()


def test_the_runbooks_greps_count_right(story: Story) -> None:
    for release in (story.good, story.bad):
        assert story.count(f"Nouveau commit détecté: {release.commit}") == 1
    assert story.count("Nouveau commit détecté", "--since", "today") == 2
    assert story.count("Health check réussi") == 2, "the good one, and the way back from the bad one"
    assert story.count("Health check échoué après 8 tentatives") == 1
    assert story.count("Rollback vers version précédente") == 1
    assert story.count("Erreur git pull") == 1, "the same failure again is not repeated"


def test_each_check_is_one_line(story: Story) -> None:
    checks = story.records("KGO_EVENT=check_started")
    assert len(checks) >= 4
    assert all(one["MESSAGE"] == "Checking for updates" for one in checks)
    assert story.count("Checking for updates") >= len(checks)
    last = story.vps.asked("status", code=None)["worker"]["checks_today"]
    assert len(checks) <= last <= story.count("Checking for updates")


def test_a_deployment_is_found_by_its_fields_and_they_tell_what_the_history_tells(story: Story) -> None:
    ended = story.records("KGO_EVENT=deployment_ended")
    history = [d for d in reversed(story.vps.asked("history")) if d["ended_at"]]
    assert [
        (int(r["KGO_DEPLOYMENT"]), r["KGO_COMMIT"], r["KGO_STATE"], int(r["KGO_DOWNTIME_MS"])) for r in ended
    ] == [(d["id"], d["to_commit"], d["state"], d["downtime_ms"]) for d in history]
    assert [r["KGO_OUTCOME"] for r in ended] == ["ok", "failed"]
    assert story.records(f"MESSAGE_ID={MESSAGE_IDS['deployment_rolled_back']}") == ended[1:]
    steps = story.records(f"KGO_DEPLOYMENT={history[0]['id']}", "KGO_EVENT=step_started")
    told = [s["state"] for s in history[0]["steps"] if s["state"] != "queued"]
    assert [r["KGO_STATE"] for r in steps] == told


def test_every_line_of_the_worker_is_a_record_of_its_unit_with_a_priority(story: Story) -> None:
    records = story.records("_TRANSPORT=journal", "SYSLOG_IDENTIFIER=kgo-tui")
    assert {r["_SYSTEMD_UNIT"] for r in records} == {UNIT}
    assert {r["KGO_INSTANCE"] for r in records} == {"default"}
    assert all(r["MESSAGE_ID"] in MESSAGE_IDS.values() for r in records)
    beside = story.records("_TRANSPORT=stdout")
    assert beside == [], "nothing was said that is not a record"
    errors = story.vps.journal("-u", UNIT, "-p", "err", "SYSLOG_IDENTIFIER=kgo-tui")
    assert {r["KGO_EVENT"] for r in errors} == {"step_finished", "deployment_ended", "fault_raised"}


def test_journalctl_x_says_what_it_means_and_adds_nothing_to_the_counts(story: Story) -> None:
    for path in CATALOGS.values():
        story.vps.copy_in(path, f"{CATALOG_FOLDER}/{path.name}")
    assert story.vps.run(["journalctl", "--update-catalog"]).stderr == ""
    explained = story.vps.out(
        ["journalctl", "--no-pager", "-x", "-u", UNIT, "KGO_EVENT=deployment_ended", "KGO_OUTCOME=failed"]
    )
    [number] = {r["KGO_DEPLOYMENT"] for r in story.records("KGO_STATE=rolled_back")}
    assert f"░░ Subject: Deployment {number} failed and was rolled back" in explained
    assert f"Commit {story.bad.commit} is quarantined" in explained
    assert f"kgo-tui deploy {story.bad.commit}" in explained
    everything = story.vps.out(["journalctl", "--no-pager", "-x", "-u", UNIT, "SYSLOG_IDENTIFIER=kgo-tui"])
    assert "@KGO_" not in everything
    for phrase in ("Nouveau commit détecté", "Rollback vers version précédente", "Erreur git pull"):
        assert story.count(phrase, "-x") == story.count(phrase)


@pytest.mark.parametrize("how", ["restart", "kill --signal=KILL"])
def test_a_journal_that_was_away_gets_records_again_and_no_line_is_lost(story: Story, how: str) -> None:
    vps, reason = story.vps, f"the journal is away, by {how}"
    vps.systemctl(*how.split(), "systemd-journald")
    vps.kgo("suspend", "--reason", reason)
    story.until(reason)
    before = len(story.records("KGO_EVENT=resumed"))
    vps.kgo("resume")
    vps.wait_until(
        lambda: len(story.records("KGO_EVENT=resumed")) == before + 1, "a record with fields, once it is back"
    )
