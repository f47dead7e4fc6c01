"""Placing one order: on disk before it leaves, sent once, and followed to one end."""

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from arb.actors.store_writer import StoreWriter
from arb.market.units import MICRO, Px, Qty
from arb.messages import Level, NewOrder, OrderEnded, OrderSent
from arb.placing import Refusal, Unknown
from arb.store.journal import StoreFailed
from arb.store.orders import StoredOrder
from arb.store.port import StorePort, StoreRequest
from tests.fakes.bench import PATIENCE, Bench, KillAt, bench, waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import approve, make_market, make_order, make_prepared
from tests.fakes.venue import Answer, FakeVenue, Script, now_ns

MARKET = make_market("m")
TEN = 10 * MICRO
ORDER = make_order(MARKET, qty=TEN, limit=400_000)
BASKET = approve([(MARKET, ORDER.outcome, 400_000)], TEN)


def venue_with(*scripts: Script) -> FakeVenue:
    venue = FakeVenue()
    venue.quote(MARKET, {}, {400_000: 50 * MICRO})
    venue.scripts.extend(scripts)
    return venue


@attrs.frozen
class Outcome:
    """What one order came to, by whoever could know."""

    result: Qty | Refusal | Unknown
    venue: FakeVenue
    reports: list[OrderSent | OrderEnded]
    stored: StoredOrder
    took_s: float

    @property
    def ends(self) -> list[OrderEnded]:
        return [report for report in self.reports if isinstance(report, OrderEnded)]


async def place(folder: Path, venue: FakeVenue, order: NewOrder = ORDER) -> Outcome:
    async with bench(folder, [venue]) as around:
        await around.store.record(BASKET)
        started = trio.current_time()
        result = await around.placer.place(order)
        took_s = trio.current_time() - started
        await drained(around)
        (stored,) = around.journal.orders()
        return Outcome(result, venue, around.told(), stored, took_s)


async def drained(around: Bench) -> None:
    """Wait until everything handed over so far is on disk."""
    await around.store.record()


@virtual
async def test_an_order_is_on_disk_before_it_leaves(tmp_path: Path) -> None:
    """At the moment of sending the journal holds the order, unfinished, with key and bytes."""
    venue, seen = venue_with(), list[tuple[StoredOrder, ...]]()
    async with bench(tmp_path, [venue]) as around:
        venue.on_send = lambda _: seen.append(around.journal.orders(unfinished=True))
        await around.store.record(BASKET)
        await around.placer.place(ORDER)
    ((stored,),) = seen
    prepared = make_prepared(ORDER)
    assert (stored.id, stored.key, stored.body) == (ORDER.id, prepared.key, prepared.body)
    assert stored.prepared(MARKET) == prepared


@virtual
async def test_the_tracker_hears_of_an_order_before_the_venue(tmp_path: Path) -> None:
    """A fill can arrive before the answer: the order is known by then."""
    venue, heard = venue_with(), list[int]()
    async with bench(tmp_path, [venue]) as around:
        venue.on_send = lambda _: heard.append(around.reports.statistics().current_buffer_used)
        await around.store.record(BASKET)
        await around.placer.place(ORDER)
    assert heard == [1]


@pytest.mark.parametrize(
    ("script", "filled"),
    [
        pytest.param(Script(), TEN, id="filled at once"),
        pytest.param(Script(most=3 * MICRO), 3 * MICRO, id="filled in part, rest killed"),
        pytest.param(Script(most=0), 0, id="not filled"),
        pytest.param(Script(answer=Answer.LOST), TEN, id="answer lost"),
        pytest.param(Script(answer=Answer.NEVER), TEN, id="no answer ever"),
        pytest.param(Script(answer=Answer.BUG), TEN, id="an answer our adapter stumbles over"),
        pytest.param(Script(answer=Answer.LOST, hidden_s=4.0), TEN, id="answer lost, reads lag"),
        pytest.param(Script(answer=Answer.LOST, arrives=False), 0, id="never arrived"),
        pytest.param(Script(refused="tick size"), 0, id="refused"),
        pytest.param(Script(rests=True, most=4 * MICRO), 4 * MICRO, id="rest was cancelled"),
        pytest.param(
            Script(rests=True, most=4 * MICRO, late=2 * MICRO), 6 * MICRO, id="filled as cancelled"
        ),
        pytest.param(Script(held_s=3.0), TEN, id="held first"),
        pytest.param(Script(held_s=3.0, answer=Answer.LOST), TEN, id="held, answer lost"),
        pytest.param(Script(held_s=2.0, rests=True, most=MICRO), MICRO, id="held, then rests"),
    ],
)
@virtual
async def test_every_order_has_one_end_and_it_is_the_venues(
    tmp_path: Path, script: Script, filled: int
) -> None:
    """Result, journal and report say what the venue has on record, and it was sent once."""
    outcome = await place(tmp_path, venue_with(script))
    on_record = sum(placed.filled for placed in outcome.venue.placed)
    got = Qty(0) if isinstance(outcome.result, Refusal) else outcome.result
    assert isinstance(outcome.result, Refusal) is bool(script.refused)
    assert got == filled == on_record == outcome.stored.filled
    (ended,) = outcome.ends
    assert ended.filled == filled
    assert len(outcome.venue.sent) == 1
    assert await outcome.venue.open_orders() == ()


