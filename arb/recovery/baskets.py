"""Baskets that a former run left behind: even ones are ended, the others are unwound."""

from collections.abc import Mapping, Sequence
from functools import partial

import attrs

from arb.market.instruments import Market, MarketId
from arb.market.units import Clock, Qty
from arb.messages import (
    Approved,
    BasketEnded,
    LineKind,
    ReconciliationLine,
    Unwind,
)
from arb.store.baskets import StoredBasket
from arb.store.half_done import approved_of, has_sold, read_held, read_lost
from arb.store.journal import Journal
from arb.store.leftovers import LeftState, read_leftovers
from arb.trade.execution import end_of, exposures, hedged


@attrs.frozen
class Baskets:
    """What the store knows of baskets that are not over."""

    journal: Journal
    markets: Mapping[MarketId, Market]
    now_ns: Clock

    def unlisted(self) -> list[ReconciliationLine]:
        """Markets where something is still to be done, but that cannot be traded any more."""
        wanted = {stored.market for stored in self.journal.orders(unfinished=True)}
        for basket in self._open():
            wanted |= {leg.market for leg in basket.legs}
        words = "is no longer listed, but the store has something unfinished there"
        return [
            ReconciliationLine(LineKind.UNLISTED, f"{market} {words}", explained=False)
            for market in sorted(wanted - self.markets.keys())
        ]

    def unhedged(self) -> list[ReconciliationLine]:
        """Contracts that baskets left over, and that no person has taken over."""
        return [
            ReconciliationLine(
                LineKind.UNHEDGED,
                f"{one.qty} micro-contracts of {one.outcome} in {one.market} are left over of"
                f" basket {one.basket}, unhedged: {one.note} (`python -m arb stuck`)",
                explained=False,
            )
            for one in self.journal.ask(read_leftovers)
            if one.state is LeftState.STUCK and not one.settled
        ]

    def finish(self) -> tuple[tuple[Unwind, ...], list[ReconciliationLine]]:
        """End the baskets that are even; return what must be unwound, and what was found."""
        unwinds: list[Unwind] = []
        ends: list[BasketEnded] = []
        found: list[ReconciliationLine] = []
        for basket in self._open():
            if any(leg.market not in self.markets for leg in basket.legs):
                continue
            approved = approved_of(basket, self.markets)
            bought = self.journal.ask(partial(read_held, basket=basket))
            if exposures(approved, bought):
                reason = "a former run left it half done"
                lost = self.journal.ask(partial(read_lost, basket=basket.id))
                unwinds.append(Unwind(approved, bought, (), reason, reopened=True, lost=lost))
                found.append(_half_done(basket, bought))
            else:
                ends.append(self._even(approved, bought))
        self.journal.write(ends)
        found += map(_even, ends)
        return tuple(unwinds), found

    def _open(self) -> list[StoredBasket]:
        return [basket for basket in self.journal.baskets() if basket.outcome is None]

    def _even(self, approved: Approved, bought: Sequence[int]) -> BasketEnded:
        sold = self.journal.ask(partial(has_sold, basket=approved.basket))
        return BasketEnded(
            basket=approved.basket,
            end=end_of(approved, bought, unwound=sold),
            sets=Qty(hedged(bought)),
            stuck=(),
            note="ended at start-up",
            at_ns=self.now_ns(),
        )


def _half_done(basket: StoredBasket, bought: Sequence[int]) -> ReconciliationLine:
    words = f"basket {basket.id} is half done, its legs hold {list(bought)}: unwound next"
    return ReconciliationLine(LineKind.HALF_DONE, words, explained=True)


def _even(end: BasketEnded) -> ReconciliationLine:
    words = f"basket {end.basket}: {end.end} with {end.sets} sets"
    return ReconciliationLine(LineKind.EVEN, words, explained=True)
