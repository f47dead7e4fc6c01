"""One venue's questions by the terms they use."""

from collections.abc import Iterable, Mapping

from arb.pairing.candidates.document import Document

NOBODY: frozenset[str] = frozenset()


class Blocks:
    """An inverted index that says how rare a term is, in steps.

    Rarity is a whole number that changes only where the count of a term's users passes a power of
    two. So one more question changes what is known of its own blocks and, seldom, of one of its
    terms, and never of all the others.
    """

    def __init__(self, common: int) -> None:
        """A term that more than `common` questions use is worth nothing."""
        self._common = common
        self._documents: dict[str, Document] = {}
        self._users: dict[str, set[str]] = {}

    @property
    def documents(self) -> Mapping[str, Document]:
        """Every question by its id."""
        return self._documents

    def put(self, document: Document) -> frozenset[str]:
        """Take a question in, or its new wording; say which terms are now of another rarity."""
        return self._exchange(document.id, document)

    def drop(self, name: str) -> frozenset[str]:
        """Take a question out; say which of its terms are now of another rarity."""
        return self._exchange(name, None)

    def users(self, term: str) -> Iterable[str]:
        """Give the ids of the questions that use a term."""
        return self._users.get(term, NOBODY)

    def rarity(self, term: str) -> int:
        """Say how rare a term is: 0 is common or unknown, each step more is half as frequent."""
        users = len(self._users.get(term, NOBODY))
        return (self._common // users).bit_length() if users else 0

    def surprise(self, term: str) -> int:
        """Its rarity, or the greatest there is where nobody uses it."""
        return self.rarity(term) if term in self._users else self._common.bit_length()

    def most_users(self, rarity: int) -> int:
        """Say how many users a term of a rarity has at most."""
        return self._common >> (rarity - 1)

    def _exchange(self, name: str, after: Document | None) -> frozenset[str]:
        old, new = terms_in(self._documents.pop(name, None)), terms_in(after)
        if after is not None:
            self._documents[name] = after
        before = {term: self.rarity(term) for term in old ^ new}
        for term in old - new:
            self._discard(term, name)
        for term in new - old:
            self._users.setdefault(term, set()).add(name)
        return frozenset(term for term, rarity in before.items() if self.rarity(term) != rarity)

    def _discard(self, term: str, name: str) -> None:
        users = self._users[term]
        users.discard(name)
        if not users:
            del self._users[term]


def terms_in(document: Document | None) -> frozenset[str]:
    """All terms of a question; none of none."""
    return frozenset((*document.headline, *document.rest)) if document else NOBODY
