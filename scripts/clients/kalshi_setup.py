"""A trader on Kalshi: what the rows start from, and the verbs that each client spells its own way."""

import uuid
from collections.abc import Awaitable
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple, Protocol

from clients.operator_door import Door
from clients.reporting import Refused, expect, refused_async

ONE = Decimal(1)
LOWEST, HIGHEST = Decimal("0.15"), Decimal("0.85")
"""Markets with prices between have room for resting orders on both sides."""


CENT = Decimal("0.01")
STEP = Decimal("0.05")
"""Added to the best ask: a bid at this price fills though the book moves meanwhile."""
LOOKED_AT = 20
"""Books that are read to find good ones."""


class Place(NamedTuple):
    """A market to trade in: a cent grid, and a price far from both ends."""

    ticker: str
    event: str
    shard: int


class Verbs(Protocol):
    """What the rows ask of a client. Bodies and queries have the venue's own names."""

    errors: type[Exception]

    def words(self, error: Exception) -> str: ...
    async def place(self, order: dict[str, Any]) -> Any: ...
    async def place_many(self, orders: list[dict[str, Any]]) -> list[Any]: ...
    async def cancel(self, order_id: str) -> Any: ...
    async def cancel_many(self, orders: list[dict[str, Any]]) -> list[Any]: ...
    async def cancel_all(self) -> None: ...
    async def amend(self, order_id: str, body: dict[str, Any]) -> Any: ...
    async def decrease(self, order_id: str, body: dict[str, Any]) -> Any: ...
    async def order(self, order_id: str) -> Any: ...
    async def orders(self, **query: Any) -> list[Any]: ...
    async def queue(self, order_id: str, ticker: str) -> tuple[Any, list[Any]]: ...
    async def fills(self, **query: Any) -> list[Any]: ...
    async def positions(self, **query: Any) -> list[Any]: ...
    async def balance(self, **query: Any) -> Any: ...
    async def settlements(self, **query: Any) -> list[Any]: ...
    async def money_moves(self) -> tuple[list[Any], list[Any]]: ...
    async def transfer(self, amount: int, source: int, destination: int) -> str: ...
    async def subaccount(self) -> tuple[int, list[Any]]: ...
    async def exchange(self) -> tuple[Any, Any, Any]: ...
    async def series(self, ticker: str = "") -> Any: ...
    async def events(self, **query: Any) -> list[Any]: ...
    async def event(self, ticker: str) -> Any: ...
    async def markets(self, **query: Any) -> tuple[list[Any], str]: ...
    async def market(self, ticker: str) -> Any: ...
    async def fee_changes(self) -> int: ...
    async def book(self, ticker: str) -> tuple[list[Any], list[Any]]: ...
    async def books(self, tickers: list[str]) -> list[Any]: ...
    async def trades(self, ticker: str) -> list[Any]: ...
    async def candles(self, series: str, ticker: str, start: int, end: int) -> list[Any]: ...
    async def limits(self) -> tuple[Any, Any]: ...
    async def keys(self) -> list[Any]: ...
    async def historical(self) -> tuple[Any, list[Any], list[Any]]: ...
    async def group(self, limit: int) -> str: ...
    async def group_of(self, group_id: str) -> Any: ...
    async def groups(self) -> list[Any]: ...
    async def group_do(self, group_id: str, what: str) -> None: ...
    async def strangers(self) -> tuple["Verbs", "Verbs"]: ...
    async def close(self) -> None: ...


class Setup:
    """One trader with one client."""

    def __init__(self, venues: dict[str, Any], api: Verbs) -> None:
        """Take the verbs; markets are looked for when a row first needs one."""
        self.venues = venues
        self.venue = venues["kalshi"]
        self.api = api
        self.door = Door(venues)
        self._found: list[Place] = []
        self.ending = ""
        """The market that was decided at the start."""

    async def close(self) -> None:
        """Let go of the connections."""
        await self.api.close()

    async def found(self) -> list[Place]:
        """Markets of the first shard with room inside the spread, the deepest first."""
        if not self._found:
            depths = {}
            main = [place for place in await self.places() if place.shard == 0]
            for place in main[:LOOKED_AT]:
                yes, no = await self.api.book(place.ticker)
                if yes and no and ONE - no[-1][0] - yes[-1][0] >= 2 * CENT:
                    depths[place] = min(sum(count for _, count in side) for side in (yes, no))
            self._found = sorted(depths, key=lambda place: depths[place], reverse=True)
        return self._found

    async def begin(self) -> None:
        """Buy in a game and have it decided: games are paid soonest, a minute after that."""
        twins = [pair["kalshi"].partition(":")[2] for pair in self.venues["pairs"]]
        for ticker in [one for one in twins if "GAME-" in one]:
            yes, no = await self.api.book(ticker)
            if yes and no and no[-1][0] > 2 * STEP:
                self.ending = ticker
                await self.take("2.00", ticker=ticker)
                self.door.do("/resolve", {"market": ticker, "venue": "kalshi", "payout": "1"})
                return

    async def take(self, count: str = "2.00", *, ticker: str = "", **more: Any) -> Any:
        """Buy YES at once, somewhat above the best ask."""
        ticker = ticker or await self.ticker()
        price = (await self.best(ticker))[1].quantize(CENT, ROUND_CEILING) + STEP
        fields = {"ticker": ticker, "time_in_force": "immediate_or_cancel", **more}
        return await self.place("bid", price, count, **fields)

    async def places(self) -> list[Place]:
        """Every market to trade in, as the venue lists them."""
        markets, _ = await self.api.markets(limit=1000, status="open")
        return [
            Place(one.ticker, one.event_ticker, one.exchange_index)
            for one in markets
            if LOWEST < number(one, "yes_bid") < HIGHEST
            and one.price_level_structure == "linear_cent"
        ]

    async def ticker(self, place: int = 0) -> str:
        """Name a market to trade in."""
        return (await self.found())[place].ticker

    async def best(self, ticker: str = "") -> tuple[Decimal, Decimal]:
        """Best bid and ask for YES."""
        yes, no = await self.api.book(ticker or await self.ticker())
        expect(yes and no, f"a side of {ticker} is empty")
        return yes[-1][0], ONE - no[-1][0]

    async def place(self, side: str, price: object, count: str = "10.00", **more: Any) -> Any:
        """Place an order; where nothing else is said, GTC in the first market."""
        order = {
            "ticker": await self.ticker(),
            "client_order_id": str(uuid.uuid4()),
            "side": side,
            "count": count,
            "price": f"{price:.4f}" if isinstance(price, Decimal) else str(price),
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross",
        }
        return await self.api.place({**order, **more})

    async def rest(self, count: str = "10.00", **more: Any) -> str:
        """Leave a bid of a cent on the book; returns its id."""
        placed = await self.place("bid", "0.0100", count, **more)
        return str(placed.order_id)

    async def refused(self, words: str, side: str, price: object, **more: Any) -> Refused:
        """Expect an order to be refused with these words."""
        return await self.expect_refusal(self.place(side, price, **more), words)

    async def expect_refusal(self, call: Awaitable[object], words: str) -> Refused:
        """Expect a call to be refused with these words."""
        return await refused_async(call, words, self.api.errors, self.api.words)


def number(thing: Any, name: str) -> Decimal:
    """Read a number that one client calls by the wire's name and the other by a shorter one."""
    for suffix in ("", "_fp", "_dollars"):
        value = getattr(thing, name + suffix, None)
        if value is not None:
            return Decimal(str(value))
    raise AttributeError(f"{type(thing).__name__} has no {name}")
