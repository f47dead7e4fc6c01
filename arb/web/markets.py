"""What is listed, for people who look for one market among tens of thousands."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import trio

from arb.board import Board
from arb.market.instruments import Market, MarketId
from arb.messages import Approved, BasketEnded
from arb.web.names import label_of, readable
from arb.web.sections import refusal_as_json
from arb.web.timelines import realised_edge

AT_ONCE = 1_000
"""Markets looked at before others run: a few tenths of a millisecond."""
PAGE = 25
"""Markets of one answer."""
NS_PER_MS = 1_000_000


@attrs.define
class Directory:
    """Finds markets by any words of their id or title."""

    markets: Mapping[MarketId, Market]
    twins: Mapping[MarketId, tuple[MarketId, bool]] = attrs.field(factory=dict, repr=False)
    """The other venue's market, where a pair is verified, and whether it asks for the opposite."""
    _texts: list[tuple[str, MarketId]] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Fold everything once: searching is then a matter of milliseconds."""
        self._texts = [
            (f"{market.id} {market.title} {market.label}".casefold(), market.id)
            for market in self.markets.values()
        ]

    async def search(self, words: str, page: int) -> dict[str, Any]:
        """The markets that have every word, a page at a time, counted from 0.

        Others run in between: no order waits for somebody who types.
        """
        found = await self._matches(words.casefold().split())
        shown = [known for _, known in found[page * PAGE : (page + 1) * PAGE]]
        return {
            "found": len(found),
            "page": page,
            "pages": -(-len(found) // PAGE),
            "markets": [self._line(known) for known in shown],
        }

    async def _matches(self, wanted: Sequence[str]) -> Sequence[tuple[str, MarketId]]:
        """All texts that have every word."""
        if not wanted:  # what every first page asks for: nothing to look through
            await trio.lowlevel.checkpoint()
            return self._texts
        found: list[tuple[str, MarketId]] = []
        for begin in range(0, len(self._texts), AT_ONCE):
            some = self._texts[begin : begin + AT_ONCE]
            found += [row for row in some if all(word in row[0] for word in wanted)]
            await trio.lowlevel.checkpoint()
        return found

    def _line(self, known: MarketId) -> dict[str, Any]:
        market = self.markets[known]
        return {
            "id": market.id,
            "venue": str(market.venue),
            "title": market.title,
            "label": label_of(market),
            "closes_ms": market.closes_ns // NS_PER_MS if market.closes_ns else None,
        }

    def explain(self, known: MarketId, board: Board) -> dict[str, Any] | None:
        """Why a market was or was not traded; None where no such market is watched."""
        if known not in self.markets:
            return None
        begun: list[tuple[Approved, BasketEnded | None]] = [*board.ended]
        begun += [(approved, None) for approved in board.in_flight.values()]
        taken = [
            self._taken(board, approved, ended)
            for approved, ended in begun
            if any(market.id == known for market in approved.markets)
        ]
        refused = [refusal_as_json(row, self.markets) for row in board.funnel.of_market(known)]
        return {
            **self._line(known),
            "twin": self._twin(known),
            "taken": taken,
            "refused": refused,
        }

    def _twin(self, known: MarketId) -> dict[str, Any] | None:
        if known not in self.twins:
            return None
        other, inverted = self.twins[known]
        return {**self._line(other), "inverted": inverted}

    def _taken(self, board: Board, approved: Approved, ended: BasketEnded | None) -> dict[str, Any]:
        """A basket that was begun: what it was to bring, what came of it, and why."""
        return {
            "basket": approved.basket,
            "title": readable(approved.plan.template.title, self.markets),
            "end": "in flight" if ended is None else str(ended.end),
            "begun_ms": approved.decided_ns // NS_PER_MS,
            "cost": approved.plan.cost + approved.plan.fees,
            "claimed": approved.plan.profit,
            "made": None if ended is None else realised_edge(board, approved, ended),
            "note": "" if ended is None else readable(ended.note, self.markets),
        }
