"""One market's resting orders, in YES terms, by price and then by time."""

from bisect import bisect_left, insort
from collections.abc import Iterator

import attrs

from arb.market.book import Ladder
from arb.market.instruments import Outcome
from arb.market.units import MICRO, Px, Qty, complement, cost
from arb.sim.orders import NOTHING, SimOrder, Stp, Tif


@attrs.define(eq=False)
class Level:
    """Everything that rests at one price, oldest first."""

    px: Px
    total: Qty = NOTHING
    orders: dict[str, SimOrder] = attrs.field(factory=dict)


class BookSide:
    """The bids, or the asks, of one market."""

    __slots__ = ("_keys", "_levels", "_sign")

    def __init__(self, *, is_bid: bool) -> None:
        """Start empty."""
        self._sign = -1 if is_bid else 1
        self._keys: list[int] = []  # prices times the sign, so that the best is always first
        self._levels: dict[int, Level] = {}

    def __iter__(self) -> Iterator[Level]:
        """Go through the levels, best first."""
        for key in self._keys:
            yield self._levels[key]

    @property
    def best(self) -> Px | None:
        """The best price, None where nothing rests."""
        return Px(self._sign * self._keys[0]) if self._keys else None

    def ladder(self) -> Ladder:
        """Prices and totals, best first."""
        return tuple((level.px, level.total) for level in self)

    def add(self, order: SimOrder) -> Qty:
        """Rest an order behind the others at its price; returns the level's new total."""
        key = self._sign * order.px
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = Level(order.px)
            insort(self._keys, key)
        level.orders[order.id] = order
        level.total = Qty(level.total + order.remaining)
        return level.total

    def take(self, order: SimOrder, qty: Qty, *, gone: bool) -> Qty:
        """Take `qty` of a resting order off, and the order with it if it is `gone`.

        Returns the level's new total.
        """
        key = self._sign * order.px
        level = self._levels[key]
        level.total = Qty(level.total - qty)
        if gone:
            del level.orders[order.id]
            if not level.orders:
                del self._levels[key]
                del self._keys[bisect_left(self._keys, key)]
        return level.total


@attrs.frozen
class Plan:
    """What an incoming order would meet now, in order of price and time."""

    fills: tuple[tuple[SimOrder, Qty], ...]
    complete: bool
    """Everything it wants is there."""
    meets_itself: bool
    """Another order of the same account stands in the way of the rest."""
    steps_aside: tuple[SimOrder, ...] = ()
    """Orders of the same account that are cancelled to let it pass."""

    @property
    def qty(self) -> Qty:
        """How much it would fill."""
        return Qty(sum(qty for _, qty in self.fills))

    def rests(self, order: SimOrder) -> bool:
        """Say whether something of the order is going to rest."""
        return order.tif is Tif.GTC and not self.complete and not self.meets_itself


_MEETS_NOBODY = Plan((), complete=False, meets_itself=False)


class OrderBook:
    """Both sides of one market."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        """Start empty."""
        self.bids = BookSide(is_bid=True)
        self.asks = BookSide(is_bid=False)

    def side(self, *, is_bid: bool) -> BookSide:
        """The side where such orders rest."""
        return self.bids if is_bid else self.asks

    def __iter__(self) -> Iterator[SimOrder]:
        """Go through everything that rests: bids, then asks, best first, oldest first."""
        for side in (self.bids, self.asks):
            for level in side:
                yield from level.orders.values()

    def plan(self, order: SimOrder) -> Plan:
        """Find what an order that is not yet on the book would meet. Changes nothing."""
        if not self._crosses(order):
            return _MEETS_NOBODY
        fills: list[tuple[SimOrder, Qty]] = []
        aside: list[SimOrder] = []
        wanted = _Appetite(order)
        for maker in self._crossing(order):
            if not wanted.left:
                break
            if maker.account == order.account and order.stp is not Stp.NONE:
                if order.stp is Stp.TAKER:
                    return Plan(tuple(fills), complete=False, meets_itself=True)
                aside.append(maker)
                continue
            qty = wanted.bite(maker.px, maker.remaining)
            if qty:
                fills.append((maker, qty))
        return Plan(tuple(fills), not wanted.left, meets_itself=False, steps_aside=tuple(aside))

    def _crosses(self, order: SimOrder) -> bool:
        """Say whether the best order of the other side is good enough."""
        best = self.side(is_bid=not order.is_bid).best
        if best is None:
            return False
        return best <= order.px if order.is_bid else best >= order.px

    def _crossing(self, order: SimOrder) -> Iterator[SimOrder]:
        for level in self.side(is_bid=not order.is_bid):
            if (level.px > order.px) if order.is_bid else (level.px < order.px):
                return
            yield from level.orders.values()


class _Appetite:
    """What an incoming order still wants: contracts, or dollars' worth of them."""

    __slots__ = ("_buys_no", "_in_dollars", "left")

    def __init__(self, order: SimOrder) -> None:
        self._in_dollars = order.spend is not None
        self._buys_no = order.outcome is Outcome.NO
        self.left: int = order.outstanding if order.spend is None else order.spend

    def bite(self, px: Px, on_offer: Qty) -> Qty:
        """Take as much of an offer at `px` (YES terms) as is wanted."""
        if not self._in_dollars:
            qty = Qty(min(self.left, on_offer))
            self.left -= qty
            return qty
        price = complement(px) if self._buys_no else px
        qty = Qty(min(self.left * MICRO // price, on_offer))
        self.left -= cost(price, qty)
        return qty
