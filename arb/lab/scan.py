"""The scanner over replayed books."""

from collections import Counter
from collections.abc import Sequence

from arb.detect.episodes import Episode, Episodes
from arb.detect.gate import Gate
from arb.detect.lanes.binary import binary
from arb.detect.opportunity import Criteria, Opportunity, find
from arb.lab.replay_report import BasketFigures
from arb.market.book import Book
from arb.market.instruments import Market
from arb.market.shelf import Shelf
from arb.market.units import Ns

_SAME_EPISODE_NS = 1_000_000_000
"""A basket that was away for longer shows itself anew."""
_MOST_EPISODES = 1_000


class Scan:
    """Gate and scanner over the books: the binary basket of every market.

    No frame says which markets exclude each other, so no other basket can be proved.
    """

    def __init__(self, markets: Sequence[Market], shelf: Shelf, criteria: Criteria) -> None:
        """Take the books; what makes an opportunity is `criteria`."""
        self._shelf = shelf
        self._criteria = criteria
        self._gate = Gate(binary(markets).baskets, shelf.books)
        self._episodes = Episodes(_SAME_EPISODE_NS, _MOST_EPISODES)
        self._ended: list[Episode] = []
        self._refused: Counter[str] = Counter()

    def look(self, books: Sequence[Book], now_ns: Ns) -> None:
        """Look at what a frame changed."""
        for book in books:
            self._gate.update(book)
        for template in self._gate.take_hot():
            views = [self._shelf.view(leg.market) for leg in template.legs]
            found = find(template, views, now_ns, self._criteria)
            if isinstance(found, Opportunity):
                self._episodes.see(found.plan, found.seen_ns)
            else:
                self._refused[found.reason.value] += 1
        self._ended += self._episodes.fetch_ended(now_ns)

    def figures(self, fee_rate_ppm: int | None) -> BasketFigures:
        """Everything found."""
        return BasketFigures(
            found=(*self._ended, *self._episodes.going_on()),
            refused=dict(self._refused),
            fee_note="before fees: the recording has no fee rule"
            if fee_rate_ppm is None
            else f"after fees of {fee_rate_ppm} millionths of p(1 - p)",
        )
