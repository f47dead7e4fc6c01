"""The gates: what was not heard of is red, and one red is enough."""

import pytest

from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.messages import BooksSeen, Called, FeedId, FeedSeen
from arb.risk.vitals import Objective, Samples, VitalLimits, Vitals

S = 10**9
MS = 10**6
LIMITS = VitalLimits(
    coverage_ppm=500_000,
    books_ns=10 * S,
    window_ns=60 * S,
    least_samples=4,
    objectives={"ack": Objective(100 * MS, 200 * MS)},
)


def feed(name: str, *, connected: bool, note: str = "") -> FeedSeen:
    return FeedSeen(FeedId(name), connected, 1, note)


def books(live: int, markets: int = 100) -> BooksSeen:
    return BooksSeen(markets, live, 0, 0, 0, 0)


def call(took_ms: int, failure: str = "", name: str = "send") -> Called:
    return Called(Venue.KALSHI, name, took_ms * MS, failure, Ns(0))


def healthy(now: int = 0) -> Vitals:
    vitals = Vitals(LIMITS, frozenset(Venue))
    vitals.take(feed("polymarket:0", connected=True), Ns(now))
    vitals.take(feed("kalshi:0", connected=True), Ns(now))
    vitals.take(books(100), Ns(now))
    assert vitals.reds(Ns(now)) == ()
    return vitals


def test_nothing_heard_is_all_red() -> None:
    """At a start nothing is green before it was seen."""
    reds = Vitals(LIMITS, frozenset(Venue)).reds(Ns(0))
    assert [red.partition(":")[0] for red in reds] == [
        "no stream of kalshi is up",
        "no stream of polymarket is up",
        "no book was heard of yet",
    ]


def test_a_venue_without_any_stream_is_red_with_its_reason() -> None:
    """One of several connections is enough; the last one that falls is told with why."""
    vitals = healthy()
    vitals.take(feed("kalshi:1", connected=True), Ns(0))
    vitals.take(feed("kalshi:0", connected=False, note="reset"), Ns(0))
    assert vitals.reds(Ns(0)) == ()
    vitals.take(feed("kalshi:1", connected=False, note=""), Ns(0))
    assert vitals.reds(Ns(0)) == ("no stream of kalshi is up: reset",)


@pytest.mark.parametrize("other", ["bets:kalshi:0", "spot:coinbase", "kalshi:user"])
def test_a_connection_that_tells_no_books_to_baskets_counts_for_nothing(other: str) -> None:
    """Streams of bets, spot prices and our own orders: no book comes over them."""
    vitals = healthy()
    vitals.take(feed(other, connected=True), Ns(0))
    assert vitals.reds(Ns(0)) == ()
    vitals.take(feed("kalshi:0", connected=False, note="cut"), Ns(0))
    assert vitals.reds(Ns(0)) == ("no stream of kalshi is up: cut",)


def test_coverage_below_the_floor_is_red() -> None:
    """49 of 100 are too few, 50 are enough."""
    vitals = healthy()
    vitals.take(books(50), Ns(0))
    assert vitals.reds(Ns(0)) == ()
    vitals.take(books(49), Ns(0))
    assert vitals.reds(Ns(0)) == ("49 of 100 books are live, below the floor of 50 %",)


def test_books_that_fall_silent_are_red() -> None:
    """Whoever keeps the books has hung."""
    vitals = healthy(now=5 * S)
    assert vitals.reds(Ns(15 * S)) == ()
    assert vitals.reds(Ns(16 * S)) == ("the books say nothing for 11 s",)


def test_a_persistent_breach_is_red_until_its_samples_are_old() -> None:
    """Slow answers throttle trading; a few are no measurement, failures are none at all."""
    vitals = healthy()
    for _ in range(3):
        vitals.take(call(500), Ns(S))
    vitals.take(call(900, failure="gone"), Ns(S))
    vitals.take(call(900, name="balances"), Ns(S))
    assert vitals.reds(Ns(S)) == ()
    vitals.take(call(500), Ns(S))
    assert vitals.reds(Ns(S)) == ("ack is too slow: p95 500 ms, p99 500 ms of the last 4",)
    assert vitals.figures() == {"ack p50/p95/p99 ms": "500.0/500.0/500.0"}
    vitals.take(books(100), Ns(61 * S))
    assert vitals.reds(Ns(61 * S)) == ()


def test_percentiles_are_of_the_window() -> None:
    """Ranks of the sorted values; nothing measured is zeros."""
    samples = Samples(60 * S)
    assert samples.percentiles() == (0, 0, 0)
    for value in range(1, 101):
        samples.add(value, Ns(value))
    assert samples.percentiles() == (50, 95, 99)
    samples.forget(Ns(60 * S + 50))
    assert samples.percentiles() == (75, 97, 99)
