"""The page in a real browser, on a real run: it shows what happens, and it can stop it."""

import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from arb.ending import Exit
from arb.pairing.decision import Decision, Decisions, latest
from arb.store.reading import open_to_read
from tests.web.conftest import DESKTOP, PHONE, Bot, Visitor

LIVE = {
    "safety": r"Level\s*running.*order to answer.*ms",
    "limits": r"total exposure.*of \$1,500\.00",
    "feeds": r"kalshi:0.*up.*polymarket:0",
    "profit": r"shown.*\$.*realised.*By day.*\d{4}-\d\d-\d\d.*Edge claimed and realised.*came of it",
    "flight": r"Ended.*(completed|unwound|missed|held|reduced)",
    "opportunities": r"since the start, each counted once",
    "capital": r"kalshi.*\$.*Locked until.*\d{4}-\d\d-\d\d",
    "positions": r"market.*paid.*\$",
    "funnel": r"looked at.*found.*approved.*completed",
    "pairs": r"\d+ verified.*not verified|candidate",
    "stuck": r"Nothing is stuck|stuck|held",
    "markets": r"151 watched.*page 1 of 7",
    "log": r"gates",
}


def test_every_panel_shows_what_happens(visitor: Visitor) -> None:
    """No panel is empty while the bot trades, and none complains."""
    visit = visitor.visit()
    for panel, words in LIVE.items():
        expect(visit.page.locator(f"#{panel}")).to_contain_text(re.compile(words, re.DOTALL))
    assert visit.complaints == []


def test_the_page_moves_by_itself_and_asks_nobody_else(visitor: Visitor, bot: Bot) -> None:
    """Figures change without a click, and no request leaves the machine or carries on elsewhere."""
    visit = visitor.visit()
    changes = visit.page.locator("#feeds .note")
    before = changes.inner_text()
    expect(changes).not_to_have_text(before)
    assert {urlsplit(url).netloc for url in visit.requests} == {urlsplit(bot.url).netloc}
    assert visit.complaints == []


def test_rows_open_with_the_keyboard_and_explain_themselves(visitor: Visitor) -> None:
    """A basket shows its orders, a market why it was refused, an opportunity its grade."""
    page = visitor.visit().page
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the desk")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    _open(page, "#flight .rows button.row")
    expect(page.locator("#flight .detail")).to_contain_text("Claimed")
    page.get_by_label("Find a market").fill("bitcoin")
    expect(page.locator("#markets .rows li").first).to_contain_text("Bitcoin")
    _open(page, "#markets button.row")
    expect(page.locator("#markets .detail .id")).to_be_visible()


def _open(page: Page, row: str) -> None:
    first = page.locator(row).first
    first.focus()
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-expanded", "true")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_fits_its_screen_in_both_colours(
    visitor: Visitor,
    size: tuple[int, int],
    dark: bool,
    pictures: Path | None,
) -> None:
    """Nothing is wider than the screen; the system's colours hold until the button is pressed."""
    page = visitor.visit(size, dark=dark).page
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    paper = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(paper)
    page.get_by_role("button", name=re.compile("colours")).click()
    assert page.evaluate(paper) != before
    page.get_by_role("button", name=re.compile("colours")).click()
    assert page.evaluate(paper) == before
    if pictures is not None:
        name = f"{'phone' if size == PHONE else 'desktop'}-{'dark' if dark else 'light'}.png"
        page.wait_for_timeout(3_000)
        page.screenshot(path=pictures / name)


def test_pausing_says_who_and_why_and_resuming_lifts_it(visitor: Visitor) -> None:
    """A verb without a reason is not sent; with one, everybody sees it until it is lifted."""
    page = visitor.visit().page
    page.get_by_role("button", name="Pause").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Pause").click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("Why").fill("a test of the desk")
    dialog.get_by_label("Who").fill("Ada")
    dialog.get_by_role("button", name="Pause").click()
    expect(page.locator(".head .why")).to_contain_text("a test of the desk")
    expect(page.locator("#safety")).to_contain_text("Ada")
    expect(page.locator(".head .level")).to_have_text("paused")
    page.get_by_role("button", name="Resume").click()
    dialog.get_by_label("Why").fill("over")
    dialog.get_by_role("button", name="Resume").click()
    expect(page.locator(".head .level")).to_have_text("running")


