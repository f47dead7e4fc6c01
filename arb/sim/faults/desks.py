"""How each venue's orders read, and how its grids change, for faults that meet orders."""

from collections.abc import Iterable

import attrs
import msgspec

from arb.market.errors import ArbError
from arb.market.instruments import Action, MarketId, Outcome, Venue
from arb.market.units import Px, complement, parse_px
from arb.sim.faults.rival import Incoming, Rival
from arb.sim.kalshi.face import KalshiFace
from arb.sim.kalshi.listing import market_id
from arb.sim.kalshi.requests import BatchCreateBody, CreateBody
from arb.sim.polymarket.amounts import limit_of, read_terms
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.face import PolymarketFace
from arb.sim.polymarket.payload import OrderRequest, parse_order, parse_orders

_GRIDS = {
    "0.01": "linear_cent",
    "0.005": "center_half_edge_half_cent",
    "0.001": "deci_cent",
}
"""Kalshi's names for grids with one step."""


@attrs.frozen
class PolymarketDesk:
    """Polymarket's orders."""

    face: PolymarketFace
    rival: Rival
    venue: Venue = Venue.POLYMARKET

    def read(self, body: bytes) -> Iterable[Incoming]:
        """One order, or a batch of them."""
        try:
            requests = parse_orders(body) if body.lstrip()[:1] == b"[" else [parse_order(body)]
            read = [self._incoming(one) for one in requests if isinstance(one, OrderRequest)]
        except ApiError:
            return ()
        return [order for order in read if order is not None]

    def _incoming(self, request: OrderRequest) -> Incoming | None:
        found = self.face.shelf.with_token(request.signed.token)
        if found is None:
            return None
        state, outcome = found
        order = request.signed
        market = not request.order_type.rests
        terms = read_terms(order.action, order.maker_amount, order.taker_amount, market=market)
        limit = limit_of(terms, state.tick, "")
        is_bid = (outcome is Outcome.YES) is (order.action is Action.BUY)
        px = limit if outcome is Outcome.YES else complement(limit)
        return Incoming(state.listing.id, is_bid, Px(px))

    def change_tick(self, market: MarketId, tick: str) -> bool:
        """Change it as the venue does: everybody who watches is told."""
        state = self.face.shelf.markets[market]
        micros = parse_px(tick)
        if state.tick == micros:
            return False
        self.face.change_tick(state.listing.condition_id, micros)
        return True


@attrs.frozen
class KalshiDesk:
    """Kalshi's orders."""

    face: KalshiFace
    rival: Rival
    venue: Venue = Venue.KALSHI

    def read(self, body: bytes) -> Iterable[Incoming]:
        """One order, or a batch of them."""
        try:
            return [self._incoming(one) for one in _bodies(body) if self._knows(one)]
        except (msgspec.DecodeError, ArbError):
            return ()

    def _knows(self, order: CreateBody) -> bool:
        return order.ticker in self.face.board.markets

    def _incoming(self, order: CreateBody) -> Incoming:
        return Incoming(market_id(order.ticker), order.side == "bid", parse_px(order.price))

    def change_tick(self, market: MarketId, tick: str) -> bool:
        """Give the market the grid with this one step."""
        ticker = market.partition(":")[2]
        structure = _GRIDS[tick]
        if self.face.board.markets[ticker].structure == structure:
            return False
        self.face.regrid(ticker, structure)
        return True


def _bodies(body: bytes) -> Iterable[CreateBody]:
    """The orders of either endpoint; only a batch has them under "orders"."""
    if b'"orders"' in body:
        return msgspec.json.decode(body, type=BatchCreateBody).orders
    return [msgspec.json.decode(body, type=CreateBody)]
