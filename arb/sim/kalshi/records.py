"""What the venue keeps of members' orders and fills, beside what the matching engine knows."""

import enum
from collections import defaultdict
from collections.abc import Iterator

import attrs

from arb.market.units import MICRO, Ns, Px, Qty, Usd, complement, cost
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.numbers import average
from arb.sim.orders import Match, SimOrder


class OrderStatus(enum.StrEnum):
    """The three states of an order."""

    RESTING = "resting"
    CANCELED = "canceled"
    EXECUTED = "executed"


class Reason(enum.StrEnum):
    """Why an order last changed (changelog, Oct 1 2026). A member's own cancel has none."""

    TRADE = "Trade"
    AMEND = "Amend"
    DECREASE = "Decrease"
    SELF_TRADE = "SelfTradeCancel"
    EXPIRY = "ExpiryCancel"
    CLOSE = "CloseCancel"
    HALT = "HaltCancel"
    POST_ONLY = "PostOnlyCrossCancel"
    REDUCE_ONLY = "ReduceOnlyCancel"
    SETTLEMENT_BOUNDS = "SettlementBoundsCancel"


_ENGINE_REASONS = {"self_trade": Reason.SELF_TRADE, "resolved": Reason.CLOSE}
_REASONS = {reason.value: reason for reason in Reason}


@attrs.frozen
class Terms:
    """What a member asked for, beyond what the matching engine must know."""

    member: Member
    ticker: str
    shard: int
    client_id: str
    is_bid: bool
    px: Px
    """In YES terms."""
    qty: Qty
    """What may fill in all: what was asked for, less what was taken off since."""
    self_trade: str
    subaccount: int = 0
    group_id: str = ""
    expires_ns: Ns | None = None
    cancel_on_pause: bool = False
    post_only: bool = False

    @property
    def account(self) -> str:
        """Who pays, in the matching engine."""
        return self.member.account_of(self.subaccount)


