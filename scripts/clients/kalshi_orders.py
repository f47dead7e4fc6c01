"""Kalshi: orders that are taken, changed and cancelled."""

import asyncio
import time
import uuid
from decimal import Decimal

from clients.kalshi_setup import CENT, ONE, STEP, Setup, number
from clients.operations import OnKalshi as Row
from clients.reporting import Mismatch, Refused, answers, expect

PATIENCE_S = 15.0
TWO_CENTS = Decimal("0.02")


class Orders(Setup):
    """The rows in which the venue does as asked."""

    @answers(Row.GTC)
    async def rests(self) -> str:
        placed = await self.place("bid", "0.0100")
        await self.api.cancel(placed.order_id)
        expect(number(placed, "remaining_count") == 10, placed)
        return "resting"

    @answers(Row.GTC_FILLS)
    async def fills_gtc(self) -> str:
        placed = await self.take(time_in_force="good_till_canceled")
        await self.api.cancel_all()
        return _filled(placed)

    @answers(Row.IOC)
    async def ioc(self) -> str:
        return _filled(await self.take())

    @answers(Row.IOC_EMPTY)
    async def ioc_empty(self) -> str:
        placed = await self.place("bid", "0.0100", time_in_force="immediate_or_cancel")
        expect(number(placed, "fill_count") == number(placed, "remaining_count") == 0, placed)
        status = (await self.api.order(placed.order_id)).status
        expect(status == "canceled", status)
        return "201, nothing filled, later reads say canceled"

    @answers(Row.FOK)
    async def fok(self) -> str:
        return _filled(await self.take(time_in_force="fill_or_kill"))

    @answers(Row.POST_ONLY)
    async def post_only(self) -> str:
        order_id = await self.rest(post_only=True)
        await self.api.cancel(order_id)
        return "resting"

    @answers(Row.EXPIRATION)
    async def expiration(self) -> str:
        order_id = await self.rest(expiration_time=int(time.time()) + 2)
        await asyncio.sleep(3.0)
        status = (await self.api.order(order_id)).status
        expect(status == "canceled", status)
        return "resting, then canceled when its time was over"

    @answers(Row.REDUCE_ONLY)
    async def reduce_only(self) -> str:
        await self.take()
        price = (await self.best())[0] - STEP
        placed = await self.place(
            "ask", price, "2.00", time_in_force="immediate_or_cancel", reduce_only=True
        )
        return _filled(placed)

    @answers(Row.FRACTION)
    async def fraction(self) -> str:
        placed = await self.take("1.25")
        expect(number(placed, "fill_count") == Decimal("1.25"), placed)
        return "1.25 contracts filled"

    @answers(Row.STP_TAKER)
    async def stp_taker(self) -> str:
        ticker, price, resting = await self._own_ask()
        placed = await self.place("bid", price, ticker=ticker)
        kept = (await self.api.order(resting)).status
        await self.api.cancel_all()
        expect(number(placed, "fill_count") == number(placed, "remaining_count") == 0, placed)
        expect(kept == "resting", kept)
        return "the taker ended unfilled, the resting order stayed"

    @answers(Row.STP_MAKER)
    async def stp_maker(self) -> str:
        ticker, price, resting = await self._own_ask()
        placed = await self.place("bid", price, ticker=ticker, self_trade_prevention_type="maker")
        gone = (await self.api.order(resting)).status
        await self.api.cancel_all()
        expect(gone == "canceled", gone)
        return f"the resting order was canceled, {number(placed, 'remaining_count')} rests instead"

    @answers(Row.BATCH)
    async def batch(self) -> str:
        ticker = await self.ticker()
        orders = [_order(ticker, "0.0100") for _ in range(3)] + [_order(ticker, "0.0101")]
        said = await self.api.place_many(orders)
        await self.api.cancel_all()
        expect([bool(one.error) for one in said] == [False, False, False, True], said)
        return f"three resting, the fourth alone refused: {said[3].error}"[:200]

    @answers(Row.GROUP)
    async def group(self) -> str:
        group = await self.api.group(100)
        order_id = await self.rest(order_group_id=group)
        inside = (await self.api.group_of(group)).orders
        everywhere = await self.api.groups()
        await self.api.cancel(order_id)
        expect(list(inside) == [order_id], inside)
        return f"one order inside, {len(everywhere)} groups"

    @answers(Row.GROUP_TRIGGER)
    async def group_trigger(self) -> str:
        group = await self.api.group(100)
        order_id = await self.rest(order_group_id=group)
        await self.api.group_do(group, "limit")
        await self.api.group_do(group, "trigger")
        status = (await self.api.order(order_id)).status
        expect(status == "canceled", status)
        refusal = await self.expect_refusal(self.rest(order_group_id=group), "group")
        await self.api.group_do(group, "reset")
        await self.rest(order_group_id=group)
        await self.api.group_do(group, "delete")
        expect(not await self.api.orders(status="resting"), "orders survive their group")
        return f"triggered: its order canceled, a new one told {refusal.text}"

    @answers(Row.AMEND)
    async def amend(self) -> str:
        order_id = await self.rest()
        body = {"ticker": await self.ticker(), "side": "bid", "price": "0.0200", "count": "12.00"}
        await self.api.amend(order_id, body)
        order = await self.api.order(order_id)
        await self.api.cancel(order_id)
        expect(number(order, "yes_price") == TWO_CENTS, order)
        expect(number(order, "remaining_count") == 12, order)
        return "10 at 0.01 became 12 at 0.02"

    @answers(Row.AMEND_WRONG)
    async def amend_wrong(self) -> Refused:
        order_id = await self.rest()
        body = {"ticker": await self.ticker(), "side": "ask", "price": "0.9900", "count": "9.00"}
        call = self.api.amend(order_id, body)
        said = await self.expect_refusal(call, "order_side_mismatch")
        await self.api.cancel(order_id)
        return said

    @answers(Row.DECREASE)
    async def decrease(self) -> str:
        order_id = await self.rest()
        by = await self.api.decrease(order_id, {"reduce_by": "3.00"})
        to = await self.api.decrease(order_id, {"reduce_to": "5.00"})
        await self.api.cancel(order_id)
        left = number(by, "remaining_count"), number(to, "remaining_count")
        expect(left == (Decimal(7), Decimal(5)), left)
        return "10, less 3: 7, to 5: 5"

    @answers(Row.CANCEL)
    async def cancel(self) -> str:
        order_id = await self.rest()
        said = await self.api.cancel(order_id)
        expect(said.order_id == order_id, said)
        expect(number(said, "reduced_by") == 10, said)
        return f"reduced by {said.reduced_by}"

    @answers(Row.CANCEL_MANY)
    async def cancel_many(self) -> str:
        ids = [await self.rest(), await self.rest()]
        ticker = await self.ticker()
        said = await self.api.cancel_many(
            [{"order_id": one, "market_ticker": ticker} for one in [*ids, str(uuid.uuid4())]]
        )
        expect([bool(one.error) for one in said] == [False, False, True], said)
        return f"two canceled, the unknown one: {said[2].error}"[:200]

    @answers(Row.CANCEL_ALL)
    async def cancel_all(self) -> str:
        await self.rest()
        await self.rest(ticker=await self.ticker(1))
        await self.api.cancel_all()
        left = await self.api.orders(status="resting")
        expect(not left, left)
        return "204, none left"

    @answers(Row.CANCEL_GONE)
    async def cancel_gone(self) -> Refused:
        order_id = await self.rest()
        await self.api.cancel(order_id)
        await self.expect_refusal(self.api.cancel(str(uuid.uuid4())), "not_found")
        return await self.expect_refusal(self.api.cancel(order_id), "not_found")

    @answers(Row.TRANSFER)
    async def transfer(self) -> str:
        before = await self._on_shard(2)
        said = await self.api.transfer(100_000, 0, 2)
        async with asyncio.timeout(PATIENCE_S):  # money between shards is on its way for a while
            while not (moved := await self._on_shard(2) - before):  # noqa: ASYNC110 - asks
                await asyncio.sleep(0.3)
        expect(moved == 10, moved)
        return f"10 dollars from shard 0 to 2, {said}"

    @answers(Row.SUBACCOUNTS)
    async def subaccounts(self) -> str:
        made, balances = await self.api.subaccount()
        return f"subaccount {made} made and paid a dollar, {len(balances)} balances"

    async def _on_shard(self, shard: int) -> Decimal:
        return number(await self.api.balance(exchange_index=shard), "balance_dollars")

    async def _own_ask(self) -> tuple[str, Decimal, str]:
        """Offer inside a spread, so that a bid at that price meets nobody else first."""
        for place in await self.found():
            yes, no = await self.api.book(place.ticker)
            if yes and no and ONE - no[-1][0] - yes[-1][0] >= 2 * CENT:
                price = yes[-1][0] + CENT
                placed = await self.place("ask", price, ticker=place.ticker, post_only=True)
                return place.ticker, price, str(placed.order_id)
        raise Mismatch("no market has room inside its spread now")


def _filled(placed: object) -> str:
    filled = number(placed, "fill_count")
    expect(filled == 2, placed)
    price, fee = number(placed, "average_fill_price"), number(placed, "average_fee_paid")
    return f"{filled} at {price}, fee {fee} each"


def _order(ticker: str, price: str) -> dict[str, str]:
    return {
        "ticker": ticker,
        "client_order_id": str(uuid.uuid4()),
        "side": "bid",
        "count": "10.00",
        "price": price,
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
    }
