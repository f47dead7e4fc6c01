"""The conversation on the private connection, without I/O."""

from collections import Counter
from collections.abc import Callable

import msgspec

from arb.market.errors import Unintelligible
from arb.market.units import Ns, Qty
from arb.messages import Fill, OrderKey, OrderState, Phase
from arb.venues.polymarket.book_stream import PING_S
from arb.venues.polymarket.directory import PolymarketDirectory
from arb.venues.polymarket.fields import Raw, decode, mapping, quantity, text
from arb.venues.polymarket.fills import Identity, IncompleteTrade, UnknownToken, fills_of
from arb.venues.polymarket.order_answers import phase_of
from arb.venues.polymarket.session import PolymarketSession

Report = Fill | OrderState


class PolymarketUserStream:
    """Orders and trades of one account, as they happen.

    There is no replay: after a cut, read orders and fills by REST. Trades in contracts that the
    directory does not know, and trades whose maker orders do not add up, are skipped and counted
    here; `PolymarketAccount.fills` tells them. `counts` counts messages by kind and what was
    skipped by reason.

    The opening frame carries the account's secrets: it is made on demand and kept nowhere.
    """

    keepalive_s: float = PING_S

    def __init__(self, session: PolymarketSession, directory: PolymarketDirectory) -> None:
        """Speak for a session that is logged in."""
        self.counts: Counter[str] = Counter()
        self._session = session
        self._directory = directory
        self._readers: dict[str, Callable[[Raw], list[Report]]] = {
            "order": self._order,
            "trade": self._trade,
        }

    def opening(self) -> list[str]:
        """Subscribe to all markets: that is what a frame without `markets` asks for."""
        key = self._session.key
        auth = {"apiKey": key.owner, "secret": key.secret_text, "passphrase": key.passphrase}
        return [msgspec.json.encode({"type": "user", "auth": auth}).decode()]

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[Report]:  # noqa: ARG002 - trades carry the venue's own time
        """Read one frame: an object, a list of objects, or some plain text."""
        try:
            decoded = decode(frame)
        except Unintelligible:
            pong = frame in {"PONG", b"PONG"}
            self.counts["frames:pong" if pong else "skipped:text"] += 1
            return []
        reports: list[Report] = []
        for message in decoded if isinstance(decoded, list) else [decoded]:
            reports += self._message(message)
        return reports

    def replies(self) -> list[str]:
        """Nothing is ever asked of us."""
        return []

    def keepalive(self) -> str:
        """The venue's own ping, a text."""
        return "PING"

    def _message(self, message: object) -> list[Report]:
        try:
            raw = mapping(message)
            kind = _kind(raw)
            reader = self._readers.get(kind)
            if reader is None:
                self.counts["skipped:unknown_kind"] += 1
                return []
            reports = reader(raw)
        except UnknownToken:
            self.counts["skipped:unknown_token"] += 1
        except IncompleteTrade:
            self.counts["skipped:incomplete_trade"] += 1
        except Unintelligible:
            self.counts["skipped:malformed"] += 1
        else:
            self.counts[f"frames:{kind}"] += 1
            return reports
        return []

    def _order(self, raw: Raw) -> list[Report]:
        key = text(raw, "id")
        filled = quantity(raw.get("size_matched"))
        return [OrderState(OrderKey(key), key, _phase(raw, filled), filled)]

    def _trade(self, raw: Raw) -> list[Report]:
        me = Identity(self._session.key.owner, self._session.signer.wallet)
        return list(fills_of(raw, me, self._directory.find, whole=False))


def _kind(raw: Raw) -> str:
    """The message's kind; recordings lack it, but `type` tells trades from orders."""
    kind = raw.get("event_type")
    if kind is None and raw.get("type") == "TRADE":
        return "trade"
    if kind is None and raw.get("type") in ("PLACEMENT", "UPDATE", "CANCELLATION"):
        return "order"
    return kind if isinstance(kind, str) else ""


def _phase(raw: Raw, filled: Qty) -> Phase:
    """The status where the event has one (it may not), else what its type amounts to."""
    if raw.get("status"):
        return phase_of(text(raw, "status"))
    match text(raw, "type"):
        case "CANCELLATION":
            return Phase.DONE
        case "PLACEMENT" | "UPDATE":
            full = filled >= quantity(raw.get("original_size"))
            return Phase.DONE if full else Phase.OPEN
        case other:
            raise Unintelligible(f"an order event of unknown type {other!r:.40}")
