"""What holds whatever members do."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import trio
import trio.testing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arb.market.units import Px
from arb.sim.kalshi.listing import market_id

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk, OpenDesk

ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["bot", "other", "maker"]),
        st.sampled_from(["bid", "ask"]),
        st.integers(1, 2_000),  # hundredths of a contract
        st.integers(35, 65),  # cents
        st.sampled_from(["good_till_canceled", "immediate_or_cancel", "fill_or_kill"]),
        st.sampled_from(["taker_at_cross", "maker"]),
    ),
    min_size=1,
    max_size=25,
)


class Copy:
    """A book kept from frames alone, in the prices of the frames."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[Decimal, Decimal]] = {"yes": {}, "no": {}}
        self.seq = 0

    def hear(self, frame: dict[str, Any]) -> None:
        assert frame["seq"] == self.seq + 1
        self.seq = frame["seq"]
        msg = frame["msg"]
        if frame["type"] == "orderbook_snapshot":
            for side, levels in self.sides.items():
                rows: Sequence[tuple[str, str]] = msg.get(f"{side}_dollars_fp", [])
                levels.update({Decimal(px): Decimal(qty) for px, qty in rows})
            return
        level, px = self.sides[msg["side"]], Decimal(msg["price_dollars"])
        level[px] = level.get(px, Decimal(0)) + Decimal(msg["delta_fp"])
        assert level[px] >= 0
        if not level[px]:
            del level[px]


def as_book(rows: Sequence[tuple[str, str]], *, flip: bool = False) -> dict[Decimal, Decimal]:
    return {(1 - Decimal(px) if flip else Decimal(px)): Decimal(qty) for px, qty in rows}


async def trade(desk: "Desk", actions: list[Any]) -> None:
    for name, side, lots, cents, tif, self_trade in actions:
        said = await desk.client(name).order(
            "SIMM-1-H",
            side,
            f"{lots / 100:.2f}",
            f"0.{cents}",
            time_in_force=tif,
            self_trade_prevention_type=self_trade,
        )
        assert said.status in {201, 400, 409}, said


@given(actions=ACTIONS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_frames_rebuild_the_book_and_money_adds_up(
    open_desk: "OpenDesk", actions: list[Any]
) -> None:
    """Snapshot and deltas equal the REST book in both price modes; cash is only moved and charged.

    After everything is settled, what the members have is what they had, less all fees.
    """
    async with trio.open_nursery() as home:
        desk = open_desk(home=home)
        copies = await copy_books(desk, actions)
        book = (await desk.client().get("/markets/SIMM-1-H/orderbook"))["orderbook_fp"]
        await check_records(desk)
        home.cancel_scope.cancel(reason="example over")
    for copy, flip in zip(copies, (False, True), strict=True):
        assert copy.sides["yes"] == as_book(book["yes_dollars"])
        assert copy.sides["no"] == as_book(book["no_dollars"], flip=flip)
    check_money(desk)


async def copy_books(desk: "Desk", actions: list[Any]) -> list[Copy]:
    """Trade, and keep two books from frames: one in NO prices, one in YES prices."""
    copies = [Copy(), Copy()]
    async with desk.listen("bot") as plain, desk.listen("other") as flipped:
        both = list(zip((plain, flipped), copies, (False, True), strict=True))
        for frames, _, yes_price in both:
            await frames.say(
                "subscribe",
                channels=["orderbook_delta"],
                market_tickers=["SIMM-1-H"],
                use_yes_price=yes_price,
            )
            await frames.hear()
        await trade(desk, actions)
        for frames, copy, _ in both:
            for frame in await frames.hear_all():
                copy.hear(frame)
    return copies


async def check_records(desk: "Desk") -> None:
    """Fills add up to orders, orders to positions, and the engine agrees."""
    for name in ("bot", "other", "maker"):
        client = desk.client(name)
        fills = (await client.get("/portfolio/fills", limit=1000))["fills"]
        orders = (await client.get("/portfolio/orders", limit=1000))["orders"]
        rows = (await client.get("/portfolio/positions"))["market_positions"]
        fees = Decimal(desk.exchange.fees_paid(name)).scaleb(-6)
        assert sum(Decimal(fill["fee_cost"]) for fill in fills) == fees
        taken = sum(Decimal(row["taker_fees_dollars"]) for row in orders)
        made = sum(Decimal(row["maker_fees_dollars"]) for row in orders)
        assert taken + made == fees
        for order in orders:
            mine = [fill for fill in fills if fill["order_id"] == order["order_id"]]
            filled = sum(Decimal(fill["count_fp"]) for fill in mine)
            assert filled == Decimal(order["fill_count_fp"])
        yes, no = desk.exchange.position(name, market_id("SIMM-1-H"))
        held = Decimal(rows[0]["position_fp"]) if rows else Decimal(0)
        assert held == Decimal(yes - no).scaleb(-6)
        nets = [
            fill["count_fp"] if fill["book_side"] == "bid" else "-" + fill["count_fp"]
            for fill in fills
        ]
        assert sum(map(Decimal, nets)) == held


def check_money(desk: "Desk") -> None:
    names = ("bot", "other", "maker", "flow")
    interest = desk.face.board.markets["SIMM-1-H"].open_interest
    longs = sum(desk.exchange.position(name, market_id("SIMM-1-H"))[0] for name in names)
    assert interest == longs
    desk.exchange.resolve(market_id("SIMM-1-H"), Px(1_000_000))
    cash = sum(sum(desk.exchange.cash(name).values()) for name in names)
    fees = sum(desk.exchange.fees_paid(name) for name in names)
    start = 2 * 1_000_000 + 1_000 + 50 + 1_000 + 2 * 100_000
    assert cash + fees == start * 1_000_000


async def test_seeds_and_time_repeat(
    open_desk: "OpenDesk", autojump_clock: trio.testing.MockClock
) -> None:
    """The same orders on the same seed give the same frames, byte for byte."""
    heard = []
    for _ in range(2):
        desk = open_desk()
        desk.offset_ns = -round(autojump_clock.current_time() * 1e9)
        async with desk.listen("bot") as frames:
            await frames.say("subscribe", channels=["user_orders", "fill", "trade"])
            actions = [
                ("maker", "bid", 500, 45, "good_till_canceled", "maker"),
                ("bot", "ask", 300, 45, "immediate_or_cancel", "maker"),
            ]
            await trade(desk, actions)
            await trio.sleep(3)
            heard.append(await frames.hear_all())
    assert heard[0] == heard[1]
    assert len(heard[0]) == 6
