"""Markets and events, field by field."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from arb.market.fees import KalshiFees
from arb.market.grid import Band
from arb.market.instruments import Event, KalshiRef, Market
from arb.market.units import Ns, Px
from arb.venues.kalshi.fee_rules import FeeRule
from arb.venues.kalshi.listing import LeftOut, Listed, Terms, parse_event, parse_market
from arb.venues.kalshi.schema import EventBody, decode

TERMS = Terms(Ns(1_760_000_000_000_000_000))
RULE = FeeRule("quadratic", Decimal(1))
MARKET: dict[str, object] = {
    "ticker": "KXFED-26DEC-H0",
    "event_ticker": "KXFED-26DEC",
    "market_type": "binary",
    "title": "Will the Fed hold in December?",
    "yes_sub_title": "Fed maintains rate",
    "status": "active",
    "close_time": "2026-12-09T18:55:00.5Z",
    "notional_value_dollars": "1.0000",
    "price_level_structure": "a label nobody knows",
    "price_ranges": [
        {"start": "0.0000", "end": "0.1000", "step": "0.0010"},
        {"start": "0.1000", "end": "0.9000", "step": "0.0100"},
        {"start": "0.9000", "end": "1.0000", "step": "0.0010"},
    ],
    "exchange_index": 2,
}
EVENT: dict[str, object] = {
    "event_ticker": "KXFED-26DEC",
    "series_ticker": "KXFED",
    "title": "Fed decision in December?",
    "mutually_exclusive": True,
}


def market(**changes: object) -> dict[str, object]:
    return {name: value for name, value in (MARKET | changes).items() if value is not ...}


def read_market(**changes: object) -> Market | LeftOut:
    return parse_market(market(**changes), RULE, TERMS)


def read_event(
    *markets: dict[str, object], rule: FeeRule | None = RULE, **changes: object
) -> Listed:
    body = decode(msgspec.json.encode(EVENT | changes), EventBody)
    return parse_event(body, [msgspec.json.encode(one) for one in markets], rule, TERMS)


def kept(listed: Listed) -> Event:
    assert listed.event is not None
    return listed.event


def test_a_market_is_read_field_by_field() -> None:
    """Every field that trading needs is taken over; the grid comes from its bands alone."""
    read = read_market()
    assert isinstance(read, Market)
    assert read.id == "kalshi:KXFED-26DEC-H0"
    assert read.event == "kalshi:KXFED-26DEC"
    assert (read.title, read.label) == ("Will the Fed hold in December?", "Fed maintains rate")
    assert read.ref == KalshiRef("KXFED-26DEC-H0", 2)
    assert read.grid.bands[0] == Band(Px(0), Px(100_000), 1_000)
    assert read.grid.holds(95_000)
    assert not read.grid.holds(105_000)
    assert (read.lot, read.min_qty, read.min_take_usd) == (10_000, 10_000, 0)
    assert read.fees == KalshiFees(70_000, 0, 100)
    assert read.closes_ns == 1_796_842_500_500_000_000


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("ticker", ..., "market unreadable"),
        ("ticker", "", "ticker missing"),
        ("ticker", 7, "market unreadable"),
        ("event_ticker", None, "market unreadable"),
        ("market_type", "scalar", "not binary"),
        ("market_type", ..., "not binary"),
        ("status", "closed", "status closed"),
        ("status", "inactive", "status inactive"),
        ("status", "open", "status unknown"),
        ("status", ..., "status unknown"),
        ("close_time", ..., "close time unknown"),
        ("close_time", "tomorrow", "close time unknown"),
        ("close_time", "2026-12-09T18:55:00", "close time unknown"),
        ("close_time", "2025-10-09T08:53:20Z", "past its close time"),
        ("price_ranges", ..., "price bands unknown"),
        ("price_ranges", [], "price bands unknown"),
        ("price_ranges", None, "price bands unknown"),
        ("price_ranges", [{"start": "0", "end": "1"}], "market unreadable"),
        ("price_ranges", [{"start": "0", "end": "1", "step": "0"}], "price bands unknown"),
        ("price_ranges", [{"start": "0", "end": "2", "step": ".01"}], "price bands unknown"),
        ("price_ranges", [{"start": "0", "end": "1", "step": "x"}], "price bands unknown"),
        ("exchange_index", 4, "shard unknown"),
        ("exchange_index", -1, "shard unknown"),
        ("exchange_index", "0", "market unreadable"),
        ("notional_value_dollars", "100.0000", "contract not worth a dollar"),
        ("notional_value_dollars", "one", "contract not worth a dollar"),
        ("settlement_bounds_type", "floor", "settlement bounds"),
        ("fee_waiver_expiration_time", "soon", "fee unknown"),
    ],
)
def test_what_is_missing_or_odd_leaves_a_market_out(field: str, value: object, reason: str) -> None:
    """Each fault leaves the market out under a reason of its own."""
    read = read_market(**{field: value})
    assert isinstance(read, LeftOut)
    assert read.reason == reason


def test_an_unknown_fee_leaves_a_market_out() -> None:
    """No rule, a flat one and half an override are all "fee unknown"; a waiver needs no rule."""
    for rule in (None, FeeRule("flat", Decimal(1)), FeeRule("quadratic", Decimal("0.00001"))):
        read = parse_market(market(), rule, TERMS)
        assert isinstance(read, LeftOut)
        assert read.reason == "fee unknown"
    waived = parse_market(market(fee_waiver_expiration_time="2026-01-01T00:00:00Z"), None, TERMS)
    assert isinstance(waived, Market)
    assert waived.fees == KalshiFees(0, 0, 100)


def test_the_members_precision_travels_with_the_fee() -> None:
    """A customer of an FCM has balances in cents, and so is charged in cents."""
    read = parse_market(market(), RULE, Terms(TERMS.now_ns, precision=10_000))
    assert isinstance(read, Market)
    assert read.fees == KalshiFees(70_000, 0, 10_000)


def test_fields_that_newer_or_older_listings_lack_have_a_meaning() -> None:
    """Without a shard it is the first, without a notional value a dollar, without bounds none."""
    read = read_market(exchange_index=..., notional_value_dollars=..., title=..., extra={"a": 1})
    assert isinstance(read, Market)
    assert read.ref == KalshiRef("KXFED-26DEC-H0", 0)
    assert read.title == ": Fed maintains rate"


def test_exclusive_is_never_exhaustive() -> None:
    """The venue's flag gives at most one; at least one is never claimed."""
    listed = read_event(market(), market(ticker="KXFED-26DEC-C25"))
    event = kept(listed)
    assert event.id == "kalshi:KXFED-26DEC"
    assert event.markets == ("kalshi:KXFED-26DEC-H0", "kalshi:KXFED-26DEC-C25")
    assert event.at_most_one.holds
    assert "fraction" in event.at_most_one.source
    assert not event.at_least_one.holds
    for flag in (False, None):
        assert not kept(read_event(market(), mutually_exclusive=flag)).at_most_one.holds


