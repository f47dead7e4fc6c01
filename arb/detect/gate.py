"""The running-sum gate: which baskets can have an edge at all, kept current with every change.

For each template it keeps the sum of what its legs cost at the best prices, fees included and
rounded down. A best price that moves changes the sums of that market's templates by the
difference: a few additions, whatever the number of legs. Only a template whose sum lies below its
payout is worth the exact sweep, and no other can pass it: the sum is never above what a sweep
pays for the first contracts, which are the cheapest.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from arb.detect.all_in import NO_QUOTE, all_in
from arb.detect.basket import Leg, Template
from arb.market.book import NO_ASK, NO_BID, Book
from arb.market.errors import Refused
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, Px

_TURNS = 16
"""Rescans in which every sum is added up anew once."""
_NOTHING = 0
"""The place in the list of costs that always holds 0; each market has two places after it."""


class _Quotes:
    """One market: where its best prices are kept, what they cost, the slots of who buys here."""

    __slots__ = ("at", "buyers", "costs", "no_buyers", "no_place", "yes_buyers", "yes_place")

    def __init__(self, book: Book, at: int) -> None:
        self.at = at
        self.yes_place = 2 * at + 1
        self.no_place = 2 * at + 2
        self.costs = all_in(book.market.fees)
        self.yes_buyers: tuple[int, ...] = ()
        self.no_buyers: tuple[int, ...] = ()
        self.buyers: tuple[int, ...] = ()

    def add_buyer(self, slot: int, outcome: Outcome) -> None:
        if outcome is Outcome.YES:
            self.yes_buyers += (slot,)
        else:
            self.no_buyers += (slot,)
        self.buyers += (slot,)


class Gate:
    """Sums of best all-in costs, in pico-dollars, by template. Owned by the owner of the books.

    It keeps the books it is given and reads them, and takes their markets' fee rules as they are
    then: new templates, markets or fees mean a new gate. Call `update` after every change of a
    book, a break included.
    """

    def __init__(self, templates: Iterable[Template], books: Mapping[MarketId, Book]) -> None:
        """Take up every template, all of them hot that may be.

        Raises Refused where a leg's market has no book.
        """
        self._templates = tuple(templates)
        self._pays = [template.payout * MICRO for template in self._templates]
        self._costs = [0]
        self._asks: list[Px] = []
        self._bids: list[Px] = []
        self._quotes: dict[Book, _Quotes] = {}
        self._legs = [
            itemgetter(_NOTHING, *[self._enlist(slot, leg, books) for leg in template.legs])
            for slot, template in enumerate(self._templates)
        ]
        self._sums = [sum(legs(self._costs)) for legs in self._legs]
        self._below: set[int] = set()
        self._hot: set[int] = set()
        for book in self._quotes:
            self.update(book)
        self._turn = 0
        self.corrected = 0
        """What rescans found wrong since the start: anything but 0 is a fault to report."""

    def _enlist(self, slot: int, leg: Leg, books: Mapping[MarketId, Book]) -> int:
        """Note who buys a leg and return where its cost is kept."""
        book = books.get(leg.market)
        if book is None:
            raise Refused(f"{leg.market}: no book to watch a basket by")
        quotes = self._quotes.get(book)
        if quotes is None:
            quotes = self._quotes[book] = _Quotes(book, len(self._asks))
            self._asks.append(NO_ASK)
            self._bids.append(NO_BID)
            self._costs += (NO_QUOTE, NO_QUOTE)
        quotes.add_buyer(slot, leg.outcome)
        return quotes.yes_place if leg.outcome is Outcome.YES else quotes.no_place

    def update(self, book: Book) -> None:
        """Take up a book's best prices after a change; its hot templates are kept for later.

        A change behind the best prices counts too: it may make a basket larger. Markets that no
        template needs are ignored.
        """
        quotes = self._quotes.get(book)
        if quotes is None:
            return
        ask, bid = NO_ASK, NO_BID
        if book.live:
            ask = book.best_ask
            bid = book.best_bid
        at = quotes.at
        if ask != self._asks[at]:
            self._asks[at] = ask
            self._move(quotes.yes_place, quotes.costs[ask], quotes.yes_buyers)
        if bid != self._bids[at]:
            self._bids[at] = bid
            self._move(quotes.no_place, quotes.costs[MICRO - bid], quotes.no_buyers)
        below = self._below
        if below:
            for slot in quotes.buyers:
                if slot in below:
                    self._hot.add(slot)

    def _move(self, place: int, cost: int, buyers: tuple[int, ...]) -> None:
        """Change what one contract costs in every sum that it is part of."""
        rise = cost - self._costs[place]
        self._costs[place] = cost
        sums, pays, below = self._sums, self._pays, self._below
        for slot in buyers:
            total = sums[slot] = sums[slot] + rise
            if total < pays[slot]:
                below.add(slot)
            elif slot in below:
                below.discard(slot)

    def take_hot(self) -> tuple[Template, ...]:
        """Templates whose books changed since the last call and whose sum is below the payout."""
        if not self._hot:
            return ()
        hot = sorted(self._hot & self._below)
        self._hot.clear()
        return tuple(self._templates[slot] for slot in hot)

    def rescan(self) -> tuple[Template, ...]:
        """Look at every book again and return every template below its payout.

        A safety net for changes that nobody told of; what had to be put right is counted. The sums
        themselves are added up anew by turns, a part of them with each call: that of 30,000 books
        would take longer than all the rest.
        """
        # All of one kind at a time: a list compares thousands of unmoved prices by identity.
        asks = [book.best_ask for book in self._quotes]
        bids = [book.best_bid for book in self._quotes]
        if asks != self._asks or bids != self._bids:
            self._catch_up(asks, bids)
        self._add_up_some()
        self._hot = self._below.copy()
        return self.take_hot()

    def _catch_up(self, asks: Sequence[Px], bids: Sequence[Px]) -> None:
        """Update every book whose best prices are not those that the sums have."""
        for book, quotes in self._quotes.items():
            at = quotes.at
            if (asks[at], bids[at]) != (self._asks[at], self._bids[at]):
                self.corrected += 1
                self.update(book)

    def _add_up_some(self) -> None:
        costs, sums = self._costs, self._sums
        for slot in range(self._turn, len(sums), _TURNS):
            total = sum(self._legs[slot](costs))
            if total != sums[slot] or (total < self._pays[slot]) is not (slot in self._below):
                self.corrected += 1
                sums[slot] = total
                (self._below.add if total < self._pays[slot] else self._below.discard)(slot)
        self._turn = (self._turn + 1) % _TURNS
