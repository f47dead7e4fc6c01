"""Watchman, breakers, gates and dead man's switch as actors: who is told what, and what is done."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from arb.actors.breaker_panel import BreakerPanel
from arb.actors.deadman import DeadManKeeper
from arb.actors.gatekeeper import Gatekeeper
from arb.actors.operator_watcher import OperatorWatcher
from arb.actors.watchman import Watchman, Word
from arb.entry import verb_hold
from arb.market.errors import Refused, Unreachable
from arb.market.instruments import Venue
from arb.market.units import MICRO, Ns
from arb.messages import (
    BooksSeen,
    Called,
    DeskEvent,
    FeedId,
    FeedSeen,
    Hold,
    Level,
    Ordered,
    Phase,
    StandingChanged,
    Trouble,
    VenueBarred,
)
from arb.ports import Lossy, Vital
from arb.risk.breakers import BreakerLimits, Breakers
from arb.risk.standing import Standing, Verb
from arb.risk.vitals import VitalLimits, Vitals
from arb.store.standing import StandingFile
from tests.fakes.bench import Bench, bench, in_place, waiting
from tests.fakes.clock import virtual
from tests.fakes.markets import make_market, make_order, make_prepared
from tests.fakes.venue import FakeVenue, Script, now_ns

MARKET = make_market("k", Venue.KALSHI)
S = 10**9


@attrs.frozen
class Watched:
    words: trio.MemorySendChannel[Word]
    told: trio.MemoryReceiveChannel[StandingChanged | VenueBarred]
    standing: Standing
    file: StandingFile
    venue: FakeVenue
    stopped: list[str]
    bench: Bench

    def changes(self) -> list[tuple[Level, str]]:
        told = [one for one in waiting(self.told) if isinstance(one, StandingChanged)]
        return [(one.level, one.who) for one in told]

    async def rest(self) -> None:
        """Leave an order of ours resting."""
        self.venue.quote(MARKET, {}, {})
        self.venue.scripts.append(Script(rests=True))
        await self.venue.send(make_prepared(make_order(MARKET, "o1", qty=MICRO, limit=400_000)))
        assert self.rests()

    def rests(self) -> bool:
        return self.venue.placed[0].phase is Phase.OPEN


@asynccontextmanager
async def watchman(folder: Path) -> AsyncIterator[Watched]:
    words, inbox = trio.open_memory_channel[Word](100)
    outbox, told = trio.open_memory_channel[StandingChanged | VenueBarred](1_000)
    venue, file, stopped = FakeVenue(), StandingFile(folder / "standing.db"), list[str]()
    standing = Standing.of(file.holds(lasting=True))
    async with bench(folder, [venue]) as around, trio.open_nursery() as nursery:
        actor = Watchman(
            standing=standing,
            file=file,
            inbox=inbox,
            treasurer=outbox,
            desk=around.desk,
            store=around.store,
            orders={venue.venue: venue},
            stop=stopped.append,
            in_thread=in_place,
            now_ns=now_ns,
        )
        await nursery.start(actor.run)
        yield Watched(words, told, standing, file, venue, stopped, around)
        nursery.cancel_scope.cancel()
    file.close()


def word(verb: Verb, venue: Venue | None = None) -> Hold:
    return attrs.evolve(verb_hold(verb, "ann", "because", now_ns), venue=venue)


@virtual
async def test_an_order_is_told_at_once_and_marked_as_taken(tmp_path: Path) -> None:
    """The treasurer hears of it, with who; whoever gave it sees that the bot follows."""
    async with watchman(tmp_path) as built:
        assert built.changes() == [(Level.RUNNING, "")]
        number = built.file.order(word(Verb.PAUSE))
        built.words.send_nowait(Ordered(number, word(Verb.PAUSE)))
        await trio.sleep(0.01)
        assert built.changes() == [(Level.PAUSED, "ann")]
        assert built.file.taken_ns(number) is not None
        number = built.file.order(word(Verb.RESUME))
        built.words.send_nowait(Ordered(number, word(Verb.RESUME)))
        await trio.sleep(0.01)
        assert built.changes() == [(Level.RUNNING, "")]
        assert built.file.holds() == ()


@virtual
async def test_flatten_cancels_what_rests_and_tries_until_it_worked(tmp_path: Path) -> None:
    """Pause leaves it resting; flatten takes it off, also where the venue answers late."""
    async with watchman(tmp_path) as built:
        await built.rest()
        built.words.send_nowait(word(Verb.REDUCE))
        await trio.sleep(10)
        assert built.rests()
        built.venue.down.add("cancel")
        built.words.send_nowait(word(Verb.FLATTEN))
        await trio.sleep(10)
        assert built.rests()
        built.venue.down.clear()
        await trio.sleep(1)
        assert not built.rests()
        assert built.stopped == []


@virtual
async def test_flatten_of_another_venue_touches_nothing_here(tmp_path: Path) -> None:
    """A venue's own hold is about that venue; it is barred, trading elsewhere goes on."""
    async with watchman(tmp_path) as built:
        await built.rest()
        waiting(built.told)
        built.words.send_nowait(word(Verb.FLATTEN, Venue.POLYMARKET))
        await trio.sleep(10)
        assert built.rests()
        told = waiting(built.told)
        assert VenueBarred(Venue.POLYMARKET, "because") in told
        assert VenueBarred(Venue.KALSHI, None) in told
        assert built.standing.level() is Level.RUNNING
        built.words.send_nowait(word(Verb.FLATTEN, Venue.KALSHI))
        await trio.sleep(1)
        assert not built.rests()


