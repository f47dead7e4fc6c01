"""Contracts become cash through the relayer, and books and venue agree to the micro-dollar."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import attrs
import pytest
import trio

from arb.detect.basket import Lane
from arb.market.errors import Unreachable
from arb.market.instruments import Event, Market, Outcome, PolymarketRef, Venue
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import BasketEnd, BasketEnded, Exposure, Turn, TurnId, TurnKind
from arb.recovery.turns import end_turns
from arb.risk.ledger import Ledger
from arb.sim.faults.script import read_fault
from arb.store.journal import Journal
from arb.store.sets import whole_sets
from arb.store.turns import read_done_turns, read_turns
from arb.trade.turning import Merge
from arb.venues.polymarket.relayer import RelayerKey
from tests.fakes.bench import PATIENCE
from tests.fakes.clock import virtual
from tests.fakes.markets import approve
from tests.fakes.sim_world import build, now_ns
from tests.settling.member import BOB, TEN, Wallet, settling, wallet


async def beside(body: Callable[[Wallet], Awaitable[None]]) -> None:
    """Run `body` beside a living world."""
    world = build(3)
    async with trio.open_nursery() as nursery:
        await nursery.start(world.run)
        async with wallet(world) as mine:
            await body(mine)
        nursery.cancel_scope.cancel()


def ref(market: Market) -> PolymarketRef:
    assert isinstance(market.ref, PolymarketRef)
    return market.ref


def agree(mine: Wallet, ledger: Ledger, *markets: Market) -> None:
    """Cash and contracts are the same in our books and the venue's."""
    assert ledger.cash[Venue.POLYMARKET, 0] == mine.cash
    for market in markets:
        held = ledger.position(market.id)
        assert (held.yes, held.no) == mine.held(market.id)


@pytest.mark.parametrize("neg_risk", [True, False])
@virtual
async def test_pairs_are_merged(tmp_path: Path, neg_risk: bool) -> None:
    """YES and NO of a market become dollars once, by the contract of its kind."""

    async def body(mine: Wallet) -> None:
        market = next(m for m in mine.catalogue.markets if ref(m).neg_risk is neg_risk)
        mine.hold(market)
        ledger, before = mine.ledger(market), mine.cash
        async with settling(tmp_path, mine, ledger, [market]) as stage:
            ended = await stage.ended()
            assert (ended.done, ended.turn.kind) == (True, TurnKind.MERGE)
            assert (mine.cash, mine.held(market.id)) == (before + TEN, (0, 0))
            agree(mine, ledger, market)
            await trio.sleep(10.0)
            (stored,) = stage.journal.ask(read_turns)
            assert (stored.turn, stored.done) == (ended.turn, True)

    await beside(body)


def convertible(event: Event) -> bool:
    group = event.neg_risk
    return (
        group is not None
        and group.prepared == len(group.indexes) > 2
        and group.fee_bips == 0
        and not group.augmented
    )


@virtual
async def test_whole_sets_of_no_are_converted_once(tmp_path: Path) -> None:
    """NOs that a basket bought become dollars and YES of the group's other questions."""

    async def body(mine: Wallet) -> None:
        event = next(filter(convertible, mine.catalogue.events))
        whole = [mine.markets[market] for market in event.markets]
        given = whole[:2]
        for market in given:
            mine.hold(market)
        ledger, before = mine.ledger(*given), mine.cash
        write_basket(tmp_path, given)
        async with settling(tmp_path, mine, ledger, given, yes=False) as stage:
            ended = await stage.ended()
            assert (ended.done, ended.turn.kind) == (True, TurnKind.CONVERT)
            assert mine.cash == before + TEN
            agree(mine, ledger, *whole)
            assert [mine.held(market.id) for market in whole[2:]] == [(TEN, 0)] * len(whole[2:])
            await trio.sleep(10.0)
            assert len(stage.journal.ask(read_done_turns)) == 1
            listed = mine.markets
            assert stage.journal.ask(lambda db: whole_sets(db, listed)) == {}

    await beside(body)


