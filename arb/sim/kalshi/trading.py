"""Orders in: checked in the venue's order, matched by the engine, answered in the venue's words."""

from collections.abc import Callable

import attrs

from arb.market.instruments import Action, Outcome
from arb.market.units import Ns, Px, Qty, complement
from arb.sim.engine import Exchange
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.board import Board, MarketState, Status
from arb.sim.kalshi.errors import ApiError, bad_body, not_found, of_rejection
from arb.sim.kalshi.groups import Groups
from arb.sim.kalshi.listing import market_id
from arb.sim.kalshi.numbers import NS_PER_S, from_unix_s
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.records import Blotter, OrderRecord, Reason, Terms
from arb.sim.kalshi.requests import AUTO, CreateBody, SelfTrade, TimeInForce, check_form
from arb.sim.kalshi.settings import AfterClose, KalshiSettings, PostOnly
from arb.sim.kalshi.stakes import Stakes
from arb.sim.orders import RejectCode, Rejection, Stp, Tif

_TIFS: dict[TimeInForce, Tif] = {
    "fill_or_kill": Tif.FOK,
    "good_till_canceled": Tif.GTC,
    "immediate_or_cancel": Tif.IOC,
}
_STPS: dict[SelfTrade, Stp] = {"taker_at_cross": Stp.TAKER, "maker": Stp.MAKER}
NEVER = from_unix_s(253_402_300_800)
"""The year 10000: no expiry can be written that far out."""


@attrs.frozen
class Order:
    """An order as it was asked for, with whose it is."""

    member: Member
    subaccount: int
    body: CreateBody


@attrs.frozen
class Destination:
    """Where a write on an order goes: the order's market must be there."""

    ticker: str
    index: int | None


