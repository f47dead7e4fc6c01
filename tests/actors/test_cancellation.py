"""Killed at each await in turn, sequencer and unwinder keep every promise that they made.

Each basket has one end, each order one, and journal, reports and venues agree on every contract.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Qty
from arb.messages import Unwind
from arb.placing import Refusal, Unknown
from tests.fakes.bench import KillAt
from tests.fakes.floor import audit, floor
from tests.fakes.markets import approve, make_market, make_order
from tests.fakes.venue import Answer, FakeVenue, Script

TEN = 10 * MICRO
PLENTY = 1_000 * MICRO
LONG_S = 200
"""Virtual seconds after which everything is over, however it went."""
POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
CROSS = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], TEN)
FIRST = make_order(POLY, "o1", qty=TEN, limit=450_000)


def stage(*, bid: int = 430_000, no_ask: int = 500_000) -> list[FakeVenue]:
    """YES is bid for on Polymarket, and sold: ten at 0.45, the rest at 0.60; NO sold on Kalshi."""
    poly, kalshi = FakeVenue(Venue.POLYMARKET), FakeVenue(Venue.KALSHI)
    poly.quote(POLY, {bid: PLENTY}, {450_000: TEN, 600_000: PLENTY})
    kalshi.quote(KALSHI, {MICRO - no_ask: PLENTY} if no_ask else {}, {520_000: PLENTY})
    return [poly, kalshi]


def every_step(runs: Callable[[int], KillAt]) -> int:
    """Kill at the first step, at the second, ... until a run ends by itself; how many there are."""
    step = 0
    while runs(step).scope.cancel_called:
        step += 1
    return step


def kill_purchase(folder: Path, scripts: Sequence[Script], step: int) -> KillAt:
    """Buy one basket and end trading at `step`; the monitor finishes what is half done."""
    instrument, venues = KillAt(step), stage()
    for venue, script in zip(venues, scripts, strict=True):
        venue.scripts.append(script)

    async def main() -> None:
        async with floor(folder, venues, trading=instrument.scope) as built:
            instrument.arm()
            with trio.move_on_after(1):
                await built.buy(CROSS)
            await trio.sleep(LONG_S)
            instrument.fired = True
            await built.written()
            if built.around.journal.baskets():
                audit(built, CROSS, venues)
            else:
                assert built.all_ends() == []
                assert [venue.sent for venue in venues] == [[], []]

    trio.run(main, clock=MockClock(autojump_threshold=0), instruments=[instrument])
    return instrument


@pytest.mark.parametrize(
    "scripts",
    [
        pytest.param([Script(), Script()], id="plain"),
        pytest.param([Script(takes_s=1.0), Script(answer=Answer.LOST)], id="slow, then lost"),
        pytest.param([Script(rests=True, most=5 * MICRO), Script(held_s=2.0)], id="rests, held"),
    ],
)
def test_a_kill_while_buying_loses_no_fill(
    tmp_path_factory: pytest.TempPathFactory, scripts: list[Script]
) -> None:
    """Trading cancelled at each await in turn: one end, which accounts for every contract."""
    steps = every_step(lambda step: kill_purchase(tmp_path_factory.mktemp("kill"), scripts, step))
    assert steps > 20


def kill_unwind(folder: Path, venues: list[FakeVenue], step: int) -> KillAt:
    """Hand over a basket of which only the first leg is bought, and cancel the unwinder at `step`."""
    instrument = KillAt(step)

    async def main() -> None:
        async with floor(folder, venues, unwinding=instrument.scope) as built:
            await built.around.store.record(CROSS)
            got = await built.around.placer.place(FIRST)
            await built.unwinds.send(_handed_over(got))
            instrument.arm()
            await trio.sleep(LONG_S)
            instrument.fired = True
            await built.written()
            if not built.unwinds.statistics().current_buffer_used:  # else nobody took it over
                audit(built, CROSS, venues)

    trio.run(main, clock=MockClock(autojump_threshold=0), instruments=[instrument])
    return instrument


def _handed_over(got: Qty | Refusal | Unknown) -> Unwind:
    assert not isinstance(got, Refusal), "the first leg is always taken"
    if isinstance(got, Unknown):
        return Unwind(CROSS, (Qty(0), Qty(0)), ((0, got.prepared),), "an order's end is unknown")
    return Unwind(CROSS, (got, Qty(0)), (), "legs filled unevenly", reopened=True)


@attrs.frozen
class Case:
    """Books that make one way out the best, and how orders fare."""

    name: str
    make: Callable[[], list[FakeVenue]]
    scripts: tuple[Script, ...] = (Script(),)
    """Of the orders on Polymarket: the first leg, then what the unwind sends."""


CASES = [
    Case("sell", lambda: stage(bid=590_000, no_ask=700_000)),
    Case("complete", lambda: stage(bid=300_000)),
    Case("offer, then sell", lambda: stage(bid=400_000, no_ask=0)),
    Case(
        "an offer is taken late",
        lambda: stage(bid=400_000, no_ask=0),
        (Script(), Script(most=0, late=4 * MICRO)),
    ),
    Case("unknown first", lambda: stage(bid=590_000), (Script(answer=Answer.LOST),)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_kill_while_unwinding_accounts_for_every_contract(
    tmp_path_factory: pytest.TempPathFactory, case: Case
) -> None:
    """The unwinder cancelled at each await in turn: one end, which says what is still exposed."""

    def run(step: int) -> KillAt:
        venues = case.make()
        venues[0].scripts.extend(case.scripts)
        return kill_unwind(tmp_path_factory.mktemp("kill"), venues, step)

    assert every_step(run) > 10
