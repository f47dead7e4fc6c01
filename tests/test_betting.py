"""The statistical lanes, wired: off there is nothing; on, a spike becomes one bounded order."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from arb.actors.bet_placer import BetPlacer
from arb.betting import Betting, Shared, bet_treasury
from arb.detect.basket import Leg
from arb.detect.bet import Bet, BetId, BetLane, Estimate
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import Noted, OrderEnded, OrderFilled
from arb.plant import Outside, Plant
from arb.recovery import Recovered
from arb.risk.ledger import Ledger
from arb.risk.treasury import Treasury
from arb.settings import Layer, Settings, build, read_toml
from arb.supervise import Actor
from arb.trade.tracking import Tracking
from tests.fakes.bench import Bench, KillAt, bench, in_place, waiting
from tests.fakes.clock import virtual
from tests.fakes.line_venue import LineVenue
from tests.fakes.markets import make_fill, make_market, make_order, make_prepared
from tests.fakes.treasury import CAPS, Terms, make_treasury, rich_ledger
from tests.fakes.venue import Answer, FakeVenue, Script, now_ns

SHIPPED = Path(__file__).resolve().parents[1] / "settings.toml"
MARKET = make_market("m")
OTHER = make_market("other")
BRAVE = {
    "spike": True,
    "spike_markets": [MARKET.id],
    "spike_reversion_ppm": 500_000,
    "spike_confidence_ppm": 500_000,
}
HUNDRED = 100 * MICRO


def settings(**bets: object) -> Settings:
    shipped = read_toml(SHIPPED.read_text(encoding="utf-8"), "settings.toml")
    return build([shipped, Layer("test", {"bets": bets})])


def treasury() -> Treasury:
    dollars = Usd(500 * MICRO)
    caps = attrs.evolve(
        CAPS,
        basket_usd=dollars,
        market_usd=dollars,
        event_usd=dollars,
        cluster_usd=dollars,
        open_baskets=4,
        cash_reserve_usd=Usd(0),
    )
    return make_treasury(rich_ledger(), now_ns, terms=Terms(caps=caps))


@attrs.frozen
class Stage:
    """Everything of bets, with the venue's stream and its order side in the test's hands."""

    betting: Betting
    around: Bench
    stream: LineVenue
    venue: FakeVenue
    treasury: Treasury

    def notes(self, kind: str) -> list[str]:
        looks = waiting(self.around.looks)
        return [note.text for note in looks if isinstance(note, Noted) and note.kind == kind]

    async def quote(self, bid: int, ask: int, seconds: int) -> None:
        """Show a book once a second, moving at the bottom so that it is said anew."""
        self.venue.quote(MARKET, {bid: HUNDRED}, {ask: HUNDRED})
        words = f"book {MARKET.id} bid {bid} {HUNDRED} ask {ask} {HUNDRED}"
        for _ in range(seconds):
            self.stream.socket.say(words)
            await trio.sleep(1)


def plant(knobs: Settings, around: Bench, stream: LineVenue, *, trades: bool) -> Plant:
    venue = stream.venue
    outside = Outside(
        data={venue: stream},
        orders={},
        accounts={},
        now_ns=now_ns,
        in_thread=in_place,
        rng=random.Random(1),
    )
    recovered = Recovered(Ledger(), Tracking(), (), Ns(0), ())
    return Plant(
        settings=knobs,
        outside=outside,
        journal=around.journal,
        markets=[MARKET, OTHER],
        baskets=(),
        recovered=recovered,
        run="run",
        kill_file=Path("KILL"),
        sends=trades,
        trades=trades,
    )


@asynccontextmanager
async def running(folder: Path, knobs: Settings, *, trades: bool = True) -> AsyncIterator[Stage]:
    venue, stream, money = FakeVenue(), LineVenue(), treasury()
    async with bench(folder, [venue]) as around:
        shared = Shared(money, around.placer, around.store, around.desk)
        betting = Betting(plant(knobs, around, stream, trades=trades), shared)
        actors: list[Actor] = betting.market_actors()
        actors += betting.trading_actors() if trades else []
        async with trio.open_nursery() as nursery:
            for actor in actors:
                nursery.start_soon(actor.run)
            await trio.sleep(0.1)
            yield Stage(betting, around, stream, venue, money)
            nursery.cancel_scope.cancel()


async def spike(stage: Stage) -> None:
    """From .70 to .30 within a second, and it stands."""
    await stage.quote(690_000, 700_000, 3)
    await stage.quote(290_000, 300_000, 5)


@pytest.mark.parametrize("bets", [{}, {"spike": True}, {"spike_markets": [MARKET.id]}])
def test_while_a_lane_is_off_nothing_of_it_exists(bets: dict[str, object], tmp_path: Path) -> None:
    """As shipped there is no actor, no connection and no counter; a lane without markets is off."""

    async def main() -> None:
        async with running(tmp_path, settings(**bets)) as stage:
            assert stage.betting.market_actors() == []
            assert stage.betting.trading_actors() == []
            assert stage.stream.sockets == []

    trio.run(main)


@virtual
async def test_a_spike_becomes_one_bounded_order(tmp_path: Path) -> None:
    """The side that the move made cheap is bought once, below every cap, with its reasons kept."""
    knobs = settings(**BRAVE)
    async with running(tmp_path, knobs) as stage:
        await spike(stage)
        (prepared,) = stage.venue.sent
        order = prepared.order
        assert (order.market, order.outcome, order.limit) == (MARKET, Outcome.YES, 300_000)
        assert order.basket.startswith("bet-")
        assert 0 < order.qty * order.limit // MICRO <= knobs.bets.max_bet_usd
        assert stage.treasury.in_flight == 0
        assert stage.treasury.ledger.reserved((Venue.KALSHI, 0)) == 0
        kept = [text for kind, text in _kept(stage) if kind == "bet"]
        assert len(kept) == 1
        assert "before 0.695" in kept[0]
        assert stage.venue.held(MARKET, Outcome.YES) == order.qty


def _kept(stage: Stage) -> list[tuple[str, str]]:
    return [(note.kind, note.text) for note in stage.around.journal.notes()]


@virtual
async def test_as_shipped_the_lane_looks_and_leaves_it(tmp_path: Path) -> None:
    """Switched on with the shipped figures, the same spike has no edge after fees."""
    async with running(tmp_path, settings(spike=True, spike_markets=[MARKET.id])) as stage:
        await spike(stage)
        await stage.quote(290_000, 300_000, 60)
        assert stage.venue.sent == []
        assert any("spike: no edge after fees" in text for text in stage.notes("bets"))


@virtual
async def test_only_the_watched_markets_are_subscribed_to(tmp_path: Path) -> None:
    """The lane has a connection of its own, for its own markets."""
    async with running(tmp_path, settings(**BRAVE)) as stage:
        assert stage.stream.socket.heard[0] == f"subscribe {MARKET.id}"


@virtual
async def test_a_dry_run_offers_nothing(tmp_path: Path) -> None:
    """Where nothing is traded, a bet is seen and counted."""
    async with running(tmp_path, settings(**BRAVE), trades=False) as stage:
        await spike(stage)
        await trio.sleep(60)
        assert stage.venue.sent == []
        assert any("dry run" in text for text in stage.notes("bets"))


@virtual
async def test_a_refusal_frees_the_money_and_bans_the_market(tmp_path: Path) -> None:
    """The venue's no leaves nothing in flight, and the market alone."""
    async with running(tmp_path, settings(**BRAVE)) as stage:
        stage.venue.scripts.append(Script(refused="post only"))
        await spike(stage)
        assert len(stage.venue.sent) == 1
        assert stage.treasury.in_flight == 0
        assert stage.treasury.ledger.reserved((Venue.KALSHI, 0)) == 0
        assert "left alone" in stage.treasury.objection([MARKET])


