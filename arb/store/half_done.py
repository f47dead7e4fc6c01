"""What a basket really holds by its orders and fills, and how one that ended is opened again."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

import attrs
from sqlite_utils import Database

from arb.detect.basket import Lane, Leg, LegPlan, Plan, Proof, Template, TemplateId
from arb.market.instruments import Action, Market, MarketId
from arb.market.units import MICRO, Ns, Px, Qty, Usd, ceil_div, cost, proceeds
from arb.messages import Approved, BasketId
from arb.store.baskets import StoredBasket, StoredLeg, read_basket
from arb.store.leftovers import retries
from arb.store.orders import StoredOrder, read_open_orders

_ORDERS = """
select o.market, o.outcome, o.action, o.ended_ns is null as open, coalesce(o.filled, 0) as filled,
    coalesce(sum(f.qty), 0) as told,
    coalesce(sum(case when f.status = 'reversed' then f.qty else 0 end), 0) as taken_back
from orders o left join fills f using (order_id) where o.basket = ? group by o.order_id
"""
_SURPRISED = """
select o.basket from orders o join baskets b using (basket) join fills f using (order_id)
where b.ended_ns is not null group by o.order_id
having sum(f.qty) > o.filled or sum(case when f.status = 'reversed' then f.qty else 0 end) > 0
union
select o.basket from orders o join baskets b using (basket) where o.ended_ns > b.ended_ns
"""
_UNRESOLVED = """
select distinct o.basket from orders o join baskets b using (basket)
where o.ended_ns is null and b.ended_ns is not null and not exists
    (select 1 from stuck s where s.basket = o.basket and s.state = 'acknowledged')
