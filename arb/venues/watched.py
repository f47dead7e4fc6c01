"""Venues as they are, with every call timed and counted: what breakers and objectives live on.

Nothing behaves differently: arguments, answers and errors pass as they are.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import attrs
import trio

from arb.market.errors import ArbError, Refused
from arb.market.instruments import Venue
from arb.market.units import Clock, Ns
from arb.messages import (
    Balance,
    Called,
    Fill,
    NewOrder,
    OrderKey,
    OrderRef,
    OrderState,
    Position,
    PreparedOrder,
    Settlement,
)
from arb.venues.protocols import Account, Orders, Socket, UserStream

Told = Callable[[Called], None]


@attrs.frozen
class Watch:
    """Times calls to one venue and tells of each, also of those that were given up."""

    venue: Venue
    told: Told
    now_ns: Clock

    @asynccontextmanager
    async def over(self, call: str) -> AsyncIterator[None]:
        """Watch one call. A refusal is an answer; a call that was cancelled is none."""
        started = trio.current_time()
        failure = "given up"
        try:
            yield
            failure = ""
        except Refused:
            failure = ""
            raise
        except ArbError as error:
            failure = f"{type(error).__name__}: {error}"[:200]
            raise
        except Exception as error:
            failure = f"{type(error).__name__}: {error}"[:200]
            raise
        finally:
            took_ns = round((trio.current_time() - started) * 1e9)
            self.told(Called(self.venue, call, took_ns, failure, self.now_ns()))


@attrs.frozen
class WatchedOrders:
    """The order side of a venue, watched."""

    inner: Orders
    watch: Watch

    @property
    def venue(self) -> Venue:
        """Which one."""
        return self.inner.venue

    def prepare(self, order: NewOrder) -> PreparedOrder:
        """As the venue does; nothing is sent, so nothing is watched."""
        return self.inner.prepare(order)

    async def send(self, prepared: PreparedOrder) -> OrderState:
        """As the venue does."""
        async with self.watch.over("send"):
            return await self.inner.send(prepared)

    async def cancel(self, ref: OrderRef) -> None:
        """As the venue does."""
        async with self.watch.over("cancel"):
            await self.inner.cancel(ref)

    async def read(self, ref: OrderRef) -> OrderState | None:
        """As the venue does."""
        async with self.watch.over("read"):
            return await self.inner.read(ref)

    async def read_many(self, refs: Sequence[OrderRef]) -> dict[OrderKey, OrderState]:
        """As the venue does."""
        async with self.watch.over("read_many"):
            return await self.inner.read_many(refs)

    async def open_orders(self) -> tuple[OrderState, ...]:
        """As the venue does."""
        async with self.watch.over("open_orders"):
            return await self.inner.open_orders()

    async def cancel_all(self) -> None:
        """As the venue does."""
        async with self.watch.over("cancel_all"):
            await self.inner.cancel_all()


@attrs.frozen
class WatchedAccount:
    """The private reads of a venue, watched."""

    inner: Account
    watch: Watch

    @property
    def venue(self) -> Venue:
        """Which one."""
        return self.inner.venue

    async def log_in(self) -> None:
        """As the venue does."""
        async with self.watch.over("log_in"):
            await self.inner.log_in()

    async def objections(self) -> tuple[str, ...]:
        """As the venue does."""
        async with self.watch.over("objections"):
            return await self.inner.objections()

    async def balances(self) -> tuple[Balance, ...]:
        """As the venue does."""
        async with self.watch.over("balances"):
            return await self.inner.balances()

    async def positions(self) -> tuple[Position, ...]:
        """As the venue does."""
        async with self.watch.over("positions"):
            return await self.inner.positions()

    async def settlements(self, since_ns: Ns) -> tuple[Settlement, ...]:
        """As the venue does."""
        async with self.watch.over("settlements"):
            return await self.inner.settlements(since_ns)

    async def fills(self, since_ns: Ns) -> tuple[Fill, ...]:
        """As the venue does."""
        async with self.watch.over("fills"):
            return await self.inner.fills(since_ns)

    def user_stream(self) -> UserStream:
        """As the venue does."""
        return self.inner.user_stream()

    def connect_user(self) -> AbstractAsyncContextManager[Socket]:
        """As the venue does; a feed watches its connection itself."""
        return self.inner.connect_user()
