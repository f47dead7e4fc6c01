"""Whether the exchange works: per shard, trading and the exchange as a whole.

Docs: maintenance_and_pauses. A trading pause lets orders be cancelled, an exchange pause lets
nothing change at all.
"""

from collections.abc import Iterable

import attrs

from arb.sim.kalshi.errors import ApiError

SHARD_NAMES = {
    0: "Default",
    1: "Combos",
    2: "Crypto & Commodities",
    3: "Tennis, Baseball, Basketball",
}


@attrs.define
class ShardSwitch:
    """The flags of one shard."""

    exchange_active: bool = True
    trading_active: bool = True


class Switches:
    """The flags of every shard."""

    def __init__(self, shards: Iterable[int]) -> None:
        """Start with everything on."""
        self.by_shard = {shard: ShardSwitch() for shard in sorted({*SHARD_NAMES, *shards})}

    def check_change(self, shard: int) -> None:
        """Raise ApiError (409) where nothing on the shard may change: even cancels."""
        if not self.by_shard[shard].exchange_active:
            raise ApiError(409, "exchange_is_paused")

    def check_trade(self, shard: int) -> None:
        """Raise ApiError (409) where the shard takes no orders."""
        self.check_change(shard)
        if not self.by_shard[shard].trading_active:
            raise ApiError(409, "trading_is_paused")

    def status(self) -> dict[str, object]:
        """The body of `GET /exchange/status`; its top level speaks of shard 0 alone."""
        top = self.by_shard[0]
        return {
            "exchange_active": top.exchange_active,
            "trading_active": top.trading_active,
            "intra_exchange_transfers_active": top.exchange_active,
            "exchange_index_statuses": [
                {
                    "exchange_index": shard,
                    "description": SHARD_NAMES.get(shard, f"Shard {shard}"),
                    "exchange_active": switch.exchange_active,
                    "trading_active": switch.trading_active,
                    "intra_exchange_transfers_active": switch.exchange_active,
                }
                for shard, switch in self.by_shard.items()
            ],
        }
