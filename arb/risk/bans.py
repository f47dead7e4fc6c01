"""Markets that are left alone for a while because something went wrong there, longer each time.

Lists and books may say that a market trades when it does not (a halt, a close not yet told), and
show quotes that are gone when somebody wants them. What refused an order once would refuse it
again at once, and the legs bought beside it would have to be sold back each time: detect, half
fill, unwind, detect again must not become a loop.
"""

import enum
from collections import deque
from collections.abc import Mapping

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Ns


class Offence(enum.StrEnum):
    """What a market is left alone for."""

    REFUSED = "it refused an order"
    STORM = "it keeps refusing orders"
    HALF_FILLED = "baskets there were left half done"
    MISSED = "its quotes were gone before they could be taken"


LASTING = frozenset({Offence.STORM})
"""Counted whatever succeeds in between."""


@attrs.frozen
class BanRule:
    """So many offences lead to a pause from `first_ns` up to `most_ns`, doubling each time.

    An offence, and the memory of a pause, is forgotten `most_ns` after it.
    """

    strikes: int
    first_ns: int
    most_ns: int


@attrs.define
class _Record:
    strikes: deque[Ns] = attrs.field(factory=deque)
    pause_ns: int = 0
    until_ns: Ns = Ns(0)


@attrs.define
class Bans:
    """Who is left alone until when, by what for."""

    rules: Mapping[Offence, BanRule]
    _records: dict[MarketId, dict[Offence, _Record]] = attrs.field(factory=dict, init=False)

    def strike(self, market: MarketId, offence: Offence, now_ns: Ns) -> None:
        """It happened again: enough of it and the market is left alone, twice as long as before."""
        rule = self.rules[offence]
        record = self._records.setdefault(market, {}).setdefault(offence, _Record())
        record.strikes.append(now_ns)
        while record.strikes[0] < now_ns - rule.most_ns:
            record.strikes.popleft()
        if len(record.strikes) >= rule.strikes:
            record.strikes.clear()
            remembered = record.pause_ns and now_ns < record.until_ns + rule.most_ns
            longer = 2 * record.pause_ns if remembered else rule.first_ns
            record.pause_ns = min(rule.most_ns, longer)
            record.until_ns = Ns(now_ns + record.pause_ns)

    def refuse(self, market: MarketId, now_ns: Ns) -> None:
        """It said no to an order: one of the kind, and one towards a storm."""
        self.strike(market, Offence.REFUSED, now_ns)
        self.strike(market, Offence.STORM, now_ns)

    def forgive(self, market: MarketId) -> None:
        """It took its part of a basket: the next offence is a first one again."""
        records = self._records.get(market)
        if records is not None:
            kept = {offence: record for offence, record in records.items() if offence in LASTING}
            self._records[market] = kept

    def objection(self, market: MarketId, now_ns: Ns) -> str:
        """Why nothing is begun there now; "" where nothing speaks against it."""
        for offence, record in self._records.get(market, {}).items():
            if now_ns < record.until_ns:
                left = (record.until_ns - now_ns) // 10**9
                return f"{offence}, left alone for {left} s more"
        return ""
