"""What is listed, for people who look for one market among tens of thousands."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import trio

from arb.board import Board
from arb.market.instruments import Market, MarketId
from arb.web.sections import refusal_as_json

AT_ONCE = 1_000
"""Markets looked at before others run: a few tenths of a millisecond."""
PAGE = 50
"""Markets of one answer."""
NS_PER_MS = 1_000_000


@attrs.define
class Directory:
    """Finds markets by any words of their id or title."""

    markets: Mapping[MarketId, Market]
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
        wanted, found = words.casefold().split(), list[MarketId]()
        for begin in range(0, len(self._texts), AT_ONCE):
            some = self._texts[begin : begin + AT_ONCE]
            found += [known for text, known in some if all(word in text for word in wanted)]
            await trio.lowlevel.checkpoint()
        shown = found[page * PAGE : (page + 1) * PAGE]
        return {
            "found": len(found),
            "page": page,
            "pages": -(-len(found) // PAGE),
            "markets": [self._line(known) for known in shown],
        }

    def _line(self, known: MarketId) -> dict[str, Any]:
        market = self.markets[known]
        return {
            "id": market.id,
            "venue": str(market.venue),
            "title": market.title,
            "label": market.label,
            "closes_ms": market.closes_ns // NS_PER_MS if market.closes_ns else None,
        }

    def explain(self, known: MarketId, board: Board) -> dict[str, Any] | None:
        """Why a market was or was not traded; None where no such market is watched."""
        if known not in self.markets:
            return None
        begun = [(approved, str(end.end)) for approved, end in board.ended]
        begun += [(approved, "in flight") for approved in board.in_flight.values()]
        taken: Sequence[Any] = [
            {"basket": approved.basket, "title": approved.plan.template.title, "end": end}
            for approved, end in begun
            if any(market.id == known for market in approved.markets)
        ]
        refused = [refusal_as_json(row) for row in board.funnel.of_market(known)]
        return {**self._line(known), "taken": taken, "refused": refused}
