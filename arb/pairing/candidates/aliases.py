"""What one venue calls by another name: Polymarket's "Celtics" are Kalshi's "Boston"."""

import functools
from collections.abc import Iterable, Iterator, Mapping

from arb.pairing.candidates.terms import terms_of
from arb.pairing.reading.lexicon import teams


def places_of(terms: Iterable[str]) -> Iterator[str]:
    """Give the terms of the cities whose teams are named.

    Where several leagues have the name it gives all their cities, as a search may.
    """
    for term in terms:
        yield from _cities().get(term, ())


@functools.cache
def _cities() -> Mapping[str, tuple[str, ...]]:
    """By the last term of a nickname: "Trail Blazers" are found by "blazer"."""
    found: dict[str, list[str]] = {}
    for rows in teams().values():
        for city, nickname, *_ in rows:
            found.setdefault(terms_of(nickname)[-1], []).extend(terms_of(city))
    return {name: tuple(dict.fromkeys(cities)) for name, cities in found.items()}
