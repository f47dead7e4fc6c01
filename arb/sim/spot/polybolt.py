"""Polymarket's stream of reference prices (docs: api-reference/live-data/overview).

A client logs in with its CLOB key, subscribes, is told what was before, and then each second the
price and its average. How far the venue's own snapshot goes back is not on record; here it is the
last quarter of an hour, so that the beginning of the open window is in it.
"""

from collections.abc import Iterable, Sequence

from arb.market.units import MICRO
from arb.sim.polymarket.auth import same_credentials
from arb.sim.polymarket.keys import KeyRing
from arb.sim.spot.hub import CLOSE_POLICY, Json, SpotClient, SpotHub
from arb.sim.spot.prices import AVERAGE_S, CoinWalk, Second

VERSION = 1
SPOT, AVERAGE = "price.crypto", "price.crypto.twap"
_NS_PER_MS = 1_000_000


class PolyBolt(SpotHub):
    """Everybody on Polymarket's stream."""

    def __init__(self, walks: Sequence[CoinWalk], ring: KeyRing) -> None:
        """Know these keys."""
        super().__init__(walks)
        self._ring = ring

    def hear(self, client: SpotClient, frame: Json | None) -> None:
        """Log in or subscribe; anything else is an error, and one before the log-in is the last."""
        op, rid = (frame or {}).get("op"), (frame or {}).get("rid")
        if frame is not None and op == "auth" and self._knows(frame.get("auth")):
            client.known = True
            client.push({"op": "authed", "rid": rid})
        elif not client.known:
            client.push({"op": "error", "rid": rid, "code": "unauthorized"})
            client.hang_up(CLOSE_POLICY)
        elif frame is not None and op == "subscribe":
            self._subscribe(client, frame.get("subscriptions"), rid)
        else:
            client.push({"op": "error", "rid": rid, "code": "bad_request"})

    def tell_one(self, client: SpotClient) -> None:
        """The price and its average, of what the client asked for."""
        for walk in self.walks:
            for channel in (SPOT, AVERAGE):
                if (channel, walk.coin.symbol) in client.wants:
                    self._push(client, channel, walk, _price(walk.now, channel))

    def _knows(self, auth: object) -> bool:
        if not isinstance(auth, dict):
            return False
        words = [auth.get(name) for name in ("apiKey", "secret", "passphrase")]
        key, secret, passphrase = (word if isinstance(word, str) else "" for word in words)
        known = self._ring.find(key)
        return known is not None and same_credentials(known, secret, passphrase)

    def _subscribe(self, client: SpotClient, wanted: object, rid: object) -> None:
        client.push({"op": "subscribed", "rid": rid})
        for channel, symbol in _wishes(wanted):
            for walk in self.walks:
                if walk.coin.symbol == symbol and (channel, symbol) not in client.wants:
                    client.wants.add((channel, symbol))
                    told = [_price(second, channel) for second in walk.told]
                    self._push(client, channel, walk, {"data": told})

    def _push(self, client: SpotClient, channel: str, walk: CoinWalk, what: Json) -> None:
        client.sent[channel] += 1
        payload = {"symbol": walk.coin.symbol, **what}
        if channel == AVERAGE:
            payload["window_seconds"] = AVERAGE_S
        client.push(
            {
                "v": VERSION,
                "channel": channel,
                "seq": client.sent[channel],
                "ts": walk.now.at_ns // _NS_PER_MS,
                "payload": payload,
            }
        )


def _wishes(wanted: object) -> Iterable[tuple[str, str]]:
    """Channels and symbols; what makes no sense is passed over."""
    for one in wanted if isinstance(wanted, list) else []:
        filters = one.get("filter") if isinstance(one, dict) else None
        if isinstance(filters, dict) and one.get("channel") in {SPOT, AVERAGE}:
            yield one["channel"], str(filters.get("symbol"))


def _price(second: Second, channel: str) -> Json:
    micros = second.px if channel == SPOT else second.average
    return {
        "value": micros / MICRO,
        "full_accuracy_value": f"{micros // MICRO}.{micros % MICRO:06d}",
        "timestamp": second.at_ns // _NS_PER_MS,
    }
