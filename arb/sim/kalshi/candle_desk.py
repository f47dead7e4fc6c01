"""The routes on candlesticks."""

from collections.abc import Iterator

import attrs

from arb.sim.kalshi.board import Board, MarketState
from arb.sim.kalshi.calls import Call, Query, Reply, Route
from arb.sim.kalshi.candles import INTERVALS, Candle, Range
from arb.sim.kalshi.errors import bad_query, not_found
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.numbers import balance, count, dollars

_TICKERS_MOST = 100
_CANDLES_MOST = 10_000


@attrs.frozen
class Span:
    """Which periods are wanted."""

    start_s: int
    end_s: int
    minutes: int
    with_latest_before: bool

    @classmethod
    def of(cls, query: Query) -> "Span":
        """Read it. Raises ApiError (400, `msg`): everything but the last is required."""
        start, end = query.integer("start_ts"), query.integer("end_ts")
        minutes = query.integer("period_interval")
        if start is None or end is None or minutes not in INTERVALS:
            raise bad_query("start_ts, end_ts and a period_interval of 1, 60 or 1440 are required")
        if start > end:
            raise bad_query("start_ts must not be after end_ts")
        return cls(start, end, minutes, query.flag("include_latest_before_start"))

    def pick(self, state: MarketState) -> Iterator[Candle]:
        """The wanted periods of a market, oldest first."""
        if state.candles is None:
            return
        series = state.candles.of(self.minutes)
        before = series.latest(self.start_s - 1) if self.with_latest_before else None
        if before is not None:
            yield before
        for candle in series:
            if self.start_s <= candle.end_s <= self.end_s:
                yield candle


@attrs.frozen
class CandleDesk:
    """Answers how prices moved."""

    board: Board

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        series = "/series/{series}"
        return [
            Route("GET", "/markets/candlesticks", self.many),
            Route("GET", f"{series}/markets/{{ticker}}/candlesticks", self.one),
            Route("GET", f"{series}/events/{{ticker}}/candlesticks", self.event),
            Route("GET", "/historical/markets/{ticker}/candlesticks", self.archived),
        ]

    def one(self, call: Call) -> Reply:
        """`GET /series/{series}/markets/{ticker}/candlesticks`."""
        state = self._find(call)
        if self.board.series_of(state).ticker != call.path["series"]:
            raise not_found("market_not_found")
        return Reply({"ticker": call.path["ticker"], "candlesticks": self._rows(call, state)})

    def many(self, call: Call) -> Reply:
        """`GET /markets/candlesticks`, of up to 100 markets; unknown ones are left out."""
        tickers = sorted(call.query.words("market_tickers", _TICKERS_MOST))
        if not tickers:
            raise bad_query("market_tickers is required")
        found = (self.board.find(one, call.now) for one in tickers)
        rows = {state.facts.ticker: self._rows(call, state) for state in found if state}
        if sum(map(len, rows.values())) > _CANDLES_MOST:
            raise bad_query(f"more than {_CANDLES_MOST} candlesticks")
        listed = [{"market_ticker": one, "candlesticks": some} for one, some in rows.items()]
        return Reply({"markets": listed})

    def event(self, call: Call) -> Reply:
        """`GET /series/{series}/events/{ticker}/candlesticks`, market by market."""
        event = self.board.events.get(call.path["ticker"])
        if event is None or event.series != call.path["series"]:
            raise not_found()
        states = self.board.markets_of(event.ticker)
        return Reply(
            {
                "market_tickers": [state.facts.ticker for state in states],
                "market_candlesticks": [self._rows(call, state) for state in states],
                "adjusted_end_ts": Span.of(call.query).end_s,
            }
        )

    def archived(self, call: Call) -> Reply:
        """`GET /historical/markets/{ticker}/candlesticks`: the same under older names."""
        state = self._find(call)
        rows = [_archived_row(one) for one in Span.of(call.query).pick(state)]
        return Reply({"ticker": state.facts.ticker, "candlesticks": rows})

    def _find(self, call: Call) -> MarketState:
        state = self.board.find(call.path["ticker"], call.now)
        if state is None:
            raise not_found("market_not_found")
        return state

    def _rows(self, call: Call, state: MarketState) -> list[Fields]:
        return [_row(one) for one in Span.of(call.query).pick(state)]


def _row(candle: Candle) -> Fields:
    return {
        "end_period_ts": candle.end_s,
        "yes_bid": _prices(candle.bid, "_dollars"),
        "yes_ask": _prices(candle.ask, "_dollars"),
        "price": _trades(candle, "_dollars"),
        "volume_fp": count(candle.volume),
        "open_interest_fp": count(candle.interest),
    }


def _archived_row(candle: Candle) -> Fields:
    nothing = dict.fromkeys(("open", "low", "high", "close", "mean", "previous"))
    return {
        "end_period_ts": candle.end_s,
        "yes_bid": _prices(candle.bid, ""),
        "yes_ask": _prices(candle.ask, ""),
        "price": {**nothing, **_trades(candle, "")},
        "volume": count(candle.volume),
        "open_interest": count(candle.interest),
    }


def _prices(prices: Range, suffix: str) -> Fields:
    return {
        f"open{suffix}": dollars(prices.first),
        f"low{suffix}": dollars(prices.low),
        f"high{suffix}": dollars(prices.high),
        f"close{suffix}": dollars(prices.last),
    }


def _trades(candle: Candle, suffix: str) -> Fields:
    """What was traded; nothing but the price before where nothing was."""
    row: Fields = {}
    if candle.price is not None:
        row = _prices(candle.price, suffix)
        row[f"mean{suffix}"] = balance(candle.worth // candle.volume)  # a mean is on no grid
    if candle.before is not None:
        row[f"previous{suffix}"] = dollars(candle.before)
    return row