def write_basket(folder: Path, given: list[Market]) -> None:
    basket = approve([(market, Outcome.NO, 500_000) for market in given], TEN)
    template = attrs.evolve(basket.plan.template, lane=Lane.ALL_NO)
    basket = attrs.evolve(basket, plan=attrs.evolve(basket.plan, template=template))
    end = BasketEnded(basket.basket, BasketEnd.COMPLETED, Qty(TEN), (), "", Ns(1))
    journal = Journal(folder / "store.sqlite")
    journal.write([basket, end])
    journal.close()


@virtual
async def test_winners_that_nobody_pays_are_redeemed(tmp_path: Path) -> None:
    """The payout comes, and the venue's own record of it is what is booked."""

    async def body(mine: Wallet) -> None:
        mine.world.polymarket.conditions.auto_redeem_s = None
        market = next(m for m in mine.catalogue.markets if not ref(m).neg_risk)
        mine.hold(market)
        ledger, before = mine.ledger(market), mine.cash
        async with settling(tmp_path, mine, ledger, []) as stage:
            mine.world.polymarket.resolve(ref(market).condition_id, Px(MICRO))
            ended = await stage.ended()
            assert (ended.done, ended.turn.kind) == (True, TurnKind.REDEEM)
            assert mine.cash == before + TEN
            await trio.sleep(10.0)
            for settlement in await mine.account.settlements(Ns(0)):
                ledger.settle(settlement)
            agree(mine, ledger, market)

    await beside(body)


@virtual
async def test_a_winner_is_redeemed_once_while_the_list_of_winners_lags(tmp_path: Path) -> None:
    """The Data API still tells it for a while after it was paid."""

    async def body(mine: Wallet) -> None:
        mine.world.polymarket.conditions.auto_redeem_s = None
        market = next(m for m in mine.catalogue.markets if not ref(m).neg_risk)
        mine.hold(market)
        lag = "stale_rest venue=polymarket endpoint='GET /v2/positions*' age_ms=20000"
        async with settling(tmp_path, mine, mine.ledger(market), []) as stage:
            mine.world.polymarket.resolve(ref(market).condition_id, Px(MICRO))
            mine.world.faults.inject(read_fault(lag))
            assert (await stage.ended()).done
            await trio.sleep(5.0)
            assert [one.market for one in await mine.relayer.redeemable()] == [market.id]
            await trio.sleep(30.0)
            assert len(stage.journal.ask(read_turns)) == 1

    await beside(body)


@virtual
async def test_a_turn_that_the_chain_reverts_changes_nothing(tmp_path: Path) -> None:
    """It is booked as not done, and its market rests before it is tried again."""

    async def body(mine: Wallet) -> None:
        mine.world.polymarket.conditions.relaying.revert_ppm = MICRO
        market = mine.catalogue.markets[0]
        mine.hold(market)
        ledger = mine.ledger(market)
        async with settling(tmp_path, mine, ledger, [market]) as stage:
            assert not (await stage.ended()).done
            agree(mine, ledger, market)
            await trio.sleep(30.0)
            assert len(stage.journal.ask(read_turns)) == 1

    await beside(body)


@virtual
async def test_an_actor_that_crashed_goes_on_with_its_turn(tmp_path: Path) -> None:
    """What was sent and not followed is followed by the next life of the actor, and booked once."""

    async def body(mine: Wallet) -> None:
        market = mine.catalogue.markets[0]
        mine.hold(market)
        ledger = mine.ledger(market)
        turn = await mine.relayer.prepare(Merge(market, Qty(TEN)), TurnId("mine"))
        journal = Journal(tmp_path / "store.sqlite")
        journal.write([turn])
        journal.close()
        await mine.relayer.send(turn)
        async with settling(tmp_path, mine, ledger, [market]) as stage:
            ended = await stage.ended()
            assert (ended.done, ended.turn) == (True, turn)
            agree(mine, ledger, market)

    await beside(body)


