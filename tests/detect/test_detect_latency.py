"""The latency lane: which markets it reads, what it needs to know, what it believes."""

import math
from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.detect.bet import Estimate
from arb.detect.fair import Walk, chance_at_or_above
from arb.detect.lanes.latency import LatencyLimits, UpDown, judge, recognise
from arb.detect.reasons import Objection, Reason
from arb.detect.spot_board import QUARTER_NS, SpotBoard, SpotLimits
from arb.detect.volatility import Volatility, VolatilityLimits
from arb.market.book import Book, BookView
from arb.market.errors import Refused
from arb.market.instruments import Market, Outcome, Venue
from arb.market.spot import SpotPx, SpotSource, SpotTick, Symbol
from arb.market.units import MICRO, Ns

MakeMarket = Callable[..., Market]
MakeBook = Callable[..., Book]

SECOND = 10**9
BTC = Symbol("btcusd")
START = Ns(1_790_586_000 * SECOND)
END = Ns(START + QUARTER_NS)
NOW = Ns(START + 600 * SECOND)
TITLE = "Bitcoin Up or Down - September 28, 5:00AM-5:15AM ET"
SPOT = SpotLimits(
    max_age_ns=5 * SECOND,
    max_lag_ns=5 * SECOND,
    max_gap_ppm=500,
    second=SpotSource.COINBASE,
    volatility=VolatilityLimits(600 * SECOND, SECOND, 60, 300 * SECOND),
)
LIMITS = LatencyLimits(
    confidence_ppm=MICRO, least_left_ns=60 * SECOND, variance_markup_ppm=0, basis_ppm=100
)


def tick(source: SpotSource, dollars: float, at_ns: int, symbol: Symbol = BTC) -> SpotTick:
    return SpotTick(source, symbol, SpotPx(round(dollars * MICRO)), Ns(at_ns), Ns(at_ns))


@pytest.fixture
def up_down(make_market: MakeMarket) -> Market:
    made = make_market("btc", closes_ns=END)
    return attrs.evolve(made, title=TITLE, label="Up")


@pytest.fixture
def view(up_down: Market, make_book: MakeBook) -> BookView:
    return make_book(up_down, {490_000: 10}, {510_000: 10}).view(NOW)


@pytest.fixture
def board() -> SpotBoard:
    """The strike is 81,000; for ten minutes the price stepped 8 dollars up and down around it."""
    made = SpotBoard(SPOT)
    made.see(tick(SpotSource.POLYMARKET_TWAP, 81_000, START))
    for step in range(601):
        at_ns = START + step * SECOND
        made.see(tick(SpotSource.POLYMARKET, 81_000 + (4 if step % 2 else -4), at_ns))
    made.see(tick(SpotSource.COINBASE, 81_001, NOW))
    return made


# --- markets ---


def test_a_quarter_hour_market_is_read(up_down: Market) -> None:
    """Title and end give the coin, the window and the averaging."""
    assert recognise(up_down) == UpDown(up_down.id, BTC, START, END, 60 * SECOND)


def test_a_window_over_noon_and_midnight_is_a_quarter(up_down: Market) -> None:
    """Twelve-hour clocks turn over at noon and at midnight."""
    for hours in ("11:45PM-12:00AM", "11:45AM-12:00PM", "12:00AM-12:15AM"):
        title = f"Ethereum Up or Down - June 7, {hours} ET"
        assert recognise(attrs.evolve(up_down, title=title)).symbol == "ethusd"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"title": "Bitcoin Up or Down - June 7, 7:55PM-8:00PM ET"}, "no stream"),
        ({"title": "Bitcoin Up or Down - June 7, 7PM ET"}, "not an up/down"),
        ({"title": "Dogecoin Up or Down - June 7, 7:00PM-7:15PM ET"}, "not an up/down"),
        ({"title": TITLE + "?"}, "not an up/down"),
        ({"label": "Down"}, "not up"),
        ({"label": ""}, "not up"),
        ({"closes_ns": None}, "end"),
        ({"closes_ns": END + 60 * SECOND}, "end"),
        ({"venue": Venue.KALSHI}, "not an up/down"),
    ],
)
def test_every_other_market_is_refused(
    changed: dict[str, object], words: str, up_down: Market
) -> None:
    """What settles on something else, or is not understood whole, is never guessed at."""
    with pytest.raises(Refused, match=words):
        recognise(attrs.evolve(up_down, **changed))  # type: ignore[arg-type]  # fields by name


