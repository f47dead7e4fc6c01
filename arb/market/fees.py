"""What both venues charge, to the micro-dollar, always rounded against us.

Polymarket charges takers `shares * rate * (p * (1 - p)) ** exponent` (docs: trading/fees), each
market by its own schedule, and makers nothing. Kalshi charges `coefficient * C * P * (1 - P)` a
fill, rounds it up to a micro-dollar, floors the change of balance to the member's precision and
gives back what that took too much once it adds up over the order (docs: fee_rounding, Oct 2026).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import attrs

from arb.market.units import MICRO, Px, Qty, Usd, ceil_div

POLYMARKET_FEE_STEP = 10
"""Micro-dollars: Polymarket rounds fees to 5 decimals (docs: trading/fees)."""
KALSHI_DIRECT_PRECISION = 100
"""Micro-dollars: balances of direct members move in $0.0001 (changelog, May 28 2026)."""
KALSHI_TAKER_PPM = 70_000
"""0.07, in millionths (Kalshi fee schedule, July 7 2026)."""
KALSHI_MAKER_PPM = 17_500
"""0.0175, a quarter of the taker's."""
KALSHI_COMBO_MAKER_PPM = 35_000
"""0.035, half of the taker's, on combos only."""
_EVERYTHING = 10**30
"""Micro-contracts: more than any ladder holds."""
_MODEL_SCALE = MICRO**3
"""Coefficient times quantity times the product of two prices, over this, is micro-dollars."""
_LINEAR_STEP = POLYMARKET_FEE_STEP * _MODEL_SCALE
"""The same for a schedule with exponent 1, in fee steps."""


Bought = tuple[int, int, int, int]
"""What one order bought: its cost and fees (micro-dollars), the place of its last level in the
ladder, and how much it took there (micro-contracts)."""
Spending = Callable[[int], int]
"""Micro-contracts of an order's last fill to what the whole order takes, in micro-dollars."""


class OrderFees(Protocol):
    """The fees of one order, fill by fill. One instance an order: rounding may carry over."""

    def fill(self, px: Px, qty: Qty, *, buys: bool) -> Usd:
        """Charge one fill at `px` (YES or NO price: fees are symmetric) and return its fee.

        `buys` says whether the fill takes cash (True) or brings it (False).
        """
        ...


class Fees(Protocol):
    """The fee rule of one market."""

    def taker_order(self) -> OrderFees:
        """Start counting the fees of one order that takes."""
        ...

    def maker_order(self) -> OrderFees:
        """Start counting the fees of one order that makes."""
        ...

    def least_taker_fee_pico(self, px: Px) -> int:
        """A taker's fee on one contract in millionths of a micro-dollar, rounded down.

        It is what the formula says before the venue rounds: never too high.
        """
        ...

    def taker_fees(self, fills: Iterable[tuple[Px, Qty]]) -> Usd:
        """All that `taker_order` charges for these fills, bought in this order; made for speed."""
        ...

    def buying(self, ladder: Sequence[tuple[Px, Qty]], qty: Qty) -> Bought | None:
        """Buy `qty` (more than 0) with one order down a ladder; None where less is on offer."""
        ...

    def spending(self, fills: Sequence[tuple[Px, Qty]], px: Px) -> Spending:
        """What buying these fills and then another at `px` takes from the cash, fees included."""
        ...

    @property
    def spent_step(self) -> int:
        """Micro-dollars: what buying takes from the cash, fees included, is a multiple of this."""
        ...

    @property
    def fill_step(self) -> int:
        """Micro-dollars: a taker's fee is rounded up to a multiple of this, fill by fill."""
        ...


