"""A whole run of a deposit wallet: what it bought becomes cash, and every book says the same."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from arb.commands.setup import read_layers
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.ending import Exit
from arb.market.instruments import MarketId, Venue
from arb.messages import TurnKind
from arb.outside import Venues, open_venues
from arb.session import Options, run
from arb.settings import Layer, Settings, build
from arb.sim.catalogue import Kind, Question
from arb.sim.world import World
from arb.summary import Summary
from crash.judging import Records, record_faults
from crash.scene import PLANTER, RICH
from crash.settling import OWNER, cheapen_answers, last_comes_true, open_spread, turn_spread
from tests.faults.scripted_run import Quiet

SEED = 1
FOR_S = 30.0
SLOW_PPM = 1_000
"""What is planted stays until the bot takes it."""
EAGER = Layer(
    "settling run",
    {
        "limits": {"market_cooldown_ms": 1_000},
        "sizing": {"fill_prior_ppm": 900_000, "half_fill_prior_ppm": 10_000, "hurdle_ppm": 0},
        "settle": {"every_ms": 500, "redeem_after_ms": 0},
    },
)
"""Half a minute has no time for pauses."""


def spread_of(world: World) -> tuple[MarketId, MarketId]:
    """A question without a trap that both venues ask."""
    traps = {trap.market for trap in world.catalogue.traps}
    return next(
        (one.polymarket, one.kalshi)
        for one in world.catalogue.twins
        if one.same and not one.inverted and not {one.polymarket, one.kalshi} & traps
    )


def answers_of(world: World) -> Sequence[MarketId]:
    """Answers of which exactly one comes true, on Polymarket alone."""

    def fits(question: Question) -> bool:
        only = question.recipe.venues == {Venue.POLYMARKET}
        return question.recipe.kind is Kind.COMPLETE and only

    return sorted(next(filter(fits, world.catalogue.questions)).polymarket)


@asynccontextmanager
async def venues(settings: Settings, worlds: list[World]) -> AsyncIterator[Venues]:
    """A world of which the bot is the member with a deposit wallet."""
    around = attrs.evolve(virtual_surroundings(SEED), member=OWNER)
    async with open_venues(settings, around) as opened, trio.open_nursery() as nursery:
        assert opened.world is not None
        world = opened.world
        world.polymarket.conditions.auto_redeem_s = None
        world.polymarket.conditions.resolution_s = 2.0
        for exchange in world.exchanges.values():
            exchange.open_account(PLANTER, {0: RICH, 1: RICH, 2: RICH})
        spread, answers = spread_of(world), answers_of(world)
        open_spread(world, *spread)
        cheapen_answers(world, answers)
        nursery.start_soon(turn_spread, world, *spread)
        nursery.start_soon(last_comes_true, world, answers)
        worlds.append(world)
        yield opened
        nursery.cancel_scope.cancel()


def run_in(home: Path) -> tuple[Summary, World]:
    flags = {"data_dir": str(home / "var"), "seed": SEED, "markets": 40, "speed_ppm": SLOW_PPM}
    settings = build([*read_layers(flags), EAGER])
    (home / "var").mkdir()
    worlds: list[World] = []
    options = Options(venues=venues(settings, worlds), kill_file=home / "KILL", for_s=FOR_S)
    return run_virtually(lambda: run(settings, options, Quiet()), SEED), worlds[0]


TAMPERING = {
    "a transaction of which nothing is known": ("delete from turns where kind = 'merge'", "record"),
    "one without an end": ("update turns set ended_ns = null", "has no end"),
    "one that was done and is booked as not done": ("update turns set done = 0", "the venue says"),
    "one that brought less": ("update turns set usd = usd - 1 where kind = 'merge'", "store"),
}


@pytest.mark.timeout(120)
def test_pairs_sets_and_winners_become_cash_in_one_run(tmp_path: Path) -> None:
    """Merged, converted and redeemed by the program itself, to the micro-dollar; and a judge who
    finds that finds whatever is changed in it."""
    summary, world = run_in(tmp_path)
    assert (summary.exit_code, summary.differences) == (Exit.OK, ())
    store = tmp_path / "var" / "simulated.db"
    records = Records(store)
    assert {turn["kind"] for turn in records.turns if turn["done"]} == set(TurnKind)
    assert list(record_faults(world, records, OWNER)) == []
    for what, (statement, words) in TAMPERING.items():
        faults = record_faults(world, Records(tampered(store, statement)), OWNER)
        assert any(words in fault for fault in faults), what


def tampered(store: Path, statement: str) -> Path:
    """A copy of a store in which something was changed."""
    copy = store.with_suffix(".tampered.db")
    copy.unlink(missing_ok=True)
    with sqlite3.connect(store) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        target.execute(statement)
    source.close()
    target.close()
    return copy
