"""Questions whose answers follow from each other, and games of two sides."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from arb.market.units import Ns
from arb.sim.questions.single import Asset
from arb.sim.questions.subject import (
    NS_PER_S,
    Shape,
    Subject,
    day_code,
    end_of,
    long_day,
    minute_code,
    name_code,
    rules,
    short_day,
)


def thresholds(asset: Asset, levels: Sequence[int], ends_ns: Ns) -> Subject:
    """How high does something close? One label for each level, lowest first."""
    at = datetime.fromtimestamp(ends_ns // NS_PER_S, UTC)
    name, moment = asset.name, f"{at:%H:%M} UTC on {long_day(at.date())}"
    return Subject(
        category=asset.category,
        series=f"KX{asset.code}",
        code=minute_code(at),
        ends_ns=ends_ns,
        event=(f"{name} above ___ at {moment}?", f"{name} price at {at:%H:%M} UTC, {at:%b %d}?"),
        question=(
            f"Will {name} be above {{label}} at {moment}?",
            f"{name} above {{label}} at {at:%H:%M} UTC on {short_day(at.date())}?",
        ),
        rules=rules(
            f"the one-minute price of {name} at {moment} is higher than {{label}}",
            f"the reference price of {name} at {at:%H:%M} UTC on {short_day(at.date())} is above"
            " {label}",
        ),
        labels=tuple(f"${level:,}" for level in levels),
        shape=Shape.FALLING,
        strikes=tuple(levels),
        frequency="hourly",
    )


def deadlines(country: str, name: str, days: Sequence[date]) -> Subject:
    """When does somebody leave an office? One label for each day, earliest first."""
    office = f"Prime Minister of {country}"
    return Subject(
        category="Politics",
        series=f"KXWHENOUT{name_code(country)}",
        code=f"{day_code(days[-1])}-{name_code(name)}",
        ends_ns=end_of(days[-1]),
        event=(f"{name} out by...?", f"When will {name} leave office?"),
        question=(
            f"Will {name} leave office as {office} by {{label}}?",
            f"Will {name} leave office as {office} before the end of {{label}}?",
        ),
        rules=rules(
            f"{name} ceases to be {office} by {{label}}, 11:59 PM ET",
            f"{name} has ceased to hold the office of {office} on or before {{label}}",
        ),
        labels=tuple(long_day(day) for day in days),
        shape=Shape.RISING,
    )


def game(home: str, away: str, league: str, starts_ns: Ns, ends_ns: Ns) -> Subject:
    """Who of two teams wins? Polymarket has one market that names both, Kalshi one for each."""
    day = datetime.fromtimestamp(starts_ns // NS_PER_S, UTC).date()
    return Subject(
        category="Sports",
        series=f"KX{name_code(league)}GAME",
        code=f"{day_code(day)}{name_code(home)}{name_code(away)}",
        ends_ns=ends_ns,
        event=(f"{home} vs. {away}", f"{away} at {home}"),
        question=(
            f"{home} vs. {away}",
            f"{away} at {home} winner? {{label}}",
        ),
        rules=(
            (
                f"This market resolves to the side that wins the {league} match of {home} and {away}"
                f" scheduled for {long_day(day)}. Draws are settled by penalties."
            ),
            (
                f"If {{label}} wins the {league} match of {away} at {home} scheduled for"
                f" {short_day(day)}, penalties included, then the market resolves to Yes."
            ),
        ),
        labels=(home, away),
        shape=Shape.ONE_OF,
        complete=True,
        sides=(home, away),
        starts_ns=starts_ns,
        frequency="daily",
    )
