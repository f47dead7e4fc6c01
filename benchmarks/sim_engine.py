"""The simulated exchange alone: orders rested, cancelled and matched a second, on one core.

Each row has so many orders resting on each side beforehand, all of one account, over 50 prices,
and half of them close a position where positions net. Nothing listens. Rounds are repeated and
the best one counts: the machine is shared. The last lines say what a market without orders costs
in memory. Run: python benchmarks/sim_engine.py [--profile]
"""

import argparse
import cProfile
import gc
import itertools
import pstats
import sys
import time
import tracemalloc
from collections.abc import Callable

from arb.market.fees import Fees, KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.sim.engine import Exchange, Listing, Tif

MARKET = MarketId("bench:one")
CENT = 10_000
OPERATIONS = 5_000
ROUNDS = 5
GOAL = 40_000
MARKETS = 30_000
GOAL_BYTES = 2_000
MAKER, TAKER = "maker", "taker"
GRID = PriceGrid.of_tick(CENT)
LOT = Qty(10_000)
TEN = Qty(10 * MICRO)


class Bench:
    """One exchange, one market, `resting` orders on each side."""

    def __init__(self, *, nets: bool, resting: int) -> None:
        self.numbers = itertools.count()
        self.exchange = Exchange(nets=nets, now_ns=lambda: Ns(1), ids=self.next_id)
        fees: Fees = KalshiFees(70_000, 17_500) if nets else PolymarketFees(40_000)
        self.exchange.list_market(Listing(MARKET, 0, GRID, LOT, LOT, fees))
        for account in (MAKER, TAKER):
            self.exchange.open_account(account, {0: Usd(10**15)}, remembers=False)
            if not nets:
                self.exchange.split(account, MARKET, Qty(10**13))
        if nets:
            self.give_position(Qty(resting * 5 * MICRO))
        for number in range(resting):
            self.bid(49 - number % 48)
            self.ask(51 + number % 48)

    def next_id(self) -> str:
        """Name the next order or match."""
        return str(next(self.numbers))

    def bid(self, cents: int) -> str:
        """Let the maker bid for ten YES; returns the order's id."""
        return self.place(MAKER, Outcome.YES, cents, TEN)

    def ask(self, cents: int) -> str:
        """Let the maker offer ten YES by bidding for NO, as a member of a netting venue does."""
        return self.place(MAKER, Outcome.NO, 100 - cents, TEN)

    def take(self, cents: int) -> str:
        """Let the taker buy ten YES at once."""
        return self.place(TAKER, Outcome.YES, cents, TEN, Tif.IOC)

    def place(
        self, account: str, outcome: Outcome, cents: int, qty: Qty, tif: Tif = Tif.GTC
    ) -> str:
        """Buy one of the two contracts; returns the order's id."""
        order, _ = self.exchange.place(
            id=self.next_id(),
            account=account,
            market=MARKET,
            outcome=outcome,
            action=Action.BUY,
            limit=Px(cents * CENT),
            qty=qty,
            tif=tif,
        )
        return order.id

    def give_position(self, qty: Qty) -> None:
        """Let the maker hold YES, so that a part of its asks closes a position."""
        self.place(TAKER, Outcome.NO, 50, qty)
        self.place(MAKER, Outcome.YES, 50, qty, Tif.IOC)


def seconds(act: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    act()
    spent = time.perf_counter() - start
    gc.enable()
    return spent


def measure(*, nets: bool, resting: int) -> dict[str, float]:
    """Operations a second: the best of some rounds, each on an exchange of its own."""
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, rate in one_round(Bench(nets=nets, resting=resting)).items():
            best[name] = max(best.get(name, 0.0), rate)
    return best


def one_round(bench: Bench) -> dict[str, float]:
    ids: list[str] = []

    def rest() -> None:
        for number in range(OPERATIONS // 2):
            ids.append(bench.bid(49 - number % 48))
            ids.append(bench.ask(51 + number % 48))

    def cancel() -> None:
        for order_id in ids:
            bench.exchange.cancel(order_id)

    def both() -> None:
        for _ in range(OPERATIONS // 4):
            bench.exchange.cancel(bench.bid(25))
            bench.exchange.cancel(bench.ask(75))

    def match() -> None:
        for _ in range(OPERATIONS // 2):
            bench.ask(50)
            bench.take(50)

    steps = {"rest": rest, "cancel": cancel, "rest, cancel": both, "rest, match": match}
    return {name: OPERATIONS / seconds(step) for name, step in steps.items()}


def bytes_a_market() -> float:
    """What listing a market costs, its name and its rules included."""
    exchange = Exchange(nets=False, now_ns=lambda: Ns(1), ids=lambda: "")
    exchange.open_account(MAKER, {0: Usd(10**15)}, remembers=False)
    tracemalloc.start()
    for number in range(MARKETS):
        market = MarketId(f"polymarket:0x{number:064x}")
        fees = PolymarketFees(40_000)
        exchange.list_market(Listing(market, 0, GRID, LOT, LOT, fees))
        exchange.split(MAKER, market, Qty(MICRO))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / MARKETS


def report() -> bool:
    print(f"{'':24}{'rest':>12}{'cancel':>12}{'rest, cancel':>14}{'rest, match':>13}  a second")
    slow = False
    for nets in (False, True):
        for resting in (10, 1000):
            rates = measure(nets=nets, resting=resting)
            name = f"{'netting' if nets else 'tokens'}, {resting} resting"
            print(f"{name:24}", end="")
            print(f"{rates['rest']:12,.0f}{rates['cancel']:12,.0f}", end="")
            print(f"{rates['rest, cancel']:14,.0f}{rates['rest, match']:13,.0f}")
            slow = slow or rates["rest, cancel"] < GOAL
    size = bytes_a_market()
    print(f"a market without orders: {size:,.0f} bytes (goal: under {GOAL_BYTES:,})")
    print(f"goal: {GOAL:,} orders rested or cancelled a second")
    return slow or size >= GOAL_BYTES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true")
    if not parser.parse_args().profile:
        sys.exit(report())
    profile = cProfile.Profile()
    profile.runcall(measure, nets=True, resting=1000)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
