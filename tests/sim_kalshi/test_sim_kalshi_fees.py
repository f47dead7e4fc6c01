"""Fees through real orders: the worked examples of the fee rule, and that everything adds up."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from arb.sim.kalshi.listing import KalshiEvent, KalshiSeries, market_id

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Client, Desk, OpenDesk

CENT = 10_000
"""Micro-dollars: the balance step of members who clear through a broker."""


async def fees_of(client: "Client") -> list[str]:
    """Fees of all fills, oldest first."""
    return [fill["fee_cost"] for fill in reversed((await client.get("/portfolio/fills"))["fills"])]


async def cash_of(client: "Client") -> str:
    cash: str = (await client.get("/portfolio/balance", exchange_index=0))["balance_dollars"]
    return cash


def offer(desk: "Desk", ticker: str, yes_price: str, count: str) -> None:
    """Let a maker sell YES at this price."""
    desk.post(ticker, "no", str(1 - Decimal(yes_price)), count)


EXAMPLES = [
    ("SIM-1-A", "1", "0.49", "0.017500", "999.4925"),
    ("SIM-1-A", "1", "0.50", "0.017500", "999.4825"),
    ("SIM-1-A", "1", "0.83", "0.009900", "999.1601"),
    ("SIM-1-A", "7", "0.14", "0.059000", "998.9610"),
    ("SIM-1-A", "10", "0.33", "0.154800", "996.5452"),
    ("SIM-1-A", "100", "0.50", "1.750000", "948.2500"),
    ("SIMF-1-X", "133.59", "0.027", "0.245670", "996.1474"),
    ("SIM-1-A", "43", "0.24", "0.549100", "989.1309"),
]


@pytest.mark.parametrize("example", EXAMPLES)
async def test_taker_examples(
    open_desk: "OpenDesk", example: tuple[str, str, str, str, str]
) -> None:
    """One taking fill of a direct member: fee to a hundredth of a cent, cash to the same."""
    ticker, count, price, fee, cash = example
    desk = open_desk()
    offer(desk, ticker, price, count)
    bot = desk.client()
    said = await bot.order(ticker, "bid", count, price)
    assert Decimal(said.body["fill_count"]) == Decimal(count)
    assert await fees_of(bot) == [fee]
    assert await cash_of(bot) == cash


@pytest.mark.parametrize(
    ("count", "price", "fee", "cash"),
    [("1", "0.49", "0.020000", "999.4900"), ("43", "0.24", "0.550000", "989.1300")],
)
async def test_cent_precision(
    open_desk: "OpenDesk", count: str, price: str, fee: str, cash: str
) -> None:
    """With a balance step of a cent the same orders cost whole cents."""
    desk = open_desk(precision=CENT)
    offer(desk, "SIM-1-A", price, count)
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", count, price)
    assert await fees_of(bot) == [fee]
    assert await cash_of(bot) == cash


async def test_one_accumulator_an_order(open_desk: "OpenDesk") -> None:
    """Ten fills of one contract cost what one fill of ten costs: the 5th and 9th give back."""
    desk = open_desk()
    for _ in range(10):
        offer(desk, "SIM-1-A", "0.33", "1")
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "10", "0.33")
    fees = await fees_of(bot)
    assert fees == ["0.015500" if n not in {4, 8} else "0.015400" for n in range(10)]
    assert await cash_of(bot) == "996.5452"


async def test_one_accumulator_an_order_in_cents(open_desk: "OpenDesk") -> None:
    """The same with a step of a cent: every other fill from the third on gives a cent back."""
    desk = open_desk(precision=CENT)
    for _ in range(10):
        offer(desk, "SIM-1-A", "0.33", "1")
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "10", "0.33")
    expected = ["0.02", "0.02", "0.01", "0.02", "0.01", "0.02", "0.01", "0.02", "0.01", "0.02"]
    assert await fees_of(bot) == [f"{fee}0000" for fee in expected]


async def test_fractions(open_desk: "OpenDesk") -> None:
    """Three fills of 0.30 at 0.50 cost 0.0158 together."""
    desk = open_desk()
    for _ in range(3):
        offer(desk, "SIM-1-A", "0.50", "0.30")
    bot = desk.client()
    said = await bot.order("SIM-1-A", "bid", "0.90", "0.50")
    assert sum(Decimal(fee) for fee in await fees_of(bot)) == Decimal("0.0158")
    order = (await bot.get(f"/portfolio/orders/{said.body['order_id']}"))["order"]
    assert order["taker_fees_dollars"] == "0.015800"


async def test_separate_orders_have_separate_accumulators(open_desk: "OpenDesk") -> None:
    """Ten orders of one contract give nothing back."""
    desk = open_desk()
    offer(desk, "SIM-1-A", "0.33", "10")
    bot = desk.client()
    for _ in range(10):
        await bot.order("SIM-1-A", "bid", "1", "0.33")
    assert await fees_of(bot) == ["0.015500"] * 10


@pytest.mark.parametrize(
    ("fee_type", "fee"),
    [
        ("quadratic", "0.000000"),
        ("quadratic_with_maker_fees", "0.437500"),
        ("quadratic_with_combo_maker_fees", "0.875000"),
    ],
)
async def test_maker_examples(open_desk: "OpenDesk", fee_type: str, fee: str) -> None:
    """A hundred contracts made at 0.50, by fee type; the maker's row says so."""
    desk = open_desk()
    facts = desk.face.board.markets["SIM-1-A"].facts
    desk.face.board.series["NEW"] = KalshiSeries("NEW", "New", fee_type=fee_type)
    desk.face.lifecycle.list_event(KalshiEvent("NEW-1", "NEW", "New?"))
    desk.face.lifecycle.list_market(
        type(facts)(
            ticker="NEW-1-A",
            event="NEW-1",
            title="A?",
            yes_sub_title="A",
            rules_primary="If A.",
            created_ns=facts.created_ns,
            open_ns=facts.open_ns,
            close_ns=facts.close_ns,
            expected_expiration_ns=facts.expected_expiration_ns,
            latest_expiration_ns=facts.latest_expiration_ns,
        )
    )
    maker, taker = desk.client("maker"), desk.client("bot")
    made = await maker.order("NEW-1-A", "bid", "100", "0.50", time_in_force="good_till_canceled")
    await taker.order("NEW-1-A", "ask", "100", "0.50")
    order = (await maker.get(f"/portfolio/orders/{made.body['order_id']}"))["order"]
    assert order["maker_fees_dollars"] == fee
    assert order["taker_fees_dollars"] == "0.000000"
    assert order["maker_fill_cost_dollars"] == "50.000000"
    (fill,) = (await maker.get("/portfolio/fills"))["fills"]
    assert (fill["fee_cost"], fill["is_taker"]) == (fee, False)
    assert await fees_of(taker) == ["1.750000"]


