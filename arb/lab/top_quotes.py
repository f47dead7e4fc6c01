"""Recordings of the best prices of one event's outcomes, a row a change: edges by quote age.

Rows come on change only, without sizes and without a heartbeat, so a quote may be valid or left
behind. What tells the two apart here is the age of the oldest quote of the basket. One contract is
taken to be on offer at each price; fees are those of Kalshi's general rule.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import attrs

from arb.detect.all_in import all_in
from arb.detect.basket import Lane, Leg, State, Template
from arb.detect.opportunity import Criteria, Opportunity, find
from arb.market.changes import BookReplaced
from arb.market.fees import KALSHI_TAKER_PPM, KalshiFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Claim, KalshiRef, Market, MarketId, Outcome, Venue
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, Px, Qty, Usd, complement
from arb.venues.kalshi.identity import event_id, market_id
from arb.venues.kalshi.listing import LOT

CENT = 10_000
ONE_CONTRACT = Qty(MICRO)
SOURCE = "the recording: outcomes exclude each other and are all there are"


@attrs.frozen
class TopRow:
    """One market's best prices after a change, in micro-dollars; 0 where there is none."""

    at_ns: Ns
    ticker: str
    yes_bid: Px
    no_bid: Px


@attrs.frozen
class TopReport:
    """States after each row in which every outcome had a quote, by what became of them."""

    rows: int
    states: int
    promised: int
    """Buying YES of every outcome cost less than a dollar, fees left out."""
    after_fees: int
    """The same with fees."""
    refused: Mapping[str, int]
    """Of those after fees, by reason."""
    found: int

    def as_json(self) -> dict[str, object]:
        """One object with the names of the fields."""
        return {**attrs.asdict(self), "refused": dict(self.refused)}

    def lines(self) -> list[str]:
        """The same for people."""
        return [
            f"{self.rows} rows, {self.states} states with a price for every outcome",
            f"  every YES below a dollar in {self.promised}, after fees in {self.after_fees}",
            *(f"  refused {count}: {reason}" for reason, count in self.refused.items()),
            f"  left {self.found}",
        ]


def read_tops(path: Path) -> Iterator[TopRow]:
    """Read a gzipped CSV: timestamp, market_ticker, best_yes_bid, best_no_bid (cents)."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            # the recording does not name its zone; only differences of times matter
            at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
            yield TopRow(
                at_ns=_nanoseconds(at),
                ticker=row["market_ticker"],
                yes_bid=Px(int(row["best_yes_bid"]) * CENT),
                no_bid=Px(int(row["best_no_bid"]) * CENT),
            )


def replay_tops(rows: Iterable[TopRow], tickers: Iterable[str], criteria: Criteria) -> TopReport:
    """Play one event's rows; `tickers` are its outcomes, all of them."""
    run = _Run([_market(ticker) for ticker in tickers], criteria)
    for row in rows:
        run.take(row)
    return run.report()


class _Run:
    def __init__(self, markets: list[Market], criteria: Criteria) -> None:
        self._shelf = Shelf(markets)
        self._criteria = criteria
        self._template = _template([market.id for market in markets])
        self._counts: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    def take(self, row: TopRow) -> None:
        """Apply a row and look at the event."""
        self._counts["rows"] += 1
        self._shelf.apply([_snapshot(row)], "recording", row.at_ns)
        books = [self._shelf.books[leg.market] for leg in self._template.legs]
        if not all(book.live and book.asks for book in books):
            return
        self._counts["states"] += 1
        self._counts["promised"] += sum(book.best_ask for book in books) < MICRO
        if sum(all_in(book.market.fees)[book.best_ask] for book in books) < MICRO * MICRO:
            self._look(row.at_ns)

    def _look(self, now_ns: Ns) -> None:
        self._counts["after fees"] += 1
        views = [self._shelf.view(leg.market) for leg in self._template.legs]
        found = find(self._template, views, now_ns, self._criteria)
        if isinstance(found, Opportunity):
            self._counts["found"] += 1
        else:
            self._refused[found.reason.value] += 1

    def report(self) -> TopReport:
        """Sum up."""
        return TopReport(
            rows=self._counts["rows"],
            states=self._counts["states"],
            promised=self._counts["promised"],
            after_fees=self._counts["after fees"],
            refused=dict(self._refused),
            found=self._counts["found"],
        )


def _template(markets: list[MarketId]) -> Template:
    states: dict[str, State] = {
        winner: {market: market == winner for market in markets} for winner in markets
    }
    legs = [Leg(market, Outcome.YES) for market in markets]
    return Template.prove(Lane.ALL_YES, "every YES", legs, states, [Claim(True, SOURCE)])  # noqa: FBT003 - a claim that holds


def _snapshot(row: TopRow) -> BookReplaced:
    bids = ((row.yes_bid, ONE_CONTRACT),) if row.yes_bid else ()
    asks = ((complement(row.no_bid), ONE_CONTRACT),) if row.no_bid else ()
    return BookReplaced(market_id(row.ticker), bids, asks)


def _nanoseconds(at: datetime) -> Ns:
    return Ns(int(at.timestamp()) * 1_000_000_000 + at.microsecond * 1000)


def _market(ticker: str) -> Market:
    return Market(
        id=market_id(ticker),
        venue=Venue.KALSHI,
        event=event_id(ticker.rpartition("-")[0]),
        title=ticker,
        label=ticker.rpartition("-")[2],
        ref=KalshiRef(ticker, 0),
        grid=PriceGrid.of_tick(CENT),
        lot=LOT,
        min_qty=LOT,
        min_take_usd=Usd(0),
        fees=KalshiFees(KALSHI_TAKER_PPM, 0),
        closes_ns=None,
    )
