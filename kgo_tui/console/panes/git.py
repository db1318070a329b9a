"""Pane 1, Git: what is deployed, in the work tree and on the branch, and the commits that wait.

Owns its keys and what they lead to; the rows are `console.commits`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.app import ComposeResult

from kgo_tui.console import clipboard, commits, keys
from kgo_tui.console.panes.pane import Pane
from kgo_tui.console.screens.facts import Fact, Facts
from kgo_tui.console.speech import later, say
from kgo_tui.console.widgets.rows import RowList
from kgo_tui.control.queries import History
from kgo_tui.core.errors import KgoError
from kgo_tui.core.model import Commit
from kgo_tui.core.state import EngineState

if TYPE_CHECKING:
    from kgo_tui.console.app import Console

DEPTH = 1_000
"""Deployments back in which those of one commit are looked for."""


class GitPane(Pane):
    """Commits here and there."""

    TITLE = later("Git")
    BINDINGS = keys.bindings(keys.GIT)

    def compose(self) -> ComposeResult:
        """One list."""
        columns = [column._replace(title=say(column.title)) for column in commits.COLUMNS]
        yield RowList(columns, empty=say("nothing is known of the repository yet"), id="git-rows")

    def draw(self) -> None:
        """Show the commits."""
        state = self.session.state
        self.query_one(RowList).show(tuple(commits.rows(state, self.now)) if state else ())
        self.titled(_title(state))

    @on(RowList.Chosen)
    def _show_details(self, message: RowList.Chosen) -> None:
        sha, state = commits.sha_of(message.key), self.session.state
        if sha is not None and state is not None:
            commit = commits.commit_of(state, sha)
            dialog = Facts(commit.short, commits.facts(state, commit, None), about=sha)
            self.app.push_screen(dialog)
            self._ask(dialog, state, commit)

    @work(group="details", exclusive=True)
    async def _ask(self, dialog: Facts, state: EngineState, commit: Commit) -> None:
        """The deployments of it, as soon as the worker has told them."""
        try:
            history = await cast("Console", self.app).link.query(History(limit=DEPTH))
        except KgoError as error:
            dialog.show((*commits.facts(state, commit, ()), Fact("", str(error), "$text-warning")))
            return
        dialog.show(commits.facts(state, commit, [d for d in history if d.to_commit == commit.sha]))

    @work
    async def action_copy(self) -> None:
        """The SHA under the cursor, in full."""
        key = self.query_one(RowList).key
        text = commits.sha_of(key) or (key or "").removeprefix(commits.PATH)
        if text:
            told = await clipboard.copy(text, self.app.copy_to_clipboard)
            self.app.notify(f"{text[:40]}: {told}", markup=False)


def _title(state: EngineState | None) -> str:
    """The name, and how many commits wait."""
    count = len(commits.waiting(state)) if state else 0
    return f"{say(GitPane.TITLE)} ↓{count}" if count else say(GitPane.TITLE)
