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

WORKER_USAGE = 78
"""USAGE of the worker: EX_CONFIG of sysexits.h, by which a unit knows that a restart cannot help."""

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
        _tell(error)
        code = exit_code(error)
        return WORKER_USAGE if code == USAGE and arguments.command == "monitor" else code
    except KeyboardInterrupt:
        sys.stderr.write("kgo-tui: interrupted; kgo-tui status tells what is left to do\n")
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe went away; nothing is left to tell it
        return DONE


def _tell(error: errors.KgoError) -> None:
    from kgo_tui.sink import in_journal  # noqa: PLC0415 - only when something went wrong

    lead = "<3>" if in_journal(outputs=(sys.stderr.fileno(),)) else ""  # priority error, sd-daemon(3)
    sys.stderr.writelines(f"{lead}{line}\n" for line in f"kgo-tui: {error}".splitlines())


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; argparse ends the process with 2 and a message when it is wrong."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        arguments.command = "monitor" if arguments.headless else "console"
    if arguments.read_only and arguments.command != "console":
        parser.error(f"--read-only is for the console, not for {arguments.command}")
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
    parser.add_argument("--read-only", action="store_true", help="a console that can change nothing")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _acting(commands)
    _showing(commands)
    _configuring(commands)
    _serving(commands)
    return parser


_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def _acting(commands: _Commands[argparse.ArgumentParser]) -> None:
    monitor = commands.add_parser("monitor", help="the worker: checks, deploys, serves the socket")
    monitor.add_argument("--no-poll", action="store_true", help="only act on demand")
    monitor.add_argument(
        "--until-idle", type=float, nargs="?", const=60.0, metavar="S", help="end when nobody needs it (60 s)"
    )
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

    _logs(commands)


def _logs(commands: _Commands[argparse.ArgumentParser]) -> None:
    logs = _json(commands.add_parser("logs", help="what the worker says, or the services"))
    logs.add_argument("service", nargs="*", metavar="SERVICE", help="services, or containers, by name")
    logs.add_argument("-u", "--unit", action="store_true", help="the worker's own journal (the default)")
    logs.add_argument("-a", "--all", action="store_true", help="every service")
    logs.add_argument("-n", "--lines", type=_count, metavar="N", help="the last N (default 100; of each)")
    logs.add_argument("-f", "--follow", action="store_true", help="go on, also when the worker restarts")
    logs.add_argument("-S", "--since", metavar="WHEN", help='"10 minutes ago", today, 2h, 2026-01-31 14:05')
    logs.add_argument(
        "-p", "--priority", type=_priority, metavar="P", help="0-7 or emerg-debug, of the journal"
    )


def _configuring(commands: _Commands[argparse.ArgumentParser]) -> None:
    config = commands.add_parser("config", help="write, show or check the configuration")
    actions = config.add_subparsers(dest="action", metavar="init|show|check", required=True)
    init = actions.add_parser("init", help="write a commented file")
    init.add_argument("--output", metavar="FILE", help="where to (default: where it is read from)")
    init.add_argument("--force", action="store_true", help="replace an existing file")
    _json(actions.add_parser("show", help="the effective values and where each comes from"))
    actions.add_parser("check", help="read and resolve everything; say what is wrong")
    doctor = _json(
        commands.add_parser("doctor", help="every prerequisite and known fault, and what mends it")
    )
    doctor.add_argument("--fix", action="store_true", help="mend what can be mended safely")
    demo = commands.add_parser("demo", help="a complete sandbox with real parts")
    demo.add_argument("--every", type=_positive, default=20, metavar="S", help="seconds between commits")
    demo.add_argument("--offline", action="store_true", help="a played host; needs nothing installed")
    demo.add_argument("--plain", action="store_true", help="lines instead of the console")
    demo.add_argument("--commits", type=_positive, default=None, metavar="N", help="end after that many")


def _serving(commands: _Commands[argparse.ArgumentParser]) -> None:
    service = commands.add_parser("service", help="the systemd unit: install, start, stop, undo")
    actions = service.add_subparsers(dest="action", metavar="ACTION", required=True)
    install = actions.add_parser("install", help="put unit, configuration and group in place, and start")
    install.add_argument("--repository", metavar="DIR", help="the clone (default: what is found)")
    install.add_argument("--branch", metavar="NAME", help="the branch (default: as before, or checked out)")
    install.add_argument("--compose-directory", metavar="DIR", help="where Compose runs, in the clone")
    install.add_argument("--compose-file", metavar="FILE", action="append", default=[])
    install.add_argument("--run-as", metavar="NAME", help="a user for the worker, instead of root")
    install.add_argument("--operator", metavar="NAME", nargs="+", action="extend", default=[])
    install.add_argument("--no-start", action="store_true", help="do not start it now")
    install.add_argument("--no-enable", action="store_true", help="do not start it at boot")
    uninstall = actions.add_parser("uninstall", help="undo it; what was there before comes back")
    uninstall.add_argument("--purge", action="store_true", help="remove history and configuration, too")
    for changing in (install, uninstall):
        changing.add_argument("--dry-run", action="store_true", help="only show what would be done")
    for name in ("start", "stop", "restart", "enable", "disable", "status"):
        actions.add_parser(name, help=f"{name} the unit")
    for parser in actions.choices.values():
        parser.add_argument("--user", action="store_true", help="your own service manager's unit")


def _json(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--json", action="store_true", help="as JSON (see the README for the schema)")
    return parser


PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
"""Their names as journalctl(1) has them; the place in the row is the number."""


def _priority(text: str) -> int:
    if text not in (*PRIORITIES, *"01234567"):
        raise argparse.ArgumentTypeError(f"{text} is no priority: {', '.join(PRIORITIES)}, or 0 to 7")
    return PRIORITIES.index(text) if text in PRIORITIES else int(text)


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text} is not a number of lines")
    return int(text)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


if __name__ == "__main__":
    sys.exit(main())
