"""py-clob-client: every kind of order that it can sign, each refused for its version."""

import time
from typing import Any

from py_clob_client.client import ClobClient
from py_clob_client.clob_types import (
    MarketOrderArgs,
    OrderArgs,
    PartialCreateOrderOptions,
    PostOrdersArgs,
)
from py_clob_client.exceptions import PolyApiException

from clients.operations import OnPolymarket as Row
from clients.reporting import Refused, answers, refused

CHAIN = 137
VERSION = "order_version_mismatch"
"""What the real venue answers to orders signed for the first version of its contracts."""


class OldOrders:
    """A trader who has not migrated."""

    def __init__(self, venues: dict[str, Any]) -> None:
        """Derive credentials, pick a plain market and one with negative risk."""
        self.venue = venues["polymarket"]
        self.client = self.new_client()
        self.client.set_api_creds(self.client.create_or_derive_api_creds())
        markets = [one for one in self.client.get_markets()["data"] if one["accepting_orders"]]
        self.market = next(one for one in markets if not one["neg_risk"])
        self.neg_risk = next(one for one in markets if one["neg_risk"])
        self.token: str = self.market["tokens"][0]["token_id"]

    def new_client(self) -> ClobClient:
        """Make a client that knows nothing yet."""
        return ClobClient(
            self.venue["clob"], CHAIN, key=self.venue["private_key"], signature_type=0
        )

    def best(self) -> tuple[float, float]:
        """Best bid and ask."""
        book = self.client.get_order_book(self.token)
        return float(book.bids[-1].price), float(book.asks[-1].price)

    @answers(Row.GTC)
    def rests(self) -> Refused:
        return self._refused(self._limit(0.02))

    @answers(Row.GTC_FILLS)
    def fills(self) -> Refused:
        return self._refused(self._limit(self.best()[1]))

    @answers(Row.GTD)
    def until(self) -> Refused:
        return self._refused(self._limit(0.02, expiration=int(time.time()) + 300), "GTD")

    @answers(Row.POST_ONLY)
    def post_only(self) -> Refused:
        order = self._limit(0.02)
        post = self.client.post_order
        return refused(lambda: post(order, post_only=True), VERSION, PolyApiException)

    @answers(Row.POST_ONLY_FAK)
    def post_only_fak(self) -> Refused:
        order, post = self._market("BUY"), self.client.post_order
        words = "post_only orders can only be of type GTC or GTD"
        said = refused(lambda: post(order, "FAK", post_only=True), words, Exception)
        return Refused(f"by the client: {said.text}")

    @answers(Row.FAK_BUY)
    def fak_buys(self) -> Refused:
        return self._refused(self._market("BUY"), "FAK")

    @answers(Row.FAK_SELL)
    def fak_sells(self) -> Refused:
        return self._refused(self._market("SELL"), "FAK")

    @answers(Row.FOK)
    def fok(self) -> Refused:
        return self._refused(self._market("BUY"), "FOK")

    @answers(Row.NEG_RISK)
    def neg_risk_order(self) -> Refused:
        token = self.neg_risk["tokens"][0]["token_id"]
        args = OrderArgs(token_id=token, price=0.02, size=10, side="BUY")
        options = PartialCreateOrderOptions(neg_risk=True)
        return self._refused(self.client.create_order(args, options))

    @answers(Row.DELAYED)
    def delayed(self) -> Refused:
        games = [one for one in self.client.get_markets()["data"] if one["seconds_delay"]]
        token = games[0]["tokens"][0]["token_id"]
        args = OrderArgs(token_id=token, price=0.9, size=10, side="BUY")
        return self._refused(self.client.create_order(args))

    @answers(Row.BATCH)
    def batch(self) -> Refused:
        orders = [PostOrdersArgs(order=self._limit(0.02)) for _ in range(2)]
        try:
            said = self.client.post_orders(orders)
        except PolyApiException as error:
            return Refused(str(error))
        texts = {one["errorMsg"] for one in said}
        if texts != {VERSION}:
            raise AssertionError(said)
        return Refused(f"each order for itself: {texts.pop()}")

    @answers(Row.BIG_BATCH)
    def big_batch(self) -> Refused:
        orders = [PostOrdersArgs(order=self._limit(0.02))] * 16
        words = "Too many orders in payload: 16, max allowed: 15"
        return refused(lambda: self.client.post_orders(orders), words, PolyApiException)

    @answers(Row.V1_ORDER)
    def old_order(self) -> Refused:
        args = OrderArgs(token_id=self.token, price=0.02, size=10, side="BUY")
        return refused(lambda: self.client.create_and_post_order(args), VERSION, PolyApiException)

    def _refused(self, order: Any, kind: str = "GTC") -> Refused:
        return refused(lambda: self.client.post_order(order, kind), VERSION, PolyApiException)

    def _limit(self, price: float, **more: Any) -> Any:
        args = OrderArgs(token_id=self.token, price=price, size=10, side="BUY", **more)
        return self.client.create_order(args)

    def _market(self, side: str) -> Any:
        args = MarketOrderArgs(token_id=self.token, amount=10, side=side, price=0.5)
        return self.client.create_market_order(args)
