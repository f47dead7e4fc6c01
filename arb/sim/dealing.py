"""Orders at one simulated exchange: taken, matched, changed, cancelled."""

import attrs

from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Px, Qty, Usd, ceil_div, complement
from arb.sim.charges import start_making, taking_fees
from arb.sim.hall import Board, Hall
from arb.sim.matching import Plan
from arb.sim.orders import Listing, Match, RejectCode, Rejection, SimOrder, Stp, Tif


class Dealing(Hall):
    """Price-time priority and the maker's price. A refused request has changed nothing."""

    def place(  # noqa: PLR0913 - an order has this many parts
        self,
        *,
        id: str,  # noqa: A002 - the venue's own word
        account: str,
        market: MarketId,
        outcome: Outcome,
        action: Action,
        limit: Px,
        qty: Qty,
        tif: Tif,
        post_only: bool = False,
        spend: Usd | None = None,
        tag: str = "",
        stp: Stp = Stp.TAKER,
    ) -> tuple[SimOrder, list[Match]]:
        """Take an order, match it, and rest or kill what is left.

        `limit` is in the outcome's terms. `spend` is for buys that do not rest: it makes them
        target dollars before fees and disregard `qty`. Raises Rejection, and then nothing
        happened.
        """
        board = self._find_trading(market)
        now = self._now_ns()
        order = SimOrder(
            id=id,
            account=account,
            market=market,
            outcome=outcome,
            action=action,
            is_bid=(outcome is Outcome.YES) is (action is Action.BUY),
            px=limit if outcome is Outcome.YES else complement(limit),
            limit=limit,
            qty=qty,
            tif=tif,
            tag=tag,
            spend=spend,
            created_ns=now,
            changed_ns=now,
            fees=board.listing.fees.taker_order(),
            stp=stp,
            post_only=post_only,
        )
        if id in self._orders:
            raise Rejection(RejectCode.DUPLICATE, f"order {id} was placed before")
        plan = self._check(board, order)
        self._admit(order)
        return order, self._execute(board, order, plan)

    def amend(self, order_id: str, *, limit: Px, qty: Qty) -> list[Match]:
        """Change an open order's price and its size; `qty` includes what has filled.

        The same price with the same size or less keeps its place in the queue; anything else
        goes to the back, or matches. A size that has filled already cancels it (docs: fix
        order entry). Raises Rejection, and then nothing happened.
        """
        order = self._find_open(order_id)
        if qty <= order.filled:
            return self._amend_away(order, qty)
        board = self._find_trading(order.market)
        if qty % board.listing.lot:
            raise _no_lots(board.listing, qty)
        if limit == order.limit and qty <= order.qty:
            self._shrink(board, order, Qty(order.qty - qty))
            return []
        return self._requeue(board, order, limit, qty)

    def reduce(self, order_id: str, by: Qty) -> Qty:
        """Take `by` off what rests of an order, which keeps its place; at 0 it is cancelled.

        Returns how much was taken. Raises Rejection for an order that is not open and for a
        quantity that is no number of lots.
        """
        order = self._find_open(order_id)
        board = self._boards[order.market]
        if by <= 0 or by % board.listing.lot:
            raise _no_lots(board.listing, by)
        if by >= order.remaining:
            return self.cancel(order_id)
        self._shrink(board, order, by)
        return by

    def cancel(self, order_id: str, reason: str = "cancelled") -> Qty:
        """Take what rests of an order off the book; returns how much, 0 if nothing was open."""
        order = self._orders.get(order_id)
        if order is None or not order.open:
            return Qty(0)
        board = self._boards[order.market]
        off = order.remaining
        total = self._take_off(board, order, off)
        self._end(order, reason)
        self._tell_book(order, total, -off)
        self._tell_order(order)
        return off

    # --- changing -------------------------------------------------------------------------------

    def _amend_away(self, order: SimOrder, qty: Qty) -> list[Match]:
        if qty < order.filled:
            raise Rejection(RejectCode.TOO_SMALL, f"{order.filled} has filled, more than {qty}")
        self.cancel(order.id)
        return []

    def _shrink(self, board: Board, order: SimOrder, by: Qty) -> None:
        """Make an order smaller where it stands."""
        order.qty = Qty(order.qty - by)
        order.changed_ns = self._now_ns()
        if by:
            total = board.book.side(is_bid=order.is_bid).take(order, by, gone=False)
            member = self._accounts[order.account]
            member.shrink(board.listing, order, by)
            member.recover(board.listing)
            self._tell_book(order, total, -by)
        self._tell_order(order)

    def _requeue(self, board: Board, order: SimOrder, limit: Px, qty: Qty) -> list[Match]:
        """Let an order come in again, changed."""
        px = limit if order.outcome is Outcome.YES else complement(limit)
        fees = taking_fees(order, board.listing.fees)
        changed = attrs.evolve(order, limit=limit, px=px, qty=qty, fees=fees)
        plan = self._check(board, changed, replaces=order)
        off = order.remaining
        total = self._take_off(board, order, off)
        self._tell_book(order, total, -off)
        order.limit, order.px, order.qty, order.fees = limit, px, qty, fees
        order.changed_ns = self._now_ns()
        return self._execute(board, order, plan)

    # --- checks ---------------------------------------------------------------------------------

    def _check(self, board: Board, order: SimOrder, replaces: SimOrder | None = None) -> Plan:
        """Work out what an order would do. Raises Rejection unless it may do that."""
        _check_price(board.listing, order.limit)
        if order.spend is not None:
            _check_spend(order, nets=self.nets)
        elif order.qty <= 0 or order.qty % board.listing.lot:
            raise _no_lots(board.listing, order.qty)
        if order.qty < board.listing.min_qty:
            raise Rejection(RejectCode.TOO_SMALL, f"{order.qty} is too small")
        plan = board.book.plan(order)
        self._accounts[order.account].check_funds(board.listing, order, plan, replaces)
        _check_terms(order, plan)
        return plan

    def _find_open(self, order_id: str) -> SimOrder:
        order = self._orders.get(order_id)
        if order is None or not order.open:
            raise Rejection(RejectCode.UNKNOWN_ORDER, f"no open order {order_id}")
        return order

    # --- matching -------------------------------------------------------------------------------

    def _admit(self, order: SimOrder) -> None:
        self._orders[order.id] = order
        member = self._accounts[order.account]
        if member.remembers:
            member.orders[order.id] = order

    def _execute(self, board: Board, order: SimOrder, plan: Plan) -> list[Match]:
        for own in plan.steps_aside:
            self.cancel(own.id, "self_trade")
        matches = [self._match(board, maker, order, qty) for maker, qty in plan.fills]
        if plan.complete:
            self._end(order, "filled")
        elif plan.meets_itself:
            self._end(order, "self_trade")
        elif order.tif is Tif.GTC:
            self._rest(board, order)
        else:
            self._end(order, "killed")
        self._tell_order(order)
        return matches

    def _match(self, board: Board, maker: SimOrder, taker: SimOrder, qty: Qty) -> Match:
        """Fill two orders with each other at the maker's price and move what changes hands."""
        now = taker.changed_ns = maker.changed_ns = self._now_ns()
        taker_fee, maker_fee = self._settle(board.listing, maker, taker, qty)
        match = Match(
            self._ids(), maker.market, maker, taker, maker.px, qty, taker_fee, maker_fee, now
        )
        total = self._take_filled(board, maker, qty)
        self._note(board.listing, match)
        self._tell_book(maker, total, -qty)
        for listener in self.listeners:
            listener.matched(match)
        self._tell_order(maker)
        return match

    def _settle(
        self, listing: Listing, maker: SimOrder, taker: SimOrder, qty: Qty
    ) -> tuple[Usd, Usd]:
        """Move cash and contracts; returns both fees, the taker's first."""
        dollars = yes_worth(maker, taker, qty)
        fees = []
        for order in (taker, maker):
            order.filled = Qty(order.filled + qty)
            member = self._accounts[order.account]
            fees.append(member.settle(listing, order, maker.px, qty, dollars))
        return fees[0], fees[1]

    def _take_filled(self, board: Board, maker: SimOrder, qty: Qty) -> Qty:
        """Take what filled of a resting order off the book; returns the level's new total."""
        gone = maker.filled >= maker.qty
        total = board.book.side(is_bid=maker.is_bid).take(maker, qty, gone=gone)
        member = self._accounts[maker.account]
        member.shrink(board.listing, maker, qty)
        if gone:
            member.leave(board.listing, maker, Qty(0))
            self._end(maker, "filled")
        return total

    def _note(self, listing: Listing, match: Match) -> None:
        """Keep a match on both sides, whose contracts have changed."""
        for account in {match.taker.account: None, match.maker.account: None}:
            member = self._accounts[account]
            if member.remembers:
                member.matches[match.id] = match
            member.recover(listing)

    def _rest(self, board: Board, order: SimOrder) -> None:
        start_making(order, board.listing.fees)
        total = board.book.side(is_bid=order.is_bid).add(order)
        self._accounts[order.account].rest(board.listing, order)
        self._tell_book(order, total, order.remaining)

    def _take_off(self, board: Board, order: SimOrder, off: Qty) -> Qty:
        """Take a resting order off the book; returns its level's new total."""
        self._accounts[order.account].leave(board.listing, order, off)
        return board.book.side(is_bid=order.is_bid).take(order, off, gone=True)

    def _end(self, order: SimOrder, reason: str) -> None:
        order.open = False
        order.end_reason = reason
        order.changed_ns = self._now_ns()
        if not self._accounts[order.account].remembers:
            del self._orders[order.id]


