"""The fees of series, read as seldom as their freshness allows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus

import msgspec
import trio

from arb.market.errors import Unintelligible
from arb.market.units import Clock, Ns
from arb.venues.kalshi.errors import read_failure, says_not_found
from arb.venues.kalshi.fee_rules import FeeRule, fee_rule
from arb.venues.kalshi.identity import path_part
from arb.venues.kalshi.rest import Rest
from arb.venues.kalshi.schema import AllSeries, OneSeries, SeriesBody, decode

ONE_BY_ONE_AT_MOST = 40
"""A series costs 10 tokens, and so does the list of all (some 18 MB): up to two seconds' worth of
the lowest tier's tokens (200 a second) are spent to avoid the large answer."""
MAX_AGE_NS = Ns(900 * 1_000_000_000)
"""A fee is asked for again after a quarter of an hour: changes are announced, not pushed."""
SERIES_BETWEEN_CHECKPOINTS = 500
"""About a millisecond's work: feeds share this thread."""


class SeriesFees:
    """Remembers the fee rule of every series asked for."""

    def __init__(self, rest: Rest, now_ns: Clock) -> None:
        """Start knowing nothing."""
        self._rest = rest
        self._now_ns = now_ns
        self._rules: dict[str, FeeRule | None] = {}
        self._read_ns: dict[str, Ns] = {}

    async def rules_of(self, tickers: Collection[str]) -> Mapping[str, FeeRule | None]:
        """Tell the rule of each series; None where the venue gives none.

        Raises Refused, Unreachable or Unintelligible.
        """
        oldest = self._now_ns() - MAX_AGE_NS
        due = [one for one in dict.fromkeys(tickers) if self._read_ns.get(one, oldest) <= oldest]
        if len(due) > ONE_BY_ONE_AT_MOST:
            await self._read_all(due)
        else:
            for ticker in due:
                self._note(ticker, await self._read_one(ticker))
        return {ticker: self._rules[ticker] for ticker in tickers}

    def forget(self, tickers: Iterable[str]) -> None:
        """Ask for the fees of these series again, however fresh they are."""
        for ticker in tickers:
            self._read_ns.pop(ticker, None)

    async def _read_one(self, ticker: str) -> FeeRule | None:
        path = f"/series/{path_part(ticker)}"
        answer = await self._rest.get(path)
        if says_not_found(answer):
            return None
        if answer.status != HTTPStatus.OK:
            raise read_failure(answer, f"GET {path}")
        return _rule(decode(answer.body, OneSeries).series, ticker)

    async def _read_all(self, due: Sequence[str]) -> None:
        body = await self._rest.read(AllSeries, "/series")
        found: dict[str, FeeRule | None] = {}
        for count, raw in enumerate(body.series or ()):
            if count % SERIES_BETWEEN_CHECKPOINTS == 0:
                await trio.lowlevel.checkpoint()
            series = _read(raw)
            if series is not None:
                found[series.ticker] = fee_rule(series.fee_type, series.fee_multiplier)
        for ticker in due:
            self._note(ticker, found.get(ticker))

    def _note(self, ticker: str, rule: FeeRule | None) -> None:
        self._rules[ticker] = rule
        self._read_ns[ticker] = self._now_ns()


def _rule(series: SeriesBody, ticker: str) -> FeeRule | None:
    if series.ticker != ticker:
        raise Unintelligible(f"asked for series {ticker!r}, told of {series.ticker!r}")
    return fee_rule(series.fee_type, series.fee_multiplier)


def _read(raw: msgspec.Raw) -> SeriesBody | None:
    """Read one of all series; an unreadable one is one without a rule: its markets are left out."""
    try:
        return decode(raw, SeriesBody)
    except Unintelligible:
        return None
