"""Filters that the private reads share."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import attrs

from arb.market.units import Ns
from arb.sim.kalshi.calls import Call, Query
from arb.sim.kalshi.numbers import from_unix_s
from arb.sim.kalshi.records import OrderRecord

_LIMIT_MOST = 1_000
_LIMIT_DEFAULT = 100
_TICKERS_MOST = 100


class Numbered(Protocol):
    """A row with its place in lists."""

    @property
    def number(self) -> int:
        """Rises with time."""
        ...


Row = TypeVar("Row", bound=Numbered)


@attrs.frozen
class Window:
    """`min_ts` and `max_ts`, in whole seconds, both included."""

    low: int | None
    high: int | None

    @classmethod
    def of(cls, query: Query) -> "Window":
        """Read it from a query."""
        return cls(query.integer("min_ts"), query.integer("max_ts"))

    def holds(self, at_ns: Ns) -> bool:
        """Say whether a moment lies in it."""
        late_enough = self.low is None or at_ns >= from_unix_s(self.low)
        return late_enough and (self.high is None or at_ns < from_unix_s(self.high + 1))


@attrs.frozen
class OrderFilter:
    """Which orders, or fills of which orders, are wanted."""

    tickers: frozenset[str]
    shard: int | None
    subaccount: int | None

    @classmethod
    def of(cls, call: Call) -> "OrderFilter":
        """Read it from a request."""
        query = call.query
        return cls(
            query.words("ticker", _TICKERS_MOST),
            query.integer("exchange_index"),
            call.listed_subaccount(),
        )

    def takes(self, record: OrderRecord) -> bool:
        """Say whether an order is wanted."""
        terms = record.terms
        return (
            (not self.tickers or terms.ticker in self.tickers)
            and self.shard in (None, terms.shard)
            and self.subaccount in (None, terms.subaccount)
        )


def page_limit(query: Query, most: int = _LIMIT_MOST) -> int:
    """How many rows a private list may have."""
    return query.number("limit", 1, most, _LIMIT_DEFAULT)


def before(rows: Iterable[Row], number: int | None) -> Iterator[Row]:
    """The rows that come after a cursor, in lists that go back in time."""
    return (row for row in rows if number is None or row.number < number)
