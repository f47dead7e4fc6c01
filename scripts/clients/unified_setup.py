"""A trader with polymarket-client: the client aimed at the simulated hosts, and its markets."""

import dataclasses
from decimal import Decimal
from typing import Any

from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.clients.public import PublicClient
from polymarket.clients.secure import SecureClient
from polymarket.environments import Environment
from polymarket.errors import RequestRejectedError, UserInputError
from polymarket.models.clob.order_response import AcceptedOrder, RejectedOrder

from clients.operator_door import Door, until
from clients.reporting import Mismatch, Refused, refused

REFUSAL = (RequestRejectedError, UserInputError)
"""The venue's refusals, and those that the client speaks for it."""
MIDDLE = (Decimal("0.3"), Decimal("0.8"))


def aim(venue: dict[str, Any]) -> Environment:
    """Name the simulated hosts; contracts, chain and everything else stay the real ones."""
    config = dataclasses.replace(
        PRODUCTION_CONFIG,
        clob_url=venue["clob"],
        gamma_url=venue["gamma"],
        data_url=venue["data"],
        relayer_url=venue.get("relayer", venue["clob"]),
        rpc_url=venue.get("rpc", f"{venue['clob']}/rpc"),
        clob_market_ws_url=venue["market_ws"],
        clob_user_ws_url=venue["user_ws"],
        relayer_poll_frequency_ms=200,
    )
    return create_environment(name="simulated", config=config)


class Setup:
    """What every operation starts from."""

    def __init__(self, venues: dict[str, Any]) -> None:
        """Log in and pick a plain, a fine and a negative-risk market."""
        self.venues = venues
        self.door = Door(venues)
        self.venue = venues["polymarket"]
        self.environment = aim(self.venue)
        self.public = PublicClient(environment=self.environment)
        self.client = SecureClient.create(
            private_key=self.venue["private_key"],
            wallet=self.venue["wallet"],
            environment=self.environment,
        )
        markets = self._liquid()
        prompt = [market for market in markets if not market.trading.seconds_delay]
        self.market = next(m for m in prompt if not m.state.neg_risk and _has_tick(m, "0.01"))
        self.fine = next(m for m in prompt if _has_tick(m, "0.001") and self._takes_orders(m))
        self.game = next(m for m in markets if m.trading.seconds_delay and _has_tick(m, "0.01"))
        self.neg_risk = next(m for m in markets if m.state.neg_risk)
        self.token: str = self.market.outcomes.yes.token_id

    def rest(self, *, token: str = "", size: str = "10") -> str:
        """Leave a purchase on the book and return its id."""
        said = self.client.place_limit_order(
            asset_id=token or self.token, price="0.01", size=size, side="BUY"
        )
        return str(accepted(said, "live").order_id)

    def sign(self, price: str, size: str, side: Any = "BUY", **more: Any) -> Any:
        """Sign a limit order in the plain market."""
        order = {"asset_id": self.token, "price": price, "size": size, "side": side, **more}
        return self.client.create_limit_order(**order)

    def best(self, token: str = "") -> tuple[Decimal, Decimal]:
        """Best bid and ask, as soon as there are both."""

        def look() -> tuple[Decimal, Decimal] | None:
            book = self.public.get_order_book(asset_id=token or self.token)
            if not (book.bids and book.asks):
                return None
            return max(one.price for one in book.bids), min(one.price for one in book.asks)

        found: tuple[Decimal, Decimal] = until(look)
        return found

    def refused(self, order: Any, words: str) -> Refused:
        """Post a signed order and expect the documented refusal."""
        return refused(lambda: unless_rejected(self.client.post_order(order)), words, REFUSAL)

    def _takes_orders(self, market: Any) -> bool:
        """Tell markets that are open from those that only look so."""
        try:
            order_id = self.rest(token=market.outcomes.yes.token_id)
        except REFUSAL:
            return False
        self.client.cancel_order(order_id=order_id)
        return True

    def _liquid(self) -> list[Any]:
        """Open markets with prices far from both ends, the deepest book first."""
        listed = self.public.list_markets(closed=False, page_size=100).iter_items()
        markets = {one.outcomes.yes.token_id: one for one in listed if one.state.accepting_orders}
        books = self.public.get_order_books(asset_ids=list(markets))
        depths = {book.asset_id: _depth(book) for book in books}
        good = [token for token in depths if depths[token]]
        return [markets[token] for token in sorted(good, key=lambda one: -depths[one])]


def _depth(book: Any) -> Decimal:
    """Shares on the thinner side; 0 for books that are no good to trade in."""
    if not (book.bids and book.asks):
        return Decimal(0)
    if not MIDDLE[0] < min(one.price for one in book.asks) < MIDDLE[1]:
        return Decimal(0)
    return min(Decimal(sum(one.size for one in side)) for side in (book.bids, book.asks))


def _has_tick(market: Any, tick: str) -> bool:
    return bool(market.trading.minimum_tick_size == Decimal(tick))


def accepted(said: object, status: str) -> AcceptedOrder:
    """Expect an accepted order in this state."""
    if not isinstance(said, AcceptedOrder) or said.status != status:
        raise Mismatch(f"wanted {status}, got {said}"[:400])
    return said


def unless_rejected(said: object) -> object:
    """Raise what a 200 answer says where it is a rejection; such an order was not placed."""
    if isinstance(said, RejectedOrder):
        raise RequestRejectedError(f"{said.code}: {said.message}", status=200)
    return said
