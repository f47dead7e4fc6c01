"""Transactions tried on paper first: whether all of their calls could be done, one after another.

A batch is atomic on chain, so nothing is done before everything is known to be possible.
"""

from collections.abc import Iterable

import attrs

from arb.market.errors import Refused
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO
from arb.sim.engine import Exchange
from arb.sim.polymarket.approvals import Approvals
from arb.sim.polymarket.calldata import Approve, Convert, Merge, Operation, Redeem, Split
from arb.sim.polymarket.contracts import Contract
from arb.sim.polymarket.listing import POOL
from arb.sim.polymarket.markets import MarketState, Shelf


class Reverted(Refused):
    """The chain would not do it; the message says why."""


@attrs.frozen
class Conversion:
    """Which questions give their NO, and which others bring a YES."""

    given: tuple[MarketState, ...]
    everything: tuple[MarketState, ...]

    @property
    def others(self) -> tuple[MarketState, ...]:
        """Those that bring a YES."""
        return tuple(state for state in self.everything if state not in self.given)


def market_of(shelf: Shelf, contract: Contract, condition: str) -> MarketState:
    """The market of a condition at the contract that handles its kind. Raises Reverted."""
    state = shelf.of_condition(condition)
    if state is None:
        raise Reverted(f"condition {condition} is not prepared")
    if contract is not contract_for(state):
        raise Reverted(f"condition {condition} is not handled by {contract}")
    return state


def contract_for(state: MarketState) -> Contract:
    """Where a market's sets are made and unmade."""
    if state.listing.version != "v1":
        return Contract.ROUTER
    return Contract.NEG_RISK_ADAPTER if state.listing.neg_risk else Contract.ADAPTER


def conversion_of(shelf: Shelf, operation: Convert) -> Conversion:
    """The questions of a conversion, by the index in the low byte of their ids. Raises Reverted."""
    states = shelf.in_neg_risk(operation.neg_risk_market)
    indexed = {int(state.listing.question_id[-2:], 16): state for state in states}
    bits = {index for index in range(256) if operation.index_set >> index & 1}
    if not states or not bits or bits - indexed.keys() or operation.index_set >> 256:
        raise Reverted("the index set names questions that are not prepared")
    if states[0].event.neg_risk_fee_bips:
        raise Reverted("conversions with a fee are not simulated")
    given = tuple(indexed[index] for index in sorted(bits))
    return Conversion(given, tuple(indexed[index] for index in sorted(indexed)))


@attrs.define(eq=False)
class Ledger:
    """What one account would have after some calls; made new for every trial."""

    exchange: Exchange
    shelf: Shelf
    approvals: Approvals
    account: str
    _cash: int = attrs.field(init=False)
    _tokens: dict[tuple[MarketId, Outcome], int] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        """Start with what the account has, held for orders or not."""
        self._cash = self.exchange.cash(self.account).get(POOL, 0)

    def try_all(self, operations: Iterable[Operation]) -> None:
        """Do everything on paper. Raises Reverted where something cannot be done."""
        for operation in operations:
            self._try(operation)

    def _try(self, operation: Operation) -> None:
        match operation:
            case Split():
                self._change_sets(operation, Contract.PUSD, operation.qty)
            case Merge():
                self._change_sets(operation, _keeper(operation.contract), -operation.qty)
            case Redeem():
                self._redeem(operation)
            case Convert():
                self._convert(operation)
            case Approve():
                pass  # an approval can always be given; it counts from the next transaction on

    def _change_sets(self, operation: Split | Merge, taken: Contract, sets: int) -> None:
        state = market_of(self.shelf, operation.contract, operation.condition)
        if state.closed:
            raise Reverted("the condition is resolved already")
        if not sets:
            raise Reverted("the amount is zero")
        self._check_allowance(taken, operation.contract, abs(sets))
        self._pay(-sets)
        for outcome in Outcome:
            self._add(state, outcome, sets)

    def _redeem(self, operation: Redeem) -> None:
        state = market_of(self.shelf, operation.contract, operation.condition)
        if state.payout is None:
            raise Reverted("result for condition not received yet")
        self._check_allowance(_keeper(operation.contract), operation.contract, 1)
        yes, no = (self._held(state, outcome) for outcome in Outcome)
        if operation.qty is not None:
            held = yes if operation.outcome is Outcome.YES else no
            if operation.qty != held:
                raise Reverted(f"holds {held}; redeeming a part is not simulated")
        self._pay((yes * state.payout + no * (MICRO - state.payout)) // MICRO)
        self._add(state, Outcome.YES, -yes)
        self._add(state, Outcome.NO, -no)

    def _convert(self, operation: Convert) -> None:
        questions = conversion_of(self.shelf, operation)
        if any(state.closed for state in questions.everything):
            raise Reverted("the event is determined already")
        if not operation.qty:
            raise Reverted("the amount is zero")
        self._check_allowance(Contract.CTF, Contract.NEG_RISK_ADAPTER, operation.qty)
        for state in questions.given:
            self._add(state, Outcome.NO, -operation.qty)
        self._pay((len(questions.given) - 1) * operation.qty)
        for state in questions.others:
            self._add(state, Outcome.YES, operation.qty)

    def _check_allowance(self, contract: Contract, spender: Contract, need: int) -> None:
        if self.approvals.allowance(self.account, contract, spender) < need:
            raise Reverted(f"{spender} may not take {need} from {contract}")

    def _pay(self, change: int) -> None:
        self._cash += change
        if self._cash < 0:
            raise Reverted("transfer amount exceeds balance")

    def _held(self, state: MarketState, outcome: Outcome) -> int:
        held = self.exchange.position(self.account, state.listing.id)
        return self._tokens.get((state.listing.id, outcome), held[list(Outcome).index(outcome)])

    def _add(self, state: MarketState, outcome: Outcome, change: int) -> None:
        left = self._held(state, outcome) + change
        if left < 0:
            raise Reverted("insufficient balance for transfer")
        self._tokens[state.listing.id, outcome] = left


def _keeper(contract: Contract) -> Contract:
    """Which contract keeps the tokens that another one is to take."""
    return Contract.POSITION_MANAGER if contract is Contract.ROUTER else Contract.CTF