@virtual
async def test_what_a_basket_left_over_is_not_merged(tmp_path: Path) -> None:
    """A person, or an unwind, may still sell it: only the rest of the pairs become dollars."""

    async def body(mine: Wallet) -> None:
        market = mine.catalogue.markets[0]
        mine.hold(market)
        ledger, before = mine.ledger(market), mine.cash
        basket = approve([(market, Outcome.YES, 500_000)], TEN)
        left = Exposure(market, Outcome.YES, Qty(4 * MICRO))
        end = BasketEnded(basket.basket, BasketEnd.STUCK, Qty(0), (left,), "no bids", Ns(1))
        journal = Journal(tmp_path / "store.sqlite")
        journal.write([basket, end])
        journal.close()
        async with settling(tmp_path, mine, ledger, [market]) as stage:
            assert (await stage.ended()).done
            await trio.sleep(10.0)
            assert mine.cash == before + 6 * MICRO
            assert mine.held(market.id) == (4 * MICRO, 4 * MICRO)

    await beside(body)


@virtual
async def test_a_stop_while_a_turn_is_prepared_leaves_nothing_behind(tmp_path: Path) -> None:
    """The run would end without waiting for it, and the next start would have to find out."""

    async def body(mine: Wallet) -> None:
        market = mine.catalogue.markets[0]
        mine.hold(market)
        asked: list[bool] = []

        def may() -> bool:
            asked.append(not asked)
            return asked[-1]

        async with settling(tmp_path, mine, mine.ledger(market), [market], may=may) as stage:
            await trio.sleep(10.0)
            assert asked[:2] == [True, False]
            assert (stage.journal.ask(read_turns), stage.told) == ((), [])
            assert mine.held(market.id) == (TEN, TEN)

    await beside(body)


@pytest.mark.parametrize("arrived", [True, False])
@virtual
async def test_a_start_finds_out_how_a_turn_ended(tmp_path: Path, arrived: bool) -> None:
    """Killed after the intent, or after the request: done, or never heard of, and then booked.

    What nobody heard of may still arrive while its signature holds: until then no start guesses.
    """

    async def body(mine: Wallet) -> None:
        market = mine.catalogue.markets[0]
        mine.hold(market)
        ledger = mine.ledger(market)
        turn = await mine.relayer.prepare(Merge(market, Qty(TEN)), TurnId("mine"))
        journal = Journal(tmp_path / "store.sqlite")
        journal.write([turn])
        if arrived:
            await mine.relayer.send(turn)
        else:
            with pytest.raises(Unreachable, match="may still be done"):
                await end_turns(journal, mine.relayer, PATIENCE, now_ns)
            await trio.sleep((turn.deadline_ns - now_ns()) / 1e9 + PATIENCE.absent_s)
        (line,) = await end_turns(journal, mine.relayer, PATIENCE, now_ns)
        done = journal.ask(read_done_turns)
        assert (line.explained, done) == (True, (turn,) if arrived else ())
        for one in done:
            assert ledger.turn(one)
            assert not ledger.turn(one)
        agree(mine, ledger, market)
        assert await end_turns(journal, None, PATIENCE, now_ns) == []
        journal.close()

    await beside(body)


@virtual
async def test_a_turn_that_nobody_can_be_asked_about_stops_the_start(tmp_path: Path) -> None:
    """Without a relayer, or with one that does not answer, nothing is guessed."""

    async def body(mine: Wallet) -> None:
        turn: Turn = await mine.relayer.prepare(
            Merge(mine.catalogue.markets[0], Qty(TEN)), TurnId("mine")
        )
        journal = Journal(tmp_path / "store.sqlite")
        journal.write([turn])
        with pytest.raises(Unreachable, match="nobody can be asked"):
            await end_turns(journal, None, PATIENCE, now_ns)
        locked_out = attrs.evolve(mine.relayer, key=RelayerKey(BOB.polymarket_signer, "wrong"))
        with pytest.raises(Unreachable, match="cannot be found out"):
            await end_turns(journal, locked_out, PATIENCE, now_ns)
        assert [one.done for one in journal.ask(read_turns)] == [None]
        journal.close()

    await beside(body)
