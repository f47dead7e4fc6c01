"""py-clob-client-v2: orders that the venue refuses, each for one documented reason."""

import time
from dataclasses import replace
from typing import Any

from py_clob_client_v2.clob_types import CreateOrderOptions, OrderArgsV2, PostOrdersV2Args

from clients.clob_v2_setup import REFUSAL, STRANGER_KEY, Setup
from clients.operations import OnPolymarket as Row
from clients.reporting import Refused, answers, refused


class Refusals(Setup):
    """The rows in which the venue says no."""

    def _refused(self, order: Any, words: str, kind: str = "GTC", **more: Any) -> Refused:
        return refused(lambda: self.post(order, kind, **more), words, REFUSAL)

    @answers(Row.OFF_GRID)
    def off_grid(self) -> Refused:
        args = OrderArgsV2(token_id=self.token, price=0.123, size=10, side="BUY")
        stale = CreateOrderOptions(tick_size="0.001", neg_risk=False)
        order = self.client.builder.build_order(args, stale, version=2)
        return self._refused(order, "breaks minimum tick size rule: 0.01")

    @answers(Row.TOO_SMALL)
    def too_small(self) -> Refused:
        return self._refused(self.limit("BUY", 0.01, 3), "Size (3) lower than the minimum: 5")

    @answers(Row.TOO_CHEAP)
    def too_cheap(self) -> Refused:
        order = self.market_order("BUY", 0.6, 0.1)
        return self._refused(order, "invalid amount for a marketable BUY order ($0.6)", "FAK")

    @answers(Row.NO_MONEY)
    def no_money(self) -> Refused:
        order = self.limit("BUY", 0.01, 99_999_999)
        return self._refused(order, "not enough balance / allowance")

    @answers(Row.NO_SHARES)
    def no_shares(self) -> Refused:
        order = self.limit("SELL", 0.9, 100, token=self.neg_risk["tokens"][1]["token_id"])
        return self._refused(order, "not enough balance / allowance")

    @answers(Row.POST_ONLY_CROSSES)
    def post_only_crosses(self) -> Refused:
        order = self.limit("BUY", round(self.best()[1] + 0.02, 2), 10)
        words = "invalid post-only order: order crosses book"
        return self._refused(order, words, post_only=True)

    @answers(Row.POST_ONLY_FAK)
    def post_only_fak(self) -> Refused:
        order = self.market_order("BUY", 5, 0.5)
        words = "post_only is not supported"
        call = self.client.post_order
        said = refused(lambda: call(order, "FAK", post_only=True), words, ValueError)
        return Refused(f"by the client: {said.text}")

    @answers(Row.FOK_UNFILLED)
    def fok_unfilled(self) -> Refused:
        order = self.market_order("BUY", 20_000, self.best()[1])
        words = "order couldn't be fully filled. FOK orders are fully filled or killed."
        return self._refused(order, words, "FOK")

    @answers(Row.FAK_UNMATCHED)
    def fak_unmatched(self) -> Refused:
        order = self.market_order("BUY", 1, 0.01)
        return self._refused(order, "no orders found to match with FAK order", "FAK")

    @answers(Row.GTD_TOO_SOON)
    def too_soon(self) -> Refused:
        order = self.limit("BUY", 0.01, 10, expiration=int(time.time()) + 60)
        return self._refused(order, "invalid expiration", "GTD")

    @answers(Row.DUPLICATE)
    def twice(self) -> Refused:
        order = self.limit("BUY", 0.01, 10)
        order_id = self.post(order)["orderID"]
        try:
            return self._refused(order, "is invalid. Duplicated.")
        finally:
            self.cancel(order_id)

    @answers(Row.STRANGER)
    def stranger(self) -> Refused:
        other = self.new_client(key=STRANGER_KEY)
        other.set_api_creds(other.create_or_derive_api_key())
        order = self.limit("BUY", 0.01, 10)
        words = "the order signer address has to be the address of the API KEY"
        return refused(lambda: other.post_order(order), words, REFUSAL)

    @answers(Row.BAD_SIGNATURE)
    def bad_signature(self) -> Refused:
        order, other = self.limit("BUY", 0.01, 10), self.limit("BUY", 0.02, 10)
        return self._refused(replace(order, signature=other.signature), "invalid signature")

    @answers(Row.WRONG_EXCHANGE)
    def wrong_exchange(self) -> Refused:
        order = self.limit("BUY", 0.01, 10, neg_risk=True)
        return self._refused(order, "order_version_mismatch")

    @answers(Row.WRONG_WALLET)
    def wrong_wallet(self) -> Refused:
        safe = self.new_client(signature_type=2, funder=self.venue["wallet"])
        safe.set_api_creds(self.client.creds)
        args = OrderArgsV2(token_id=self.token, price=0.01, size=10, side="BUY")
        order = safe.create_order(args)
        return refused(lambda: safe.post_order(order), "maker address not allowed", REFUSAL)

    @answers(Row.TOO_PRECISE)
    def too_precise(self) -> Refused:
        order = self.market_order("BUY", 7.77, 0.123, token=self.fine["tokens"][0]["token_id"])
        words = "maker amount supports a max accuracy of 2 decimals, taker amount a max of 4"
        return self._refused(order, words, "FAK")

    @answers(Row.UNKNOWN_TOKEN)
    def unknown_token(self) -> Refused:
        args = OrderArgsV2(token_id="1234567890", price=0.5, size=10, side="BUY")
        made_up = CreateOrderOptions(tick_size="0.01", neg_risk=False)
        order = self.client.builder.build_order(args, made_up, version=2)
        return self._refused(order, "No orderbook exists for the requested token id")

    @answers(Row.BIG_BATCH)
    def big_batch(self) -> Refused:
        order = self.limit("BUY", 0.01, 10)
        args = [PostOrdersV2Args(order=order, orderType="GTC")] * 16
        words = "Too many orders in payload: 16, max allowed: 15"
        return refused(lambda: self.client.post_orders(args), words, REFUSAL)

    @answers(Row.V1_ORDER)
    def old_order(self) -> Refused:
        order = self.limit("BUY", 0.01, 10, version=1)
        return self._refused(order, "order_version_mismatch")
