"""Where state and socket are, for root, a service, a plain user; and what a client needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kgo_tui.config import paths
from kgo_tui.config.client import ClientSettings, client_settings
from kgo_tui.config.paths import client_sockets, places

USER = {"XDG_STATE_HOME": "/home/u/.state", "XDG_RUNTIME_DIR": "/run/user/1"}


@pytest.fixture
def no_system_directories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(paths, "SYSTEM_STATE", tmp_path / "lib")
    monkeypatch.setattr(paths, "SYSTEM_RUNTIME", tmp_path / "run")
    monkeypatch.setattr(paths, "USERS_RUNTIME", tmp_path / "users")
    return tmp_path


def test_root_uses_the_systems_places() -> None:
    at = places(None, environ=USER, euid=0)
    assert (str(at.store), str(at.lock)) == ("/var/lib/kgo-tui/default.db", "/var/lib/kgo-tui/default.lock")
    assert str(at.socket) == "/run/kgo-tui/default.sock"


def test_a_service_uses_the_first_of_what_systemd_gives() -> None:
    environ = USER | {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "RUNTIME_DIRECTORY": "/run/a:/run/b"}
    at = places("staging", environ=environ, euid=1000)
    assert (str(at.store), str(at.socket)) == ("/var/lib/a/staging.db", "/run/a/staging.sock")


@pytest.mark.usefixtures("no_system_directories")
def test_a_plain_user_has_places_of_their_own() -> None:
    at = places(None, environ=USER, euid=1000)
    assert (str(at.store), str(at.socket)) == (
        "/home/u/.state/kgo-tui/default.db", "/run/user/1/kgo-tui/default.sock",
    )  # fmt: skip


def test_without_a_runtime_directory_the_socket_is_with_the_state(no_system_directories: Path) -> None:
    environ = {"XDG_STATE_HOME": "/home/u/.state", "XDG_RUNTIME_DIR": "relative"}
    assert str(places(None, environ=environ, euid=1000).socket) == "/home/u/.state/kgo-tui/default.sock"
    made_at_login = no_system_directories / "users" / "1000"
    made_at_login.mkdir(parents=True)
    assert places(None, environ=environ, euid=1000).socket == made_at_login / "kgo-tui" / "default.sock"


@pytest.mark.usefixtures("no_system_directories")
def test_without_a_state_directory_the_platforms_is_taken() -> None:
    assert places(None, environ={"XDG_STATE_HOME": ""}, euid=1000).store.is_absolute()


def test_who_may_write_in_the_systems_directory_shares_the_services_lock(no_system_directories: Path) -> None:
    (no_system_directories / "lib").mkdir()
    at = places(None, environ=USER, euid=1000)
    assert at.lock == no_system_directories / "lib" / "default.lock"
    assert str(at.socket).startswith("/run/user/1/")


def test_the_configured_socket_is_the_only_one() -> None:
    assert places(None, environ=USER, euid=0, socket="/x/y.sock").socket == Path("/x/y.sock")
    assert client_sockets(None, environ=USER, euid=1000, socket="/x/y.sock") == (Path("/x/y.sock"),)


@pytest.mark.usefixtures("no_system_directories")
def test_a_client_looks_for_the_systems_worker_first() -> None:
    assert client_sockets("a", environ=USER, euid=1000) == (
        paths.SYSTEM_RUNTIME / "a.sock", Path("/run/user/1/kgo-tui/a.sock"),
    )  # fmt: skip


def test_root_has_one_place_to_look() -> None:
    assert client_sockets(None, environ=USER, euid=0) == (Path("/run/kgo-tui/default.sock"),)


def settings(directory: Path, **environ: str) -> ClientSettings:
    return client_settings(environ=environ, system_dir=directory, user_dir=directory / "none")


def test_a_client_takes_socket_and_language_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('language = "fr"\n[control]\nsocket = "/x.sock"\n')
    found = settings(tmp_path)
    assert (found.sockets, found.language) == ((Path("/x.sock"),), "fr")
    other = settings(tmp_path, KGO_TUI_CONTROL_SOCKET="/y.sock", KGO_TUI_LANGUAGE="en")
    assert (other.sockets, other.language) == ((Path("/y.sock"),), "en")


@pytest.mark.parametrize(
    "text", ["broken =", "language = 3\ncontrol = 5", "[control]\nsocket = []", "\udcff"]
)
def test_a_client_works_with_a_broken_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    found = settings(tmp_path, LANG="fr_BE.UTF-8")
    assert paths.SYSTEM_RUNTIME / "default.sock" in found.sockets
    assert found.language == "fr"


def test_a_client_takes_how_the_console_looks_from_both_files(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[console]\ntheme = "light"\nread_only = true\n')
    (tmp_path / "none").mkdir()
    (tmp_path / "none/config.toml").write_text('[console]\nkeymap = {deploy = "ctrl+u", plan = 3}\n')
    found = settings(tmp_path)
    assert (found.theme, found.read_only, found.keymap) == ("light", True, {"deploy": "ctrl+u"})
    assert settings(tmp_path, KGO_TUI_CONSOLE_THEME="ansi").theme == "ansi"


@pytest.mark.parametrize("text", ["console = 3", "[console]\ntheme = 5\nkeymap = [1]\nread_only = 1"])
def test_what_of_it_is_of_another_type_is_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    found = settings(tmp_path)
    assert (found.theme, found.read_only, found.keymap) == ("auto", False, {})


def test_a_client_imports_neither_checks_nor_platformdirs() -> None:
    program = (
        "import sys, kgo_tui.config.client; "
        "print([m for m in ('platformdirs', 'httpx', 'difflib', 'kgo_tui.config.keys') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
