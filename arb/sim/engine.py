"""One exchange: price-time priority, the maker's price, exact money. Pure; no I/O, no clock.

Everything is matched in YES terms on one book a market. Where positions net (Kalshi) every order
is a purchase, and a YES and a NO of the same member turn into a dollar at once. Where they do not
(Polymarket) a sale gives a token that the seller holds; two purchases that meet mint a pair, two
sales burn one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from arb.market.book import Ladder
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Ns, Px, Qty, Usd, ceil_div, complement
from arb.sim.accounts import Account
from arb.sim.charges import check_fees, start_making
from arb.sim.matching import OrderBook, Plan
from arb.sim.orders import (
    Listener,
    Listing,
    Match,
    RejectCode,
    Rejection,
    SimOrder,
    Tif,
)

__all__ = [
    "Clock",
    "Exchange",
    "Listener",
    "Listing",
    "Match",
    "RejectCode",
    "Rejection",
    "SimOrder",
    "Tif",
]

Clock = Callable[[], Ns]


@attrs.define(eq=False)
class _Board:
    """One listed market: its rules, its book, and whether it still takes orders."""

    listing: Listing
    book: OrderBook = attrs.field(factory=OrderBook)
    open: bool = True


class Exchange:
    """Owner of every book, order, balance and position of one venue."""

    def __init__(self, *, nets: bool, now_ns: Clock, ids: Callable[[], str]) -> None:
        """Start without markets and accounts. `ids` names matches, `nets` is Kalshi's way."""
        self.nets = nets
        self.listeners: list[Listener] = []
        self._now_ns = now_ns
        self._ids = ids
        self._boards: dict[MarketId, _Board] = {}
        self._accounts: dict[str, Account] = {}
        self._orders: dict[str, SimOrder] = {}

    # --- setting up -----------------------------------------------------------------------------

    def open_account(
        self, account: str, cash: Mapping[int, Usd], *, remembers: bool = True
    ) -> None:
        """Admit a member with `cash` by pool.

        One that does not `remember` keeps only its open orders: the flow trades for days.
        """
        if account in self._accounts:
            raise ValueError(f"account {account} is open already")
        self._accounts[account] = Account(account, self.nets, remembers, dict(cash))

    def list_market(self, listing: Listing) -> None:
        """Open a market. Raises UnknownRule where its fees have no known worst case."""
        if listing.id in self._boards:
            raise ValueError(f"market {listing.id} is listed already")
        check_fees(listing.fees)
        self._boards[listing.id] = _Board(listing)

    def regrid(self, market: MarketId, grid: PriceGrid) -> None:
        """Change the prices of a market; resting orders off the new grid are cancelled."""
        board = self._boards[market]
        board.listing = attrs.evolve(board.listing, grid=grid)
        for order in list(_resting(board)):
            if not grid.holds(order.limit):
                self.cancel(order.id)

    def close(self, market: MarketId) -> None:
        """Take no more orders in a market and cancel those that rest."""
        self._shut(market, "cancelled")

    # --- trading --------------------------------------------------------------------------------

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
    ) -> tuple[SimOrder, list[Match]]:
        """Take an order, match it, and rest or kill what is left.

        `limit` is in the outcome's terms. `spend` makes a buy target dollars before fees and
        disregard `qty`. An order that meets another of its own account ends there. Raises
        Rejection, and then nothing happened.
        """
        board = self._find(market)
        is_bid = (outcome is Outcome.YES) is (action is Action.BUY)
        now = self._now_ns()
        order = SimOrder(
            id=id,
            account=account,
            market=market,
            outcome=outcome,
            action=action,
            is_bid=is_bid,
            px=limit if outcome is Outcome.YES else complement(limit),
            limit=limit,
            qty=qty,
            tif=tif,
            tag=tag,
            spend=spend,
            created_ns=now,
            changed_ns=now,
            fees=board.listing.fees.taker_order(),
        )
        self._check_shape(board, order)
        plan = board.book.plan(order)
        self._accounts[account].check_funds(board.listing, order, plan)
        _check_terms(order, plan, post_only=post_only)
        return order, self._execute(board, order, plan)

    def cancel(self, order_id: str, reason: str = "cancelled") -> Qty:
        """Take what rests of an order off the book; returns how much, 0 if nothing was open."""
        order = self._orders.get(order_id)
        if order is None or not order.open:
            return Qty(0)
        board = self._boards[order.market]
        off = order.remaining
        total = board.book.side(is_bid=order.is_bid).take(order, off, gone=True)
        self._end(order, reason)
        self._accounts[order.account].hold(board.listing)
        self._tell_book(order, total, -off)
        self._tell_order(order)
        return off

    # --- complete sets and resolution -----------------------------------------------------------

    def split(self, account: str, market: MarketId, qty: Qty) -> None:
        """Turn dollars into as many YES and NO. Raises Rejection without the cash."""
        listing, member = self._set_parts(account, market)
        member.check_cash(listing.pool, qty)
        member.pay(listing.pool, -qty)
        for outcome in Outcome:
            member.holdings[market].add(outcome, qty)

    def merge(self, account: str, market: MarketId, qty: Qty) -> None:
        """Turn as many YES and NO into dollars. Raises Rejection without the contracts."""
        listing, member = self._set_parts(account, market)
        for outcome in Outcome:
            member.check_tokens(market, outcome, qty)
        for outcome in Outcome:
            member.holdings[market].add(outcome, -qty)
        member.pay(listing.pool, qty)

    def resolve(self, market: MarketId, yes_pays: bool) -> None:  # noqa: FBT001 - the venue's fact
        """End a market: cancel what rests and pay a dollar for every winning contract."""
        self._shut(market, "resolved")
        pool = self._boards[market].listing.pool
        winner = Outcome.YES if yes_pays else Outcome.NO
        for member in self._accounts.values():
            holding = member.holdings.pop(market, None)
            if holding is not None:
                member.pay(pool, holding.of(winner))
        for listener in self.listeners:
            listener.resolved(market, yes_pays)

    # --- reading --------------------------------------------------------------------------------

    def levels(self, market: MarketId) -> tuple[Ladder, Ladder]:
        """Bids and asks of a market, best first."""
        book = self._find_board(market).book
        return book.bids.ladder(), book.asks.ladder()

    def listing(self, market: MarketId) -> Listing:
        """The rules of a market as they are now. Raises Rejection for one that is not listed."""
        return self._find_board(market).listing

    def is_open(self, market: MarketId) -> bool:
        """Say whether a market takes orders. Raises Rejection for one that is not listed."""
        return self._find_board(market).open

    def order(self, order_id: str) -> SimOrder | None:
        """An order, open or ended; None where there is none or its account forgot it."""
        return self._orders.get(order_id)

    def orders_of(self, account: str) -> Iterable[SimOrder]:
        """Every order of an account, oldest first."""
        return tuple(self._accounts[account].orders.values())

    def matches_of(self, account: str) -> list[Match]:
        """Every match of an account, oldest first."""
        return list(self._accounts[account].matches)

    def cash(self, account: str) -> dict[int, Usd]:
        """What an account has by pool, resting orders not deducted."""
        return {pool: Usd(amount) for pool, amount in self._accounts[account].cash.items()}

    def reserved(self, account: str) -> dict[int, Usd]:
        """What its open orders may still cost at worst, by pool."""
        member = self._accounts[account]
        return {pool: Usd(member.reserved.get(pool, 0)) for pool in member.cash}

    def position(self, account: str, market: MarketId) -> tuple[Qty, Qty]:
        """YES and NO held."""
        holding = self._accounts[account].holdings.get(market)
        return (Qty(holding.yes), Qty(holding.no)) if holding else (Qty(0), Qty(0))

    def positions(self, account: str) -> dict[MarketId, tuple[Qty, Qty]]:
        """YES and NO held, market by market, zeros left out."""
        return {
            market: (Qty(holding.yes), Qty(holding.no))
            for market, holding in self._accounts[account].holdings.items()
            if holding.yes or holding.no
        }

    def fees_paid(self, account: str) -> Usd:
        """All fees that an account was ever charged."""
        return Usd(self._accounts[account].fees)

    # --- checks ---------------------------------------------------------------------------------

    def _find_board(self, market: MarketId) -> _Board:
        board = self._boards.get(market)
        if board is None:
            raise Rejection(RejectCode.UNKNOWN_MARKET, f"no market {market}")
        return board

    def _find(self, market: MarketId) -> _Board:
        board = self._find_board(market)
        if not board.open:
            raise Rejection(RejectCode.CLOSED, f"{market} takes no orders")
        return board

    def _check_shape(self, board: _Board, order: SimOrder) -> None:
        listing = board.listing
        if not listing.grid.holds(order.limit):
            raise Rejection(RejectCode.OFF_GRID, f"{order.limit} millionths is off the grid")
        if order.spend is None and (order.qty <= 0 or order.qty % listing.lot):
            raise Rejection(RejectCode.BAD_LOT, f"{order.qty} is no multiple of {listing.lot}")
        if order.qty < listing.min_qty or (order.spend is not None and order.spend <= 0):
            raise Rejection(RejectCode.TOO_SMALL, f"{order.qty} is below {listing.min_qty}")
        if order.id in self._orders:
            raise Rejection(RejectCode.DUPLICATE, f"order {order.id} was placed before")

    # --- matching -------------------------------------------------------------------------------

    def _execute(self, board: _Board, order: SimOrder, plan: Plan) -> list[Match]:
        member = self._accounts[order.account]
        self._orders[order.id] = order
        member.orders[order.id] = order
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

    def _match(self, board: _Board, maker: SimOrder, taker: SimOrder, qty: Qty) -> Match:
        """Fill two orders with each other at the maker's price and move what changes hands."""
        taker_fee, maker_fee = self._settle(board.listing, maker, taker, qty)
        now = taker.changed_ns = maker.changed_ns = self._now_ns()
        match = Match(
            self._ids(), maker.market, maker, taker, maker.px, qty, taker_fee, maker_fee, now
        )
        gone = maker.filled >= maker.qty
        total = board.book.side(is_bid=maker.is_bid).take(maker, qty, gone=gone)
        if gone:
            self._end(maker, "filled")
        for order in (taker, maker):
            self._accounts[order.account].note(match, board.listing)
        self._tell_book(maker, total, -qty)
        for listener in self.listeners:
            listener.matched(match)
        self._tell_order(maker)
        return match

    def _settle(
        self, listing: Listing, maker: SimOrder, taker: SimOrder, qty: Qty
    ) -> tuple[Usd, Usd]:
        """Move cash and contracts, rounded against the taker; returns both fees, taker first."""
        exact = maker.px * qty
        dollars = Usd(ceil_div(exact, MICRO) if taker.is_bid else exact // MICRO)
        fees = []
        for order in (taker, maker):
            order.filled = Qty(order.filled + qty)
            member = self._accounts[order.account]
            fees.append(member.settle(listing, order, maker.px, qty, dollars))
        return fees[0], fees[1]

    def _rest(self, board: _Board, order: SimOrder) -> None:
        start_making(order, board.listing.fees)
        total = board.book.side(is_bid=order.is_bid).add(order)
        self._accounts[order.account].open_orders[order.market][order.id] = order
        self._accounts[order.account].hold(board.listing)
        self._tell_book(order, total, order.remaining)

    def _end(self, order: SimOrder, reason: str) -> None:
        order.open = False
        order.end_reason = reason
        order.changed_ns = self._now_ns()
        member = self._accounts[order.account]
        member.open_orders[order.market].pop(order.id, None)
        if not member.remembers:
            del self._orders[order.id], member.orders[order.id]

    def _shut(self, market: MarketId, reason: str) -> None:
        board = self._boards[market]
        board.open = False
        for order in list(_resting(board)):
            self.cancel(order.id, reason)

    def _set_parts(self, account: str, market: MarketId) -> tuple[Listing, Account]:
        if self.nets:
            raise Rejection(RejectCode.NO_POSITION, "where positions net there are no sets")
        return self._find_board(market).listing, self._accounts[account]

    # --- telling --------------------------------------------------------------------------------

    def _tell_book(self, order: SimOrder, total: Qty, delta: int) -> None:
        for listener in self.listeners:
            listener.book_changed(order.market, order.is_bid, order.px, total, delta, order)

    def _tell_order(self, order: SimOrder) -> None:
        for listener in self.listeners:
            listener.order_changed(order)


def _resting(board: _Board) -> Iterator[SimOrder]:
    for side in (board.book.bids, board.book.asks):
        for level in side:
            yield from level.orders.values()


def _check_terms(order: SimOrder, plan: Plan, *, post_only: bool) -> None:
    """Raise Rejection where an order may not take, or must take everything and cannot."""
    meets_somebody = bool(plan.fills) or plan.meets_itself
    if post_only and meets_somebody:
        raise Rejection(RejectCode.CROSSES, "a post-only order would take")
    if order.tif is Tif.FOK and not plan.complete and not plan.meets_itself:
        there = sum(qty for _, qty in plan.fills)
        raise Rejection(RejectCode.UNFILLABLE, f"only {there} of {order.qty} is there")
