"""The running-sum gate: which baskets can have an edge at all, kept current with every change.

For each template it keeps the sum of what its legs cost at the best prices, fees included and
rounded down. A best price that moves changes the sums of that market's templates by the
difference: a few additions, whatever the number of legs. Only a template whose sum lies below its
payout, and far enough for the least edge that a sweep takes, is worth the exact sweep, and no other
can pass it: the sum is never above what a sweep pays for the first contracts, which are the
cheapest.

A blueprint's legs are choices: what counts for its sum is the cheapest of each, and what is shown
is the template of the legs that are cheapest now.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter

import attrs

from arb.detect.all_in import NO_QUOTE, all_in
from arb.detect.basket import Leg, Template
from arb.detect.blueprint import DOLLAR_PICO, Basket, Blueprint, Choice, pick, replace
from arb.market.book import NO_ASK, NO_BID, Book
from arb.market.errors import Refused
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, Px

_TURNS = 16
"""Rescans in which every sum is added up anew once."""
_NOTHING = 0
"""The place in the list of costs that always holds 0; each market and choice has places after."""
_TEMPLATES_KEPT = 64
"""Templates remembered for each blueprint: prices come back."""


class _Chosen:
    """One choice of a blueprint: where its options' costs are kept, and where the least of them."""

    __slots__ = ("_most", "_options", "place", "slot")

    def __init__(self, slot: int, place: int, options: Sequence[int], *, optional: bool) -> None:
        self.slot = slot
        self.place = place
        self._options = tuple(options)
        self._most = DOLLAR_PICO if optional else NO_QUOTE

    def least(self, costs: Sequence[int]) -> int:
        least = self._most
        for option in self._options:
            least = min(least, costs[option])
        return least

    @property
    def options(self) -> tuple[int, ...]:
        return self._options


class _Quotes:
    """One market: where its best prices are kept, what they cost, the slots of who buys here."""

    __slots__ = (
        "at",
        "buyers",
        "costs",
        "no_buyers",
        "no_choices",
        "no_place",
        "yes_buyers",
        "yes_choices",
        "yes_place",
    )

    def __init__(self, book: Book, at: int, place: int) -> None:
        self.at = at
        self.yes_place = place
        self.no_place = place + 1
        self.costs = all_in(book.market.fees)
        self.yes_buyers: tuple[int, ...] = ()
        self.no_buyers: tuple[int, ...] = ()
        self.buyers: tuple[int, ...] = ()
        self.yes_choices: tuple[_Chosen, ...] = ()
        self.no_choices: tuple[_Chosen, ...] = ()

    def place(self, outcome: Outcome) -> int:
        return self.yes_place if outcome is Outcome.YES else self.no_place

    def add_buyer(self, slot: int, outcome: Outcome) -> None:
        if outcome is Outcome.YES:
            self.yes_buyers += (slot,)
        else:
            self.no_buyers += (slot,)
        self.buyers += (slot,)

    def add_choice(self, choice: _Chosen, outcome: Outcome) -> None:
        if outcome is Outcome.YES:
            self.yes_choices += (choice,)
        else:
            self.no_choices += (choice,)
        if choice.slot not in self.buyers:
            self.buyers += (choice.slot,)


class _Drafts:
    """The templates that a blueprint became, by their legs."""

    __slots__ = (
        "_blueprint",
        "_choices",
        "_last",
        "_made",
        "_places",
        "_priced",
        "_prices",
        "_spare",
    )

    def __init__(self, blueprint: Blueprint, choices: Sequence[_Chosen], spare: int) -> None:
        self._blueprint = blueprint
        self._choices = choices
        self._spare = spare
        self._places = {
            leg: option
            for choice, chosen in zip(blueprint.choices, choices, strict=True)
            for leg, option in zip(choice.legs, chosen.options, strict=True)
        }
        everything = [option for choice in choices for option in choice.options]
        self._prices = itemgetter(_NOTHING, *everything)
        self._priced: Sequence[int] = ()
        self._last: Template | None = None
        self._made: dict[tuple[Leg, ...], Template | None] = {}

    def template(self, costs: Sequence[int]) -> Template | None:
        """The template of the legs that are cheapest now; None where they make no basket."""
        prices = self._prices(costs)
        if prices != self._priced:
            self._priced = prices
            self._last = self._draft(costs)
        return self._last

    def _draft(self, costs: Sequence[int]) -> Template | None:
        legs = pick(
            self._blueprint,
            [[costs[option] for option in choice.options] for choice in self._choices],
        )
        made = self._proved(legs)
        return made if made is not None and self._pays(made, costs) else None

    def _redraft(
        self, legs: Collection[Leg], dropped: Collection[Leg], known: Collection[MarketId]
    ) -> Template | None:
        """The template of what is left without some legs; knows nothing of costs."""
        kept = replace(self._blueprint, legs, dropped, known)
        return self._proved(kept) if kept else None

    def _proved(self, legs: tuple[Leg, ...]) -> Template | None:
        if legs not in self._made:
            if len(self._made) >= _TEMPLATES_KEPT:
                self._made.clear()
            self._made[legs] = self._prove(legs)
        return self._made[legs]

    def _pays(self, template: Template, costs: Sequence[int]) -> bool:
        """Look at what was picked by itself: the sum of all choices knows no limit of legs."""
        cost = sum([costs[self._places[leg]] for leg in template.legs])
        return cost < template.payout * MICRO - self._spare

    def _prove(self, legs: tuple[Leg, ...]) -> Template | None:
        try:
            return attrs.evolve(self._blueprint.prove(legs), redraft=self._redraft)
        except Refused:
            return None


