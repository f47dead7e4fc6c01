"""The conversation on one market-data connection: subscribe, count, apply, ask again. No I/O.

Every frame of a subscription, control frames included, carries the next number; one that is
missing may have belonged to any market, so then no book of the subscription is true any more
(docs: websockets; recorded traffic).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from arb.market.errors import Malformed
from arb.market.instruments import KalshiRef, Market, MarketId
from arb.market.units import MICRO, Clock, Ns, Px
from arb.messages import BookBroken, BookChange, BookReplaced, LevelAdded
from arb.venues.kalshi import tape
from arb.venues.kalshi.book_frames import (
    BOOK_KINDS,
    CHANNEL,
    CONTROL_KINDS,
    DELTA,
    NO_BODY,
    ODD_DELTA,
    TERMINAL_CODES,
    UNREADABLE,
    Body,
    Frame,
    adding,
    asking_snapshots,
    decode_delta,
    decode_frame,
    envelope_of,
    in_steps,
    subscribing,
)
from arb.venues.kalshi.levels import (
    ASK_PRICES,
    BID_PRICES,
    HUNDREDTH,
    HUNDREDTHS_BELOW,
    asks_of,
    bids_of,
    parse_count,
    parse_level_px,
)

DELTA_COUNT = f"frames:{DELTA}"
ASK_AGAIN_NS = 1_000_000_000
"""After asking for snapshots, before asking again: they are on their way, and each of them can be
lost as well. Doubles while books go on breaking, up to `ASK_AGAIN_MOST_NS`."""
ASK_AGAIN_MOST_NS = 8_000_000_000
KEYS_AT_MOST = 100
"""Different things counted: names come from outside and must not fill the memory."""


class KalshiBookStream:
    """The books of one connection.

    Only the given markets are spoken of; with `market_id_of` every ticker is, under the id that
    it returns (recordings, whose markets and subscriptions are not known beforehand).
    """

    def __init__(
        self,
        markets: Sequence[Market],
        *,
        now_ns: Clock | None = None,
        market_id_of: Callable[[str], MarketId] | None = None,
        trades: bool = False,
    ) -> None:
        """Take Kalshi's markets; others cannot be subscribed to and are left alone.

        Without a clock, time goes on with the frames. `trades` says to subscribe to public trades
        too; those that come are told in any case.
        """
        self._counts: Counter[str] = Counter()
        self._deltas = 0  # counting in a plain int makes receiving a tenth faster
        self.keepalive_s = 0.0  # the venue pings, the library answers
        self._ids = {one.ref.ticker: one.id for one in markets if isinstance(one.ref, KalshiRef)}
        self._market_id_of = market_id_of
        self._seen_ns = Ns(0)
        self._now_ns = now_ns or (lambda: self._seen_ns)
        self._tape = tape.Tape(self._ids if trades else ())
        self._forget()

    def _forget(self) -> None:
        self._tape.forget()
        self._sid = 0  # the subscription; 0 while there is none
        self._dead = 0  # the subscription that the venue ended last
        self._last = 0  # the number of the last frame
        self._live: dict[str, MarketId] = {}  # markets whose snapshot came, and no gap since
        self._to_subscribe: list[str] = []
        self._to_add: list[str] = []
        self._to_ask: dict[str, None] = {}
        self._ask_after_ns = Ns(0)
        self._ask_pause_ns = ASK_AGAIN_NS
        self._commands = 0

    @property
    def counts(self) -> Counter[str]:
        """Frames by kind, level changes, gaps, errors, and what was skipped by reason."""
        if self._deltas:
            self._counts[DELTA_COUNT] += self._deltas
            self._counts["changes"] += self._deltas
            self._deltas = 0
        return self._counts

    @counts.setter
    def counts(self, counts: Counter[str]) -> None:
        self._deltas = 0
        self._counts = counts

    def opening(self) -> list[str]:
        """Subscribe to the first markets; the rest are added once the subscription has an id."""
        self._forget()
        self._plan_subscription()
        return self.replies()

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[BookChange]:
        """Read one frame; returns the changes it brings, in order.

        Nearly all frames are the next delta of a live book, spelled as ever: they are read at once,
        and whatever is unusual about one makes `_receive_any` read it from the start.
        """
        try:
            wire = decode_delta(frame)
            body = wire.msg
            market = self._live[body.market_ticker]
            is_bid = body.side == "yes"
            px = BID_PRICES[body.price_dollars] if is_bid else ASK_PRICES[body.price_dollars]
            count = body.delta_fp
            hundredths = round(count * 100)
        except ODD_DELTA:
            return self._receive_any(frame, seen_ns)
        seq = self._last + 1
        exact = hundredths / 100 == count and -HUNDREDTHS_BELOW < hundredths < HUNDREDTHS_BELOW
        if wire.seq != seq or wire.sid != self._sid or not exact:
            return self._receive_any(frame, seen_ns)
        self._seen_ns = seen_ns
        self._last = seq
        self._deltas += 1
        return [LevelAdded(market, is_bid, px, hundredths * HUNDREDTH)]

    def _receive_any(self, frame: str | bytes, seen_ns: Ns) -> list[BookChange]:
        self._seen_ns = seen_ns
        try:
            wire = decode_frame(frame)
        except UNREADABLE:
            return self._illegible(frame)
        if wire.type == tape.CHANNEL:
            return self._trade(frame, seen_ns)
        return self._any(wire)

    def resync(self, markets: Sequence[Market]) -> list[BookChange]:
        """Ask for snapshots of these. Their changes go on being told until the snapshots come."""
        tickers = (one.ref.ticker for one in markets if isinstance(one.ref, KalshiRef))
        self._ask(ticker for ticker in tickers if ticker in self._ids)
        return []

    def replies(self) -> list[str]:
        """Frames that are due: subscribing, adding markets, asking for snapshots."""
        frames = []
        if self._to_subscribe:
            frames.append(subscribing(self._command(), self._to_subscribe))
            self._to_subscribe = []
        if self._sid:
            frames += [adding(self._command(), self._sid, some) for some in in_steps(self._to_add)]
            self._to_add = []
            frames += self._tape.replies(self._command)
            if self._to_ask and self._now_ns() >= self._ask_after_ns:
                frames += self._asking()
        return frames

    def _asking(self) -> list[str]:
        """Ask for the snapshots that are wanted, and then let them come before asking again."""
        asked = in_steps(list(self._to_ask))
        self._to_ask = {}
        self._ask_after_ns = Ns(self._now_ns() + self._ask_pause_ns)
        self._ask_pause_ns = min(2 * self._ask_pause_ns, ASK_AGAIN_MOST_NS)
        return [asking_snapshots(self._command(), self._sid, some) for some in asked]

    def keepalive(self) -> str:
        """Nothing has to be sent."""
        return ""

    # --- the order of frames --------------------------------------------------------------------

    def _any(self, wire: Frame) -> list[BookChange]:
        """Read a frame of any kind, in or out of order."""
        self._count_kind(wire.type)
        body = wire.msg or NO_BODY
        changes: list[BookChange] = []
        if wire.type in BOOK_KINDS:
            if not (wire.sid and wire.seq):
                return self._break(body.market_ticker, "without a number", again=False)
            if wire.sid == self._dead:
                return self._skip("of a dead subscription")
            changes = self._adopt(wire.sid)
        if not self._is_new(wire.sid, wire.seq, changes):
            return self._skip("duplicate")
        return changes + self._read(wire, body)

    def _is_new(self, sid: int, seq: int, changes: list[BookChange]) -> bool:
        """Note a frame's number. Where it is not the next one, no book is true any more."""
        if not (sid and seq) or sid != self._sid:
            return True
        last, self._last = self._last, seq
        if seq == last:
            return False
        if seq != last + 1:
            self._counts["gaps"] += 1
            changes += self._break_all(f"frame {seq} came after frame {last}")
            self._ask_all()
        return True

    def _adopt(self, sid: int) -> list[BookChange]:
        """Take a subscription for ours: it may speak before it is acknowledged."""
        if sid == self._sid:
            return []
        known, self._sid, self._last = self._sid, sid, 0
        return self._break_all(f"subscription {sid} took the place of {known}") if known else []

    def _illegible(self, frame: str | bytes) -> list[BookChange]:
        """Save what can be saved of it: its number, and which book is no longer true."""
        wire = envelope_of(frame)
        if wire is None:
            return self._skip("no frame")
        changes: list[BookChange] = []
        self._count_kind(wire.type)
        if not self._is_new(wire.sid, wire.seq, changes):
            return self._skip("duplicate")
        if wire.type in BOOK_KINDS:
            again = wire.type == DELTA  # the same snapshot would only come once more
            changes += self._break(wire.ticker, "unreadable", again=again)
        else:
            self._skip("unreadable")
        return changes

    # --- what frames say ------------------------------------------------------------------------

    def _read(self, wire: Frame, body: Body) -> list[BookChange]:
        if wire.type not in BOOK_KINDS:
            return self._control(wire, body)
        return self._delta(body) if wire.type == DELTA else self._snapshot(body)

    def _control(self, wire: Frame, body: Body) -> list[BookChange]:
        match wire.type:
            case "subscribed" if body.channel == CHANNEL:
                return self._acknowledged(body.sid)
            case "subscribed" if body.channel == tape.CHANNEL:
                self._tape.acknowledged(body.sid)
                return []
            case "ok" if wire.sid and not self._sid:
                return self._joined(wire)
            case "unsubscribed" if wire.sid == self._sid:
                return self._start_over("the venue ended the subscription")
            case "error":
                return self._error(wire, body)
            case _:
                return []

    def _trade(self, frame: str | bytes, seen_ns: Ns) -> list[BookChange]:
        """A public trade; its subscription counts its own frames, and none of them is needed."""
        self._count_kind(tape.CHANNEL)
        made = tape.read_trade(frame, seen_ns, self._ids)
        return self._skip("unreadable trade") if made is None else list[BookChange](made)

    def _delta(self, body: Body) -> list[BookChange]:
        ticker = body.market_ticker
        if ticker not in self._live:
            return self._skip("before its snapshot" if ticker in self._ids else "unknown market")
        try:
            px, delta = parse_level_px(body.price_dollars), parse_count(body.delta_fp)
        except Malformed:
            return self._break(ticker, "unreadable", again=True)
        is_bid = body.side == "yes"
        if not is_bid:
            if body.side != "no":
                return self._break(ticker, "of an unknown side", again=True)
            px = Px(MICRO - px)
        self._counts["changes"] += 1
        return [LevelAdded(self._ids[ticker], is_bid, px, delta)]

    def _snapshot(self, body: Body) -> list[BookChange]:
        ticker = body.market_ticker
        if not self._knows(ticker):
            return self._skip("unknown market")
        try:
            bids, asks = bids_of(body.yes_dollars_fp), asks_of(body.no_dollars_fp)
        except Malformed:
            return self._break(ticker, "unreadable", again=False)
        self._counts["changes"] += 1
        self._live[ticker] = self._ids[ticker]
        if not self._to_ask and len(self._live) == len(self._ids):
            self._ask_pause_ns = ASK_AGAIN_NS
        return [BookReplaced(self._ids[ticker], bids, asks)]

    def _acknowledged(self, sid: int) -> list[BookChange]:
        if not sid:
            return self._skip("unreadable")
        if sid == self._dead:  # its number is used again: what it said until now was dropped
            self._dead = 0
            self._ask_all()
        return self._adopt(sid)

    def _joined(self, wire: Frame) -> list[BookChange]:
        """Take over a subscription that was there already: it sends no snapshots by itself."""
        self._sid, self._last, self._dead = wire.sid, wire.seq, 0
        self._ask_all()
        return []

    def _error(self, wire: Frame, body: Body) -> list[BookChange]:
        self._tally(f"errors:{body.code}")
        if body.code in TERMINAL_CODES and wire.sid and wire.sid == self._tape.sid:
            self._tape.forget()
        ended = body.code in TERMINAL_CODES and self._sid and wire.sid in {0, self._sid}
        if ended and self._last:  # one that never said a word would only fail again
            return self._start_over(f"the venue ended the subscription: code {body.code}")
        return []

    # --- what follows ---------------------------------------------------------------------------

    def _start_over(self, reason: str) -> list[BookChange]:
        self._dead, self._sid = self._sid, 0
        self._to_ask = {}
        self._plan_subscription()
        return self._break_all(reason)

    def _plan_subscription(self) -> None:
        first, *rest = list(in_steps(list(self._ids))) or [[]]
        self._to_subscribe = list(first)
        self._to_add = [ticker for step in rest for ticker in step]

    def _break_all(self, reason: str) -> list[BookChange]:
        self._live.clear()
        return [BookBroken(market, reason) for market in self._ids.values()]

    def _break(self, ticker: str, reason: str, *, again: bool) -> list[BookChange]:
        """Give up one book, or all of them where the frame does not say which."""
        self._skip(reason)
        if not ticker:
            if again:
                self._ask_all()
            return self._break_all(f"a frame {reason}")
        if ticker not in self._ids:
            return []
        self._live.pop(ticker, None)
        if again:
            self._ask([ticker])
        return [BookBroken(self._ids[ticker], f"a frame {reason}")]

    def _ask_all(self) -> None:
        waiting = set(self._to_add)
        self._ask(ticker for ticker in self._ids if ticker not in waiting)

    def _ask(self, tickers: Iterable[str]) -> None:
        self._to_ask |= dict.fromkeys(tickers)

    def _knows(self, ticker: str) -> bool:
        if ticker not in self._ids and self._market_id_of is not None and ticker:
            self._ids[ticker] = self._market_id_of(ticker)
        return ticker in self._ids

    def _command(self) -> int:
        self._commands += 1
        return self._commands

    def _skip(self, reason: str) -> list[BookChange]:
        self._tally(f"skipped:{reason}")
        return []

    def _count_kind(self, kind: str) -> None:
        self._tally(f"frames:{kind[:40]}")
        if kind not in BOOK_KINDS and kind not in CONTROL_KINDS:
            self._tally("skipped:another kind")

    def _tally(self, key: str) -> None:
        known = key in self._counts or len(self._counts) < KEYS_AT_MOST
        self._counts[key if known else "skipped:and others"] += 1
