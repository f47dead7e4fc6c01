"""Made-up questions about the world, each in the words of both venues.

A subject says what is asked and when it ends; who lists it, and at which price, is not its
business. Where it has several labels, they exclude each other.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import attrs

from arb.market.units import Ns
from arb.sim import vocabulary as words


@attrs.frozen
class Subject:
    """A question. "{label}" in a text stands for the outcome; a yes/no question has one label."""

    category: str
    series: str
    """Kalshi's series ticker."""
    code: str
    """What follows the series in Kalshi's event ticker."""
    last_day: date
    event: tuple[str, str]
    """The event's title on Polymarket and on Kalshi."""
    question: tuple[str, str]
    """One market's title on Polymarket and on Kalshi."""
    rules: tuple[str, str]
    labels: tuple[str, ...] = ("",)
    complete: bool = False
    """One of the labels must come true."""
    sides: tuple[str, str] = ("Yes", "No")
    """Polymarket's names of the two contracts."""

    def text(self, parts: tuple[str, str], which: int, label: str) -> str:
        """One venue's words (0 Polymarket, 1 Kalshi) about one label."""
        return parts[which].format(label=label)


Deal = Callable[[], Subject]
"""Draws the next subject of a family. Raises StopIteration once it has no more."""


class Subjects:
    """Families of questions, dealt without repeating one."""

    def __init__(self, rng: random.Random, now_ns: Ns) -> None:
        """Shuffle every family; dates lie after `now_ns`."""
        self._rng = rng
        self._today = datetime.fromtimestamp(now_ns // 10**9, UTC).date()
        months = [_month_end(self._today, ahead) for ahead in range(1, 7)]
        self._prices = self._shuffled(words.COINS, months, range(-4, 5))
        self._leaders = self._shuffled(words.COUNTRIES, words.SURNAMES, months)
        self._acts = self._shuffled(words.ACTS, months)
        self._cars = self._shuffled(words.CARMAKERS, range(200_000, 600_000, 25_000), months)
        self._games = self._shuffled(_pairs(words.CITIES), range(2, 12))
        self._cups = self._shuffled(words.COMPETITIONS, range(1, 6))
        self._elections = self._shuffled(words.COUNTRIES, range(1, 6))
        self._awards = self._shuffled(words.AWARDS, range(1, 6))
        self._weather = self._shuffled(words.CITIES, range(2, 12))
        self._rates = self._shuffled(words.COUNTRIES, months)

    def yes_or_no(self) -> Subject:
        """A question about one thing."""
        return self._rng.choice([self.price, self.leader, self.act, self.deliveries])()

    def one_of_many(self, size: int) -> Subject:
        """A question with `size` answers that need not be all."""
        return self._rng.choice([self.cup, self.election, self.award])(size)

    def all_answers(self, size: int) -> Subject:
        """A question with `size` answers of which one must come true."""
        return self._rng.choice([self.weather, self.rate_decision])(size)

    # --- yes or no ------------------------------------------------------------------------------

    def price(self) -> Subject:
        """Will a coin or metal close above a price on a day?"""
        (name, code, usual, step), day, steps = next(self._prices)
        level = f"${usual + steps * step:,}"
        return Subject(
            category="Crypto" if code in {"BTC", "ETH", "SOL", "LTC", "XMR"} else "Commodities",
            series=f"KX{code}D",
            code=f"{_short(day)}-T{usual + steps * step}",
            last_day=day,
            event=(f"{name} on {long_day(day)}?", f"{name} price on {short_day(day)}"),
            question=(
                f"Will {name} close above {level} on {long_day(day)}?",
                f"{name} above {level} at the close on {short_day(day)}?",
            ),
            rules=_rules(
                f"the official daily close of {name} on {long_day(day)} is greater than {level}",
                f"{name} closes strictly above {level} on {short_day(day)}",
            ),
        )

    def leader(self, *, days_more: int = 0) -> Subject:
        """Will somebody leave an office by a day?"""
        country, surname, day = next(self._leaders)
        first = self._rng.choice(words.FIRST_NAMES)
        return self.leader_of(country, f"{first} {surname}", day + timedelta(days=days_more))

    def leader_of(self, country: str, name: str, day: date) -> Subject:
        """The question about one person, office and day."""
        office = f"Prime Minister of {country}"
        return Subject(
            category="Politics",
            series=f"KXOUT{_code(country)}",
            code=f"{_short(day)}-{_code(name)}",
            last_day=day,
            event=(f"{name} out by {long_day(day)}?", f"{name} out as {office}?"),
            question=(
                f"Will {name} leave office as {office} by {long_day(day)}?",
                f"Will {name} leave office as {office} by {short_day(day)}?",
            ),
            rules=_rules(
                f"{name} ceases to be {office} for any length of time by {long_day(day)}",
                f"{name} has ceased to hold the office of {office} on or before {short_day(day)}",
            ),
        )

    def act(self) -> Subject:
        """Will an act become law by a day?"""
        name, day = next(self._acts)
        return Subject(
            category="Politics",
            series=f"KX{_code(name)}ACT",
            code=_short(day),
            last_day=day,
            event=(f"{name} Act", f"{name} Act becomes law"),
            question=(
                f"Will the {name} Act be signed into law by {long_day(day)}?",
                f"{name} Act signed into law by {short_day(day)}?",
            ),
            rules=_rules(
                f"the {name} Act is signed into law by {long_day(day)}, 11:59 PM ET",
                f"the {name} Act has become law by 11:59 PM ET on {short_day(day)}",
            ),
        )

    def deliveries(self) -> Subject:
        """Will a carmaker deliver more cars than a number in the month that ends on a day?"""
        maker, number, day = next(self._cars)
        month = f"{day:%B %Y}"
        return Subject(
            category="Tech",
            series=f"KX{_code(maker)}CARS",
            code=f"{_short(day)}-T{number}",
            last_day=day,
            event=(f"{maker} deliveries in {month}", f"{maker} deliveries in {month}?"),
            question=(
                f"Will {maker} Motors deliver more than {number:,} cars in {month}?",
                f"More than {number:,} cars delivered by {maker} Motors in {month}?",
            ),
            rules=_rules(
                f"{maker} Motors reports more than {number:,} deliveries for {month}",
                f"{maker} Motors' first report for {month} states above {number:,} deliveries",
            ),
        )

    def game(self) -> Subject:
        """Who of two teams wins? Polymarket names both; Kalshi asks about the second."""
        (home, away), ahead = next(self._games)
        day = self._today + timedelta(days=ahead)
        return Subject(
            category="Sports",
            series="KXMERIDIANGAME",
            code=f"{_short(day)}{_code(home)}{_code(away)}-{_code(away)}",
            last_day=day,
            event=(f"{home} vs. {away}", f"{home} at {away}"),
            question=(
                f"{home} vs. {away}: Meridian Cup match on {long_day(day)}",
                f"{away} wins against {home} in the Meridian Cup on {short_day(day)}?",
            ),
            rules=(
                (
                    f"This market resolves to the side that wins the Meridian Cup match of {home} and"
                    f" {away} scheduled for {long_day(day)}. Draws are settled by penalties."
                ),
                (
                    f"If {away} wins the Meridian Cup match against {home} scheduled for"
                    f" {short_day(day)}, penalties included, the market resolves to Yes."
                ),
            ),
            sides=(home, away),
        )

    # --- one of many ----------------------------------------------------------------------------

    def cup(self, size: int) -> Subject:
        """Who wins a competition?"""
        name, years = next(self._cups)
        year = self._today.year + years
        cities = self._rng.sample(words.CITIES, size)
        return Subject(
            category="Sports",
            series=f"KX{_code(name)}",
            code=f"{year % 100}",
            last_day=date(year, 5, 31),
            event=(f"{year} {name} winner", f"Who will win the {year} {name}?"),
            question=(
                f"Will {{label}} win the {year} {name}?",
                f"Will {{label}} be the champion of the {year} {name}?",
            ),
            rules=_rules(
                f"{{label}} wins the {year} {name}", f"{{label}} is champion of the {year} {name}"
            ),
            labels=tuple(f"{city} {self._rng.choice(words.CLUBS)}" for city in cities),
        )

    def election(self, size: int) -> Subject:
        """Who wins an election?"""
        country, years = next(self._elections)
        year = self._today.year + years
        firsts = self._rng.sample(words.FIRST_NAMES, size)
        lasts = self._rng.sample(words.SURNAMES, size)
        return Subject(
            category="Politics",
            series=f"KXPRES{_code(country)}",
            code=f"{year % 100}",
            last_day=date(year, 10, 31),
            event=(
                f"{country} Presidential Election {year}",
                f"Who will win the {year} presidential election in {country}?",
            ),
            question=(
                f"Will {{label}} win the {year} {country} presidential election?",
                f"Will {{label}} win the {year} presidential election in {country}?",
            ),
            rules=_rules(
                f"{{label}} wins the {year} presidential election of {country}",
                f"{{label}} is declared winner of the {year} presidential election in {country}",
            ),
            labels=tuple(f"{first} {last}" for first, last in zip(firsts, lasts, strict=True)),
        )

    def award(self, size: int) -> Subject:
        """Which work wins an award?"""
        name, years = next(self._awards)
        year = self._today.year + years
        return Subject(
            category="Culture",
            series=f"KX{_code(name)}",
            code=f"{year % 100}",
            last_day=date(year, 3, 31),
            event=(f"{year} {name}", f"{name} winner in {year}?"),
            question=(
                f'Will "{{label}}" win the {year} {name}?',
                f'"{{label}}" wins the {year} {name}?',
            ),
            rules=_rules(
                f'"{{label}}" receives the {year} {name}', f'"{{label}}" wins the {year} {name}'
            ),
            labels=tuple(self._rng.sample(words.WORKS, size)),
        )

    # --- all answers ----------------------------------------------------------------------------

    def weather(self, size: int) -> Subject:
        """How warm does a city get on a day?"""
        city, ahead = next(self._weather)
        day = self._today + timedelta(days=ahead)
        return Subject(
            category="Climate and Weather",
            series=f"KXHIGH{_code(city)}",
            code=_short(day),
            last_day=day,
            event=(
                f"Highest temperature in {city} on {long_day(day)}?",
                f"Highest temperature in {city} on {short_day(day)}?",
            ),
            question=(
                f"Will the highest temperature in {city} be {{label}} on {long_day(day)}?",
                f"Highest temperature in {city} on {short_day(day)}: {{label}}?",
            ),
            rules=_rules(
                f"the highest temperature recorded in {city} on {long_day(day)} is {{label}}",
                f"the maximum temperature of {city} on {short_day(day)} is {{label}}",
            ),
            labels=_bins(self._rng.randrange(20, 80, 2), size),
            complete=True,
        )

    def rate_decision(self, size: int) -> Subject:
        """What does a central bank decide?"""
        country, day = next(self._rates)
        moves = ("25 bps decrease", "No change", "25 bps increase", "50 bps decrease")
        more = ("50 bps increase", "75 bps decrease", "75 bps increase")
        named = (*moves, *more)[: size - 1]
        return Subject(
            category="Economics",
            series=f"KX{_code(country)}RATE",
            code=f"{day:%y%b}".upper(),
            last_day=day,
            event=(
                f"{country} central bank decision in {day:%B %Y}?",
                f"{country} central bank rate decision, {day:%B %Y}",
            ),
            question=(
                f"{{label}} at the {country} central bank meeting in {day:%B %Y}?",
                f"{country} central bank decision in {day:%B %Y}: {{label}}?",
            ),
            rules=_rules(
                f"the policy rate decision of {country}'s central bank in {day:%B %Y} is {{label}}",
                f"{country}'s central bank announces {{label}} at its {day:%B %Y} meeting",
            ),
            labels=(*named, "Any other decision"),
            complete=True,
        )

    # --- nested ---------------------------------------------------------------------------------

    def deadlines(self, size: int) -> tuple[Subject, ...]:
        """One question with `size` deadlines, earliest first: not one of them excludes another."""
        country, surname, first_day = next(self._leaders)
        name = f"{self._rng.choice(words.FIRST_NAMES)} {surname}"
        days = (_month_end(first_day, ahead) for ahead in range(size))
        return tuple(self.leader_of(country, name, day) for day in days)

    def _shuffled(self, *parts: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """Every combination of the parts, in a random order."""
        deck = list(product(*parts))
        self._rng.shuffle(deck)
        return iter(deck)


def long_day(day: date) -> str:
    """Say "December 31, 2026"."""
    return f"{day:%B} {day.day}, {day.year}"


def short_day(day: date) -> str:
    """Say "Dec 31, 2026"."""
    return f"{day:%b} {day.day}, {day.year}"


def _rules(polymarket: str, kalshi: str) -> tuple[str, str]:
    return (
        (
            f'This market will resolve to "Yes" if {polymarket}. Otherwise, this market will resolve'
            ' to "No".'
        ),
        f"If {kalshi}, then the market resolves to Yes.",
    )


def _bins(low: int, size: int) -> tuple[str, ...]:
    """Temperatures in `size` bins that cover every value."""
    edges = [low + 2 * step for step in range(size - 2)]
    inner = [f"{edge}-{edge + 1}°F" for edge in edges]
    return (f"{low - 1}°F or below", *inner, f"{low + 2 * (size - 2)}°F or higher")


def _month_end(day: date, months_ahead: int) -> date:
    index = day.year * 12 + day.month - 1 + months_ahead + 1
    return date(index // 12, index % 12 + 1, 1) - timedelta(days=1)


def _short(day: date) -> str:
    return f"{day:%y%b%d}".upper()


def _code(name: str) -> str:
    """Capital letters for a ticker: "Port Haldane" is PORTH."""
    first, *rest = "".join(c for c in name if c.isalpha() or c == " ").upper().split()
    return first[:4] + "".join(word[0] for word in rest)


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(one, other) for one in names for other in names if one != other]