order by o.basket
"""


_FILLS = """
select f.market, f.outcome, f.action, f.px, f.qty, f.fee from fills f join orders using (order_id)
where orders.basket = ? and f.status <> 'reversed'
"""


@attrs.frozen
class HalfDone:
    """A basket, and what each of its legs holds, by leg."""

    basket: StoredBasket
    held: tuple[Qty, ...]
    """Without what orders of unknown end got: their ends will say all of it."""
    unknown: tuple[tuple[int, StoredOrder], ...]
    """Leg number and order, of orders whose end is not known."""
    reason: str
    lost: Usd
    """By its sales, since a person last granted a loss."""
    gone: tuple[MarketId, ...] = ()
    """Its markets that are listed no more: then it was left as it is."""


def read_held(db: Database, basket: StoredBasket, *, ended: bool = False) -> tuple[Qty, ...]:
    """Say what each leg holds: by the ends of its orders, or by fills that say more.

    What was taken back is not held; 0 where sales were of contracts that never came. `ended`:
    orders of unknown end are left out, whatever fills say of them.
    """
    held = dict.fromkeys(((leg.market, str(leg.outcome)) for leg in basket.legs), 0)
    for row in db.query(_ORDERS, [basket.id]):
        if ended and row["open"]:
            continue
        got = max(row["filled"], row["told"]) - row["taken_back"]
        side = (row["market"], row["outcome"])
        if side in held:
            held[side] += got if row["action"] == Action.BUY else -got
    return tuple(Qty(max(0, held[leg.market, str(leg.outcome)])) for leg in basket.legs)


def read_lost(db: Database, basket: BasketId) -> Usd:
    """What the sales of a basket brought less than the contracts had cost, fees included.

    At the average cost of each outcome, rounded up; 0 where they brought more.
    """
    moved: dict[tuple[str, str], _Moved] = {}
    for row in db.query(_FILLS, [basket]):
        moved.setdefault((row["market"], row["outcome"]), _Moved()).add(row)
    return Usd(max(0, sum(one.lost for one in moved.values())))


@attrs.define
class _Moved:
    """What was bought and sold of one outcome."""

    bought: int = 0
    paid: int = 0
    sold: int = 0
    brought: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        px, qty = Px(row["px"]), Qty(row["qty"])
        if row["action"] == Action.BUY:
            self.bought += qty
            self.paid += cost(px, qty) + row["fee"]
        else:
            self.sold += qty
            self.brought += proceeds(px, qty) - row["fee"]

    @property
    def lost(self) -> int:
        return ceil_div(self.paid * self.sold, self.bought) - self.brought if self.bought else 0


def has_sold(db: Database, basket: BasketId) -> bool:
    """Say whether anything of a basket was sold back."""
    sold = "select 1 from orders where basket = ? and action = ? and filled > 0 limit 1"
    return db.execute(sold, [basket, str(Action.SELL)]).fetchone() is not None


def approved_of(basket: StoredBasket, markets: Mapping[MarketId, Market]) -> Approved:
    """What the sequencer was told, as far as the store keeps it: legs at their limits.

    Raises KeyError where a market is not among `markets`.
    """
    template = Template(
        id=TemplateId(basket.template),
        lane=Lane(basket.lane),
        title=basket.title,
        legs=tuple(Leg(leg.market, leg.outcome) for leg in basket.legs),
        payout=Usd(basket.payout * MICRO // basket.size),
        proof=Proof((), ()),
    )
    held = tuple(markets[leg.market] for leg in basket.legs)
    legs = tuple(_leg(stored, market) for stored, market in zip(basket.legs, held, strict=True))
    spent, fees = sum(leg.cost for leg in legs), sum(leg.fees for leg in legs)
    profit = Usd(basket.payout - spent - fees)
    plan = Plan(template, basket.size, legs, Usd(spent), Usd(fees), basket.payout, profit)
    return Approved(basket.id, plan, held, Ns(0), Ns(0), basket.loss_budget)


def _leg(stored: StoredLeg, market: Market) -> LegPlan:
    fees = market.fees.taker_order().fill(stored.limit, stored.qty, buys=True)
    return LegPlan(
        leg=Leg(stored.market, stored.outcome),
        qty=stored.qty,
        limit=stored.limit,
        cost=cost(stored.limit, stored.qty),
        fees=fees,
        top=stored.limit,
        depth=stored.qty,
    )


def surprised(db: Database) -> frozenset[BasketId]:
    """Ended baskets of which a fill was taken back, or came beyond the end of its order.

    Also those of which an order's end was found out only after their own.
    """
    return frozenset(BasketId(row["basket"]) for row in db.query(_SURPRISED))


def take_uneven(
    db: Database, suspects: Iterable[BasketId], listed: Container[MarketId]
) -> tuple[HalfDone, ...]:
    """Open those again that ended and hold something else than their end says."""
    found = [_uneven(db, basket) for basket in sorted(suspects)]
    return tuple(_open(db, one, listed) for one in found if one is not None)


def take_wanted(db: Database, listed: Container[MarketId]) -> tuple[HalfDone, ...]:
    """Open those again that a person wants to be unwound once more.

    Also those that ended while nobody knew the end of an order: it may hold contracts, or rest.
    """
    people = frozenset(retries(db))
    wanted = [(basket, "a person wants another try") for basket in sorted(people)]
    wanted += [(basket, "an order's end is not known") for basket in _unresolved(db, listed)]
    found = []
    for basket, reason in dict(reversed(wanted)).items():
        stored = read_basket(db, basket)
        if stored is not None and stored.outcome is not None:
            half = _half_done(db, stored, reason)
            asked = basket in people
            found.append(_open(db, attrs.evolve(half, lost=Usd(0)) if asked else half, listed))
    return tuple(found)


def _unresolved(db: Database, listed: Container[MarketId]) -> list[BasketId]:
    """Baskets that ended before an order of theirs, and can still be traded."""
    found = [read_basket(db, BasketId(row["basket"])) for row in list(db.query(_UNRESOLVED))]
    return [
        basket.id
        for basket in found
        if basket is not None and all(leg.market in listed for leg in basket.legs)
    ]


def going_on(db: Database, suspects: Iterable[BasketId]) -> frozenset[BasketId]:
    """Those that have not ended: what they hold is not settled yet."""
    found = ((basket, read_basket(db, basket)) for basket in suspects)
    return frozenset(
        basket for basket, stored in found if stored is not None and stored.outcome is None
    )


def _uneven(db: Database, basket: BasketId) -> HalfDone | None:
    stored = read_basket(db, basket)
    if stored is None or stored.outcome is None:
        return None
    held = read_held(db, stored)
    left = _left_over(db, basket)
    known = tuple(stored.sets + left.get((leg.market, str(leg.outcome)), 0) for leg in stored.legs)
    if held == known:
        return None
    return _half_done(db, stored, f"it holds {list(held)}, not {list(known)} micro-contracts")


def _half_done(db: Database, basket: StoredBasket, reason: str) -> HalfDone:
    sides = [(leg.market, leg.outcome) for leg in basket.legs]
    unknown = tuple(
        (sides.index((order.market, order.outcome)), order)
        for order in read_open_orders(db, basket.id)
    )
    held = read_held(db, basket, ended=True)
    return HalfDone(basket, held, unknown, reason, read_lost(db, basket.id))


def _open(db: Database, found: HalfDone, listed: Container[MarketId]) -> HalfDone:
    """Take its end away: from here on even a crash leaves it unfinished, not lost."""
    basket = found.basket.id
    db.execute("update stuck set state = 'stuck' where basket = ? and state = 'retry'", [basket])
    gone = tuple(leg.market for leg in found.basket.legs if leg.market not in listed)
    if not gone:
        db.execute("update baskets set ended_ns = null, outcome = null where basket = ?", [basket])
    return attrs.evolve(found, gone=gone)


def grant(db: Database, basket: BasketId, loss: Usd) -> None:
    """Let the next unwind of a basket lose so much."""
    db.execute("update baskets set loss_budget = ? where basket = ?", [loss, basket])


def _left_over(db: Database, basket: BasketId) -> dict[tuple[str, str], Any]:
    rows = db.query("select market, outcome, qty from stuck where basket = ?", [basket])
    return {(row["market"], row["outcome"]): row["qty"] for row in rows}
