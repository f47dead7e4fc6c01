"""The whole bot and both venues on virtual time, with everything going wrong at once, seed by seed.

`scripts/soak --seeds 1000` does the same for longer lives, and prints what replays a bad one.
"""

import attrs
import pytest
import trio
import trio.testing

from arb.commands.setup import read_settings
from arb.market.instruments import Venue
from arb.market.units import Usd
from arb.risk.reservations import Reservations
from arb.sim.faults.kinds import Kind
from arb.sim.faults.script import read_fault
from arb.sim.members import BOT
from tests.fakes.sim_world import build
from trials.life import Report, live
from trials.soak import report
from trials.stops import begun_late
from trials.watching import Watchman
from trials.weather import MEETS_ORDERS, STARTED_S, forecast

pytestmark = pytest.mark.timeout(110)
"""Of real time: a program that spins lets virtual time stand still."""

SECONDS = 4.0
SEEDS = range(50)
BUSY = 4
"""A seed in whose life baskets are taken."""


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_violated_in_a_short_life(seed: int) -> None:
    """Ledger, caps, conservation, stops and ends hold; the bot after it finds books that agree."""
    lived = live(seed, SECONDS)
    assert lived.violations == (), f"scripts/soak --seeds 1 --from {seed} --seconds {SECONDS:g}"
    assert lived.thorough_looks > 10


def test_the_same_seed_is_the_same_life() -> None:
    """A life that went wrong replays exactly: the same orders, faults, looks and tasks."""
    assert live(BUSY, SECONDS) == live(BUSY, SECONDS)


def test_the_lives_have_all_kinds_of_weather() -> None:
    """Every kind of fault is drawn among them, from rare to absurd; each line can be injected."""
    weathers = [forecast(seed, 10.0, ["kalshi:ONE"]) for seed in SEEDS]
    kinds = {read_fault(line).kind for weather in weathers for line in weather.lines}
    assert kinds == set(Kind)
    assert {weather.roughness for weather in weathers} == {"calm", "usual", "rough", "absurd"}


def test_faults_of_orders_last_as_long_as_orders_come() -> None:
    """A dozen orders a life: what acts on them is there from the start, and often enough."""
    lines = [line for seed in SEEDS for line in forecast(seed, STARTED_S + SECONDS, ["K:1"]).lines]
    faults = [fault for fault in map(read_fault, lines) if fault.kind in MEETS_ORDERS]
    assert {fault.kind for fault in faults} == MEETS_ORDERS
    for fault in faults:
        assert fault.start_s <= STARTED_S
        assert fault.for_s is not None
        assert fault.for_s >= STARTED_S + SECONDS
        assert fault.probability_ppm >= 20_000


class _Written:
    """The rows of a store, as far as stops are concerned."""

    runs = ({"started_ns": 0}, {"started_ns": 10_000_000_000})
    baskets = (
        {"basket": "early", "decided_ns": 500_000_000},
        {"basket": "late", "decided_ns": 1_300_000_000},
        {"basket": "next", "decided_ns": 11_000_000_000},
    )
    orders = (
        {"basket": "early", "order_key": "leg in time", "created_ns": 1_100_000_000},
        {"basket": "early", "order_key": "late leg", "created_ns": 1_400_000_000},
        {"basket": "early", "order_key": "sale", "created_ns": 1_500_000_000},
        {"basket": "next", "order_key": "leg of the next", "created_ns": 11_000_000_000},
    )
    unwinds = ({"basket": "early", "at_ns": 1_450_000_000},)


@pytest.mark.parametrize(
    ("legs", "found"),
    [(True, {"basket late", "leg late leg"}), (False, {"basket late"})],
)
def test_what_was_begun_after_a_stop_is_found(legs: bool, found: set[str]) -> None:
    """Baskets and later legs between a stop and the next start; not unwinds, nor the next run."""
    told = list(begun_late(_Written(), 1_000_000_000, legs=legs))
    assert {text.partition(" came")[0] for text in told} == found


def test_money_that_stays_set_aside_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch can fail: what orders hold and never give back is told on."""

    monkeypatch.setattr(Reservations, "filled", lambda *_: None)
    monkeypatch.setattr(Reservations, "ended", lambda *_: None)
    lived = live(BUSY, SECONDS)
    assert any("set aside for no basket" in text for text in lived.violations), lived


def test_money_from_nowhere_is_found() -> None:
    """The watch can fail: a cent that nobody paid in is told on, and nothing before that."""

    async def main() -> None:
        world = build(3)
        watchman = Watchman(world, read_settings({}))
        trio.lowlevel.add_instrument(watchman)
        async with trio.open_nursery() as nursery:
            await nursery.start(world.run)
            await trio.sleep(2)
            assert watchman.told == []
            world.exchanges[Venue.KALSHI].deposit(BOT, 0, Usd(10_000))
            await trio.sleep(1)
            nursery.cancel_scope.cancel()
        assert "kalshi: 10000 micro-dollars came from nowhere" in watchman.told[0]
        assert watchman.tasks == 0

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def test_a_cap_that_is_passed_is_found() -> None:
    """The watch can fail: with smaller caps than the bot had, the same life passes them."""
    settings = read_settings({})
    small = attrs.evolve(
        settings,
        limits=attrs.evolve(settings.limits, max_market_usd=Usd(1), max_market_contracts=1),
    )
    told: list[str] = []

    class Strict(Watchman):
        def __attrs_post_init__(self) -> None:
            self.settings = small
            self.told = told
            super().__attrs_post_init__()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("trials.life.Watchman", Strict)
        live(BUSY, SECONDS)
    assert any("are paid or promised" in text for text in told)
    assert any("micro-contracts of 1000000" in text for text in told)


def test_the_report_names_what_replays_a_bad_seed() -> None:
    """Counts of all lives, and for each bad one its command."""
    good = Report(
        seed=4,
        weather=("silence",),
        ending="ran for 3 s",
        virtual_s=1_800.0,
        acted={"silence": 2},
        baskets={"completed": 3},
        orders=6,
        stuck=0,
        looks=100,
        thorough_looks=10,
        most_tasks=60,
        violations=(),
    )
    bad = attrs.evolve(good, seed=5, violations=("cash is -1",))
    lines = report([good, bad], real_s=2.0, seconds=20.0)
    assert lines[0] == "2 seeds, 1.00 simulated hours in 2 s"
    assert "VIOLATION scripts/soak --seeds 1 --from 5 --seconds 20" in lines
    assert "    cash is -1" in lines
    assert lines[-1] == "1 of 2 seeds with violations"
