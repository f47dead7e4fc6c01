"""One exchange: price-time priority, the maker's price, exact money. Pure; no I/O, no clock.

Everything is matched in YES terms on one book a market. Where positions net (Kalshi) every order
is a purchase, and a YES and a NO of the same member turn into a dollar at once. Where they do not
(Polymarket) a sale gives a token that the seller holds; two purchases that meet mint a pair, two
sales burn one.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import attrs

from arb.market.fees import Fees
from arb.market.grid import PriceGrid
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, Clock, Px, Qty, Usd
from arb.sim.accounts import Account
from arb.sim.charges import check_fees
from arb.sim.dealing import Dealing, yes_worth
from arb.sim.hall import ROUNDING, Board
from arb.sim.orders import (
    Listener,
    Listing,
    Match,
    RejectCode,
    Rejection,
    SimOrder,
    Stp,
    Tif,
)

__all__ = [
    "ROUNDING",
    "Clock",
    "Exchange",
    "Listener",
    "Listing",
    "Match",
    "RejectCode",
    "Rejection",
    "SimOrder",
    "Stp",
    "Tif",
]

NOT_ENOUGH = "not_enough_balance"
"""Why orders end that a reversal left without cover."""


class Exchange(Dealing):
    """Owner of every book, order, balance and position of one venue."""

    def __init__(self, *, nets: bool, now_ns: Clock, ids: Callable[[], str]) -> None:
        """Start without markets and members. `ids` names matches, `nets` is Kalshi's way."""
        super().__init__(nets=nets, now_ns=now_ns, ids=ids)
        self._reversed: set[str] = set()
        self._crumbs: Counter[int] = Counter()
        """By pool, what payouts were rounded down by beyond what ROUNDING has got, in millionths
        of a micro-dollar: less than one micro-dollar."""

    # --- markets --------------------------------------------------------------------------------

    def list_market(self, listing: Listing) -> None:
        """Open a market. Raises UnknownRule where its fees have no known worst case."""
        if listing.id in self._boards:
            raise ValueError(f"market {listing.id} is listed already")
        check_fees(listing.fees)
        self._boards[listing.id] = Board(listing)

    def regrid(self, market: MarketId, grid: PriceGrid) -> None:
        """Change the prices of a market; resting orders off the new grid are cancelled."""
        board = self._find_board(market)
        board.listing = attrs.evolve(board.listing, grid=grid)
        for order in list(board.book):
            if not grid.holds(order.limit):
                self.cancel(order.id)

    def set_fees(self, market: MarketId, fees: Fees) -> None:
        """Change what orders are charged that are placed or moved from now on.

        What rests keeps its terms. Raises UnknownRule as `list_market` does.
        """
        check_fees(fees)
        board = self._find_board(market)
        board.listing = attrs.evolve(board.listing, fees=fees)

    def halt(self, market: MarketId) -> None:
        """Take no orders until `resume`; what rests stays and can be cancelled."""
        self._set_halted(market, is_halted=True)

    def resume(self, market: MarketId) -> None:
        """Take orders again."""
        self._set_halted(market, is_halted=False)

    def close(self, market: MarketId) -> None:
        """Take no more orders in a market and cancel those that rest."""
        self._shut(self._find_board(market), "cancelled")

    # --- money ----------------------------------------------------------------------------------

    def deposit(self, account: str, pool: int, amount: Usd) -> None:
        """Bring `amount` micro-dollars in. Raises ValueError unless that is more than nothing."""
        _check_amount(amount)
        self._accounts[account].pay(pool, amount)

    def withdraw(self, account: str, pool: int, amount: Usd) -> None:
        """Take `amount` micro-dollars out. Raises Rejection where they are held or not there."""
        _check_amount(amount)
        member = self._accounts[account]
        member.check_cash(pool, amount)
        member.pay(pool, -amount)

    def transfer(self, account: str, from_pool: int, to_pool: int, amount: Usd) -> None:
        """Move micro-dollars between an account's pools. Raises Rejection where they are held."""
        _check_amount(amount)
        member = self._accounts[account]
        member.check_cash(from_pool, amount)
        member.pay(from_pool, -amount)
        member.pay(to_pool, amount)

    # --- complete sets --------------------------------------------------------------------------

    def split(self, account: str, market: MarketId, qty: Qty) -> None:
        """Turn dollars into as many YES and NO. Raises Rejection without the cash."""
        listing, member = self._set_parts(account, market)
        _check_amount(qty)
        member.check_cash(listing.pool, qty)
        self._change_sets(member, listing, qty)

    def merge(self, account: str, market: MarketId, qty: Qty) -> None:
        """Turn as many YES and NO into dollars. Raises Rejection without the contracts."""
        listing, member = self._set_parts(account, market)
        _check_amount(qty)
        for outcome in Outcome:
            member.check_tokens(market, outcome, qty)
        self._change_sets(member, listing, -qty)

    def convert(
        self,
        account: str,
        no_markets: Sequence[MarketId],
        all_markets: Sequence[MarketId],
        qty: Qty,
    ) -> None:
        """Turn a NO of each of k markets into k - 1 dollars and a YES of every other market.

        Worth the same where exactly one of `all_markets` resolves YES, and more than what it
        gives where none does (docs: advanced/neg-risk). Raises Rejection without the contracts,
        ValueError for sets that make no sense.
        """
        _check_amount(qty)
        given, others = _conversion(no_markets, all_markets)
        for market in given:
            _, member = self._set_parts(account, market)
            member.check_tokens(market, Outcome.NO, qty)
        pools = {self._find_board(market).listing.pool for market in all_markets}
        if len(pools) != 1:
            raise ValueError(f"a conversion is made within one pool, not {sorted(pools)}")
        for market in given:
            member.holdings[market].add(Outcome.NO, -qty)
        for market in others:
            member.holdings[market].add(Outcome.YES, qty)
        member.pay(pools.pop(), (len(given) - 1) * qty)

    # --- endings --------------------------------------------------------------------------------

    def resolve(self, market: MarketId, payout: Px) -> None:
        """End a market for good: a YES is worth `payout` micro-dollars, a NO the rest of a dollar.

        What rests is cancelled. Where positions net everybody is paid at once; elsewhere holdings
        stay until `redeem`, those of accounts that do not remember are paid at once. Raises
        Rejection where the market was resolved before, ValueError for a payout beyond a dollar.
        """
        board = self._find_board(market)
        if board.payout is not None:
            raise Rejection(RejectCode.CLOSED, f"{market} has resolved already")
        if not 0 <= payout <= MICRO:
            raise ValueError(f"a contract pays 0 to 1,000,000 micro-dollars, not {payout}")
        self._shut(board, "resolved")
        board.payout = payout
        for member in list(self._accounts.values()):
            if self.nets or not member.remembers:
                self._pay_out(board, member, payout)
        for listener in self.listeners:
            listener.resolved(market, payout)

    def redeem(self, account: str, market: MarketId) -> Usd:
        """Turn all contracts of a resolved market into dollars.

        Returns how many micro-dollars that brought, 0 where nothing is held. Raises Rejection
        before the market is resolved.
        """
        board = self._find_board(market)
        if board.payout is None:
            raise Rejection(RejectCode.NO_POSITION, f"{market} has not resolved")
        return self._pay_out(board, self._accounts[account], board.payout)

    def reverse(self, match: Match) -> None:
        """Take a match back whose settlement failed: cash, contracts and fees on both sides.

        The orders stay as they are. What an account has spent or sold meanwhile it owes: its cash
        or contracts may fall below zero, and its open orders that are left without cover end.
        Raises ValueError for a match that was reversed before.
        """
        if match.id in self._reversed:
            raise ValueError(f"match {match.id} was reversed already")
        self._reversed.add(match.id)
        board = self._boards[match.market]
        dollars = yes_worth(match.maker, match.taker, match.qty)
        for order, fee in ((match.taker, match.taker_fee), (match.maker, match.maker_fee)):
            member = self._accounts[order.account]
            member.matches.pop(match.id, None)
            member.unsettle(board.listing, order, match.qty, dollars, fee)
        for account in {match.taker.account: None, match.maker.account: None}:
            self._mend(board, self._accounts[account])
        for listener in self.listeners:
            listener.reversed(match)

    # --- inner workings -------------------------------------------------------------------------

    def _shut(self, board: Board, reason: str) -> None:
        board.open = False
        for order in list(board.book):
            self.cancel(order.id, reason)

    def _set_halted(self, market: MarketId, *, is_halted: bool) -> None:
        board = self._find_board(market)
        if board.halted is is_halted:
            return
        board.halted = is_halted
        for listener in self.listeners:
            listener.halted(market, is_halted)

    def _set_parts(self, account: str, market: MarketId) -> tuple[Listing, Account]:
        if self.nets:
            raise Rejection(RejectCode.NO_POSITION, "where positions net there are no sets")
        return self._find_board(market).listing, self._accounts[account]

    def _change_sets(self, member: Account, listing: Listing, delta: int) -> None:
        member.pay(listing.pool, -delta)
        for outcome in Outcome:
            member.holdings[listing.id].add(outcome, delta)
        for listener in self.listeners:
            listener.sets_changed(member.name, listing.id, delta)

    def _pay_out(self, board: Board, member: Account, payout: Px) -> Usd:
        """Pay all that a member holds of a market; the venue keeps what is not a micro-dollar."""
        holding = member.holdings.pop(board.listing.id, None)
        if holding is None:
            return Usd(0)
        pool = board.listing.pool
        paid, crumbs = divmod(holding.yes * payout + holding.no * (MICRO - payout), MICRO)
        member.pay(pool, paid)
        whole, self._crumbs[pool] = divmod(self._crumbs[pool] + crumbs, MICRO)
        if whole:
            self._accounts[ROUNDING].pay(pool, whole)
        return Usd(paid)

    def _mend(self, board: Board, member: Account) -> None:
        """After a reversal: pay what is owed of a resolved market, end what has no cover."""
        listing = board.listing
        member.recover(listing)
        if board.payout is not None:
            held = member.holdings[listing.id]
            if self.nets or not member.remembers or held.yes < 0 or held.no < 0:
                self._pay_out(board, member, board.payout)
        for order in reversed(self.open_orders(member.name)):
            if not self._has_cover(member, order):
                self.cancel(order.id, NOT_ENOUGH)

    def _has_cover(self, member: Account, order: SimOrder) -> bool:
        """Say whether an account still has what an open order of it counts on."""
        if order.held:
            pool = self._boards[order.market].listing.pool
            return member.cash.get(pool, 0) >= member.reserved[pool]
        held = member.holdings[order.market]
        return held.offered(order.outcome) <= max(held.of(order.outcome), 0)


def _check_amount(amount: int) -> None:
    if amount <= 0:
        raise ValueError(f"{amount} is no amount to move")


def _conversion(
    no_markets: Sequence[MarketId], all_markets: Sequence[MarketId]
) -> tuple[tuple[MarketId, ...], tuple[MarketId, ...]]:
    """Check the two sets; returns the markets whose NO is given, and the others."""
    given = dict.fromkeys(no_markets)
    others = tuple(market for market in dict.fromkeys(all_markets) if market not in given)
    if not given or len(given) != len(no_markets):
        raise ValueError("a conversion gives the NO of distinct markets, at least one")
    if len(given) + len(others) != len(all_markets):
        raise ValueError("a conversion is made within distinct markets of one event")
    return tuple(given), others
