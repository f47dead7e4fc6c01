"""From Gamma's market objects to our markets, field by field. Pure.

What is missing or odd leaves the market out, with a reason short enough to be counted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import attrs

from arb.market.errors import Unintelligible, UnknownRule
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, LastTrade, Market, MarketId, PolymarketRef, Venue
from arb.market.units import MICRO, ZERO_USD, Ns, Qty, Usd
from arb.venues.polymarket.fields import Raw, flag, micros, moment, price, text, texts

LOT = Qty(10_000)
"""Sizes have two decimals on every tick (docs: place-orders)."""
MIN_TAKE_USD = Usd(1_000_000)
"""The smallest notional of an order that takes (docs: error-codes, "min size: $1")."""
TICKS = (100_000, 10_000, 5_000, 2_500, 1_000, 100)
"""Every tick that the venue has, in millionths (docs: place-orders)."""
DAY_NS = 24 * 3600 * 1_000_000_000
_MOST_DIGITS = 15
"""Of a volume in whole dollars: more makes no sense."""
MOST_TOKEN_DIGITS = 78
"""2**256 has so many."""

_TRADABLE = (
    ("closed", False, "closed"),
    ("archived", False, "archived"),
    ("active", True, "inactive"),
    ("acceptingOrders", True, "not_accepting_orders"),
    ("enableOrderBook", True, "no_order_book"),
)
_TRADABLE_UMA = (None, "", "requested")
_TRADABLE_RESOLUTION = (None, "", "inactive", "active")


@attrs.frozen
class LeftOut:
    """Why a market is not listed."""

    reason: str
    """One of a small fixed set, to be counted."""
    detail: str


class _Odd(Unintelligible):
    """A field that leaves the market out."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def parse_market(raw: Raw, event: EventId | None = None) -> Market | LeftOut:
    """Read a Gamma market, whether or not it can be traded now: see `untradable`.

    The event is the one that nests the market, or the first of those that the market names.
    Numbers must have been decoded exactly (`fields.decode`): a float leaves the market out.
    """
    try:
        return _market(raw, event)
    except _Odd as odd:
        return LeftOut(odd.reason, str(odd))


def untradable(raw: Raw) -> LeftOut | None:
    """Say why a Gamma market cannot be traded now; None where nothing speaks against it.

    No field stands for a default: a missing one is a reason like a wrong one. `endDate` is none:
    many markets trade on after it.
    """
    for key, wanted, reason in _TRADABLE:
        if raw.get(key) is not wanted:
            return LeftOut(reason, f"{key} is {raw.get(key)!r}")
    if raw.get("umaResolutionStatus") not in _TRADABLE_UMA:
        return LeftOut("resolving", f"umaResolutionStatus is {raw['umaResolutionStatus']!r}")
    if raw.get("resolutionStatus") not in _TRADABLE_RESOLUTION:
        return LeftOut("resolving", f"resolutionStatus is {raw['resolutionStatus']!r}")
    return None


def condition_of(raw: Raw) -> str:
    """The condition id: 0x and 64 digits, or 62 on Protocol V2 (docs: migrate/polymarket-v2)."""
    condition = text(raw, "conditionId")
    try:
        int(condition, 16)
    except ValueError as error:
        raise Unintelligible(f"not a condition id: {condition!r}") from error
    if not condition.startswith("0x") or len(condition) not in {64, 66}:
        raise Unintelligible(f"not a condition id: {condition!r}")
    return condition


def market_id(condition: str) -> MarketId:
    """Our id of a market."""
    return MarketId(f"{Venue.POLYMARKET}:{condition}")


def event_id(raw: Raw) -> EventId:
    """Our id of an event; Gamma writes its own as a text or as a number."""
    value = raw.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise Unintelligible(f"not an event id: {value!r}")
    return EventId(f"{Venue.POLYMARKET}:{value}")


def price_grid(tick: object) -> PriceGrid:
    """The grid of one tick, given as a number. Raises UnknownRule for a tick nobody documents."""
    step = micros(tick)
    if step not in TICKS:
        raise UnknownRule(f"a tick of {tick} is not known")
    return PriceGrid.of_tick(step)


def token_pair(values: object) -> tuple[str, str]:
    """Two different token ids, YES first."""
    tokens = texts(values)
    if len(tokens) != 2 or tokens[0] == tokens[1]:  # noqa: PLR2004 - YES and NO
        raise Unintelligible(f"not two tokens: {values!r:.200}")
    for token in tokens:
        if not (token.isascii() and token.isdecimal() and len(token) <= MOST_TOKEN_DIGITS):
            raise Unintelligible(f"not a token id: {token!r:.100}")
    return tokens[0], tokens[1]


