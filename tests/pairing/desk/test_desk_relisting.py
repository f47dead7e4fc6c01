"""What a new reading of a venue's lists bars, lifts and tells."""

from typing import Any

import attrs
import pytest

from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Catalogue,
    Claim,
    Event,
    EventId,
    KalshiRef,
    Market,
    MarketId,
    NegRisk,
    PolymarketRef,
    Venue,
)
from arb.market.units import Ns, Qty
from arb.pairing.bars import Bar, Bars, Cause
from arb.pairing.relisting import Changes, Relisting
from tests.fakes.markets import make_market

YES, NO = Claim(holds=True, source="the venue"), Claim(holds=False, source="it does not say")
CLOSES = Ns(2 * 10**18)


def markets(venue: Venue = Venue.KALSHI, names: str = "abc") -> list[Market]:
    made = [make_market(name, venue, event="e") for name in names]
    return [attrs.evolve(one, closes_ns=CLOSES) for one in made]


def event(made: list[Market], **changes: Any) -> Event:  # noqa: ANN401 - any field of it
    ids = tuple(market.id for market in made)
    group = NegRisk("0x1", tuple((one, at) for at, one in enumerate(ids)), len(ids), 0, False)
    plain = Event(made[0].event, made[0].venue, "E", ids, YES, YES, group)
    return attrs.evolve(plain, **changes)


def catalogue(made: list[Market], *events: Event) -> Catalogue:
    return Catalogue(made[0].venue, events or (event(made),), tuple(made))


def read(relisting: Relisting, now: Catalogue) -> tuple[list[Bar], Changes]:
    """One reading, as the watcher does it: terms first."""
    bars = relisting.compare_terms(now.markets)
    changes = relisting.compare(now)
    return [*bars, *changes.bars], changes


@pytest.mark.parametrize("venue", Venue)
def test_what_did_not_change_is_not_told(venue: Venue) -> None:
    """Reading the same lists again and again says nothing."""
    relisting = Relisting(catalogue(markets(venue)))
    for _ in range(3):
        assert read(relisting, catalogue(markets(venue))) == ([], Changes((), (), 0, 0, 0))


@pytest.mark.parametrize(
    ("venue", "change", "words"),
    [
        (Venue.KALSHI, {"fees": KalshiFees(35_000, 0)}, "fees"),
        (Venue.POLYMARKET, {"fees": PolymarketFees(1_000)}, "fees"),
        (Venue.KALSHI, {"ref": KalshiRef("a", 2)}, "addressed"),
        (
            Venue.POLYMARKET,
            {"ref": PolymarketRef("0xa", "1", "2", neg_risk=True, protocol="v2")},
            "addressed",
        ),
        (Venue.KALSHI, {"event": EventId("kalshi:other")}, "another event"),
        (Venue.KALSHI, {"grid": PriceGrid.of_tick(1_000)}, "price grid"),
        (Venue.POLYMARKET, {"lot": Qty(7)}, "lot"),
        (Venue.KALSHI, {"closes_ns": Ns(CLOSES - 1)}, "earlier"),
    ],
)
def test_changed_terms_bar_a_market_for_good(
    venue: Venue, change: dict[str, Any], words: str
) -> None:
    """Once, with the reason; and it stays barred when the old terms come back."""
    made = markets(venue)
    relisting = Relisting(catalogue(made))
    changed = [attrs.evolve(made[0], **change), *made[1:]]
    bars, _ = read(relisting, catalogue(changed, event(made)))
    assert [bar.key for bar in bars] == [made[0].id]
    assert words in (bars[0].reason or "")
    assert read(relisting, catalogue(changed, event(made)))[0] == []
    assert read(relisting, catalogue(made))[0] == []


@pytest.mark.parametrize(
    "change",
    [{"grid": PriceGrid.of_tick(1_000)}, {"closes_ns": Ns(5)}, {"volume_24h": 7}, {"title": "T"}],
)
def test_what_books_follow_or_nobody_trusts_bars_nothing(change: dict[str, Any]) -> None:
    """Polymarket's tick comes over its stream; its end date, volumes and titles are no terms."""
    made = markets(Venue.POLYMARKET)
    relisting = Relisting(catalogue(made))
    assert (
        read(relisting, catalogue([attrs.evolve(made[0], **change), *made[1:]], event(made)))[0]
        == []
    )


