"""The spike lane: what is a move, what is only a quote, and what is expected back."""

from collections.abc import Callable, Iterable

import attrs
import pytest

from arb.detect.bet import BetLane
from arb.detect.lanes.spike import Spike, SpikeLimits, SpikeWatch, expect
from arb.market.book import Book, BookView
from arb.market.instruments import Market, Outcome
from arb.market.units import MICRO, Ns, Px

MakeMarket = Callable[..., Market]
MakeBook = Callable[..., Book]
Show = Callable[[int], BookView]

SECOND = 10**9
LIMITS = SpikeLimits(
    window_ns=10 * SECOND,
    min_move=100_000,
    settle_ns=2 * SECOND,
    witnesses=3,
    max_spread=20_000,
    reversion_ppm=500_000,
    confidence_ppm=250_000,
)


@pytest.fixture
def show(make_market: MakeMarket, make_book: MakeBook) -> Show:
    """A book around a middle in cents, two cents wide."""
    of = make_market("m")

    def shown(cents: int) -> BookView:
        middle = cents * 10_000
        return make_book(of, {middle - 10_000: 10}, {middle + 10_000: 10}).view(Ns(0))

    return shown


def watched(show: Show, middles: Iterable[tuple[float, int]]) -> list[Spike | None]:
    watch = SpikeWatch(LIMITS)
    return [watch.see(show(cents), Ns(round(at * SECOND))) for at, cents in middles]


def test_a_move_that_stands_is_a_spike(show: Show) -> None:
    """Seen three times over two seconds, the new price is believed, and not before."""
    found = watched(show, [(0, 50), (1, 50), (2, 70), (3, 70), (4, 71)])
    assert found[:4] == [None] * 4
    spike = found[4]
    assert spike is not None
    assert (spike.before, spike.after, spike.move) == (500_000, 710_000, 210_000)
    assert (spike.took_ns, spike.sightings) == (SECOND, 3)


@pytest.mark.parametrize(
    "middles",
    [
        [(0, 50), (2, 70), (3, 50), (4, 70), (5, 50), (6, 70)],
        [(0, 50), (2, 70), (2.1, 70), (2.2, 70)],
        [(0, 50), (1, 59), (2, 59), (3, 59), (4, 59)],
        [(0, 50), (4, 54), (8, 58), (12, 62), (16, 66), (20, 70), (24, 70)],
        [(0, 50), (1, 70), (14, 70), (15, 70), (16, 70)],
    ],
    ids=["flicker", "too fresh", "too small", "too slow", "too long ago"],
)
def test_what_is_no_spike(middles: list[tuple[float, int]], show: Show) -> None:
    """A flicker, a moment, a small move, a drift and an old move are all left alone."""
    assert watched(show, middles) == [None] * len(middles)


@pytest.mark.parametrize(
    "changed",
    [{"live": False}, {"bids": ()}, {"bids": ((Px(10_000), 1),)}],
    ids=["not live", "one side", "wide"],
)
def test_a_book_without_a_middle_ends_what_was_known(
    changed: dict[str, object], show: Show
) -> None:
    """Prices on both sides of a moment without a price are not one movement."""
    watch = SpikeWatch(LIMITS)
    watch.see(show(50), Ns(0))
    watch.see(attrs.evolve(show(50), **changed), Ns(SECOND))  # type: ignore[arg-type]  # by name
    assert [watch.see(show(70), Ns(second * SECOND)) for second in range(2, 7)] == [None] * 5


def test_a_new_epoch_is_no_move(show: Show) -> None:
    """A book that broke and came back elsewhere did not move there."""
    watch = SpikeWatch(LIMITS)
    watch.see(show(50), Ns(0))
    later = attrs.evolve(show(70), epoch=1)
    assert [watch.see(later, Ns(second * SECOND)) for second in range(1, 6)] == [None] * 5


def test_a_clock_that_went_back_is_ignored(show: Show) -> None:
    """A moment before the last one adds nothing."""
    found = watched(show, [(10, 50), (9, 90), (8, 90), (7, 90)])
    assert found == [None] * 4


@pytest.mark.parametrize(
    ("before", "after", "outcome", "chance"),
    [
        (500_000, 700_000, Outcome.NO, 400_000),
        (500_000, 300_000, Outcome.YES, 400_000),
        (990_000, 10_000, Outcome.YES, 500_000),
    ],
)
def test_part_of_the_move_is_expected_back(
    before: int, after: int, outcome: Outcome, chance: int, make_market: MakeMarket
) -> None:
    """The side that the move made cheap is worth its new price and half the move."""
    found = expect(Spike(make_market("m").id, Px(before), Px(after), SECOND, 3), LIMITS)
    assert (found.lane, found.leg.outcome) == (BetLane.SPIKE, outcome)
    assert (found.chance_ppm, found.confidence_ppm) == (chance, 250_000)


def test_nothing_is_worth_more_than_a_dollar(make_market: MakeMarket) -> None:
    """However much is expected back, a chance is at most one."""
    all_back = attrs.evolve(LIMITS, reversion_ppm=MICRO)
    found = expect(Spike(make_market("m").id, Px(MICRO), Px(10_000), SECOND, 3), all_back)
    assert found.chance_ppm == MICRO
