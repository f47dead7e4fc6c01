"""Kalshi's bodies as far as they are read, and how they are read.

Fields that a body may lack are None here: what a missing one means is for the reader to say.
Numbers of money and contracts are strings on this wire and stay strings here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, TypeVar

import msgspec

from arb.market.errors import Malformed, Unintelligible
from arb.market.units import Ns

T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NS_PER_US = 1_000


def decode(body: bytes | str | msgspec.Raw, kind: type[T]) -> T:
    """Read JSON as `kind`. Raises Unintelligible where it is not JSON, or not of that shape."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unintelligible(f"{kind.__name__}: {error}") from error


def convert(data: object, kind: type[T]) -> T:
    """Read decoded JSON as `kind`. Raises Unintelligible."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise Unintelligible(f"{kind.__name__}: {error}") from error


def parse_time(text: str) -> Ns:
    """Read RFC 3339 with its zone, to the microsecond. Raises Malformed."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"not a time: {text!r}") from None
    if moment.tzinfo is None:
        raise Malformed(f"a time without its zone: {text!r}")
    return Ns((moment - EPOCH) // MICROSECOND * NS_PER_US)


class Page(Protocol[R_co]):
    """One page of a list; an empty, absent or null cursor ends it."""

    @property
    def rows(self) -> Sequence[R_co] | None:
        """The page's rows; null where there are none."""

    @property
    def cursor(self) -> str | None:
        """What to ask for next."""


# --- listings -----------------------------------------------------------------------------------


class PriceRange(msgspec.Struct):
    """A band of prices, in dollars."""

    start: str
    end: str
    step: str


class MarketBody(msgspec.Struct):
    """A market as it is listed. What is only told, not traded by, may be of any kind."""

    ticker: str
    event_ticker: str
    market_type: str | None = None
    title: str | None = None
    yes_sub_title: str | None = None
    status: str | None = None
    close_time: str | None = None
    notional_value_dollars: str | None = None
    settlement_bounds_type: str | None = None
    fee_waiver_expiration_time: str | None = None
    price_ranges: list[PriceRange] | None = None
    exchange_index: int | None = None
    strike_type: object = None
    floor_strike: Decimal | None = None
    cap_strike: Decimal | None = None
    functional_strike: object = None
    custom_strike: object = None
    volume_24h_fp: Any = None
    last_price_dollars: Any = None


class EventBody(msgspec.Struct):
    """An event as it is listed; its markets are read one by one, so that one cannot hide all."""

    event_ticker: str
    series_ticker: str
    title: str | None = None
    category: Any = None
    mutually_exclusive: bool | None = None
    fee_type_override: str | None = None
    fee_multiplier_override: Decimal | None = None
    exchange_index: int | None = None
    markets: list[msgspec.Raw] | None = None


class EventsPage(msgspec.Struct):
    """A page of `GET /events`. Nested markets were reported beside the events as well."""

    rows: list[msgspec.Raw] | None = msgspec.field(name="events")
    markets: list[msgspec.Raw] | None = None
    cursor: str | None = None


class MarketRules(msgspec.Struct):
    """Just enough of a market to know by which text it is settled."""

    ticker: str
    rules_primary: Any = None
    rules_secondary: Any = None


class MarketName(msgspec.Struct):
    """Just enough of a market to know whose it is."""

    event_ticker: str


class SeriesBody(msgspec.Struct):
    """A series, as far as its fees."""

    ticker: str
    fee_type: str | None = None
    fee_multiplier: Decimal | None = None


class OneSeries(msgspec.Struct):
    """The answer to `GET /series/{ticker}`."""

    series: SeriesBody


class AllSeries(msgspec.Struct):
    """The answer to `GET /series`: some 18 MB, not paginated."""

    series: list[msgspec.Raw] | None


# --- orders and fills ---------------------------------------------------------------------------


class CreatedBody(msgspec.Struct):
    """The answer to a new order."""

    order_id: str
    fill_count: str
    remaining_count: str
    client_order_id: str | None = None


class OrderRow(msgspec.Struct):
    """An order, in REST lists and on the private stream alike."""

    order_id: str
    ticker: str
    status: str
    fill_count_fp: str
    client_order_id: str | None = None
    exchange_index: int | None = None
    subaccount_number: int | None = None


class OneOrder(msgspec.Struct):
    """The answer to `GET /portfolio/orders/{id}`."""

    order: OrderRow


class OrdersPage(msgspec.Struct):
    """A page of `GET /portfolio/orders`."""

    rows: list[OrderRow] | None = msgspec.field(name="orders")
    cursor: str | None = None


class CancelResult(msgspec.Struct):
    """One item of the answer to a batch of cancels."""

    order_id: str | None = None
    error: dict[str, object] | None = None


class CancelResults(msgspec.Struct):
    """The answer to a batch of cancels."""

    orders: list[CancelResult] | None


class FillRow(msgspec.Struct):
    """A fill: REST says `fill_id`, `ticker` and `created_time`, the stream `ts_ms` instead."""

    order_id: str
    count_fp: str
    yes_price_dollars: str
    fee_cost: str
    trade_id: str | None = None
    fill_id: str | None = None
    market_ticker: str | None = None
    ticker: str | None = None
    client_order_id: str | None = None
    book_side: str | None = None
    outcome_side: str | None = None
    created_time: str | None = None
    ts_ms: int | None = None
    ts: int | str | None = None
    subaccount: int | None = None
    subaccount_number: int | None = None
    is_taker: bool | None = None


class FillsPage(msgspec.Struct):
    """A page of `GET /portfolio/fills`."""

    rows: list[FillRow] | None = msgspec.field(name="fills")
    cursor: str | None = None


# --- account ------------------------------------------------------------------------------------


class ShardStatus(msgspec.Struct):
    """Whether one shard of the exchange works."""

    exchange_index: int
    exchange_active: bool
    trading_active: bool
    description: str | None = None


class StatusBody(msgspec.Struct):
    """The answer to `GET /exchange/status`; its own two flags speak of shard 0 alone."""

    exchange_active: bool
    trading_active: bool
    exchange_index_statuses: list[ShardStatus] | None = None


class ShardBalance(msgspec.Struct):
    """Cash on one shard, in dollars."""

    exchange_index: int
    balance: str


class BalanceBody(msgspec.Struct):
    """The answer to `GET /portfolio/balance`; its total is no buying power and is not read."""

    balance_breakdown: list[ShardBalance] | None = None


class PositionRow(msgspec.Struct):
    """A net position: above 0 YES contracts, below 0 NO contracts."""

    ticker: str
    position_fp: str


class PositionsPage(msgspec.Struct):
    """A page of `GET /portfolio/positions`."""

    rows: list[PositionRow] | None = msgspec.field(name="market_positions")
    cursor: str | None = None


class SettlementRow(msgspec.Struct):
    """What a resolved market paid; `revenue` is in whole cents."""

    ticker: str
    revenue: int
    settled_time: str
    exchange_index: int | None = None


class SettlementsPage(msgspec.Struct):
    """A page of `GET /portfolio/settlements`."""

    rows: list[SettlementRow] | None = msgspec.field(name="settlements")
    cursor: str | None = None
