"""How the simulated Kalshi lists a question."""

import random

from arb.market.instruments import MarketId
from arb.market.units import Clock, Ns
from arb.sim.kalshi.listing import (
    STRUCTURES,
    KalshiEvent,
    KalshiMarket,
    KalshiSeries,
    market_id,
)
from arb.sim.questions.subject import KALSHI, NS_PER_S, Shape, Subject

CRYPTO_SHARD = 2
"""Where Kalshi lists crypto and commodities (docs: exchange_sharding)."""
FINE_SHARE = 0.25
"""How many events are quoted in tenths of a cent."""
COARSE, FINE = "linear_cent", "deci_cent"
LATEST_DAYS = 7
MINUTE_NS = 60 * NS_PER_S
EXPECTED_MINUTES = 5
"""From the end of what is asked to the answer."""
GAME_TIMER_S = 60
OTHER_TIMER_S = 300
"""From determination to payout."""


class KalshiDrawing:
    """Writes series, events and markets."""

    def __init__(self, rng: random.Random, now_ns: Clock) -> None:
        """Know no series yet."""
        self._rng = rng
        self._now_ns = now_ns
        self._known: set[str] = set()

    def event(
        self, subject: Subject
    ) -> tuple[tuple[KalshiSeries, ...], KalshiEvent, tuple[KalshiMarket, ...]]:
        """The series where it is new, the event, and a market for each label."""
        shard = CRYPTO_SHARD if subject.category in {"Crypto", "Commodities"} else 0
        one_of = subject.shape is Shape.ONE_OF
        nested = subject.shape in {Shape.RISING, Shape.FALLING}
        event = KalshiEvent(
            ticker=f"{subject.series}-{subject.code}",
            series=subject.series,
            title=subject.event[KALSHI],
            category=subject.category,
            mutually_exclusive=one_of,
            collateral_return="MECNET" if one_of else "DIRECNET" if nested else "",
            shard=shard,
        )
        structure = FINE if self._rng.random() < FINE_SHARE else COARSE
        markets = tuple(
            self._market(subject, event, index, structure) for index in range(len(subject.labels))
        )
        return self._series(subject, shard), event, markets

    @staticmethod
    def id(market: KalshiMarket) -> MarketId:
        """Our name of a market."""
        return market_id(market.ticker)

    def _series(self, subject: Subject, shard: int) -> tuple[KalshiSeries, ...]:
        if subject.series in self._known:
            return ()
        self._known.add(subject.series)
        series = KalshiSeries(
            subject.series,
            subject.event[KALSHI],
            subject.category,
            frequency=subject.frequency,
            shard=shard,
        )
        return (series,)

    def _market(
        self, subject: Subject, event: KalshiEvent, index: int, structure: str
    ) -> KalshiMarket:
        label, now, ends = subject.labels[index], self._now_ns(), subject.ends_ns
        strike = float(subject.strikes[index]) if subject.strikes else None
        return KalshiMarket(
            ticker=f"{event.ticker}-{index}" if len(subject.labels) > 1 else event.ticker,
            event=event.ticker,
            title=subject.text(subject.question, KALSHI, label),
            yes_sub_title=label or subject.event[KALSHI],
            rules_primary=subject.text(subject.rules, KALSHI, label),
            created_ns=now,
            open_ns=now,
            close_ns=ends,
            expected_expiration_ns=Ns(ends + EXPECTED_MINUTES * MINUTE_NS),
            latest_expiration_ns=Ns(ends + LATEST_DAYS * 24 * 60 * MINUTE_NS),
            structure=structure,
            ranges=STRUCTURES[structure],
            shard=event.shard,
            settlement_timer_s=OTHER_TIMER_S if subject.starts_ns is None else GAME_TIMER_S,
            strike_type="custom" if strike is None else "greater",
            floor_strike=strike,
        )