@attrs.define(eq=False)
class OrderRecord:
    """One order of a member."""

    number: int
    """Its place in lists."""
    order_id: str
    terms: Terms
    initial: Qty
    """The size it was given, by its member, last."""
    open: bool = False
    """It rests on the book."""
    created_ns: Ns = Ns(0)
    changed_ns: Ns = Ns(0)
    reason: Reason | None = None
    change: Reason | None = None
    """What its member is doing to it at this moment."""
    taker_cost: Usd = Usd(0)
    maker_cost: Usd = Usd(0)
    taker_fees: Usd = Usd(0)
    maker_fees: Usd = Usd(0)
    filled: Qty = Qty(0)
    _done: bool = False
    _yes_worth: int = 0
    """Fills at their YES prices, in micro-dollars times a million."""

    @property
    def remaining(self) -> Qty:
        """What can still fill."""
        return Qty(self.terms.qty - self.filled) if self.open else Qty(0)

    @property
    def status(self) -> OrderStatus:
        """Cancelled orders may have fills: look at `filled`, not at the word."""
        if self.open:
            return OrderStatus.RESTING
        return OrderStatus.EXECUTED if self._done else OrderStatus.CANCELED

    @property
    def average_px(self) -> int:
        """The mean YES price of the fills, to four decimals."""
        return average(self._yes_worth // MICRO, self.filled)

    @property
    def average_fee(self) -> int:
        """The mean fee of a contract, to four decimals: too coarse to add up."""
        return average(self.taker_fees + self.maker_fees, self.filled)

    def fill(self, match: Match, fee: Usd, *, is_taker: bool) -> None:
        """Take one match into the figures; its cost is that of the contract bought."""
        self.filled = Qty(self.filled + match.qty)
        self._yes_worth += match.px * match.qty
        worth = cost(match.px if self.terms.is_bid else complement(match.px), match.qty)
        if is_taker:
            self.taker_cost = Usd(self.taker_cost + worth)
            self.taker_fees = Usd(self.taker_fees + fee)
        else:
            self.maker_cost = Usd(self.maker_cost + worth)
            self.maker_fees = Usd(self.maker_fees + fee)

    def follow(self, sim: SimOrder) -> None:
        """Take over how the matching engine's order stands."""
        self.open = sim.open
        self.changed_ns = sim.changed_ns
        self._done = sim.end_reason == "filled" and self.filled >= self.terms.qty
        self.reason = self._why(sim)

    def _why(self, sim: SimOrder) -> Reason | None:
        if self.change is not None and sim.end_reason != "filled":
            return self.change
        if sim.open:
            return Reason.TRADE if self.filled else None
        if sim.end_reason == "filled":  # a reduce-only order may be smaller than it was asked for
            return Reason.TRADE if self._done else Reason.REDUCE_ONLY
        return _ENGINE_REASONS.get(sim.end_reason) or _REASONS.get(sim.end_reason)


@attrs.frozen
class FillRow:
    """One fill of a member's order."""

    number: int
    trade_id: str
    record: OrderRecord
    px: Px
    """In YES terms."""
    qty: Qty
    fee: Usd
    is_taker: bool
    at_ns: Ns
    net_after: int
    """The member's position after it: YES positive, NO negative, in micro-contracts."""


class Blotter:
    """Every order and fill of every member, for ever."""

    def __init__(self) -> None:
        """Start empty."""
        self._by_id: dict[str, OrderRecord] = {}
        self._by_user: dict[str, list[OrderRecord]] = defaultdict(list)
        self._open: dict[str, OrderRecord] = {}
        self._fills: dict[str, list[FillRow]] = defaultdict(list)
        self._client_ids: set[tuple[str, str]] = set()
        self._numbers = 0

    def used(self, member: Member, client_id: str) -> bool:
        """Say whether the member gave this `client_order_id` to an order before."""
        return (member.user_id, client_id) in self._client_ids

    def burn(self, member: Member, client_id: str) -> None:
        """Never take this `client_order_id` again."""
        if client_id:
            self._client_ids.add((member.user_id, client_id))

    def open(self, order_id: str, terms: Terms, now: Ns) -> OrderRecord:
        """Start a record, before the engine sees the order."""
        record = OrderRecord(
            self._number(), order_id, terms, terms.qty, created_ns=now, changed_ns=now
        )
        self._by_id[order_id] = record
        self._by_user[terms.member.user_id].append(record)
        return record

    def drop(self, record: OrderRecord) -> None:
        """Forget a record whose order was refused: it never was."""
        del self._by_id[record.order_id]
        self._by_user[record.terms.member.user_id].pop()  # it came last: nothing else ran

    def follow(self, sim: SimOrder) -> OrderRecord | None:
        """Take over how an engine's order stands; None where it is not a member's."""
        record = self._by_id.get(sim.id)
        if record is None:
            return None
        record.follow(sim)
        if record.open:
            self._open[record.order_id] = record
        else:
            self._open.pop(record.order_id, None)
        return record

    def find(self, order_id: str) -> OrderRecord | None:
        """A member's order; None for the orders of the flow."""
        return self._by_id.get(order_id)

    def orders(self, member: Member) -> Iterator[OrderRecord]:
        """A member's orders, newest first."""
        return reversed(self._by_user[member.user_id])

    def resting(self) -> list[OrderRecord]:
        """Every member's open orders, oldest first."""
        return list(self._open.values())

    def add_fill(self, record: OrderRecord, match: Match, net_after: int) -> FillRow:
        """Book a match to one of its two orders."""
        is_taker = self.find(match.taker.id) is record
        fee = match.taker_fee if is_taker else match.maker_fee
        record.fill(match, fee, is_taker=is_taker)
        row = FillRow(
            number=self._number(),
            trade_id=match.id,
            record=record,
            px=match.px,
            qty=match.qty,
            fee=fee,
            is_taker=is_taker,
            at_ns=match.at_ns,
            net_after=net_after,
        )
        self._fills[record.terms.member.user_id].append(row)
        return row

    def fills(self, member: Member) -> Iterator[FillRow]:
        """A member's fills, newest first."""
        return reversed(self._fills[member.user_id])

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers
