"""What a contract costs with its fee, before any rounding: a table for each fee rule.

Prices repeat, so a price's fee is worked out once. The tables also say which prices nobody can
buy at: 1 and above (an empty side of a book) and 0 and below cost more than any basket pays.
"""

from arb.market.fees import Fees
from arb.market.units import MICRO, Px

NO_QUOTE = 10**18
"""Pico-dollars: a million dollars for a contract, far above what any basket pays."""
_KEPT_STEP = 100
"""Micro-dollars: both venues' finest price grid. A price off it is computed, not remembered, so
that a table holds at most 10,000 prices whatever a feed sends."""
_RULES_KEPT = 256
"""Fee rules remembered: the venues have a dozen or two."""
_RULES_MET = 100_000
"""Objects remembered that say such a rule: every market has its own."""


class AllIn(dict[int, int]):
    """Price in micro-dollars -> price and a taker's fee, in pico-dollars a contract.

    The fee is rounded down to a pico-dollar (a millionth of a micro-dollar), so an entry is never
    above what a fill is charged. Look prices up with `table[px]`: what is missing is computed.
    """

    __slots__ = ("fees", "fill_step", "spent_step")

    def __init__(self, fees: Fees) -> None:
        super().__init__()
        self.fees = fees
        self.spent_step = fees.spent_step
        self.fill_step = fees.fill_step

    def __missing__(self, px: int) -> int:
        """Work out a price that was not asked for before."""
        if not 0 < px < MICRO:
            return NO_QUOTE
        all_in = px * MICRO + self.fees.least_taker_fee_pico(Px(px))
        if px % _KEPT_STEP == 0:
            self[px] = all_in
        return all_in


_tables: dict[Fees, AllIn] = {}
"""What was worked out so far. Forgetting it costs time and changes nothing."""
_met: dict[int, tuple[Fees, AllIn]] = {}
"""By the identity of a rule that was asked for before, which is kept and so stays the only one of
that identity: hashing and comparing rules would take several times as long."""


def all_in(fees: Fees) -> AllIn:
    """The table of a fee rule; equal rules share one."""
    met = _met.get(id(fees))
    if met is None:
        if len(_met) >= _RULES_MET:
            _met.clear()
        met = _met[id(fees)] = fees, _table(fees)
    return met[1]


def _table(fees: Fees) -> AllIn:
    table = _tables.get(fees)
    if table is None:
        if len(_tables) >= _RULES_KEPT:
            _tables.clear()
        table = _tables[fees] = AllIn(fees)
    return table