@attrs.frozen
class Trading:
    """Places and cancels members' orders."""

    exchange: Exchange
    board: Board
    blotter: Blotter
    stakes: Stakes
    groups: Groups
    switches: Switches
    order_ids: Callable[[], str]
    announce: Callable[[OrderRecord], None]
    """Tells the member of an order that the engine never saw."""
    watch: Callable[[OrderRecord], None]
    """Hears of every order that may expire."""
    has_subaccount: Callable[[Member, int], bool]
    settings: KalshiSettings
    _sweeps: dict[str, tuple[Ns, int | None]] = attrs.field(factory=dict)
    """Until when a member's new orders are cancelled at once, and of which subaccount."""

    def place(self, order: Order, now: Ns) -> OrderRecord:
        """Take one order. Raises ApiError, and then there is no order."""
        body = order.body
        check_form(body)
        if not self.has_subaccount(order.member, order.subaccount):
            raise bad_body(f"no subaccount {order.subaccount}")
        state = self.open_market(Destination(body.ticker, body.exchange_index), now)
        terms = _terms(order, state)
        self._check_terms(body, terms, now)
        if terms.client_id and self.blotter.used(terms.member, terms.client_id):
            raise ApiError(409, "order_already_exists")
        self.groups.check(terms, now)
        record = self.blotter.open(self.order_ids(), terms, now)
        qty = min(body.qty, self._reducible(terms)) if body.reduce_only else body.qty
        if not qty:
            return self._dead(record, Reason.REDUCE_ONLY)
        return self._match(record, Qty(qty), body)

    def find(self, member: Member, subaccount: int, order_id: str, to: Destination) -> OrderRecord:
        """A member's resting order.

        Raises ApiError: 404 for an order that is unknown, somebody else's, ended, or not on the
        shard that was named (shard 0 where neither shard nor ticker was).
        """
        shard = self.shard_of(to)
        self.switches.check_change(shard)
        record = self.blotter.find(order_id)
        if record is None or not record.open:
            raise not_found()
        terms = record.terms
        if (terms.member, terms.subaccount, terms.shard) != (member, subaccount, shard):
            raise not_found()
        return record

    def cancel(self, record: OrderRecord, now: Ns) -> Qty:
        """Take an order off the book; returns what was taken off. Raises ApiError after close."""
        self.check_not_closed(record.terms.ticker, now)
        return self.exchange.cancel(record.order_id)

    def cancel_all(self, member: Member, subaccount: int | None, now: Ns) -> None:
        """Take a member's orders off the books of the shards that work."""
        lingers_ns = self.settings.cancel_all_lingers_s * NS_PER_S
        self._sweeps[member.user_id] = (Ns(now + lingers_ns), subaccount)
        for record in self.blotter.resting():
            terms = record.terms
            working = self.switches.by_shard[terms.shard].exchange_active
            if terms.member == member and working and subaccount in (None, terms.subaccount):
                self.exchange.cancel(record.order_id)

    def shard_of(self, to: Destination) -> int:
        """Where a write goes. Raises ApiError (404) where that is nowhere."""
        if to.index is not None and to.index != AUTO:
            if to.index not in self.switches.by_shard:
                raise not_found("market_not_found")
            return to.index
        state = self.board.markets.get(to.ticker)
        return state.facts.shard if state else 0

    def open_market(self, to: Destination, now: Ns) -> MarketState:
        """A market that takes orders; pauses are found out before unknown markets."""
        shard = self.shard_of(to)
        self.switches.check_trade(shard)
        state = self.board.find(to.ticker, now)
        if state is None or state.facts.shard != shard:
            raise not_found("market_not_found")
        self._check_open(state, now)
        return state

    def check_not_closed(self, ticker: str, now: Ns) -> None:
        """Raise ApiError (409) once a market closed: not even cancels work then."""
        if self.board.markets[ticker].is_over(now):
            raise ApiError(409, self.settings.after_close.value)

    def _check_open(self, state: MarketState, now: Ns) -> None:
        match state.status(now):
            case Status.ACTIVE:
                return
            case Status.INACTIVE:
                raise ApiError(409, "trading_is_paused")
            case Status.INITIALIZED:
                raise ApiError(409, AfterClose.MARKET_INACTIVE.value)
            case _:
                raise ApiError(409, self.settings.after_close.value)

    def _check_terms(self, body: CreateBody, terms: Terms, now: Ns) -> None:
        if not self.exchange.listing(market_id(terms.ticker)).grid.holds(terms.px):
            raise ApiError(400, "invalid_price")
        if not terms.qty:
            raise ApiError(400, "invalid_order_size")
        if body.reduce_only and body.time_in_force != "immediate_or_cancel":
            raise ApiError(400, "invalid_order", details="reduce only needs immediate or cancel")
        rests = body.time_in_force == "good_till_canceled"
        if terms.expires_ns is not None and not (rests and now < terms.expires_ns < NEVER):
            raise ApiError(400, "invalid_parameters", details="expiration_time")

    def _reducible(self, terms: Terms) -> int:
        """How much the account's position can shrink by an order in this direction."""
        net = self.stakes.net(terms.account, terms.ticker)
        return max(-net if terms.is_bid else net, 0)

    def _match(self, record: OrderRecord, qty: Qty, body: CreateBody) -> OrderRecord:
        try:
            self._send(record, qty, body)
        except Rejection as rejection:
            return self._refused(record, rejection)
        self.blotter.burn(record.terms.member, record.terms.client_id)
        self.watch(record)
        self._sweep(record)
        return record

    def _sweep(self, record: OrderRecord) -> None:
        """Cancel an order that came too soon after its member cancelled everything."""
        terms = record.terms
        until, subaccount = self._sweeps.get(terms.member.user_id, (NEVER, None))
        if record.created_ns < until < NEVER and subaccount in (None, terms.subaccount):
            self.exchange.cancel(record.order_id)

    def _send(self, record: OrderRecord, qty: Qty, body: CreateBody) -> None:
        """A fill-or-kill order that meets its own member's keeps what it got before that.

        Docs: fix/order-entry.
        """
        try:
            self._place(record, qty, _TIFS[body.time_in_force], body)
        except Rejection as rejection:
            if rejection.code is not RejectCode.SELF_TRADE:
                raise
            self._place(record, qty, Tif.IOC, body)

    def _place(self, record: OrderRecord, qty: Qty, tif: Tif, body: CreateBody) -> None:
        """Every V2 order buys: a bid buys YES at the price, an ask buys NO at 1 minus it."""
        terms = record.terms
        self.exchange.place(
            id=record.order_id,
            account=terms.account,
            market=market_id(terms.ticker),
            outcome=Outcome.YES if terms.is_bid else Outcome.NO,
            action=Action.BUY,
            limit=terms.px if terms.is_bid else complement(terms.px),
            qty=qty,
            tif=tif,
            post_only=terms.post_only,
            stp=_STPS[body.self_trade_prevention_type],
            tag=terms.client_id,
        )

    def _refused(self, record: OrderRecord, rejection: Rejection) -> OrderRecord:
        crosses = rejection.code is RejectCode.CROSSES
        if crosses and self.settings.post_only is PostOnly.ACCEPT_AND_CANCEL:
            return self._dead(record, Reason.POST_ONLY)
        if rejection.code is RejectCode.UNFILLABLE:  # a killed order uses up its id (recorded)
            self.blotter.burn(record.terms.member, record.terms.client_id)
            if self.settings.killed_fok_leaves_row:
                raise of_rejection(rejection) from rejection
        self.blotter.drop(record)
        raise of_rejection(rejection) from rejection

    def _dead(self, record: OrderRecord, reason: Reason) -> OrderRecord:
        """An order that is accepted and cancelled before it reaches the book."""
        record.reason = reason
        self.blotter.burn(record.terms.member, record.terms.client_id)
        self.announce(record)
        return record


def _terms(order: Order, state: MarketState) -> Terms:
    body = order.body
    return Terms(
        member=order.member,
        subaccount=order.subaccount,
        ticker=body.ticker,
        shard=state.facts.shard,
        client_id=body.client_order_id or "",
        is_bid=body.side == "bid",
        px=Px(body.micros),
        qty=body.qty,
        self_trade=body.self_trade_prevention_type,
        group_id=body.order_group_id or "",
        expires_ns=None if body.expiration_time is None else from_unix_s(body.expiration_time),
        cancel_on_pause=bool(body.cancel_order_on_pause),
        post_only=bool(body.post_only),
    )
