"""Place one order: intent on disk first, then the venue, then its end, whatever happens.

Used by whoever buys or sells: the leg sequencer and the unwind monitor. A timeout is never a
failure here: the order is asked for by its own identity until its end is known, or handed back
as unknown.
"""

import logging
from collections.abc import Mapping

import attrs
import trio

from arb.market.errors import ArbError, Refused
from arb.market.instruments import Venue
from arb.market.units import Clock, Qty
from arb.messages import (
    Level,
    NewOrder,
    OrderEnded,
    OrderRef,
    OrderSent,
    OrderState,
    Phase,
    PreparedOrder,
    Trouble,
)
from arb.ports import Stops, running
from arb.risk.rate import OrderRate
from arb.store.port import StorePort
from arb.trade.belief import believe
from arb.trade.placed import Placed
from arb.trade.placed import Refusal as Refusal  # noqa: PLC0414 - shared
from arb.trade.placed import Unknown as Unknown  # noqa: PLC0414 - shared
from arb.venues.protocols import Orders

log = logging.getLogger(__name__)


@attrs.frozen
class Patience:
    """How long what is waited for, in seconds."""

    answer_s: float
    """For the venue's answer to an order."""
    resolve_s: float
    """For the end of an order whose answer left it open."""
    absent_s: float
    """An order that the venue has not heard of for this long never arrived: reads lag writes, and
    a taker delay is shorter than this."""
    poll_s: float
    """Between two questions."""
    intent_s: float
    """For an intent to reach the disk; later the books it was made from are not those of now."""


@attrs.frozen
class _Answer:
    """What asking once for an order brought."""

    state: OrderState | None
    heard: bool
    """Whether the venue answered at all."""


_NOT_HEARD = _Answer(None, heard=False)


