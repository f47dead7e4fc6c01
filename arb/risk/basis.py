"""What the contracts of one market cost on average, and what was made on those that are gone.

Profit is realised when contracts are sold, when a venue turns a YES and a NO back into a dollar,
and when the market is settled; each by the average cost of what was held at that time, fees
included, on the UTC day in which it happened by the venue's clock. Fills count in the order of
that clock, not in that of their reports: the same fills give the same figures in any order.
"""

from bisect import insort

import attrs

from arb.market.instruments import Action, Outcome
from arb.market.units import ceil_div
from arb.messages import ContractChange, Fill, Settlement, TurnId

DAY_NS = 24 * 60 * 60 * 1_000_000_000


@attrs.define
class _Side:
    """Contracts of one outcome and what they cost."""

    qty: int = 0
    paid: int = 0
    """Never below 0; rounded so that what is still held never looks cheaper than it was."""

    def buy(self, qty: int, paid: int) -> int:
        """Take contracts in; returns what is realised: below 0 where sold ones are covered."""
        owed = min(qty, max(0, -self.qty))
        covering = ceil_div(paid * owed, qty)
        self.qty += qty
        self.paid += paid - covering
        return -covering

    def give(self, qty: int) -> int:
        """Let contracts go; returns what those that were held cost."""
        held = max(0, self.qty)
        out = self.paid if qty >= held else ceil_div(self.paid * qty, held)
        self.qty -= qty
        self.paid -= out
        return out


@attrs.define
class MarketBasis:
    """The average cost of one market. `nets`: whether its venue turns pairs back into cash."""

    nets: bool
    realised: dict[int, int] = attrs.field(factory=dict)
    """Micro-dollars by UTC day (days since the epoch)."""
    _events: list[tuple[int, str, Fill | ContractChange]] = attrs.field(factory=list)
    _settlements: list[Settlement] = attrs.field(factory=list)
    _sides: dict[Outcome, _Side] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start with nothing held."""
        self._sides = _no_sides()

    @property
    def paid(self) -> int:
        """What the contracts still held cost, in micro-dollars; 0 once the market is settled."""
        return self._sides[Outcome.YES].paid + self._sides[Outcome.NO].paid

    def paid_for(self, outcome: Outcome) -> int:
        """The same of one outcome."""
        return self._sides[outcome].paid

    def add(self, fill: Fill) -> None:
        """Count a fill."""
        entry = (fill.at_ns, fill.id, fill)
        newest = not self._events or entry[:2] > self._events[-1][:2]
        insort(self._events, entry, key=_moment)
        if newest and not self._settlements:
            self._count(fill)
        else:
            self._count_again()

    def remove(self, fill: Fill) -> None:
        """Count a fill no more, as if it had never been."""
        self._events.remove((fill.at_ns, fill.id, fill))
        self._count_again()

    def turn(self, change: ContractChange, turn: TurnId, at_ns: int) -> None:
        """Contracts were merged or converted: cash for what was given, nothing paid for the rest."""
        insort(self._events, (at_ns, turn, change), key=_moment)
        self._count_again()

    def settle(self, settlement: Settlement) -> None:
        """The market paid this much for all that was held."""
        insort(self._settlements, settlement, key=_settled_moment)
        self._count_again()

    def _count_again(self) -> None:
        self.realised = {}
        self._sides = _no_sides()
        for at_ns, _, event in self._events:
            if isinstance(event, Fill):
                self._count(event)
            else:
                self._realise(at_ns, event.usd - self._given(event))
        for settlement in self._settlements:
            gone = sum(side.give(max(0, side.qty)) for side in self._sides.values())
            self._realise(settlement.at_ns, settlement.usd - gone)

    def _count(self, fill: Fill) -> None:
        gained = self._bought(fill) if fill.action is Action.BUY else self._sold(fill)
        self._realise(fill.at_ns, gained)

    def _bought(self, fill: Fill) -> int:
        paid = fill.worth + fill.fee
        return self._sides[fill.outcome].buy(fill.qty, paid) + self._netted()

    def _sold(self, fill: Fill) -> int:
        brought = fill.worth - fill.fee
        if not self.nets:
            return brought - self._sides[fill.outcome].give(fill.qty)
        # Selling YES there is buying NO with a dollar's collateral, paired off at once.
        side = self._sides[fill.outcome.other]
        return side.buy(fill.qty, fill.qty - brought) + self._netted()

    def _netted(self) -> int:
        """Pair off YES and NO where the venue does; returns what that made."""
        yes, no = self._sides.values()
        pairs = min(yes.qty, no.qty) if self.nets else 0
        if pairs <= 0:
            return 0
        return pairs - yes.give(pairs) - no.give(pairs)

    def _given(self, change: ContractChange) -> int:
        """Move the contracts of a turn; returns what those that are gone cost."""
        cost_gone = 0
        for outcome, qty in ((Outcome.YES, change.yes), (Outcome.NO, change.no)):
            side = self._sides[outcome]
            if qty < 0:
                cost_gone += side.give(-qty)
            elif qty:
                side.buy(qty, 0)
        return cost_gone

    def _realise(self, at_ns: int, usd: int) -> None:
        if usd:
            day = at_ns // DAY_NS
            self.realised[day] = self.realised.get(day, 0) + usd


def _no_sides() -> dict[Outcome, _Side]:
    return {Outcome.YES: _Side(), Outcome.NO: _Side()}


def _moment(entry: tuple[int, str, Fill | ContractChange]) -> tuple[int, str]:
    return entry[:2]


def _settled_moment(settlement: Settlement) -> tuple[int, str]:
    return settlement.at_ns, settlement.id
