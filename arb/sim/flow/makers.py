"""Makers: they quote each market around what its venue believes, and lean against what they hold."""

import random
from collections.abc import Iterable

import attrs

from arb.market.errors import OffGrid
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Px, Qty, complement
from arb.sim.engine import Tif
from arb.sim.flow.topics import Quoted, Topic, contracts
from arb.sim.flow.traders import MAKER, Traders

SHAPE = (4, 8, 9, 7, 6, 5, 4, 3, 2)
"""Quarters of the size at the best price, level by level: less at the very front, most behind it, then
thinning out; and the gaps grow meanwhile."""
LEAN_CONTRACTS = 400
"""A maker that holds so many contracts more than it began with asks a step less."""
MOST_LEAN = 3
LEAN = 1_000
"""One step, in millionths of a dollar."""
LEAST, MOST = 1_000, 999_000
WRONG_SHARE = 5
"""A quote that is wrong has this part of the usual size (recorded disagreements: most cap at 15 shares)."""
LEAST_SIZE = 5
"""Contracts: the least that Polymarket takes."""


@attrs.frozen
class Makers:
    """Puts up and replaces the quotes of every market."""

    rng: random.Random
    traders: Traders

    def learn(self, topic: Topic, quoted: Quoted) -> None:
        """Believe what is true, and quote it."""
        quoted.belief = topic.truth(quoted.listed)
        self.quote(quoted)

    def quote(self, quoted: Quoted) -> None:
        """Replace what differs from the quotes that the maker wants now."""
        exchange, orders = quoted.exchange, quoted.orders
        if not (quoted.silent or quoted.takes_orders):
            return
        wanted = {} if quoted.silent else self._wanted(quoted)
        for key, order_id in list(orders.items()):
            if quoted.frozen is key[0] and not quoted.silent:
                continue
            if key not in wanted or exchange.order(order_id) is None:
                exchange.cancel(order_id)
                del orders[key]
        for (is_bid, px), depth in wanted.items():
            if (is_bid, px) not in orders:
                order_id = self._rest(quoted, px, self._size(quoted, depth), is_bid=is_bid)
                if order_id:
                    orders[is_bid, px] = order_id

    def leave(self, topic: Topic) -> None:
        """Take every quote of a question away, for good."""
        for quoted in topic.quoted:
            quoted.silent = True
            self.quote(quoted)

    def _wanted(self, quoted: Quoted) -> dict[tuple[bool, Px], int]:
        """The places of a few levels on both sides. Behind the best an order near enough stays."""
        grid = quoted.exchange.listing(quoted.market).grid
        center = min(MOST, max(LEAST, quoted.belief + quoted.offset - self._lean(quoted)))
        bids = [px for is_bid, px in quoted.orders if is_bid]
        asks = [px for is_bid, px in quoted.orders if not is_bid]
        low, high = self._limits(quoted)
        wanted: dict[tuple[bool, Px], int] = {}
        slack, gap = 0, max(grid.finest_step, quoted.profile.gap)
        distance = grid.finest_step // 10 + quoted.profile.half
        for depth in range(quoted.profile.levels):
            bid = _near(bids, center - distance, slack) or _at_most(grid, center - distance)
            ask = _near(asks, center + distance, slack) or _at_least(grid, center + distance)
            if bid and bid < low and quoted.frozen is not True:
                wanted.setdefault((True, bid), depth)
            if ask and ask > high and quoted.frozen is not False:
                wanted.setdefault((False, ask), depth)
            slack, distance, gap = gap * 2 // 3, distance + gap, gap + gap // 4
        return wanted

    def _size(self, quoted: Quoted, depth: int) -> Qty:
        """How much to offer at a level; whoever is wrong is mostly small."""
        profile = quoted.profile
        if profile.thin and not depth:
            return contracts(1)
        size = profile.size * SHAPE[depth] * self.rng.randrange(50, 150) // 400
        return contracts(max(size // WRONG_SHARE if quoted.offset else size, LEAST_SIZE))

    def _limits(self, quoted: Quoted) -> tuple[int, int]:
        """No bid at or above a frozen ask, no ask at or below a frozen bid."""
        if quoted.frozen is None:
            return MICRO, 0
        held = [px for is_bid, px in quoted.orders if is_bid is quoted.frozen]
        if quoted.frozen:
            return MICRO, max(held, default=0)
        return min(held, default=MICRO), 0

    def _lean(self, quoted: Quoted) -> int:
        """How much less to ask for holding more than at first, in millionths of a dollar."""
        yes, no = quoted.exchange.position(MAKER, quoted.market)
        steps = (yes - no) // contracts(LEAN_CONTRACTS)
        return max(-MOST_LEAN, min(MOST_LEAN, steps)) * LEAN

    def _rest(self, quoted: Quoted, px: Px, qty: Qty, *, is_bid: bool) -> str:
        outcome, action, limit = Outcome.YES, Action.BUY, px
        if not is_bid and (quoted.exchange.nets or px % 20_000):  # sell some, buy NO for the rest
            outcome, limit = Outcome.NO, complement(px)
        elif not is_bid:
            action = Action.SELL
        return self.traders.place(
            quoted.exchange, quoted.market, MAKER, outcome, action, limit, qty, Tif.GTC
        )


def _near(prices: Iterable[Px], px: int, slack: int) -> Px:
    """A price that is at most `slack` away, 0 where there is none."""
    if slack:
        for one in prices:
            if -slack <= one - px <= slack:
                return one
    return Px(0)


def _at_most(grid: PriceGrid, px: int) -> Px:
    try:
        return grid.at_most(px)
    except OffGrid:
        return Px(0)


def _at_least(grid: PriceGrid, px: int) -> Px:
    try:
        return grid.at_least(px)
    except OffGrid:
        return Px(0)
