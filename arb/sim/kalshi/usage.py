"""The routes on what members may ask for: limits and prices in tokens."""

import attrs

from arb.sim.kalshi.calls import Call, Reply, Route
from arb.sim.kalshi.limits import CANCEL_COST, DEFAULT_COST, Governor

_PREFIX = "/trade-api/v2"
_CHEAP = (
    ("DELETE", "/portfolio/events/orders"),
    ("DELETE", "/portfolio/events/orders/:order_id"),
    ("DELETE", "/portfolio/events/orders/batched"),
    ("GET", "/portfolio/orders/:order_id"),
)
"""Everything that does not cost `DEFAULT_COST`, of what is simulated here."""


@attrs.frozen
class Usage:
    """Answers what requests cost."""

    governor: Governor

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        return [
            Route("GET", "/account/limits", self.limits, private=True),
            Route("GET", "/account/endpoint_costs", _costs),
        ]

    def limits(self, _: Call) -> Reply:
        """`GET /account/limits`."""
        tier = self.governor.tier
        return Reply(
            {
                "usage_tier": tier.name,
                "read": {"refill_rate": tier.read_rate, "bucket_capacity": tier.read_capacity},
                "write": {"refill_rate": tier.write_rate, "bucket_capacity": tier.write_capacity},
                "grants": [],
            }
        )


def _costs(_: Call) -> Reply:
    listed = [
        {"method": method, "path": _PREFIX + path, "cost": CANCEL_COST} for method, path in _CHEAP
    ]
    return Reply({"default_cost": DEFAULT_COST, "endpoint_costs": listed})
