"""The chain: splits, merges, redemptions and conversions, with their effects on the exchange."""

from collections.abc import Callable, Iterable

import attrs

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.sim.engine import Exchange
from arb.sim.orders import SimOrder
from arb.sim.polymarket.activity import Activity, ActivityKind, ActivityLog, Movement
from arb.sim.polymarket.approvals import Approvals
from arb.sim.polymarket.calldata import Approve, Convert, Merge, Operation, Redeem, Split
from arb.sim.polymarket.keys import Wallet
from arb.sim.polymarket.ledger import Ledger, conversion_of, market_of
from arb.sim.polymarket.listing import POOL
from arb.sim.polymarket.markets import MarketState, Shelf

UNCOVERED = "not_enough_balance"
"""Why the venue cancels a resting order whose cover went elsewhere."""


@attrs.define(eq=False)
class Chain:
    """Does what a batch asks, all of it or nothing."""

    exchange: Exchange
    shelf: Shelf
    approvals: Approvals
    log: ActivityLog
    now_ns: Callable[[], Ns]

    def check(self, wallet: Wallet, operations: Iterable[Operation]) -> None:
        """Raise Reverted where a batch could not be done now."""
        ledger = Ledger(self.exchange, self.shelf, self.approvals, wallet.account)
        ledger.try_all(operations)

    def run(self, wallet: Wallet, operations: Iterable[Operation], transaction: str) -> None:
        """Do a batch. Raises Reverted, and then nothing happened."""
        batch = tuple(operations)
        self.check(wallet, batch)
        for operation in batch:
            self._do(wallet, operation, transaction)

    def redeem(self, wallet: Wallet, state: MarketState, transaction: str) -> Usd:
        """Pay out what a wallet holds of a resolved market; returns the dollars."""
        held = self.exchange.position(wallet.account, state.listing.id)
        dollars = self.exchange.redeem(wallet.account, state.listing.id)
        movements = tuple(
            Movement(state, outcome, -qty, qty * (state.pays(outcome) or 0) // MICRO)
            for outcome, qty in zip(Outcome, held, strict=True)
            if qty
        )
        self._note(
            Activity(
                kind=ActivityKind.REDEEM,
                account=wallet.account,
                state=state,
                movements=movements,
                qty=Qty(sum(held)),
                dollars=dollars,
                at_ns=self.now_ns(),
                transaction=transaction,
            )
        )
        return dollars

    def _do(self, wallet: Wallet, operation: Operation, transaction: str) -> None:
        match operation:
            case Split() | Merge():
                self._change_sets(wallet, operation, transaction)
            case Redeem():
                state = market_of(self.shelf, operation.contract, operation.condition)
                self.redeem(wallet, state, transaction)
            case Convert():
                self._convert(wallet, operation, transaction)
            case Approve():
                spender, amount = operation.spender, operation.amount
                self.approvals.change(wallet.account, operation.contract, spender, amount)

    def _change_sets(self, wallet: Wallet, operation: Split | Merge, transaction: str) -> None:
        state = market_of(self.shelf, operation.contract, operation.condition)
        splits, qty = isinstance(operation, Split), operation.qty
        if splits:
            self._free_cash(wallet.account, qty)
            self.exchange.split(wallet.account, state.listing.id, qty)
        else:
            for outcome in Outcome:
                self._free_tokens(wallet.account, state, outcome, qty)
            self.exchange.merge(wallet.account, state.listing.id, qty)
        shares = qty if splits else -qty
        halves = (qty // 2, qty - qty // 2)
        movements = tuple(
            Movement(state, outcome, shares, half)
            for outcome, half in zip(Outcome, halves, strict=True)
        )
        self._note(
            Activity(
                kind=ActivityKind.SPLIT if splits else ActivityKind.MERGE,
                account=wallet.account,
                state=state,
                movements=movements,
                qty=qty,
                dollars=Usd(qty),
                at_ns=self.now_ns(),
                transaction=transaction,
            )
        )

    def _convert(self, wallet: Wallet, operation: Convert, transaction: str) -> None:
        questions, qty = conversion_of(self.shelf, operation), operation.qty
        for state in questions.given:
            self._free_tokens(wallet.account, state, Outcome.NO, qty)
        self.exchange.convert(
            wallet.account,
            [state.listing.id for state in questions.given],
            [state.listing.id for state in questions.everything],
            qty,
        )
        dollars = (len(questions.given) - 1) * qty
        share = dollars // len(questions.given)
        self._note(
            Activity(
                kind=ActivityKind.CONVERSION,
                account=wallet.account,
                state=questions.given[0],
                movements=(
                    *(Movement(state, Outcome.NO, -qty, share) for state in questions.given),
                    *(Movement(state, Outcome.YES, qty, 0) for state in questions.others),
                ),
                qty=qty,
                dollars=Usd(dollars),
                at_ns=self.now_ns(),
                transaction=transaction,
            )
        )

    # --- resting orders whose cover goes elsewhere ----------------------------------------------

    def _free_cash(self, account: str, need: int) -> None:
        """Cancel buys, the newest first, until `need` is not held for orders."""
        for order in self._newest(account):
            free = self.exchange.cash(account).get(POOL, 0)
            if free - self.exchange.reserved(account).get(POOL, 0) >= need:
                return
            if order.action is Action.BUY:
                self.exchange.cancel(order.id, UNCOVERED)

    def _free_tokens(self, account: str, state: MarketState, outcome: Outcome, need: int) -> None:
        """Cancel sales of a token, the newest first, until `need` is not on offer."""
        held = self.exchange.position(account, state.listing.id)[list(Outcome).index(outcome)]
        offers = [
            order
            for order in self._newest(account)
            if order.market == state.listing.id
            and order.outcome is outcome
            and order.action is Action.SELL
        ]
        offered = sum(int(order.remaining) for order in offers)
        for order in offers:
            if held - offered >= need:
                return
            offered -= self.exchange.cancel(order.id, UNCOVERED)

    def _newest(self, account: str) -> list[SimOrder]:
        return list(reversed(self.exchange.open_orders(account)))

    def _note(self, activity: Activity) -> None:
        """Keep what happened, unless nothing did."""
        if activity.movements:
            self.log.add(activity)
