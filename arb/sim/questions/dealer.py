"""Deals questions of every kind, none of them twice, for as long as a world lives."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime

from arb.market.units import Clock, Ns
from arb.sim import vocabulary as words
from arb.sim.questions import nested, several, single
from arb.sim.questions.names import Lexicon
from arb.sim.questions.subject import NS_PER_S, Subject, month_end
from arb.sim.questions.up_down import COINS, QUARTER_NS, up_down

MOST_BINS = 12
"""More temperatures than this would be strange; larger questions count something."""
MINUTE_NS = 60 * NS_PER_S
MONTHS_AHEAD = 6
YEARS_AHEAD = 5
LEAGUES = ("Meridian", "Continental", "Northern", "Atlantic", "Summit")
LEAST_LEFT_NS = 5 * MINUTE_NS
"""A window with less left than this is not asked about any more."""


class Dealer:
    """Families of questions; all of them end after `now_ns`."""

    def __init__(self, rng: random.Random, now_ns: Clock) -> None:
        """Shuffle the names."""
        self.lexicon = Lexicon(rng)
        self._rng = rng
        self._now_ns = now_ns
        self._dealt: set[tuple[str, str]] = set()

    def yes_or_no(self) -> Subject:
        """A question about one thing."""
        return self._fresh(
            self._rng.choice([self._price, self._leader, self._act, self._deliveries])
        )

    def one_of_many(self, size: int) -> Subject:
        """A question with `size` answers that need not be all."""
        family = self._rng.choice([several.cup, several.election, several.award])
        year = self._today.year
        return self._fresh(
            lambda: family(self._rng, self.lexicon, year + self._ahead(YEARS_AHEAD), size)
        )

    def all_answers(self, size: int) -> Subject:
        """A question with `size` answers of which one must come true."""
        families: list[Callable[[], Subject]] = [
            lambda: several.tally(self._rng, self.lexicon, self._month(), size)
        ]
        if size <= MOST_BINS:
            families.append(
                lambda: several.weather(self._rng, self.lexicon, self._day(2, 11), size)
            )
        if size <= several.MOST_MOVES:
            families.append(lambda: several.rate_decision(self.lexicon, self._month(), size))
        return self._fresh(self._rng.choice(families))

    def thresholds(self, size: int) -> Subject:
        """A ladder of `size` prices at one full hour of the next days."""
        return self._fresh(lambda: self._ladder(size))

    def up_down(self) -> Subject:
        """A coin and the next quarter of an hour that nobody asked about, or the one going on."""
        now_ns = self._now_ns()
        start_ns = Ns(now_ns // QUARTER_NS * QUARTER_NS)
        if start_ns + QUARTER_NS - now_ns < LEAST_LEFT_NS:
            start_ns = Ns(start_ns + QUARTER_NS)
        while True:
            for coin in COINS:
                subject = up_down(coin, start_ns)
                if self._is_new(subject):
                    return self._keep(subject)
            start_ns = Ns(start_ns + QUARTER_NS)

    def deadlines(self, size: int) -> Subject:
        """One question with `size` deadlines."""
        return self._fresh(lambda: self._dates(size))

    def game(self, ends_ns: Ns, length_s: int) -> Subject:
        """A game that began `length_s` before it ends."""
        start = Ns((ends_ns - length_s * NS_PER_S) // MINUTE_NS * MINUTE_NS)
        return self._fresh(lambda: self._game(start, ends_ns))

    # --- pairs that are not the same question -------------------------------------------------------

    def two_thresholds(self) -> tuple[Subject, Subject]:
        """One asset and day, two neighbouring prices."""
        return self._fresh_two(self._neighbours)

    def two_deadlines(self) -> tuple[Subject, Subject]:
        """One person and office, two days a month apart."""
        return self._fresh_two(self._months_apart)

    def two_editions(self) -> tuple[Subject, Subject]:
        """One team and competition, two years."""
        return self._fresh_two(self._years_apart)

    def opposites(self) -> Subject:
        """One person, office and day; Kalshi asks whether what Polymarket asks does not happen."""
        return self._fresh(self._staying)

    # --- families -----------------------------------------------------------------------------------

    def _price(self) -> Subject:
        asset, level = single.any_asset(self._rng)
        return single.price(asset, level, self._day(1, 90))

    def _leader(self) -> Subject:
        return single.leader(self._country(), self.lexicon.person(), self._month())

    def _act(self) -> Subject:
        return single.act(self.lexicon.acts.deal(), self._month())

    def _deliveries(self) -> Subject:
        return single.any_deliveries(self._rng, self.lexicon, self._month())

    def _ladder(self, size: int) -> Subject:
        asset = self._rng.choice(single.ASSETS)
        lowest = asset.usual + self._rng.randint(-3, 3) * asset.step - size // 2 * asset.step
        levels = [max(lowest, asset.step) + step * asset.step for step in range(size)]
        hours = self._rng.randint(6, 240)
        hour_ns = 60 * MINUTE_NS
        return nested.thresholds(asset, levels, Ns((self._now_ns() // hour_ns + hours) * hour_ns))

    def _dates(self, size: int) -> Subject:
        first = self._ahead(MONTHS_AHEAD)
        days = [month_end(self._today, first + ahead) for ahead in range(size)]
        return nested.deadlines(self._country(), self.lexicon.person(), days)

    def _game(self, starts_ns: Ns, ends_ns: Ns) -> Subject:
        home, away = self.lexicon.cities.deal(), self.lexicon.cities.deal()
        return nested.game(home, away, self._rng.choice(LEAGUES), starts_ns, ends_ns)

    def _neighbours(self) -> tuple[Subject, Subject]:
        asset, level = single.any_asset(self._rng)
        day = self._day(2, 90)
        return single.price(asset, level, day), single.price(asset, level + asset.step, day)

    def _months_apart(self) -> tuple[Subject, Subject]:
        country, name = self._country(), self.lexicon.person()
        first = self._ahead(MONTHS_AHEAD)
        early, late = (month_end(self._today, ahead) for ahead in (first, first + 1))
        return single.leader(country, name, early), single.leader(country, name, late)

    def _years_apart(self) -> tuple[Subject, Subject]:
        team, cup = self.lexicon.team(), self.lexicon.cups.deal()
        year = self._today.year + self._ahead(YEARS_AHEAD)
        return single.champion(team, cup, year), single.champion(team, cup, year + 1)

    def _staying(self) -> Subject:
        day, name = self._month(), self.lexicon.person()
        return single.staying(single.leader(self._country(), name, day), name, day)

    # --- parts --------------------------------------------------------------------------------------

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self._now_ns() // NS_PER_S, UTC).date()

    def _ahead(self, most: int) -> int:
        return self._rng.randint(1, most)

    def _day(self, least: int, most: int) -> date:
        return date.fromordinal(self._today.toordinal() + self._rng.randint(least, most))

    def _month(self) -> date:
        return month_end(self._today, self._ahead(MONTHS_AHEAD))

    def _country(self) -> str:
        return self._rng.choice(words.COUNTRIES)

    def _fresh(self, family: Callable[[], Subject]) -> Subject:
        """Draw until nobody has asked this before: names are endless, so it ends."""
        while True:
            subject = family()
            if self._is_new(subject):
                return self._keep(subject)

    def _fresh_two(self, family: Callable[[], tuple[Subject, Subject]]) -> tuple[Subject, Subject]:
        while True:
            first, second = family()
            if self._is_new(first) and self._is_new(second):
                return self._keep(first), self._keep(second)

    def _is_new(self, subject: Subject) -> bool:
        return (subject.series, subject.code) not in self._dealt

    def _keep(self, subject: Subject) -> Subject:
        self._dealt.add((subject.series, subject.code))
        return subject
