"""What prices were: midpoints by the minute, and the latest trades of each market.

Docs: prices-history (CLOB) and its counterpart in the Data API.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping

import attrs
from starlette.requests import Request

from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, Ns, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.book_views import token_book
from arb.sim.polymarket.envelope import Envelope
from arb.sim.polymarket.errors import bad_request
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.trades import Trade
from arb.sim.polymarket.wire import NS_PER_S, Json, json_number, milliseconds, whole_number

STEP_S = 60
"""One point a minute."""
MOST_POINTS = 720
"""Points kept a market: half a day in which every minute changed something."""
MOST_TRADES = 50
INTERVALS_S = {
    "1h": 3_600,
    "6h": 21_600,
    "12h": 43_200,
    "1d": 86_400,
    "1w": 604_800,
    "1m": 2_592_000,
    "all": 2**40,
    "max": 2**40,
}


@attrs.define(eq=False)
class PriceHistory:
    """Keeps a little of what happened in each market that anything happens in."""

    exchange: Exchange
    shelf: Shelf
    envelope: Envelope
    now_ns: Callable[[], Ns]
    _points: dict[MarketId, deque[tuple[int, int]]] = attrs.field(factory=dict, init=False)
    """Second and YES midpoint in millionths."""
    _trades: dict[MarketId, deque[Trade]] = attrs.field(factory=dict, init=False)

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/prices-history", self._history),
            ("GET", "/v2/prices-history", self._data_history),
            ("GET", "/markets/live-activity/{condition_id}", self._activity),
        )

    def note(self, state: MarketState) -> None:
        """Keep the midpoint of a book that changed, once a minute."""
        second = self.now_ns() // NS_PER_S
        points = self._points.get(state.listing.id)
        if points is None:
            points = self._points[state.listing.id] = deque(maxlen=MOST_POINTS)
        if points and second - points[-1][0] < STEP_S:
            return
        book = token_book(self.exchange, state, Outcome.YES)
        if book.bids and book.asks:
            points.append((second, (book.best_bid + book.best_ask) // 2))

    def traded(self, trade: Trade) -> None:
        """Keep a trade."""
        kept = self._trades.get(trade.state.listing.id)
        if kept is None:
            kept = self._trades[trade.state.listing.id] = deque(maxlen=MOST_TRADES)
        kept.append(trade)

    async def _history(self, request: Request) -> Json:
        asked = request.query_params
        found = self.shelf.with_token(asked.get("market", ""))
        if found is None:
            raise bad_request("Invalid token id")
        return {"history": self._shown(*found, asked)}

    async def _data_history(self, request: Request) -> Json:
        asked = request.query_params
        found = self.shelf.with_token(asked.get("token_id", ""))
        if found is None:
            raise self.envelope.invalid("token_id")
        bucket_s = whole_number(asked.get("bucket_seconds", str(STEP_S))) or STEP_S
        rows: list[Json] = [
            {"timestamp": point["t"], "price": point["p"], "resolution_seconds": bucket_s}
            for point in self._shown(*found, asked)
        ]
        return self.envelope.page(asked, rows)

    def _shown(self, state: MarketState, outcome: Outcome, asked: Mapping[str, str]) -> list[Json]:
        """Points of a token within the time asked for, no nearer than the fidelity in minutes."""
        start, end = self._span(asked)
        step = max(whole_number(asked.get("fidelity", "1")) or 1, 1) * STEP_S
        shown: list[Json] = []
        last = -step
        for second, yes in self._points.get(state.listing.id, ()):
            if start <= second <= end and second - last >= step:
                px = yes if outcome is Outcome.YES else MICRO - yes
                shown.append({"t": second, "p": json_number(px)})
                last = second
        return shown

    def _span(self, asked: Mapping[str, str]) -> tuple[int, int]:
        """From and to in seconds. Raises ApiError (400)."""
        now_s = self.now_ns() // NS_PER_S
        interval_s = INTERVALS_S.get(asked.get("interval", "max"))
        named = [asked.get(name, "") for name in ("startTs", "start", "endTs", "end")]
        numbers = [whole_number(text) for text in named if text]
        if interval_s is None or None in numbers:
            raise bad_request("invalid filters")
        start = whole_number(named[0] or named[1] or str(max(now_s - interval_s, 0)))
        return start or 0, whole_number(named[2] or named[3] or str(now_s)) or 0

    async def _activity(self, request: Request) -> list[Json]:
        state = self.shelf.with_condition(request.path_params["condition_id"])
        return [_live(trade) for trade in reversed(self._trades.get(state.listing.id, ()))]


def _live(trade: Trade) -> Json:
    """A trade as the live activity shows it. The form is an old client's."""
    listing = trade.state.listing
    return {
        "event_type": "trade",
        "market": {
            "condition_id": listing.condition_id,
            "asset_id": listing.token(trade.outcome),
            "question": listing.question,
            "icon": "",
            "slug": listing.slug,
        },
        "user": {"address": trade.party.address, "username": "", "pseudonym": ""},
        "side": trade.action.upper(),
        "size": plain_text(trade.qty),
        "fee_rate_bps": "0",
        "price": plain_text(trade.px),
        "outcome": listing.label(trade.outcome),
        "outcome_index": list(Outcome).index(trade.outcome),
        "transaction_hash": trade.transaction,
        "timestamp": milliseconds(trade.matched_ns),
    }
