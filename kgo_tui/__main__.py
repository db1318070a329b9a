"""The command line: arguments in, one command run, an exit code out.

Owns the words of the command line and the mapping of errors to exit codes (the contract with
users). Imports what a command needs only when it runs: start-up time is a feature.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from kgo_tui import __version__
from kgo_tui.core import errors

DONE, FAILED, USAGE, NEEDS_PERSON, BUSY, UNREACHABLE = 0, 1, 2, 3, 4, 5
"""Exit codes: 1 the host is unchanged or rolled back, 3 a person is needed, 5 something that is
needed does not answer."""

_CODES: tuple[tuple[type[errors.KgoError], int], ...] = (
    (errors.ConfigError, USAGE),
    (errors.UsageError, USAGE),
    (errors.UnknownCommit, USAGE),
    (errors.RepositoryInvalid, USAGE),
    (errors.NoBaseline, NEEDS_PERSON),
    (errors.Busy, BUSY),
    (errors.Unreachable, UNREACHABLE),
    (errors.VersionMismatch, UNREACHABLE),
)


def exit_code(error: errors.KgoError) -> int:
    """The exit code that an error leads to; what is not listed means failed and unchanged."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Errors that a user can mend are one message on stderr, no traceback."""
    arguments = parse(sys.argv[1:] if argv is None else argv)
    try:
        from kgo_tui.headless import run  # noqa: PLC0415 - lazy: `--version` and `--help` need nothing

        return run(arguments)
    except errors.KgoError as error:
        sys.stderr.write(f"kgo-tui: {error}\n")
        return exit_code(error)
    except KeyboardInterrupt:
        sys.stderr.write("kgo-tui: interrupted; kgo-tui status tells what is left to do\n")
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe went away; nothing is left to tell it
        return DONE


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; argparse ends the process with 2 and a message when it is wrong."""
    arguments = _parser().parse_args(argv)
    if arguments.command is None:
        arguments.command = "monitor" if arguments.headless else "console"
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kgo-tui",
        description="A GitOps worker and a terminal console for a host that runs Docker Compose.",
    )
    parser.add_argument("--version", action="version", version=f"kgo-tui {__version__}")
    parser.add_argument("--config", metavar="FILE", help="the only configuration file to read")
    parser.add_argument("--instance", metavar="NAME", help="follow /etc/kgo-tui/NAME.toml")
    parser.add_argument("--headless", action="store_true", help="draw no screen; alone: monitor")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _acting(commands)
    _showing(commands)
    _configuring(commands)
    return parser


_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def _acting(commands: _Commands[argparse.ArgumentParser]) -> None:
    monitor = commands.add_parser("monitor", help="the worker: checks, deploys, serves the socket")
    monitor.add_argument("--no-poll", action="store_true", help="only act on demand")
    deploy = commands.add_parser("deploy", help="check and deploy now, to its end")
    deploy.add_argument(
        "commit", nargs="?", metavar="COMMIT", help="a commit of the branch (default: its tip)"
    )
    rollback = commands.add_parser("rollback", help="go back to the last good release, or the one named")
    rollback.add_argument("to", nargs="?", metavar="DEPLOYMENT|COMMIT")
    suspend = commands.add_parser("suspend", help="automatic deployment off")
    suspend.add_argument("--reason", default="", help="why; shown wherever nothing happens")
    commands.add_parser("resume", help="automatic deployment on")
    commands.add_parser("cancel", help="give up the running deployment, before containers are touched")


def _showing(commands: _Commands[argparse.ArgumentParser]) -> None:
    _json(commands.add_parser("check", help="one check: what would be done, and why"))
    plan = _json(commands.add_parser("plan", help="what deploying would do, in full"))
    plan.add_argument("commit", nargs="?", metavar="COMMIT")
    _json(commands.add_parser("status", help="what is; exits 0 ok, 1 warning, 2 critical"))
    for name, what, limit in (
        ("history", "the deployments, newest first", 20),
        ("health", "the samples of the health probe", 60),
        ("events", "what happened", 50),
    ):
        shown = _json(commands.add_parser(name, help=what))
        if name == "history":
            shown.add_argument(
                "deployment", nargs="?", type=_positive, metavar="DEPLOYMENT", help="one in full"
            )
        shown.add_argument(
            "-n", "--limit", type=_positive, default=limit, metavar="N", help=f"(default {limit})"
        )


def _configuring(commands: _Commands[argparse.ArgumentParser]) -> None:
    config = commands.add_parser("config", help="write, show or check the configuration")
    actions = config.add_subparsers(dest="action", metavar="init|show|check", required=True)
    init = actions.add_parser("init", help="write a commented file")
    init.add_argument("--output", metavar="FILE", help="where to (default: where it is read from)")
    init.add_argument("--force", action="store_true", help="replace an existing file")
    _json(actions.add_parser("show", help="the effective values and where each comes from"))
    actions.add_parser("check", help="read and resolve everything; say what is wrong")
    demo = commands.add_parser("demo", help="a complete sandbox with real parts")
    demo.add_argument("--every", type=_positive, default=20, metavar="S", help="seconds between commits")
    demo.add_argument("--commits", type=_positive, default=None, metavar="N", help="end after that many")


def _json(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--json", action="store_true", help="as JSON (see the README for the schema)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


if __name__ == "__main__":
    sys.exit(main())
