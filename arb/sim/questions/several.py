"""Questions with several answers of which at most one comes true."""

import random
from datetime import date

from arb.sim import vocabulary as words
from arb.sim.questions.names import Lexicon
from arb.sim.questions.subject import (
    Shape,
    Subject,
    day_code,
    end_of,
    long_day,
    name_code,
    rules,
    short_day,
)

DAYS_OF_YEAR = ((3, 31), (5, 31), (10, 31))
_MOVES = (
    "No change", "25 bps decrease", "25 bps increase", "50 bps decrease", "50 bps increase",
    "75 bps decrease", "75 bps increase", "100 bps decrease", "100 bps increase",
)  # fmt: skip
OTHER_DECISION = "Any other decision"
MOST_MOVES = len(_MOVES) + 1


def cup(rng: random.Random, lexicon: Lexicon, year: int, size: int) -> Subject:
    """Who wins a competition?"""
    name, day = lexicon.cups.deal(), date(year, *rng.choice(DAYS_OF_YEAR))
    return Subject(
        category="Sports",
        series=f"KX{name_code(name)}",
        code=f"{year % 100}",
        ends_ns=end_of(day),
        event=(f"{year} {name} winner", f"Who will win the {year} {name}?"),
        question=(
            f"Will {{label}} win the {year} {name}?",
            f"Will {{label}} be the champion of the {year} {name}?",
        ),
        rules=rules(
            f"{{label}} wins the {year} {name}", f"{{label}} is champion of the {year} {name}"
        ),
        labels=tuple(lexicon.team() for _ in range(size)),
        shape=Shape.ONE_OF,
        frequency="annual",
    )


def election(rng: random.Random, lexicon: Lexicon, year: int, size: int) -> Subject:
    """Who wins an election?"""
    country, day = lexicon.countries.deal(), date(year, *rng.choice(DAYS_OF_YEAR))
    return Subject(
        category="Politics",
        series=f"KXPRES{name_code(country)}",
        code=f"{year % 100}",
        ends_ns=end_of(day),
        event=(
            f"{country} Presidential Election {year}",
            f"Who will win the {year} presidential election in {country}?",
        ),
        question=(
            f"Will {{label}} win the {year} {country} presidential election?",
            f"Will {{label}} win the {year} presidential election in {country}?",
        ),
        rules=rules(
            f"{{label}} wins the {year} presidential election of {country}",
            f"{{label}} is declared winner of the {year} presidential election in {country}",
        ),
        labels=tuple(lexicon.person() for _ in range(size)),
        shape=Shape.ONE_OF,
    )


def award(rng: random.Random, lexicon: Lexicon, year: int, size: int) -> Subject:
    """Which work wins an award?"""
    name, day = lexicon.awards.deal(), date(year, *rng.choice(DAYS_OF_YEAR))
    return Subject(
        category="Culture",
        series=f"KX{name_code(name)}",
        code=f"{year % 100}",
        ends_ns=end_of(day),
        event=(f"{year} {name}", f"{name} winner in {year}?"),
        question=(
            f'Will "{{label}}" win the {year} {name}?',
            f'"{{label}}" wins the {year} {name}?',
        ),
        rules=rules(
            f'"{{label}}" receives the {year} {name}', f'"{{label}}" wins the {year} {name}'
        ),
        labels=tuple(lexicon.titles.deal() for _ in range(size)),
        shape=Shape.ONE_OF,
        frequency="annual",
    )


# --- one of them must come true ------------------------------------------------------------------


def weather(rng: random.Random, lexicon: Lexicon, day: date, size: int) -> Subject:
    """How warm does a city get on a day?"""
    city = lexicon.cities.deal()
    return Subject(
        category="Climate and Weather",
        series=f"KXHIGH{name_code(city)}",
        code=day_code(day),
        ends_ns=end_of(day),
        event=(
            f"Highest temperature in {city} on {long_day(day)}?",
            f"Highest temperature in {city} on {short_day(day)}?",
        ),
        question=(
            f"Will the highest temperature in {city} be {{label}} on {long_day(day)}?",
            f"Highest temperature in {city} on {short_day(day)}: {{label}}?",
        ),
        rules=rules(
            f"the highest temperature recorded in {city} on {long_day(day)} is {{label}}",
            f"the maximum temperature of {city} on {short_day(day)} is {{label}}",
        ),
        labels=_temperatures(rng.randrange(20, 80, 2), size),
        shape=Shape.ONE_OF,
        complete=True,
        frequency="daily",
    )


def rate_decision(lexicon: Lexicon, day: date, size: int) -> Subject:
    """What does a central bank decide? At most `MOST_MOVES` answers."""
    country = lexicon.countries.deal()
    return Subject(
        category="Economics",
        series=f"KX{name_code(country)}RATE",
        code=f"{day:%y%b}".upper(),
        ends_ns=end_of(day),
        event=(
            f"{country} central bank decision in {day:%B %Y}?",
            f"{country} central bank rate decision, {day:%B %Y}",
        ),
        question=(
            f"{{label}} at the {country} central bank meeting in {day:%B %Y}?",
            f"{country} central bank decision in {day:%B %Y}: {{label}}?",
        ),
        rules=rules(
            f"the policy rate decision of {country}'s central bank in {day:%B %Y} is {{label}}",
            f"{country}'s central bank announces {{label}} at its {day:%B %Y} meeting",
        ),
        labels=(*_MOVES[: size - 1], OTHER_DECISION),
        shape=Shape.ONE_OF,
        complete=True,
        frequency="monthly",
    )


def tally(rng: random.Random, lexicon: Lexicon, day: date, size: int) -> Subject:
    """How many of something are there in the month that ends on a day?"""
    name, month = lexicon.cities.deal(), f"{day:%B %Y}"
    asks, says = rng.choice(words.THINGS)
    asks, says = asks.format(name=name), says.format(name=name)
    return Subject(
        category="Culture",
        series=f"KX{name_code(name)}{name_code(says)}",
        code=f"{day:%y%b}".upper(),
        ends_ns=end_of(day),
        event=(f"How many {asks} in {month}?", f"Number of {says}, {month}?"),
        question=(
            f"Will the number of {says} in {month} be {{label}}?",
            f"{says[:1].upper()}{says[1:]} in {month}: {{label}}?",
        ),
        rules=rules(
            f"the official count of {says} for {month} is {{label}}",
            f"the published number of {says} for {month} is {{label}}",
        ),
        labels=_counts(rng.choice((5, 10, 20, 50)), size),
        shape=Shape.ONE_OF,
        complete=True,
        frequency="monthly",
    )


def _temperatures(low: int, size: int) -> tuple[str, ...]:
    """Temperatures in `size` bins that cover every value."""
    edges = [low + 2 * step for step in range(size - 2)]
    inner = [f"{edge}-{edge + 1}°F" for edge in edges]
    return (f"{low - 1}°F or below", *inner, f"{low + 2 * (size - 2)}°F or higher")


def _counts(step: int, size: int) -> tuple[str, ...]:
    """Counts in `size` bins that cover every value."""
    inner = [f"{low}-{low + step - 1}" for low in range(0, step * (size - 1), step)]
    return (*inner, f"{step * (size - 1)} or more")