def test_every_recorded_quarter_hour_title_is_read(up_down: Market) -> None:
    """Titles as recorded, with the ends recorded beside them."""
    for title, end_s in (
        ("Bitcoin Up or Down - September 28, 5:15AM-5:30AM ET", 1_790_587_800),
        ("Bitcoin Up or Down - February 20, 7:30PM-7:45PM ET", 1_771_634_700),
    ):
        made = attrs.evolve(up_down, title=title, closes_ns=Ns(end_s * SECOND))
        assert recognise(made).start_ns == (end_s - 900) * SECOND


# --- what it believes ---


def test_the_cheap_side_is_estimated(
    up_down: Market, board: SpotBoard, make_book: MakeBook
) -> None:
    """Spot at the strike is an even chance: below .50 YES is cheap, above it NO is."""
    asked = recognise(up_down)
    board.see(tick(SpotSource.POLYMARKET, 81_000, NOW))
    for bid, outcome in ((300_000, Outcome.YES), (700_000, Outcome.NO)):
        shown = make_book(up_down, {bid: 10}, {bid + 20_000: 10}).view(NOW)
        found = judge(asked, shown, board, NOW, LIMITS)
        assert isinstance(found, Estimate)
        assert (found.leg.outcome, found.chance_ppm) == (outcome, 500_000)
        assert found.confidence_ppm == MICRO
        assert {"spot", "strike", "second witness"} <= {part.name for part in found.evidence}


def test_a_price_above_the_strike_makes_up_likely(
    up_down: Market, view: BookView, board: SpotBoard
) -> None:
    """The chance is that of the walk that the ticks describe, recomputed here."""
    board.see(tick(SpotSource.POLYMARKET, 81_020, NOW))
    found = judge(recognise(up_down), view, board, NOW, LIMITS)
    assert isinstance(found, Estimate)
    step = math.log(81_004 / 80_996)
    variance = step**2  # the tick within the last step counts as the price, not as a move
    deviation = math.sqrt(variance * (300 - 40) + 1e-8)
    chance = 0.5 * (1 + math.erf(math.log(81_020 / 81_000) / deviation / math.sqrt(2)))
    assert found.chance_ppm == pytest.approx(chance * MICRO, abs=300)
    assert found.leg.outcome is Outcome.YES


@pytest.mark.parametrize(
    ("ticks", "reason"),
    [
        ([(SpotSource.COINBASE, 81_100, NOW)], Reason.SPOT_APART),
        ([(SpotSource.COINBASE, 81_001, NOW + 6 * SECOND)], Reason.NO_SPOT),
    ],
)
def test_two_witnesses_are_needed(
    ticks: list[tuple[SpotSource, int, int]],
    reason: Reason,
    up_down: Market,
    view: BookView,
    board: SpotBoard,
) -> None:
    """A second source that disagrees, or is not of this moment, is no witness."""
    for source, dollars, at_ns in ticks:
        board.see(tick(source, dollars, at_ns))
    found = judge(recognise(up_down), view, board, NOW, LIMITS)
    assert isinstance(found, Objection)
    assert found.reason is reason


def test_stale_and_late_prices_are_no_prices(board: SpotBoard) -> None:
    """A source that fell silent, or whose clock is far from ours, is not believed."""
    for later in (6 * SECOND, -SECOND):
        found = board.quote(BTC, Ns(NOW + later))
        assert isinstance(found, Objection)
        assert found.reason is Reason.NO_SPOT
    board.see(
        attrs.evolve(tick(SpotSource.COINBASE, 81_000, NOW + SECOND), seen_ns=Ns(NOW - 6 * SECOND))
    )
    found = board.quote(BTC, NOW)
    assert isinstance(found, Objection)
    assert found.reason is Reason.NO_SPOT


def test_a_strike_that_was_not_seen_is_not_guessed(up_down: Market, view: BookView) -> None:
    """A tick a second after the start is not the price to beat."""
    fresh = SpotBoard(SPOT)
    fresh.see(tick(SpotSource.POLYMARKET_TWAP, 81_000, START + SECOND))
    found = judge(recognise(up_down), view, fresh, NOW, LIMITS)
    assert isinstance(found, Objection)
    assert found.reason is Reason.NO_STRIKE


