"""Every git command, word by word."""

from kgo_tui.adapters.git import argv

SAFE = [
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "submodule.recurse=false"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
]
READ = ["git", "--no-pager", "--no-optional-locks", "--literal-pathspecs", *SAFE, "-C", "/w"]
DURABLE = ["-c", "core.fsync=all", "-c", "core.fsyncMethod=batch"]
WRITE = ["git", "--no-pager", "--literal-pathspecs", *SAFE, *DURABLE, "-C", "/w"]
STATUS = [
    *("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=no", "--no-renames"),
    "--ignore-submodules=all",
]
A, B = "a" * 40, "b" * 40


def test_fetch() -> None:
    assert argv.fetch("/w", "origin", "main") == [
        *WRITE,
        *(
            "-c",
            "fetch.unpackLimit=1",
            "fetch",
            "--quiet",
            "--no-progress",
            "--no-prune",
            "--no-recurse-submodules",
        ),
        "--refmap=",
        *("--end-of-options", "origin", "+refs/heads/main:refs/remotes/origin/main"),
    ]


def test_reading() -> None:
    assert argv.status("/w") == [*READ, *STATUS]
    assert argv.refs("/w", "refs/heads/main") == [
        *READ,
        "for-each-ref",
        "--format=%(refname)%00%(objectname)%00%(authorname)%00%(committerdate:unix)%00%(subject)",
        "refs/heads/main",
    ]
    assert argv.log("/w", f"{A}..{B}", 50) == [
        *READ,
        *("log", "-z", "--max-count=50", "--no-show-signature", "--no-color", "--encoding=UTF-8"),
        *("--format=tformat:%H%x00%an%x00%ct%x00%s", "--end-of-options", f"{A}..{B}", "--"),
    ]
    assert argv.counts("/w", A, B) == [*READ, "rev-list", "--count", "--left-right", f"{A}...{B}", "--"]
    assert argv.is_ancestor("/w", A, B) == [*READ, "merge-base", "--is-ancestor", A, B]
    assert argv.verify("/w", A) == [
        *READ,
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{A}^{{commit}}"),
    ]
    assert argv.remote_url("/w", "origin") == [*READ, "remote", "get-url", "--end-of-options", "origin"]
    assert argv.git_dirs("/w") == [*READ, "rev-parse", "--git-dir", "--git-common-dir"]
    assert argv.diff("/w", A, B) == [
        *READ,
        *("diff-tree", "-r", "-z", "--name-status", "--no-renames", A, B, "--"),
    ]
    assert argv.blob("/w", A, "-x/y") == [*READ, "cat-file", "blob", f"{A}:-x/y"]
    assert argv.object_content("/w", A) == [*READ, "cat-file", "blob", A]
    assert argv.tree_of("/w", A) == [*READ, "ls-tree", "-r", "-z", "--full-tree", A]
    assert argv.hash_files("/w") == [*READ, "hash-object", "--stdin-paths"]
    assert argv.tracked("/w") == [*READ, "ls-files", "-z"]
    assert argv.flagged("/w") == [*READ, "ls-files", "-v", "-z"]
    assert argv.absent_from_index("/w", A) == [
        *READ,
        *("diff-index", "--cached", "-z", "--raw", "--no-renames", "--no-abbrev", "--diff-filter=D"),
        *("--ignore-submodules=all", A, "--"),
    ]
    assert argv.only_in("/w", A, B) == [
        *READ,
        *("rev-list", "--max-count=1", A, "--not", B, "--glob=refs/heads/kgo-tui-saved/*", "--"),
    ]


def test_writing() -> None:
    assert argv.verify_status("/w") == [*WRITE, *STATUS]
    assert argv.check_out("/w", "main", A) == [
        *WRITE,
        *("checkout", "--quiet", "--no-progress", "--no-overwrite-ignore", "--no-recurse-submodules"),
        *("--no-track", "-B", "main", A, "--"),
    ]
    assert argv.reset("/w") == [*WRITE, "reset", "--hard", "--quiet", "HEAD", "--"]
    assert argv.rebuild_index("/w", "HEAD") == [*WRITE, "read-tree", "--reset", "HEAD"]
    assert argv.empty_index("/w") == [*WRITE, "read-tree", "--empty"]
    assert argv.stash_create("/w", "kgo-tui 7") == [*WRITE, "stash", "create", "kgo-tui 7"]
    assert argv.stash_store("/w", "kgo-tui 7", A) == [
        *WRITE,
        *("stash", "store", "--message=kgo-tui 7", A),
    ]
    assert argv.take_as_is("/w") == [*WRITE, "add", "--update"]
    assert argv.look_again("/w") == [*WRITE, "update-index", "-z", "--no-assume-unchanged", "--stdin"]
    assert argv.set_ref("/w", "refs/x", A) == [*WRITE, "update-ref", "refs/x", A]
    assert argv.drop_ref("/w", "refs/x") == [*WRITE, "update-ref", "-d", "refs/x"]
