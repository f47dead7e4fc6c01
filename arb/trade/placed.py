"""What came of one order, for whoever placed it. Pure."""

import attrs

from arb.market.units import Qty
from arb.messages import PreparedOrder


@attrs.frozen
class Unknown:
    """An order that may be live: no answer, and the venue could not be asked."""

    prepared: PreparedOrder


@attrs.frozen
class Refusal:
    """An order that the venue, or a rule of its market, said no to: nothing happened."""

    why: str


Placed = Qty | Refusal | Unknown
"""How much it got, who said no, or that nobody knows."""
