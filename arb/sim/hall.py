"""Who is there and what is listed at one simulated exchange, and everything that can be read."""

from collections.abc import Callable, Mapping, Sequence

import attrs

from arb.market.book import Ladder
from arb.market.instruments import MarketId
from arb.market.units import Clock, Px, Qty, Usd
from arb.sim.accounts import Account
from arb.sim.matching import OrderBook
from arb.sim.orders import Listener, Listing, Match, RejectCode, Rejection, SimOrder

ROUNDING = "venue-rounding"
"""The venue's own account: it gets what paying out to whole micro-dollars leaves over."""


@attrs.define(eq=False)
class Board:
    """One listed market: its rules, its book, and whether it still takes orders."""

    listing: Listing
    book: OrderBook = attrs.field(factory=OrderBook)
    open: bool = True
    halted: bool = False
    payout: Px | None = None
    """What a YES is worth, once that is known."""


class Hall:
    """Owner of every book, order, balance and position of one venue. Reading changes nothing."""

    def __init__(self, *, nets: bool, now_ns: Clock, ids: Callable[[], str]) -> None:
        """Start without markets and members. `ids` names matches, `nets` is Kalshi's way."""
        self.nets = nets
        self.listeners: list[Listener] = []
        self._now_ns = now_ns
        self._ids = ids
        self._boards: dict[MarketId, Board] = {}
        self._accounts: dict[str, Account] = {}
        self._orders: dict[str, SimOrder] = {}
        self.open_account(ROUNDING, {}, remembers=False)

    def open_account(
        self, account: str, cash: Mapping[int, Usd], *, remembers: bool = True
    ) -> None:
        """Admit a member with `cash` by pool.

        One that does not `remember` keeps only its open orders, and is paid at once where others
        redeem: the flow trades for days.
        """
        if account in self._accounts:
            raise ValueError(f"account {account} is open already")
        self._accounts[account] = Account(account, self.nets, remembers, dict(cash))

    # --- markets --------------------------------------------------------------------------------

    def levels(self, market: MarketId) -> tuple[Ladder, Ladder]:
        """Bids and asks of a market, best first."""
        book = self._find_board(market).book
        return book.bids.ladder(), book.asks.ladder()

    def resting(self, market: MarketId) -> tuple[SimOrder, ...]:
        """Every open order of a market: bids, then asks, each in the order they would fill."""
        return tuple(self._find_board(market).book)

    def listing(self, market: MarketId) -> Listing:
        """The rules of a market as they are now. Raises Rejection for one that is not listed."""
        return self._find_board(market).listing

    def is_open(self, market: MarketId) -> bool:
        """Say whether a market was not closed yet, though it may be halted.

        Raises Rejection for one that is not listed.
        """
        return self._find_board(market).open

    def is_halted(self, market: MarketId) -> bool:
        """Say whether a market takes no orders for the moment."""
        return self._find_board(market).halted

    def payout(self, market: MarketId) -> Px | None:
        """What a YES of a market is worth, in micro-dollars; None before it is resolved."""
        return self._find_board(market).payout

    # --- orders ---------------------------------------------------------------------------------

    def order(self, order_id: str) -> SimOrder | None:
        """An order, open or ended; None where there is none or its account forgot it."""
        return self._orders.get(order_id)

    def orders_of(self, account: str) -> Sequence[SimOrder]:
        """Every order of an account, oldest first; where it does not remember, the open ones."""
        member = self._accounts[account]
        return tuple((member.orders if member.remembers else member.resting).values())

    def open_orders(self, account: str) -> Sequence[SimOrder]:
        """The open orders of an account, in the order in which they came to rest."""
        return tuple(self._accounts[account].resting.values())

    def matches_of(self, account: str) -> list[Match]:
        """Every match of an account that stands, oldest first."""
        return list(self._accounts[account].matches.values())

    # --- accounts -------------------------------------------------------------------------------

    def cash(self, account: str) -> dict[int, Usd]:
        """What an account has by pool, resting orders not deducted."""
        return {pool: Usd(amount) for pool, amount in self._accounts[account].cash.items()}

    def reserved(self, account: str) -> dict[int, Usd]:
        """What its open orders may still cost at worst, by pool."""
        member = self._accounts[account]
        return {pool: Usd(member.reserved.get(pool, 0)) for pool in member.cash}

    def position(self, account: str, market: MarketId) -> tuple[Qty, Qty]:
        """YES and NO held. Below 0 only after a reversal of what was sold on meanwhile."""
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
        """All fees that an account was charged, less those of reversed matches."""
        return Usd(self._accounts[account].fees)

    # --- finding and telling, for the rooms above -----------------------------------------------

    def _find_board(self, market: MarketId) -> Board:
        board = self._boards.get(market)
        if board is None:
            raise Rejection(RejectCode.UNKNOWN_MARKET, f"no market {market}")
        return board

    def _find_trading(self, market: MarketId) -> Board:
        board = self._find_board(market)
        if not board.open:
            raise Rejection(RejectCode.CLOSED, f"{market} takes no orders any more")
        if board.halted:
            raise Rejection(RejectCode.HALTED, f"{market} takes no orders for the moment")
        return board

    def _tell_book(self, order: SimOrder, total: Qty, delta: int) -> None:
        for listener in self.listeners:
            listener.book_changed(order.market, order.is_bid, order.px, total, delta, order)

    def _tell_order(self, order: SimOrder) -> None:
        for listener in self.listeners:
            listener.order_changed(order)
