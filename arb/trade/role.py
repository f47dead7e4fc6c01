"""Whether a fill made or took, and what says so. Pure."""

from arb.market.instruments import Action
from arb.messages import Fill, NewOrder, Role

VENUE = "venue flag"
NEVER_RESTS = "the order never rests"
SPREAD_CROSSED = "better than its limit: it crossed the spread"
AT_LIMIT = "at the limit of a resting order"


def role_of(order: NewOrder, fill: Fill) -> tuple[Role, str]:
    """The role and its witness: what the venue says goes before what can be concluded."""
    if fill.role is not None:
        return fill.role, VENUE
    if not order.rests:
        return Role.TAKER, NEVER_RESTS
    if _better(order, fill):
        return Role.TAKER, SPREAD_CROSSED
    return Role.MAKER, AT_LIMIT


def _better(order: NewOrder, fill: Fill) -> bool:
    """Makers get their own price; only who takes from the book gets a better one."""
    return fill.px < order.limit if order.action is Action.BUY else fill.px > order.limit