def test_a_question_can_be_left_with_escape(visitor: Visitor, bot: Bot) -> None:
    """The keyboard leads into the question and out of it, and nothing happens."""
    page = visitor.visit().page
    kill = page.locator(".verbs > button", has_text="Kill")
    kill.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(kill).to_be_focused()
    assert bot.ask("/api/state")["standing"]["level"] == "running"


def test_a_pair_whose_texts_changed_is_approved_from_the_page(visitor: Visitor, bot: Bot) -> None:
    """Only after both texts were read; the store has who, when and the texts of now."""
    page = visitor.visit().page
    before = time.time_ns()
    (pair,) = [one for one in bot.ask("/api/pairs")["waiting"] if one["status"] == "approved"]
    assert {pair["kalshi"]["market"], pair["polymarket"]["market"]} == set(bot.changed)
    _open(page, "#pairs button.row:has-text('approved')")
    for venue in ("kalshi", "polymarket"):
        expect(page.locator("#pairs .texts")).to_contain_text(pair[venue]["rules"])
    opener = page.locator("#pairs .detail").get_by_role("button", name="Approve")
    opener.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("both by the same source")
    dialog.get_by_label("Who").fill("Ada")
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog).to_be_visible()  # nobody has said that the texts were read
    dialog.get_by_label("I read both rules texts").check()
    dialog.get_by_role("button", name="Approve").click()
    expect(page.locator("#pairs [role=status]")).to_contain_text("taken up at the next start")
    assert pair["pair"] not in {one["pair"] for one in bot.ask("/api/pairs")["waiting"]}
    kept = decisions_of(bot)[bot.changed]
    assert (kept.decision, kept.who, kept.why) == (
        Decision.APPROVED,
        "Ada",
        "both by the same source",
    )
    assert before <= kept.at_ns <= time.time_ns()
    assert "other" not in {kept.kalshi_text, kept.polymarket_text}


def decisions_of(bot: Bot) -> Decisions:
    """What the store says of pairs now."""
    with open_to_read(bot.data_dir / "simulated.db") as reading:
        return latest(reading.journal.pair_decisions())


def test_a_pair_is_rejected_from_the_page(visitor: Visitor, bot: Bot) -> None:
    """Both texts side by side; a decision takes the pair off the list, with who and why."""
    page = visitor.visit().page
    waiting = bot.ask("/api/pairs")["waiting"]
    left = [pair["pair"] for pair in waiting]
    _open(page, "#pairs button.row")
    expect(page.locator("#pairs .texts article")).to_have_count(2)
    page.locator("#pairs .detail").get_by_role("button", name="Reject").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("not the same day")
    dialog.get_by_label("Who").fill("Ada")
    dialog.get_by_role("button", name="Reject").click()
    expect(page.locator("#pairs [role=status]")).to_contain_text("rejected: heeded within")
    expect(page.locator("#pairs")).to_contain_text(waiting[1]["polymarket"]["title"])
    expect(page.locator("#pairs .plainlist")).not_to_contain_text(waiting[0]["polymarket"]["title"])
    assert [pair["pair"] for pair in bot.ask("/api/pairs")["waiting"]] == left[1:]


def test_a_kill_from_the_page_stops_trading(visitor: Visitor, bot: Bot) -> None:
    """The last test of this file: the bot ends as a KILL file would end it."""
    page = visitor.visit().page
    page.locator(".verbs > button", has_text="Kill").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("the end of the test")
    dialog.get_by_role("button", name="Kill").click()
    assert bot.process.wait(timeout=60) == Exit.KILLED
    expect(page.locator(".head .level")).to_have_text("connection lost")
