"""A small venue in memory: matches orders against its books, and fails as it is told to.

It plays `Orders`, `Account` and the REST part of `MarketData`. What it keeps of orders, fills and
cash is its own record, independent of the program's: tests assert on that.
"""

import enum
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import attrs
import trio

from arb.market.book import BookView
from arb.market.errors import Refused, Unreachable
from arb.market.instruments import Action, Catalogue, Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import (
    Balance,
    Fill,
    FillId,
    FillStatus,
    NewOrder,
    OrderKey,
    OrderRef,
    OrderState,
    Phase,
    Position,
    PreparedOrder,
    Settlement,
    SettlementId,
)
from arb.risk.ledger import pool_of
from arb.venues.protocols import BookStream, Socket, UserStream
from tests.fakes.markets import EPOCH_NS, make_prepared

Levels = dict[int, int]
OPENING_USD = 1_000 * MICRO


def now_ns() -> Ns:
    """The time under a mock clock."""
    return Ns(EPOCH_NS + round(trio.current_time() * 1_000_000_000))


class Answer(enum.Enum):
    """What the sender of an order hears."""

    GIVEN = "given"
    LOST = "lost"
    """The connection breaks."""
    NEVER = "never"
    """Nothing comes, and the connection stays open."""
    BUG = "bug"
    """The adapter stumbles over it."""


@attrs.frozen
class Script:
    """How one order fares. As it stands: it meets the book, and the rest of it is killed."""

    answer: Answer = Answer.GIVEN
    arrives: bool = True
    refused: str = ""
    takes_s: float = 0.0
    """The venue thinks this long before it answers."""
    held_s: float = 0.0
    """PENDING for so long before it meets the book."""
    hidden_s: float = 0.0
    """Reads do not know of it for so long."""
    most: int | None = None
    """Fills no more than this, whatever the book shows."""
    rests: bool = False
    """What is not filled stays open until it is cancelled."""
    late: int = 0
    """Filled while it rests, just before a cancel arrives."""


@attrs.define
class Placed:
    """An order that arrived."""

    prepared: PreparedOrder
    script: Script
    number: int
    at_s: float
    phase: Phase
    filled: int = 0

    @property
    def order(self) -> NewOrder:
        return self.prepared.order

    @property
    def venue_order_id(self) -> str:
        return f"v{self.number}"


