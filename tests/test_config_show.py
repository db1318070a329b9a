"""`config init` writes what loads to the defaults; `config show` tells all but secrets."""

from __future__ import annotations

import json
import pickle
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kgo_tui.config import show
from kgo_tui.config.keys import KEYS, default
from kgo_tui.config.load import Loaded, load
from kgo_tui.config.resolve import resolve
from kgo_tui.config.secret import Secret
from kgo_tui.config.template import template
from kgo_tui.config.toml import as_toml, assignment

REPOSITORY = {"repository.path": "/srv/app"}
WEBHOOK = "https://discord.com/api/webhooks/1/hunter22"


def loaded(tmp_path: Path, text: str, **environ: str) -> Loaded:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    return load(file=file, environ=environ)


def uncommented(text: str) -> str:
    """With the "#" removed as the file's head says, examples of keys without a default left out."""
    examples = {f"#{key.rpartition('.')[2]} = " for key in KEYS if default(key) is None}
    kept = [line for line in text.split("\n") if not line.startswith(tuple(examples))]
    return "\n".join(re.sub(r"^#(?=[\w\[\] ]+($|[=\"]))(?! )|^#(?=  \"|\]$)", "", line) for line in kept)


def test_the_written_file_has_every_key_explained_and_loads_to_the_defaults(tmp_path: Path) -> None:
    text = template(REPOSITORY)
    assert loaded(tmp_path, text).config == loaded(tmp_path, '[repository]\npath = "/srv/app"').config
    for key, meant in KEYS.items():
        name = key.rpartition(".")[2]
        assert re.search(rf"^#?{name} = ", text, re.MULTILINE), key
        assert f"# {meant.text.splitlines()[0]}\n" in text
    assert max(map(len, text.split("\n"))) <= 110


def test_every_line_that_it_shows_as_a_default_is_the_default(tmp_path: Path) -> None:
    text = uncommented(template(REPOSITORY)).replace("[[notify]]", '[[notify]]\nurl_file = "/x"')
    assert text.count("\n#") < template(REPOSITORY).count("\n#") - 20
    plain = loaded(tmp_path, '[repository]\npath = "/srv/app"\n[[notify]]\nurl_file = "/x"').config
    assert loaded(tmp_path, text).config == plain


@pytest.mark.parametrize("key", [key for key in KEYS if default(key) is None])
def test_every_example_is_a_value_that_its_key_takes(key: str) -> None:
    KEYS[key].kind.accept(tomllib.loads(f"example = {KEYS[key].example}")["example"])


def test_what_was_found_is_set_in_the_written_file(tmp_path: Path) -> None:
    found: dict[str, Any] = REPOSITORY | {
        "repository.branch": 'odd"\\ é',
        "compose.files": ["docker-compose.yml", "docker-compose.production.yml"] * 3,
        "compose.remove_orphans": True,
        "monitor.interval": 60,
        "notify.url_file": "/etc/kgo-tui/webhook",
    }
    values = tomllib.loads(template(found))
    flat = {f"{s}.{k}": v for s, table in values.items() if isinstance(table, dict) for k, v in table.items()}
    assert flat | {"notify.url_file": values["notify"][0]["url_file"]} == found
    with pytest.raises(KeyError):
        template({"repository.brunch": "x"})


def test_show_gives_each_value_with_its_origin_and_no_secret(tmp_path: Path) -> None:
    text = (
        f'[repository]\npath = "{tmp_path}"\n'
        '[health]\ninterval = "2m"\nurls = ["https://u:hunter22@h/?token=hunter22"]\n'
        f'[[notify]]\nurl = "{WEBHOOK}"\n'
    )
    read = loaded(tmp_path, text, DISCORD_WEBHOOK_URL=WEBHOOK, KGO_TUI_HISTORY_KEEP="7")
    misplaced = loaded(tmp_path, text, KGO_TUI_COMPOSE_DIRECTORY="https://u:hunter22@h/")
    assert "hunter22" not in "\n".join(show.lines(misplaced))
    effective = resolve(read, {})
    lines, whole = show.lines(read, effective), show.as_json(read, effective)
    assert "hunter22" not in "\n".join(lines) + json.dumps(whole)
    assert WEBHOOK not in repr(read) + repr(effective)
    interval = next(line for line in lines if line.startswith("health.interval"))
    assert re.fullmatch(r"health\.interval = 120 +# .*config\.toml:4", interval)
    assert whole["values"]["history.keep"] == {"value": 7, "origin": "environment KGO_TUI_HISTORY_KEEP"}
    assert whole["values"]["notify.0.url"] == {"value": "***", "origin": f"{tmp_path}/config.toml:7"}
    assert whole["values"]["notify.1.on"]["origin"] == "default"
    assert whole["files"] == [f"{tmp_path}/config.toml"]
    assert whole["resolved"]["urls"] == ["https://h/?token=***"]


def test_show_makes_foreign_text_inert(tmp_path: Path) -> None:
    hostile = tmp_path / "\x1b[2J"
    hostile.mkdir()
    read = loaded(
        hostile, '[repository]\npath = "/srv/\u202eapp"' if False else '[repository]\npath = "/srv/app"'
    )
    assert all(line.isprintable() for line in show.lines(read))


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("hunter22")
    assert "hunter22" not in f"{secret} {secret!r} {[secret]} {secret:}"
    assert secret.reveal() == "hunter22"
    assert secret == Secret("hunter22") != Secret("other")
    assert len({secret, Secret("hunter22")}) == 1
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    "value",
    [
        *("", 'a"\\b\n\t', "é\x7f\x01", 0, -5, 1.5, 2.0, True),
        *([], ["a", "b"], ["x" * 60, "y" * 60], [1, False], {}, {"a.b": "é"}),
    ],
)
def test_what_is_written_reads_back(value: Any) -> None:
    assert tomllib.loads(assignment("k", value))["k"] == value
    assert tomllib.loads(f"k = {as_toml(value)}")["k"] == value


def test_what_has_no_toml_form_is_refused() -> None:
    with pytest.raises(TypeError):
        as_toml({"a": object()})
