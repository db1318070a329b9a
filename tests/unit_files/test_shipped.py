"""The files that are shipped: what the contract says of them, and that they say the same."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from pathlib import Path

import pytest

from kgo_tui.core.errors import ConfigError
from kgo_tui.unit import shipped, unitfile
from kgo_tui.unit.places import CATALOG_FILES, system_places, user_places
from kgo_tui.unit.wanted import Installation, Wanted, files

UNITS = ("koprogo-gitops.service", "koprogo-gitops@.service", "koprogo-gitops-user.service")
PROGRAM = ("/opt/kgo tui/bin/kgo-tui",)
REPOSITORY = Path("/srv/my app")
VERIFIES = shutil.which("systemd-analyze")


def in_force(text: str) -> dict[tuple[str, str], tuple[str, ...]]:
    keys = dict.fromkeys((one.section, one.key) for one in unitfile.assignments(text))
    return {key: unitfile.values(text, *key) for key in keys}


@pytest.mark.parametrize("name", UNITS)
def test_a_worker_is_watched_restarted_and_told_apart_from_a_wrong_configuration(name: str) -> None:
    text = shipped.text(name)
    expected = {
        "Type": "notify", "NotifyAccess": "main", "Restart": "always", "KillMode": "mixed", "LimitCORE": "0",
        "RestartPreventExitStatus": "2 78", "MemoryMax": "64M", "ExecReload": "/bin/kill -HUP $MAINPID",
        "OOMPolicy": "continue", "WatchdogSec": "60s",
    }  # fmt: skip
    assert {key: unitfile.value(text, "Service", key) for key in expected} == expected


@pytest.mark.parametrize("name", UNITS[:2])
def test_stopping_docker_does_not_stop_the_worker(name: str) -> None:
    text = shipped.text(name)
    assert unitfile.values(text, "Unit", "Requires") == unitfile.values(text, "Unit", "BindsTo") == ()
    for key in ("After", "Wants"):
        assert unitfile.value(text, "Unit", key) == "docker.service network-online.target"


def test_instances_differ_from_the_default_one_in_names_only() -> None:
    default, instance = (in_force(shipped.text(name)) for name in UNITS[:2])
    differing = {key for key in default.keys() | instance.keys() if default.get(key) != instance.get(key)}
    assert differing == {("Unit", "Description"), ("Service", "ExecStart")}
    assert instance["Service", "ExecStart"] == ("/usr/local/bin/kgo-tui --instance %i --headless monitor",)


def test_where_the_runbooks_frequency_and_branch_went() -> None:
    top = shipped.text(UNITS[0]).partition("ExecStart=")[0]
    for line in ("#Environment=CHECK_INTERVAL=180", "#Environment=BRANCH=main", "RestartSec=180"):
        assert line in top


def installed(**given: object) -> dict[str, Wanted]:
    order: dict[str, object] = {"places": system_places(None), "program": PROGRAM, "writable": (REPOSITORY,)}
    return {one.path.name: one for one in files(Installation(**{**order, **given}))}  # type: ignore[arg-type]


def test_the_units_start_the_program_that_installs_them() -> None:
    made = installed()
    unit = made["koprogo-gitops.service"].content
    assert unitfile.command(unitfile.value(unit, "Service", "ExecStart") or "") == (
        *PROGRAM, "--headless", "monitor",
    )  # fmt: skip
    assert "/usr/local/bin/kgo-tui" not in made["koprogo-gitops-failure@.service"].content
    assert '\' sh "/opt/kgo tui/bin/kgo-tui"' in made["koprogo-gitops-failure@.service"].content


def test_the_repository_may_be_written_to_and_need_not_be_there() -> None:
    text = installed()["10-repository.conf"].content
    assert unitfile.words(unitfile.value(text, "Service", "ReadWritePaths") or "") == (f"-{REPOSITORY}",)
    assert "RestrictSUIDSGID" not in text
    shared = installed(shared=True)["10-repository.conf"].content
    assert unitfile.value(shared, "Service", "RestrictSUIDSGID") == "no"


def test_a_dedicated_user_has_no_powers() -> None:
    assert "20-dedicated-user.conf" not in installed()
    text = installed(run_as="kgo-worker2")["20-dedicated-user.conf"].content
    assert unitfile.value(text, "Service", "User") == "kgo-worker2"
    assert unitfile.value(text, "Service", "CapabilityBoundingSet") is None
    assert "CapabilityBoundingSet=\n" in text, "said, and empty"


def test_where_everything_goes() -> None:
    units = "/etc/systemd/system"
    assert {str(one.path) for one in installed(places=system_places("staging")).values()} == {
        f"{units}/koprogo-gitops@.service",
        f"{units}/koprogo-gitops@staging.service.d/10-repository.conf",
        f"{units}/koprogo-gitops-failure@.service",
        *(f"/usr/local/lib/systemd/catalog/{name}" for name in CATALOG_FILES),
    }
    home = Path("/home/anna")
    assert [str(one.path) for one in installed(places=user_places(home)).values()] == [
        "/home/anna/.config/systemd/user/koprogo-gitops.service"
    ]


def test_a_file_that_is_lacking_is_told() -> None:
    with pytest.raises(ConfigError, match="lacks its file systemd/no-such"):
        shipped.text("no-such")


@pytest.mark.skipif(not VERIFIES, reason="systemd-analyze is not installed here; the box has it")
@pytest.mark.parametrize("name", UNITS[:2])
def test_systemd_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    unit = tmp_path / name.replace("@.", "@one.")
    unit.write_text(shipped.text(name).replace("/usr/local/bin/kgo-tui", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []


def test_the_comments_of_both_units_agree() -> None:
    """Whoever changes one reason changes the other."""
    default, instance = (shipped.text(name).splitlines() for name in UNITS[:2])
    changed = [line for line in difflib.ndiff(default, instance) if line[0] in "+-"]
    assert len(changed) < 30, changed
