"""Candlesticks of one market: quotes and trades by the minute, the hour and the day.

Docs: get_market_candlesticks. Only periods in which something happened are kept, and of those the
latest; a period in which nothing happened is as the one before it ended.
"""

from collections.abc import Iterator

import attrs

from arb.market.units import Ns, Px, Qty
from arb.sim.kalshi.numbers import NS_PER_S

INTERVALS = (1, 60, 1440)
"""Minutes of a `period_interval`."""
_KEPT = {1: 180, 60: 72, 1440: 31}
"""How many periods of each length are kept: enough for three hours, three days and a month."""
_HOUR = 60
_HOUR_S = 3_600
_DAY_HOURS = 24


@attrs.define
class Range:
    """First, lowest, highest and last price of a period."""

    first: int
    low: int
    high: int
    last: int

    @classmethod
    def at(cls, px: int) -> "Range":
        """A range of one price."""
        return cls(px, px, px, px)

    def take(self, px: int) -> None:
        """Take one more price."""
        self.last = px
        if px < self.low:
            self.low = px
        elif px > self.high:
            self.high = px


@attrs.define
class Candle:
    """One period."""

    end_s: int
    """Unix seconds of its end."""
    bid: Range
    ask: Range
    price: Range | None = None
    """None without a trade."""
    before: int | None = None
    """The last trade's price before it."""
    volume: int = 0
    interest: int = 0
    """Open interest when it ended."""
    worth: int = 0
    """Sum of price times quantity of its trades: micro-dollars times a million."""

    @property
    def last_price(self) -> int | None:
        """The last trade's price when it ended, None where there never was one."""
        return self.before if self.price is None else self.price.last


class CandleSeries:
    """The periods of one length."""

    __slots__ = ("_candles", "_minutes")

    def __init__(self, minutes: int) -> None:
        """Start empty."""
        self._minutes = minutes
        self._candles: list[Candle] = []

    def __iter__(self) -> Iterator[Candle]:
        """Go through what is kept, oldest first."""
        return iter(self._candles)

    def current(self, bid: int, ask: int, now: Ns) -> Candle:
        """The period of this moment, begun with the quotes that it found."""
        period_s = self._minutes * 60
        end_s = (now // (period_s * NS_PER_S) + 1) * period_s
        last = self._candles[-1] if self._candles else None
        if last is not None and last.end_s >= end_s:
            return last
        candle = Candle(
            end_s, Range.at(bid), Range.at(ask), before=last.last_price if last else None
        )
        if last is not None:
            candle.interest = last.interest
        self._candles.append(candle)
        if len(self._candles) > _KEPT[self._minutes]:
            del self._candles[0]
        return candle

    def latest(self, before_s: int) -> Candle | None:
        """The last period that ended by then."""
        ended = (candle for candle in reversed(self._candles) if candle.end_s <= before_s)
        return next(ended, None)


@attrs.define(eq=False)
class Candles:
    """All periods of one market."""

    bid: int = 0
    ask: int = 1_000_000
    series: tuple[CandleSeries, ...] = attrs.field(
        factory=lambda: tuple(CandleSeries(minutes) for minutes in INTERVALS)
    )

    def quote(self, bid: Px, ask: Px, now: Ns) -> None:
        """Take the best prices after a change."""
        for series in self.series:
            candle = series.current(self.bid, self.ask, now)
            candle.bid.take(bid)
            candle.ask.take(ask)
        self.bid, self.ask = bid, ask

    def interest(self, open_interest: Qty, now: Ns) -> None:
        """Take the open interest after a trade."""
        for series in self.series:
            series.current(self.bid, self.ask, now).interest = open_interest

    def trade(self, px: Px, qty: Qty, now: Ns) -> None:
        """Take one trade."""
        for series in self.series:
            candle = series.current(self.bid, self.ask, now)
            candle.volume += qty
            candle.worth += px * qty
            if candle.price is None:
                candle.price = Range.at(px)
            else:
                candle.price.take(px)

    def of(self, minutes: int) -> CandleSeries:
        """The periods of one length. Raises ValueError for a length that is not kept."""
        return self.series[INTERVALS.index(minutes)]

    def volume_24h(self, now: Ns) -> Qty:
        """Contracts of the current hour and the 23 before it."""
        end_s = (now // (_HOUR_S * NS_PER_S) + 1) * _HOUR_S
        first_s = end_s - _DAY_HOURS * _HOUR_S
        return Qty(sum(candle.volume for candle in self.of(_HOUR) if candle.end_s > first_s))

    def day_ago(self, now: Ns) -> Candle | None:
        """The hour that ended 24 hours ago, or the last before it in which something happened."""
        return self.of(_HOUR).latest(now // NS_PER_S - _DAY_HOURS * _HOUR_S)
