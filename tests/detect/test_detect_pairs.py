"""The file of pairs: what it may say, how faults are told, and 29 recorded pairs end to end."""

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest

from arb.detect.basket import Plan, Template
from arb.detect.lanes.cross_venue import cross_venue, directions
from arb.detect.sweep import Offer, SweepLimits, price, sweep
from arb.market.book import Book, BookView
from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.instruments import Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, complement, parse_px, parse_qty
from arb.pairing.pair import Pair
from arb.pairing.pairs_file import PairsFault, read_pairs
from tests.fakes.pairs import verified

GOOD = """
[[pair]]
kalshi = "kalshi:KXMENWORLDCUP-26-AR"
polymarket = "polymarket:0x0c4c"
polymarket_yes_is_kalshi_yes = true
verified = true
reason = "both resolve to the winner of the final"
source = "A. Person, 2026-07-16"
"""


def test_a_pair_is_read() -> None:
    """Every key of an entry arrives in the pair."""
    (pair,) = read_pairs(GOOD, "pairs.toml")
    assert pair == Pair(
        kalshi=MarketId("kalshi:KXMENWORLDCUP-26-AR"),
        polymarket=MarketId("polymarket:0x0c4c"),
        polymarket_yes_is_kalshi_yes=True,
        verified=True,
        reason="both resolve to the winner of the final",
        source="A. Person, 2026-07-16",
    )
    assert read_pairs("", "pairs.toml") == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("verified = true", "", "entry 1: verified: missing, must be true or false"),
        ("verified = true", "verified = 1", "entry 1: verified = 1: must be true or false"),
        ('reason = "both', 'raeson = "both', "entry 1: raeson: no such key"),
        ('source = "A. Person, 2026-07-16"', 'source = ""', "entry 1: source = ''"),
        ('"kalshi:KX', '"polymarket:KX', "must be a market's id, kalshi:..."),
        ('"polymarket:0x0c4c"', '"polymarket:"', "must be a market's id, polymarket:..."),
        ('"polymarket:0x0c4c"', "7", "entry 1: polymarket = 7: must be a text"),
        ("[[pair]]", "[pair]", "pair: must be written as [[pair]] tables"),
        ("[[pair]]", "[[pairs]]", "pairs: no such key"),
        ("[[pair]]", "[[pair", "not TOML"),
    ],
)
def test_every_fault_names_file_and_entry(old: str, new: str, fault: str) -> None:
    """One thing wrong, and the text says where and what would be right."""
    assert old in GOOD
    with pytest.raises(PairsFault) as caught:
        read_pairs(GOOD.replace(old, new, 1), "pairs.toml")
    assert fault in str(caught.value)
    assert all(line.startswith("pairs.toml: ") for line in str(caught.value).splitlines())


