"""What a configuration means on a host: paths, variables, secrets, users, groups."""

from __future__ import annotations

import getpass
import grp
import os
from pathlib import Path

import pytest

from kgo_tui.config.load import load
from kgo_tui.config.problems import ConfigInvalid
from kgo_tui.config.resolve import Effective, resolve
from kgo_tui.config.secret import Secret

NOBODY_HAS_THIS = "kgo-no-such-name"


class Host:
    """A repository with a compose directory, and the configuration that points to it."""

    def __init__(self, root: Path) -> None:
        self.root, self.repository = root, root / "repo"
        self.directory = self.repository / "deploy"
        self.directory.mkdir(parents=True)
        self.file = root / "config.toml"

    def resolve(self, text: str = "", **environ: str) -> Effective:
        self.file.write_text(f'[repository]\npath = "{self.repository}"\n{text}')
        return resolve(load(file=self.file, environ=environ), environ)

    def fault(self, text: str = "", **environ: str) -> str:
        with pytest.raises(ConfigInvalid) as raised:
            self.resolve(text, **environ)
        assert len(raised.value.problems) == 1
        return str(raised.value).replace(f"{self.root}/", "")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_paths_are_relative_to_what_an_admin_expects(host: Host) -> None:
    for name in ("compose.yml", "prod.yml", "a.env"):
        (host.directory / name).touch()
    (host.repository / "common.env").touch()
    effective = host.resolve(
        '[compose]\ndirectory = "deploy"\nfiles = ["compose.yml", "./prod.yml"]\n'
        f'env_files = ["a.env", "../common.env", "{host.directory}/a.env"]\n[health]\nurls = []\n'
    )
    assert effective.directory == str(host.directory)
    assert effective.files == (f"{host.directory}/compose.yml", f"{host.directory}/prod.yml")
    assert effective.env_files == (
        f"{host.directory}/a.env", f"{host.repository}/common.env", f"{host.directory}/a.env",
    )  # fmt: skip


def test_without_a_directory_compose_runs_at_the_repositorys_root(host: Host) -> None:
    effective = host.resolve("[health]\nurls = []")
    assert (effective.directory, effective.files, effective.env_files) == (str(host.repository), (), ())


MISSING = {
    '[compose]\nfiles = ["compose.yaml"]': (
        '4: compose.files: repo/compose.yaml does not exist (did you mean "compose.yml"?)'
    ),
    '[compose]\nenv_files = ["prod.env"]': "4: compose.env_files: repo/prod.env does not exist",
    '[compose]\ndirectory = "deploi"': (
        '4: compose.directory: repo/deploi does not exist (did you mean "deploy"?)'
    ),
    '[compose]\nfiles = ["deploy"]': "4: compose.files: repo/deploy is not a file",
    '[compose]\ndirectory = "compose.yml"': "4: compose.directory: repo/compose.yml is not a directory",
    f'owner = "{NOBODY_HAS_THIS}"': f'3: repository.owner: there is no user "{NOBODY_HAS_THIS}" on this host',
    f'[control]\ngroup = "{NOBODY_HAS_THIS}"': (
        f'4: control.group: there is no group "{NOBODY_HAS_THIS}" on this host\n'
        f"Create it with: groupadd --system {NOBODY_HAS_THIS}"
    ),
    '[[notify]]\nurl_file = "/nonexistent/hook"': "4: notify.0.url_file: /nonexistent/hook does not exist",
}


@pytest.mark.parametrize(("text", "told"), MISSING.items())
def test_what_is_configured_and_missing_is_an_error(host: Host, text: str, told: str) -> None:
    (host.repository / "compose.yml").touch()
    host.resolve("[health]\nurls = []")
    assert host.fault(text, DOMAIN="example.org") == f"config.toml:{told}"


def test_a_missing_repository_is_the_only_thing_told(host: Host) -> None:
    host.repository.rename(host.root / "moved")
    told = host.fault('[compose]\nfiles = ["compose.yml"]\ndirectory = "deploy"')
    assert told == "config.toml:2: repository.path: repo does not exist"


def test_everything_that_is_missing_is_told_at_once(host: Host) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        host.resolve('[compose]\nfiles = ["a.yml", "b.yml"]\n[[notify]]\nurl_file = "/nonexistent/hook"')
    assert [problem.key for problem in raised.value.problems] == [
        "compose.files", "compose.files", "notify.0.url_file", "health.urls",
    ]  # fmt: skip


