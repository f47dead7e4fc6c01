"""The conversation on one market-data connection, without I/O.

Bytes to changes is the hottest path of the program: the usual frames take a fast path, and
whatever is unusual about a frame makes the exact path read it again from the start. Nothing is
counted or changed before a frame is understood.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from arb.market.instruments import Market, MarketId
from arb.market.units import Ns
from arb.messages import BookBroken, BookChange
from arb.venues.polymarket.directory import reference
from arb.venues.polymarket.exact_frames import QUIET, ExactReader
from arb.venues.polymarket.fields import UNREADABLE
from arb.venues.polymarket.frames import (
    OddFrame,
    Tokens,
    WireMessage,
    fast_decode,
    read_changes,
    read_snapshot,
)

PING_S = 10.0
"""The server hangs up after about 125 s without a PING (docs: market-channel asks for 10 s)."""


class PolymarketBookStream:
    """Books of some markets in YES terms, both tokens subscribed.

    The venue mirrors every change on the other token, so a market's changes arrive twice and say
    the same: one change is made of them. The snapshot of either token is the whole book. `counts`
    counts messages by kind ("frames:book"), level changes as they were told ("changes") and what
    was skipped ("skipped:malformed").

    Where changes were lost or the tick moved, the stream itself asks for a new snapshot.
    """

    keepalive_s: float = PING_S

    def __init__(self, markets: Sequence[Market]) -> None:
        """Take the markets of one shard."""
        self._counts: Counter[str] = Counter()
        self._frames = 0  # counting in plain ints makes receiving a tenth faster
        self._changes = 0
        self._markets = tuple(markets)
        self._wanted: dict[MarketId, None] = {}
        self._tokens: Tokens = {}
        for market in markets:
            ref = reference(market)
            self._tokens[ref.yes_token] = (market.id, False, ref.no_token)
            self._tokens[ref.no_token] = (market.id, True, ref.yes_token)
        self._exact = ExactReader(self._tokens, self._counts, self._wanted)
        self._exact.learn_ticks(markets)

    @property
    def counts(self) -> Counter[str]:
        """Messages by kind, level changes, and what was skipped by reason."""
        if self._frames:
            self._counts["frames:price_change"] += self._frames
            self._counts["changes"] += self._changes
            self._frames = self._changes = 0
        return self._counts

    @counts.setter
    def counts(self, counts: Counter[str]) -> None:
        self._frames = self._changes = 0
        self._counts.clear()
        self._counts.update(counts)

    def opening(self) -> list[str]:
        """Subscribe to both tokens of every market."""
        self._wanted.clear()
        self._exact.learn_ticks(self._markets)
        subscription = {
            "type": "market",
            "assets_ids": list(self._tokens),
            "custom_feature_enabled": True,  # brings market_resolved
        }
        return [_json(subscription)]

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[BookChange]:  # noqa: ARG002 - the books' owner stamps the batch
        """Read one frame, whatever it holds."""
        try:
            message = fast_decode(frame)
            if isinstance(message, WireMessage) and message.event_type == "price_change":
                told = message.price_changes
                if told is not None:
                    made = read_changes(told, self._tokens)
                    self._frames += 1
                    self._changes += len(told)
                    return made
            return self._any(message)
        except (OddFrame, KeyError, *UNREADABLE):
            return self._exact.read(frame)

    def resync(self, markets: Sequence[Market]) -> list[BookChange]:
        """Ask for new snapshots: subscribing again to a subscribed asset brings none.

        So it is unsubscribed from first, and what happens in between is told to nobody.
        """
        known = {market for market, _, _ in self._tokens.values()}
        asked = [market.id for market in markets if market.id in known]
        self._wanted.update(dict.fromkeys(asked))
        return [BookBroken(market, "asked for anew") for market in asked]

    def replies(self) -> list[str]:
        """Unsubscribe from what needs a snapshot and subscribe to it again."""
        if not self._wanted:
            return []
        tokens = [token for token, (market, _, _) in self._tokens.items() if market in self._wanted]
        self._wanted.clear()
        again = {"operation": "subscribe", "assets_ids": tokens, "custom_feature_enabled": True}
        return [_json({"operation": "unsubscribe", "assets_ids": tokens}), _json(again)]

    def keepalive(self) -> str:
        """The venue's own ping, a text."""
        return "PING"

    def _any(self, message: WireMessage | list[WireMessage]) -> list[BookChange]:
        """Messages of the other kinds, one or several to the frame."""
        messages = message if isinstance(message, list) else [message]
        made: list[BookChange] = []
        for one in messages:
            if one.event_type == "book":
                made.append(read_snapshot(one, self._tokens, self._exact.ticks))
            elif one.event_type not in QUIET:
                raise OddFrame
        self._counts.update(f"frames:{one.event_type}" for one in messages)
        return made


def _json(frame: object) -> str:
    return msgspec.json.encode(frame).decode()
