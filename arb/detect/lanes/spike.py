"""Spike: a price that moved far in a short while, and is expected to come part of the way back.

The side that the move made cheap is bought.
A quote seen once is no move: the new level has to be seen several times over a while, within one
epoch of the book, with a spread that still means something. The firewall looks at the book first.
Public evidence for this is negative (see docs/lanes): most moves are news.
"""

from collections import deque

import attrs

from arb.detect.basket import Leg
from arb.detect.bet import BetLane, Estimate, Evidence
from arb.market.book import BookView
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, Ns, Px, plain_text

_SAME_LEVEL = 4
"""Prices within a quarter of the move of each other are one level."""


@attrs.frozen
class SpikeLimits:
    """What counts as a spike and what is expected of it."""

    window_ns: int
    """Nanoseconds within which the price moved."""
    min_move: int
    """Micro-dollars: the smallest move that counts."""
    settle_ns: int
    """Nanoseconds for which the new level must have stood."""
    witnesses: int
    """How often it must have been seen in that time, the first time included."""
    max_spread: int
    """Micro-dollars between bid and ask: beyond it the middle means nothing."""
    reversion_ppm: int
    """Millionths of the move that are expected back."""
    confidence_ppm: int
    """The lane's weight against the market's own price."""


@attrs.frozen
class Spike:
    """A move that stood long enough to be believed."""

    market: MarketId
    before: Px
    """The middle in force when the window began."""
    after: Px
    """The middle now."""
    took_ns: int
    """From the last sighting of the old level to the first of the new one."""
    sightings: int
    """Of the new level."""

    @property
    def move(self) -> int:
        """Micro-dollars, of either sign."""
        return self.after - self.before


@attrs.frozen
class _Seen:
    at_ns: Ns
    middle: Px


class SpikeWatch:
    """One market's recent middles. Its memory is the window."""

    def __init__(self, limits: SpikeLimits) -> None:
        self._limits = limits
        self._epoch = 0
        self._seen: deque[_Seen] = deque()

    def see(self, view: BookView, now_ns: Ns) -> Spike | None:
        """Take up a sound book; says whether its price has just moved beyond the bound.

        A new epoch or a book without a middle forgets everything: prices on both sides of a gap
        are not one movement. A moment before the last one is ignored.
        """
        middle = self._middle(view)
        if middle is None or view.epoch != self._epoch:
            self._seen.clear()
            self._epoch = view.epoch
        if middle is None or (self._seen and now_ns < self._seen[-1].at_ns):
            return None
        self._seen.append(_Seen(now_ns, middle))
        self._forget(now_ns)
        return self._spike(view.market.id)

    def _middle(self, view: BookView) -> Px | None:
        if not view.live or not view.bids or not view.asks:
            return None
        bid, ask = view.bids[0][0], view.asks[0][0]
        return Px((bid + ask) // 2) if 0 < ask - bid <= self._limits.max_spread else None

    def _forget(self, now_ns: Ns) -> None:
        """Keep the window, and the one sighting before it that was in force when it began."""
        while len(self._seen) > 1 and now_ns - self._seen[1].at_ns >= self._limits.window_ns:
            self._seen.popleft()

    def _spike(self, market: MarketId) -> Spike | None:
        before, after = self._seen[0], self._seen[-1]
        move = abs(after.middle - before.middle)
        if move < self._limits.min_move:
            return None
        level = self._level(move)
        stood_ns = after.at_ns - level[0].at_ns
        if len(level) < self._limits.witnesses or stood_ns < self._limits.settle_ns:
            return None
        last_old = self._seen[len(self._seen) - len(level) - 1]
        took_ns = level[0].at_ns - last_old.at_ns
        return Spike(market, before.middle, after.middle, took_ns, len(level))

    def _level(self, move: int) -> list[_Seen]:
        """The last sightings that are one level with the newest, oldest first."""
        newest, found = self._seen[-1].middle, []
        for seen in reversed(self._seen):
            if abs(seen.middle - newest) * _SAME_LEVEL > move:
                break
            found.append(seen)
        return found[::-1]


def expect(spike: Spike, limits: SpikeLimits) -> Estimate:
    """Expect part of the move back: estimate the side that the move made cheap."""
    back = abs(spike.move) * limits.reversion_ppm // MICRO
    if spike.move > 0:
        outcome, chance = Outcome.NO, MICRO - spike.after + back
    else:
        outcome, chance = Outcome.YES, spike.after + back
    return Estimate(
        lane=BetLane.SPIKE,
        leg=Leg(spike.market, outcome),
        chance_ppm=min(chance, MICRO),
        confidence_ppm=limits.confidence_ppm,
        evidence=(
            Evidence("before", plain_text(spike.before)),
            Evidence("after", plain_text(spike.after)),
            Evidence("took", f"{spike.took_ns // 10**6} ms"),
            Evidence("seen since", f"{spike.sightings} times"),
            Evidence("expected back", plain_text(back)),
        ),
    )