def test_the_domain_comes_from_the_env_file_and_the_environment_goes_first(host: Host) -> None:
    (host.repository / ".env").write_text("DOMAIN='file.example.org'\n")
    assert host.resolve().urls == ("https://api.file.example.org/api/v1/health",)
    assert host.resolve(DOMAIN="env.example.org").urls == ("https://api.env.example.org/api/v1/health",)
    (host.repository / "a.env").write_text("DOMAIN=a.org\n")
    (host.repository / "b.env").write_text("DOMAIN=b.$TLD\nTLD=unused\n")
    assert host.resolve('[compose]\nenv_files = ["a.env", "b.env"]', TLD="net").urls == (
        "https://api.b.net/api/v1/health",
    )


def test_a_variable_without_a_value_is_named_with_where_it_was_looked_for_and_the_way_out(host: Host) -> None:
    (host.repository / "empty.env").write_text("DOMAIN=\n")
    assert host.fault() == (
        "by default: health.urls: ${DOMAIN} has no value; looked for in the environment, "
        "repo/.env (which does not exist)\n"
        "Set DOMAIN in the env file or the worker's environment, write health.urls in full, "
        "or set health.urls = [] to do without."
    )
    told = host.fault('[compose]\nenv_files = ["empty.env"]\n[health]\nurls = ["http://${DOMAIN}"]')
    assert told.startswith(
        "config.toml:6: health.urls: ${DOMAIN} has no value; looked for in the environment, repo/empty.env\n"
    )


def test_a_url_that_is_none_after_its_variables_is_told(host: Host) -> None:
    told = host.fault("", DOMAIN="exa mple:99999999")
    assert told.startswith(
        'by default: health.urls: "https://api.${DOMAIN}/api/v1/health" becomes "https://api.exa'
    )


def test_secrets_are_read_from_files_and_credentials(host: Host) -> None:
    (host.root / "hook").write_text("https://h/1\n\n")
    (host.root / "cred").write_text("slack://2\n")
    text = (
        "[health]\nurls = []\n"
        f'[[notify]]\nurl_file = "{host.root}/hook"\non = ["rolled_back"]\n'
        '[[notify]]\nurl_credential = "cred"\n'
    )
    effective = host.resolve(text, CREDENTIALS_DIRECTORY=str(host.root))
    assert [notice.url for notice in effective.notify] == [Secret("https://h/1"), Secret("slack://2")]
    assert effective.notify[0].on == ("rolled_back",)
    assert set(effective.secrets) >= {Secret("https://h/1"), Secret("slack://2")}
    assert "h/1" not in repr(effective)


def test_a_credential_outside_the_service_is_a_warning_and_inside_it_must_be_there(host: Host) -> None:
    text = '[health]\nurls = []\n[[notify]]\nurl_credential = "hook"\n'
    effective = host.resolve(text)
    assert effective.notify == ()
    assert "only inside the systemd service" in effective.warnings[0]
    assert "hook does not exist" in host.fault(text, CREDENTIALS_DIRECTORY=str(host.root))


def test_a_secret_file_without_a_url_is_told_without_its_content(host: Host) -> None:
    (host.root / "hook").write_text("hunter22")
    told = host.fault(f'[health]\nurls = []\n[[notify]]\nurl_file = "{host.root}/hook"')
    assert "does not hold a URL" in told
    assert "hunter22" not in told


def test_values_of_env_files_are_secrets_but_not_those_that_urls_show(host: Host) -> None:
    (host.repository / ".env").write_text("DOMAIN_KEY=shown1\nDB_PASSWORD=hunter22\nLOG_LEVEL=info\n")
    effective = host.resolve('[health]\nurls = ["https://${DOMAIN_KEY}/"]')
    assert effective.secrets == (Secret("hunter22"),)


def test_user_group_and_language_of_this_host(host: Host) -> None:
    group = grp.getgrgid(os.getgid()).gr_name
    text = f'owner = "{getpass.getuser()}"\n[health]\nurls = []\n[control]\ngroup = "{group}"\n'
    effective = host.resolve(text, LANG="fr_FR.UTF-8")
    assert (effective.group, effective.language) == (group, "fr")
    assert host.resolve(text, LANG="fr_FR.UTF-8", LC_ALL="C").language == "en"