@virtual
async def test_kill_ends_the_run_and_is_kept(tmp_path: Path) -> None:
    """The reason reaches whoever ends the run; the next start finds it."""
    async with watchman(tmp_path) as built:
        built.words.send_nowait(word(Verb.KILL))
        await trio.sleep(0.01)
        assert built.stopped == ["because"]
        (kept,) = built.file.holds(lasting=True)
        assert kept.level is Level.STOPPED


@virtual
async def test_a_halt_of_the_treasurer_is_lifted_by_him_alone(tmp_path: Path) -> None:
    """A person's resume does not lift a loss; the next start finds it again by itself."""
    loss = StandingChanged(Level.PAUSED, "daily loss", "-50", "tomorrow", Ns(1))
    async with watchman(tmp_path) as built:
        built.changes()
        built.words.send_nowait(loss)
        built.words.send_nowait(Ordered(1, word(Verb.RESUME)))
        await trio.sleep(0.01)
        assert built.changes() == [(Level.PAUSED, "daily loss")]
        assert [hold.source for hold in built.file.holds()] == ["daily loss"]
        assert built.file.holds(lasting=True) == ()
        built.words.send_nowait(attrs.evolve(loss, level=Level.RUNNING))
        await trio.sleep(0.01)
        assert built.changes() == [(Level.RUNNING, "")]
        assert built.file.holds() == ()


@virtual
async def test_the_operators_file_is_read_within_one_look(tmp_path: Path) -> None:
    """Each order once, in order, and those from before the start are there too."""
    file, other = StandingFile(tmp_path / "s.db"), StandingFile(tmp_path / "s.db")
    outbox, told = trio.open_memory_channel[Ordered](10)
    other.order(word(Verb.PAUSE))
    async with trio.open_nursery() as nursery:
        await nursery.start(OperatorWatcher(file, outbox, 0.1).run)
        assert [one.hold.level for one in waiting(told)] == [Level.PAUSED]
        other.order(word(Verb.FLATTEN))
        other.order(word(Verb.RESUME))
        await trio.sleep(0.11)
        assert [one.hold.level for one in waiting(told)] == [Level.FLATTEN, Level.RUNNING]
        await trio.sleep(5)
        assert waiting(told) == []
        nursery.cancel_scope.cancel()
    file.close()
    other.close()


