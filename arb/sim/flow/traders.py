"""The flow's own accounts, and the only way in which it trades: through the matching engine."""

from collections import Counter

from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Px, Qty, Usd
from arb.sim.engine import Exchange, RejectCode, Rejection, Tif

MAKER = "maker"
NOISE = "noise"
INFORMED = "informed"
TRADERS = (MAKER, NOISE, INFORMED)
PURSE = Usd(10**18)
"""A trillion dollars: they never run dry."""
INVENTORY = Qty(10**6 * MICRO)
"""Contracts of each kind that a maker starts with where a sale needs them."""
POOLS = range(4)


class Traders:
    """Places and cancels for the flow's accounts."""

    def __init__(self) -> None:
        """Start without orders."""
        self.refused: Counter[RejectCode] = Counter()
        """Orders that a venue did not take, by reason."""
        self._orders = 0

    def fund(self, exchange: Exchange) -> None:
        """Open the accounts on one venue."""
        for account in TRADERS:
            exchange.open_account(account, dict.fromkeys(POOLS, PURSE), remembers=False)

    def stock(self, exchange: Exchange, market: MarketId) -> None:
        """Give the makers what they need for a new market."""
        if not exchange.nets:
            exchange.split(MAKER, market, INVENTORY)

    def place(  # noqa: PLR0913, PLR0917 - an order has this many parts
        self,
        exchange: Exchange,
        market: MarketId,
        account: str,
        outcome: Outcome,
        action: Action,
        limit: Px,
        qty: Qty,
        tif: Tif,
    ) -> str:
        """Place an order; returns its id, or "" where the venue refuses it."""
        self._orders += 1
        order_id = f"{account}-{self._orders}"
        try:
            exchange.place(
                id=order_id,
                account=account,
                market=market,
                outcome=outcome,
                action=action,
                limit=limit,
                qty=qty,
                tif=tif,
            )
        except Rejection as rejection:
            self.refused[rejection.code] += 1  # closed or halted meanwhile: the next look mends it
            return ""
        return order_id
