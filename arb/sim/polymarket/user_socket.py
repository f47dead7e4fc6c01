"""The private stream: orders and trades of one account (docs: user-channel)."""

from collections import Counter
from collections.abc import Callable

from starlette.websockets import WebSocket

from arb.sim.polymarket.auth import same_credentials
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.connections import (
    BAD_REQUEST,
    CLOSE_POLICY,
    Connection,
    compact,
    read_object,
    strings_of,
)
from arb.sim.polymarket.keys import ApiKey, KeyRing
from arb.sim.polymarket.wire import Json


class UserListener:
    """One client of the private stream. Hears nothing before it said who it is."""

    def __init__(self, ring: KeyRing, connection: Connection, flush: Callable[[], None]) -> None:
        """Start unknown."""
        self.connection = connection
        self.key: ApiKey | None = None
        self.markets: dict[str, None] | None = None
        """Condition ids; None for all."""
        self._ring = ring
        self._flush = flush

    def hear(self, text: str) -> None:
        """Act on a frame of the client's."""
        frame = read_object(text)
        if self.key is None:
            self._log_in(frame)
        elif frame is None or not self._change(frame):
            self.connection.push(BAD_REQUEST)

    def wants(self, address: str, condition_id: str) -> bool:
        """Say whether an event of this address and market is to be told."""
        mine = self.key is not None and self.key.address.lower() == address.lower()
        return mine and (self.markets is None or condition_id in self.markets)

    def _log_in(self, frame: Json | None) -> None:
        known = self._known(frame) if frame and frame.get("type") == "user" else None
        if known is None:
            self.connection.hang_up(CLOSE_POLICY)
            return
        self._flush()
        self.key = known
        self._choose(frame)

    def _known(self, frame: Json) -> ApiKey | None:
        """The key that a first frame names, where it also knows its secrets."""
        auth = frame.get("auth")
        if not isinstance(auth, dict):
            return None
        words = [auth.get(name) for name in ("apiKey", "secret", "passphrase")]
        key, secret, passphrase = (word if isinstance(word, str) else "" for word in words)
        known = self._ring.find(key)
        return known if known and same_credentials(known, secret, passphrase) else None

    def _choose(self, frame: Json | None) -> None:
        markets = strings_of(frame, "markets") if frame else None
        self.markets = None if markets is None else dict.fromkeys(markets)

    def _change(self, frame: Json) -> bool:
        """Add or drop markets; says whether the frame made sense."""
        markets = strings_of(frame, "markets")
        if markets is None or frame.get("operation") not in {"subscribe", "unsubscribe"}:
            return False
        if self.markets is None:
            return True
        for market in markets:
            if frame["operation"] == "subscribe":
                self.markets[market] = None
            else:
                self.markets.pop(market, None)
        return True


class UserHub:
    """Everybody on the private stream."""

    def __init__(self, ring: KeyRing, conditions: Conditions, flush: Callable[[], None]) -> None:
        """`flush` tells what happened so far: a new client hears only what happens from now on."""
        self.counts: Counter[str] = Counter()
        self._ring = ring
        self._conditions = conditions
        self._flush = flush
        self._listeners: dict[UserListener, None] = {}

    async def serve(self, socket: WebSocket) -> None:
        """Serve one client until it leaves."""
        connection = Connection(self._conditions, self.counts)
        listener = UserListener(self._ring, connection, self._flush)
        self._listeners[listener] = None
        try:
            await connection.converse(socket, listener.hear)
        finally:
            del self._listeners[listener]

    def hang_up(self) -> None:
        """End every connection."""
        for listener in self._listeners:
            listener.connection.hang_up()

    def tell(self, address: str, condition_id: str, event: Json) -> None:
        """Tell the clients of one address."""
        for listener in list(self._listeners):
            if listener.wants(address, condition_id):
                listener.connection.push(compact(event))
