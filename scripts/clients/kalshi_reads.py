"""Kalshi: everything that only reads, and the refusals of reads."""

import time

from clients.kalshi_setup import Setup, number
from clients.operations import OnKalshi as Row
from clients.reporting import Absent, Refused, answers, expect

HOUR_S = 3_600


class Reads(Setup):
    """The rows that change nothing."""

    @answers(Row.STATUS)
    async def status(self) -> str:
        status, schedule, stamp = await self.api.exchange()
        expect(status.exchange_active and status.trading_active, status)
        return f"active; schedule and data timestamp read: {bool(schedule)}, {bool(stamp)}"

    @answers(Row.SERIES)
    async def series(self) -> str:
        listed = await self.api.series()
        one = await self.api.series(listed[0].ticker)
        expect(one.ticker == listed[0].ticker, one)
        return f"{len(listed)} series, {one.ticker}: {one.fee_type}"

    @answers(Row.EVENTS)
    async def events(self) -> str:
        plain = await self.api.events(limit=200)
        nested = await self.api.events(limit=200, with_nested_markets=True)
        one = await self.api.event(plain[0].event_ticker)
        expect(all(event.markets for event in nested), "an event without markets")
        expect(one.event_ticker == plain[0].event_ticker, one)
        return f"{len(plain)} events, {sum(len(event.markets) for event in nested)} markets inside"

    @answers(Row.MARKETS)
    async def markets(self) -> Absent | str:
        everything, _ = await self.api.markets(limit=1000)
        opened, _ = await self.api.markets(limit=1000, status="open")
        event = opened[0].event_ticker
        here, _ = await self.api.markets(event_ticker=event)
        expect({one.event_ticker for one in here} == {event}, here)
        return f"{len(everything)} markets, {len(opened)} open, {len(here)} of one event"

    @answers(Row.PAGES)
    async def pages(self) -> str:
        seen: list[str] = []
        cursor, pages = "", 0
        while pages == 0 or cursor:
            query = {"cursor": cursor} if cursor else {}
            markets, cursor = await self.api.markets(limit=20, **query)
            seen += [market.ticker for market in markets]
            pages += 1
        expect(len(seen) == len(set(seen)) and pages > 1, f"{pages} pages, {len(seen)} markets")
        return f"{len(seen)} markets in {pages} pages, none twice"

    @answers(Row.ONE_MARKET)
    async def one_market(self) -> Absent | str:
        market = await self.api.market(await self.ticker())
        ranges = market.price_ranges
        expect(ranges, market)
        return (
            f"{market.price_level_structure}, step {ranges[0].step}, shard {market.exchange_index}"
        )

    @answers(Row.FEE_CHANGES)
    async def fee_changes(self) -> str:
        return f"{await self.api.fee_changes()} changes"

    @answers(Row.BOOK)
    async def book(self) -> str:
        yes, no = await self.api.book(await self.ticker())
        expect(yes == sorted(yes) and no == sorted(no), (yes, no))
        expect(yes[-1][0] + no[-1][0] < 1, (yes, no))
        return f"{len(yes)} bids for YES, {len(no)} for NO, best last"

    @answers(Row.BOOKS)
    async def books(self) -> str:
        wanted = [await self.ticker(), await self.ticker(1)]
        books = await self.api.books(wanted)
        expect(sorted(book.ticker for book in books) == sorted(wanted), books)
        return f"{len(books)} books"

    @answers(Row.PUBLIC_TRADES)
    async def public_trades(self) -> str:
        trades = await self.api.trades(self.ending)
        expect(trades, f"no trades in {self.ending}, though this driver bought there")
        return f"{len(trades)} trades"

    @answers(Row.CANDLES)
    async def candles(self) -> str:
        place = (await self.found())[0]
        event = await self.api.event(place.event)
        now = int(time.time())
        span = now - HOUR_S, now
        candles = await self.api.candles(event.series_ticker, place.ticker, *span)
        return f"{len(candles)} candles of a minute"

    @answers(Row.UNKNOWN_MARKET)
    async def unknown_market(self) -> Refused:
        return await self.expect_refusal(self.api.market("KXNOSUCH-1"), "not found")

    @answers(Row.BAD_FILTER)
    async def bad_filter(self) -> Refused:
        return await self.expect_refusal(self.api.markets(status="active"), "status")

    @answers(Row.LIMITS)
    async def limits(self) -> str:
        limits, costs = await self.api.limits()
        return f"tier {limits.usage_tier}, {len(costs.endpoint_costs)} endpoints with other costs"

    @answers(Row.KEYS)
    async def keys(self) -> str:
        keys = await self.api.keys()
        expect(keys, "no keys")
        return f"{len(keys)} keys"

    @answers(Row.BAD_SIGNATURE)
    async def bad_signature(self) -> Refused:
        return await self._stranger(0, "INCORRECT_API_KEY_SIGNATURE")

    @answers(Row.UNKNOWN_KEY)
    async def unknown_key(self) -> Refused:
        return await self._stranger(1, "NOT_FOUND")

    @answers(Row.ORDER)
    async def order(self) -> str:
        order_id = await self.rest()
        order = await self.api.order(order_id)
        await self.api.cancel(order_id)
        expect((order.status, order.book_side) == ("resting", "bid"), order)
        expect(number(order, "remaining_count") == 10, order)
        return f"{order.status} {order.book_side} {number(order, 'yes_price')}"

    @answers(Row.ORDERS)
    async def orders(self) -> str:
        order_id, ticker = await self.rest(), await self.ticker()
        resting = await self.api.orders(ticker=ticker, status="resting")
        await self.api.cancel(order_id)
        canceled = await self.api.orders(ticker=ticker, status="canceled")
        executed = await self.api.orders(status="executed")
        expect(order_id in [one.order_id for one in resting], resting)
        expect(order_id in [one.order_id for one in canceled], canceled)
        return f"{len(resting)} resting, {len(canceled)} canceled, {len(executed)} executed"

    @answers(Row.QUEUE)
    async def queue(self) -> str:
        order_id = await self.rest()
        ahead, everywhere = await self.api.queue(order_id, await self.ticker())
        await self.api.cancel(order_id)
        expect(order_id in [one.order_id for one in everywhere], everywhere)
        return f"{ahead} ahead, {len(everywhere)} listed"

    @answers(Row.FILLS)
    async def fills(self) -> str:
        fills = await self.api.fills(ticker=await self.ticker())
        expect(fills, "no fills, though orders filled")
        one = fills[0]
        expect(one.fill_id == one.trade_id, one)
        return f"{len(fills)} fills, the last {number(one, 'count')} for a fee of {one.fee_cost}"

    @answers(Row.POSITIONS)
    async def positions(self) -> str:
        ticker = await self.ticker()
        held = [one for one in await self.api.positions() if one.ticker == ticker]
        expect(held, "no position, though orders filled")
        return f"{number(held[0], 'position')} of {ticker}"

    @answers(Row.BALANCE)
    async def balance(self) -> str:
        balance = await self.api.balance()
        shards = balance.balance_breakdown or []
        total = sum(number(one, "balance") for one in shards)
        expect(total == number(balance, "balance_dollars"), balance)
        one = await self.api.balance(exchange_index=0)
        return f"{total} dollars, {number(one, 'balance_dollars')} of them on shard 0"

    @answers(Row.SETTLEMENTS)
    async def settlements(self) -> str:
        return f"{len(await self.api.settlements())} settlements"

    @answers(Row.MONEY_MOVES)
    async def money_moves(self) -> str:
        deposits, withdrawals = await self.api.money_moves()
        return f"{len(deposits)} deposits, {len(withdrawals)} withdrawals"

    @answers(Row.HISTORICAL)
    async def historical(self) -> str:
        cutoff, fills, orders = await self.api.historical()
        expect(cutoff is not None, "no cutoff")
        return f"cutoff read, {len(fills)} fills, {len(orders)} orders"

    async def _stranger(self, which: int, words: str) -> Refused:
        """Ask with a wrong key (0) or as an unknown one (1)."""
        strangers = await self.api.strangers()
        said = await self.expect_refusal(strangers[which].balance(), words)
        for stranger in strangers:
            await stranger.close()
        return said
