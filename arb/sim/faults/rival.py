"""Somebody who is a moment faster: takes what an order was about to meet."""

from collections.abc import Iterable

import attrs

from arb.market.book import Ladder
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Px, Qty, Usd, complement, round_down
from arb.sim.engine import Exchange, Rejection, Tif

RIVAL = "rival"
"""The rival's account in both matching engines."""
PURSE = Usd(10**15)
"""A billion dollars: the rival can always pay."""
POOLS = range(4)
"""Cash pools that a venue may have (Kalshi's shards)."""


@attrs.frozen
class Incoming:
    """An order on its way, in YES terms."""

    market: MarketId
    is_bid: bool
    px: Px


@attrs.define
class Rival:
    """One venue's fast trader. Opens its account when it is made."""

    exchange: Exchange
    account: str = RIVAL
    _orders: int = 0

    def __attrs_post_init__(self) -> None:
        """Pay money in."""
        self.exchange.open_account(self.account, dict.fromkeys(POOLS, PURSE), remembers=False)

    def take(self, order: Incoming, share_ppm: int) -> Qty:
        """Take a share of what `order` would meet; returns how much was taken, 0 if nothing."""
        listing = self.exchange.listing(order.market)
        bids, asks = self.exchange.levels(order.market)
        there = sum(_crossing(asks if order.is_bid else bids, order))
        qty = Qty(round_down(there * share_ppm // MICRO, listing.lot))
        if qty < max(listing.min_qty, listing.lot):
            return Qty(0)
        try:
            return self._trade(order, qty)
        except Rejection:
            return Qty(0)  # the market closed meanwhile: there is nothing to be faster for

    def _trade(self, order: Incoming, qty: Qty) -> Qty:
        self._orders += 1
        outcome, action, limit = Outcome.YES, Action.BUY, order.px
        if not order.is_bid and self.exchange.nets:
            outcome, limit = Outcome.NO, complement(order.px)
        elif not order.is_bid:
            action = Action.SELL
            self.exchange.split(self.account, order.market, qty)
        _, matches = self.exchange.place(
            id=f"{self.account}-{self._orders}",
            account=self.account,
            market=order.market,
            outcome=outcome,
            action=action,
            limit=limit,
            qty=qty,
            tif=Tif.IOC,
        )
        return Qty(sum(match.qty for match in matches))


def _crossing(ladder: Ladder, order: Incoming) -> Iterable[Qty]:
    """What stands at prices that the order accepts."""
    for px, qty in ladder:
        if px <= order.px if order.is_bid else px >= order.px:
            yield qty
