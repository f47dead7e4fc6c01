"""Positions as the Data API shows them: open, redeemable, closed (docs: data-api v2).

An indexer, not the exchange: numbers are JSON numbers, and dust is hidden by default.
"""

from collections.abc import Iterator

import attrs
from starlette.datastructures import QueryParams

from arb.market.errors import Malformed
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, parse_micros, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.activity import ActivityLog
from arb.sim.polymarket.book_views import NO_ASK, NO_BID, token_book
from arb.sim.polymarket.envelope import Envelope
from arb.sim.polymarket.keys import Wallet, Wallets
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.positions import CostBasis, Threshold, cost_bases, money_json
from arb.sim.polymarket.wire import NS_PER_S, Json, iso_day

DUST = 100_000
"""Micro-shares: smaller positions are hidden unless asked for."""
STATUSES = ("OPEN", "REDEEMABLE", "REDEEMABLE_LOST", "MERGEABLE", "CLOSED")
SORTED_BY = {
    "CURRENT_VALUE": "current_value",
    "PRICE": "current_price",
    "TOKENS": "current_size",
    "UNREALIZED_PNL": "unrealized_pnl",
    "REALIZED_PNL": "realized_pnl",
    "TOTAL_PNL": "total_pnl",
    "TIMESTAMP": "last_event_at",
}
DIRECTIONS = ("ASC", "DESC")


@attrs.frozen
class _Held:
    """One holding, or one that was."""

    wallet: Wallet
    state: MarketState
    outcome: Outcome
    qty: int
    pairs: bool
    """There is some of the other outcome too, and a market to merge them in."""
    cost: CostBasis
    price: int


@attrs.frozen
class PositionRows:
    """Makes rows from what the exchange holds and what it cost."""

    exchange: Exchange
    shelf: Shelf
    wallets: Wallets
    log: ActivityLog
    envelope: Envelope

    def find(self, asked: QueryParams, wallets: list[Wallet]) -> list[Json]:
        """The rows that a question is about, sorted. Raises ApiError (400)."""
        least = self._least(asked)
        statuses = self.envelope.choice(asked, "status", STATUSES)
        rows = [
            _row(held)
            for wallet in wallets
            for held in self._of(wallet, closed="CLOSED" in statuses)
            if not held.qty or least.allows(held.qty, held.price)
        ]
        conditions = self.envelope.conditions(asked)
        wanted = [
            row
            for row in rows
            if _has_status(row, statuses)
            and (conditions is None or row["condition_id"] in conditions)
            and asked.get("event_id", row["event_id"]) == row["event_id"]
            and asked.get("title", "").lower() in str(row["title"]).lower()
        ]
        return self._sorted(asked, wanted)

    def value(self, wallet: Wallet, conditions: frozenset[str] | None) -> int:
        """What a wallet's positions are worth now, in micro-dollars."""
        return sum(
            held.qty * held.price // MICRO
            for held in self._of(wallet, closed=False)
            if conditions is None or held.state.listing.condition_id in conditions
        )

    def _of(self, wallet: Wallet, *, closed: bool) -> Iterator[_Held]:
        matches = self.exchange.matches_of(wallet.account)
        costs = cost_bases(matches, self.log.of_account(wallet.account), wallet.account)
        held = {
            (market, outcome): qty
            for market, sides in self.exchange.positions(wallet.account).items()
            for outcome, qty in zip(Outcome, sides, strict=True)
            if qty > 0
        }
        gone = [key for key in costs if key not in held] if closed else []
        for key in (*held, *gone):
            yield self._held(wallet, key, held.get(key, 0), costs)

    def _held(
        self,
        wallet: Wallet,
        key: tuple[MarketId, Outcome],
        qty: int,
        costs: dict[tuple[MarketId, Outcome], CostBasis],
    ) -> _Held:
        market, outcome = key
        state = self.shelf.markets[market]
        cost = costs.get(key, CostBasis(state.listed_ns))
        pairs = not state.closed and min(self.exchange.position(wallet.account, market)) > 0
        return _Held(wallet, state, outcome, qty, pairs, cost, self._price(state, outcome))

    def _price(self, state: MarketState, outcome: Outcome) -> int:
        pays = state.pays(outcome)
        if pays is not None:
            return pays
        book = token_book(self.exchange, state, outcome)
        if book.best_bid == NO_BID or book.best_ask == NO_ASK:
            return state.last_trade.px if state.last_trade else book.best_bid
        return (book.best_bid + book.best_ask) // 2

    def _least(self, asked: QueryParams) -> Threshold:
        """From which size or worth on a position is shown. Raises ApiError (400)."""
        try:
            amount = parse_micros(asked.get("filter_amount", plain_text(DUST)))
        except Malformed as error:
            raise self.envelope.invalid("filter_amount") from error
        if asked.get("filter_type") == "CASH" and "filter_amount" in asked:
            return Threshold(dollars=amount)
        return Threshold(shares=amount)

    def _sorted(self, asked: QueryParams, rows: list[Json]) -> list[Json]:
        (by,) = self.envelope.choice(asked, "sort_by", tuple(SORTED_BY)) or ("CURRENT_VALUE",)
        (way,) = self.envelope.choice(asked, "sort_direction", DIRECTIONS) or ("DESC",)

        def key(row: Json) -> tuple[float, str]:
            value = row[SORTED_BY[by]]
            return (value if isinstance(value, int | float) else 0, str(row["token_id"]))

        return sorted(rows, key=key, reverse=way == "DESC")


def _row(held: _Held) -> Json:
    listing, state, outcome = held.state.listing, held.state, held.outcome
    return {
        **money_json(held.cost, held.qty, held.price),
        "proxy_wallet": held.wallet.funder,
        "token_id": listing.token(outcome),
        "condition_id": listing.condition_id,
        "status": _status(held),
        "redeemable": state.closed and held.qty > 0,
        "mergeable": held.pairs,
        "negative_risk": listing.neg_risk,
        "archived": False,
        "verified": True,
        "title": listing.question,
        "slug": listing.slug,
        "icon": "",
        "event_slug": state.event.slug,
        "event_id": state.event.gamma_id,
        "outcome": listing.label(outcome),
        "outcome_index": list(Outcome).index(outcome),
        "opposite_outcome": listing.label(outcome.other),
        "opposite_token_id": listing.token(outcome.other),
        "end_date": iso_day(listing.end_ns),
        "last_event_at": held.cost.changed_ns // NS_PER_S,
        "first_entry_at": held.cost.since_ns // NS_PER_S,
    }


def _status(held: _Held) -> str:
    if not held.qty:
        return "CLOSED"
    return "REDEEMABLE" if held.state.closed else "OPEN"


def _has_status(row: Json, statuses: tuple[str, ...]) -> bool:
    """Say whether a row is among those asked for; without a word all that is still held is."""
    lost = row["status"] == "REDEEMABLE" and not row["current_price"]
    also = {"REDEEMABLE_LOST": lost, "MERGEABLE": row["mergeable"] is True}
    named = row["status"] in statuses or any(also.get(word, False) for word in statuses)
    return named if statuses else row["status"] != "CLOSED"
