"""Files that are no configuration, and values that nobody would write: refused in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgo_tui.config.keys import KEYS
from kgo_tui.config.problems import ConfigInvalid
from kgo_tui.core.text import clean_block
from tests.config_host import MINIMAL, Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"[repository]\npath = \n", "config.toml:2: is not valid TOML, column 8: Invalid value"),
        (b'[repository]\npath = "x', "config.toml:2: is not valid TOML"),
        (b'[a]\nb = 1\nc = "\xff"\n', "config.toml:3: is not UTF-8 here"),
        (b"a = 1\na = 2\n", "config.toml:2: is not valid TOML, column 6: Cannot overwrite a value"),
        (b"a = " + b"[" * 5000, "config.toml: is not valid TOML"),
        (b"a = " + b"9" * 5000, "config.toml: is not valid TOML"),
        (b"#" * (1 << 20) + b"#", "config.toml: larger than 1024 KiB"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_told_with_its_line(host: Host, raw: bytes, told: str) -> None:
    (host.system / "config.toml").write_bytes(raw)
    with pytest.raises(ConfigInvalid) as raised:
        host.load()
    assert len(raised.value.problems) == 1
    assert str(raised.value.problems[0]).replace(f"{host.system}/", "").startswith(told)


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(host: Host) -> None:
    (host.system / "config.toml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    loaded = host.load()
    assert str(loaded.origins["repository.path"]) == f"{host.system}/config.toml:2"


def test_a_directory_or_a_file_in_the_place_of_the_file_is_told(host: Host) -> None:
    (host.system / "config.toml").mkdir()
    with pytest.raises(ConfigInvalid, match=r"config\.toml: cannot be read: Is a directory"):
        host.load()
    with pytest.raises(ConfigInvalid, match="a part of its path is a file"):
        host.load(file=host.write(MINIMAL, "x") / "config.toml")


def test_an_unreadable_file_is_told(host: Host) -> None:
    """In a process of its own, since root, who may read everything, must become somebody else."""
    host.write(MINIMAL).chmod(0)
    program = (
        "import os, sys; from pathlib import Path; from kgo_tui.config.load import load;"
        "d = os.open(sys.argv[1], os.O_PATH); os.geteuid() or (os.setgid(65534), os.setuid(65534));"
        "load(environ={}, system_dir=Path(f'/proc/self/fd/{d}'), user_dir=Path('/nonexistent'))"
    )
    host.system.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", program, host.system], capture_output=True, text=True, check=False, timeout=60
    )
    assert "config.toml: not readable by this user" in done.stderr


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([key for key in KEYS if not key.startswith("notify.")]), ODD)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_is_taken_or_refused_in_words(host: Host, key: str, value: object) -> None:
    told = ""
    try:
        host.load(environ={"REPO_DIR": "/srv/app"}, flags={key: value})
    except ConfigInvalid as invalid:
        told = str(invalid)
    assert clean_block(told) == told


@given(st.binary(max_size=60) | st.text(alphabet="[]#='\"\\.\n ahelnopty\t19", max_size=60).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_configuration_or_refused_in_words(host: Host, raw: bytes) -> None:
    (host.system / "config.toml").write_bytes(raw)
    with pytest.raises(ConfigInvalid) as raised:
        host.load()
    assert clean_block(str(raised.value)) == str(raised.value)
