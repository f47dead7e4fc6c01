"""How the simulated Polymarket lists a question."""

import random
from collections.abc import Iterable

import attrs

from arb.market.units import Clock
from arb.sim.polymarket.listing import FeeSchedule, PolymarketEvent, PolymarketListing
from arb.sim.questions.subject import POLYMARKET, Shape, Subject

FEE_PPM = {"Crypto": 70_000, "Sports": 50_000, "Politics": 40_000, "Tech": 40_000}
"""Rates by category (docs: trading/fees)."""
OTHER_FEE_PPM = 50_000
COARSE, FINE = 10_000, 1_000
"""Ticks in use for most markets, in millionths of a dollar."""
FINE_SHARE = 0.25
GAME_DELAY_S = 3
"""How long takers are held while a game runs (recorded metadata: `secondsDelay`)."""


class PolymarketDrawing:
    """Draws ids and writes events."""

    def __init__(self, rng: random.Random, now_ns: Clock) -> None:
        """Number events, markets and tags from 1."""
        self._rng = rng
        self._now_ns = now_ns
        self._number = 0
        self._slugs: dict[str, int] = {}
        self._tags: dict[str, str] = {}

    def event(self, subject: Subject) -> PolymarketEvent:
        """An event with a market for each label; a game has one market that names both sides."""
        one_of = subject.shape is Shape.ONE_OF and subject.starts_ns is None
        group = self._bytes32(low_byte_zero=True) if one_of else ""
        tick = FINE if self._rng.random() < FINE_SHARE else COARSE
        labels = subject.labels[:1] if subject.starts_ns is not None else subject.labels
        markets = [
            self._market(subject, label, index, group, tick) for index, label in enumerate(labels)
        ]
        open_ended = one_of and not subject.complete
        if open_ended:
            markets += self._unnamed(subject, len(markets), group, tick)
        return PolymarketEvent(
            gamma_id=self._next(),
            slug=self._slug(f"event {subject.event[POLYMARKET]}").removeprefix("event-"),
            title=subject.event[POLYMARKET],
            markets=tuple(markets),
            end_ns=subject.ends_ns,
            start_ns=self._now_ns(),
            neg_risk=one_of,
            neg_risk_augmented=open_ended,
            neg_risk_market_id=group,
            cumulative=subject.shape in {Shape.RISING, Shape.FALLING},
            tags=((self._tag(subject.category), subject.category.lower(), subject.category),),
        )

    def _market(
        self, subject: Subject, label: str, index: int, group: str, tick: int
    ) -> PolymarketListing:
        question = subject.text(subject.question, POLYMARKET, label)
        game = subject.starts_ns is not None
        return PolymarketListing(
            gamma_id=self._next(),
            condition_id=self._bytes32(),
            question=question,
            slug=self._slug(question),
            tokens=(self._token(), self._token()),
            start_ns=self._now_ns(),
            end_ns=subject.ends_ns,
            description=subject.text(subject.rules, POLYMARKET, label),
            outcomes=subject.sides,
            tick=tick,
            fee_schedule=FeeSchedule(FEE_PPM.get(subject.category, OTHER_FEE_PPM)),
            neg_risk=bool(group),
            neg_risk_market_id=group,
            question_id=f"{group[:-2]}{index:02x}" if group else self._bytes32(),
            group_item_title="" if game else label,
            group_item_threshold=str(index),
            seconds_delay=GAME_DELAY_S if game else 0,
            game_start_ns=subject.starts_ns,
            clear_on_start=game,
        )

    def _unnamed(
        self, subject: Subject, index: int, group: str, tick: int
    ) -> Iterable[PolymarketListing]:
        """A placeholder for a name to come, and the explicit "Other"."""
        person = self._market(subject, "Person X", index, group, tick)
        other = self._market(subject, "Other", index + 1, group, tick)
        return attrs.evolve(person, placeholder=True), attrs.evolve(other, other=True)

    # --- names and numbers ----------------------------------------------------------------------

    def _next(self) -> str:
        self._number += 1
        return str(self._number)

    def _token(self) -> str:
        """A token id: 77 decimal digits or so."""
        return str(self._rng.randrange(10**76, 10**77))

    def _bytes32(self, *, low_byte_zero: bool = False) -> str:
        value = self._rng.getrandbits(256)
        return f"0x{value >> 8 << 8 if low_byte_zero else value:064x}"

    def _slug(self, text: str) -> str:
        """Words with dashes; the second of a name gets a number, as on the venue."""
        slug = "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())
        seen = self._slugs[slug] = self._slugs.get(slug, 0) + 1
        return slug if seen == 1 else f"{slug}-{seen}"

    def _tag(self, category: str) -> str:
        if category not in self._tags:
            self._tags[category] = self._next()
        return self._tags[category]
