"""Orders in: checked in the venue's order, matched by the engine, answered in the venue's words."""

import enum
from collections.abc import Callable

import attrs

from arb.market.instruments import Action, Outcome
from arb.market.units import Ns, Px, Qty, complement
from arb.sim.engine import Exchange
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.board import Board, MarketState, Status
from arb.sim.kalshi.errors import ApiError, not_found, of_rejection
from arb.sim.kalshi.listing import grid_of, market_id
from arb.sim.kalshi.numbers import from_unix_s
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.records import Blotter, OrderRecord, Reason, Terms, part_id
from arb.sim.kalshi.requests import AUTO, CreateBody, TimeInForce, check_create
from arb.sim.kalshi.stakes import Stakes
from arb.sim.orders import RejectCode, Rejection, SimOrder, Tif

_TIFS: dict[TimeInForce, Tif] = {
    "fill_or_kill": Tif.FOK,
    "good_till_canceled": Tif.GTC,
    "immediate_or_cancel": Tif.IOC,
}


_NEVER = from_unix_s(253_402_300_800)
"""The year 10000: no expiry can be written that far out."""


class PostOnly(enum.Enum):
    """What happens to a post-only order that would take: both were seen on the venue in 2026."""

    REJECT = "reject"
    ACCEPT_AND_CANCEL = "accept_and_cancel"


@attrs.frozen
class Trading:
    """Places and cancels members' orders."""

    exchange: Exchange
    board: Board
    blotter: Blotter
    stakes: Stakes
    switches: Switches
    order_ids: Callable[[], str]
    announce: Callable[[OrderRecord], None]
    """Tells the member of an order that the engine never saw."""
    watch: Callable[[OrderRecord], None]
    """Hears of every order that may expire."""
    post_only: PostOnly = PostOnly.REJECT

    def place(self, member: Member, body: CreateBody, now: Ns) -> OrderRecord:
        """Take one order. Raises ApiError, and then there is no order."""
        check_create(body)
        state = self._find_market(body, now)
        terms = _terms(member, body, state)
        _check_terms(body, terms, state, now)
        if terms.client_id and self.blotter.used(terms):
            raise ApiError(409, "order_already_exists")
        if body.order_group_id is not None:
            raise not_found("order_group_not_found")
        record = self.blotter.open(self.order_ids(), terms, now)
        qty = min(body.qty, self._reducible(terms)) if body.reduce_only else body.qty
        if not qty:
            return self._dead(record, Reason.REDUCE_ONLY)
        return self._match(record, Qty(qty), body)

    def cancel(
        self, member: Member, order_id: str, ticker: str, index: int | None, now: Ns
    ) -> tuple[OrderRecord, Qty]:
        """Take an order off the book; returns what was taken off.

        Raises ApiError: 404 for an order that is unknown, somebody else's, ended, or not on the
        shard that was named (shard 0 where neither shard nor ticker was).
        """
        shard = self.shard_of(ticker, index)
        self.switches.check_change(shard)
        record = self.blotter.find(order_id)
        if record is None or record.terms.member != member or record.terms.shard != shard:
            raise not_found()
        if record.sim is None or not record.open:
            raise not_found()
        if self.board.markets[record.terms.ticker].status(now) is Status.CLOSED:
            raise ApiError(409, "market_closed")
        return record, self.exchange.cancel(record.sim.id)

    def cancel_all(self, member: Member) -> None:
        """Take every order of a member off the books of the shards that work."""
        for record in self.blotter.resting():
            working = self.switches.by_shard[record.terms.shard].exchange_active
            if record.terms.member == member and working and record.sim is not None:
                self.exchange.cancel(record.sim.id)

    def shard_of(self, ticker: str, index: int | None) -> int:
        """Where a write goes. Raises ApiError (404) where that is nowhere."""
        if index is not None and index != AUTO:
            if index not in self.switches.by_shard:
                raise not_found("market_not_found")
            return index
        state = self.board.markets.get(ticker)
        return state.facts.shard if state else 0

    def _find_market(self, body: CreateBody, now: Ns) -> MarketState:
        """The market of an order; pauses are found out before unknown markets."""
        shard = self.shard_of(body.ticker, body.exchange_index)
        self.switches.check_trade(shard)
        state = self.board.markets.get(body.ticker)
        if state is None or state.facts.shard != shard:
            raise not_found("market_not_found")
        _check_open(state, now)
        return state

    def _reducible(self, terms: Terms) -> int:
        """How much the member's position can shrink by an order in this direction."""
        net = self.stakes.net(terms.member.account, terms.ticker)
        return max(-net if terms.is_bid else net, 0)

    def _match(self, record: OrderRecord, qty: Qty, body: CreateBody) -> OrderRecord:
        tif = _TIFS[body.time_in_force]
        try:
            self._send(record, 0, qty, tif, post_only=bool(body.post_only))
        except Rejection as rejection:
            return self._refused(record, rejection)
        self.blotter.burn(record.terms)
        self._make_way(record, qty, Tif.GTC if tif is Tif.GTC else Tif.IOC)
        self.watch(record)
        return record

    def _make_way(self, record: OrderRecord, qty: Qty, tif: Tif) -> None:
        """While the order meets the member's own, cancel that one and go on with the rest.

        A fill-or-kill order that meets itself keeps what it got (docs: fix/order-entry).
        """
        part = 0
        while record.steps_aside:
            self.exchange.cancel(self._own_maker(record).id, Reason.SELF_TRADE)
            part += 1
            try:
                self._send(record, part, Qty(qty - record.filled), tif, post_only=False)
            except Rejection:
                self.announce(record)  # no money for the rest: it ends where it met itself
                return

    def _own_maker(self, record: OrderRecord) -> SimOrder:
        """The member's own order that an incoming one meets first: best price, then oldest."""
        terms = record.terms
        sign = 1 if terms.is_bid else -1
        own = [
            (sign * other.sim.px, other.number, other.sim)
            for other in self.blotter.resting()
            if other.sim is not None
            and other.terms.member == terms.member
            and other.terms.ticker == terms.ticker
            and other.terms.is_bid is not terms.is_bid
        ]
        return min(own)[2]

    def _send(self, record: OrderRecord, part: int, qty: Qty, tif: Tif, *, post_only: bool) -> None:
        """Every V2 order buys: a bid buys YES at the price, an ask buys NO at 1 minus it."""
        terms = record.terms
        self.exchange.place(
            id=part_id(record.order_id, part),
            account=terms.member.account,
            market=market_id(terms.ticker),
            outcome=Outcome.YES if terms.is_bid else Outcome.NO,
            action=Action.BUY,
            limit=terms.px if terms.is_bid else complement(terms.px),
            qty=qty,
            tif=tif,
            post_only=post_only,
            tag=terms.client_id,
        )

    def _refused(self, record: OrderRecord, rejection: Rejection) -> OrderRecord:
        crosses = rejection.code is RejectCode.CROSSES
        if crosses and self.post_only is PostOnly.ACCEPT_AND_CANCEL:
            return self._dead(record, Reason.POST_ONLY)
        self.blotter.drop(record)
        if rejection.code is RejectCode.UNFILLABLE:
            self.blotter.burn(record.terms)  # a killed order uses up its id (recorded traffic)
        raise of_rejection(rejection) from rejection

    def _dead(self, record: OrderRecord, reason: Reason) -> OrderRecord:
        """An order that is accepted and cancelled before it reaches the book."""
        record.reason = reason
        self.blotter.burn(record.terms)
        self.announce(record)
        return record


