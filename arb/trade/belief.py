"""What to believe of an order that a venue speaks of twice. Pure.

The answer to a write comes from the matching engine itself; streams follow it and reads lag behind
both, on either venue (docs: kalshi orders, "reads may lag"; recorded traffic: a read that still
said `resting` 360 ms after its cancellation was confirmed). So what was filled never shrinks and
what is done never opens again.
"""

import attrs

from arb.market.units import Qty
from arb.messages import OrderState, Phase

_LIFE = (Phase.PENDING, Phase.OPEN, Phase.DONE)


def believe(known: OrderState | None, told: OrderState | None) -> OrderState | None:
    """Draw together what was known of an order and what is told now."""
    if known is None or told is None:
        return told if known is None else known
    phase = max(known.phase, told.phase, key=_LIFE.index)
    fill_ids = tuple(dict.fromkeys((*known.fill_ids, *told.fill_ids)))
    return attrs.evolve(
        known,
        key=known.key or told.key,
        venue_order_id=known.venue_order_id or told.venue_order_id,
        phase=phase,
        filled=Qty(max(known.filled, told.filled)),
        fill_ids=fill_ids,
    )