def test_all_faults_come_at_once() -> None:
    """A second entry is read although the first is wrong; the same pair twice is a fault."""
    text = GOOD.replace("verified = true", "verified = 1") + GOOD + GOOD
    with pytest.raises(PairsFault) as caught:
        read_pairs(text, "pairs.toml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("pairs.toml: entry 1: ")
    assert lines[1] == "pairs.toml: entry 3: the same two markets as entry 2"


# --- recorded pairs ------------------------------------------------------------------------------

Recording = tuple[Pair, dict[MarketId, BookView]]


def recordings(path: Path, make_market: Callable[..., Market]) -> Iterator[Recording]:
    """Each recorded line as a pair and its two books, in YES terms."""
    for line in path.read_text().splitlines():
        yield recording(json.loads(line), make_market)


def recording(raw: dict[str, Any], make_market: Callable[..., Market]) -> Recording:
    schedule = raw["pm_gamma"].get("feeSchedule") or {"rate": 0}
    kalshi = make_market(
        raw["kalshi_ticker"], venue=Venue.KALSHI, fees=KalshiFees(70_000, 0), tick=1_000, lot=10_000
    )
    polymarket = make_market(
        raw["pm_condition_id"],
        fees=PolymarketFees(round(schedule["rate"] * MICRO)),
        tick=parse_px(raw["pm_book"].get("tick_size", "0.01")),
        lot=10_000,
        min_qty=5 * MICRO,
        min_take_usd=MICRO,
    )
    pair = Pair(
        kalshi.id,
        polymarket.id,
        polymarket_yes_is_kalshi_yes=True,
        verified=raw["criteria_verified"],
        reason=raw["notes"] or "no notes",
        source=raw["recorded_at"],
    )
    fp = raw["kalshi_orderbook"]["orderbook_fp"]
    views = {
        kalshi.id: view(kalshi, fp["yes_dollars"], fp["no_dollars"], mirrored=True),
        polymarket.id: view(
            polymarket,
            [(level["price"], level["size"]) for level in raw["pm_book"].get("bids", [])],
            [(level["price"], level["size"]) for level in raw["pm_book"].get("asks", [])],
        ),
    }
    return pair, views


def view(market: Market, bids: Any, asks: Any, *, mirrored: bool = False) -> BookView:  # noqa: ANN401 - raw JSON
    book = Book(market)
    book.replace(
        [(parse_px(px), parse_qty(qty)) for px, qty in bids],
        [
            (complement(parse_px(px)) if mirrored else parse_px(px), parse_qty(qty))
            for px, qty in asks
        ],
    )
    return book.view(Ns(0))


def unrounded_net(pair: Pair, views: dict[MarketId, BookView], on_kalshi: Outcome) -> Fraction:
    """What a set brings at the best prices, by the venues' formulas, in dollars."""
    net = Fraction(1)
    for market, outcome in ((pair.kalshi, on_kalshi), (pair.polymarket, on_kalshi.other)):
        seen = views[market]
        best = seen.asks[0][0] if outcome is Outcome.YES else MICRO - seen.bids[0][0]
        p = Fraction(best, MICRO)
        fees = seen.market.fees
        ppm = fees.taker_ppm if isinstance(fees, KalshiFees) else 0
        ppm += fees.rate_ppm if isinstance(fees, PolymarketFees) else 0
        net -= p + Fraction(ppm, MICRO) * p * (1 - p)
    return net


@pytest.fixture(scope="module")
def recorded_pairs(
    recorded: Callable[[str], Path], make_market: Callable[..., Market]
) -> list[Recording]:
    path = recorded("pairs/rules_verified_jul2026/pair_snapshots.jsonl")
    return list(recordings(path, make_market))


def baskets(
    recorded_pairs: list[Recording],
) -> Iterator[tuple[Template, list[Offer], Fraction]]:
    """Both directions of every verified pair, with what a set brings before rounding."""
    for pair, views in recorded_pairs:
        if not pair.verified:
            continue
        (trusted,) = verified([pair])
        made = directions(trusted, {market: view.market for market, view in views.items()})
        for template, on_kalshi in zip(made, (Outcome.YES, Outcome.NO), strict=True):
            offers = [Offer.of(views[leg.market], leg.outcome) for leg in template.legs]
            if all(offer.ladder for offer in offers):
                yield template, offers, unrounded_net(pair, views, on_kalshi)


def test_flagged_pairs_compile_to_nothing(recorded_pairs: list[Recording]) -> None:
    """Of 29 recorded pairs a person flagged four: those are not verified, the others make two
    each."""
    markets = {market: view.market for _, views in recorded_pairs for market, view in views.items()}
    trusted = [one for pair, _ in recorded_pairs for one in verified([pair])]
    assert len(recorded_pairs) - len(trusted) == 4
    assert len(cross_venue(trusted, markets).baskets) == 2 * 25


def test_no_basket_where_the_venues_formulas_leave_nothing(
    recorded_pairs: list[Recording],
) -> None:
    """Recorded best prices that lose after both formulas are never a basket."""
    checked = 0
    for template, offers, net in baskets(recorded_pairs):
        if net <= 0:
            assert not isinstance(sweep(template, offers, SweepLimits()), Plan)
        checked += 1
    assert checked == 48


def test_recorded_ladders_are_swept_to_the_best_size(recorded_pairs: list[Recording]) -> None:
    """Without fees some recorded gaps pay: the best size over the full ladders has no better
    neighbour, and ends where the two prices reach a dollar."""
    found = 0
    for template, offers, _ in baskets(recorded_pairs):
        free = [
            Offer(attrs.evolve(offer.market, fees=PolymarketFees(0)), offer.ladder)
            for offer in offers
        ]
        plan = sweep(template, free, SweepLimits())
        assert isinstance(plan, Plan) == (sum(offer.ladder[0][0] for offer in free) < MICRO)
        if not isinstance(plan, Plan):
            continue
        found += 1
        assert sum(leg.limit for leg in plan.legs) < MICRO
        for step in (-MICRO, -10_000, 10_000, MICRO):
            near = price(template, free, Qty(plan.size + step))
            assert near is None or near.profit <= plan.profit
    assert found >= 5
