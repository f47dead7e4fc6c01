"""Fees to the micro-dollar, against an oracle in exact decimals and the venues' own examples."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from arb.market.fees import (
    KALSHI_COMBO_MAKER_PPM,
    KALSHI_MAKER_PPM,
    KALSHI_TAKER_PPM,
    Fees,
    KalshiFees,
    KalshiOrderFees,
    PolymarketFees,
)
from arb.market.units import MICRO, Px, Qty, Usd, complement

CENT, DIRECT = 10_000, 100
COEFFICIENTS = st.sampled_from([0, 35_000, KALSHI_MAKER_PPM, KALSHI_TAKER_PPM])
PRECISIONS = st.sampled_from([DIRECT, CENT])
PRICES = st.integers(1, MICRO - 1).map(Px)
SIZES = st.integers(1, 10**11).map(Qty)
FILLS = st.lists(st.tuples(PRICES, SIZES), min_size=1, max_size=8)


def micros(text: str) -> int:
    return int(Decimal(text) * MICRO)


class Oracle:
    """Kalshi's rule for one order, in dollars and exact decimals."""

    def __init__(self, coefficient: Decimal, precision: Decimal) -> None:
        self.coefficient, self.precision = coefficient, precision
        self.carried = Decimal(0)

    def fill(self, price: Decimal, count: Decimal, revenue: Decimal) -> Decimal:
        """The fee of one fill: rounded up, made to fit the balance, less what adds up to a step."""
        model = self.coefficient * count * price * (1 - price)
        fee = model.quantize(Decimal("0.000001"), rounding=ROUND_CEILING)
        balance = revenue - fee
        kept = balance - self._steps(balance)
        self.carried += kept
        back = min(self._steps(self.carried), self._steps(fee + kept))
        self.carried -= back
        return fee + kept - back

    def _steps(self, amount: Decimal) -> Decimal:
        return (amount / self.precision).to_integral_value(ROUND_FLOOR) * self.precision


def revenue(px: Px, qty: Qty, *, buys: bool) -> Decimal:
    """Cash without fees, whole micro-dollars, against us."""
    exact = Decimal(px) * qty / MICRO
    if buys:
        return -exact.to_integral_value(ROUND_CEILING) / MICRO
    return exact.to_integral_value(ROUND_FLOOR) / MICRO


@given(COEFFICIENTS, PRECISIONS, st.lists(st.tuples(PRICES, SIZES, st.booleans()), max_size=12))
def test_kalshi_charges_what_its_rule_says(
    coefficient: int, precision: int, fills: list[tuple[Px, Qty, bool]]
) -> None:
    """Fill by fill, buys and sells, carried rounding and rebates included, equal to the oracle."""
    order = KalshiOrderFees(coefficient, precision)
    oracle = Oracle(Decimal(coefficient) / MICRO, Decimal(precision) / MICRO)
    for px, qty, buys in fills:
        due = oracle.fill(Decimal(px) / MICRO, Decimal(qty) / MICRO, revenue(px, qty, buys=buys))
        assert order.fill(px, qty, buys=buys) == due * MICRO


@given(COEFFICIENTS, PRECISIONS, FILLS)
def test_the_fast_sum_equals_the_fills(
    coefficient: int, precision: int, fills: list[tuple[Px, Qty]]
) -> None:
    """`taker_fees` is the fills of one buying order, one after another, on both venues."""
    schedules: list[Fees] = [
        KalshiFees(coefficient, 0, precision),
        PolymarketFees(coefficient),
        PolymarketFees(coefficient, 2),
    ]
    for fees in schedules:
        order = fees.taker_order()
        assert fees.taker_fees(fills) == sum(order.fill(px, qty, buys=True) for px, qty in fills)


