"""The conversation on the private connection: our fills and what becomes of our orders. No I/O.

These channels are not numbered: what is lost with a connection, only REST can tell.
"""

from collections import Counter

import msgspec

from arb.market.errors import Unintelligible, Unreachable
from arb.market.units import Ns
from arb.messages import Fill, OrderState
from arb.venues.kalshi.book_frames import NOTHING, TERMINAL_CODES
from arb.venues.kalshi.reports import fill, is_ours, order_state
from arb.venues.kalshi.schema import FillRow, OrderRow, decode

CHANNELS = ["fill", "user_orders"]
"""Without tickers they cover every market. Positions are not among them: REST tells those."""
KNOWN_KINDS = frozenset({"fill", "user_order", "subscribed", "ok", "error", "market_position"})


class _Frame(msgspec.Struct):
    type: str = ""
    msg: msgspec.Raw = NOTHING


class _Error(msgspec.Struct):
    code: int = 0
    msg: str = ""


class KalshiUserStream:
    """Our side of the private connection."""

    def __init__(self) -> None:
        """Start counting."""
        self.counts: Counter[str] = Counter()
        self.keepalive_s = 0.0  # the venue pings, the library answers

    def opening(self) -> list[str]:
        """Subscribe to both channels."""
        params = {"channels": CHANNELS}
        return [msgspec.json.encode({"id": 1, "cmd": "subscribe", "params": params}).decode()]

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[Fill | OrderState]:  # noqa: ARG002 - Protocol
        """Read one frame.

        Raises Unreachable where the venue has ended a channel on this connection: reports may be
        lost, and a new connection makes its owner ask for them.
        """
        try:
            wire = decode(frame, _Frame)
            return self._read(wire.type, wire.msg)
        except Unintelligible:
            self.counts["skipped:unreadable"] += 1
            return []

    def replies(self) -> list[str]:
        """Nothing is ever due."""
        return []

    def keepalive(self) -> str:
        """Nothing has to be sent."""
        return ""

    def _read(self, kind: str, body: msgspec.Raw) -> list[Fill | OrderState]:
        self.counts[f"frames:{kind}" if kind in KNOWN_KINDS else "skipped:another kind"] += 1
        match kind:
            case "fill":
                return self._fill(decode(body, FillRow))
            case "user_order":
                return self._order(decode(body, OrderRow))
            case "error":
                self._error(decode(body, _Error))
            case "market_position":
                self.counts["skipped:positions come by REST"] += 1
        return []

    def _fill(self, row: FillRow) -> list[Fill | OrderState]:
        if not is_ours(row.subaccount):
            return self._of_another()
        told = fill(row)
        self.counts["fills"] += 1
        return [told]

    def _order(self, row: OrderRow) -> list[Fill | OrderState]:
        if not is_ours(row.subaccount_number):
            return self._of_another()
        told = order_state(row)
        self.counts["orders"] += 1
        return [told]

    def _of_another(self) -> list[Fill | OrderState]:
        self.counts["skipped:another subaccount"] += 1
        return []

    def _error(self, error: _Error) -> None:
        self.counts["errors"] += 1
        if error.code in TERMINAL_CODES:
            raise Unreachable(f"the venue ended a private channel: {error.code} {error.msg}")