@attrs.frozen
class PolymarketFees:
    """A market's own schedule: `rate_ppm` (millionths) and `exponent`. Makers pay nothing.

    The venue does not say in which direction it rounds to its 5 decimals, nor whether a trade is
    rounded whole or a fill at a time: we round every fill up.
    """

    rate_ppm: int
    exponent: int = 1

    def taker_order(self) -> OrderFees:
        """Fees of an order that takes."""
        return _PolymarketTaker(self)

    def maker_order(self) -> OrderFees:
        """Makers pay nothing."""
        return _NoFees()

    def least_taker_fee_pico(self, px: Px) -> int:
        """One contract's fee, rounded down to a millionth of a micro-dollar."""
        numerator, denominator = self._ratio(px, Qty(MICRO))
        return numerator * MICRO // denominator

    def taker_fees(self, fills: Iterable[tuple[Px, Qty]]) -> Usd:
        """What one order pays for these fills: each rounded up by itself."""
        if self.exponent != 1:
            return Usd(sum(self.taker_fee(px, qty) for px, qty in fills))
        steps, rate = 0, self.rate_ppm
        for px, qty in fills:
            steps -= -rate * qty * px * (MICRO - px) // _LINEAR_STEP
        return Usd(steps * POLYMARKET_FEE_STEP)

    def buying(self, ladder: Sequence[tuple[Px, Qty]], qty: Qty) -> Bought | None:
        """Buy down a ladder, each level a fill rounded by itself."""
        if self.exponent != 1:
            return _bought(self, ladder, qty)
        rate, left = self.rate_ppm, int(qty)
        cost = steps = 0
        for depth, (px, held) in enumerate(ladder):
            fill = held if held < left else left  # noqa: FURB136 - a call takes longer
            owed = -px * fill
            cost -= owed // MICRO
            steps -= rate * owed * (MICRO - px) // _LINEAR_STEP
            if fill == left:
                return cost, steps * POLYMARKET_FEE_STEP, depth, fill
            left -= fill
        return None

    def spending(self, fills: Sequence[tuple[Px, Qty]], px: Px) -> Spending:
        """Only the last fill's cost and fee depend on its quantity."""
        before = _notional(fills) + self.taker_fees(fills)
        if self.exponent != 1:
            return lambda qty: before - (-px * qty // MICRO) + self.taker_fee(px, Qty(qty))
        rate, step = self.rate_ppm * px * (MICRO - px), POLYMARKET_FEE_STEP

        def spent(qty: int) -> int:
            return before - (-px * qty // MICRO) - (-rate * qty // _LINEAR_STEP) * step

        return spent

    @property
    def spent_step(self) -> int:
        """Cost and fee end in any micro-dollar."""
        return 1

    @property
    def fill_step(self) -> int:
        """Fees have five decimals."""
        return POLYMARKET_FEE_STEP

    def taker_fee(self, px: Px, qty: Qty) -> Usd:
        """The fee of one fill, rounded up to 5 decimals."""
        numerator, denominator = self._ratio(px, qty)
        return Usd(ceil_div(numerator, denominator * POLYMARKET_FEE_STEP) * POLYMARKET_FEE_STEP)

    def _ratio(self, px: Px, qty: Qty) -> tuple[int, int]:
        """The exact fee in micro-dollars, as a fraction."""
        spread = px * (MICRO - px)
        numerator = qty * self.rate_ppm * int(spread**self.exponent)
        return numerator, MICRO * int(MICRO ** (2 * self.exponent))


def _bought(fees: Fees, ladder: Sequence[tuple[Px, Qty]], qty: Qty) -> Bought | None:
    cost, left = 0, qty
    for depth, (px, held) in enumerate(ladder):
        if held >= left:
            cost -= -px * left // MICRO
            return cost, fees.taker_fees((*ladder[:depth], (px, left))), depth, left
        cost -= -px * held // MICRO
        left = Qty(left - held)
    return None


def _notional(fills: Iterable[tuple[Px, Qty]]) -> int:
    """What fills cost without fees, each rounded up."""
    return -sum([-px * qty // MICRO for px, qty in fills])


@attrs.define
class _PolymarketTaker:
    schedule: PolymarketFees

    def fill(self, px: Px, qty: Qty, *, buys: bool) -> Usd:  # noqa: ARG002 - both sides pay alike
        """Charge one fill."""
        return self.schedule.taker_fee(px, qty)


class _NoFees:
    def fill(self, px: Px, qty: Qty, *, buys: bool) -> Usd:  # noqa: ARG002 - nobody pays
        """Charge nothing."""
        return Usd(0)


@attrs.frozen
class KalshiFees:
    """A series' or event's fee: taker and maker coefficients, already times the multiplier.

    `taker_ppm` and `maker_ppm` are millionths; `precision` is the member's balance step in
    micro-dollars (100 for direct members, 10,000 for customers of an FCM).
    """

    taker_ppm: int
    maker_ppm: int
    precision: int = KALSHI_DIRECT_PRECISION

    def taker_order(self) -> "KalshiOrderFees":
        """Fees of an order, starting with fills that take."""
        return KalshiOrderFees(self.taker_ppm, self.precision)

    def maker_order(self) -> "KalshiOrderFees":
        """Fees of an order that makes."""
        return KalshiOrderFees(self.maker_ppm, self.precision)

    def least_taker_fee_pico(self, px: Px) -> int:
        """One contract's model fee, rounded down to a millionth of a micro-dollar."""
        return self.taker_ppm * px * (MICRO - px) // MICRO

    def taker_fees(self, fills: Iterable[tuple[Px, Qty]]) -> Usd:
        """What one order that buys pays for these fills, rounding and rebates included."""
        return Usd(self._buy(fills, _EVERYTHING)[1])

    def buying(self, ladder: Sequence[tuple[Px, Qty]], qty: Qty) -> Bought | None:
        """Buy down a ladder, each level a fill."""
        cost, fees, _, place, taken, left = self._buy(ladder, qty)
        return None if left else (cost, fees, place, taken)

    def spending(self, fills: Sequence[tuple[Px, Qty]], px: Px) -> Spending:
        """The last fill costs its own, and may bring back what the others were rounded by."""
        cost, fees, owed, _, _, _ = self._buy(fills, _EVERYTHING)
        before = cost + fees
        rate, precision = self.taker_ppm * px * (MICRO - px), self.precision

        def spent(qty: int) -> int:
            fee = -(-rate * qty // _MODEL_SCALE)
            change = -px * qty // MICRO - fee
            rounding = change % precision
            rebate = min(owed + rounding, fee + rounding) // precision * precision
            return before - change + rounding - rebate

        return spent

    def _buy(
        self, levels: Iterable[tuple[Px, Qty]], left: int
    ) -> tuple[int, int, int, int, int, int]:
        """One order down some levels until nothing is `left` to buy, or no level.

        Returns cost, fees, the rounding that is not given back yet, the last level's place, what
        was taken there, and what is left.
        """
        coefficient, precision = self.taker_ppm, self.precision
        cost = fees = owed = place = taken = 0
        for place, (px, held) in enumerate(levels):  # noqa: B007 - the last one is returned
            taken = held if held < left else left  # noqa: FURB136 - a call takes longer
            notional = px * taken
            fee = -(-coefficient * notional * (MICRO - px) // _MODEL_SCALE)
            change = -notional // MICRO
            cost -= change
            rounding = (change - fee) % precision
            owed += rounding
            fees += fee + rounding
            if owed >= precision:
                rebate = min(owed, fee + rounding) // precision * precision
                owed -= rebate
                fees -= rebate
            left -= taken
            if not left:
                break
        return cost, fees, owed, place, taken, left

    @property
    def spent_step(self) -> int:
        """Balances move in steps of the member's precision."""
        return self.precision

    @property
    def fill_step(self) -> int:
        """The model's fee is rounded up to a micro-dollar; what is rounded further is the order."""
        return 1


@attrs.define
class KalshiOrderFees:
    """The accumulator of one Kalshi order.

    Taker and maker fills of an order share it: change `coefficient_ppm` between fills.
    """

    coefficient_ppm: int
    precision: int = KALSHI_DIRECT_PRECISION
    owed: int = attrs.field(default=0, init=False)
    """Rounding taken from the member and not yet given back, in micro-dollars."""

    def fill(self, px: Px, qty: Qty, *, buys: bool) -> Usd:
        """Charge one fill; may give back what earlier fills were rounded by."""
        notional = ceil_div(px * qty, MICRO) if buys else px * qty // MICRO
        return self.fill_of(px, qty, revenue=Usd(-notional if buys else notional))

    def fill_of(self, px: Px, qty: Qty, *, revenue: Usd) -> Usd:
        """Charge one fill that changes cash by `revenue` before fees."""
        model_scale = MICRO**3
        fee = ceil_div(self.coefficient_ppm * qty * px * (MICRO - px), model_scale)
        change = revenue - fee
        rounding = change % self.precision
        self.owed += rounding
        charged = fee + rounding
        rebate = min(self.owed, charged) // self.precision * self.precision
        self.owed -= rebate
        return Usd(charged - rebate)