def test_a_market_that_is_missing_is_barred_until_it_is_back() -> None:
    """Halts end; each way it is told once, and counted."""
    made = markets()
    relisting = Relisting(catalogue(made))
    bars, changes = read(relisting, catalogue(made[1:], event(made)))
    assert [(bar.key, bar.reason is None) for bar in bars] == [(made[0].id, False)]
    assert (changes.gone, changes.back) == (1, 0)
    assert relisting.missing == {made[0].id}
    assert read(relisting, catalogue(made[1:], event(made)))[0] == []
    bars, changes = read(relisting, catalogue(made))
    assert bars == [Bar(made[0].id, None)]
    assert (changes.gone, changes.back) == (0, 1)


def test_coming_back_does_not_lift_what_a_person_must_see() -> None:
    """A market that is away and comes back with another fee, or was reworded, stays barred."""
    made = markets()
    relisting = Relisting(catalogue(made))
    assert relisting.bar(made[0].id, Cause.TEXT, "another text") == Bar(made[0].id, "another text")
    read(relisting, catalogue(made[1:], event(made)))
    bars, _ = read(relisting, catalogue(made))
    assert bars == [Bar(made[0].id, "another text")]


def test_new_markets_are_counted_once() -> None:
    """Those that the first reading shows and nobody took in are no news: other rules left them
    out."""
    made = markets()
    relisting = Relisting(catalogue(made))
    more = [*made, make_market("left_out", event="e")]
    assert read(relisting, catalogue(more, event(made)))[1].new == 0
    more.append(make_market("new", event="e"))
    assert read(relisting, catalogue(more, event(made)))[1].new == 1
    assert read(relisting, catalogue(more, event(made)))[1].new == 0


GROUP = event(markets()).neg_risk
assert GROUP is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"neg_risk": attrs.evolve(GROUP, augmented=True)}, "negRiskAugmented"),
        ({"neg_risk": None}, "negRisk flag"),
        ({"neg_risk": attrs.evolve(GROUP, group="0x2")}, "negRisk group"),
        ({"neg_risk": attrs.evolve(GROUP, fee_bips=200)}, "conversion fee"),
        ({"neg_risk": attrs.evolve(GROUP, prepared=4)}, "4 questions instead of 3"),
        ({"at_most_one": NO}, "several of its markets may win"),
        ({"at_least_one": NO}, "perhaps none of its markets wins"),
    ],
)
def test_an_event_that_promises_otherwise_bars_all_its_markets(
    changes: dict[str, Any], words: str
) -> None:
    """Told once with what must be cancelled, and not lifted when the promise comes back."""
    made = markets()
    relisting = Relisting(catalogue(made))
    bars, seen = read(relisting, catalogue(made, event(made, **changes)))
    assert [bar.key for bar in bars] == [market.id for market in made]
    ((known_as, why),) = seen.events
    assert known_as == made[0].event
    assert words in why
    assert read(relisting, catalogue(made, event(made, **changes)))[0] == []
    assert read(relisting, catalogue(made)) == ([], Changes((), (), 0, 0, 0))


def test_an_event_that_only_lacks_a_market_promises_as_before() -> None:
    """The missing market is barred, and so every basket that needs them all; the others are not."""
    made = markets()
    relisting = Relisting(catalogue(made))
    bars, seen = read(relisting, catalogue(made[1:], event(made, at_least_one=NO)))
    assert [bar.key for bar in bars] == [made[0].id]
    assert seen.events == ()


def test_what_one_cause_lifts_another_may_still_bar() -> None:
    """Reasons add up, each comes and goes alone, and only what changes is told."""
    bars = Bars()
    assert bars.put("m", Cause.GONE, None) is None
    assert bars.put("m", Cause.GONE, "gone") == Bar("m", "gone")
    assert bars.put("m", Cause.GONE, "gone") is None
    assert bars.put("m", Cause.TERMS, "dearer") == Bar("m", "gone; dearer")
    assert bars.put("m", Cause.GONE, None) == Bar("m", "dearer")
    assert bars.put("m", Cause.TERMS, None) == Bar("m", None)
    assert bars.reason(MarketId("m")) is None
