"""Holds what is left after the last restart against the venues' own records."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from arb.market.instruments import Venue
from arb.market.units import Px, Qty, cost, proceeds
from arb.messages import FillStatus
from arb.sim.orders import SimOrder
from arb.sim.polymarket.relayer import State
from arb.sim.world import BOT, World
from crash.hosting import Hosted
from crash.process import Ended

Row = Mapping[str, Any]
Held = Counter[tuple[str, str]]
"""Micro-contracts by market and outcome."""


@attrs.frozen
class Verdict:
    """What became of a case."""

    outcome: str
    """"turned" where contracts became cash, "hedged", "flat", "stuck", or "nothing" where nothing
    was begun."""
    faults: tuple[str, ...]
    """What must not be; empty where everything is as it should be."""


def judge(hosted: Hosted, store: Path, last: Ended) -> Verdict:
    """Look at everything once no bot runs any more."""
    if not store.exists():
        return Verdict("nothing", ("there is no store",))
    records = Records(store)
    again = sum(times - 1 for times in hosted.orders_sent.values())
    faults = (
        *_run_faults(last),
        *((f"{again} orders were sent twice",) if again else ()),
        *_sent_faults(hosted, records),
        *record_faults(hosted.world, records, hosted.member),
    )
    return Verdict(_outcome(records), faults)


def record_faults(world: World, records: "Records", member: str = BOT) -> Iterator[str]:
    """Where the store says something else than the venues' own engines of a member."""
    yield from _order_faults(world, records, member)
    yield from _turn_faults(world, records, member)
    yield from _money_faults(world, records, member)
    yield from _hedge_faults(world, records, member)


class Records:
    """The store, read without the program's own code."""

    def __init__(self, store: Path) -> None:
        self._db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        self._db.row_factory = sqlite3.Row
        try:
            self.runs = self._all("runs")
            self.orders = self._all("orders")
            self.fills = self._all("fills")
            self.baskets = self._all("baskets")
            self.legs = self._all("basket_legs")
            self.stuck = self._all("stuck")
            self.notes = self._all("notes")
            self.opening = self._all("opening_balances")
            self.settlements = self._all("settlements")
            self.unwinds = self._all("unwinds")
            self.turns = self._all("turns")
            self.stakes = {row["market"]: row for row in self._all("stakes")}
        finally:
            self._db.close()

    def _all(self, table: str) -> list[Row]:
        return [dict(row) for row in self._db.execute(f"select * from {table}")]  # noqa: S608 - our own words


def _run_faults(last: Ended) -> Iterator[str]:
    if last.code:
        yield f"the last run ended with exit code {last.code}: {last.said[-300:]}"
    summary = last.summary
    yield from (f"books differ: {text}" for text in summary.get("differences", ()))
    if not summary.get("compared", False):
        yield "the books were not compared"


def _sent_faults(hosted: Hosted, records: Records) -> Iterator[str]:
    """No transaction twice, and none that was not written down before it left."""
    written = {bytes(row["body"]) for row in records.turns}
    for body, times in hosted.turns_sent.items():
        if times > 1:
            yield f"a transaction was sent {times} times"
        if body not in written:
            yield "a transaction was sent that the store does not know"


def _order_faults(world: World, records: Records, member: str) -> Iterator[str]:
    """No order twice, none unknown, none without an end, each with the venue's own fill."""
    known = {row["order_key"]: row for row in records.orders}
    there = list(_venue_orders(world, member))
    yield from (f"order {key} is there {n} times" for key, n in _doubles(k for k, _ in there))
    yield from (f"no record of order {key}" for key, _ in there if key not in known)
    filled = {key: order.filled for key, order in there}
    for key, row in known.items():
        if row["ended_ns"] is None:
            yield f"order {key} has no end"
        elif row["filled"] != filled.get(key, 0):
            yield f"order {key}: {row['filled']} filled, the venue says {filled.get(key, 0)}"
    yield from (f"order {key} still rests" for key, order in there if order.open)


def _turn_faults(world: World, records: Records, member: str) -> Iterator[str]:
    """Every transaction has one end, here and at the relayer, and it is the same."""
    there = {one.submission.metadata: one for one in world.polymarket.transactions(member)}
    known = {row["turn"]: row for row in records.turns}
    yield from (f"no record of transaction {key}" for key in there.keys() - known.keys())
    for key, row in known.items():
        sent = there.get(key)
        done = sent is not None and sent.state in {State.MINED, State.CONFIRMED}
        if row["ended_ns"] is None:
            yield f"{row['kind']} {key} has no end"
        elif bool(row["done"]) is not done:
            said = sent.state if sent is not None else "nothing"
            yield f"{row['kind']} {key}: done {row['done']}, the venue says {said}"


def _venue_orders(world: World, member: str) -> Iterator[tuple[str, SimOrder]]:
    """The bot's orders with the identity that its store knows them by."""
    for venue, exchange in world.exchanges.items():
        for order in exchange.orders_of(member):
            yield (order.id if venue is Venue.POLYMARKET else order.tag), order