@pytest.mark.parametrize(
    ("count", "price", "direct", "by_cents"),
    [
        ("1", "0.49", "0.0175", "0.02"),
        ("1", "0.50", "0.0175", "0.02"),
        ("1", "0.83", "0.0099", "0.01"),
        ("7", "0.14", "0.0590", "0.06"),
        ("10", "0.33", "0.1548", "0.16"),
        ("100", "0.50", "1.75", "1.75"),
        ("133.59", "0.027", "0.24567", None),
        ("43", "0.24", "0.5491", "0.55"),
        ("1", "0.055", None, "0.005"),
    ],
)
def test_kalshi_worked_examples(
    count: str, price: str, direct: str | None, by_cents: str | None
) -> None:
    """Single fills of a taker as the venue's rule, its documents and recorded fills have them."""
    for precision, fee in ((DIRECT, direct), (CENT, by_cents)):
        if fee is not None:
            order = KalshiFees(KALSHI_TAKER_PPM, 0, precision).taker_order()
            charged = order.fill(Px(micros(price)), Qty(micros(count)), buys=True)
            assert charged == micros(fee)


@pytest.mark.parametrize(
    ("fees", "fee"),
    [
        (KalshiFees(KALSHI_TAKER_PPM, KALSHI_MAKER_PPM), "0.4375"),
        (KalshiFees(KALSHI_TAKER_PPM, KALSHI_COMBO_MAKER_PPM), "0.875"),
        (KalshiFees(KALSHI_TAKER_PPM, 0), "0"),
        (PolymarketFees(70_000), "0"),
    ],
)
def test_makers_pay_their_own_coefficient(fees: Fees, fee: str) -> None:
    """A hundred at 0.50 made: a quarter, a half, or nothing of what a taker pays."""
    charged = fees.maker_order().fill(Px(500_000), Qty(100 * MICRO), buys=True)
    assert charged == micros(fee)


@pytest.mark.parametrize(
    ("precision", "fees"),
    [
        (DIRECT, ["0.0155"] * 4 + ["0.0154"] + ["0.0155"] * 3 + ["0.0154", "0.0155"]),
        (CENT, ["0.02", "0.02"] + ["0.01", "0.02"] * 4),
    ],
)
def test_small_fills_of_one_order_add_up_to_one_large(precision: int, fees: list[str]) -> None:
    """Ten contracts one by one: rebates bring the sum to that of a single fill of ten."""
    order = KalshiFees(KALSHI_TAKER_PPM, 0, precision).taker_order()
    charged = [order.fill(Px(330_000), Qty(MICRO), buys=True) for _ in range(10)]
    assert charged == [micros(fee) for fee in fees]


def test_the_accumulator_gives_back_whole_steps() -> None:
    """Three fills that are each rounded by 0.004: the third gives back 0.01 and carries 0.002."""
    order = KalshiOrderFees(40_000, CENT)
    spent = Usd(-6_000)
    charged = [order.fill_of(Px(500_000), Qty(MICRO), revenue=spent) for _ in range(3)]
    assert charged == [14_000, 14_000, 4_000]
    assert order.owed == 2_000


def test_a_rebate_never_makes_a_fee_negative() -> None:
    """Where a fill costs less than a step, what is owed is carried on instead."""
    order = KalshiOrderFees(0, CENT)
    charged = [order.fill_of(Px(1), Qty(1), revenue=Usd(-6_000)) for _ in range(3)]
    assert (charged, order.owed) == ([4_000, 4_000, 4_000], 12_000)


@given(COEFFICIENTS, FILLS)
def test_an_order_never_pays_less_than_the_formula(
    coefficient: int, fills: list[tuple[Px, Qty]]
) -> None:
    """Over an order fees are at least the exact formula, and above it by little: rounding alone."""
    exact = sum(Decimal(coefficient) * qty * px * (MICRO - px) / MICRO**3 for px, qty in fills)
    kalshi = KalshiFees(coefficient, 0).taker_fees(fills)
    assert exact <= kalshi <= exact + len(fills) + DIRECT * (1 + len(fills))
    polymarket = PolymarketFees(coefficient).taker_fees(fills)
    assert exact <= polymarket < exact + 10 * len(fills)