class FakeVenue:
    """One venue with its books, its orders and our account."""

    def __init__(self, venue: Venue = Venue.KALSHI) -> None:
        self.venue = venue
        self.scripts: deque[Script] = deque()
        self.placed: list[Placed] = []
        self.sent: list[PreparedOrder] = []
        """Everything that was tried, whether it arrived or not."""
        self.down: set[str] = set()
        """Calls that get no answer: "send", "read", "cancel", "fills", "book", ..."""
        self.hangs: set[str] = set()
        """Calls that never return."""
        self.on_send: Callable[[PreparedOrder], None] = lambda _: None
        self.told: list[Fill] = []
        self.silent_fills = False
        """The fills are not told yet, whoever asks."""
        self.settled: list[Settlement] = []
        self.cash = OPENING_USD
        self._yes: dict[MarketId, tuple[Levels, Levels]] = {}
        self._markets: dict[MarketId, Market] = {}

    # --- the stage ---

    def quote(self, market: Market, bids: Levels, asks: Levels) -> None:
        """Set a book in YES terms: price to quantity."""
        self._yes[market.id] = (dict(bids), dict(asks))
        self._markets[market.id] = market

    @property
    def quoted(self) -> tuple[Market, ...]:
        """Markets with a book."""
        return tuple(self._markets.values())

    def settle(self, market: Market, payout: int) -> None:
        """Resolve a market: a YES contract pays `payout` micro-dollars, a NO the rest."""
        position = self._position(market)
        paid = (position.yes * payout + position.no * (MICRO - payout)) // MICRO
        self.cash += paid
        self.settled.append(
            Settlement(
                id=SettlementId(market.id),
                venue=self.venue,
                pool=pool_of(market)[1],
                market=market.id,
                usd=Usd(paid),
                at_ns=now_ns(),
            )
        )

    def take_back(self, number: int) -> Fill:
        """Settlement of a fill failed: it never happened. Returns it as it is told now."""
        fill = self.told[number]
        buys = fill.action is Action.BUY
        notional = -(-fill.px * fill.qty // MICRO) if buys else fill.px * fill.qty // MICRO
        self.cash += (notional if buys else -notional) + fill.fee
        self.told[number] = attrs.evolve(fill, status=FillStatus.REVERSED)
        return self.told[number]

    def held(self, market: Market, outcome: Outcome) -> int:
        """Contracts by the venue's record, before netting."""
        fills = [
            f
            for f in self.told
            if f.market == market.id
            and f.outcome is outcome
            and f.status is not FillStatus.REVERSED
        ]
        return sum(f.qty if f.action is Action.BUY else -f.qty for f in fills)

    # --- Orders ---

    def prepare(self, order: NewOrder) -> PreparedOrder:
        order.market.grid.check(order.limit)
        return make_prepared(order)

    async def send(self, prepared: PreparedOrder) -> OrderState:
        self.on_send(prepared)
        self.sent.append(prepared)
        script = self.scripts.popleft() if self.scripts else Script()
        await trio.lowlevel.checkpoint()
        await self._answerable("send")
        if script.refused:
            raise Refused(script.refused)
        if script.arrives:
            placed = self._arrive(prepared, script)
        await trio.sleep(script.takes_s)
        match script.answer:
            case Answer.LOST:
                raise Unreachable("connection lost")
            case Answer.BUG:
                raise KeyError("status")
            case Answer.NEVER:
                await trio.sleep_forever()
            case Answer.GIVEN:
                pass
        return self._state(placed)

    async def cancel(self, ref: OrderRef) -> None:
        await trio.lowlevel.checkpoint()
        await self._answerable("cancel")
        placed = self._find(ref)
        if placed is not None:
            self._cancel(placed)

    async def read(self, ref: OrderRef) -> OrderState | None:
        await trio.lowlevel.checkpoint()
        await self._answerable("read")
        placed = self._find(ref)
        if placed is None or trio.current_time() < placed.at_s + placed.script.hidden_s:
            return None
        return self._state(placed)

    async def read_many(self, refs: Sequence[OrderRef]) -> dict[OrderKey, OrderState]:
        read = {ref.key: await self.read(ref) for ref in refs}
        return {key: state for key, state in read.items() if state is not None}

    async def open_orders(self) -> tuple[OrderState, ...]:
        await trio.lowlevel.checkpoint()
        states = [self._state(placed) for placed in self.placed]
        return tuple(state for state in states if state.phase is not Phase.DONE)

    async def cancel_all(self) -> None:
        await trio.lowlevel.checkpoint()
        await self._answerable("cancel")
        for placed in self.placed:
            self._cancel(placed)

    # --- Account ---

    async def log_in(self) -> None:
        await trio.lowlevel.checkpoint()

    async def objections(self) -> tuple[str, ...]:
        await trio.lowlevel.checkpoint()
        return ()

    async def balances(self) -> tuple[Balance, ...]:
        await trio.lowlevel.checkpoint()
        await self._answerable("balances")
        return (Balance(self.venue, 0, Usd(self.cash)),)

    async def positions(self) -> tuple[Position, ...]:
        await trio.lowlevel.checkpoint()
        held = [self._position(market) for market in self._markets.values()]
        return tuple(position for position in held if position.yes or position.no)

    async def settlements(self, since_ns: Ns) -> tuple[Settlement, ...]:
        await trio.lowlevel.checkpoint()
        await self._answerable("settlements")
        return tuple(s for s in self.settled if s.at_ns >= since_ns)

    async def fills(self, since_ns: Ns) -> tuple[Fill, ...]:
        await trio.lowlevel.checkpoint()
        await self._answerable("fills")
        return () if self.silent_fills else tuple(f for f in self.told if f.at_ns >= since_ns)

    def user_stream(self) -> UserStream:
        raise NotImplementedError("this venue has no private stream")

    def connect_user(self) -> AbstractAsyncContextManager[Socket]:
        raise NotImplementedError("this venue has no private stream")

    # --- MarketData ---

    async def discover(self) -> Catalogue:
        await trio.lowlevel.checkpoint()
        return Catalogue(self.venue, (), tuple(self._markets.values()))

    async def relist(self) -> Catalogue:
        return await self.discover()

    def shards(self, markets: object) -> list[tuple[Market, ...]]:
        raise NotImplementedError("this venue has no market stream")

    def book_stream(self, markets: object) -> BookStream:
        raise NotImplementedError("this venue has no market stream")

    def connect_books(self) -> AbstractAsyncContextManager[Socket]:
        raise NotImplementedError("this venue has no market stream")

    async def book(self, market: Market) -> BookView:
        await trio.lowlevel.checkpoint()
        await self._answerable("book")
        return self.look(market)

    def look(self, market: Market) -> BookView:
        """Show a book as it is, without being asked over any line."""
        bids, asks = self._yes.get(market.id, ({}, {}))
        return BookView(
            market=market,
            bids=tuple((Px(px), Qty(qty)) for px, qty in sorted(bids.items(), reverse=True)),
            asks=tuple((Px(px), Qty(qty)) for px, qty in sorted(asks.items())),
            live=True,
            agrees=True,
            epoch=0,
            seen_ns=now_ns(),
            heard_ns=now_ns(),
        )

    # --- inside ---

    async def _answerable(self, call: str) -> None:
        if call in self.hangs:
            await trio.sleep_forever()
        if call in self.down:
            raise Unreachable(f"{call}: no answer")

    def _find(self, ref: OrderRef) -> Placed | None:
        return next((p for p in self.placed if p.prepared.key == ref.key), None)

    def _arrive(self, prepared: PreparedOrder, script: Script) -> Placed:
        assert all(prepared.key != placed.prepared.key for placed in self.placed), "sent twice"
        number = len(self.placed) + 1
        placed = Placed(prepared, script, number, trio.current_time(), Phase.PENDING)
        self.placed.append(placed)
        self._progress(placed)
        return placed

    def _state(self, placed: Placed) -> OrderState:
        self._progress(placed)
        key = placed.prepared.key
        return OrderState(key, placed.venue_order_id, placed.phase, Qty(placed.filled))

    def _progress(self, placed: Placed) -> None:
        due = placed.at_s + placed.script.held_s
        if placed.phase is Phase.PENDING and trio.current_time() >= due:
            self._match(placed, placed.order.qty)
            rests = placed.script.rests or placed.order.rests
            done = not rests or placed.filled == placed.order.qty
            placed.phase = Phase.DONE if done else Phase.OPEN

    def _cancel(self, placed: Placed) -> None:
        self._progress(placed)
        if placed.phase is Phase.OPEN:
            late = min(placed.script.late, placed.order.qty - placed.filled)
            if late:
                self._trade(placed, placed.order.limit, late)
            placed.phase = Phase.DONE

    def _match(self, placed: Placed, wanted: int) -> None:
        most = placed.script.most
        left = wanted if most is None else min(wanted, most)
        order = placed.order
        bids, asks = self._yes[order.market.id]
        takes_asks = (order.outcome is Outcome.YES) is (order.action is Action.BUY)
        side = asks if takes_asks else bids
        for yes_px in sorted(side, reverse=not takes_asks):
            px = yes_px if order.outcome is Outcome.YES else MICRO - yes_px
            good = px <= order.limit if order.action is Action.BUY else px >= order.limit
            part = min(left, side[yes_px])
            if not good or not part:
                break
            side[yes_px] -= part
            if not side[yes_px]:
                del side[yes_px]
            left -= part
            self._trade(placed, px, part)

    def _trade(self, placed: Placed, px: int, qty: int) -> None:
        order = placed.order
        placed.filled += qty
        buys = order.action is Action.BUY
        notional = -(-px * qty // MICRO) if buys else px * qty // MICRO
        fee = order.market.fees.taker_order().fill(Px(px), Qty(qty), buys=buys)
        self.cash += (-notional if buys else notional) - fee
        self.told.append(
            Fill(
                id=FillId(f"f{len(self.told) + 1}"),
                venue=self.venue,
                market=order.market.id,
                key=placed.prepared.key,
                venue_order_id=placed.venue_order_id,
                outcome=order.outcome,
                action=order.action,
                px=Px(px),
                qty=Qty(qty),
                fee=fee,
                at_ns=now_ns(),
                status=FillStatus.FIRM,
            )
        )

    def _position(self, market: Market) -> Position:
        if any(settlement.market == market.id for settlement in self.settled):
            return Position(market.id, Qty(0), Qty(0))
        yes, no = self.held(market, Outcome.YES), self.held(market, Outcome.NO)
        pairs = min(yes, no) if self.venue is Venue.KALSHI else 0
        return Position(market.id, Qty(yes - pairs), Qty(no - pairs))