@virtual
async def test_an_order_without_an_end_keeps_its_money(tmp_path: Path) -> None:
    """While nobody knows whether it was filled, its money stays set aside; then it is freed."""
    async with running(tmp_path, settings(**BRAVE)) as stage:
        stage.venue.scripts.append(Script(answer=Answer.LOST))
        stage.venue.down = {"read"}
        await spike(stage)
        await trio.sleep(30)
        assert stage.treasury.in_flight == 1
        assert stage.treasury.ledger.reserved((Venue.KALSHI, 0)) > 0
        stage.venue.down = set()
        await trio.sleep(5)
        assert stage.treasury.in_flight == 0
        assert len(stage.venue.sent) == 1


@virtual
async def test_a_store_that_fails_stops_the_order(tmp_path: Path) -> None:
    """What cannot be written down is not bought."""
    async with running(tmp_path, settings(**BRAVE)) as stage:
        stage.around.journal.close()
        await spike(stage)
        assert stage.venue.sent == []
        assert stage.treasury.in_flight == 0


def _any_bet() -> Bet:
    leg = Leg(MARKET.id, Outcome.YES)
    qty = Qty(10 * MICRO)
    return Bet(
        id=BetId("b"),
        estimate=Estimate(BetLane.SPIKE, leg, 900_000, MICRO, ()),
        market=MARKET,
        fills=((Px(100_000), qty),),
        size=qty,
        cost=Usd(MICRO),
        fees=Usd(0),
        fair_ppm=900_000,
        expected=Usd(8 * MICRO),
        seen_ns=Ns(0),
    )


