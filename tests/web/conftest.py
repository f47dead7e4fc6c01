"""A real run with its dashboard, and a real browser before it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
import trio
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from arb.commands.setup import read_settings
from arb.commands.surroundings import real_surroundings
from arb.market.units import Ns
from arb.outside import open_venues
from arb.pairing.decision import Decision, Origin, PairDecided, PairKey
from arb.store.journal import Journal

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
START_S = 90.0
SEED = 7
HELD = 4
"""Positions: more than resolve while tests look at them."""
DESKTOP, PHONE = (1200, 760), (390, 844)
SETTINGS = """
[run]
kill_file = "{home}/KILL"
[sim]
speed_ppm = 6000000
[web]
port = 0
"""


@attrs.frozen
class Bot:
    """A bot on simulated venues in a process of its own."""

    process: "subprocess.Popen[str]"
    url: str
    data_dir: Path
    changed: PairKey
    """A pair that a person approved on other texts than are listed now."""

    def ask(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}{path}").json()
        return found


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """Start one; it has ended a basket and holds something when it is handed out."""
    home = tmp_path_factory.mktemp("bot")
    (home / "more.toml").write_text(SETTINGS.format(home=home))
    changed = approve_on_other_texts(home / "var")
    words = ["run", "--for", "600", "--seed", str(SEED), "--settings", str(home / "more.toml")]
    command = [sys.executable, "-m", "arb", *words, "--data-dir", str(home / "var")]
    with (
        (home / "said").open("w") as said,
        subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        try:
            yield _once_busy(process, home, changed)
        finally:
            process.terminate()


def approve_on_other_texts(data_dir: Path) -> PairKey:
    """Leave an approval behind, as if the texts of that pair had changed since."""
    settings = read_settings({"data_dir": str(data_dir), "seed": SEED})

    async def listed() -> tuple[PairKey, Path]:
        async with open_venues(settings, real_surroundings()) as venues:
            pair = next(
                one for one in venues.pairs if one.verified and one.polymarket_yes_is_kalshi_yes
            )
            return (pair.kalshi, pair.polymarket), venues.store_file

    key, store = trio.run(listed)
    store.parent.mkdir(parents=True, exist_ok=True)
    journal = Journal(store)
    journal.write(
        [
            PairDecided(
                kalshi=key[0],
                polymarket=key[1],
                decision=Decision.APPROVED,
                yes_is_yes=True,
                origin=Origin.DESK,
                who="Bea",
                why="on the texts of then",
                at_ns=Ns(1),
                kalshi_text="other",
                polymarket_text="other",
            )
        ]
    )
    journal.close()
    return key


def _once_busy(process: "subprocess.Popen[str]", home: Path, changed: PairKey) -> Bot:
    address, deadline = home / "var" / "web.json", time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.2)
        if address.exists() and address.read_text():
            url = json.loads(address.read_text())["url"]
            bot = Bot(process, url, home / "var", changed)
            state = bot.ask("/api/state")
            if state["ended"] and state["ledger"] and state["ledger"]["held"] >= HELD:
                return bot
    raise AssertionError((home / "said").read_text())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, as the machine has it."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        # Containers have no sandbox of their own to offer, and small shared memory.
        launched = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


@attrs.define
class Visit:
    """One page, and what went wrong or elsewhere while it was open."""

    page: Page
    complaints: list[str] = attrs.field(factory=list)
    requests: list[str] = attrs.field(factory=list)


@attrs.define
class Visitor:
    """Opens pages of one bot and closes them at the end."""

    browser: Browser
    bot: Bot
    _contexts: list[BrowserContext] = attrs.field(factory=list, init=False)

    def visit(self, size: tuple[int, int] = DESKTOP, *, dark: bool = False) -> Visit:
        width, height = size
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        visit = Visit(context.new_page())
        visit.page.on("console", lambda said: visit.complaints.append(f"{said.type}: {said.text}"))
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on("request", lambda request: visit.requests.append(request.url))
        visit.page.goto(self.bot.url)
        visit.page.wait_for_selector(".glance")
        return visit

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visitor(browser: Browser, bot: Bot) -> Iterator[Visitor]:
    one = Visitor(browser, bot)
    yield one
    one.close()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where pictures go; None: nobody asked for them (ARB_PICTURES=1)."""
    return ROOT / "docs" / "pictures" if os.environ.get("ARB_PICTURES") else None