class Gate:
    """Sums of best all-in costs, in pico-dollars, by template. Owned by the owner of the books.

    It keeps the books it is given and reads them, and takes their markets' fee rules as they are
    then: new templates, markets or fees mean a new gate. Call `update` after every change of a
    book, a break included.
    """

    def __init__(
        self, baskets: Iterable[Basket], books: Mapping[MarketId, Book], *, least_edge: int = 0
    ) -> None:
        """Take up every basket, all of them hot that may be.

        `least_edge` (micro-dollars a set) is what the sweep wants of the first set at the least:
        a sum that leaves less is not worth looking at. Raises Refused where a leg's market has no
        book.
        """
        self._baskets = tuple(baskets)
        self._spare = max(least_edge * MICRO - 1, 0)
        self._pays = [basket.payout * MICRO - self._spare for basket in self._baskets]
        self._drafts: dict[int, _Drafts] = {}
        """By slot, of blueprints."""
        self._costs = [0]
        self._asks: list[Px] = []
        self._bids: list[Px] = []
        self._quotes: dict[Book, _Quotes] = {}
        self._legs = [
            itemgetter(_NOTHING, *self._places(slot, basket, books))
            for slot, basket in enumerate(self._baskets)
        ]
        self._sums = [sum(legs(self._costs)) for legs in self._legs]
        self._below: set[int] = set()
        self._hot: set[int] = set()
        for book in self._quotes:
            self.update(book)
        self._turn = 0
        self.corrected = 0
        """What rescans found wrong since the start: anything but 0 is a fault to report."""

    def _places(self, slot: int, basket: Basket, books: Mapping[MarketId, Book]) -> Sequence[int]:
        """Where the costs of a basket's legs are kept."""
        if isinstance(basket, Template):
            return [self._enlist(slot, leg, books) for leg in basket.legs]
        choices = [self._offer(slot, choice, books) for choice in basket.choices]
        self._drafts[slot] = _Drafts(basket, choices, self._spare)
        return [choice.place for choice in choices]

    def _enlist(self, slot: int, leg: Leg, books: Mapping[MarketId, Book]) -> int:
        """Note who buys a leg and return where its cost is kept."""
        quotes = self._watch(leg, books)
        quotes.add_buyer(slot, leg.outcome)
        return quotes.place(leg.outcome)

    def _offer(self, slot: int, choice: Choice, books: Mapping[MarketId, Book]) -> _Chosen:
        """Note who chooses among legs."""
        watched = [self._watch(leg, books) for leg in choice.legs]
        options = [
            quotes.place(leg.outcome) for quotes, leg in zip(watched, choice.legs, strict=True)
        ]
        chosen = _Chosen(slot, len(self._costs), options, optional=choice.optional)
        self._costs.append(chosen.least(self._costs))
        for quotes, leg in zip(watched, choice.legs, strict=True):
            quotes.add_choice(chosen, leg.outcome)
        return chosen

    def _watch(self, leg: Leg, books: Mapping[MarketId, Book]) -> _Quotes:
        """Keep the best prices of a leg's market."""
        book = books.get(leg.market)
        if book is None:
            raise Refused(f"{leg.market}: no book to watch a basket by")
        quotes = self._quotes.get(book)
        if quotes is None:
            quotes = self._quotes[book] = _Quotes(book, len(self._asks), len(self._costs))
            self._asks.append(NO_ASK)
            self._bids.append(NO_BID)
            self._costs += (NO_QUOTE, NO_QUOTE)
        return quotes

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
            if quotes.yes_choices:
                self._choose(quotes.yes_choices)
        if bid != self._bids[at]:
            self._bids[at] = bid
            self._move(quotes.no_place, quotes.costs[MICRO - bid], quotes.no_buyers)
            if quotes.no_choices:
                self._choose(quotes.no_choices)
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

    def _choose(self, choices: Iterable[_Chosen]) -> None:
        """One of the options moved: take the cheapest of each choice."""
        for choice in choices:
            least = choice.least(self._costs)
            if least != self._costs[choice.place]:
                self._move(choice.place, least, (choice.slot,))

    def take_hot(self) -> tuple[Template, ...]:
        """Templates whose books changed since the last call and whose sum is below the payout."""
        if not self._hot:
            return ()
        hot = sorted(self._hot & self._below)
        self._hot.clear()
        made = [self._template(slot) for slot in hot]
        return tuple(template for template in made if template is not None)

    def _template(self, slot: int) -> Template | None:
        basket = self._baskets[slot]
        if isinstance(basket, Template):
            return basket
        return self._drafts[slot].template(self._costs)

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
