"""Faults in a whole world: the rival, the grids, and the states of both venues."""

import json
from collections.abc import Awaitable, Callable

import msgspec
import pytest
import trio
import trio.testing

from arb.market.instruments import MarketId, Venue
from arb.market.units import MICRO, Px, Usd
from arb.sim.engine import Exchange
from arb.sim.faults.desks import KalshiDesk, PolymarketDesk
from arb.sim.faults.rival import RIVAL, Incoming, Rival
from arb.sim.faults.script import read_fault
from arb.sim.polymarket.conditions import Mode
from arb.sim.world import World
from tests.sim_faults.tiny_venue import now_ns


def in_a_world(test: Callable[[World], Awaitable[None]], *lines: str) -> None:
    """Run a test in a world that lives, on virtual time, with these faults in it."""

    async def main() -> None:
        world = World.build(
            3,
            now_ns=now_ns,
            speed_ppm=MICRO,
            polymarket_cash=Usd(1_000 * MICRO),
            kalshi_cash=Usd(1_000 * MICRO),
            faults=[read_fault(line) for line in lines],
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(world.run)
            await test(world)
            nursery.cancel_scope.cancel()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def busiest(exchange: Exchange, markets: list[MarketId]) -> MarketId:
    """The market with most on offer at the best prices of both sides."""

    def depth(market: MarketId) -> int:
        bids, asks = exchange.levels(market)
        return min(bids[0][1], asks[0][1]) if bids and asks else 0

    return max(markets, key=depth)


def markets_of(world: World, venue: Venue) -> list[MarketId]:
    if venue is Venue.KALSHI:
        return [MarketId(f"kalshi:{ticker}") for ticker in world.kalshi.board.markets]
    return list(world.polymarket.shelf.markets)


@pytest.mark.parametrize("venue", list(Venue))
@pytest.mark.parametrize("is_bid", [True, False], ids=["bid", "ask"])
def test_the_rival_takes_its_share_of_what_an_order_would_meet(venue: Venue, is_bid: bool) -> None:
    """Of the best level that crosses, half is gone before the order comes; deeper is left."""

    async def test(world: World) -> None:
        exchange = world.exchanges[venue]
        market = busiest(exchange, markets_of(world, venue))
        bids, asks = exchange.levels(market)
        px, there = (asks if is_bid else bids)[0]
        taker = Rival(exchange, "other")
        taken = taker.take(Incoming(market, is_bid, px), 500_000)
        bids, asks = exchange.levels(market)
        left = (asks if is_bid else bids)[0]
        assert 0 < taken <= there // 2
        assert left == (px, there - taken)
        await trio.lowlevel.checkpoint()

    in_a_world(test)


def test_the_rival_leaves_alone_what_nobody_would_meet() -> None:
    """An order that does not cross has nothing to lose."""

    async def test(world: World) -> None:
        exchange = world.exchanges[Venue.POLYMARKET]
        market = busiest(exchange, markets_of(world, Venue.POLYMARKET))
        before = exchange.levels(market)
        tick = exchange.listing(market).grid.finest_step
        assert Rival(exchange, "other").take(Incoming(market, True, Px(tick)), MICRO) == 0
        assert exchange.levels(market) == before
        assert exchange.positions(RIVAL) == {}
        await trio.lowlevel.checkpoint()

    in_a_world(test)


def test_kalshi_orders_are_read_alone_and_in_batches() -> None:
    """Ticker, side and YES price; what cannot be read, or is not listed, is nobody's order."""

    async def test(world: World) -> None:
        desk = KalshiDesk(world.kalshi, Rival(world.exchanges[Venue.KALSHI], "other"))
        ticker = next(iter(world.kalshi.board.markets))
        order = {
            "ticker": ticker,
            "side": "ask",
            "count": "5",
            "price": "0.42",
            "time_in_force": "immediate_or_cancel",
            "self_trade_prevention_type": "taker_at_cross",
        }
        expected = Incoming(MarketId(f"kalshi:{ticker}"), False, Px(420_000))
        assert list(desk.read(msgspec.json.encode(order))) == [expected]
        assert list(desk.read(json.dumps({"orders": [order, order]}).encode())) == [expected] * 2
        for nonsense in (b"", b"{}", b'{"orders":3}', json.dumps(order | {"price": "x"}).encode()):
            assert list(desk.read(nonsense)) == []
        assert list(desk.read(json.dumps(order | {"ticker": "NOBODY"}).encode())) == []
        await trio.lowlevel.checkpoint()

    in_a_world(test)


@pytest.mark.parametrize("venue", list(Venue))
def test_a_new_grid_is_told_once(venue: Venue) -> None:
    """A grid that differs is put up; the one that is there already is no change."""

    async def test(world: World) -> None:
        kalshi = KalshiDesk(world.kalshi, Rival(world.exchanges[Venue.KALSHI], "other"))
        polymarket = PolymarketDesk(
            world.polymarket, Rival(world.exchanges[Venue.POLYMARKET], "other")
        )
        desk = kalshi if venue is Venue.KALSHI else polymarket
        market = busiest(world.exchanges[venue], markets_of(world, venue))
        grid = world.exchanges[venue].listing(market).grid
        tick = "0.005" if grid.finest_step != 5_000 else "0.001"
        assert desk.change_tick(market, tick)
        assert world.exchanges[venue].listing(market).grid.finest_step in {5_000, 1_000}
        assert not desk.change_tick(market, tick)
        await trio.lowlevel.checkpoint()

    in_a_world(test)


def test_polymarkets_states_come_and_go() -> None:
    """Each switch is on for as long as its fault, and then as it was."""

    async def test(world: World) -> None:
        at = world.polymarket.conditions
        seen = []
        for _ in range(2):
            await trio.sleep(5)
            seen.append(
                (
                    at.geoblocked,
                    at.mode is Mode.CANCEL_ONLY,
                    at.balance_lag_s,
                    at.hold_takers_s,
                    at.settlement.retry_ppm,
                )
            )
        assert seen == [(True, True, 6.0, 2.0, 700_000), (False, False, 0.0, 0.0, 0)]
        assert set(world.faults.counts.values()) == {1}

    in_a_world(
        test,
        *(
            f"{line} start_s=1 for_s=6"
            for line in (
                "geoblock",
                "maintenance venue=polymarket",
                "balance_lag lag_ms=6000",
                "delayed_orders hold_ms=2000",
                "settlement_failure retry_ppm=700000",
            )
        ),
    )


def test_kalshis_states_come_and_go() -> None:
    """A pause of all shards or of one, a halt of one market: and then everything works again."""

    async def test(world: World) -> None:
        ticker, state = next(iter(world.kalshi.board.markets.items()))
        id_ = world.faults.inject(read_fault(f"halt market=kalshi:{ticker}"))
        await trio.sleep(2)
        switches = world.kalshi.switches.by_shard
        assert not any(switch.trading_active for switch in switches.values())
        assert state.halted
        world.faults.clear(id_)
        await trio.sleep(5)
        assert all(switch.trading_active for switch in switches.values())
        assert not state.halted

    in_a_world(test, "maintenance venue=kalshi start_s=1 for_s=5")


def test_a_market_is_known_by_all_its_names() -> None:
    """A fault for a condition id hits what names one of its tokens."""

    async def test(world: World) -> None:
        listing = next(iter(world.polymarket.shelf.markets.values())).listing
        for name in (listing.id, listing.condition_id, listing.tokens[1]):
            world.faults.inject(read_fault(f"server_error market={name}"))
        for entry in world.faults.entries():
            assert entry.names is not None
            assert entry.names.search(f"/book token_id={listing.tokens[0]}")
            assert entry.names.search(f'{{"market":"{listing.condition_id}"}}')
        await trio.lowlevel.checkpoint()

    in_a_world(test)


def test_faults_that_overlap_leave_nothing_behind() -> None:
    """Two maintenances and a restart between them, two lags: all is over when the last one is."""

    async def test(world: World) -> None:
        def now() -> tuple[Mode, float]:
            conditions = world.polymarket.conditions
            return conditions.mode, conditions.balance_lag_s

        await trio.sleep(2.5)
        assert now() == (Mode.DISABLED, 7)
        await trio.sleep(2)
        assert now()[1] == 9
        await trio.sleep(30)
        assert now() == (Mode.NORMAL, 0)

    in_a_world(
        test,
        "engine_restart start_s=1 for_s=1 down_ms=2000 post_only_ms=1000",
        "maintenance venue=polymarket level=trading start_s=1.5 for_s=4",
        "maintenance venue=polymarket level=all start_s=2 for_s=10",
        "balance_lag start_s=1 for_s=9 lag_ms=9000",
        "balance_lag start_s=2 for_s=2 lag_ms=7000",
    )


def test_a_wrong_clock_makes_no_restart_longer() -> None:
    """What takes a second takes a second, though the clock goes back meanwhile, and is put right."""

    async def test(world: World) -> None:
        modes = []
        await trio.sleep(0.1)
        for _ in range(3):
            await trio.sleep(1.0)
            modes.append(world.polymarket.conditions.mode)
        assert modes == [Mode.RESTARTING, Mode.POST_ONLY, Mode.NORMAL]

    in_a_world(
        test,
        "engine_restart down_ms=1000 post_only_ms=1000 start_s=1",
        "clock_skew venue=polymarket by_ms=-40000 start_s=1.5 for_s=0.2",
    )