def _doubles(keys: Iterable[str]) -> list[tuple[str, int]]:
    return [(key, times) for key, times in Counter(keys).items() if times > 1]


def _money_faults(world: World, records: Records, member: str) -> Iterator[str]:
    """Opening cash, fills and settlements make what the venues' engines say, micro for micro."""
    held: Held = Counter()
    cash = _cash(records, held)
    for venue, exchange in world.exchanges.items():
        for pool, usd in exchange.cash(member).items():
            if cash[str(venue), pool] != usd:
                yield f"{venue}:{pool}: store {cash[str(venue), pool]}, venue {usd}"
    theirs = _open(_positions(world, member), records)
    yield from _unlike(_open(held, records), theirs, "store", "venue")


def _cash(records: Records, held: Held) -> Counter[tuple[str, int]]:
    """Cash by venue and pool as the store has it; `held` gets the contracts."""
    cash = Counter({(row["venue"], row["pool"]): row["usd"] for row in records.opening})
    for fill in records.fills:
        if fill["status"] != FillStatus.REVERSED:
            cash[fill["venue"], records.stakes[fill["market"]]["pool"]] += _flow(fill)
            held[fill["market"], fill["outcome"]] += fill["qty"] * (1 if _buys(fill) else -1)
    for market, stake in records.stakes.items():
        if stake["venue"] == Venue.KALSHI:
            cash[stake["venue"], stake["pool"]] += _net(held, market)
    for row in records.settlements:
        cash[row["venue"], row["pool"]] += row["usd"]
    for turn in records.turns:
        if turn["done"]:
            cash[turn["venue"], turn["pool"]] += turn["usd"]
    held.update(_turned(records))
    return cash


def _turned(records: Records) -> Held:
    """Contracts that merges and conversions took, and brought."""
    turned: Held = Counter()
    for turn in records.turns:
        for market, yes, no, _ in json.loads(turn["changes"]) if turn["done"] else ():
            turned[market, "yes"] += yes
            turned[market, "no"] += no
    return turned


def _open(held: Held, records: Records) -> Held:
    """Without markets that are settled: nothing in them counts any more."""
    over = {row["market"] for row in records.settlements}
    return Counter({key: qty for key, qty in held.items() if key[0] not in over and qty})


def _unlike(ours: Held, theirs: Held, we: str, they: str) -> Iterator[str]:
    for key in sorted({*ours, *theirs}):
        if ours[key] != theirs[key]:
            yield f"{key[1]} of {key[0]}: {we} {ours[key]}, {they} {theirs[key]}"


def _buys(fill: Row) -> bool:
    return bool(fill["action"] == "buy")


def _flow(fill: Row) -> int:
    """Cash that a fill moved; where its worth is no whole number, the maker has the better of it."""
    px, qty = Px(fill["px"]), Qty(fill["qty"])
    up = _buys(fill) is not (fill["role"] == "maker")
    worth = cost(px, qty) if up else proceeds(px, qty)
    return (-worth if _buys(fill) else worth) - int(fill["fee"])


def _net(held: Held, market: str) -> int:
    """Turn pairs of one market into dollars, as Kalshi does; returns those in micro-dollars."""
    pairs = max(0, min(held[market, "yes"], held[market, "no"]))
    for outcome in ("yes", "no"):
        held[market, outcome] -= pairs
    return pairs


def _positions(world: World, member: str) -> Held:
    return Counter(
        {
            (str(market), outcome): qty
            for exchange in world.exchanges.values()
            for market, (yes, no) in exchange.positions(member).items()
            for outcome, qty in (("yes", yes), ("no", no))
            if qty
        }
    )


def _hedge_faults(world: World, records: Records, member: str) -> Iterator[str]:
    """What the venues hold for us is complete sets, and what is recorded as stuck, and no more."""
    yield from (
        f"basket {row['basket']} has no end" for row in records.baskets if row["ended_ns"] is None
    )
    sets = {row["basket"]: row["sets"] or 0 for row in records.baskets}
    wanted: Held = Counter()
    for leg in records.legs:
        wanted[leg["market"], leg["outcome"]] += sets[leg["basket"]]
    for row in records.stuck:
        wanted[row["market"], row["outcome"]] += row["qty"]
    wanted.update(_turned(records))
    for market, stake in records.stakes.items():
        if stake["venue"] == Venue.KALSHI:
            _net(wanted, market)
    held = _open(_positions(world, member), records)
    yield from _unlike(_open(wanted, records), held, "explained", "held")


def _outcome(records: Records) -> str:
    if records.stuck:
        return "stuck"
    if any(turn["done"] for turn in records.turns):
        return "turned"
    if any(row["sets"] for row in records.baskets):
        return "hedged"
    return "flat" if records.fills else "nothing"
