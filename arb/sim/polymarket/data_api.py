"""The Data API: positions, trades, activity, resolutions, for anybody's wallet (docs: v2)."""

from collections.abc import Iterable

import attrs
from starlette.requests import Request

from arb.market.units import MICRO, Px
from arb.sim.polymarket.envelope import Envelope
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.history_rows import HistoryRows
from arb.sim.polymarket.keys import Wallet, Wallets
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.position_rows import PositionRows
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import NS_PER_S, Json, json_number

NO_PRICE = 69
"""How a price that nobody proposed yet looks."""


@attrs.frozen
class DataApi:
    """Answers about what happened and what is held."""

    shelf: Shelf
    wallets: Wallets
    positions: PositionRows
    history: HistoryRows
    envelope: Envelope

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/v2/positions", self._positions),
            ("GET", "/v2/trades", self._trades),
            ("GET", "/v2/activity", self._activity),
            ("GET", "/v2/value", self._value),
            ("GET", "/v2/resolutions", self._resolutions),
        )

    async def _positions(self, request: Request) -> Json:
        asked = request.query_params
        rows = self.positions.find(asked, self._concerned(request))
        return self.envelope.page(asked, rows)

    async def _trades(self, request: Request) -> Json:
        asked = request.query_params
        if "user" not in asked and ("start" in asked or "end" in asked):
            raise self.envelope.invalid("start")
        return self.envelope.page(asked, self.history.find_trades(asked, self._concerned(request)))

    async def _activity(self, request: Request) -> Json:
        asked = request.query_params
        wallet = self._user(request)
        rows = self.history.find_activity(asked, wallet) if wallet else []
        return self.envelope.page(asked, rows)

    async def _value(self, request: Request) -> Json:
        wallet = self._user(request)
        conditions = self.envelope.conditions(request.query_params)
        total = self.positions.value(wallet, conditions) if wallet else 0
        address = wallet.funder if wallet else request.query_params["user"]
        return {"data": {"proxy_wallet": address, "value": json_number(total)}}

    def _user(self, request: Request) -> Wallet | None:
        """The wallet that must be named; None for one that nobody knows."""
        user = request.query_params.get("user")
        if user is None:
            raise self.envelope.invalid("user")
        return self.wallets.holding(user)

    def _concerned(self, request: Request) -> list[Wallet]:
        """The wallet named, or all where exactly one market is. Raises ApiError (400)."""
        asked = request.query_params
        if "user" not in asked and len(self.envelope.conditions(asked) or ()) == 1:
            return list(self.wallets)
        wallet = self._user(request)
        return [wallet] if wallet else []

    # --- resolutions ----------------------------------------------------------------------------

    async def _resolutions(self, request: Request) -> Json:
        asked = request.query_params
        named = [name for name in ("condition_id", "question_id", "event_id") if name in asked]
        if len(named) != 1:
            raise self.envelope.invalid(named[1] if named else "condition_id")
        found = self._resolving(named[0], request)
        return self.envelope.page(asked, [_resolution(state) for state in found])

    def _resolving(self, name: str, request: Request) -> list[MarketState]:
        asked, states = request.query_params, self.shelf.markets.values()
        if name == "condition_id":
            known = [self._known(one) for one in sorted(self.envelope.conditions(asked) or ())]
            return [state for state in known if state is not None]
        if name == "question_id":
            return [one for one in states if one.listing.question_id == asked[name]]
        event = self.shelf.events.get(asked[name])
        return [self.shelf.markets[listing.id] for listing in event.markets] if event else []

    def _known(self, condition_id: str) -> MarketState | None:
        try:
            return self.shelf.with_condition(condition_id)
        except ApiError:
            return None  # unknown ones are left out


def _resolution(state: MarketState) -> Json:
    """How far a market's resolution got. Prices are what YES pays; `69` means nobody said."""
    listing = state.listing
    status = "posed" if state.proposed is None else "proposed"
    changed_ns = state.resolved_ns or state.changed_ns
    shown: Json = {
        "status": "resolved" if state.closed else status,
        "condition_id": listing.condition_id,
        "question_id": listing.question_id,
        "extended_review": False,
        "was_disputed": False,
        "new_version_q": False,
        "proposed_price": _price(state.proposed),
        "reproposed_price": NO_PRICE,
        "price": _price(state.payout),
        "market_type": "INCREMENTAL_NEGRISK" if listing.neg_risk else "BINARY",
        "last_update_timestamp": changed_ns // NS_PER_S,
    }
    if state.payout is not None and state.resolved_ns is not None:
        shown["payouts"] = [state.payout, MICRO - state.payout]
        shown["resolution_source"] = "reported"
        shown["reporter"] = "UMA_OO"
        shown["resolved_at"] = state.resolved_ns // NS_PER_S
    return shown


def _price(px: Px | None) -> int | float:
    return NO_PRICE if px is None else json_number(px)