@virtual
async def test_a_refusal_is_told_in_the_venues_words(tmp_path: Path) -> None:
    """What the venue said is kept with the order's end."""
    outcome = await place(tmp_path, venue_with(Script(refused="market paused")))
    assert outcome.ends[0].note == "market paused"


@virtual
async def test_an_absent_order_is_given_up_only_after_a_while(tmp_path: Path) -> None:
    """An order counts as never heard of `absent_s` of asking: reads lag behind writes."""
    outcome = await place(tmp_path, venue_with(Script(answer=Answer.LOST, arrives=False)))
    assert outcome.ends[0].note == "the venue never heard of it"
    assert PATIENCE.absent_s <= outcome.took_s <= PATIENCE.absent_s + 2 * PATIENCE.poll_s


@virtual
async def test_an_unreachable_venue_leaves_the_order_unknown(tmp_path: Path) -> None:
    """With nobody to ask, an order is unknown: no end is invented, the journal stays open."""
    venue = venue_with(Script(answer=Answer.LOST))
    venue.down = {"read", "cancel"}
    outcome = await place(tmp_path, venue)
    assert isinstance(outcome.result, Unknown)
    assert outcome.stored.filled is None
    assert outcome.ends == []
    assert len(venue.sent) == 1


@virtual
async def test_a_venue_that_comes_back_is_asked_before_absence_counts(tmp_path: Path) -> None:
    """Silence is not absence: an order found after an outage has its real end."""
    venue = venue_with(Script(answer=Answer.LOST))
    venue.down = {"read"}

    async def comes_back() -> None:
        await trio.sleep(PATIENCE.absent_s + 5)
        venue.down = set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(comes_back)
        outcome = await place(tmp_path, venue)
    assert outcome.result == outcome.stored.filled == TEN


@virtual
async def test_an_order_that_cannot_be_cancelled_is_still_read(tmp_path: Path) -> None:
    """A cancel without answer does not hide that the order is done."""
    venue = venue_with(Script(rests=True, most=MICRO))
    venue.down = {"cancel"}

    async def fills_up() -> None:
        await trio.sleep(2)
        venue.down = set()
        await venue.cancel_all()
        venue.down = {"cancel"}

    async with trio.open_nursery() as nursery:
        nursery.start_soon(fills_up)
        outcome = await place(tmp_path, venue)
    assert outcome.result == outcome.stored.filled == MICRO


@virtual
async def test_one_question_without_answer_does_not_use_up_the_patience(tmp_path: Path) -> None:
    """A read that hangs is given up and asked again, so that the end is still found."""
    venue = venue_with(Script(answer=Answer.LOST))
    venue.hangs = {"read"}

    async def works_again() -> None:
        await trio.sleep(1)
        venue.hangs = set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(works_again)
        outcome = await place(tmp_path, venue)
    assert outcome.result == outcome.stored.filled == TEN


@virtual
async def test_an_unknown_order_is_resolved_later(tmp_path: Path) -> None:
    """`resolve` finds the end of an order that nobody could be asked about before."""
    venue = venue_with(Script(answer=Answer.LOST))
    venue.down = {"read"}
    async with bench(tmp_path, [venue]) as around:
        await around.store.record(BASKET)
        unknown = await around.placer.place(ORDER)
        assert isinstance(unknown, Unknown)
        venue.down = set()
        assert await around.placer.resolve(unknown.prepared) == TEN
        await drained(around)
        assert around.journal.orders(unfinished=True) == ()
    assert len(venue.sent) == 1


