"""The console in French: every pane, the help and the dialogs, at 80x24 and 120x40.

Nothing may be left in English but what the host itself says, and nothing may be cut that has to be read.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from string import Formatter

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from kgo_tui.config.language import language_of
from kgo_tui.console import commits, goingback, keys, manual, speech
from kgo_tui.console.deployments import listing
from kgo_tui.console.glyphs import of_container, of_deployment, of_health
from kgo_tui.console.services import rows
from kgo_tui.console.widgets.columns import Column, placed
from kgo_tui.core.model import State
from tests.console import catalog
from tests.console.conftest import MEDIUM, NARROW, OpenConsole
from tests.console.test_unsaid import WORD
from tests.core.values import CONTAINER, DEPLOYMENT

SHORTEST = 12
"""Letters of English in a row that are no accident."""

TOURS = [
    ("calm", ["1", "enter"]),
    ("calm", ["2", "enter"]),
    ("calm", ["2", "r"]),
    ("calm", ["3"]),
    ("calm", ["4", "enter"]),
    ("calm", ["5", "c"]),
    ("calm", ["5", "T"]),
    ("calm", ["5", "slash"]),
    ("calm", ["question_mark"]),
    ("calm", ["colon"]),
    ("calm", ["z", "enter"]),
    ("calm", ["P"]),
    ("calm", ["x"]),
    ("deploying", ["4"]),
    ("deploying", ["x"]),
    ("drift", ["2", "j", "j", "enter"]),
    ("empty", ["1"]),
    ("empty", ["z"]),
    ("flood", ["5", "k"]),
    ("halted", ["4", "enter"]),
    ("quarantined", ["U"]),
    ("rolled_back", ["4", "enter"]),
    ("rolling_back", ["4"]),
    ("suspended", ["P"]),
    ("suspended", ["p"]),
    ("waiting", ["x"]),
]


class Unknown(gettext.NullTranslations):
    """Remembers which words no catalog has; signs and single letters need none."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        if WORD.search(message):
            self.asked.add(message)
        return message


@pytest.fixture
def unknown() -> Unknown:
    return Unknown()


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_spoken", speech._spoken)
    speech.speak("fr")


def english() -> Iterator[str]:
    """Parts of English texts, as far as French does not say the same."""
    for message in catalog.translations("fr"):
        for part, *_ in Formatter().parse(str(message.id)):
            words_ = part.strip(" .:;!?()")
            if " " in words_ and len(words_) >= SHORTEST and words_ not in str(message.string):
                yield words_


LOGGED = re.compile(r"\d\d:\d\d:\d\d [EWNID] .*")
"""What a line of the journal says: the worker's own words, as they went there."""

ENGLISH = re.compile("|".join(rf"\b{re.escape(text)}" for text in sorted(set(english()), key=len)))


@pytest.mark.parametrize("size", [NARROW, MEDIUM], ids=["80x24", "120x40"])
@pytest.mark.parametrize(("act", "pressed"), TOURS, ids=[f"{act}-{'-'.join(p)}" for act, p in TOURS])
async def test_no_english_is_left(
    console: OpenConsole, unknown: Unknown, act: str, pressed: list[str], size: tuple[int, int]
) -> None:
    async with console(act, size=size, language="fr") as seen:
        speech._spoken.add_fallback(unknown)
        await seen.press(*pressed)
        await seen.caught_up()
        assert ENGLISH.findall(LOGGED.sub("", seen.text())) == [], seen.text()
    assert unknown.asked == set()


async def test_the_panes_are_called_and_headed_in_french(console: OpenConsole) -> None:
    async with console("calm", language="fr") as seen:
        await seen.press("2")
        await seen.shows("[2 Services]")
        assert "3 Santé  4 Déploiements  5 Logs" in seen.line("[2 Services]")
        assert "✓ à jour" in seen.lines()[0]
        assert "à jour sur" in seen.lines()[1]
        assert seen.line("ÉTAT").split()[:3] == ["ÉTAT", "NOM", "SANTÉ"]
        assert "✓ actif" in seen.line("backend")
        assert "U déployer  p plan  z rollback  : commande  ? aide  q quitter" in seen.text()


async def test_the_worker_is_missed_in_french(console: OpenConsole) -> None:
    async with console("calm", size=MEDIUM, language="fr") as seen:
        await seen.theatre.vanish()
        await seen.shows("✗ pas de worker")
        assert "Ancien, à " in seen.lines()[1]
        assert "Démarrez-le : kgo-tui service start" in seen.lines()[1]


async def test_a_greyed_key_says_why_in_french(console: OpenConsole) -> None:
    async with console("deploying", language="fr") as seen:
        await seen.press("U")
        await seen.shows("par ada, est en cours (démarrage).")


async def test_the_help_is_searched_in_french(console: OpenConsole) -> None:
    async with console("calm", language="fr") as seen:
        await seen.press("question_mark", "slash", *"abandonner")
        await seen.shows("Abandonner le déploiement en cours")
        assert "Copier" not in seen.text()


def test_the_language_is_the_configured_one_or_the_locales() -> None:
    assert language_of("auto", {"LANG": "fr_FR.UTF-8"}) == "fr"
    assert language_of("fr", {"LANG": "en_GB.UTF-8"}) == "fr"
    assert language_of("auto", {"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}) == "en"


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    "columns",
    [commits.COLUMNS, goingback.COLUMNS, listing.COLUMNS, rows.COLUMNS],
    ids=["commits", "releases", "deployments", "services"],
)
def test_a_title_fits_its_column(columns: tuple[Column, ...]) -> None:
    cut = [c.title for c in columns if cell_len(speech.say(c.title)) > c.width]
    assert cut == []


@pytest.mark.usefixtures("french")
def test_states_fit_their_columns() -> None:
    ended = [of_deployment(replace(DEPLOYMENT, state=state)).text for state in State]
    assert [text for text in ended if cell_len(text) > listing.COLUMNS[0].width] == []
    states = ("created", "running", "paused", "restarting", "removing", "exited", "dead")
    here = [of_container(replace(CONTAINER, state=state, exit_code=137)).text for state in states]
    assert [text for text in here if cell_len(text) > rows.COLUMNS[0].width] == []
    health = [of_health(replace(CONTAINER, health=h)).text for h in ("healthy", "unhealthy", "starting")]
    assert [text for text in health if cell_len(text) > rows.COLUMNS[2].width] == []


@pytest.mark.usefixtures("french")
def test_the_key_lines_fit_80_columns() -> None:
    for table in (keys.GLOBAL, keys.DETAILS, keys.ABSENT):
        shown = [f"({key.keys[:1]} {speech.say(key.hint)}) " for key in table if key.hint]
        assert cell_len("".join(shown)) <= NARROW[0]


@pytest.mark.usefixtures("french")
def test_every_line_of_the_help_fits_80_columns() -> None:
    room = placed(manual.COLUMNS, NARROW[0] - 2)[1].width
    told = [speech.say(key.text) for _, table in manual.PLACES for key in table]
    assert [text for text in told if cell_len(text) > room] == []
