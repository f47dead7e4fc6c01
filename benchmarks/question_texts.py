"""Crowded generated catalogues: two venues' words about questions that differ by one fact.

Real catalogues are crowded: hundreds of markets share "Bitcoin", "November" and "above", and differ
by a day or a strike. So facts are drawn from small ranges, every fact once, and each venue words
them in its own way; a part of the facts is asked by both. Names are the simulated world's.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import attrs

from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.pairing.question import Question
from arb.sim import vocabulary as words

FIRST_DAY = date(2026, 11, 22)
NS_PER_S = 1_000_000_000
TAIL = (
    "The primary resolution source is official information; a consensus of credible reporting may"
    " also be used. If the event is cancelled, this market resolves to No."
)


@attrs.frozen
class Words:
    """One venue's words about one fact."""

    title: str
    event: str
    outcome: str
    condition: str


@attrs.frozen
class Fact:
    """Something that may happen, as both venues ask about it."""

    group: str
    """Names the event on both venues."""
    polymarket: Words
    kalshi: Words
    category: tuple[str, str]
    ends: date


@attrs.frozen
class Lists:
    """Two venues' questions, in any order, and which of them are twins by id."""

    polymarket: dict[str, Question]
    kalshi: dict[str, Question]
    twins: dict[str, str]
    """Polymarket's id to Kalshi's."""
    polymarket_events: dict[str, list[Question]]
    """The questions of each event; both venues' events of one name are the same."""
    kalshi_events: dict[str, list[Question]]


def lists(dice: random.Random, markets: int, shared: float) -> Lists:
    """Draw `markets` questions a venue; that `shared` part of them asks the same as the other's."""
    both = int(markets * shared)
    facts = take(dice, 2 * markets - both)
    made = Lists({}, {}, {}, {}, {})
    for number, fact in enumerate(facts):
        if number < markets:
            one = question(Venue.POLYMARKET, f"polymarket:{number}", fact)
            made.polymarket[one.id] = one
            made.polymarket_events.setdefault(fact.group, []).append(one)
        if number < both or number >= markets:
            other = question(Venue.KALSHI, f"kalshi:{number}", fact)
            made.kalshi[other.id] = other
            made.kalshi_events.setdefault(fact.group, []).append(other)
        if number < both:
            made.twins[f"polymarket:{number}"] = f"kalshi:{number}"
    return made


def take(dice: random.Random, count: int) -> list[Fact]:
    """Draw distinct facts of all families in equal parts, as far as each lasts."""
    families = [
        shuffled(dice, family) for family in (coins, weather, games, seats, leaders, prizes)
    ]
    mixed = (fact for row in itertools.zip_longest(*families) for fact in row if fact)
    facts = list(itertools.islice(mixed, count))
    assert len(facts) == count, f"only {len(facts)} facts"
    dice.shuffle(facts)
    return facts


def shuffled(dice: random.Random, family: Callable[[], Iterator[Fact]]) -> list[Fact]:
    facts = list(family())
    dice.shuffle(facts)
    return facts


def question(venue: Venue, name: str, fact: Fact) -> Question:
    """Word a fact as a venue does: rules of both, endings of their own."""
    is_polymarket = venue is Venue.POLYMARKET
    said = fact.polymarket if is_polymarket else fact.kalshi
    later = timedelta(days=0 if is_polymarket else 14)
    end = datetime.combine(fact.ends + later, datetime.min.time(), UTC)
    rules = (
        f'This market will resolve to "Yes" if {said.condition}. Otherwise, this market will resolve'
        f' to "No".\n\n{TAIL}'
        if is_polymarket
        else f"If {said.condition}, then the market resolves to Yes."
    )
    return Question(
        venue=venue,
        id=name,
        title=said.title,
        event_title=said.event,
        outcome=said.outcome,
        rules=rules,
        close_ns=Ns(int(end.timestamp()) * NS_PER_S),
        category=fact.category[0 if is_polymarket else 1],
    )


# --- families -----------------------------------------------------------------------------------


def coins() -> Iterator[Fact]:
    """Prices at noon: 8 assets, 45 days, 40 strikes."""
    for (name, code, usual, step), ahead, rung in itertools.product(
        words.COINS, range(45), range(-20, 20)
    ):
        day, level = FIRST_DAY + timedelta(days=ahead), max(usual + rung * step, step)
        if rung > -20 and level == step:
            continue
        yield Fact(
            f"{code}{day}",
            Words(
                f"{name} above ${level:,} on {day:%B} {day.day}?",
                f"{name} above ___ on {day:%B} {day.day}?",
                f"{level:,}",
                f"the Binance 1 minute candle for {code}/USDT of 12:00 in the ET timezone (noon) on"
                f" {day:%B} {day.day}, {day.year} has a final Close price higher than {level:,}",
            ),
            Words(
                f"{name} price on {day:%b} {day.day}, {day.year}?",
                f"{name} price on {day:%b} {day.day}, {day.year} at 12pm EST",
                f"${level:,} or above",
                f"the price of {code} at 12 PM EST on {day:%b} {day.day}, {day.year} is above {level}",
            ),
            ("Crypto", "Crypto"),
            day,
        )


