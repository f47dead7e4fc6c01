"""What a question is: who lists it, and at which price, is not its business."""

import enum
from datetime import UTC, date, datetime, timedelta

import attrs

from arb.market.units import Ns

NS_PER_S = 1_000_000_000
POLYMARKET, KALSHI = 0, 1
"""Places of the venues' words in a subject's texts."""


class Shape(enum.StrEnum):
    """How the answers of one question hang together."""

    SINGLE = "single"
    """Yes or no."""
    ONE_OF = "one_of"
    """At most one comes true."""
    RISING = "rising"
    """Each answer follows from the one before: "by June" from "by May"."""
    FALLING = "falling"
    """Each answer implies the one before: "above 60" implies "above 50"."""


@attrs.frozen
class Subject:
    """A question. "{label}" in a text stands for the answer; a yes/no question has one label."""

    category: str
    series: str
    """Kalshi's series ticker."""
    code: str
    """What follows the series in Kalshi's event ticker; unique within it."""
    ends_ns: Ns
    event: tuple[str, str]
    """The event's title on Polymarket and on Kalshi."""
    question: tuple[str, str]
    """One market's title on Polymarket and on Kalshi."""
    rules: tuple[str, str]
    labels: tuple[str, ...] = ("",)
    shape: Shape = Shape.SINGLE
    complete: bool = False
    """One of the labels must come true."""
    sides: tuple[str, str] = ("Yes", "No")
    """Polymarket's names of the two contracts, where the question is a game."""
    starts_ns: Ns | None = None
    """When the game starts."""
    strikes: tuple[int, ...] = ()
    """What the labels of thresholds stand for, in whole dollars or pieces."""
    frequency: str = "custom"
    """Kalshi's word for how often such events come."""

    def text(self, parts: tuple[str, str], venue: int, label: str) -> str:
        """One venue's words about one label."""
        return parts[venue].replace("{label}", label)


def end_of(day: date) -> Ns:
    """The end of a day, UTC."""
    after = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return Ns(int(after.timestamp()) * NS_PER_S)


def month_end(day: date, months_ahead: int) -> date:
    """The last day of the month that is so many months ahead."""
    index = day.year * 12 + day.month - 1 + months_ahead + 1
    return date(index // 12, index % 12 + 1, 1) - timedelta(days=1)


def long_day(day: date) -> str:
    """Say "December 31, 2026"."""
    return f"{day:%B} {day.day}, {day.year}"


def short_day(day: date) -> str:
    """Say "Dec 31, 2026"."""
    return f"{day:%b} {day.day}, {day.year}"


def day_code(day: date) -> str:
    """Write a day as tickers do: "26DEC31"."""
    return f"{day:%y%b%d}".upper()


def minute_code(at: datetime) -> str:
    """Write a minute as tickers do: "26DEC311945"."""
    return f"{at:%y%b%d%H%M}".upper()


def name_code(name: str) -> str:
    """Capital letters for a ticker: "Port Haldane" is PORTH."""
    first, *rest = "".join(c for c in name if c.isalpha() or c == " ").upper().split()
    return first[:4] + "".join(word[0] for word in rest)


def rules(polymarket: str, kalshi: str) -> tuple[str, str]:
    """Each venue's usual frame around what must happen for YES."""
    return (
        (
            f'This market will resolve to "Yes" if {polymarket}. Otherwise, this market will resolve'
            ' to "No".'
        ),
        f"If {kalshi}, then the market resolves to Yes.",
    )