def yes_worth(maker: SimOrder, taker: SimOrder, qty: Qty) -> Usd:
    """What the YES contracts of a match are worth, rounded against the taker.

    The NO contracts are worth the rest of a dollar each, so nothing is lost between the two.
    """
    exact = maker.px * qty
    return Usd(ceil_div(exact, MICRO) if taker.is_bid else exact // MICRO)


def _check_price(listing: Listing, limit: Px) -> None:
    if not listing.grid.holds(limit):
        raise Rejection(RejectCode.OFF_GRID, f"{limit} millionths is off the grid")


def _no_lots(listing: Listing, qty: Qty) -> Rejection:
    return Rejection(RejectCode.BAD_LOT, f"{qty} is no multiple of {listing.lot}")


def _check_spend(order: SimOrder, *, nets: bool) -> None:
    """Raise ValueError for an order that no venue lets be sized in dollars."""
    if nets or order.action is Action.SELL or order.tif is Tif.GTC:
        raise ValueError("only buys of tokens that do not rest can be sized in dollars")
    if order.spend is not None and order.spend <= 0:
        raise Rejection(RejectCode.TOO_SMALL, f"{order.spend} micro-dollars buy nothing")


def _check_terms(order: SimOrder, plan: Plan) -> None:
    """Raise Rejection where an order may not take, or must take everything and cannot."""
    if order.post_only and (plan.fills or plan.meets_itself or plan.steps_aside):
        raise Rejection(RejectCode.CROSSES, "a post-only order would take")
    if order.tif is not Tif.FOK or plan.complete:
        return
    if plan.meets_itself:
        raise Rejection(RejectCode.SELF_TRADE, "an order of the same account stands in the way")
    raise Rejection(RejectCode.UNFILLABLE, f"only {plan.qty} of {order.qty} is there")