def weather() -> Iterator[Fact]:
    """Highs and lows: 20 cities, 25 days, 16 bands."""
    for city, ahead, side, step in itertools.product(
        words.CITIES, range(25), ("highest", "lowest"), range(16)
    ):
        day, low = FIRST_DAY + timedelta(days=ahead), 20 + 2 * step
        yield Fact(
            f"{side}{city}{day}",
            Words(
                f"Will the {side} temperature in {city} be between {low}-{low + 1}°F on {day:%B}"
                f" {day.day}?",
                f"{side.title()} temperature in {city} on {day:%B} {day.day}?",
                f"{low}-{low + 1}°F",
                f"the {side} temperature recorded in {city} on {day.day} {day:%b} '{day:%y} is in the"
                f" range {low}-{low + 1} degrees Fahrenheit",
            ),
            Words(
                f"Will the {'high' if side == 'highest' else 'low'} temp in {city} be {low}-{low + 1}°"
                f" on {day:%b} {day.day}, {day.year}?",
                f"{side.title()} temperature in {city} on {day:%b} {day.day}, {day.year}?",
                f"{low}° to {low + 1}°",
                f"the {side} temperature recorded in {city} for {day:%B} {day.day}, {day.year} as"
                f" reported by the National Weather Service is between {low}-{low + 1}°",
            ),
            ("Weather", "Climate and Weather"),
            day,
        )


def games() -> Iterator[Fact]:
    """Games of 40 teams, each pair on two days: the winner, a spread and a total."""
    teams = [f"{city} {club}" for city, club in zip(words.CITIES * 2, words.CLUBS * 5, strict=True)]
    for number, (home, away) in enumerate(itertools.permutations(teams, 2)):
        for leg in (0, 60):
            day = FIRST_DAY + timedelta(days=number % 50 + leg)
            yield from _game(home, away, day)


def _game(home: str, away: str, day: date) -> Iterator[Fact]:
    kinds = (
        (f"{away} vs. {home}", "Winner?", away, "wins"),
        (
            f"Spread: {away} (-3.5)",
            "Spread",
            f"{away} wins by over 3.5",
            "wins by more than 3.5 in",
        ),
        (
            f"{away} vs. {home}: O/U 48.5",
            "Total Points",
            "Over 48.5",
            "scores with it over 48.5 in",
        ),
    )
    for asked, kind, outcome, does in kinds:
        yield Fact(
            f"{home}{away}{day}",
            Words(
                asked,
                f"{away} vs. {home}",
                outcome,
                f"in the game scheduled for {day:%B} {day.day} {away} {does} its game with {home}",
            ),
            Words(
                f"{away} at {home} {kind}",
                f"{away} at {home} ({day:%b} {day.day})",
                outcome,
                f"{away} {does} the {away} at {home} game originally scheduled for {day:%b} {day.day},"
                f" {day.year}",
            ),
            ("Sports", "Sports"),
            day,
        )


def seats() -> Iterator[Fact]:
    """Elections of districts: 20 regions, 30 districts, two parties, primary and general."""
    day = date(2026, 12, 8)
    for region, district, party, stage in itertools.product(
        words.COUNTRIES, range(1, 31), ("Progress", "Heritage"), ("primary", "election")
    ):
        yield Fact(
            f"{region}{district}{stage}",
            Words(
                f"Will {party} win {region}'s district {district} {stage}?",
                f"{region}-{district:02} {stage} winner",
                party,
                f"the candidate of {party} wins the {day.year} {stage} of district {district} of"
                f" {region}",
            ),
            Words(
                f"Which party will win the {stage} in {region} {district:02}?",
                f"{region} {district:02} {stage}?",
                f"{party} party",
                f"a representative of {party} wins the {stage} of {region} {district:02} in {day.year}",
            ),
            ("Politics", "Elections"),
            day,
        )


def leaders() -> Iterator[Fact]:
    """Who leaves by when: 20 x 24 people, 14 months."""
    names = [f"{one} {two}" for one, two in itertools.product(words.FIRST_NAMES, words.SURNAMES)]
    for name, ahead in itertools.product(names, range(14)):
        after = date(2026 + ahead // 12, ahead % 12 + 1, 1) + timedelta(days=365)
        last = after - timedelta(days=1)
        yield Fact(
            name,
            Words(
                f"{name} out by {last:%B} {last.day}, {last.year}?",
                f"{name} out by...?",
                f"{last:%B} {last.day}, {last.year}",
                f"{name} ceases to hold office by {last:%B} {last.day}, {last.year}, 11:59 PM ET",
            ),
            Words(
                f"Will {name} leave office before {after:%b} {after.year}?",
                f"When will {name} leave office?",
                f"Before {after:%b} {after.day}, {after.year}",
                f"{name} leaves office before {after:%b} {after.day}, {after.year}",
            ),
            ("Politics", "World"),
            last,
        )


def prizes() -> Iterator[Fact]:
    """Awards: six prizes, six years, 30 works and 480 people."""
    people = [f"{one} {two}" for one, two in itertools.product(words.FIRST_NAMES, words.SURNAMES)]
    for prize, year, winner in itertools.product(
        words.AWARDS, range(2027, 2033), (*words.WORKS, *people)
    ):
        yield Fact(
            f"{prize}{year}",
            Words(
                f"Will {winner} win the {year} {prize}?",
                f"{prize} {year}",
                winner,
                f"{winner} is awarded the {year} {prize}",
            ),
            Words(
                f"{prize} winner in {year}? {winner}",
                f"{year} {prize}",
                winner,
                f"{winner} wins the {prize} at the {year} ceremony",
            ),
            ("Culture", "Entertainment"),
            date(year, 3, 14),
        )
