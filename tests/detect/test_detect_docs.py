"""Every number of the lanes' pages is computed anew from the page's own input, fees included."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given

from arb.detect.basket import Lane, Plan, Template
from arb.detect.explain import explain_lines, plan_lines
from arb.detect.gate import Gate
from arb.detect.lanes import Compiled, compile_baskets
from arb.detect.lanes.conversion import returns_of
from arb.detect.portfolio import costs_of, search
from arb.detect.rules import Rule, RuleKind
from arb.detect.sweep import Offer, SweepLimits, sweep
from arb.market.book import Book
from arb.market.fees import Fees, KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Action,
    Catalogue,
    Claim,
    Event,
    EventId,
    KalshiRef,
    Market,
    MarketId,
    NegRisk,
    Outcome,
    PolymarketRef,
    Venue,
)
from arb.market.units import MICRO, Ns, Px, Qty, Usd, parse_px, parse_qty, plain_text
from arb.pairing.pair import Pair
from tests.fakes.pairs import verified

DOCS = Path(__file__).resolve().parents[2] / "docs" / "lanes"
PAGES = ("binary", "multi-outcome", "cross-venue", "cross-venue-n", "structural", "conversion")
LIMITS = SweepLimits(least_edge=1, max_fee_share_ppm=MICRO)
Table = Mapping[str, Any]


@attrs.frozen
class Lanes:
    """All lanes on."""

    binary: bool = True
    multi_outcome: bool = True
    cross_venue: bool = True
    structural: bool = True


# --- from a page's input to its output -----------------------------------------------------------


@attrs.frozen
class Example:
    """What a page's input says."""

    lane: Lane
    markets: Mapping[MarketId, Market]
    books: Mapping[MarketId, Book]
    events: tuple[Event, ...]
    compiled: Compiled


def example(text: str) -> Example:
    told = tomllib.loads(text)
    books = {book.market.id: book for book in map(_book, told["market"])}
    markets = {key: book.market for key, book in books.items()}
    events = tuple(_event(one) for one in told.get("event", ()))
    catalogues = [
        Catalogue(
            venue,
            tuple(event for event in events if event.venue is venue),
            tuple(market for market in markets.values() if market.venue is venue),
        )
        for venue in Venue
    ]
    pairs = [Pair(verified=True, source="a person", **one) for one in told.get("pair", ())]
    rules = [_rule(one) for one in told.get("rule", ())]
    compiled = compile_baskets(catalogues, verified(pairs), Lanes(), rules)
    return Example(Lane(told["lane"]), markets, books, events, compiled)


def _book(told: Table) -> Book:
    venue = Venue(told["id"].partition(":")[0])
    kalshi = venue is Venue.KALSHI
    fees: Fees = KalshiFees(told["fee_ppm"], 0) if kalshi else PolymarketFees(told["fee_ppm"])
    book = Book(
        Market(
            id=MarketId(told["id"]),
            venue=venue,
            event=EventId(f"{venue}:e"),
            title=told["title"],
            label=told["title"],
            ref=KalshiRef("K", 0) if kalshi else PolymarketRef("0x", "1", "2", True, "v1"),
            grid=PriceGrid.of_tick(10_000),
            lot=Qty(10_000),
            min_qty=Qty(10_000 if kalshi else 5 * MICRO),
            min_take_usd=Usd(0 if kalshi else MICRO),
            fees=fees,
            closes_ns=None,
        )
    )
    book.replace(_levels(told["bids"]), _levels(told["asks"]))
    return book


def _levels(told: Iterable[tuple[str, str]]) -> list[tuple[Px, Qty]]:
    return [(parse_px(px), parse_qty(qty)) for px, qty in told]


def _event(told: Table) -> Event:
    markets = tuple(MarketId(market) for market in told["markets"])
    neg_risk = None
    if "fee_bips" in told:
        numbers = tuple((market, at) for at, market in enumerate(markets))
        neg_risk = NegRisk("0x00", numbers, told["prepared"], told["fee_bips"], augmented=False)
    return Event(
        id=EventId(told["id"]),
        venue=Venue(told["id"].partition(":")[0]),
        title=told["title"],
        markets=markets,
        at_most_one=Claim(told["at_most_one"], "the venue: at most one resolves YES"),
        at_least_one=Claim(told["at_least_one"], "the venue: one must resolve YES"),
        neg_risk=neg_risk,
    )


def _rule(told: Table) -> Rule:
    markets = tuple(MarketId(market) for market in told["markets"])
    return Rule(RuleKind(told["kind"]), markets, "a person", 990_000, accepted=True)


def best_plan(one: Example) -> Plan:
    """The plan of the example's lane that earns most."""
    plans = [
        plan
        for template in (*Gate(one.compiled.baskets, one.books).rescan(), *_solved(one))
        if template.lane is one.lane and isinstance(plan := _swept(template, one), Plan)
    ]
    return max(plans, key=lambda plan: plan.profit)


