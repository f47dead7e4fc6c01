"""The capital view: free, locked by date, yearly return, and which side runs dry."""

import attrs

from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import Balance, BasketId
from arb.risk.capital import capital_lines, view
from arb.risk.ledger import Ledger, Stake
from arb.risk.sizing import YEAR_NS
from tests.fakes.markets import EPOCH_NS, make_fill, make_market

POLY, KALSHI = make_market("p", Venue.POLYMARKET), make_market("k", shard=2)
NOW = Ns(EPOCH_NS)
BASKET = BasketId("b")
HALF_YEAR = {POLY.id: Ns(NOW + YEAR_NS // 2), KALSHI.id: Ns(NOW + YEAR_NS // 2)}


def locked_up() -> Ledger:
    """Ten sets bought for 4.50 and 5.00 dollars that pay ten, from pools of 100 and 6 dollars."""
    ledger = Ledger()
    ledger.open(
        [Balance(Venue.POLYMARKET, 0, Usd(100 * MICRO)), Balance(Venue.KALSHI, 2, Usd(6 * MICRO))]
    )
    ledger.results.plan(BASKET, Usd(MICRO))
    yes = make_fill(POLY, "y", px=450_000, qty=10 * MICRO)
    no = make_fill(KALSHI, "n", outcome=Outcome.NO, px=500_000, qty=10 * MICRO)
    for fill, market in ((yes, POLY), (no, KALSHI)):
        ledger.book(fill, Stake.of(market), BASKET)
    ledger.results.end(BASKET, Qty(10 * MICRO), NOW, unhedged=False)
    return ledger


def test_half_a_dollar_on_nine_and_a_half_for_half_a_year() -> None:
    """A profit of 0.50 on 9.50 locked for half a year is 10.526 % a year."""
    capital = view(locked_up(), HALF_YEAR, NOW)
    assert capital.profit == 500_000
    assert capital.yearly_ppm == 500_000 * MICRO * 2 // (9_500_000)
    assert sum(capital.locked.values()) == 9_500_000
    assert len(capital.locked) == 1


def test_a_side_that_runs_dry_is_named_with_what_would_even_it_out() -> None:
    """One dollar free here and 95.50 there: about 47.25 should move."""
    capital = view(locked_up(), HALF_YEAR, NOW)
    assert capital.dry == (((Venue.KALSHI, 2), (Venue.POLYMARKET, 0), 47_250_000),)
    text = "\n".join(capital_lines(capital))
    assert "kalshi:2 runs dry: about $47.25 moved there from polymarket:0" in text
    assert "earns 10.52 % a year" in text


def test_what_is_promised_is_not_free() -> None:
    """A reservation is named apart."""
    ledger = locked_up()
    ledger.reserve(BasketId("c"), POLY, Usd(20 * MICRO))
    capital = view(ledger, HALF_YEAR, NOW)
    assert capital.promised == 20 * MICRO
    assert capital.free[Venue.POLYMARKET, 0] == 75_500_000


def test_markets_without_a_date_are_told_apart_and_earn_no_rate() -> None:
    """What nobody dates has no yearly return; nothing is made up."""
    capital = view(locked_up(), {}, NOW)
    assert (capital.yearly_ppm, capital.locked) == (None, {None: 9_500_000})
    assert "locked: $9.5 without a date" in capital_lines(capital)


def test_an_empty_ledger_has_nothing_to_tell() -> None:
    """No pools, no dates, no advice."""
    capital = view(Ledger(), {}, NOW)
    assert (capital.dry, capital.locked, capital.yearly_ppm) == ((), {}, None)


def test_pools_of_like_size_are_left_alone() -> None:
    """Ten to one is where advice begins."""
    ledger = Ledger()
    ledger.open([Balance(venue, 0, Usd(usd)) for venue, usd in zip(Venue, (10, 100), strict=True)])
    assert view(ledger, {}, NOW).dry == ()
    assert attrs.evolve(view(ledger, {}, NOW), free={(Venue.KALSHI, 0): Px(0)}).dry == ()
