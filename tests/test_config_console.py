"""[console]: what the worker's reading of the file says of it; the console's own is lenient."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgo_tui.config import names
from kgo_tui.config.problems import ConfigInvalid
from kgo_tui.config.template import template
from tests.config_host import MINIMAL, Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_table_of_keys_is_read(host: Host) -> None:
    host.write(
        MINIMAL + '[console]\ntheme = "light"\n[console.keymap]\ndeploy = "ctrl+u"\n"log.wrap" = "W,f2"\n'
    )
    console = host.load().config.console
    assert (console.theme, console.read_only) == ("light", False)
    assert console.keymap == {"deploy": "ctrl+u", "log.wrap": "W,f2"}


def test_it_may_come_from_the_environment(host: Host) -> None:
    host.write(MINIMAL)
    config = host.load(
        environ={"KGO_TUI_CONSOLE_KEYMAP": '{deploy = "D"}', "KGO_TUI_CONSOLE_READ_ONLY": "yes"}
    ).config
    assert (config.console.keymap, config.console.read_only) == ({"deploy": "D"}, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'theme = "drak"',
            'console.theme: the text "drak" is not one of auto, dark, light, ansi (did you mean "dark"?)',
        ),
        ('keymap = {deploy = "ctrl+"}', 'console.keymap: deploy: the text "ctrl+" is not a key'),
        ("keymap = {deploy = 5}", "console.keymap: deploy: expected a text, found the number 5"),
        ('keymap = "U"', 'console.keymap: expected a table such as {"one" = "two"}, found the text "U"'),
        ("colour = 1", "console.colour: unknown key"),
    ],
)
def test_a_fault_names_file_line_and_key(host: Host, text: str, said: str) -> None:
    host.write(f"{MINIMAL}[console]\n{text}\n")
    with pytest.raises(ConfigInvalid) as caught:
        host.load()
    assert said in caught.value.message
    assert "config.toml:4: console." in caught.value.message


@pytest.mark.parametrize(
    "keys", ["U", "ctrl+u", "f5", "question_mark", "?", "i, f5", "ctrl+shift+up", "+", "<"]
)
def test_a_key_passes(keys: str) -> None:
    assert names.keystrokes(keys) is None


@pytest.mark.parametrize("keys", ["ctrl+", "", ",", "a b", "super+x", "ab+c", "??"])
def test_what_is_no_key_does_not(keys: str) -> None:
    assert names.keystrokes(keys) is not None


def test_the_written_file_shows_it() -> None:
    text = template({"repository.path": "/srv", "console.keymap": {"deploy": "D"}})
    assert 'keymap = {"deploy" = "D"}\n' in text
    assert '#theme = "auto"\n' in text
