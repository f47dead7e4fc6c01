"""Cash spread over shards automatically: every 10 seconds, by the shares that a member set.

Docs: exchange_sharding. What is spread is each shard's balance less what its resting orders are
worth, by the rule that the member chose.
"""

from typing import Literal

import attrs
import msgspec

from arb.market.units import Ns, Usd
from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi.agenda import Agenda
from arb.sim.kalshi.auth import Member, Scope
from arb.sim.kalshi.calls import Call, Reply, Route, forbidden, private
from arb.sim.kalshi.errors import bad_body
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.numbers import NS_PER_S
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.requests import read_body
from arb.sim.kalshi.till import Till

EVERY_S = 10
_PATH = "/portfolio/target_balance_allocation"
_ALL_PERCENT = 100


class _Share(msgspec.Struct, frozen=True):
    exchange_index: int
    percent: int


class _Body(msgspec.Struct, frozen=True):
    allocations: list[_Share]
    resting_margin_reservation: Literal["none", "max", "sum"] = "sum"


@attrs.define(eq=False)
class Allocations:
    """Whose cash is to lie where."""

    exchange: Exchange
    switches: Switches
    till: Till
    agenda: Agenda
    now_ns: Clock
    offered: bool
    """Whether members may have this at all."""
    _wishes: dict[str, tuple[Member, _Body]] = attrs.field(factory=dict)
    _runs: bool = False

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        write = Route("POST", _PATH, self.set, scope=Scope.TRANSFER, cost=0, for_restricted=False)
        return [private(_PATH, self.show, for_restricted=False), write]

    def show(self, call: Call) -> Reply:
        """`GET /portfolio/target_balance_allocation`."""
        self._check_offered()
        _, wish = self._wishes.get(call.who.user_id, (call.who, _Body([])))
        rows: list[Fields] = [
            {"exchange_index": share.exchange_index, "percent": share.percent}
            for share in wish.allocations
        ]
        return Reply(
            {
                "allocations": rows,
                "resting_margin_reservation": wish.resting_margin_reservation,
            }
        )

    def set(self, call: Call) -> Reply:
        """`POST /portfolio/target_balance_allocation`: an empty list turns it off."""
        self._check_offered()
        body = read_body(call, _Body)
        self.till.bill(call)
        self._check(body)
        self._wishes[call.who.user_id] = (call.who, body)
        if not self._runs:
            self._runs = True
            self._again()
        return Reply({})

    def _check_offered(self) -> None:
        if not self.offered:
            raise forbidden("target balance allocation is not enabled for this account")

    def _check(self, body: _Body) -> None:
        shards = [share.exchange_index for share in body.allocations]
        percents = [share.percent for share in body.allocations]
        if not shards:
            return
        known = set(shards) <= set(self.switches.by_shard) and len(set(shards)) == len(shards)
        if not known or min(percents) < 0 or sum(percents) != _ALL_PERCENT:
            raise bad_body("allocations must name known shards once and add up to 100 percent")

    def _again(self) -> None:
        self.agenda.add(Ns(self.now_ns() + EVERY_S * NS_PER_S), self._spread_all)

    def _spread_all(self) -> None:
        for member, wish in self._wishes.values():
            if wish.allocations:
                self._spread(member.account, wish)
        self._again()

    def _spread(self, account: str, wish: _Body) -> None:
        """Move what is free from the shards that have too much to those that have too little."""
        free = self._free(account, wish)
        total = sum(free.values())
        target = dict.fromkeys(free, 0)
        for share in wish.allocations:
            target[share.exchange_index] = total * share.percent // _ALL_PERCENT
        excess = {shard: free[shard] - target[shard] for shard in free}
        givers = [shard for shard in sorted(excess) if excess[shard] > 0]
        for taker in sorted(shard for shard in excess if excess[shard] < 0):
            for giver in givers:
                amount = min(excess[giver], -excess[taker])
                if amount > 0:
                    self.exchange.transfer(account, giver, taker, Usd(amount))
                    excess[giver] -= amount
                    excess[taker] += amount

    def _free(self, account: str, wish: _Body) -> dict[int, int]:
        """What may be moved, by shard: never what open orders may still need.

        `max` and `none` reserve less on the venue; the matching engine lets nobody owe, so here
        the reservation is at least what it holds for the orders.
        """
        cash, held = self.exchange.cash(account), self.exchange.reserved(account)
        shards = {*cash, *(share.exchange_index for share in wish.allocations)}
        return {
            shard: max(cash.get(shard, Usd(0)) - held.get(shard, Usd(0)), 0)
            for shard in sorted(shards)
        }