def test_what_was_bought_before_a_restart_counts(tmp_path: Path) -> None:
    """The day's allowance and the open bets are those of the store, not of this start."""

    async def main() -> None:
        async with bench(tmp_path, []) as around:
            order = make_order(MARKET, basket="bet-n1")
            plain = make_order(OTHER, "o2", basket="b1")
            fills = [make_fill(MARKET, "f1"), make_fill(OTHER, "f2")]
            around.journal.write([make_prepared(order), make_prepared(plain)])
            around.journal.write(
                [OrderFilled(*pair) for pair in zip((order, plain), fills, strict=True)]
            )
            made = plant(settings(**BRAVE), around, LineVenue(), trades=True)
            bets = bet_treasury(made, treasury())
            assert bets.markets == {MARKET.id}
            today = fills[0].at_ns
            room, name = bets.allowance.most(_any_bet(), Usd(10**12), Usd(0), today)
            assert (room, name) == (made.settings.bets.max_bet_usd, "bet")
            bets.allowance.promise(Usd(13 * MICRO), today)
            room, name = bets.allowance.most(_any_bet(), Usd(10**12), Usd(0), today)
            assert (room, name) == (20 * MICRO - 4 * MICRO - 13 * MICRO, "day")

    trio.run(main)


async def _place_and_kill(folder: Path, step: int) -> bool:
    """Place one bet, killed at one of its awaits; says whether the kill came before its end."""
    kill = KillAt(step)
    venue, money = FakeVenue(), treasury()
    venue.quote(MARKET, {90_000: HUNDRED}, {100_000: HUNDRED})
    async with bench(folder, [venue]) as around:
        made = plant(settings(**BRAVE), around, LineVenue(), trades=True)
        bets, inbox = trio.open_memory_channel[Bet](1)
        placer = BetPlacer(
            treasury=bet_treasury(made, money),
            placer=around.placer,
            inbox=inbox,
            store=around.store,
            desk=around.desk,
            new_id=around.new_id,
            now_ns=now_ns,
            again_s=0.25,
        )
        trio.lowlevel.add_instrument(kill)
        with kill.scope:
            async with trio.open_nursery() as nursery:
                await nursery.start(placer.run)
                bets.send_nowait(attrs.evolve(_any_bet(), seen_ns=now_ns()))
                kill.arm()
                await trio.sleep(40)
                nursery.cancel_scope.cancel()
        trio.lowlevel.remove_instrument(kill)
        _consistent(around, venue, money)
    return kill.fired


def _consistent(around: Bench, venue: FakeVenue, money: Treasury) -> None:
    """Nothing in flight or set aside, and every order that left has one end."""
    assert money.in_flight == 0
    assert money.ledger.reserved((Venue.KALSHI, 0)) == 0
    ends = [told.order for told in around.told() if isinstance(told, OrderEnded)]
    assert {prepared.order.id for prepared in venue.sent} <= set(ends)
    assert len(ends) == len(set(ends)) <= 1


def test_a_kill_at_any_await_leaves_nothing_half_done(tmp_path: Path) -> None:
    """Whenever the kill comes, the money is free and the order has an end, or never left."""
    fired, step = True, 0
    while fired:
        folder = tmp_path / str(step)
        folder.mkdir()

        async def main(folder: Path = folder, step: int = step) -> bool:
            return await _place_and_kill(folder, step)

        fired = trio.run(main, clock=MockClock(autojump_threshold=0))
        step += 1
    assert step > 5
