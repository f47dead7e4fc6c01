"""The maker of recorded markets: after every frame the book is what the recording says."""

from collections import Counter
from collections.abc import Iterable, Sequence

import attrs
import trio

from arb.market.instruments import Action, MarketId, Outcome, Venue
from arb.market.units import MICRO, Qty, Usd, complement
from arb.sim.engine import Exchange, RejectCode, Rejection, Tif
from arb.sim.recorded.recording import Recording, Side, Step

RECORDED = "recorded"
"""The account that quotes recorded markets."""
PURSE = Usd(10**18)
POOLS = range(4)
NS_PER_S = 1_000_000_000


@attrs.define(eq=False)
class RecordedFlow:
    """Quotes the markets of recordings, each from its first frame on, at recorded distances in time.

    Every purchase; the venue mints what is sold. What others take or add comes back or stays until a
    later frame speaks of that level. After the last frame the book stays as it is. `speed_ppm` divides
    every pause. Recorded trades move the book by their changes; they are not traded again.
    """

    exchanges: dict[Venue, Exchange]
    recordings: Sequence[Recording]
    speed_ppm: int = MICRO
    refused: Counter[RejectCode] = attrs.field(factory=Counter)
    """Orders that a venue did not take, by reason: closed or halted markets."""
    done: int = 0
    """Steps taken so far."""
    _orders: dict[tuple[MarketId, Side], list[str]] = attrs.field(factory=dict)
    _count: int = 0

    def __attrs_post_init__(self) -> None:
        """Open the account and show each market's first book."""
        for venue in {recording.venue: None for recording in self.recordings}:
            self.exchanges[venue].open_account(
                RECORDED, dict.fromkeys(POOLS, PURSE), remembers=False
            )
        for recording in self.recordings:
            exchange = self.exchanges[recording.venue]
            for step in _first_books(recording):
                self._take(exchange, step)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Play every recording once. Returns after the last frame."""
        async with trio.open_nursery() as nursery:
            for recording in self.recordings:
                nursery.start_soon(self._play, recording)
            task_status.started()

    async def _play(self, recording: Recording) -> None:
        exchange, begun_s = self.exchanges[recording.venue], trio.current_time()
        begun_ns = recording.steps[0].at_ns
        for step in recording.steps:
            later_s = (step.at_ns - begun_ns) * MICRO / self.speed_ppm / NS_PER_S
            await trio.sleep_until(begun_s + later_s)
            self._take(exchange, step)
            self.done += 1

    def _take(self, exchange: Exchange, step: Step) -> None:
        """Make the book what a frame says: first what goes, then what comes, so nothing crosses."""
        if not exchange.is_open(step.market):
            self.refused[RejectCode.CLOSED] += 1
            return
        wanted = dict(step.levels)
        if step.whole:
            ours = [side for market, side in self._orders if market == step.market]
            wanted = dict.fromkeys(ours, Qty(0)) | wanted
        for side, qty in wanted.items():
            self._shrink(exchange, step.market, side, qty)
        for side, qty in wanted.items():
            self._grow(exchange, step.market, side, qty)

    def _resting(self, exchange: Exchange, market: MarketId, side: Side) -> list[tuple[str, Qty]]:
        """Our orders of a level that still rest, and how much of each."""
        found = []
        for order_id in self._orders.get((market, side), ()):
            order = exchange.order(order_id)
            if order is not None and order.open:
                found.append((order_id, order.remaining))
        return found

    def _shrink(self, exchange: Exchange, market: MarketId, side: Side, wanted: Qty) -> None:
        resting = self._resting(exchange, market, side)
        excess = sum(qty for _, qty in resting) - wanted
        while excess > 0:
            order_id, qty = resting.pop()
            excess -= exchange.reduce(order_id, Qty(min(qty, excess)))
        if not wanted:
            self._orders.pop((market, side), None)

    def _grow(self, exchange: Exchange, market: MarketId, side: Side, wanted: Qty) -> None:
        resting = self._resting(exchange, market, side)
        missing = Qty(wanted - sum(qty for _, qty in resting))
        names = [order_id for order_id, _ in resting]
        if missing > 0:
            names.append(self._place(exchange, market, side, missing))
        if wanted:
            self._orders[market, side] = [name for name in names if name]

    def _place(self, exchange: Exchange, market: MarketId, side: Side, qty: Qty) -> str:
        is_bid, px = side
        self._count += 1
        order_id = f"{RECORDED}-{self._count}"
        try:
            exchange.place(
                id=order_id,
                account=RECORDED,
                market=market,
                outcome=Outcome.YES if is_bid else Outcome.NO,
                action=Action.BUY,
                limit=px if is_bid else complement(px),
                qty=qty,
                tif=Tif.GTC,
            )
        except Rejection as rejection:
            self.refused[rejection.code] += 1
            return ""
        return order_id


def _first_books(recording: Recording) -> Iterable[Step]:
    """The first whole book of each market: it is there from the start."""
    first: dict[MarketId, Step] = {}
    for step in recording.steps:
        if step.whole:
            first.setdefault(step.market, step)
    return first.values()