def _terms(member: Member, body: CreateBody, state: MarketState) -> Terms:
    expires = None if body.expiration_time is None else from_unix_s(body.expiration_time)
    return Terms(
        member=member,
        ticker=body.ticker,
        shard=state.facts.shard,
        client_id=body.client_order_id or "",
        is_bid=body.side == "bid",
        px=Px(body.micros),
        qty=body.qty,
        self_trade=body.self_trade_prevention_type,
        expires_ns=expires,
        cancel_on_pause=bool(body.cancel_order_on_pause),
    )


def _check_open(state: MarketState, now: Ns) -> None:
    match state.status(now):
        case Status.ACTIVE:
            return
        case Status.INACTIVE:
            raise ApiError(409, "trading_is_paused")
        case Status.INITIALIZED:
            raise ApiError(409, "market_inactive")
        case _:
            raise ApiError(409, "market_closed")


def _check_terms(body: CreateBody, terms: Terms, state: MarketState, now: Ns) -> None:
    if not grid_of(state.ranges).holds(terms.px):
        raise ApiError(400, "invalid_price")
    if not terms.qty:
        raise ApiError(400, "invalid_order_size")
    rests = body.time_in_force == "good_till_canceled"
    if body.reduce_only and body.time_in_force != "immediate_or_cancel":
        raise ApiError(400, "invalid_order", details="reduce only needs immediate or cancel")
    if terms.expires_ns is not None and not (rests and now < terms.expires_ns < _NEVER):
        raise ApiError(400, "invalid_parameters", details="expiration_time")