async def test_everything_adds_up(desk: "Desk") -> None:
    """Fees of fills, orders, positions and the engine agree, and so does the cash."""
    bot = desk.client()
    for ticker, side, count, price in (
        ("SIM-1-A", "ask", "17.31", "0.40"),
        ("SIM-1-A", "bid", "3", "0.44"),
        ("SIM-1-B", "ask", "4", "0.52"),
        ("SIM-1-C", "bid", "2.5", "0.14"),
    ):
        assert (await bot.order(ticker, side, count, price)).status == 201
    fills = (await bot.get("/portfolio/fills"))["fills"]
    orders = (await bot.get("/portfolio/orders"))["orders"]
    body = await bot.get("/portfolio/positions")
    engine = Decimal(desk.exchange.fees_paid("bot")).scaleb(-6)
    assert total(fills, "fee_cost") == engine
    assert total(orders, "taker_fees_dollars") == engine
    assert total(body["market_positions"], "fees_paid_dollars") == engine
    assert total(body["event_positions"], "fees_paid_dollars") == engine
    for row in body["market_positions"]:
        yes, no = desk.exchange.position("bot", market_id(row["ticker"]))
        assert Decimal(row["position_fp"]) == Decimal(yes - no).scaleb(-6)
    held = total(body["market_positions"], "market_exposure_dollars")
    made = total(body["market_positions"], "realized_pnl_dollars")
    assert Decimal(await cash_of(bot)) == 1000 - held + made - engine


def total(rows: list[dict[str, str]], field: str) -> Decimal:
    """The sum of a column."""
    return sum((Decimal(row[field]) for row in rows), Decimal(0))