def test_a_market_left_out_is_told_of_in_the_claim() -> None:
    """Leaving markets out keeps the rest exclusive, and the claim says how many are gone."""
    listed = read_event(market(), market(ticker="X", status="finalized"), market(ticker=None))
    assert kept(listed).markets == ("kalshi:KXFED-26DEC-H0",)
    assert "2 of 3 listed markets" in kept(listed).at_most_one.source
    assert [out.reason for out in listed.left_out] == ["status finalized", "market unreadable"]
    assert listed.markets[0].label == "Fed maintains rate"


def test_a_market_that_is_its_whole_event_has_no_label() -> None:
    """The label tells markets of one event apart; alone there is nothing to tell apart."""
    assert read_event(market()).markets[0].label == ""


def test_an_event_without_markets_to_trade_is_no_event() -> None:
    """Nothing tradable means nothing listed, and every reason counted."""
    listed = read_event(market(status="closed"))
    assert (listed.event, listed.markets) == (None, ())
    assert [out.reason for out in listed.left_out] == ["status closed"]
    assert read_event() == Listed(None, (), ())


def test_a_market_must_belong_to_its_event_and_its_shard() -> None:
    """A market of another event, or on another shard than its event, is left out."""
    assert _reasons(read_event(market(event_ticker="OTHER"))) == ["in another event"]
    assert _reasons(read_event(market(), exchange_index=0)) == ["shard unclear"]
    assert _reasons(read_event(market(), exchange_index=2)) == []


def test_an_events_override_is_its_markets_fee() -> None:
    """The event's own fee comes before the series'; half of one leaves the markets out."""
    own: dict[str, Any] = {"fee_type_override": "quadratic", "fee_multiplier_override": 0.5}
    assert read_event(market(), **own).markets[0].fees == KalshiFees(35_000, 0)
    half: dict[str, Any] = {"fee_type_override": "quadratic"}
    assert _reasons(read_event(market(), **half)) == ["fee unknown"]


def _reasons(listed: Listed) -> list[str]:
    return [out.reason for out in listed.left_out]
