"""The plan of an installation and of its undoing, on directories of its own, carried out for real.

What systemd or the account database would have to do is looked at as data; tests/box does it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from kgo_tui.adapters.systemctl import Manager, UnitState
from kgo_tui.core.errors import UsageError
from kgo_tui.unit import actions as a
from kgo_tui.unit import doing
from kgo_tui.unit.installing import Order, plan
from kgo_tui.unit.manifest import Given, others, read
from kgo_tui.unit.ordering import _same_for_all
from kgo_tui.unit.places import GROUP, Places
from kgo_tui.unit.removing import removal
from kgo_tui.unit.survey import Host
from kgo_tui.unit.wanted import Wanted

ABSENT = UnitState(
    load="not-found", active="inactive", enabled="", file="", result="success", exit_status="0"
)
RUNNING = UnitState(
    load="loaded", active="active", enabled="enabled", file="", result="success", exit_status="0"
)
MANAGED = a.Reload | a.UpdateCatalog | a.Enable | a.Disable | a.Start | a.Restart | a.Stop
UNIT = "koprogo-gitops.service"


class Place:
    """A host as far as files go."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("systemd", "var"):
            (root / name).mkdir()

    def places(self, instance: str | None = None) -> Places:
        return Places(
            unit=f"koprogo-gitops@{instance}.service" if instance else UNIT,
            instance=instance,
            user=False,
            units=self.root / "systemd",
            config_dir=self.root / "etc",
            state=self.root / "var",
            runtime=None,
            catalogs=self.root / "catalog",
        )

    def host(self, state: UnitState, instance: str | None = None) -> Host:
        places = self.places(instance)
        return Host(
            state=state,
            made=read(places.manifest),
            others=others(places.manifests, places.unit),
            groups=frozenset({GROUP}),
        )

    def order(self, instance: str | None = None, unit: str = "[Service]\n", **given: object) -> Order:
        places = self.places(instance)
        files = (
            Wanted(path=self.root / "catalog/kgo-tui.catalog", content="explanations\n"),
            Wanted(path=places.unit_file, content=unit),
            Wanted(path=places.drop_ins / "10-repository.conf", content="[Service]\nReadWritePaths=/x\n"),
        )
        configuration = Wanted(path=places.config, content="[repository]\n", mode=0o640)
        return Order(places=places, files=files, configuration=configuration, **given)  # type: ignore[arg-type]

    def install(
        self, state: UnitState = ABSENT, instance: str | None = None, **given: object
    ) -> list[a.Action]:
        todo = plan(self.order(instance, **given), self.host(state, instance)).actions  # type: ignore[arg-type]
        carry_out(todo)
        return list(todo)

    def uninstall(
        self, state: UnitState = RUNNING, instance: str | None = None, **given: bool
    ) -> list[a.Action]:
        todo = removal(self.places(instance), self.host(state, instance), **given).actions
        carry_out(todo)
        return list(todo)

    def notes(self, state: UnitState = RUNNING, **given: object) -> str:
        return "\n".join(plan(self.order(**given), self.host(state)).notes)  # type: ignore[arg-type]

    def tree(self) -> dict[str, tuple[int, str]]:
        found = {}
        for path in sorted(self.root.rglob("*")):
            seen = path.lstat()
            content = "" if path.is_dir() else str(path.readlink()) if path.is_symlink() else path.read_text()
            found[str(path.relative_to(self.root))] = (seen.st_mode, content)
        return found


def carry_out(todo: Iterable[a.Action]) -> None:
    """All but what systemd does."""
    doing.carry_out([one for one in todo if not isinstance(one, MANAGED)], Manager(), lambda _: None)


