"""A trader with py-clob-client-v2: the client, its credentials, and the markets it works in."""

from typing import Any

from py_clob_client_v2.client import ClobClient
from py_clob_client_v2.clob_types import (
    BookParams,
    MarketOrderArgsV2,
    OrderArgsV2,
    OrderPayload,
    PartialCreateOrderOptions,
)
from py_clob_client_v2.exceptions import PolyApiException

from clients.operator_door import Door, until

CHAIN = 137
CENT, MIL = 0.01, 0.001
REFUSAL = PolyApiException
"""What this client raises for every answer that is not 200."""
CHEAPEST = {"0.1": 0.1, "0.01": 0.01, "0.001": 0.001}
"""A purchase at the lowest price of its grid rests: nobody sells so cheaply."""
STRANGER_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
"""The second published key of the Hardhat development chain."""


class Setup:
    """What every operation starts from. Prices and sizes are floats: the client's own type."""

    def __init__(self, venues: dict[str, Any]) -> None:
        """Derive credentials and pick a plain, a fine and a negative-risk market."""
        self.venue = venues["polymarket"]
        self.door = Door(venues)
        self.host = self.venue["clob"]
        self.client = self.new_client()
        self.client.set_api_creds(self.client.create_or_derive_api_key())
        markets = self._liquid()
        prompt = [market for market in markets if not market["seconds_delay"]]
        self.market = next(m for m in prompt if not m["neg_risk"] and _has_tick(m, CENT))
        self.fine = next(m for m in prompt if _has_tick(m, MIL) and self._takes_orders(m))
        self.game = next(m for m in markets if m["seconds_delay"] and _has_tick(m, CENT))
        self.neg_risk = next(m for m in markets if m["neg_risk"])
        self.token: str = self.market["tokens"][0]["token_id"]

    def new_client(self, **more: Any) -> ClobClient:
        """Make a client that knows nothing yet."""
        known = {"key": self.venue["private_key"], "signature_type": 0}
        return ClobClient(self.host, CHAIN, **{**known, **more})

    def limit(self, side: str, price: float, size: float, *, token: str = "", **more: Any) -> Any:
        """Sign a limit order; `more` are the client's options."""
        expiration = more.pop("expiration", 0)
        args = OrderArgsV2(
            token_id=token or self.token, price=price, size=size, side=side, expiration=expiration
        )
        return self.client.create_order(args, PartialCreateOrderOptions(**more))

    def market_order(self, side: str, amount: float, price: float, *, token: str = "") -> Any:
        """Sign a market order: dollars for a purchase, shares for a sale."""
        args = MarketOrderArgsV2(
            token_id=token or self.token, amount=amount, side=side, price=price
        )
        return self.client.create_market_order(args)

    def post(self, order: Any, kind: str = "GTC", **more: Any) -> dict[str, Any]:
        """Post an order without waiting for the chain."""
        said: dict[str, Any] = self.client.post_order(order, kind, defer_exec=True, **more)
        return said

    def rest(self, *, token: str = "", size: float = 10) -> str:
        """Leave a purchase on the book and return its id."""
        tick = self.client.get_tick_size(token or self.token)
        order = self.limit("BUY", CHEAPEST[tick], size, token=token)
        order_id: str = self.post(order)["orderID"]
        return order_id

    def cancel(self, order_id: str) -> dict[str, Any]:
        """Cancel one order."""
        said: dict[str, Any] = self.client.cancel_order(OrderPayload(orderID=order_id))
        return said

    def best(self, token: str = "") -> tuple[float, float]:
        """Best bid and ask, as soon as there are both."""

        def look() -> tuple[float, float] | None:
            book = self.client.get_order_book(token or self.token)
            if not (book["bids"] and book["asks"]):
                return None
            return float(book["bids"][-1]["price"]), float(book["asks"][-1]["price"])

        found: tuple[float, float] = until(look)
        return found

    def _takes_orders(self, market: Any) -> bool:
        """Tell markets that are open from those that only look so."""
        try:
            self.cancel(self.rest(token=market["tokens"][0]["token_id"]))
        except REFUSAL:
            return False
        return True

    def _liquid(self) -> list[Any]:
        """Open markets with prices far from both ends, the deepest book first."""
        markets = [m for m in self.client.get_markets()["data"] if m["accepting_orders"]]
        wanted = [BookParams(market["tokens"][0]["token_id"]) for market in markets]
        depths = {book["asset_id"]: _depth(book) for book in self.client.get_order_books(wanted)}
        ranked = [(depths.get(m["tokens"][0]["token_id"], 0.0), m) for m in markets]
        ranked.sort(key=lambda one: one[0], reverse=True)
        return [market for depth, market in ranked if depth]


def _depth(book: Any) -> float:
    """Shares on the thinner side; 0 for books that are no good to trade in."""
    if not (book["bids"] and book["asks"]) or not 0.3 < float(book["asks"][-1]["price"]) < 0.8:
        return 0.0
    return min(sum(float(one["size"]) for one in book[side]) for side in ("bids", "asks"))


def _has_tick(market: Any, tick: float) -> bool:
    return bool(market["minimum_tick_size"] == tick)