@virtual
async def test_nothing_is_sent_without_an_intent(tmp_path: Path) -> None:
    """A store that cannot be written stops the order: the venue never sees it."""
    venue = venue_with()
    async with bench(tmp_path, [venue]) as around:
        await around.store.record(BASKET)
        await around.placer.place(ORDER)
        with pytest.raises(StoreFailed):  # the same key again breaks the store's own rule
            await around.placer.place(ORDER)
        assert around.store_faults
    assert len(venue.sent) == 1


@pytest.mark.parametrize(
    ("order", "rate", "words"),
    [
        pytest.param(attrs.evolve(ORDER, limit=Px(401_234)), 9, "grid", id="off the grid"),
        pytest.param(ORDER, 0, "too many orders", id="too many orders"),
    ],
)
@virtual
async def test_our_own_refusal_leaves_no_intent(
    tmp_path: Path, order: NewOrder, rate: int, words: str
) -> None:
    """What we refuse ourselves neither reaches the venue nor the journal; it gets nothing."""
    venue = venue_with()
    async with bench(tmp_path, [venue], rate=rate) as around:
        await around.store.record(BASKET)
        result = await around.placer.place(order)
        assert isinstance(result, Refusal) or result == 0
        await drained(around)
        assert around.journal.orders() == ()
        (ended,) = around.told()
    assert isinstance(ended, OrderEnded)
    assert words in ended.note
    assert venue.sent == []


SCRIPTS = [
    Script(),
    Script(takes_s=1.0),
    Script(answer=Answer.LOST, hidden_s=1.0),
    Script(rests=True, most=MICRO, late=MICRO),
    Script(held_s=1.0),
    Script(answer=Answer.LOST, arrives=False),
]


def killed(folder: Path, script: Script, step: int) -> tuple[KillAt, bool]:
    """Run one order, kill it at `step`, and check that all records agree."""
    kill = KillAt(step)
    venue = venue_with(script)

    async def main() -> bool:
        async with bench(folder, [venue]) as around:
            await around.store.record(BASKET)
            with kill.scope:
                kill.arm()
                await around.placer.place(ORDER)
            kill.fired = True
            await drained(around)
            agree(around, venue)
        return bool(venue.sent)

    sent = trio.run(main, clock=MockClock(autojump_threshold=0), instruments=[kill])
    return kill, sent


def agree(around: Bench, venue: FakeVenue) -> None:
    """The journal knows every order that arrived, and its end is the venue's."""
    reports = around.told()
    ends = {report.order: report for report in reports if isinstance(report, OrderEnded)}
    stored = {order.key: order for order in around.journal.orders()}
    assert len(venue.sent) <= 1
    for prepared in venue.sent:
        assert prepared.key in stored, "sent without an intent"
    for order in stored.values():
        arrived = [placed for placed in venue.placed if placed.prepared.key == order.key]
        assert order.filled == sum(placed.filled for placed in arrived)
        assert ends[order.id].filled == order.filled
    assert len(ends) == len([r for r in reports if isinstance(r, OrderEnded)])


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_kill_at_any_await_leaves_one_end(
    tmp_path_factory: pytest.TempPathFactory, script: Script
) -> None:
    """Cancelled at each await in turn: never sent, or followed to its end; records agree."""
    sent, step = set[bool](), 0
    while True:
        kill, was_sent = killed(tmp_path_factory.mktemp("kill"), script, step)
        sent.add(was_sent)
        step += 1
        if not kill.scope.cancel_called:
            break
    assert sent == {False, True}, "some kills come before the order left, some after"


@virtual
async def test_a_kill_before_the_intent_is_durable_sends_nothing(tmp_path: Path) -> None:
    """Cancelled while the store writes: the venue never sees it, and its end says so."""
    venue = venue_with()
    async with bench(tmp_path, [venue]) as around:
        await around.store.record(BASKET)
        with trio.CancelScope() as scope:
            scope.cancel()
            await around.placer.place(ORDER)
        await drained(around)
        (stored,) = around.journal.orders()
        (ended,) = around.told()
    assert stored.filled == 0
    assert isinstance(ended, OrderEnded)
    assert ended.note == "cancelled before it was sent"
    assert venue.sent == []


# --- orders that rest, and what is told of troubles ---

OFFER = attrs.evolve(make_order(MARKET, "o2", qty=TEN, limit=300_000), rests=True)
"""Below the only offer: nothing is taken at once."""