@attrs.frozen
class Placer:
    """Sends orders and follows them to their end.

    Sends `OrderSent` before an order leaves, `OrderEnded` when its end is known, and `Trouble` for
    what a venue refused or did not answer.
    """

    orders: Mapping[Venue, Orders]
    store: StorePort
    reports: trio.MemorySendChannel[OrderSent | OrderEnded]
    troubles: trio.MemorySendChannel[Trouble]
    rate: OrderRate
    patience: Patience
    now_ns: Clock
    stops: Stops = running

    async def place(self, order: NewOrder, *, must: bool = False, rest_s: float = 0.0) -> Placed:
        """Take what the order can get; return how much that was, who said no, or that nobody knows.

        An order that `must` leave, because it reduces risk, is held back by no rate limit, no stop
        and no slow disk.
        One that rests may do so for `rest_s`, or until whoever waits is cancelled; then it is
        taken off the book.

        A cancellation before the order left means that it never leaves; after that it waits for
        the order's end, no longer than `patience`. Raises StoreFailed where the intent could not
        be written: then nothing was sent.
        """
        venue = self.orders[order.market.venue]
        if not self.rate.allow(self.now_ns(), must=must):
            self._never_sent(order, "too many orders in this minute")
            return Qty(0)
        try:
            prepared = venue.prepare(order)
        except Refused as refusal:
            self._never_sent(order, str(refusal))
            return Refusal(str(refusal))
        await self._intend(prepared)
        if not must and (why := self._too_late(order)):
            self._end(prepared, "", Qty(0), why)
            return Qty(0)
        self.reports.send_nowait(OrderSent(prepared))
        try:
            state = await self._send(venue, prepared)
            state = await self._rest(venue, prepared, state, rest_s)
            state, note = await self._follow(venue, prepared, state)
        except Refused as refusal:
            self._trouble(order, "order rejected", str(refusal))
            self._end(prepared, "", Qty(0), str(refusal))
            return Refusal(str(refusal))
        return self._ended(prepared, state, note)

    async def resolve(self, prepared: PreparedOrder) -> Qty | Unknown:
        """Find out how an order ended that was sent earlier."""
        state, note = await self._follow(self.orders[prepared.order.market.venue], prepared, None)
        return self._ended(prepared, state, note)

    def _too_late(self, order: NewOrder) -> str:
        """Why an order whose intent is on disk does not leave: a store may have been slow."""
        if self.stops(order.market.venue) >= Level.REDUCE_ONLY:
            return "stopped before it was sent"
        if self.now_ns() - order.created_ns > self.patience.intent_s * 1e9:
            return "its intent took too long to reach the disk"
        return ""

    def _never_sent(self, order: NewOrder, why: str) -> None:
        """A rule of ours or of the market's said no: there is no intent to end."""
        ended = OrderEnded(order.id, "", Qty(0), why, self.now_ns())
        self.reports.send_nowait(ended)

    async def _intend(self, prepared: PreparedOrder) -> None:
        try:
            await self.store.record(prepared)
        except trio.Cancelled:
            self._end(prepared, "", Qty(0), "cancelled before it was sent")
            raise

    async def _send(self, venue: Orders, prepared: PreparedOrder) -> OrderState | None:
        """Return the venue's answer; None where there is none that could be read."""
        lost = "no answer in time"
        with trio.CancelScope(  # noqa: ASYNC912 - sending awaits
            shield=True, relative_deadline=self.patience.answer_s
        ):
            try:
                return await venue.send(prepared)
            except Refused:
                raise
            except ArbError as error:
                lost = str(error)  # the order may be live: only the venue knows
            except Exception as error:  # a fault of ours: the same
                lost = repr(error)
                log.exception("answer lost order=%s", prepared.key)
        self._trouble(prepared.order, "order unknown", lost)
        return None

    async def _rest(
        self, venue: Orders, prepared: PreparedOrder, state: OrderState | None, rest_s: float
    ) -> OrderState | None:
        """Let an order rest; each question is shielded, so that no answer is lost half-way."""
        until = trio.current_time() + rest_s
        while state is not None and state.phase is Phase.OPEN and trio.current_time() < until:
            until = min(until, trio.current_effective_deadline())  # a cancellation ends the rest
            with trio.CancelScope(  # noqa: ASYNC912 - reading awaits
                shield=True, relative_deadline=self.patience.answer_s
            ):
                await trio.sleep(self.patience.poll_s)
                state = believe(state, (await self._read(venue, _ref(prepared, state))).state)
        return state

    async def _follow(
        self, venue: Orders, prepared: PreparedOrder, state: OrderState | None
    ) -> tuple[OrderState | None, str]:
        """Ask until the order is done. None: its end could not be found out."""
        if state is not None and state.phase is Phase.DONE:
            return state, ""
        absent_until = trio.current_time() + self.patience.absent_s
        with trio.CancelScope(shield=True, relative_deadline=self.patience.resolve_s):
            while True:
                answer = await self._step(venue, prepared, state)
                state = believe(state, answer.state)
                if state is not None and state.phase is Phase.DONE:
                    return state, ""
                if state is None and answer.heard and trio.current_time() >= absent_until:
                    return _nothing(prepared), "the venue never heard of it"
                await trio.sleep(self.patience.poll_s)
        return None, ""

    async def _step(
        self, venue: Orders, prepared: PreparedOrder, state: OrderState | None
    ) -> _Answer:
        ref = _ref(prepared, state)
        with trio.move_on_after(self.patience.answer_s):
            if state is not None and state.phase is Phase.OPEN:
                await self._cancel(venue, ref)
            return await self._read(venue, ref)
        return _NOT_HEARD

    async def _read(self, venue: Orders, ref: OrderRef) -> _Answer:
        try:
            return _Answer(await venue.read(ref), heard=True)
        except ArbError:
            return _NOT_HEARD  # asked again after the next pause
        except Exception:
            log.exception("cannot be read order=%s", ref.key)
            return _NOT_HEARD

    async def _cancel(self, venue: Orders, ref: OrderRef) -> None:
        """Try to take it off the book. Whether that worked, the order itself tells."""
        try:
            await venue.cancel(ref)
        except ArbError as error:
            log.info("not cancelled order=%s: %s", ref.key, error)

    def _trouble(self, order: NewOrder, kind: str, detail: str) -> None:
        market = order.market
        self.troubles.send_nowait(Trouble(market.venue, kind, detail, self.now_ns(), market.id))

    def _ended(self, prepared: PreparedOrder, state: OrderState | None, note: str) -> Qty | Unknown:
        if state is None:
            return Unknown(prepared)
        self._end(prepared, state.venue_order_id, state.filled, note)
        return state.filled

    def _end(self, prepared: PreparedOrder, venue_order_id: str, filled: Qty, note: str) -> None:
        ended = OrderEnded(prepared.order.id, venue_order_id, filled, note, self.now_ns())
        self.store.record_soon(ended)
        self.reports.send_nowait(ended)


def _ref(prepared: PreparedOrder, state: OrderState | None) -> OrderRef:
    venue_order_id = state.venue_order_id if state is not None else None
    return OrderRef(prepared.key, prepared.order.market, venue_order_id)


def _nothing(prepared: PreparedOrder) -> OrderState:
    return OrderState(prepared.key, "", Phase.DONE, Qty(0))
