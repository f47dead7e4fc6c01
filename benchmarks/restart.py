"""How long a restart takes with 10,000 orders in the store and 1,000 of ours open at the venues.

    python benchmarks/restart.py

The simulated venues run in a process of their own, on loopback sockets. A former life is written
to a store: 9,000 orders with their fills and ends, and 1,000 whose end nobody knows, which really
rest at the venues. Then a start recovers: everything is taken off the books, every order's end is
found, and store and venues agree. What is timed is `Recovery.run`, from the opened store to the
moment at which trading may begin.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import trio

from arb.commands.setup import read_settings
from arb.detect.basket import Lane, Leg, LegPlan, Plan, Proof, Template, TemplateId
from arb.discovery import discover
from arb.knobs import patience
from arb.market.errors import Refused
from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import (
    Approved,
    BasketEnd,
    BasketEnded,
    BasketId,
    Fill,
    FillId,
    FillStatus,
    NewOrder,
    OrderEnded,
    OrderFilled,
    OrderId,
    OrderKey,
    PreparedOrder,
    Record,
)
from arb.outside import Surroundings, open_venues
from arb.plant import Outside
from arb.recovery import Recovered, Recovery, report_lines
from arb.settings import Settings
from arb.store.journal import Journal

PAST, OPEN = 9_000, 1_000
LIMIT_S = 5.0
SENDERS = 8
CENT = Px(10_000)
HALF = Px(500_000)
QTY = {Venue.POLYMARKET: Qty(100 * MICRO), Venue.KALSHI: Qty(MICRO)}
"""A dollar at a cent is the least that Polymarket takes."""


@attrs.frozen
class Took:
    """Seconds by the clock, and of processor time."""

    wall_s: float
    own_s: float


async def threads(call: object, /) -> None:
    await trio.to_thread.run_sync(call)  # type: ignore[arg-type]  # any blocking call


@contextmanager
def venues_file(folder: Path) -> Iterator[Path]:
    """Run the venues in another process; yields how to reach them."""
    file = folder / "venues.json"
    command = [sys.executable, "-m", "arb", "sim", "--out", str(file)]
    with subprocess.Popen(  # noqa: S603 - our own words
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not file.exists() or not file.read_text().strip():
                time.sleep(0.1)
            yield file
        finally:
            process.terminate()


async def measure(settings: Settings, folder: Path) -> None:
    """Make a former life, and time the start after it."""
    around = Surroundings(lambda: Ns(time.time_ns()), threads, random.Random(1), in_process=False)
    async with open_venues(settings, around) as venues:
        outside = venues.outside
        for account in outside.accounts.values():
            await account.log_in()
        markets = [m for one in await discover(outside, lambda _: None) for m in one.markets]
        journal = Journal(folder / "arb.db")
        await start(journal, outside, markets, settings)
        write_past(journal, markets)
        await leave_open(journal, outside, markets)
        took, recovered = await start(journal, outside, markets, settings)
        journal.close()
    tell(took, recovered)


async def start(
    journal: Journal, outside: Outside, markets: Sequence[Market], settings: Settings
) -> tuple["Took", Recovered]:
    """Recover; returns how long that took."""
    listed = {market.id: market for market in markets}
    recovery = Recovery(
        journal, outside.orders, outside.accounts, listed, patience(settings), outside.now_ns
    )
    began, worked = time.perf_counter(), time.process_time()
    recovered = await recovery.run()
    return Took(time.perf_counter() - began, time.process_time() - worked), recovered


def write_past(journal: Journal, markets: Sequence[Market]) -> None:
    """Orders of long ago, bought and sold back at the same price: nothing is left of them."""
    now_ns = Ns(time.time_ns() - 3_600 * 10**9)
    records: list[Record] = []
    for number in range(PAST // 2):
        market = markets[number % len(markets)]
        basket = approved(f"past-{number}", market, now_ns)
        records.append(basket)
        for action in Action:
            records += past_order(basket, market, action, now_ns)
        records.append(
            BasketEnded(basket.basket, BasketEnd.UNWOUND, Qty(0), (), "sold back", now_ns)
        )
    journal.write(records)


def past_order(basket: Approved, market: Market, action: Action, now_ns: Ns) -> list[Record]:
    """Intent, end and fill of one order."""
    name = f"{basket.basket}-{action}"
    order = new_order(OrderId(name), basket.basket, market, HALF, now_ns, action)
    fill = Fill(
        id=FillId(name),
        venue=market.venue,
        market=market.id,
        key=OrderKey(name),
        venue_order_id=name,
        outcome=order.outcome,
        action=action,
        px=order.limit,
        qty=order.qty,
        fee=Usd(0),
        at_ns=now_ns,
        status=FillStatus.FIRM,
    )
    prepared = PreparedOrder(order, OrderKey(name), b"{}")
    ended = OrderEnded(order.id, name, order.qty, "", now_ns)
    return [prepared, ended, OrderFilled(order, fill)]


async def leave_open(journal: Journal, outside: Outside, markets: Sequence[Market]) -> None:
    """Orders that rest at the venues, half of them at each, and whose end nobody knows."""
    for venue in Venue:
        mine = [market for market in markets if market.venue is venue]
        numbers = iter(range(OPEN // 2))
        async with trio.open_nursery() as nursery:
            for _ in range(SENDERS):
                nursery.start_soon(keep_leaving_open, journal, outside, mine, numbers)


async def keep_leaving_open(
    journal: Journal, outside: Outside, markets: list[Market], numbers: Iterator[int]
) -> None:
    """Send one order after another; a market that does not take orders now is left out."""
    for number in numbers:
        while True:
            market = markets[number % len(markets)]
            try:
                journal.write(await leave_one_open(outside, market))
            except Refused:
                if market in markets:  # another sender may have met it too
                    markets.remove(market)
            else:
                break


async def leave_one_open(outside: Outside, market: Market) -> list[Record]:
    """Send one order that rests. Raises Refused."""
    name, now_ns = outside.new_id(), outside.now_ns()
    basket = approved(f"open-{name}", market, now_ns)
    order = new_order(OrderId(name), basket.basket, market, CENT, now_ns, Action.BUY)
    prepared = outside.orders[market.venue].prepare(attrs.evolve(order, rests=True))
    await outside.orders[market.venue].send(prepared)
    return [basket, prepared]


def new_order(  # noqa: PLR0913, PLR0917 - the parts of an order
    name: OrderId, basket: BasketId, market: Market, limit: Px, now_ns: Ns, action: Action
) -> NewOrder:
    qty = QTY[market.venue]
    return NewOrder(name, basket, market, Outcome.YES, action, qty, limit, now_ns)


def approved(name: str, market: Market, now_ns: Ns) -> Approved:
    """A basket of one leg."""
    qty = QTY[market.venue]
    leg = Leg(market.id, Outcome.YES)
    template = Template(TemplateId(name), Lane.BINARY, name, (leg,), Usd(MICRO), Proof((), ()))
    legs = (LegPlan(leg, qty, HALF, Usd(qty // 2), Usd(0), HALF, qty),)
    plan = Plan(template, qty, legs, Usd(qty // 2), Usd(0), Usd(qty), Usd(qty // 2))
    return Approved(BasketId(name), plan, (market,), now_ns, now_ns)


def tell(took: Took, recovered: Recovered) -> None:
    """Print figures; the last line says whether the goal is met."""
    for line in report_lines(recovered.report):
        print(line)
    print(f"orders in the store {PAST + OPEN}, open at the venues {OPEN}")
    print(f"problems {len(recovered.problems)}, unwinds {len(recovered.unwinds)}")
    verdict = "met" if took.wall_s <= LIMIT_S else "MISSED"
    print(f"ready after {took.wall_s:.2f} s (goal {LIMIT_S:g} s: {verdict})")
    load = os.getloadavg()[0]
    print(f"of that {took.own_s:.2f} s of this process's own work; load of the machine {load:.1f}")


def main() -> None:
    """Measure once."""
    with tempfile.TemporaryDirectory() as name, venues_file(Path(name)) as file:
        settings = read_settings({"venues": str(file), "data_dir": name})
        trio.run(measure, settings, Path(name))


if __name__ == "__main__":
    main()