@virtual
async def test_an_order_rests_for_its_time_and_is_taken_back(tmp_path: Path) -> None:
    """Five seconds on the book, then cancelled, and its end is known."""
    venue = venue_with()
    async with bench(tmp_path, [venue]) as around:
        await around.store.record(BASKET)
        started = trio.current_time()
        assert await around.placer.place(OFFER, rest_s=5.0) == 0
        took_s = trio.current_time() - started
        await drained(around)
        agree(around, venue)
    assert 5.0 <= took_s < 6.0


@virtual
async def test_what_an_offer_got_while_it_rested_counts(tmp_path: Path) -> None:
    """Filled by four in the moment before it is cancelled: four are reported."""
    venue = venue_with(Script(late=4 * MICRO))
    async with bench(tmp_path, [venue]) as around:
        await around.store.record(BASKET)
        assert await around.placer.place(OFFER, rest_s=1.0) == 4 * MICRO
        await drained(around)
        agree(around, venue)


@virtual
async def test_a_cancellation_ends_the_rest_and_the_order_is_taken_back(tmp_path: Path) -> None:
    """Whoever waits is cancelled after two of sixty seconds: no order stays on the book."""
    venue = venue_with()
    async with bench(tmp_path, [venue]) as around:
        await around.store.record(BASKET)
        started = trio.current_time()
        with trio.move_on_after(2):
            await around.placer.place(OFFER, rest_s=60.0)
        took_s = trio.current_time() - started
        await drained(around)
        agree(around, venue)
        assert await venue.open_orders() == ()
    assert 2.0 <= took_s < 3.0


@virtual
@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (Script(refused="closed"), "order rejected"),
        (Script(answer=Answer.LOST), "order unknown"),
        (Script(answer=Answer.NEVER), "order unknown"),
        (Script(answer=Answer.BUG), "order unknown"),
    ],
)
async def test_troubles_are_told_with_venue_and_market(
    tmp_path: Path, script: Script, kind: str
) -> None:
    """A refusal and every answer that did not come are counted by whoever watches."""
    async with bench(tmp_path, [venue_with(script)]) as around:
        await around.store.record(BASKET)
        await around.placer.place(ORDER)
        (trouble,) = waiting(around.troubles)
    assert (trouble.kind, trouble.venue, trouble.market) == (kind, MARKET.venue, MARKET.id)


@virtual
async def test_an_order_that_goes_well_is_no_trouble(tmp_path: Path) -> None:
    """Filled as asked: nothing is told."""
    async with bench(tmp_path, [venue_with()]) as around:
        await around.store.record(BASKET)
        await around.placer.place(ORDER)
        assert waiting(around.troubles) == []


async def place_after(
    around: Bench, venue: FakeVenue, delay_s: float, level: Level, *, must: bool
) -> tuple[object, Sequence[str]]:
    """Place an order whose intent takes a while to reach the disk, and a stop comes meanwhile."""

    async def slowly(call: Callable[[], None], /) -> None:
        await trio.sleep(delay_s)
        call()

    requests, inbox = trio.open_memory_channel[StoreRequest](100)
    placer = attrs.evolve(around.placer, store=StorePort(requests), stops=lambda *_: level)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(StoreWriter(around.journal, inbox, slowly, print).run)
        result = await placer.place(attrs.evolve(ORDER, created_ns=now_ns()), must=must)
        await drained(around)
        nursery.cancel_scope.cancel()
    return result, [order.key for order in venue.sent]


@pytest.mark.parametrize(
    ("delay_s", "level", "why"),
    [
        (0.5, Level.REDUCE_ONLY, "stopped before it was sent"),
        (1.5, Level.RUNNING, "its intent took too long to reach the disk"),
    ],
)
@virtual
async def test_what_came_too_late_does_not_leave(
    tmp_path: Path, delay_s: float, level: Level, why: str
) -> None:
    """A stop while the intent was being written, or a stalled disk: nothing is sent, and the end
    says why."""
    venue = venue_with()
    async with bench(tmp_path, [venue]) as around:
        await around.store.record(BASKET)
        result, sent = await place_after(around, venue, delay_s, level, must=False)
        (ended,) = [one for one in around.told() if isinstance(one, OrderEnded)]
    assert (result, sent, ended.note) == (0, [], why)


@virtual
async def test_what_reduces_risk_leaves_whatever_the_hour(tmp_path: Path) -> None:
    """An unwind's order waits for its intent, and for nothing else."""
    venue = venue_with()
    async with bench(tmp_path, [venue]) as around:
        await around.store.record(BASKET)
        result, sent = await place_after(around, venue, 1.5, Level.REDUCE_ONLY, must=True)
    assert (result, len(sent)) == (ORDER.qty, 1)
