"""The Data API: positions, trades and their worth, for anybody's wallet (docs: data-api v2).

An indexer, not the exchange: numbers are JSON numbers, and dust is hidden by default.
"""

import random
import uuid
from collections.abc import Iterable, Mapping, Sequence

import attrs
from starlette.requests import Request

from arb.market.errors import Malformed
from arb.market.instruments import MarketId, Outcome
from arb.market.units import parse_micros, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.book_views import NO_ASK, NO_BID, token_book
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.keys import Wallet, Wallets
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.positions import CostBasis, Threshold, cost_bases, money_json
from arb.sim.polymarket.publisher import TradeBook
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.trades import Trade
from arb.sim.polymarket.wire import NS_PER_S, Json, iso_day, json_number, whole_number

DUST = 100_000
"""Micro-shares: smaller positions are hidden unless asked for."""
DEFAULT_PAGE = 100
LARGEST_PAGE = 1000


@attrs.define(eq=False)
class DataApi:
    """Answers about what happened and what is held."""

    exchange: Exchange
    shelf: Shelf
    wallets: Wallets
    trades: TradeBook
    rng: random.Random

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/v2/positions", self._positions),
            ("GET", "/v2/trades", self._trades),
            ("GET", "/v2/value", self._value),
        )

    async def _positions(self, request: Request) -> Json:
        wallet = self._wallet(request)
        least = self._least(request)
        rows = self._rows(wallet, least) if wallet else []
        return self._page(request, [row for row in rows if _is_wanted(row, request.query_params)])

    async def _trades(self, request: Request) -> Json:
        wallet = self._wallet(request)
        trades = self.trades.of_account(wallet.account) if wallet else []
        rows = [row for trade in reversed(trades) for row in _trade_rows(trade, wallet)]
        return self._page(request, rows)

    async def _value(self, request: Request) -> Json:
        wallet = self._wallet(request)
        rows = self._rows(wallet, Threshold()) if wallet else []
        values = [row["current_value"] for row in rows]
        total = sum(value for value in values if isinstance(value, int | float))
        address = wallet.funder if wallet else request.query_params["user"]
        return {"data": {"proxy_wallet": address, "value": round(total, 6)}}

    def _wallet(self, request: Request) -> Wallet | None:
        user = request.query_params.get("user")
        if user is None:
            raise self._invalid("user")
        return self.wallets.holding(user)

    def _least(self, request: Request) -> Threshold:
        """From which size or worth on a position is shown. Raises ApiError (400)."""
        asked = request.query_params
        try:
            amount = parse_micros(asked.get("filter_amount", plain_text(DUST)))
        except Malformed as error:
            raise self._invalid("filter_amount") from error
        if asked.get("filter_type") == "CASH" and "filter_amount" in asked:
            return Threshold(dollars=amount)
        return Threshold(shares=amount)

    def _rows(self, wallet: Wallet, least: Threshold) -> list[Json]:
        costs = cost_bases(self.exchange.matches_of(wallet.account), wallet.account)
        return [
            self._row(wallet, self.shelf.markets[market], outcome, qty, costs)
            for market, held in self.exchange.positions(wallet.account).items()
            for outcome, qty in zip(Outcome, held, strict=True)
            if qty and least.allows(qty, self._price(self.shelf.markets[market], outcome))
        ]

    def _row(
        self,
        wallet: Wallet,
        state: MarketState,
        outcome: Outcome,
        qty: int,
        costs: dict[tuple[MarketId, Outcome], CostBasis],
    ) -> Json:
        listing = state.listing
        cost = costs.get((listing.id, outcome), CostBasis())
        price = self._price(state, outcome)
        other = self.exchange.position(wallet.account, listing.id)
        return {
            **money_json(cost, qty, price),
            "proxy_wallet": wallet.funder,
            "token_id": listing.token(outcome),
            "condition_id": listing.condition_id,
            "status": "OPEN",
            "redeemable": False,
            "mergeable": min(other) > 0,
            "negative_risk": listing.neg_risk,
            "archived": False,
            "verified": True,
            "title": listing.question,
            "slug": listing.slug,
            "event_slug": state.event.slug,
            "event_id": state.event.gamma_id,
            "outcome": listing.label(outcome),
            "outcome_index": list(Outcome).index(outcome),
            "opposite_outcome": listing.label(outcome.other),
            "opposite_token_id": listing.token(outcome.other),
            "end_date": iso_day(listing.end_ns),
        }

    def _price(self, state: MarketState, outcome: Outcome) -> int:
        book = token_book(self.exchange, state, outcome)
        if book.best_bid == NO_BID or book.best_ask == NO_ASK:
            return state.last_trade.px if state.last_trade else book.best_bid
        return (book.best_bid + book.best_ask) // 2

    def _page(self, request: Request, rows: Sequence[Json]) -> Json:
        """A page in the envelope of this API. Raises ApiError (400)."""
        size = whole_number(request.query_params.get("limit", str(DEFAULT_PAGE)))
        start = whole_number(request.query_params.get("cursor", "0"))
        if size is None or start is None:
            raise self._invalid("cursor" if start is None else "limit")
        end = start + min(size, LARGEST_PAGE)
        more = end < len(rows)
        pagination = {
            "limit": end - start,
            "offset": start,
            "has_more": more,
            "next_cursor": str(end) if more else None,
        }
        return {"data": list(rows[start:end]), "pagination": pagination}

    def _invalid(self, parameter: str) -> ApiError:
        more = {
            "code": "invalid_parameter",
            "retryable": False,
            "trace_id": uuid.UUID(int=self.rng.getrandbits(128), version=4).hex,
            "parameter": parameter,
        }
        return ApiError(400, f"invalid parameter: {parameter}", more=more)


def _is_wanted(row: Json, asked: Mapping[str, str]) -> bool:
    conditions = asked.get("condition_id", str(row["condition_id"])).split(",")
    wanted = asked.get("status", "OPEN")
    status = wanted == row["status"] or (wanted == "MERGEABLE" and row["mergeable"] is True)
    return status and row["condition_id"] in conditions


def _trade_rows(trade: Trade, wallet: Wallet | None) -> list[Json]:
    """What one wallet did in a trade: one row as taker, or one for each of its resting orders."""
    if wallet is None:
        return []
    if trade.account == wallet.account:
        sides = [(trade.outcome, trade.action, trade.px, trade.qty)]
    else:
        mine = [part for part in trade.makers if part.account == wallet.account]
        sides = [(part.outcome, part.action, part.px, part.qty) for part in mine]
    return [
        {
            "proxy_wallet": wallet.funder,
            "token_id": trade.state.listing.token(outcome),
            "condition_id": trade.state.listing.condition_id,
            "side": action.upper(),
            "size": json_number(qty),
            "price": json_number(px),
            "timestamp": trade.matched_ns // NS_PER_S,
            "transaction_hash": trade.transaction,
            "title": trade.state.listing.question,
            "slug": trade.state.listing.slug,
            "event_slug": trade.state.event.slug,
            "outcome": trade.state.listing.label(outcome),
            "outcome_index": list(Outcome).index(outcome),
        }
        for outcome, action, px, qty in sides
    ]
