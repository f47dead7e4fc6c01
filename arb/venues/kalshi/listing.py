"""Kalshi's events and markets, field by field, into ours. Pure.

What is missing or odd leaves the market out, with a reason that can be counted.
"""

from collections.abc import Mapping, Sequence

import attrs
import msgspec

from arb.market.errors import Malformed, Refused, Unintelligible, UnknownRule
from arb.market.fees import KALSHI_DIRECT_PRECISION, KalshiFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Claim, Event, KalshiRef, Market, Venue
from arb.market.units import MICRO, Ns, Qty, Usd, parse_micros
from arb.venues.kalshi.fee_rules import FeeRule, effective_rule, fees_of, waived
from arb.venues.kalshi.identity import event_id, market_id
from arb.venues.kalshi.schema import EventBody, MarketBody, convert, decode, parse_time
from arb.venues.kalshi.strikes import strike_of
from arb.venues.kalshi.tape import listed_trades

LOT = Qty(MICRO // 100)
"""A hundredth of a contract, on every market (changelog, Apr 17 2026)."""
KNOWN_SHARDS = frozenset({0, 1, 2, 3})
"""Default; combos; crypto and commodities; tennis, baseball, basketball (docs:
exchange_sharding)."""
STATUSES = frozenset(
    {"initialized", "inactive", "closed", "determined", "disputed", "amended", "finalized"}
)
"""Every status of a market that does not trade (docs: market_lifecycle)."""


@attrs.frozen
class LeftOut:
    """Why a market is not in the catalogue."""

    ticker: str
    reason: str
    """One of a few, for counting."""
    detail: str


@attrs.frozen
class Terms:
    """How listings are read: when, for which kind of member, and which shards are known."""

    now_ns: Ns
    precision: int = KALSHI_DIRECT_PRECISION
    """The member's balance step in micro-dollars: 100, or 10,000 for customers of an FCM."""
    shards: frozenset[int] = KNOWN_SHARDS
    only_trading: bool = True
    """Leave out what does not trade at `now_ns`; recordings may be asked about the rest too."""


@attrs.frozen
class Listed:
    """What one event gave. `event` is None where none of its markets can be traded."""

    event: Event | None
    markets: tuple[Market, ...]
    left_out: tuple[LeftOut, ...]


class _Unfit(Refused):
    """A market that is left out. Ends here, as a `LeftOut`."""

    def __init__(self, reason: str, detail: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = str(detail)


def parse_market(
    raw: Mapping[str, object] | bytes | msgspec.Raw,
    rule: FeeRule | None,
    terms: Terms,
    event_title: str = "",
) -> Market | LeftOut:
    """Read one market object, as it is inside `{"market": ...}` or a list.

    `rule` is the fee of its event, else of its series (see `effective_rule`).
    """
    try:
        body = convert(raw, MarketBody) if isinstance(raw, Mapping) else decode(raw, MarketBody)
    except Unintelligible as error:
        return LeftOut("", "market unreadable", str(error))
    try:
        return _market(body, rule, terms, event_title)
    except _Unfit as unfit:
        return LeftOut(body.ticker, unfit.reason, unfit.detail)


def parse_event(
    body: EventBody,
    markets: Sequence[bytes | msgspec.Raw],
    series_rule: FeeRule | None,
    terms: Terms,
) -> Listed:
    """Read one event with its markets, which some answers put beside it instead of inside."""
    rule = effective_rule(series_rule, body.fee_type_override, body.fee_multiplier_override)
    read = [parse_market(raw, rule, terms, body.title or "") for raw in markets]
    read = [_in_its_event(one, body) for one in read]
    kept = tuple(one for one in read if isinstance(one, Market))
    left_out = tuple(one for one in read if isinstance(one, LeftOut))
    if not kept:
        return Listed(None, (), left_out)
    if len(read) == 1:
        kept = (attrs.evolve(kept[0], label=""),)
    return Listed(_event(body, kept, len(read)), kept, left_out)


def _market(body: MarketBody, rule: FeeRule | None, terms: Terms, event_title: str) -> Market:
    if not (body.ticker and body.event_ticker):
        raise _Unfit("ticker missing", body)
    closes_ns = _closes(body)
    if terms.only_trading:
        _check_trading(body, closes_ns, terms.now_ns)
    _check_payout(body)
    volume_24h, last_trade = listed_trades(
        body.volume_24h_fp, body.last_price_dollars, terms.now_ns
    )
    label = body.yes_sub_title or ""
    return Market(
        id=market_id(body.ticker),
        venue=Venue.KALSHI,
        event=event_id(body.event_ticker),
        title=body.title or f"{event_title}: {label}",
        label=label,
        ref=KalshiRef(body.ticker, _shard(body, terms)),
        grid=_grid(body),
        lot=LOT,
        min_qty=LOT,
        min_take_usd=Usd(0),
        fees=_fees(body, rule, terms),
        closes_ns=closes_ns,
        volume_24h=volume_24h,
        last_trade=last_trade,
        strike=strike_of(body),
    )


def _check_trading(body: MarketBody, closes_ns: Ns, now_ns: Ns) -> None:
    if body.status != "active":
        known = body.status in STATUSES
        raise _Unfit(f"status {body.status}" if known else "status unknown", body.status)
    if closes_ns <= now_ns:
        raise _Unfit("past its close time", body.close_time)


def _check_payout(body: MarketBody) -> None:
    """Refuse what does not pay a dollar to one side and nothing to the other."""
    if body.market_type != "binary":
        raise _Unfit("not binary", body.market_type)
    if body.settlement_bounds_type not in {None, "default"}:
        raise _Unfit("settlement bounds", body.settlement_bounds_type)
    try:
        dollar = parse_micros(body.notional_value_dollars or "1") == MICRO
    except Malformed:
        dollar = False
    if not dollar:
        raise _Unfit("contract not worth a dollar", body.notional_value_dollars)


def _shard(body: MarketBody, terms: Terms) -> int:
    shard = body.exchange_index or 0  # optional on the wire; absent means the first
    if shard not in terms.shards:
        raise _Unfit("shard unknown", shard)
    return shard


def _grid(body: MarketBody) -> PriceGrid:
    """Read the bands. The label beside them is not read: new ones appear."""
    try:
        return PriceGrid.of_bands(
            (parse_micros(band.start), parse_micros(band.end), parse_micros(band.step))
            for band in body.price_ranges or ()
        )
    except (Malformed, UnknownRule) as error:
        raise _Unfit("price bands unknown", error) from error


def _fees(body: MarketBody, rule: FeeRule | None, terms: Terms) -> KalshiFees:
    try:
        if waived(body.fee_waiver_expiration_time, terms.now_ns):
            return KalshiFees(0, 0, terms.precision)
        return fees_of(rule, terms.precision)
    except UnknownRule as error:
        raise _Unfit("fee unknown", error) from error


def _closes(body: MarketBody) -> Ns:
    try:
        return parse_time(body.close_time or "")
    except Malformed as error:
        raise _Unfit("close time unknown", error) from error


def _in_its_event(one: Market | LeftOut, body: EventBody) -> Market | LeftOut:
    """Leave out a market that says it belongs elsewhere, or trades where its event does not."""
    if isinstance(one, LeftOut) or not isinstance(one.ref, KalshiRef):
        return one
    if one.event != event_id(body.event_ticker):
        return LeftOut(one.ref.ticker, "in another event", one.event)
    if body.exchange_index is not None and one.ref.shard != body.exchange_index:
        return LeftOut(one.ref.ticker, "shard unclear", f"{one.ref.shard} or {body.exchange_index}")
    return one


def _event(body: EventBody, kept: Sequence[Market], listed: int) -> Event:
    return Event(
        id=event_id(body.event_ticker),
        venue=Venue.KALSHI,
        title=body.title or body.event_ticker,
        markets=tuple(market.id for market in kept),
        at_most_one=_at_most_one(body, len(kept), listed),
        at_least_one=Claim(
            holds=False,
            source="Kalshi's API never says that an event's markets are exhaustive",
        ),
    )


def _at_most_one(body: EventBody, kept: int, listed: int) -> Claim:
    if body.mutually_exclusive is not True:
        return Claim(
            holds=False, source=f"Kalshi's mutually_exclusive is {body.mutually_exclusive}"
        )
    missing = f"; {listed - kept} of {listed} listed markets are left out" if kept < listed else ""
    return Claim(
        holds=True,
        source="Kalshi's mutually_exclusive flag: at most one market of the event resolves yes"
        " (unless the rules settle one at a fraction of a dollar, which binary markets may)"
        + missing,
    )
