"""What the simulated world lists: questions on one venue or both, with their traps.

Some questions are on both venues in different words: true pairs. Some look like pairs and differ
in their deadline: false twins. Some events are complete, some exclude without being complete, and
some Polymarket events leave room for outcomes not yet named.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Ns
from arb.sim.kalshi.listing import (
    STRUCTURES,
    KalshiCatalogue,
    KalshiEvent,
    KalshiMarket,
    KalshiSeries,
)
from arb.sim.kalshi.listing import market_id as kalshi_id
from arb.sim.polymarket.listing import FeeSchedule, PolymarketEvent, PolymarketListing
from arb.sim.subjects import Subject, Subjects

T = TypeVar("T")

POLYMARKET, KALSHI = 0, 1
"""Places of the venues' words in a subject's texts."""
FEE_PPM = {"Crypto": 70_000, "Sports": 50_000, "Politics": 40_000, "Tech": 40_000}
"""Polymarket's rates by category (docs: trading/fees)."""
OTHER_FEE_PPM = 50_000
CRYPTO_SHARD = 2
"""Where Kalshi lists crypto and commodities (docs: exchange_sharding)."""
TICKS = ((10_000, 3), (1_000, 1))
"""Polymarket ticks and how common they are."""
GRIDS = (("linear_cent", 3), ("deci_cent", 1))
"""Kalshi price structures and how common they are."""


@attrs.frozen
class Question:
    """One question with its answers as both venues list them; () where a venue does not."""

    subject: Subject
    polymarket: tuple[MarketId, ...]
    kalshi: tuple[MarketId, ...]

    @property
    def answers(self) -> int:
        """How many labels."""
        return len(self.subject.labels)


@attrs.frozen
class Twins:
    """Two markets that a matcher may take for the same question."""

    kalshi: MarketId
    polymarket: MarketId
    same: bool
    reason: str


@attrs.frozen
class Mix:
    """How many questions of each kind are listed."""

    both_yes_no: int = 10
    polymarket_yes_no: int = 5
    kalshi_yes_no: int = 5
    both_complete: int = 5
    polymarket_complete: int = 5
    polymarket_open_ended: int = 3
    kalshi_exclusive: int = 6
    false_twins: int = 2


@attrs.define
class Catalogue:
    """Everything listed on both venues."""

    questions: list[Question] = attrs.field(factory=list)
    twins: list[Twins] = attrs.field(factory=list)
    polymarket: list[PolymarketEvent] = attrs.field(factory=list)
    series: dict[str, KalshiSeries] = attrs.field(factory=dict)
    events: list[KalshiEvent] = attrs.field(factory=list)
    markets: list[KalshiMarket] = attrs.field(factory=list)

    @property
    def kalshi(self) -> KalshiCatalogue:
        """Kalshi's lists."""
        return KalshiCatalogue(tuple(self.series.values()), tuple(self.events), tuple(self.markets))


def draw(rng: random.Random, now_ns: Ns, mix: Mix) -> Catalogue:
    """Draw a world's questions from a seeded generator."""
    return _Drawing(rng, now_ns).draw(mix)