# --- breakers -----------------------------------------------------------------------------------

LIMITS = BreakerLimits(2, 60 * S, 5 * S, 60 * S, 0)


@asynccontextmanager
async def panel(
    probe: Callable[[], Awaitable[object]], breakers: Breakers | None = None
) -> AsyncIterator[
    tuple[
        trio.MemorySendChannel[Trouble],
        trio.MemorySendChannel[Called],
        trio.MemoryReceiveChannel[Hold],
    ]
]:
    troubles, inbox = trio.open_memory_channel[Trouble](100)
    calls, counted = trio.open_memory_channel[Called](100)
    outbox, told = trio.open_memory_channel[Hold](100)
    async with trio.open_nursery() as nursery:
        actor = BreakerPanel(
            breakers=breakers or Breakers(LIMITS),
            inbox=inbox,
            calls=counted,
            outbox=outbox,
            probes={Venue.KALSHI: probe},
            desk=Lossy(*trio.open_memory_channel[DeskEvent](100)),
            chance_ppm=lambda: 0,
            now_ns=now_ns,
        )
        await nursery.start(actor.run)
        yield troubles, calls, told
        nursery.cancel_scope.cancel()


@virtual
async def test_failed_calls_bar_their_venue_until_a_probe_is_answered() -> None:
    """No answer twice: barred. Probes that fail double the pause; one that works lifts the bar."""
    venue = FakeVenue()
    venue.down.add("balances")
    failed = Called(Venue.KALSHI, "send", 1, "Unreachable: reset", Ns(0))
    async with panel(venue.balances) as (_, calls, told):
        waiting(told)
        calls.send_nowait(attrs.evolve(failed, failure=""))
        calls.send_nowait(failed)
        await trio.sleep(0.1)
        assert waiting(told) == []
        calls.send_nowait(failed)
        await trio.sleep(0.1)
        (hold,) = waiting(told)
        assert (hold.venue, hold.level) == (Venue.KALSHI, Level.PAUSED)
        assert "call send" in hold.why
        await trio.sleep(14)  # 5 s and a failed probe, then 10 s
        assert all(one.level is Level.PAUSED for one in waiting(told))
        venue.down.clear()
        await trio.sleep(3)
        assert waiting(told)[-1].level is Level.RUNNING


@virtual
async def test_a_panel_that_starts_again_finds_open_breakers_open() -> None:
    """A crash of the actor lifts no bar, and a probe whose answer makes no sense has failed."""

    async def nonsense() -> None:
        await trio.lowlevel.checkpoint()
        raise KeyError("balance")

    breakers = Breakers(LIMITS)
    async with panel(nonsense, breakers) as (_, calls, told):
        for _ in range(2):
            calls.send_nowait(Called(Venue.KALSHI, "send", 1, "given up", Ns(0)))
        await trio.sleep(8)
        assert waiting(told)[-1].level is Level.PAUSED
    async with panel(nonsense, breakers) as (_, _, told):
        found = {one.venue: one.level for one in waiting(told)}
    assert found[Venue.KALSHI] is Level.PAUSED


@virtual
async def test_a_probe_that_hangs_has_failed() -> None:
    """Silence is no answer."""
    venue = FakeVenue()
    venue.hangs.add("balances")
    async with panel(venue.balances) as (_, calls, told):
        waiting(told)
        for _ in range(2):
            calls.send_nowait(Called(Venue.KALSHI, "read", 1, "given up", Ns(0)))
        await trio.sleep(30)
        assert {one.level for one in waiting(told)} == {Level.PAUSED}


