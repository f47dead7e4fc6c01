"""What a wallet's contracts cost it, and what they are worth now."""

from collections.abc import Iterable

import attrs

from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Ns
from arb.sim.orders import Match, SimOrder
from arb.sim.polymarket.activity import Activity
from arb.sim.polymarket.trades import worth
from arb.sim.polymarket.wire import Json, json_number


@attrs.define
class CostBasis:
    """What a position cost on average; sales take from it in proportion."""

    since_ns: Ns
    """When it was first held."""
    changed_ns: Ns = Ns(0)
    shares: int = 0
    dollars: int = 0
    fees: int = 0
    bought: int = 0
    realized: int = 0

    def buy(self, shares: int, dollars: int, fee: int) -> None:
        """Buy: fees are counted apart from the cost."""
        self.shares += shares
        self.bought += shares
        self.dollars += dollars
        self.fees += fee

    def sell(self, shares: int, dollars: int, fee: int) -> None:
        """Sell; of shares that were never bought (split from dollars) the cost is not known."""
        held = min(shares, self.shares)
        cost = self.dollars * held // self.shares if held else 0
        self.fees -= self.fees * held // self.shares if held else 0
        self.realized += dollars - fee - cost
        self.dollars -= cost
        self.shares -= held


@attrs.frozen
class Threshold:
    """Smaller positions are hidden: micro-shares and micro-dollars."""

    shares: int = 0
    dollars: int = 0

    def allows(self, qty: int, px: int) -> bool:
        """Say whether so many shares at this price are shown."""
        return qty >= self.shares and qty * px // MICRO >= self.dollars


Holdings = dict[tuple[MarketId, Outcome], CostBasis]


def cost_bases(matches: Iterable[Match], log: Iterable[Activity], account: str) -> Holdings:
    """What each holding of an account cost, from its matches and what it did on chain, in order."""
    costs: Holdings = {}
    steps: list[tuple[Ns, Match | Activity]] = [
        *((match.at_ns, match) for match in matches),
        *((activity.at_ns, activity) for activity in log),
    ]
    steps.sort(key=lambda step: step[0])
    for _, step in steps:
        if isinstance(step, Match):
            _count_match(costs, step, account)
        else:
            _count_activity(costs, step)
    return costs


def _count_match(costs: Holdings, match: Match, account: str) -> None:
    order, fee = _own_side(match, account)
    cost = costs.setdefault((match.market, order.outcome), CostBasis(match.at_ns))
    change = cost.buy if order.action is Action.BUY else cost.sell
    change(match.qty, worth(match, order), fee)
    cost.changed_ns = match.at_ns


def _count_activity(costs: Holdings, activity: Activity) -> None:
    for movement in activity.movements:
        key = (movement.state.listing.id, movement.outcome)
        cost = costs.setdefault(key, CostBasis(activity.at_ns))
        if movement.shares > 0:
            cost.buy(movement.shares, movement.dollars, 0)
        else:
            cost.sell(-movement.shares, movement.dollars, 0)
        cost.changed_ns = activity.at_ns


def _own_side(match: Match, account: str) -> tuple[SimOrder, int]:
    if match.taker.account == account:
        return match.taker, match.taker_fee
    return match.maker, match.maker_fee


def money_json(cost: CostBasis, qty: int, price: int) -> Json:
    """The figures of one position of `qty` shares that are now worth `price` each."""
    value = price * qty // MICRO
    spent = cost.dollars + cost.fees
    unrealized = value - cost.dollars
    average = cost.dollars * MICRO // cost.shares if cost.shares else 0
    return {
        "current_size": json_number(qty),
        "avg_price": json_number(average),
        "entry_cost_usdc": json_number(cost.dollars),
        "entry_fees_usdc": json_number(cost.fees),
        "total_cost_usdc": json_number(spent),
        "current_price": json_number(price),
        "current_value": json_number(value),
        "total_size": json_number(cost.bought),
        "realized_pnl": json_number(cost.realized),
        "unrealized_pnl": json_number(unrealized),
        "total_pnl": json_number(cost.realized + unrealized),
        "percent_pnl": _percent(unrealized, cost.dollars),
        "percent_realized_pnl": _percent(cost.realized, cost.dollars),
    }


def _percent(part: int, whole: int) -> int | float:
    return json_number(part * 100 * MICRO // whole) if whole else 0
