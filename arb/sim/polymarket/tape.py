"""What the engine did since the last look: kept until one whole placement can be told at once."""

from collections.abc import Callable

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Px, Qty
from arb.sim.orders import Match, SimOrder

LevelKey = tuple[bool, Px]
"""Bid or ask, and the price in YES terms."""


@attrs.frozen
class Happenings:
    """Everything between two looks. Levels carry their newest totals."""

    levels: dict[MarketId, dict[LevelKey, Qty]] = attrs.field(factory=dict)
    matches: dict[str, list[Match]] = attrs.field(factory=dict)
    """By taker."""
    orders: dict[str, SimOrder] = attrs.field(factory=dict)
    resolutions: dict[MarketId, bool] = attrs.field(factory=dict)


class Tape:
    """Listens to the engine. `wake` is called whenever something is there to be told."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Start empty."""
        self._wake = wake
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
        """Note a level's new total."""
        self._now.levels.setdefault(market, {})[is_bid, px] = total
        self._wake()

    def matched(self, match: Match) -> None:
        """Note a match under its taker."""
        self._now.matches.setdefault(match.taker.id, []).append(match)
        self._wake()

    def order_changed(self, order: SimOrder) -> None:
        """Note that an order is not what it was."""
        self._now.orders[order.id] = order
        self._wake()

    def resolved(self, market: MarketId, yes_pays: bool) -> None:  # noqa: FBT001 - the engine's
        """Note how a market ended."""
        self._now.resolutions[market] = yes_pays
        self._wake()