@virtual
async def test_troubles_without_a_venue_hold_everything() -> None:
    """What concerns all is held for all, and comes back on probation."""
    async with panel(FakeVenue().balances) as (troubles, _, told):
        waiting(told)
        for _ in range(2):
            troubles.send_nowait(Trouble(None, "unwind failed", "nobody buys", Ns(0)))
        await trio.sleep(0.1)
        (hold,) = waiting(told)
        assert (hold.venue, hold.level) == (None, Level.PAUSED)
        await trio.sleep(6)
        assert [one.level for one in waiting(told)] == [Level.RUNNING]


# --- gates --------------------------------------------------------------------------------------


@virtual
async def test_gates_are_told_when_they_change(tmp_path: Path) -> None:
    """Red with reasons at a start, green once all was seen, red again when a stream falls."""
    events, inbox = trio.open_memory_channel[Vital](100)
    outbox, told = trio.open_memory_channel[Hold](100)
    limits = VitalLimits(500_000, 3600 * S, 60 * S, 10, {})
    file = StandingFile(tmp_path / "s.db")
    gatekeeper = Gatekeeper(
        new_vitals=lambda: Vitals(limits, frozenset({Venue.KALSHI})),
        inbox=inbox,
        outbox=outbox,
        file=file,
        desk=Lossy(*trio.open_memory_channel[DeskEvent](100)),
        in_thread=in_place,
        every_s=0.25,
        now_ns=now_ns,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(gatekeeper.run)
        await trio.sleep(1)
        (red,) = waiting(told)
        assert (red.level, red.venue) == (Level.PAUSED, None)
        events.send_nowait(FeedSeen(FeedId("kalshi:0"), connected=True, frames=1, note=""))
        events.send_nowait(BooksSeen(10, 10, 0, 0, 0, 0))
        events.send_nowait(Called(Venue.KALSHI, "send", 3 * 10**6, "", Ns(0)))
        await trio.sleep(10)
        assert [one.level for one in waiting(told)] == [Level.RUNNING]
        assert file.figures() == {"ack p50/p95/p99 ms": "3.0/3.0/3.0"}
        events.send_nowait(FeedSeen(FeedId("kalshi:0"), connected=False, frames=0, note="cut"))
        await trio.sleep(0.3)
        (red,) = waiting(told)
        assert red.why == "no stream of kalshi is up: cut"
        nursery.cancel_scope.cancel()
    file.close()


# --- dead man's switch --------------------------------------------------------------------------


@attrs.define
class Switch:
    """A switch that fails as the test says."""

    does: Callable[[], Awaitable[None]]
    renewed: int = 0
    venue: Venue = Venue.POLYMARKET

    async def renew(self) -> None:
        await self.does()
        self.renewed += 1


@virtual
async def test_a_switch_that_cannot_be_renewed_bars_its_venue() -> None:
    """Barred while it is not armed, told as trouble each time, free once it is."""
    holds, told = trio.open_memory_channel[Hold](100)
    troubles, counted = trio.open_memory_channel[Trouble](100)

    async def fine() -> None:
        await trio.lowlevel.checkpoint()

    async def refused() -> None:  # noqa: ASYNC124 - a switch wants coroutines
        raise Refused("Invalid Heartbeat ID")

    async def lost() -> None:  # noqa: ASYNC124 - a switch wants coroutines
        raise Unreachable("reset")

    switch = Switch(fine)
    async with trio.open_nursery() as nursery:
        await nursery.start(DeadManKeeper(switch, holds, troubles, 5.0, 3.0, now_ns).run)
        assert [one.level for one in waiting(told)] == [Level.RUNNING]
        await trio.sleep(51)
        assert switch.renewed == 11
        for breaks in (refused, lost, trio.sleep_forever):
            switch.does = breaks
            await trio.sleep(10)
            hold = waiting(told)[-1]
            assert (hold.level, hold.venue) == (Level.PAUSED, Venue.POLYMARKET)
            assert waiting(counted)
        switch.does = fine
        await trio.sleep(10)
        assert [one.level for one in waiting(told)] == [Level.RUNNING]
        nursery.cancel_scope.cancel()
