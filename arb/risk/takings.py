"""What each basket moved and must pay, from fills and ends alone. Pure."""

from collections.abc import Iterable, Mapping

from arb.market.units import Usd
from arb.messages import BasketId, Fill, FillStatus


def flow_of(fill: Fill) -> int:
    """Cash that a fill moved, fee included: above 0 where it came in. 0 where it was taken back."""
    return 0 if fill.status is FillStatus.REVERSED else fill.flow


def flows_of_baskets(fills: Iterable[tuple[BasketId, Fill]]) -> Mapping[BasketId, Usd]:
    """Cash that the fills of each basket moved, in micro-dollars."""
    flows: dict[BasketId, Usd] = {}
    for basket, fill in fills:
        flows[basket] = Usd(flows.get(basket, 0) + flow_of(fill))
    return flows
