"""Questions with the answers yes and no."""

import random
from datetime import date

import attrs

from arb.sim import vocabulary as words
from arb.sim.questions.names import Lexicon
from arb.sim.questions.subject import (
    Subject,
    day_code,
    end_of,
    long_day,
    name_code,
    rules,
    short_day,
)

CRYPTO = frozenset({"BTC", "ETH", "SOL", "LTC", "XMR"})


@attrs.frozen
class Asset:
    """Something with a daily price."""

    name: str
    code: str
    usual: int
    """A usual price in whole dollars."""
    step: int
    """The distance of its thresholds, in whole dollars."""

    @property
    def category(self) -> str:
        """Where the venues file it."""
        return "Crypto" if self.code in CRYPTO else "Commodities"


ASSETS = tuple(Asset(*row) for row in words.COINS)


def price(asset: Asset, level: int, day: date) -> Subject:
    """Will a coin or metal close above a price on a day?"""
    name, dollars = asset.name, f"${level:,}"
    return Subject(
        category=asset.category,
        series=f"KX{asset.code}D",
        code=f"{day_code(day)}-T{level}",
        ends_ns=end_of(day),
        event=(f"{name} on {long_day(day)}?", f"{name} price on {short_day(day)}"),
        question=(
            f"Will {name} close above {dollars} on {long_day(day)}?",
            f"{name} above {dollars} at the close on {short_day(day)}?",
        ),
        rules=rules(
            f"the official daily close of {name} on {long_day(day)} is greater than {dollars}",
            f"{name} closes strictly above {dollars} on {short_day(day)}",
        ),
        strikes=(level,),
        frequency="daily",
    )


def leader(country: str, name: str, day: date) -> Subject:
    """Will somebody leave an office by a day?"""
    office = f"Prime Minister of {country}"
    return Subject(
        category="Politics",
        series=f"KXOUT{name_code(country)}",
        code=f"{day_code(day)}-{name_code(name)}",
        ends_ns=end_of(day),
        event=(f"{name} out by {long_day(day)}?", f"{name} out as {office}?"),
        question=(
            f"Will {name} leave office as {office} by {long_day(day)}?",
            f"Will {name} leave office as {office} by {short_day(day)}?",
        ),
        rules=rules(
            f"{name} ceases to be {office} for any length of time by {long_day(day)}",
            f"{name} has ceased to hold the office of {office} on or before {short_day(day)}",
        ),
    )


def staying(subject: Subject, name: str, day: date) -> Subject:
    """The same as `leader` asked the other way round on Kalshi: will somebody stay?"""
    return attrs.evolve(
        subject,
        event=(subject.event[0], f"{name} still in office?"),
        question=(
            subject.question[0],
            f"Will {name} still be in office on {short_day(day)}?",
        ),
        rules=(
            subject.rules[0],
            f"If {name} holds the office throughout {short_day(day)}, then the market resolves to Yes.",
        ),
    )


def act(name: str, day: date) -> Subject:
    """Will an act become law by a day?"""
    return Subject(
        category="Politics",
        series=f"KX{name_code(name)}ACT",
        code=day_code(day),
        ends_ns=end_of(day),
        event=(f"{name} Act by {long_day(day)}?", f"{name} Act becomes law"),
        question=(
            f"Will the {name} Act be signed into law by {long_day(day)}?",
            f"{name} Act signed into law by {short_day(day)}?",
        ),
        rules=rules(
            f"the {name} Act is signed into law by {long_day(day)}, 11:59 PM ET",
            f"the {name} Act has become law by 11:59 PM ET on {short_day(day)}",
        ),
    )


def deliveries(maker: str, number: int, day: date) -> Subject:
    """Will a carmaker deliver more cars than a number in the month that ends on a day?"""
    month = f"{day:%B %Y}"
    return Subject(
        category="Tech",
        series=f"KX{name_code(maker)}CARS",
        code=f"{day_code(day)}-T{number}",
        ends_ns=end_of(day),
        event=(f"{maker} deliveries in {month}", f"{maker} deliveries in {month}?"),
        question=(
            f"Will {maker} Motors deliver more than {number:,} cars in {month}?",
            f"More than {number:,} cars delivered by {maker} Motors in {month}?",
        ),
        rules=rules(
            f"{maker} Motors reports more than {number:,} deliveries for {month}",
            f"{maker} Motors' first report for {month} states above {number:,} deliveries",
        ),
        strikes=(number,),
        frequency="monthly",
    )


def champion(team: str, cup: str, year: int) -> Subject:
    """Will one team win one edition of a competition?"""
    last = date(year, 5, 31)
    return Subject(
        category="Sports",
        series=f"KX{name_code(cup)}",
        code=f"{year % 100}-{name_code(team)}",
        ends_ns=end_of(last),
        event=(f"{team}: {cup} {year}?", f"{team} to win the {year} {cup}?"),
        question=(
            f"Will {team} win the {year} {cup}?",
            f"Will {team} be the champion of the {year} {cup}?",
        ),
        rules=rules(f"{team} wins the {year} {cup}", f"{team} is champion of the {year} {cup}"),
    )


def any_asset(rng: random.Random) -> tuple[Asset, int]:
    """An asset and one of its thresholds, in whole dollars."""
    asset = rng.choice(ASSETS)
    return asset, asset.usual + rng.randint(-9, 9) * asset.step


def any_deliveries(rng: random.Random, lexicon: Lexicon, day: date) -> Subject:
    """A question about a carmaker that nobody asked about before."""
    return deliveries(lexicon.makers.deal(), rng.randrange(200_000, 600_000, 25_000), day)
