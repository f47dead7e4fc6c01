"""The routes on what members may ask for: limits, prices in tokens, and the way up."""

import attrs

from arb.market.units import Qty
from arb.sim.kalshi.auth import Member, Scope
from arb.sim.kalshi.calls import Call, Reply, Route, forbidden, private
from arb.sim.kalshi.limits import (
    ADVANCED,
    BASIC,
    CANCEL_COST,
    DEFAULT_COST,
    TIERS,
    UPGRADE_COST,
    Governor,
)
from arb.sim.kalshi.numbers import count, unix_s
from arb.sim.kalshi.records import Blotter
from arb.sim.kalshi.stakes import Stakes
from arb.sim.kalshi.till import Till

_PREFIX = "/trade-api/v2"
_UPGRADE = "/account/api_usage_level/upgrade"
_CHEAP = (
    ("DELETE", "/portfolio/events/orders"),
    ("DELETE", "/portfolio/events/orders/:order_id"),
    ("DELETE", "/portfolio/events/orders/batched"),
    ("GET", "/portfolio/orders/:order_id"),
)
"""Cancels, and what is as cheap."""
_EARNED = ("expert", "premier", "paragon", "prime", "prestige")
"""The tiers that volume earns (docs: rate_limits); of a simulated exchange's volume, any will do."""
_GOAL = Qty(1_000_000 * 1_000_000)


@attrs.frozen
class Usage:
    """Answers what requests cost and what a member may spend."""

    governor: Governor
    blotter: Blotter
    stakes: Stakes
    till: Till

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        return [
            private("/account/limits", self.limits),
            private("/account/api_usage_level/volume_progress", self.progress),
            Route("GET", "/account/endpoint_costs", _costs),
            Route("POST", _UPGRADE, self.upgrade, scope=Scope.WRITE, cost=0, for_restricted=False),
        ]

    def limits(self, call: Call) -> Reply:
        """`GET /account/limits`."""
        tier = self.governor.tier_of(call.who.user_id)
        grant = {"exchange_instance": "event_contract", "level": tier.name, "source": "manual"}
        return Reply(
            {
                "usage_tier": tier.name,
                "read": {"refill_rate": tier.read_rate, "bucket_capacity": tier.read_capacity},
                "write": {"refill_rate": tier.write_rate, "bucket_capacity": tier.write_capacity},
                "grants": [] if tier is BASIC else [grant],
            }
        )

    def upgrade(self, call: Call) -> Reply:
        """`POST /account/api_usage_level/upgrade`: Advanced, for members who traded by API.

        Every order here is made by API, so one is enough (docs: one of the last 100).
        """
        self.till.bill(call, UPGRADE_COST)
        if next(self.blotter.orders(call.who), None) is None:
            raise forbidden("no recent order was placed through the API")
        if TIERS.index(self.governor.tier_of(call.who.user_id)) < TIERS.index(ADVANCED):
            self.governor.raise_to(call.who.user_id, ADVANCED)
        return Reply(None, 201)

    def progress(self, call: Call) -> Reply:
        """`GET /account/api_usage_level/volume_progress`."""
        goals = [
            {
                "level": level,
                "earn_volume_goal_fp": count(_GOAL * step),
                "keep_volume_goal_fp": count(_GOAL * step // 2),
            }
            for step, level in enumerate(_EARNED, start=1)
        ]
        progress = {
            "computed_ts": unix_s(call.now),
            "trailing_30d_volume_fp": count(self._volume(call.who)),
            "goals": goals,
        }
        return Reply({"volume_progress": [progress]})

    def _volume(self, member: Member) -> int:
        return sum(stake.volume for stake in self.stakes.of(member.account))


def _costs(_: Call) -> Reply:
    listed = [
        {"method": method, "path": _PREFIX + path, "cost": CANCEL_COST} for method, path in _CHEAP
    ]
    listed.append({"method": "POST", "path": _PREFIX + _UPGRADE, "cost": UPGRADE_COST})
    return Reply({"default_cost": DEFAULT_COST, "endpoint_costs": listed})
