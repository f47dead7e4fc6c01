"""What the engine did since the last look: kept until one whole placement can be told at once.

Changed levels are told at once, one by one: the best prices in the event are those of that moment.
"""

from collections.abc import Callable

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Px, Qty
from arb.sim.orders import Match, SimOrder

LevelChanged = Callable[[MarketId, bool, Px, Qty], None]
"""Market, whether a bid, price in YES terms, new total."""


@attrs.frozen
class Happenings:
    """Everything between two looks."""

    changed: dict[MarketId, None] = attrs.field(factory=dict)
    """Markets whose books changed."""
    matches: dict[str, list[Match]] = attrs.field(factory=dict)
    """By taker."""
    orders: dict[str, SimOrder] = attrs.field(factory=dict)
    resolutions: dict[MarketId, Px] = attrs.field(factory=dict)
    moved: dict[str, None] = attrs.field(factory=dict)
    """Accounts whose balances changed for another reason than a match."""


class Tape:
    """Listens to the engine. `wake` is called whenever something is there to be told."""

    def __init__(self, wake: Callable[[], None], level_changed: LevelChanged) -> None:
        """Start empty."""
        self._wake = wake
        self._level_changed = level_changed
        self._now = Happenings()

    def take(self) -> Happenings:
        """Everything since the last call."""
        taken, self._now = self._now, Happenings()
        return taken

    def book_changed(  # noqa: PLR0913, PLR0917 - the engine's signature
        self,
        market: MarketId,
        is_bid: bool,  # noqa: FBT001 - the same
        px: Px,
        total: Qty,
        delta: int,  # noqa: ARG002 - this venue tells totals
        order: SimOrder | None,  # noqa: ARG002 - and nobody's name
    ) -> None:
        """Tell of a level's new total."""
        self._now.changed[market] = None
        self._level_changed(market, is_bid, px, total)
        self._wake()

    def matched(self, match: Match) -> None:
        """Note a match under its taker."""
        self._now.matches.setdefault(match.taker.id, []).append(match)
        self._wake()

    def order_changed(self, order: SimOrder) -> None:
        """Note that an order is not what it was."""
        self._now.orders[order.id] = order
        self._wake()

    def resolved(self, market: MarketId, payout: Px) -> None:
        """Note how a market ended."""
        self._now.resolutions[market] = payout
        self._wake()

    def reversed(self, match: Match) -> None:
        """Note whose match was taken back."""
        for order in (match.taker, match.maker):
            self._now.moved[order.account] = None
        self._wake()

    def halted(self, market: MarketId, is_halted: bool) -> None:  # noqa: FBT001 - the engine's
        """Nothing: whoever halts a market here tells of it."""

    def sets_changed(self, account: str, market: MarketId, delta: int) -> None:  # noqa: ARG002 - whose, not how many
        """Note whose balances changed."""
        self._now.moved[account] = None
        self._wake()
