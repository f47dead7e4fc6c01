"""Invented names, without end: first the good ones of the vocabulary, then composed ones."""

import random
from collections.abc import Sequence

from arb.sim import vocabulary as words


class Names:
    """Deals names of one kind, none of them twice."""

    def __init__(self, rng: random.Random, best: Sequence[str], endings: Sequence[str]) -> None:
        """Deal `best` first, in a random order; composed names end in one of `endings`."""
        self._rng = rng
        self._best = rng.sample(best, len(best))
        self._dealt = set(best)
        self._endings = endings

    def deal(self) -> str:
        """A name that was not dealt before."""
        if self._best:
            return self._best.pop()
        while True:
            name = self._compose()
            if name not in self._dealt:
                self._dealt.add(name)
                return name

    def _compose(self) -> str:
        choose = self._rng.choice
        stem = choose(words.ONSETS) + choose(words.MIDDLES)
        if self._rng.random() < words.LONG_NAMES:
            stem += choose(words.JOINTS) + choose(words.MIDDLES)
        return stem.capitalize() + choose(self._endings)


class Lexicon:
    """Every kind of name that questions need."""

    def __init__(self, rng: random.Random) -> None:
        """Shuffle all kinds."""
        self._rng = rng
        self.countries = Names(rng, words.COUNTRIES, words.COUNTRY_ENDINGS)
        self.surnames = Names(rng, words.SURNAMES, words.SURNAME_ENDINGS)
        self.cities = Names(rng, words.CITIES, words.CITY_ENDINGS)
        self.makers = Names(rng, words.CARMAKERS, words.MAKER_ENDINGS)
        self.titles = Names(rng, words.WORKS, words.TITLE_ENDINGS)
        self.acts = Names(rng, words.ACTS, words.ACT_ENDINGS)
        self.cups = Names(rng, words.COMPETITIONS, words.CUP_ENDINGS)
        self.awards = Names(rng, words.AWARDS, words.AWARD_ENDINGS)

    def person(self) -> str:
        """A first name and a surname of nobody else."""
        return f"{self._rng.choice(words.FIRST_NAMES)} {self.surnames.deal()}"

    def team(self) -> str:
        """A city's club."""
        return f"{self.cities.deal()} {self._rng.choice(words.CLUBS)}"