def fee_schedule(rate: object, exponent: object, taker_only: object) -> PolymarketFees:
    """A market's own schedule. Raises UnknownRule where our formula would not be the venue's."""
    rate_ppm = micros(rate)
    power = micros(exponent)
    if power % MICRO or power <= 0:
        raise UnknownRule(f"a fee exponent of {exponent} is not known")
    if taker_only is not True:
        raise UnknownRule(f"makers may pay: takerOnly is {taker_only!r}")
    if not 0 <= rate_ppm <= MICRO:
        raise UnknownRule(f"a fee rate lies between 0 and 1: {rate}")
    return PolymarketFees(rate_ppm, power // MICRO)


def _market(raw: Raw, event: EventId | None) -> Market:
    with _blaming("condition_id"):
        condition = condition_of(raw)
    with _blaming("event_id"):
        event = event or _first_event(raw)
    outcomes = _outcomes(raw)
    with _blaming("question"):
        title = text(raw, "question")
    with _blaming("fee"):
        fees = _fees(raw)
    with _blaming("end_date"):
        closes_ns = moment(raw["endDate"]) if raw.get("endDate") else None
    return Market(
        id=market_id(condition),
        venue=Venue.POLYMARKET,
        event=event,
        title=title,
        label=_label(raw, outcomes),
        ref=_reference(raw, condition),
        grid=_grid(raw),
        lot=LOT,
        min_qty=_min_qty(raw),
        min_take_usd=MIN_TAKE_USD,
        fees=fees,
        closes_ns=closes_ns,
        volume_24h=_volume_24h(raw),
        last_trade=_listed_trade(raw),
    )


def _volume_24h(raw: Raw) -> Usd:
    """Dollars traded in a day; nothing where that cannot be read."""
    try:
        return Usd(max(0, micros(_cut(raw.get("volume24hr")))))
    except Unintelligible:
        return ZERO_USD


def _listed_trade(raw: Raw) -> LastTrade | None:
    """The last trade, at most a day older than the listing; None where none is told for sure."""
    try:
        if not _volume_24h(raw):
            return None
        return LastTrade(
            price(raw.get("lastTradePrice")), Ns(moment(raw.get("updatedAt")) - DAY_NS)
        )
    except Unintelligible:
        return None


def _cut(volume: object) -> object:
    """A volume in whole dollars: Gamma writes sums of floats."""
    if isinstance(volume, Decimal) and volume.adjusted() < _MOST_DIGITS:
        return int(volume)
    return volume


def _first_event(raw: Raw) -> EventId:
    events = raw.get("events")
    if not isinstance(events, list) or not events or not isinstance(events[0], dict):
        raise Unintelligible("the market names no event")
    return event_id(events[0])


def _outcomes(raw: Raw) -> list[str]:
    with _blaming("outcomes"):
        outcomes = texts(raw.get("outcomes"))
        if len(outcomes) != 2:  # noqa: PLR2004 - YES and NO
            raise Unintelligible(f"not two outcomes: {outcomes!r:.80}")
    return outcomes


def _label(raw: Raw, outcomes: list[str]) -> str:
    """The group's name for this market; where there is none, what YES is called unless "Yes"."""
    group = raw.get("groupItemTitle")
    if isinstance(group, str) and group:
        return group
    return "" if outcomes[0].lower() == "yes" else outcomes[0]


def _reference(raw: Raw, condition: str) -> PolymarketRef:
    with _blaming("version"):
        protocol = _protocol(raw)
    with _blaming("tokens"):
        yes, no = token_pair(raw.get("clobTokenIds" if protocol == "v1" else "positionIds"))
    with _blaming("neg_risk"):
        neg_risk = flag(raw, "negRisk")  # it decides what is signed: no default
    return PolymarketRef(condition, yes, no, neg_risk, protocol)


def _protocol(raw: Raw) -> str:
    """`version`, which objects from before Protocol V2 do not have."""
    version = raw.get("version")
    if version is None and raw.get("clobTokenIds"):
        return "v1"
    if version not in ("v1", "v2"):
        raise UnknownRule(f"a market of version {version!r}")
    return str(version)


def _grid(raw: Raw) -> PriceGrid:
    with _blaming("tick"):
        return price_grid(raw.get("orderPriceMinTickSize"))


def _min_qty(raw: Raw) -> Qty:
    with _blaming("min_size"):
        smallest = micros(raw.get("orderMinSize"))
        if smallest <= 0:
            raise Unintelligible(f"not a smallest size: {smallest}")
    return Qty(smallest)


def _fees(raw: Raw) -> PolymarketFees:
    """Free only where nothing says otherwise; a schedule that is there must be understood."""
    enabled = raw.get("feesEnabled")
    schedule = raw.get("feeSchedule")
    if enabled is not None and not isinstance(enabled, bool):
        raise UnknownRule(f"feesEnabled is {enabled!r}")
    if schedule is None and not enabled:
        return PolymarketFees(0)
    if not isinstance(schedule, dict):
        raise UnknownRule(f"fees without a schedule: {schedule!r:.80}")
    fees = fee_schedule(schedule.get("rate"), schedule.get("exponent"), schedule.get("takerOnly"))
    if enabled is False and fees.rate_ppm:
        raise UnknownRule("a fee schedule on a market whose fees are not enabled")
    return fees


@contextmanager
def _blaming(reason: str) -> Iterator[None]:
    try:
        yield
    except (Unintelligible, UnknownRule) as error:
        raise _Odd(reason, str(error)) from error
