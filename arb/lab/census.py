"""Which markets a recording speaks of, learned from its frames alone.

What frames do not say is chosen so that nothing can be gained by it, and said in the report: which
of a market's two Polymarket tokens is YES (the one with the smaller number: the books mirror each
other, so every figure is the same either way), the price grid where it is not stated (the coarsest
that holds every price of the recording), and fees (none, or those that the caller names).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from arb.lab.frames_file import Message
from arb.market.errors import Unintelligible, UnknownRule
from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, KalshiRef, Market, PolymarketRef, Venue
from arb.market.units import Usd
from arb.venues.kalshi import identity as kalshi
from arb.venues.kalshi import listing as kalshi_listing
from arb.venues.polymarket import listing as polymarket
from arb.venues.polymarket.fields import price

KALSHI_STEPS = (10_000, 1_000, 100)
"""Coarsest first, in millionths: every step of Kalshi's price bands."""
_TOKENS = 2


@attrs.define
class _Seen:
    """One market, as far as frames have told."""

    steps: Sequence[int]
    place: int = 0
    """Of the coarsest step that holds every price so far."""
    tick: int | None = None
    """As the venue first stated it, in millionths."""
    tokens: list[str] = attrs.field(factory=list)

    def note_price(self, value: object) -> None:
        """Take up one price; an illegible one is the reader's business."""
        try:
            px = price(value)
        except Unintelligible:
            return
        while self.place < len(self.steps) - 1 and px % self.steps[self.place]:
            self.place += 1

    def note_tick(self, value: object) -> None:
        """Take up a stated tick; only the first counts, later ones are changes."""
        if self.tick is None:
            try:
                self.tick = polymarket.price_grid(value).finest_step
            except (Unintelligible, UnknownRule):
                return

    @property
    def grid(self) -> PriceGrid:
        """What was stated, or what the prices allow."""
        return PriceGrid.of_tick(self.tick or self.steps[self.place])


class Census:
    """Learns markets frame by frame. Its memory grows with the markets, not with the frames."""

    def __init__(self, fee_rate_ppm: int | None) -> None:
        """Take the rate of every fee, in millionths of p(1 - p); None where it is not known."""
        self.odd: Counter[str] = Counter()
        """What was left out, by reason."""
        self._rate = fee_rate_ppm or 0
        self._conditions: dict[str, _Seen] = {}
        self._tickers: dict[str, _Seen] = {}

    def learn(self, venue: Venue, message: Message) -> None:
        """Take up one frame."""
        for one in message if isinstance(message, list) else [message]:
            if isinstance(one, dict):
                if venue is Venue.KALSHI:
                    self._learn_kalshi(one)
                else:
                    self._learn_polymarket(one)

    def markets(self) -> list[Market]:
        """Every market seen, Polymarket's first, each venue's in order of appearance."""
        return [
            *(
                self._polymarket_market(name, seen)
                for name, seen in self._conditions.items()
                if seen.tokens
            ),
            *(self._kalshi_market(name, seen) for name, seen in self._tickers.items()),
        ]

    # --- Polymarket -----------------------------------------------------------------------------

    def _learn_polymarket(self, message: Mapping[str, object]) -> None:
        condition = message.get("market")
        if not isinstance(condition, str) or not condition:
            return
        entries = [message, *_objects(message.get("price_changes"))]
        tokens = [entry["asset_id"] for entry in entries if entry.get("asset_id")]
        if not tokens:
            return
        seen = self._conditions.setdefault(condition, _Seen(polymarket.TICKS))
        for token in tokens:
            self._note_token(seen, token)
        seen.note_tick(message.get("tick_size") or message.get("old_tick_size"))
        for entry in (*entries, *_objects(message.get("bids")), *_objects(message.get("asks"))):
            seen.note_price(entry.get("price"))

    def _note_token(self, seen: _Seen, token: object) -> None:
        if token in seen.tokens:
            return
        if not isinstance(token, str) or not (token.isdecimal() and token.isascii()):
            self.odd["tokens that are no number"] += 1
        elif len(seen.tokens) == _TOKENS:
            self.odd["a third token of a market"] += 1
        else:
            seen.tokens.append(token)

    def _polymarket_market(self, condition: str, seen: _Seen) -> Market:
        tokens = sorted(seen.tokens, key=lambda token: (len(token), token))
        yes, no = (*tokens, *_unseen(condition)[len(tokens) :])
        return Market(
            id=polymarket.market_id(condition),
            venue=Venue.POLYMARKET,
            event=EventId(f"{Venue.POLYMARKET}:{condition}"),
            title=condition,
            label="",
            ref=PolymarketRef(condition, yes, no, neg_risk=False, protocol="v1"),
            grid=seen.grid,
            lot=polymarket.LOT,
            min_qty=polymarket.LOT,
            min_take_usd=polymarket.MIN_TAKE_USD,
            fees=PolymarketFees(self._rate),
            closes_ns=None,
        )

    # --- Kalshi ---------------------------------------------------------------------------------

    def _learn_kalshi(self, message: Mapping[str, object]) -> None:
        body = message.get("msg")
        if not isinstance(body, dict):
            return
        ticker = body.get("market_ticker")
        if not isinstance(ticker, str) or not ticker:
            return
        seen = self._tickers.setdefault(ticker, _Seen(KALSHI_STEPS))
        seen.note_price(body.get("price_dollars"))
        for side in ("yes_dollars_fp", "no_dollars_fp"):
            for px in _first_of_each(body.get(side)):
                seen.note_price(px)

    def _kalshi_market(self, ticker: str, seen: _Seen) -> Market:
        return Market(
            id=kalshi.market_id(ticker),
            venue=Venue.KALSHI,
            event=kalshi.event_id(ticker.rpartition("-")[0] or ticker),
            title=ticker,
            label="",
            ref=KalshiRef(ticker, 0),
            grid=seen.grid,
            lot=kalshi_listing.LOT,
            min_qty=kalshi_listing.LOT,
            min_take_usd=Usd(0),
            fees=KalshiFees(self._rate, 0),
            closes_ns=None,
        )


def _unseen(condition: str) -> tuple[str, str]:
    """Names for tokens that no frame told of: no venue writes such."""
    return f"first token of {condition}", f"other token of {condition}"


def _objects(values: object) -> Iterator[Mapping[str, object]]:
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))


def _first_of_each(rows: object) -> Iterable[object]:
    if not isinstance(rows, list):
        return []
    return [row[0] for row in rows if isinstance(row, list) and row]
