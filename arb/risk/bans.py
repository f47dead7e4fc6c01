"""Markets that said no to an order: left alone for a while, longer each time.

Lists and books may say that a market trades when it does not (a halt, a close not yet told). What
refused an order once would refuse it again at once, and the legs bought beside it would have to be
sold back each time.
"""

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Ns


@attrs.frozen
class _Ban:
    until_ns: Ns
    pause_ns: int


@attrs.define
class Bans:
    """Who is left alone until when. Pauses double from `first_ns` to `most_ns`."""

    first_ns: int
    most_ns: int
    _bans: dict[MarketId, _Ban] = attrs.field(factory=dict, init=False)

    def ban(self, market: MarketId, now_ns: Ns) -> None:
        """It said no: leave it alone, twice as long as the last time."""
        last = self._bans.get(market)
        pause = self.first_ns if last is None else min(self.most_ns, 2 * last.pause_ns)
        self._bans[market] = _Ban(Ns(now_ns + pause), pause)

    def forgive(self, market: MarketId) -> None:
        """It took an order: the next refusal is a first one again."""
        self._bans.pop(market, None)

    def objection(self, market: MarketId, now_ns: Ns) -> str:
        """Why nothing is begun there now; "" where nothing speaks against it."""
        ban = self._bans.get(market)
        if ban is None or now_ns >= ban.until_ns:
            return ""
        return f"it refused an order, left alone for {(ban.until_ns - now_ns) // 10**9} s more"
