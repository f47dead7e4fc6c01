"""What stands in the way of anything new: a person, a breaker, a ban, a pause. Pure.

Every answer is a reason in words, or "" where nothing speaks against it. What is declined here is
new risk alone: baskets that were begun are bought, unwound and booked whatever stands here.
"""

from collections.abc import Iterable
from typing import TypeVar

import attrs

from arb.market.instruments import Claim, Market, MarketId, Venue
from arb.market.units import Ns
from arb.messages import BasketEnd, Level, StandingChanged
from arb.risk.bans import Bans, Offence
from arb.risk.chances import NOTHING, WHOLE

_Key = TypeVar("_Key")


@attrs.frozen
class Pauses:
    """How long what is left alone, and after how much."""

    cooldown_ns: int
    """A market in which a basket ended begins no other for so long. The legs of one basket, and
    its unwind, are one doing: nothing between them waits."""
    most_failures: int
    """Baskets in a row that were left half done or refused."""
    failures_ns: int
    """How long nothing is begun after so many."""


@attrs.define
class Obstacles:
    """Everything that may forbid a beginning."""

    bans: Bans
    pauses: Pauses
    _standing: StandingChanged | None = attrs.field(default=None, init=False)
    _venues: dict[Venue, str] = attrs.field(factory=dict, init=False)
    _markets: dict[MarketId, str] = attrs.field(factory=dict, init=False)
    _claims: dict[str, str] = attrs.field(factory=dict, init=False)
    _ended: dict[MarketId, Ns] = attrs.field(factory=dict, init=False)
    _failures: int = attrs.field(default=0, init=False)
    _paused_until: Ns = attrs.field(default=Ns(0), init=False)

    # --- what people and watchers say ---

    def stand(self, change: StandingChanged) -> None:
        """Begin nothing while trading is paused or worse, or begin again."""
        self._standing = change

    def bar_venue(self, venue: Venue, reason: str | None) -> None:
        """Begin nothing on a venue any more, or again."""
        _bar(self._venues, venue, reason)

    def bar_market(self, market: MarketId, reason: str | None) -> None:
        """Begin nothing in a market any more, or again."""
        _bar(self._markets, market, reason)

    def bar_claim(self, source: str, reason: str | None) -> None:
        """Begin nothing that relies on a claim of this source any more, or again."""
        _bar(self._claims, source, reason)

    # --- what baskets say by how they end ---

    def ended(
        self,
        end: BasketEnd,
        markets: Iterable[MarketId],
        tried: Iterable[MarketId],
        refused: Iterable[MarketId],
        now_ns: Ns,
    ) -> None:
        """A basket ended: leave alone what refused or mismatched, forgive what did not.

        `tried`: the markets that were sent an order; of a basket that was missed only these rest.
        """
        said_no = set(refused)
        for market in said_no:
            self.bans.refuse(market, now_ns)
        self._judge(end, set(markets) - said_no, set(tried) - said_no, now_ns)
        self._ended.update(dict.fromkeys(tried if end in NOTHING else markets, now_ns))
        self._count(end, refused=bool(said_no), now_ns=now_ns)

    def _judge(
        self, end: BasketEnd, markets: set[MarketId], tried: set[MarketId], now_ns: Ns
    ) -> None:
        if end in WHOLE:
            for market in markets:
                self.bans.forgive(market)
        elif end in NOTHING:
            for market in tried:
                self.bans.strike(market, Offence.MISSED, now_ns)
        else:
            for market in markets:
                self.bans.strike(market, Offence.HALF_FILLED, now_ns)

    def _count(self, end: BasketEnd, *, refused: bool, now_ns: Ns) -> None:
        if end in WHOLE:
            self._failures = 0
        elif refused or end not in NOTHING:
            self._failures += 1
        if self._failures >= self.pauses.most_failures:
            self._failures = 0
            self._paused_until = Ns(now_ns + self.pauses.failures_ns)

    # --- what it comes to ---

    def failing(self, now_ns: Ns) -> str:
        """Why nothing at all is begun because too much failed in a row."""
        if now_ns >= self._paused_until:
            return ""
        left = (self._paused_until - now_ns) // 10**9
        return f"{self.pauses.most_failures} baskets in a row failed, paused for {left} s more"

    def objection(self, markets: Iterable[Market], now_ns: Ns) -> str:
        """Why nothing may be begun in these markets now."""
        standing = self._standing
        if standing is not None and standing.level >= Level.PAUSED:
            return f"stopped: {standing.who}: {standing.why}"
        return self.failing(now_ns) or next(
            (why for market in markets if (why := self._about(market, now_ns))), ""
        )

    def doubt(self, claims: Iterable[Claim]) -> str:
        """Why what relies on these claims may not be begun."""
        for claim in claims:
            if claim.source in self._claims:
                return f"relies on {claim.source}: {self._claims[claim.source]}"
        return ""

    def _about(self, market: Market, now_ns: Ns) -> str:
        if market.venue in self._venues:
            return f"{market.venue} is stopped: {self._venues[market.venue]}"
        if market.id in self._markets:
            return f"market barred: {market.id}: {self._markets[market.id]}"
        banned = self.bans.objection(market.id, now_ns)
        if banned:
            return f"market left alone: {market.id}: {banned}"
        ended = self._ended.get(market.id)
        if ended is not None and now_ns - ended < self.pauses.cooldown_ns:
            return f"market rests after a basket: {market.id}"
        return ""


def _bar(barred: dict[_Key, str], what: _Key, reason: str | None) -> None:
    if reason is None:
        barred.pop(what, None)
    else:
        barred[what] = reason
