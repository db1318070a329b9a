"""What the console offers around the panes: help, palette, themes, the worker's service, the bundle.

Owns what these actions do. Must not know how their screens look, nor what a pane shows. What they need
is imported when they are asked for: none of it stands before the first paint.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual import work
from textual.app import App

from kgo_tui.console import clipboard, themes
from kgo_tui.console.acting import READ_ONLY
from kgo_tui.console.doing import DoingApp
from kgo_tui.console.program import Program, ran, ran_on_terminal
from kgo_tui.console.speech import say

if TYPE_CHECKING:
    from kgo_tui.console.unit import Call

SERVICE_S = 180.0
"""`kgo-tui service` waits for the unit to be ready; systemd itself gives up before."""


class HouseApp(DoingApp):
    """The part of the console that is not about one pane. Whoever inherits sets these before mounting."""

    ENABLE_COMMAND_PALETTE = False
    program: Program
    keymap: Mapping[str, str]
    host: str

    def begin_with(self, theme: str) -> None:
        """The colours of the first paint. Setting a theme later has every rule read once more, which
        takes 20 ms."""
        for known in themes.THEMES.values():
            self.register_theme(known)
        self.set_reactive(App.theme, themes.THEMES[theme].name)
        self.stylesheet.set_variables(self.get_css_variables())

    def learn_keys(self) -> None:
        """The keys as they are configured; what is wrong with those is said."""
        if self.keymap:
            from kgo_tui.console import manual  # noqa: PLC0415 - few have a keymap

            for fault in manual.faults(self.keymap):
                self.tell(fault, bad=True)
            self.keymap = manual.usable(self.keymap)
            self.set_keymap(dict(self.keymap))

    def action_help(self) -> None:
        """Every key; Enter does what works everywhere."""
        from kgo_tui.console.screens.help import Help, action_of  # noqa: PLC0415

        async def chosen(row: str | None) -> None:
            if (action := action_of(row)) is not None:
                await self.run_action(action)

        self.push_screen(Help(self.keymap), chosen)

    def action_command_palette(self) -> None:
        """Every command by name."""
        from kgo_tui.console import palette  # noqa: PLC0415
        from kgo_tui.console.screens.search import Search  # noqa: PLC0415

        known = tuple(palette.commands(self.session, self.keymap, read_only=self.read_only))

        async def chosen(key: str | None) -> None:
            for command in known:
                if command.key == key:
                    await self.run_action(("app", command.action, command.arguments))

        self.push_screen(
            Search(
                say("Commands"), palette.COLUMNS, lambda text: palette.rows(palette.matching(known, text))
            ),
            chosen,
        )

    def action_colours(self, name: str) -> None:
        """Another theme, for as long as this console runs."""
        self.ansi_color = None
        self.theme = themes.THEMES[themes.suited(name, os.environ)].name

    @work
    async def action_service(self, action: str) -> None:
        """Have systemd do it, after a yes where it takes something away."""
        from kgo_tui.console import unit  # noqa: PLC0415

        if self.read_only:
            self.tell(say(READ_ONLY), bad=True)
            return
        found = await unit.installed(self.program.instance)
        if found is None:
            self.tell(say("There is no service on this host. As root: kgo-tui service install"), bad=True)
            return
        call = unit.call(action, self.program, user=found.user)
        if action in unit.GENTLE or await self._is_wanted(action, found.name, call):
            await self._run(call)

    async def _is_wanted(self, action: str, name: str, call: Call) -> bool:
        from kgo_tui.console.screens.confirm import Confirm  # noqa: PLC0415

        question = {"stop": say("Stop {unit}?"), "restart": say("Restart {unit}?")}
        text = question.get(action, say("No longer start {unit} at boot?")).format(unit=name)
        notes = [say("Runs: {command}").format(command=call.shown)]
        if action != "disable":
            notes.append(say("A deployment that runs is carried on at the next start."))
        if call.sudo:
            notes.append(say("sudo may ask for your password; the screen is left for that time."))
        return await self.push_screen_wait(Confirm(text, *notes, about=f"{action} {name}", yes=say(action)))

    async def _run(self, call: Call) -> None:
        from kgo_tui.console.program import found  # noqa: PLC0415

        if call.sudo and not found("sudo"):
            self.tell(say("Only root may do this: {command}").format(command=call.shown), bad=True)
            return
        if call.sudo:
            await self._run_outside(call)
        else:
            self.tell(f"{call.shown} …")
            said = await ran(call.argv, SERVICE_S)
            self.tell(said.text or say("done"), bad=said.code != 0)
        self.link.try_now()

    async def _run_outside(self, call: Call) -> None:
        with self.batch_update(), self.suspend():
            print(f"\n$ {call.shown}", flush=True)  # noqa: T201 - the terminal is ours now
            code = await ran_on_terminal(call.argv)
            if code != 0:
                print(say("That did not work. Press Enter to go back."), flush=True)  # noqa: T201
                await asyncio.to_thread(input)
        ended = say("{command}: done") if code == 0 else say("{command}: failed")
        self.tell(ended.format(command=call.shown), bad=code != 0)

    def action_doctor(self) -> None:
        """What is wrong on this host?"""
        from kgo_tui.console.screens.absent import Absent  # noqa: PLC0415

        screen = Absent(self.host, self.program, self.link.sockets, asked=True)
        screen.session, screen.now = self.session, self.clock()
        self.push_screen(screen)

    @work(exclusive=True, group="bundle")
    async def action_bundle(self) -> None:
        """One file for whoever helps. The screen as it is now comes first."""
        from kgo_tui.console import bundle  # noqa: PLC0415
        from kgo_tui.console.picture import Picture  # noqa: PLC0415

        now, seen = self.clock(), Picture(self.screen, bundle.redacted)
        self.tell(say("Gathering the bundle …"))
        parts = await bundle.gathered(bundle.Asked(self.link, self.session, now, self.host))
        parts.insert(1, bundle.Part("Screen", seen.text))
        parts.append(bundle.Part("Log", self.log_shown()))
        text = bundle.written(parts) + f"\n==== Screen as SVG ====\n\n{seen.svg('kgo-tui')}"
        name = f"incident-{now:%Y%m%d-%H%M%S}.txt"
        try:
            write = partial(clipboard.write, clipboard.folder(), name, text.encode("utf-8", "replace"))
            path = await asyncio.to_thread(write)
        except OSError as error:
            self.tell(
                say("not saved: {reason}").format(reason=f"{error.strerror} ({error.filename})"), bad=True
            )
            return
        told = await clipboard.copy(str(path), self.copy_to_clipboard)
        self.tell(say("The bundle is {file}. Its name: {told}").format(file=path, told=told))

    def log_shown(self) -> str:
        """What the filter of the Logs pane leaves."""
        raise NotImplementedError
