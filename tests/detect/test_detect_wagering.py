"""The statistical lanes at work: which markets they take, and what comes of looking."""

from collections.abc import Callable

import attrs
import pytest

from arb.detect.bet import Bet, BetLane
from arb.detect.firewall import FirewallLimits
from arb.detect.lanes.latency import LatencyLimits
from arb.detect.lanes.spike import SpikeLimits
from arb.detect.reasons import Reason
from arb.detect.spot_board import QUARTER_NS, SpotLimits
from arb.detect.stake import StakeLimits
from arb.detect.volatility import VolatilityLimits
from arb.detect.wagering import BetLanes, Wagering
from arb.market.book import Book, BookView
from arb.market.instruments import Market, MarketId, Outcome
from arb.market.spot import SpotPx, SpotSource, SpotTick, Symbol
from arb.market.units import MICRO, Ns, Usd

MakeMarket = Callable[..., Market]
MakeBook = Callable[..., Book]

SECOND = 10**9
BTC = Symbol("btcusd")
START = Ns(1_790_586_000 * SECOND)
END = Ns(START + QUARTER_NS)
NOW = Ns(START + 400 * SECOND)
LANES = BetLanes(
    latency=LatencyLimits(500_000, 60 * SECOND, 250_000, 150),
    spike=SpikeLimits(10 * SECOND, 100_000, 2 * SECOND, 3, 20_000, 500_000, 500_000),
    spike_markets=frozenset({MarketId("polymarket:plain")}),
    spot=SpotLimits(
        max_age_ns=5 * SECOND,
        max_lag_ns=5 * SECOND,
        max_gap_ppm=500,
        second=SpotSource.COINBASE,
        volatility=VolatilityLimits(600 * SECOND, SECOND, 60, 300 * SECOND),
    ),
    firewall=FirewallLimits(30 * SECOND, 10 * SECOND, 60 * SECOND, 200_000),
    stake=StakeLimits(30_000, Usd(5 * MICRO), 60 * SECOND),
)


@pytest.fixture
def up_down(make_market: MakeMarket) -> Market:
    title = "Bitcoin Up or Down - September 28, 5:00AM-5:15AM ET"
    return attrs.evolve(make_market("btc", closes_ns=END), title=title, label="Up")


@pytest.fixture
def plain(make_market: MakeMarket) -> Market:
    return make_market("plain")


def feed(wagering: Wagering, dollars: int) -> None:
    """A strike of 81,000, minutes of ticks that end at `dollars`, and a second witness."""
    told = [(SpotSource.POLYMARKET_TWAP, 81_000, int(START))]
    for second in range(400):
        swing = 4 if second % 2 else -4
        told.append((SpotSource.POLYMARKET, 81_000 + swing, START + second * SECOND))
    told += [(SpotSource.POLYMARKET, dollars, NOW), (SpotSource.COINBASE, dollars, NOW)]
    for source, price, at_ns in told:
        wagering.see(SpotTick(source, BTC, SpotPx(price * MICRO), Ns(at_ns), Ns(at_ns)))


def shown(make_book: MakeBook, of: Market, bid: int, at_ns: int = NOW) -> BookView:
    made = make_book(of, {bid: 50}, {bid + 10_000: 50})
    made.seen_ns = Ns(at_ns)
    return made.view(Ns(at_ns))


def test_each_lane_takes_its_own_markets(
    up_down: Market, plain: Market, make_market: MakeMarket
) -> None:
    """Up/down markets by what they are, spikes by name, and nothing of a lane that is off."""
    listed = [up_down, plain, make_market("other")]
    assert LANES.wanted(listed) == (up_down, plain)
    assert attrs.evolve(LANES, latency=None).wanted(listed) == (plain,)
    assert attrs.evolve(LANES, spike=None).wanted(listed) == (up_down,)
    assert attrs.evolve(LANES, latency=None, spike=None).wanted(listed) == ()


@pytest.mark.parametrize(
    ("dollars", "outcome", "limit"), [(81_060, Outcome.YES, 510_000), (80_940, Outcome.NO, 500_000)]
)
def test_a_market_behind_spot_is_bet_on(
    dollars: int, outcome: Outcome, limit: int, up_down: Market, make_book: MakeBook
) -> None:
    """Above the strike UP is bought, below it the other side, each at its own price."""
    wagering = Wagering([up_down], LANES)
    feed(wagering, dollars)
    (bet,) = wagering.look(shown(make_book, up_down, 500_000), NOW)
    assert isinstance(bet, Bet)
    assert (bet.estimate.lane, bet.estimate.leg.outcome) == (BetLane.LATENCY, outcome)
    assert bet.limit == limit
    assert bet.at_risk <= LANES.stake.max_cost_usd


def test_a_market_that_agrees_with_spot_is_left(up_down: Market, make_book: MakeBook) -> None:
    """No edge, no bet, and the look is counted under its lane."""
    wagering = Wagering([up_down], LANES)
    feed(wagering, 81_000)
    assert list(wagering.look(shown(make_book, up_down, 490_000), NOW)) == []
    assert wagering.refused == {f"latency: {Reason.NO_EDGE}": 1}


def test_the_firewall_comes_first(up_down: Market, make_book: MakeBook) -> None:
    """A silent feed is refused before any lane looks, whatever the lane would say."""
    wagering = Wagering([up_down], LANES)
    feed(wagering, 81_060)
    silent = shown(make_book, up_down, 500_000, NOW - 31 * SECOND)
    assert list(wagering.look(silent, NOW)) == []
    assert wagering.refused == {f"firewall: {Reason.SILENT}": 1}


def test_a_spike_is_bet_on_after_it_stood(plain: Market, make_book: MakeBook) -> None:
    """Three looks at the new price, over two seconds, make one bet."""
    wagering = Wagering([plain], LANES)
    bets = []
    for second, bid in enumerate((690_000, 690_000, 290_000, 290_000, 290_000)):
        at_ns = Ns(NOW + second * SECOND)
        bets.append([*wagering.look(shown(make_book, plain, bid, at_ns), at_ns)])
    assert [len(found) for found in bets] == [0, 0, 0, 0, 1]
    assert bets[-1][0].estimate.lane is BetLane.SPIKE
    assert wagering.restless == (plain.id,)


def test_a_tick_concerns_the_open_windows_of_its_coin(up_down: Market, plain: Market) -> None:
    """Only markets about that coin, from their start to their end."""
    wagering = Wagering([up_down, plain], LANES)
    assert wagering.asking([BTC], START) == (up_down.id,)
    assert wagering.asking([Symbol("ethusd")], START) == ()
    for at_ns in (START - 1, END):
        assert wagering.asking([BTC], Ns(at_ns)) == ()