@pytest.mark.parametrize("at_ns", [START - 1, END - 119 * SECOND, END, END + SECOND])
def test_outside_its_time_nothing_is_believed(
    at_ns: int, up_down: Market, view: BookView, board: SpotBoard
) -> None:
    """Before the start there is no strike; near the end part of the average is known already."""
    found = judge(recognise(up_down), view, board, Ns(at_ns), LIMITS)
    assert isinstance(found, Objection)
    assert found.reason is Reason.NO_TIME


def test_too_few_ticks_are_no_volatility(up_down: Market, view: BookView) -> None:
    """A calm that was never measured is not taken for calm."""
    fresh = SpotBoard(SPOT)
    fresh.see(tick(SpotSource.POLYMARKET_TWAP, 81_000, START))
    fresh.see(tick(SpotSource.POLYMARKET, 81_000, NOW))
    fresh.see(tick(SpotSource.COINBASE, 81_000, NOW))
    found = judge(recognise(up_down), view, fresh, NOW, LIMITS)
    assert isinstance(found, Objection)
    assert found.reason is Reason.NO_VOLATILITY


# --- statistics ---


def test_volatility_forgets_what_left_the_window() -> None:
    """Ten wild seconds count until the window has passed them by."""
    moves = Volatility(VolatilityLimits(100 * SECOND, SECOND, 5, 10 * SECOND))
    for second in range(20):
        moves.see(Ns(second * SECOND), SpotPx(100 * MICRO + second % 2 * MICRO))
    wild = moves.variance_per_s()
    for second in range(20, 121):
        moves.see(Ns(second * SECOND), SpotPx(100 * MICRO))
    assert wild == pytest.approx(math.log(1.01) ** 2)
    assert moves.variance_per_s() == 0.0


def test_ticks_too_close_or_out_of_order_are_left_out() -> None:
    """The noise within a step, and a tick from the past, are no movement."""
    moves = Volatility(VolatilityLimits(100 * SECOND, SECOND, 1, SECOND))
    for at_ns, dollars in (
        (0, 100),
        (SECOND // 2, 999),
        (SECOND, 100),
        (0, 999),
        (2 * SECOND, 100),
    ):
        moves.see(Ns(at_ns), SpotPx(dollars * MICRO))
    assert moves.variance_per_s() == 0.0


WALKS = st.builds(
    Walk,
    variance_per_s=st.floats(1e-11, 1e-6),
    left_s=st.floats(61.0, 900.0),
    averaging_s=st.sampled_from([0.0, 60.0]),
    basis_ppm=st.integers(1, 1_000),
)
PRICES = st.integers(10**9, 10**11)


@given(spot=PRICES, strike=PRICES, walk=WALKS)
def test_the_chance_is_a_chance_and_symmetric(spot: int, strike: int, walk: Walk) -> None:
    """Up and down add to one, and more than half goes to where the price is."""
    up = chance_at_or_above(SpotPx(spot), SpotPx(strike), walk)
    down = chance_at_or_above(SpotPx(strike), SpotPx(spot), walk)
    assert 0 <= up <= MICRO
    assert abs(up + down - MICRO) <= 1
    assert (up >= MICRO // 2) is (spot >= strike) or up == MICRO // 2


@given(walk=WALKS, ahead=st.integers(1, 500))
def test_more_time_means_less_certainty(walk: Walk, ahead: int) -> None:
    """What is ahead now is ahead at the end with a smaller chance the longer it takes."""
    spot = SpotPx(10**10 + ahead * 10**6)
    longer = attrs.evolve(walk, left_s=walk.left_s * 2)
    strike = SpotPx(10**10)
    assert chance_at_or_above(spot, strike, longer) <= chance_at_or_above(spot, strike, walk)


def test_an_average_that_has_begun_is_refused() -> None:
    """Part of the final price is known then, and the walk would not know it."""
    with pytest.raises(ValueError, match="begun"):
        chance_at_or_above(SpotPx(1), SpotPx(1), Walk(1e-9, 60.0, 60.0, 100))
    with pytest.raises(ValueError, match="uncertainty"):
        chance_at_or_above(SpotPx(1), SpotPx(1), Walk(0.0, 61.0, 0.0, 0))