def _solved(one: Example) -> Iterable[Template]:
    for cluster in one.compiled.clusters:
        costs = costs_of([one.books[market].view(Ns(0)) for market in cluster.markets])
        verdict = search(cluster, costs, budget_s=10.0)
        if isinstance(verdict, Template):
            yield verdict


def _swept(template: Template, one: Example) -> object:
    views = [one.books[leg.market].view(Ns(0)) for leg in template.legs]
    offers = [Offer.of(view, leg.outcome) for view, leg in zip(views, template.legs, strict=True)]
    return sweep(template, offers, LIMITS)


def told_by(one: Example) -> list[str]:
    """What the page must show."""
    plan = best_plan(one)
    neg_risk = one.events[0].neg_risk if one.events else None
    made = returns_of(plan, one.markets, neg_risk)
    left = ", ".join(f"{leg.outcome.upper()} {leg.market}" for leg in made.left) or "nothing"
    now, later = plain_text(made.at_once), plain_text(made.at_resolution)
    when = f"{made.how}: {now} at once, at least {later} at resolution; left: {left}"
    return [*explain_lines(plan.template), *plan_lines(plan), when]


# --- the pages ----------------------------------------------------------------------------------


def blocks(page: str, kind: str) -> list[str]:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_the_worked_example_is_what_the_code_computes(page: str) -> None:
    """The page's output is, line by line, what lanes, gate, sweep and proof make of its input."""
    inputs, outputs = blocks(page, "toml"), blocks(page, "text")
    assert len(inputs) == len(outputs) >= 1
    for told, shown in zip(inputs, outputs, strict=True):
        assert told_by(example(told)) == shown.splitlines()


@pytest.mark.parametrize("page", PAGES)
def test_the_prose_has_no_number_of_its_own(page: str) -> None:
    """Every amount in the words of a worked example stands in its input or output as well."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    section = text.partition("## Worked example")[2]
    assert section
    prose = re.sub(r"^```.*?^```$", "", section, flags=re.MULTILINE | re.DOTALL)
    amounts = set(re.findall(r"\d+\.\d+", prose))
    assert amounts
    computed = "\n".join([*blocks(page, "toml"), *blocks(page, "text")])
    assert amounts <= set(re.findall(r"\d+\.\d+", computed))


def test_every_lane_of_baskets_has_its_page() -> None:
    """A lane that nobody explains is not traded."""
    lanes = {example(told).lane for page in PAGES for told in blocks(page, "toml")}
    assert lanes == set(Lane)
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert all(f"{page}.md" in index for page in PAGES)


# --- why all baskets are purchases ---------------------------------------------------------------

PRICES = st.integers(1, 99).map(lambda cents: Px(cents * 10_000))
SIZES = st.integers(1, 10**6).map(lambda lots: Qty(lots * 10_000))
FEES = st.sampled_from([PolymarketFees(0), PolymarketFees(50_000), KalshiFees(70_000, 0)])


@given(bid=PRICES, qty=SIZES, fees=FEES)
def test_selling_yes_is_buying_no(bid: Px, qty: Qty, fees: Fees) -> None:
    """Splitting a dollar and selling YES at b leaves what buying NO at 1 - b leaves: the same NO,
    for the same money, fee and rounding included."""
    other = Px(MICRO - bid)
    received = bid * qty // MICRO - fees.taker_order().fill(bid, qty, buys=False)
    paid = other * qty // MICRO + fees.taker_order().fill(other, qty, buys=True)
    assert qty - received == paid


@given(bids=st.lists(PRICES, min_size=2, max_size=6), qty=SIZES, fees=FEES)
def test_selling_every_yes_is_buying_every_no(bids: list[Px], qty: Qty, fees: Fees) -> None:
    """One set of all YESes for a dollar, all of them sold, earns what every NO earns."""
    sold = sum(b * qty // MICRO - fees.taker_order().fill(b, qty, buys=False) for b in bids)
    others = [Px(MICRO - bid) for bid in bids]
    spent = sum(px * qty // MICRO + fees.taker_order().fill(px, qty, buys=True) for px in others)
    assert sold - qty == (len(bids) - 1) * qty - spent


@given(bids=st.dictionaries(PRICES, SIZES, max_size=5), asks=st.dictionaries(PRICES, SIZES))
def test_both_meet_the_same_orders(bids: dict[Px, Qty], asks: dict[Px, Qty]) -> None:
    """What a seller of YES meets is what a buyer of NO meets, seen from the other side."""
    book = _book({"id": "kalshi:K", "title": "K", "fee_ppm": 0, "bids": [], "asks": []})
    book.replace(bids.items(), asks.items())
    view = book.view(Ns(0))
    sold = view.ladder(Outcome.YES, Action.SELL)
    assert view.ladder(Outcome.NO, Action.BUY) == tuple((MICRO - px, qty) for px, qty in sold)
