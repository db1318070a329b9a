"""Every key of the console: its id, what it does, and where it says so.

Owns the table that bindings, the help screen, the key line and the configuration's keymap go by. Must
not know how an action is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textual.binding import Binding

from kgo_tui.console.speech import later


class Key(NamedTuple):
    """`id` is the name in the configuration's keymap, `action` Textual's; `hint` is the short word on
    the key line ("" keeps it off), `text` what the help says. `changes` is what a read-only console
    cannot do."""

    id: str
    keys: str
    action: str
    text: str
    hint: str = ""
    changes: bool = False


GLOBAL = (
    Key("pane.1", "1", "pane('git')", later("Git: commits here and there")),
    Key("pane.2", "2", "pane('services')", later("Services: the containers")),
    Key("pane.3", "3", "pane('health')", later("Health: the probe's history")),
    Key("pane.4", "4", "pane('deployments')", later("Deployments: the history")),
    Key("pane.5", "5", "pane('logs')", later("Logs: the journal and the containers")),
    Key("pane.next", "tab,right_square_bracket", "next_pane(1)", later("Next pane")),
    Key("pane.previous", "shift+tab,left_square_bracket", "next_pane(-1)", later("Previous pane")),
    Key("pane.zoom", "plus", "zoom(True)", later("Only this pane")),
    Key("pane.unzoom", "underscore", "zoom(False)", later("All panes again")),
    Key(
        "deploy", "U", "deploy", later("Deploy now: shows the plan first"), later("deploy now"), changes=True
    ),
    Key("plan", "p", "plan", later("Check now and show the plan"), later("plan")),
    Key("rollback", "z", "rollback", later("Roll back to a good release"), later("rollback"), changes=True),
    Key("suspend", "P", "suspend", later("Automatic deployment off or on"), changes=True),
    Key("cancel", "x", "cancel", later("Give up the running deployment"), changes=True),
    Key("palette", "colon,ctrl+p", "command_palette", later("Every command, by name"), later("command")),
    Key("help", "question_mark,f1", "help", later("This help"), later("help")),
    Key("copy", "y", "copy", later("Copy what the cursor is on")),
    Key("bundle", "ctrl+s", "bundle", later("Save an incident bundle")),
    Key("refresh", "ctrl+r", "refresh", later("Ask everything anew")),
    Key("quit", "q", "back", later("Back, and at last out"), later("quit")),
    Key("leave", "ctrl+c,ctrl+q", "quit", later("Out at once")),
)
"""Keys that work everywhere but in a dialog; panes and dialogs have their own beside these."""


LIST = (
    Key("list.down", "down,j", "cursor(1)", later("Down")),
    Key("list.up", "up,k", "cursor(-1)", later("Up")),
    Key("list.first", "home,g", "edge(0)", later("The first row")),
    Key("list.last", "end,G", "edge(-1)", later("The last row")),
    Key("list.page_down", "ctrl+d,pagedown", "page(1)", later("Half a screen down")),
    Key("list.page_up", "ctrl+u,pageup", "page(-1)", later("Half a screen up")),
    Key("list.choose", "enter", "choose", later("What the cursor is on, in full")),
)
"""Every list of rows."""

LOG_MOVES = (
    Key("log.down", "down,j", "move(1)", later("A line down")),
    Key("log.up", "up,k", "move(-1)", later("A line up: stops following")),
    Key("log.choose_down", "shift+down,J", "extend(1)", later("Choose the next line too")),
    Key("log.choose_up", "shift+up,K", "extend(-1)", later("Choose the line before too")),
    Key("log.choose", "v", "choose", later("Begin to choose lines, or stop")),
    Key("log.half_down", "ctrl+d", "page(1)", later("Half a screen down")),
    Key("log.half_up", "ctrl+u", "page(-1)", later("Half a screen up")),
    Key("log.page_down", "pagedown,space", "page(2)", later("A screen down")),
    Key("log.page_up", "pageup", "page(-2)", later("A screen up")),
    Key("log.first", "home,g", "first", later("The oldest line")),
    Key("log.end", "end,G", "follow", later("The newest line, and follow")),
    Key("log.follow", "F", "toggle_follow", later("Follow, or stand still")),
    Key("log.left", "left,h", "sideways(-1)", later("To the left of long lines")),
    Key("log.right", "right,l", "sideways(1)", later("To the right of long lines")),
    Key("log.wrap", "w", "wrap", later("Break long lines, or cut them")),
    Key("log.stamps", "t", "stamps", later("Times, with dates, or none")),
)
"""Moving about in a log."""

LOGS = (
    Key("log.filter", "slash", "find", later("Filter or search (Tab: the other)"), later("filter")),
    Key("log.next_hit", "n", "hit(1)", later("Next hit")),
    Key("log.previous_hit", "N", "hit(-1)", later("Previous hit")),
    Key("log.clear", "escape", "clear", later("Nothing chosen, nothing looked for")),
    Key("log.context", "C", "context", later("Lines shown around each hit: 2, 5, 20, none")),
    Key("log.level", "L", "level", later("Only errors; warnings too; notices too; all")),
    Key("log.next_error", "e", "error(1)", later("Next error")),
    Key("log.previous_error", "E", "error(-1)", later("Previous error")),
    Key("log.next_mark", "right_curly_bracket", "marked(1)", later("Next deployment or mark")),
    Key("log.previous_mark", "left_curly_bracket", "marked(-1)", later("Previous deployment or mark")),
    Key("log.mark", "m", "mark", later("Mark this line; while following, this moment")),
    Key("log.full", "f", "full", later("Full screen, and back")),
    Key("log.source", "c", "source", later("Which log: the unit's, all services, one")),
    Key("log.since", "T", "since", later("Since when")),
    Key("log.copy", "y", "copy", later("Copy the lines that are chosen, or what the filter shows")),
    Key("log.save", "o", "save", later("Save what is shown to a file")),
)
"""The Logs pane."""

SERVICES = (
    Key("container.start", "S", "act('start')", later("Start the container"), later("start"), changes=True),
    Key("container.stop", "s", "act('stop')", later("Stop the container"), later("stop"), changes=True),
    Key(
        "container.restart",
        "r",
        "act('restart')",
        later("Restart the container"),
        later("restart"),
        changes=True,
    ),
    Key("container.shell", "E", "shell", later("A shell in the container"), later("shell"), changes=True),
    Key("container.logs", "l", "logs", later("What the service says, in pane 5"), later("logs")),
    Key("container.usage", "c", "usage", later("CPU and memory of the container, or no longer")),
    Key("container.copy", "y", "copy", later("Copy the container's name")),
)
"""The Services pane; Enter shows a container in full."""

GIT = (Key("git.copy", "y", "copy", later("Copy the commit's SHA")),)
"""The Git pane; Enter shows a commit in full."""

FACTS = (
    Key("facts.leave", "escape,q,enter", "leave", later("Back")),
    Key("facts.down", "down,j", "scroll(1)", later("Down")),
    Key("facts.up", "up,k", "scroll(-1)", later("Up")),
    Key("facts.copy", "y", "copy", later("Copy all of it")),
)
"""What is known of one container or commit."""

HEALTH = (
    Key("health.left", "left,h", "move(-1)", later("Back in time")),
    Key("health.right", "right,l", "move(1)", later("On in time")),
    Key("health.page_back", "pageup,ctrl+u", "page(-1)", later("Half a screen back in time")),
    Key("health.page_on", "pagedown,ctrl+d", "page(1)", later("Half a screen on in time")),
    Key("health.now", "end,G,escape", "now", later("Now, and on with time")),
    Key("health.longer", "minus", "span(1)", later("A longer time"), later("longer")),
    Key("health.shorter", "equals_sign", "span(-1)", later("A shorter time"), later("shorter")),
    Key("health.next_failure", "e", "trouble(1)", later("Next failure")),
    Key("health.previous_failure", "E", "trouble(-1)", later("Previous failure")),
    Key("health.next_mark", "right_curly_bracket", "deployment(1)", later("Next deployment")),
    Key("health.previous_mark", "left_curly_bracket", "deployment(-1)", later("Previous deployment")),
    Key("list.choose", "enter", "choose", later("The deployment under the cursor, in full")),
)
"""The Health pane."""

DEPLOYMENTS = (
    Key("rollback", "z", "rollback_to", later("Roll back to the release under the cursor"), changes=True),
    Key("deployments.stage", "v", "recall", later("What runs, or ran last, on the stage again")),
)
"""The Deployments pane."""

DETAILS = (
    Key("details.leave", "escape", "screen.leave", later("End the search; back"), later("back")),
    Key("list.choose", "enter", "screen.turn", later("Fold or unfold"), later("fold")),
    Key("details.find", "slash", "screen.find", later("Search"), later("search")),
    Key("details.next_hit", "n", "screen.hit(1)", later("Next hit"), later("next hit")),
    Key("details.previous_hit", "N", "screen.hit(-1)", later("Previous hit")),
    Key("details.unfold", "right,l", "screen.fold(True)", later("Unfold")),
    Key("details.fold", "left,h", "screen.fold(False)", later("Fold")),
    Key("copy", "y", "screen.copy", later("Copy the part under the cursor"), later("copy")),
    Key(
        "rollback",
        "z",
        "screen.rollback_to",
        later("Roll back to the release that it left"),
        later("rollback"),
        changes=True,
    ),
)
"""One deployment in full; Enter folds and unfolds."""

_LEAVE = later("Leave; nothing is done")

PLAN = (
    Key("plan.deploy", "y", "go", later("Deploy what is shown")),
    Key("plan.arm", "U", "arm", later("From looking at the plan to deploying it")),
    Key("plan.again", "r,ctrl+r", "again", later("Make the plan anew")),
    Key("plan.leave", "n,escape,q", "leave", _LEAVE),
    Key("plan.down", "down,j", "scroll(1)", later("Down")),
    Key("plan.up", "up,k", "scroll(-1)", later("Up")),
    Key("plan.page_down", "pagedown,ctrl+d,space", "scroll(10)", later("Further down")),
    Key("plan.page_up", "pageup,ctrl+u", "scroll(-10)", later("Further up")),
    Key("plan.other", "left,right,h,l", "app.focus_next", later("The other button")),
)
"""The plan, before deploying or without."""

ROLLBACK = (
    Key("rollback.again", "ctrl+r", "again", later("Look again which releases there are")),
    Key("rollback.leave", "escape", "leave", _LEAVE),
    Key("rollback.down", "down", "choose(1)", later("The next release")),
    Key("rollback.up", "up", "choose(-1)", later("The release before")),
    Key("rollback.page_down", "pagedown", "scroll(5)", later("Further down in what would change")),
    Key("rollback.page_up", "pageup", "scroll(-5)", later("Further up")),
)
"""Choosing a release to go back to."""

SUSPEND = (Key("suspend.leave", "escape", "leave", _LEAVE),)
"""Saying why automatic deployment is switched off; Enter does it."""

SEARCH = (
    Key("search.leave", "escape,q", "leave", later("Nothing typed, then back")),
    Key("search.begin", "slash", "search", later("Type what to search")),
    Key("search.down", "down,ctrl+n", "move(1)", later("Down")),
    Key("search.up", "up", "move(-1)", later("Up")),
    Key("search.page_down", "pagedown", "page(1)", later("Half a screen down")),
    Key("search.page_up", "pageup", "page(-1)", later("Half a screen up")),
)
"""The help and the palette: lists with a search."""

ABSENT = (
    Key("absent.service", "s", "app.service('start')", later("Start the worker's service"), later("service")),
    Key(
        "absent.transient", "t", "screen.transient", later("Start a worker for a while"), later("for a while")
    ),
    Key("absent.doctor", "d", "screen.doctor", later("Let the doctor look"), later("doctor")),
    Key("absent.copy", "y", "screen.copy", later("Copy the command that mends it"), later("copy")),
    Key("absent.quit", "q", "app.back", later("Out"), later("quit")),
)
"""Where there is no worker."""

CONFIRM = (
    Key("confirm.yes", "y", "answer(True)", later("Yes, do it")),
    Key("confirm.no", "n,escape,q", "answer(False)", later("No")),
    Key("confirm.other", "left,right,h,l", "app.focus_next", later("The other button")),
)
"""Dialogs that ask for a yes."""


def bindings(keys: Iterable[Key]) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """The table as Textual's bindings, by id, so that a keymap can change them. The way out works in
    every dialog."""
    return [Binding(k.keys, k.action, id=k.id, show=False, priority=k.id == "leave") for k in keys]
