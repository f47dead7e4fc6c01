"""The order book of one market, in YES terms.

Buying NO at q is selling YES at 1 - q, and both venues mirror their two books, so one ladder of
bids and one of asks holds everything; the NO view is its reflection.
"""

from collections.abc import Iterable

import attrs

from arb.market.errors import Unintelligible
from arb.market.instruments import Action, LastTrade, Market, MarketId, Outcome
from arb.market.tops import Move, Top
from arb.market.units import MICRO, Ns, Px, Qty

Level = tuple[Px, Qty]
Ladder = tuple[Level, ...]
"""Levels, best first."""

NO_BID = Px(0)
"""The best bid of a book without bids."""
NO_ASK = Px(MICRO)
"""The best ask of a book without asks. Neither can be traded at."""


class Book:
    """One market's levels. Owned and changed by the book cache alone.

    A book is not `live` until a snapshot came, and after a gap, a cut or a change of grid; each
    such break starts a new `epoch`. `agrees` is False while the last best prices that the venue
    stated contradict the ladders. `seen_ns` is when the last change arrived, `feed` over which
    connection. `snapshot_ns` is when it was last told whole; `last_trade` and `traded` (contracts)
    outlive breaks, the moves of the best prices do not.

    `bid_ladder` and `ask_ladder` are the sides as they were last sorted: whoever changes `bids` or
    `asks` sets them to None.
    """

    __slots__ = (
        "agrees",
        "ask_ladder",
        "ask_top",
        "asks",
        "best_ask",
        "best_bid",
        "bid_ladder",
        "bid_top",
        "bids",
        "epoch",
        "feed",
        "last_trade",
        "live",
        "market",
        "seen_ns",
        "snapshot_ns",
        "traded",
    )

    def __init__(self, market: Market) -> None:
        """Start empty and not live."""
        self.market = market
        self.bids: dict[Px, Qty] = {}
        self.asks: dict[Px, Qty] = {}
        self.best_bid = NO_BID
        self.best_ask = NO_ASK
        self.bid_ladder: Ladder | None = None
        self.ask_ladder: Ladder | None = None
        self.epoch = 0
        self.live = False
        self.agrees = True
        self.seen_ns = Ns(0)
        self.feed = ""
        self.snapshot_ns = Ns(0)
        self.bid_top = Top()
        self.ask_top = Top()
        self.last_trade = market.last_trade
        self.traded = Qty(0)

    def replace(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Take a snapshot: the book is live from here on."""
        self.bids = {px: qty for px, qty in bids if qty}
        self.asks = {px: qty for px, qty in asks if qty}
        self.best_bid = max(self.bids, default=NO_BID)
        self.best_ask = min(self.asks, default=NO_ASK)
        self.bid_ladder = self.ask_ladder = None
        self.live = True
        self.agrees = True

    def break_off(self) -> None:
        """Forget the levels: what is known is no longer known to be true."""
        self.bids = {}
        self.asks = {}
        self.best_bid = NO_BID
        self.best_ask = NO_ASK
        self.bid_ladder = self.ask_ladder = None
        self.live = False
        self.epoch += 1
        self.bid_top = Top()
        self.ask_top = Top()

    def note_tops(self, seen_ns: Ns) -> None:
        """Take note of the best prices after a change that moved one of them."""
        bid, top = self.best_bid, self.bid_top
        if bid != top.px and bid > NO_BID:
            top.note(bid, self.bids[bid], seen_ns)
        ask, top = self.best_ask, self.ask_top
        if ask != top.px and ask < NO_ASK:
            top.note(ask, self.asks[ask], seen_ns)

    def trade(self, px: Px, qty: Qty, at_ns: Ns) -> None:
        """Take note of a public trade; the latest by the venue's clock counts."""
        self.traded = Qty(self.traded + qty)
        if self.last_trade is None or at_ns >= self.last_trade.at_ns:
            self.last_trade = LastTrade(px, at_ns)

    def set_bid(self, px: Px, qty: Qty) -> bool:
        """Set the total of one bid level; 0 removes it. Say whether the best bid moved."""
        self.bid_ladder = None
        if qty:
            self.bids[px] = qty
            if px > self.best_bid:
                self.best_bid = px
                return True
            return False
        if self.bids.pop(px, None) is not None and px == self.best_bid:
            self.best_bid = max(self.bids, default=NO_BID)
            return True
        return False

    def set_ask(self, px: Px, qty: Qty) -> bool:
        """Set the total of one ask level; 0 removes it. Say whether the best ask moved."""
        self.ask_ladder = None
        if qty:
            self.asks[px] = qty
            if px < self.best_ask:
                self.best_ask = px
                return True
            return False
        if self.asks.pop(px, None) is not None and px == self.best_ask:
            self.best_ask = min(self.asks, default=NO_ASK)
            return True
        return False

    def add_bid(self, px: Px, delta: int) -> bool:
        """Change one bid level by `delta`. Raises Unintelligible where it would go below 0."""
        return self.set_bid(px, _sum(self.bids.get(px, 0), delta, self.market.id))

    def add_ask(self, px: Px, delta: int) -> bool:
        """Change one ask level by `delta`. Raises Unintelligible where it would go below 0."""
        return self.set_ask(px, _sum(self.asks.get(px, 0), delta, self.market.id))

    @property
    def crossed(self) -> bool:
        """Say whether somebody would buy above what somebody sells for: an alarm, not an edge."""
        return self.best_bid >= self.best_ask

    def view(self, heard_ns: Ns) -> "BookView":
        """An immutable copy, sorted, best first; `heard_ns` is when its feed last spoke.

        A side that did not change since the last view is not sorted again: a basket is looked at
        when one of its books moved, and then all the others stand still.
        """
        if self.bid_ladder is None:
            self.bid_ladder = tuple(sorted(self.bids.items(), reverse=True))
        if self.ask_ladder is None:
            self.ask_ladder = tuple(sorted(self.asks.items()))
        return BookView(  # by position, which takes half as long as by name
            self.market,
            self.bid_ladder,
            self.ask_ladder,
            self.live,
            self.agrees,
            self.epoch,
            self.seen_ns,
            heard_ns,
            self.snapshot_ns,
            self.bid_top.move,
            self.ask_top.move,
            self.last_trade,
            self.traded,
        )


@attrs.frozen(slots=False)
class BookView:
    """One book at one moment, with the market's rules as they were then.

    Made by the thousand and short-lived: without slots it is made in half the time.
    """

    market: Market
    bids: Ladder
    asks: Ladder
    live: bool
    agrees: bool
    epoch: int
    seen_ns: Ns
    """When this book last changed, by our clock."""
    heard_ns: Ns
    """When the connection that carries it last brought data, by our clock."""
    snapshot_ns: Ns = Ns(0)
    """When this book was last told whole, by our clock."""
    bid_move: Move | None = None
    ask_move: Move | None = None
    """How the best prices came to be where they are; None where they never moved in this epoch."""
    last_trade: LastTrade | None = None
    traded: Qty = Qty(0)
    """Contracts that changed hands since the books are kept."""

    @property
    def crossed(self) -> bool:
        """Say whether the best bid is at or above the best ask."""
        return bool(self.bids and self.asks and self.bids[0][0] >= self.asks[0][0])

    def ladder(self, outcome: Outcome, action: Action) -> Ladder:
        """What an order of this kind would meet, in the outcome's own prices, best first."""
        takes_asks = (outcome is Outcome.YES) is (action is Action.BUY)
        levels = self.asks if takes_asks else self.bids
        if outcome is Outcome.YES:
            return levels
        # Levels by the hundred for every basket that crosses: calling for each takes three times it.
        return tuple([(MICRO - px, qty) for px, qty in levels])  # type: ignore[misc]


def _sum(have: int, delta: int, market: MarketId) -> Qty:
    total = have + delta
    if total < 0:
        raise Unintelligible(f"{market}: a level would fall to {total} millionths")
    return Qty(total)
