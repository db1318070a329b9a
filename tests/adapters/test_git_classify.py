"""What git's messages mean."""

import pytest

from kgo_tui.adapters.git.classify import classify, without_credentials
from kgo_tui.adapters.git.faults import IndexBroken, LockHeld, Where
from kgo_tui.core.errors import (
    KgoError,
    LocalChanges,
    RepositoryInvalid,
    SourceError,
    SourceUnreachable,
    UnknownCommit,
    UntrackedInTheWay,
)

WHERE = Where("/srv/app", "origin", "main", "kgo")

MESSAGES: list[tuple[str, type[KgoError], str]] = [
    (
        "fatal: unable to access 'https://h/x/': Could not resolve host: h",
        SourceUnreachable,
        "ls-remote origin",
    ),
    ("fatal: could not read Username for 'https://h': terminal prompts disabled", SourceUnreachable, ""),
    ("fatal: Authentication failed for 'https://h/x/'", SourceUnreachable, ""),
    (
        "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.",
        SourceUnreachable,
        "publickey",
    ),
    ("Host key verification failed.\nfatal: Could not read from remote repository.", SourceUnreachable, ""),
    ("fatal: repository 'https://h/x/' not found", SourceUnreachable, ""),
    ("fatal: early EOF\nfatal: fetch-pack: invalid index-pack output", SourceUnreachable, ""),
    ("fatal: couldn't find remote ref refs/heads/main", SourceError, "no branch main"),
    ("error: cannot open '.git/FETCH_HEAD': Permission denied", SourceError, "chown -R kgo: /srv/app/.git"),
    (
        "error: insufficient permission for adding an object to repository database .git/objects",
        SourceError,
        "chown",
    ),
    ("fatal: write error: No space left on device", SourceError, "no space is left"),
    ("error: unable to write file big", SourceError, "df -h /srv/app"),
    ("fatal: path 'x' does not exist in 'abc'", UnknownCommit, ""),
    ("error: cannot open '.git/FETCH_HEAD': Read-only file system", SourceError, "cannot be written"),
    (
        "error: object file .git/objects/ab/cd is empty\nfatal: loose object abcd is corrupt",
        SourceError,
        "fsck",
    ),
    ("error: inflate: data stream error (unknown compression method)", SourceError, "damaged"),
    ("fatal: bad config line 1 in file .git/config", SourceError, "damaged"),
    ("error: bad signature 0x00000000\nfatal: index file corrupt", IndexBroken, "reset"),
    ("fatal: .git/index: index file smaller than expected", IndexBroken, ""),
    ("fatal: detected dubious ownership in repository at '/srv/app'", RepositoryInvalid, "safe.directory"),
    ("fatal: not a git repository (or any of the parent directories): .git", RepositoryInvalid, "/srv/app"),
    ("fatal: cannot change to '/srv/app': Permission denied", RepositoryInvalid, "Permission denied"),
    ("fatal: this operation must be run in a work tree", RepositoryInvalid, ""),
    ("fatal: transport 'ext' not allowed", SourceError, "runs commands"),
    ("fatal: 'main' is already checked out at '/srv/other'", SourceError, "worktree list"),
    ("fatal: bad revision 'x'", UnknownCommit, ""),
    ("warning: foo\nfatal: something quite new", SourceError, "exit 128): fatal: something quite new"),
    ("", SourceError, "no message"),
]


@pytest.mark.parametrize(("stderr", "kind", "words"), MESSAGES)
def test_meaning(stderr: str, kind: type[KgoError], words: str) -> None:
    error = classify(stderr, 128, WHERE)
    assert type(error) is kind
    assert words in str(error)


def test_lock() -> None:
    said = (
        "fatal: cannot lock ref 'HEAD': Unable to create '/srv/app/.git/HEAD.lock': File exists.\n\nAnother"
    )
    error = classify(said, 128, WHERE)
    assert isinstance(error, LockHeld)
    assert error.path == "/srv/app/.git/HEAD.lock"


def test_listed_paths() -> None:
    said = (
        "error: The following untracked working tree files would be overwritten by checkout:\n"
        "\t.env\n\tb\x1b[2Jc\nPlease move or remove them before you switch branches.\nAborting\n"
    )
    error = classify(said, 1, WHERE)
    assert isinstance(error, UntrackedInTheWay)
    assert error.paths[0] == ".env"
    assert "\x1b" not in str(error)
    said = (
        "error: Your local changes to the following files would be overwritten by checkout:\n\tcompose.yml\n"
    )
    error = classify(said, 1, WHERE)
    assert isinstance(error, LocalChanges)
    assert error.paths == ("compose.yml",)
    said = "error: Updating the following directories would lose untracked files in them:\n\tconf\n"
    assert isinstance(classify(said, 1, WHERE), UntrackedInTheWay)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:s3cret@host/x.git", "https://host/x.git"),
        ("https://s3cret@host:8443/x.git", "https://host:8443/x.git"),
        ("http://u:s3@cret@host/x", "http://host/x"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("ssh://git:s3cret@host/x", "ssh://git@host/x"),
        ("git@host:x.git", "git@host:x.git"),
        ("fatal: unable to access 'HTTPS://a:s3cret@h/': x@y", "fatal: unable to access 'HTTPS://h/': x@y"),
    ],
)
def test_credentials_go(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


def test_no_credentials_in_errors() -> None:
    error = classify("fatal: unable to access 'https://u:s3cret@h/': Failed to connect to h", 128, WHERE)
    assert isinstance(error, SourceUnreachable)
    assert "s3cret" not in str(error)
    assert "https://h/" in str(error)
