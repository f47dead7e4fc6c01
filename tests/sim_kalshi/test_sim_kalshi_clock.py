"""What happens by time alone, with nobody asking: the face's own task, on virtual time."""

from functools import partial
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from arb.market.units import ONE, Ns, Px
from arb.sim.kalshi.agenda import Agenda
from arb.sim.kalshi.listing import market_id

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk

GTC = "good_till_canceled"
SECOND = 1_000_000_000


async def test_expiry_without_requests(
    desk: "Desk", nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """An order expires on time although its expiry came up after the task had gone to sleep."""
    await nursery.start(desk.face.run)
    await trio.sleep(1)
    bot = desk.client()
    for wait_s in (60, 30):
        said = await bot.order(
            "SIM-1-A",
            "bid",
            "1",
            "0.05",
            time_in_force=GTC,
            expiration_time=desk.now_ns() // SECOND + wait_s,
        )
        assert said.status == 201
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["user_orders"])
        await frames.hear()
        times = []
        for _ in range(2):
            assert (await frames.hear())["msg"]["last_update_reason"] == "ExpiryCancel"
            times.append(round(autojump_clock.current_time()))
    assert times == [31, 61]


async def test_close_without_requests(
    desk: "Desk", nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """At the close, the engine takes no more orders, whoever sends them."""
    await nursery.start(desk.face.run)
    market = market_id("SIM-1-A")
    await trio.sleep(30 * 86_400 - 1)
    assert desk.exchange.is_open(market)
    await trio.sleep(2)
    assert not desk.exchange.is_open(market)
    assert desk.exchange.levels(market) == ((), ())
    assert autojump_clock.current_time() > 30 * 86_400


async def test_resolved_early_is_paid_once(
    desk: "Desk", nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """If the engine resolves a market before its timer has run, the timer does nothing more."""
    await nursery.start(desk.face.run)
    await desk.client().order("SIM-1-A", "bid", "1", "0.44")
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["market_lifecycle_v2"])
        await frames.hear()
        desk.face.determine("SIM-1-A", ONE)
        desk.exchange.resolve(market_id("SIM-1-A"), Px(1_000_000))
        await trio.sleep(120)
        kinds = [frame["msg"]["event_type"] for frame in await frames.hear_all()]
    assert kinds == ["determined", "settled"]
    assert len((await desk.client().get("/portfolio/settlements"))["settlements"]) == 1
    assert autojump_clock.current_time() >= 120


async def test_determined_twice(desk: "Desk") -> None:  # noqa: ASYNC124 - as its fixtures
    """A result is final: it cannot be given again."""
    desk.face.determine("SIM-1-A", ONE)
    with pytest.raises(ValueError, match="determined already"):
        desk.face.determine("SIM-1-A", Px(0))


def test_agenda_keeps_its_order() -> None:
    """What is due happens in the order of its dates, and of its entry where dates are equal."""
    done: list[str] = []
    agenda = Agenda()
    for name, at in (("c", 3), ("a", 1), ("b1", 2), ("b2", 2), ("later", 9)):
        agenda.add(Ns(at), partial(done.append, name))
    agenda.run_due(Ns(3))
    assert done == ["a", "b1", "b2", "c"]
    assert agenda.next_ns() == 9


def test_agenda_runs_what_its_own_work_adds() -> None:
    """Work that adds more work for now is followed up at once."""
    done: list[str] = []
    agenda = Agenda()

    def first() -> None:
        done.append("first")
        agenda.add(Ns(1), lambda: done.append("second"))

    agenda.add(Ns(1), first)
    agenda.run_due(Ns(1))
    assert done == ["first", "second"]
    assert agenda.next_ns() is None