@given(COEFFICIENTS, PRICES, SIZES)
def test_fees_are_symmetric(coefficient: int, px: Px, qty: Qty) -> None:
    """The formula at p and at 1 - p is the same: YES and NO pay alike."""
    for fees in (KalshiFees(coefficient, 0), PolymarketFees(coefficient, 2)):
        assert fees.least_taker_fee_pico(px) == fees.least_taker_fee_pico(complement(px))
    fee = PolymarketFees(coefficient).taker_fee(px, qty)
    assert fee == PolymarketFees(coefficient).taker_fee(complement(px), qty)


@given(COEFFICIENTS, PRICES, PRICES, SIZES, SIZES)
def test_fees_grow_with_size_and_towards_the_middle(
    coefficient: int, px: Px, other: Px, qty: Qty, more: Qty
) -> None:
    """More contracts never cost less, and a price nearer to 0.50 never costs less."""
    fees = PolymarketFees(coefficient)
    assert fees.taker_fee(px, Qty(qty + more)) >= fees.taker_fee(px, qty)
    outer, inner = sorted((px, other), key=lambda at: -abs(at - MICRO // 2))
    assert fees.taker_fee(outer, qty) <= fees.taker_fee(inner, qty)
    kalshi = KalshiFees(coefficient, 0)
    assert kalshi.least_taker_fee_pico(outer) <= kalshi.least_taker_fee_pico(inner)


@pytest.mark.parametrize(
    ("rate", "fees"),
    [
        (70_000, ["0.33250", "0.63000", "1.47000", "1.75000"]),
        (50_000, ["0.23750", "0.45000", "1.05000", "1.25000"]),
        (40_000, ["0.19000", "0.36000", "0.84000", "1.00000"]),
        (0, ["0", "0", "0", "0"]),
    ],
)
def test_polymarket_table(rate: int, fees: list[str]) -> None:
    """A hundred shares at 0.05, 0.10, 0.30 and 0.50 by the rates of the venue's categories."""
    schedule = PolymarketFees(rate)
    for cents, fee in zip((5, 10, 30, 50), fees, strict=True):
        assert schedule.taker_fee(Px(cents * CENT), Qty(100 * MICRO)) == micros(fee)


def test_polymarket_exponent_two() -> None:
    """The old schedule of 0.25 (p (1 - p))^2: 1.5625 on a hundred at 0.50."""
    assert PolymarketFees(250_000, 2).taker_fee(Px(500_000), Qty(100 * MICRO)) == 1_562_500


@given(COEFFICIENTS, st.integers(1, 2), PRICES, SIZES)
def test_polymarket_rounds_up_to_five_decimals(rate: int, exponent: int, px: Px, qty: Qty) -> None:
    """The fee is the next multiple of 0.00001 dollars above the exact one."""
    spread = Decimal(px) * (MICRO - px) / MICRO**2
    exact = Decimal(qty) * rate / MICRO * spread**exponent
    fee = PolymarketFees(rate, exponent).taker_fee(px, qty)
    assert fee % 10 == 0
    assert exact <= fee < exact + 10


@given(COEFFICIENTS, PRICES, st.integers(1, 1_000))
def test_the_least_fee_is_never_too_high(coefficient: int, px: Px, contracts: int) -> None:
    """What the gate counts with is at most what any order of whole contracts pays a contract."""
    qty = Qty(contracts * MICRO)
    for fees in (KalshiFees(coefficient, 0), PolymarketFees(coefficient)):
        charged = fees.taker_fees([(px, qty)])
        assert fees.least_taker_fee_pico(px) * contracts <= charged * MICRO


@given(PRECISIONS, FILLS)
def test_what_is_spent_is_a_multiple_of_the_step(
    precision: int, fills: list[tuple[Px, Qty]]
) -> None:
    """Cash moves in the member's precision, fill by fill."""
    fees = KalshiFees(KALSHI_TAKER_PPM, 0, precision)
    assume(fees.spent_step == precision)
    order = fees.taker_order()
    for px, qty in fills:
        spent = -(-px * qty // MICRO) + order.fill(px, qty, buys=True)
        assert spent % precision == 0
