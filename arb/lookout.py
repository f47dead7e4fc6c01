"""Books for those who are about to trade: as the cache has them now, or read afresh."""

from collections.abc import Mapping, Sequence

import attrs
import trio

from arb.market.book import BookView
from arb.market.errors import ArbError
from arb.market.instruments import Market, MarketId, Venue
from arb.market.units import Clock
from arb.messages import Trouble
from arb.ports import BookPort
from arb.venues.protocols import MarketData

Books = dict[MarketId, BookView]


@attrs.frozen
class Lookout:
    """Asks for books. What is not known is missing from the answer; nothing is ever guessed."""

    cache: BookPort
    data: Mapping[Venue, MarketData]
    troubles: trio.MemorySendChannel[Trouble]
    book_s: float
    """For one book: one lost request must not eat the whole time of an unwind."""
    now_ns: Clock

    async def live(self, markets: Sequence[Market]) -> Books:
        """The cache's books of this moment."""
        return await self.cache.ask(markets)

    async def fresh(self, markets: Sequence[Market]) -> Books:
        """Read the books side by side, by request."""
        found: Books = {}
        async with trio.open_nursery() as nursery:
            for market in {market.id: market for market in markets}.values():
                nursery.start_soon(self._read, market, found)
        return found

    async def _read(self, market: Market, found: Books) -> None:
        try:
            with trio.fail_after(self.book_s):
                found[market.id] = await self.data[market.venue].book(market)
        except (ArbError, trio.TooSlowError) as error:
            detail = f"no book: {error!r}"
            trouble = Trouble(market.venue, "book", detail, self.now_ns(), market.id)
            self.troubles.send_nowait(trouble)