class _Drawing:
    """A catalogue while it is drawn."""

    def __init__(self, rng: random.Random, now_ns: Ns) -> None:
        self._rng = rng
        self._now_ns = now_ns
        self._subjects = Subjects(rng, now_ns)
        self._made = Catalogue()
        self._number = 0

    def draw(self, mix: Mix) -> Catalogue:
        for _ in range(mix.both_yes_no):
            self._both(self._subjects.yes_or_no())
        for _ in range(mix.polymarket_yes_no):
            self._ask(self._subjects.yes_or_no(), on_kalshi=False)
        for _ in range(mix.kalshi_yes_no):
            self._ask(self._subjects.yes_or_no(), on_polymarket=False)
        for _ in range(mix.both_complete):
            self._both(self._subjects.all_answers(self._rng.randint(3, 5)))
        for _ in range(mix.polymarket_complete):
            self._ask(self._subjects.all_answers(self._rng.randint(3, 6)), on_kalshi=False)
        for _ in range(mix.polymarket_open_ended):
            self._ask(self._subjects.one_of_many(self._rng.randint(4, 7)), on_kalshi=False)
        for _ in range(mix.kalshi_exclusive):
            self._ask(self._subjects.one_of_many(self._rng.randint(3, 7)), on_polymarket=False)
        for _ in range(mix.false_twins):
            self._false_twins()
        return self._made

    def _both(self, subject: Subject) -> None:
        question = self._ask(subject)
        for poly, kalshi in zip(question.polymarket, question.kalshi, strict=True):
            reason = "the same question, day and outcome on both venues"
            self._made.twins.append(Twins(kalshi, poly, same=True, reason=reason))

    def _false_twins(self) -> None:
        """The same person and office, but the deadlines are a month apart."""
        early, late = self._subjects.deadlines(2)
        poly = self._ask(early, on_kalshi=False).polymarket[0]
        kalshi = self._ask(late, on_polymarket=False).kalshi[0]
        reason = f"deadlines differ: {early.last_day} and {late.last_day}"
        self._made.twins.append(Twins(kalshi, poly, same=False, reason=reason))

    def _ask(
        self, subject: Subject, *, on_polymarket: bool = True, on_kalshi: bool = True
    ) -> Question:
        poly = tuple(self._on_polymarket(subject)) if on_polymarket else ()
        kalshi = tuple(self._on_kalshi(subject)) if on_kalshi else ()
        question = Question(subject, poly, kalshi)
        self._made.questions.append(question)
        return question

    # --- Polymarket ---

    def _on_polymarket(self, subject: Subject) -> Iterator[MarketId]:
        several = len(subject.labels) > 1
        group = self._bytes32(low_byte_zero=True) if several else ""
        tick = self._weighted(TICKS)
        markets = [
            self._polymarket_market(subject, label, index, group, tick)
            for index, label in enumerate(subject.labels)
        ]
        open_ended = several and not subject.complete
        if open_ended:
            markets += self._unnamed(subject, len(markets), group, tick)
        self._made.polymarket.append(
            PolymarketEvent(
                gamma_id=self._next(),
                slug=_slug(subject.event[POLYMARKET]),
                title=subject.event[POLYMARKET],
                markets=tuple(markets),
                end_ns=self._end(subject),
                neg_risk=several,
                neg_risk_augmented=open_ended,
                neg_risk_market_id=group,
                tags=((self._next(), subject.category.lower(), subject.category),),
            )
        )
        return iter([market.id for market in markets[: len(subject.labels)]])

    def _polymarket_market(
        self, subject: Subject, label: str, index: int, group: str, tick: int
    ) -> PolymarketListing:
        question = subject.text(subject.question, POLYMARKET, label)
        return PolymarketListing(
            gamma_id=self._next(),
            condition_id=self._bytes32(),
            question=question,
            slug=_slug(question),
            tokens=(self._token(), self._token()),
            end_ns=self._end(subject),
            description=subject.text(subject.rules, POLYMARKET, label),
            outcomes=subject.sides,
            tick=tick,
            fee_schedule=FeeSchedule(FEE_PPM.get(subject.category, OTHER_FEE_PPM)),
            neg_risk=bool(group),
            neg_risk_market_id=group,
            question_id=f"{group[:-2]}{index:02x}" if group else self._bytes32(),
            group_item_title=label,
            group_item_threshold=str(index),
        )

    def _unnamed(
        self, subject: Subject, index: int, group: str, tick: int
    ) -> Iterable[PolymarketListing]:
        """A placeholder for a name to come, and the explicit "Other"."""
        person = self._polymarket_market(subject, "Person X", index, group, tick)
        other = self._polymarket_market(subject, "Other", index + 1, group, tick)
        return attrs.evolve(person, placeholder=True), attrs.evolve(other, other=True)

    # --- Kalshi ---

    def _on_kalshi(self, subject: Subject) -> Iterator[MarketId]:
        shard = CRYPTO_SHARD if subject.category in {"Crypto", "Commodities"} else 0
        series = self._made.series.setdefault(
            subject.series,
            KalshiSeries(subject.series, subject.event[KALSHI], subject.category, shard=shard),
        )
        several = len(subject.labels) > 1
        event = KalshiEvent(
            ticker=f"{subject.series}-{subject.code}",
            series=series.ticker,
            title=subject.event[KALSHI],
            category=subject.category,
            mutually_exclusive=several,
            collateral_return="MECNET" if several else "",
            shard=shard,
        )
        self._made.events.append(event)
        structure = self._weighted(GRIDS)
        markets = [
            self._kalshi_market(subject, event, label, index, structure)
            for index, label in enumerate(subject.labels)
        ]
        self._made.markets += markets
        return iter([kalshi_id(market.ticker) for market in markets])

    def _kalshi_market(
        self, subject: Subject, event: KalshiEvent, label: str, index: int, structure: str
    ) -> KalshiMarket:
        end = self._end(subject)
        return KalshiMarket(
            ticker=f"{event.ticker}-{index}" if len(subject.labels) > 1 else event.ticker,
            event=event.ticker,
            title=subject.text(subject.question, KALSHI, label),
            yes_sub_title=label or subject.event[KALSHI],
            rules_primary=subject.text(subject.rules, KALSHI, label),
            created_ns=self._now_ns,
            open_ns=self._now_ns,
            close_ns=end,
            expected_expiration_ns=end,
            latest_expiration_ns=Ns(end + _days(7)),
            structure=structure,
            ranges=STRUCTURES[structure],
            shard=event.shard,
        )

    # --- names and numbers ---

    def _end(self, subject: Subject) -> Ns:
        """The end of the last day, UTC."""
        end = datetime.combine(subject.last_day + timedelta(days=1), time(), UTC)
        return Ns(int(end.timestamp()) * 1_000_000_000)

    def _next(self) -> str:
        self._number += 1
        return str(self._number)

    def _token(self) -> str:
        """A token id: 77 decimal digits or so."""
        return str(self._rng.randrange(10**76, 10**77))

    def _bytes32(self, *, low_byte_zero: bool = False) -> str:
        value = self._rng.getrandbits(256)
        return f"0x{value >> 8 << 8 if low_byte_zero else value:064x}"

    def _weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        values, weights = zip(*choices, strict=True)
        picked: T = self._rng.choices(values, weights)[0]
        return picked


def _slug(text: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    return "-".join(words)


def _days(number: int) -> int:
    return number * 86_400 * 1_000_000_000