def managed(todo: Iterable[a.Action]) -> list[str]:
    return [type(one).__name__ for one in todo if isinstance(one, MANAGED)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_an_installation_is_undone_without_a_trace(place: Place) -> None:
    before = place.tree()
    made = place.install()
    assert managed(made) == ["Reload", "UpdateCatalog", "Enable", "Start"]
    assert place.tree() != before
    assert (place.root / "etc/config.toml").stat().st_mode & 0o777 == 0o640
    assert managed(place.uninstall()) == ["Stop", "Disable", "Reload", "UpdateCatalog"]
    assert place.tree() == before


def test_the_second_time_there_is_nothing_to_do(place: Place) -> None:
    place.install()
    assert place.install(RUNNING) == []
    assert managed(place.install(ABSENT)) == ["Enable", "Start"], "nothing but what somebody stopped"


def test_an_upgrade_changes_what_differs_and_restarts(place: Place) -> None:
    place.install()
    todo = place.install(RUNNING, unit="[Service]\nType=notify\n")
    changed = [one for one in todo if isinstance(one, a.WriteFile)]
    assert [(one.path.name, one.aside) for one in changed] == [(UNIT, None)]
    assert managed(todo) == ["Reload", "Restart"]
    assert place.install(RUNNING, unit="[Service]\nType=notify\n") == []


def test_no_start_and_no_enable_are_heeded(place: Place) -> None:
    assert managed(place.install(start=False, enable=False)) == ["Reload", "UpdateCatalog"]


def test_a_file_that_a_person_changed_stays_while_nothing_newer_is_wanted(place: Place) -> None:
    place.install()
    unit = place.places().unit_file
    unit.write_text("[Service]\nEnvironment=CHECK_INTERVAL=60\n")
    assert place.install(RUNNING) == []
    assert f"kept {unit}, which was changed by hand" in place.notes()


def test_when_something_newer_is_wanted_it_is_kept_beside(place: Place) -> None:
    place.install()
    unit = place.places().unit_file
    for number, name in enumerate(("service.edited", "service.edited1")):
        unit.write_text(f"[Service]\nEnvironment=CHECK_INTERVAL={number}\n")
        place.install(RUNNING, unit=f"[Service]\nRestartSec={number}\n")
        assert unit.read_text() == f"[Service]\nRestartSec={number}\n"
        assert (unit.parent / f"koprogo-gitops.{name}").read_text().endswith(f"={number}\n")


def test_uninstalling_keeps_what_a_person_changed(place: Place) -> None:
    place.install()
    config, unit = place.places().config, place.places().unit_file
    config.write_text("[repository]\npath = '/x'\n")
    unit.write_text("[Service]\nNice=1\n")
    assert f"kept the configuration, which was changed: {config}" in (
        removal(place.places(), place.host(RUNNING)).notes
    )
    place.uninstall()
    assert config.exists()
    assert not unit.exists()
    assert Path(f"{unit}.edited").read_text() == "[Service]\nNice=1\n"


def test_history_and_configuration_stay_unless_purged(place: Place) -> None:
    place.install()
    place.places().config.write_text("[repository]\npath = '/x'\n")
    (place.root / "var/default.db").write_text("history")
    assert any("kept the history" in note for note in removal(place.places(), place.host(RUNNING)).notes)
    place.uninstall(purge=True)
    assert list(place.root.iterdir()) == [place.root / "systemd"]


def test_a_configuration_that_is_there_is_kept_and_outlives_the_undoing(place: Place) -> None:
    (place.root / "etc").mkdir()
    place.places().config.write_text("[repository]\npath = '/mine'\n")
    assert "kept the configuration that is there" in place.notes(ABSENT)
    place.install()
    place.uninstall()
    assert place.places().config.read_text() == "[repository]\npath = '/mine'\n"


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_a_foreign_unit_comes_back_as_it_was(place: Place, mode: int) -> None:
    unit, drop_ins = place.places().unit_file, place.places().drop_ins
    drop_ins.mkdir()
    unit.write_text("[Service]\nExecStart=/old.sh monitor\n")
    unit.chmod(mode)
    os.utime(unit, (1_000_000_000, 1_000_000_000))
    (drop_ins / "override.conf").write_text("[Service]\nRestartSec=60\n")
    (drop_ins / "linked.conf").symlink_to("/nonexistent")
    before = place.tree()
    made = place.install(RUNNING)
    assert managed(made) == ["Stop", "Reload", "UpdateCatalog", "Enable", "Start"]
    assert unit.read_text() == "[Service]\n"
    assert [path.name for path in drop_ins.iterdir()] == ["10-repository.conf"]
    assert place.install(RUNNING) == [], "the second time it is ours"
    assert managed(place.uninstall()) == ["Stop", "Disable", "Reload", "UpdateCatalog", "Enable", "Start"]
    assert place.tree() == before
    assert unit.stat().st_mtime == 1_000_000_000


def test_a_masked_unit_comes_back_masked(place: Place) -> None:
    place.places().unit_file.symlink_to("/dev/null")
    before = place.tree()
    place.install(ABSENT)
    assert not place.places().unit_file.is_symlink()
    assert managed(place.uninstall())[-2:] == ["Reload", "UpdateCatalog"], "neither enabled nor started"
    assert place.tree() == before


def test_an_installation_that_a_power_cut_ended_is_carried_on(place: Place) -> None:
    """After each action in turn: repeated, it ends as if nothing had happened, and is undone as well."""
    unit = place.places().unit_file
    unit.write_text("[Service]\nExecStart=/old.sh\n")
    before = place.tree()
    todo = [one for one in plan(place.order(), place.host(RUNNING)).actions if not isinstance(one, MANAGED)]
    for cut in range(len(todo)):
        carry_out(todo[:cut])
        place.install(RUNNING)
        assert unit.read_text() == "[Service]\n", f"after {cut} actions"
        place.uninstall()
        assert place.tree() == before, f"after {cut} actions"
        carry_out(todo[:cut])
        place.uninstall()
        assert place.tree() == before, f"undone after {cut} actions"


def test_a_failure_in_the_middle_is_taken_back(place: Place) -> None:
    place.places().unit_file.write_text("[Service]\nExecStart=/old.sh\n")
    (place.root / "catalog").write_text("a file where a directory has to be")
    before = place.tree()
    with pytest.raises(doing.Interrupted, match=r"could not make the directory .*catalog") as raised:
        place.install(ABSENT)
    assert raised.value.hint == "What was done before was taken back; the host is as it was."
    assert place.tree() == before


def test_instances_share_what_both_need(place: Place) -> None:
    before = place.tree()
    place.install()
    alone = place.tree()
    place.install(ABSENT, "staging")
    assert managed(place.uninstall(RUNNING, "staging"))[:2] == ["Stop", "Disable"]
    assert place.tree() == alone
    place.install(ABSENT, "staging")
    place.uninstall()
    assert (place.root / "catalog/kgo-tui.catalog").exists(), "the instance still needs it"
    place.uninstall(RUNNING, "staging")
    assert place.tree() == before


def test_accounts_and_a_repository_change_hands_both_ways(place: Place) -> None:
    given = Given(path="/srv/app", before="root", after="kgo")
    order = place.order(run_as="kgo", operators=("anna",), given=given)
    host = Host(state=ABSENT, made=None)
    todo = plan(order, host).actions
    there = [one for one in todo if isinstance(one, a.CreateGroup | a.CreateUser | a.AddMember | a.Give)]
    assert [a.told(one) for one in there] == [
        "create the group kgo-tui",
        "create the user kgo, who cannot log in",
        "add anna to the group kgo-tui (counts from the next login)",
        "give what belongs to root in /srv/app to kgo",
    ]
    [remembered] = [one.manifest for one in todo if isinstance(one, a.Remember)]
    back = removal(place.places(), Host(state=RUNNING, made=remembered)).actions
    assert [
        a.told(one) for one in back if isinstance(one, a.Give | a.RemoveMember | a.RemoveUser | a.RemoveGroup)
    ] == [
        "give what belongs to kgo in /srv/app to root",
        "take anna out of the group kgo-tui",
        "remove the user kgo",
        "remove the group kgo-tui",
    ]


def test_all_workers_of_a_host_run_as_one_user(place: Place) -> None:
    place.install(run_as=None)
    known = place.host(ABSENT, "staging").others
    _same_for_all(None, known)
    with pytest.raises(UsageError, match=r"(?s)runs as root.*--run-as root"):
        _same_for_all("kgo", known)


def test_a_plan_shows_what_changes_and_no_secret() -> None:
    url = "https://discord.com/api/webhooks/1/very-secret-token"
    new = a.WriteFile(path=Path("/c"), content=f"# told\nurl = '{url}'\n")
    assert list(a.diff(new)) == ["+url = 'https://discord.com/api/webhooks/1/***'"]
    changed = a.WriteFile(path=Path("/c"), content="a\nc\n", before="a\nb\n")
    assert list(a.diff(changed))[-2:] == ["-b", "+c"]
