"""polymarket-client: orders that the venue refuses, each for one documented reason."""

import time
from dataclasses import fields, replace
from typing import Any

from eth_account import Account
from polymarket.clients.secure import SecureClient

from clients.operations import OnPolymarket as Row
from clients.reporting import Refused, answers, refused
from clients.unified_setup import REFUSAL, Setup, unless_rejected

STRANGER_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
"""The second published key of the Hardhat development chain."""


class Refusals(Setup):
    """The rows in which the venue, or the client for it, says no."""

    @answers(Row.OFF_GRID)
    def off_grid(self) -> Refused:
        return refused(lambda: self.sign("0.123", "10"), "tick", REFUSAL)

    @answers(Row.TOO_SMALL)
    def too_small(self) -> Refused:
        return self.refused(self.sign("0.01", "3"), "Size (3) lower than the minimum: 5")

    @answers(Row.TOO_CHEAP)
    def too_cheap(self) -> Refused:
        return self._market("invalid amount for a marketable BUY order", amount="0.6", price="0.1")

    @answers(Row.NO_MONEY)
    def no_money(self) -> Refused:
        return self.refused(self.sign("0.01", "99999999"), "not enough balance / allowance")

    @answers(Row.NO_SHARES)
    def no_shares(self) -> Refused:
        token = self.neg_risk.outcomes.no.token_id
        order = self.sign("0.9", "100", "SELL", asset_id=token)
        return self.refused(order, "not enough balance / allowance")

    @answers(Row.POST_ONLY_CROSSES)
    def post_only_crosses(self) -> Refused:
        order = self.sign(str(self.best()[1]), "10", post_only=True)
        return self.refused(order, "invalid post-only order: order crosses book")

    @answers(Row.FOK_UNFILLED)
    def fok_unfilled(self) -> Refused:
        words = "order couldn't be fully filled. FOK orders are fully filled or killed."
        return self._market(words, amount=20_000, price=self.best()[1], kind="FOK")

    @answers(Row.FAK_UNMATCHED)
    def fak_unmatched(self) -> Refused:
        return self._market("no orders found to match with FAK order", amount=1, price="0.01")

    @answers(Row.GTD_TOO_SOON)
    def too_soon(self) -> Refused:
        end_s = int(time.time()) + 60
        return refused(lambda: self.sign("0.01", "10", expiration=end_s), "", REFUSAL)

    @answers(Row.DUPLICATE)
    def twice(self) -> Refused:
        order = self.sign("0.01", "10")
        first: Any = self.client.post_order(order)
        try:
            return self.refused(order, "is invalid. Duplicated.")
        finally:
            self.client.cancel_order(order_id=first.order_id)

    @answers(Row.STRANGER)
    def stranger(self) -> Refused:
        other = SecureClient.create(
            private_key=STRANGER_KEY,
            wallet=Account.from_key(STRANGER_KEY).address,
            environment=self.environment,
        )
        order = self.sign("0.01", "10")
        words = "the order signer address has to be the address of the API KEY"
        return refused(lambda: unless_rejected(other.post_order(order)), words, REFUSAL)

    @answers(Row.BAD_SIGNATURE)
    def bad_signature(self) -> Refused:
        order, other = self.sign("0.01", "10"), self.sign("0.02", "10")
        return self.refused(_with(order, signature=other.signature), "invalid signature")

    @answers(Row.TOO_PRECISE)
    def too_precise(self) -> Refused:
        words = "maker amount supports a max accuracy of 2 decimals, taker amount a max of 4"
        token = self.fine.outcomes.yes.token_id
        return self._market(words, amount="7.77", price="0.123", token=token)

    @answers(Row.UNKNOWN_TOKEN)
    def unknown_token(self) -> Refused:
        return refused(lambda: self.sign("0.5", "10", asset_id="1234567890"), "", REFUSAL)

    @answers(Row.BIG_BATCH)
    def big_batch(self) -> Refused:
        orders = [self.sign("0.01", "10")] * 16
        return refused(lambda: self.client.post_orders(orders), "15", REFUSAL)

    def _market(
        self, words: str, *, amount: object, price: object, kind: str = "FAK", token: str = ""
    ) -> Refused:
        order: dict[str, Any] = {"amount": amount, "max_price": price, "order_type": kind}

        def place() -> object:
            asset = token or self.token
            return unless_rejected(
                self.client.place_market_order(asset_id=asset, side="BUY", **order)
            )

        return refused(place, words, REFUSAL)


def _with(order: Any, **change: Any) -> Any:
    """Change a signed order, whichever kind of class it is."""
    try:
        fields(order)
    except TypeError:
        return order.model_copy(update=change)
    return replace(order, **change)
