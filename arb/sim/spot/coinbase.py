"""Coinbase's ticker (docs: advanced-trade-apis/websocket): the second witness of simulated coins."""

import random
from collections.abc import Sequence

from arb.market.units import MICRO
from arb.sim.spot.hub import CLOSE_POLICY, Json, SpotClient, SpotHub, iso
from arb.sim.spot.prices import CoinWalk

TICKER, HEARTBEATS = "ticker", "heartbeats"
HALF_SPREAD_PPM = 20
MOST_BASIS_PPM = 40
"""How far its middle lies from the reference price at most."""


class Coinbase(SpotHub):
    """Everybody on the ticker."""

    def __init__(self, walks: Sequence[CoinWalk], rng: random.Random) -> None:
        """Draw how far each second's quotes lie off."""
        super().__init__(walks)
        self._rng = rng

    def hear(self, client: SpotClient, frame: Json | None) -> None:
        """Subscribe; anything else is answered with an error, and is the last."""
        products = (frame or {}).get("product_ids", [])
        channel = (frame or {}).get("channel")
        if (
            frame is None
            or frame.get("type") != "subscribe"
            or channel not in {TICKER, HEARTBEATS}
            or not isinstance(products, list)
        ):
            client.push({"type": "error", "message": "failed to read message"})
            client.hang_up(CLOSE_POLICY)
            return
        names = [str(name) for name in products] if channel == TICKER else [""]
        client.wants.update((str(channel), name) for name in names)
        self._push(client, "subscriptions", [{"subscriptions": {channel: names}}])

    def tell_one(self, client: SpotClient) -> None:
        """Best bid and ask of what the client asked for, and a heartbeat."""
        for walk in self.walks:
            product = f"{walk.coin.code}-USD"
            if (TICKER, product) in client.wants:
                self._push(client, TICKER, [{"type": "update", "tickers": [self._row(walk)]}])
        if (HEARTBEATS, "") in client.wants:
            beat = {"current_time": iso(self.walks[0].now.at_ns), "heartbeat_counter": "1"}
            self._push(client, HEARTBEATS, [beat])

    def _row(self, walk: CoinWalk) -> Json:
        px = walk.now.px
        middle = px + px * self._rng.randint(-MOST_BASIS_PPM, MOST_BASIS_PPM) // MICRO
        half = px * HALF_SPREAD_PPM // MICRO
        return {
            "type": "ticker",
            "product_id": f"{walk.coin.code}-USD",
            "price": _dollars(middle),
            "best_bid": _dollars(middle - half),
            "best_ask": _dollars(middle + half),
        }

    def _push(self, client: SpotClient, channel: str, events: list[Json]) -> None:
        number = client.sent[""]
        client.sent[""] += 1
        client.push(
            {
                "channel": channel,
                "client_id": "",
                "timestamp": iso(self.walks[0].now.at_ns),
                "sequence_num": number,
                "events": events,
            }
        )


def _dollars(micros: int) -> str:
    return f"{micros // MICRO}.{micros % MICRO:06d}"
