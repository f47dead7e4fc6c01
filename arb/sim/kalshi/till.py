"""What writes cost: taken from the buckets of the member who asks, or refused with a bare 429."""

import attrs

from arb.sim.kalshi.calls import Call
from arb.sim.kalshi.errors import not_found, too_many_requests
from arb.sim.kalshi.limits import DEFAULT_COST, Governor
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.requests import AUTO


@attrs.frozen
class Till:
    """Bills writes."""

    governor: Governor
    switches: Switches

    def bill(self, call: Call, tokens: int = DEFAULT_COST, shard: int | None = 0) -> None:
        """Take tokens for a write on a shard; None where the venue has to find the shard.

        Raises ApiError: 404 for a shard that is not there, 429 for an empty bucket.
        """
        if shard is not None and shard not in self.switches.by_shard:
            raise not_found("market_not_found")
        if not self.governor.write(call.who.user_id, tokens, call.now, shard):
            raise too_many_requests()

    def bill_order(self, call: Call, tokens: int, ticker: str, index: int | None) -> None:
        """Take tokens for an order write that names a shard, or a ticker to find it by."""
        if index is None or index == AUTO:
            self.bill(call, tokens, None if ticker else 0)
        else:
            self.bill(call, tokens, index)
