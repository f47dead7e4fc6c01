"""The candidates of every Polymarket question among Kalshi's, kept as both venues change."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from heapq import nsmallest
from itertools import islice

import attrs

from arb.pairing.candidates.blocks import Blocks, terms_in
from arb.pairing.candidates.document import Document
from arb.pairing.candidates.likeness import Asked, in_words, likeness
from arb.pairing.candidates.reach import Reach

_ENOUGH = 2
"""How many times the shortlist is ranked at first: field and time seldom strike out more."""


@attrs.frozen
class Candidate:
    """Two questions that a verdict, or a person, should look at."""

    polymarket: str
    kalshi: str
    score_ppm: int
    """How alike they look, in millionths, 0 to 1,000,000. It orders; it is no probability."""


@attrs.frozen
class _Search:
    """One question's search, and what about it makes a change of Kalshi's lists matter."""

    found: tuple[Candidate, ...]
    looked_at: frozenset[str]
    """The terms whose blocks were gathered."""
    shortlist: frozenset[str]
    """Kalshi's questions that were compared."""
    last: tuple[int, str] | None
    """What the last of them shares, negative, and its id; None where there was room for more."""

    def is_changed_by(self, name: str, shared: int | None) -> bool:
        """Say whether a question matters: it was compared, or what it shares now lets it be.

        `shared` is None for a question that is gone.
        """
        if name in self.shortlist:
            return True
        return shared is not None and (self.last is None or (-shared, name) < self.last)


class Finder:
    """Both venues' questions, and for each of Polymarket's the best of Kalshi's.

    A change touches its own blocks only: it makes those searches stale which compared the changed
    question, or would now, or use a term that became rarer or commoner by it. What a finder answers
    is what one made afresh of the same questions would.
    """

    def __init__(self, reach: Reach | None = None) -> None:
        """Know no question yet."""
        self._reach = reach or Reach()
        self._asking = Blocks(self._reach.common)
        self._blocks = Blocks(self._reach.common)
        self._words: dict[str, str] = {}
        self._searches: dict[str, _Search] = {}

    def put_polymarket(self, document: Document) -> None:
        """Take in a question of Polymarket, or its new wording."""
        if self._asking.documents.get(document.id) != document:
            self._asking.put(document)
            self._searches.pop(document.id, None)

    def drop_polymarket(self, name: str) -> None:
        """Forget a question of Polymarket; one that is not known is fine."""
        if name in self._asking.documents:
            self._asking.drop(name)
            self._searches.pop(name, None)

    def put_kalshi(self, document: Document) -> None:
        """Take in a question of Kalshi, or its new wording."""
        old = self._blocks.documents.get(document.id)
        if old != document:
            self._touch(old, document, self._blocks.put(document))
            self._words[document.id] = in_words(document)

    def drop_kalshi(self, name: str) -> None:
        """Forget a question of Kalshi; one that is not known is fine."""
        old = self._blocks.documents.get(name)
        if old is not None:
            self._touch(old, None, self._blocks.drop(name))
            del self._words[name]

    @property
    def stale(self) -> int:
        """How many questions of Polymarket have to be searched anew."""
        return len(self._asking.documents) - len(self._searches)

    def best(self, polymarket: str) -> tuple[Candidate, ...]:
        """Give the best candidates of one question, the likest first, equals by id.

        Raises KeyError where Polymarket's question is not known.
        """
        search = self._searches.get(polymarket)
        if search is None:
            search = self._search(self._asking.documents[polymarket])
            self._searches[polymarket] = search
        return search.found

    def all(self) -> Iterator[Candidate]:
        """Give every question's candidates, question by question."""
        for name in self._asking.documents:
            yield from self.best(name)

    # --- one search ------------------------------------------------------------------------------

    def _search(self, asked: Document) -> _Search:
        chosen = self._choose(asked)
        shared = self._gather(chosen)
        shortlist = self._shortlist(asked, shared)
        ready = Asked(
            terms=terms_in(asked),
            whole=sum(self._blocks.surprise(term) for term in asked.headline),
            words=in_words(asked),
        )
        documents, words = self._blocks.documents, self._words
        scored = [
            (-likeness(ready, shared[name], documents[name], words[name]), name)
            for name in shortlist
        ]
        found = (
            Candidate(asked.id, name, -score) for score, name in nsmallest(self._reach.best, scored)
        )
        full = len(shortlist) == self._reach.shortlist
        last = (-shared[shortlist[-1]], shortlist[-1]) if full else None
        return _Search(tuple(found), frozenset(chosen), frozenset(shortlist), last)

    def _choose(self, asked: Document) -> list[str]:
        """Take the rarest terms, those of the headline first, as long as the visits last."""
        left = self._reach.visits
        chosen = []
        for terms in (asked.headline, asked.rest):
            for rarity, term in sorted((-self._blocks.rarity(term), term) for term in terms):
                cost = self._blocks.most_users(-rarity) if rarity else left + 1
                if cost > left:
                    break
                left -= cost
                chosen.append(term)
        return chosen

    def _gather(self, chosen: Iterable[str]) -> Mapping[str, int]:
        """Say for all users of the chosen terms how rare what they share is together."""
        shared: Counter[str] = Counter()
        for term in chosen:
            users = self._blocks.users(term)
            for _ in range(self._blocks.rarity(term)):
                shared.update(users)  # many at once, again and again: faster than adding up
        return shared

    def _shortlist(self, asked: Document, shared: Mapping[str, int]) -> list[str]:
        """Take those that share the rarest terms, as far as field and time allow; equals by id."""
        wanted, documents = self._reach.shortlist, self._blocks.documents
        values = sorted(shared.values(), reverse=True)
        for least in (*values[_ENOUGH * wanted : _ENOUGH * wanted + 1], 0):
            ranked = sorted([(-worth, name) for name, worth in shared.items() if worth >= least])
            joined = (name for _, name in ranked if self._reach.joins(asked, documents[name]))
            taken = list(islice(joined, wanted))
            if len(taken) == wanted:
                break
        return taken

    # --- what a change touches -------------------------------------------------------------------

    def _touch(self, old: Document | None, new: Document | None, moved: frozenset[str]) -> None:
        """Forget the searches that would now see something else."""
        for term in moved:
            for name in self._asking.users(term):
                self._searches.pop(name, None)
        (changed,) = {document.id for document in (old, new) if document}
        after = None if new is None else terms_in(new)
        for name in self._lookers(_visibly_changed(old, new)):
            search = self._searches[name]
            shared = None if after is None else self._worth(search.looked_at & after)
            if search.is_changed_by(changed, shared):
                del self._searches[name]

    def _lookers(self, terms: frozenset[str]) -> set[str]:
        """Give the questions whose searches looked at one of these terms.

        No search looks at a common one, and whoever did before it became common is forgotten.
        """
        return {
            name
            for term in terms
            if self._blocks.rarity(term)
            for name in self._asking.users(term)
            if name in self._searches and term in self._searches[name].looked_at
        }

    def _worth(self, terms: Iterable[str]) -> int:
        return sum(self._blocks.rarity(term) for term in terms)


def _visibly_changed(old: Document | None, new: Document | None) -> frozenset[str]:
    """Say by which terms a change can be seen: all, unless only the rules are other ones."""
    if old and new and attrs.evolve(old, rest=new.rest) == new:
        return terms_in(old) ^ terms_in(new)
    return terms_in(old) | terms_in(new)
