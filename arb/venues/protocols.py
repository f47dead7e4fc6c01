"""What a venue is to the rest of the program: a small fixed set of calls.

Every call raises `Refused` (the venue said no, with its words), `Unreachable` (no answer, or one
that leaves open what happened) or `Unintelligible` (an answer that cannot be read). Deadlines
belong to the caller: a cancel scope around the call.
"""

import enum
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from arb.market.book import BookView
from arb.market.instruments import Catalogue, Market, Venue
from arb.market.units import Ns
from arb.messages import (
    Balance,
    BookChange,
    Fill,
    NewOrder,
    OrderKey,
    OrderRef,
    OrderState,
    Position,
    PreparedOrder,
    Settlement,
    Turn,
    TurnId,
)
from arb.trade.turning import Redeemable, Wish


class Socket(Protocol):
    """One open WebSocket connection. Raises `Unreachable` once it is closed, by whomever."""

    async def send(self, text: str) -> None:
        """Send one text frame."""
        ...

    async def receive(self) -> str | bytes:
        """Wait for the next frame."""
        ...

    async def receive_batch(self) -> list[str | bytes]:
        """Wait for frames; takes those that have arrived, in order, at least one.

        The list is the caller's. Others run before it returns, even if frames are there already.
        A library that hands out one frame at a time makes batches of one.
        """
        ...


class Sockets(Protocol):
    """Opens WebSocket connections; the one place that knows the library."""

    def open(
        self, url: str, headers: Sequence[tuple[str, str]] = ()
    ) -> AbstractAsyncContextManager[Socket]:
        """Connect; raises `Unreachable`, or `Refused` where the handshake is answered with 4xx."""
        ...


class BookStream(Protocol):
    """The conversation on one market-data connection, without I/O.

    `counts` tells frames by kind and what was skipped by reason; nothing unknown is guessed and
    nothing malformed raises.
    """

    counts: Counter[str]
    keepalive_s: float
    """How often `keepalive()` must be sent; 0 where the venue wants nothing."""

    def opening(self) -> list[str]:
        """Frames to send once connected. Starts a new conversation: everything is forgotten."""
        ...

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[BookChange]:
        """Read one frame; returns the changes it brings, in order."""
        ...

    def resync(self, markets: Sequence[Market]) -> list[BookChange]:
        """Ask for new snapshots of these markets with the next `replies()`.

        Returns what breaks until they come: books whose changes are not told meanwhile.
        """
        ...

    def replies(self) -> list[str]:
        """Frames that the conversation wants sent now. Each is returned once."""
        ...

    def keepalive(self) -> str:
        """The frame that keeps the connection open."""
        ...


class MarketData(Protocol):
    """The public side of a venue."""

    @property
    def venue(self) -> Venue:
        """Which one."""
        ...

    async def discover(self) -> Catalogue:
        """Read every open event and market. What cannot be traded safely is left out, counted."""
        ...

    async def relist(self) -> Catalogue:
        """Read every open event and market again, while running: by the lists alone.

        Cheaper than `discover` where that asks a second witness about each market, and so good
        only to see what has changed.
        """
        ...

    def shards(self, markets: Sequence[Market]) -> list[tuple[Market, ...]]:
        """Split markets over as many connections as the venue's limits ask for."""
        ...

    def book_stream(self, markets: Sequence[Market]) -> BookStream:
        """Start the conversation for one shard."""
        ...

    def connect_books(self) -> AbstractAsyncContextManager[Socket]:
        """Open one market-data connection."""
        ...

    async def book(self, market: Market) -> BookView:
        """Read one book now, by REST."""
        ...


class Orders(Protocol):
    """The order side of a venue."""

    @property
    def venue(self) -> Venue:
        """Which one."""
        ...

    def prepare(self, order: NewOrder) -> PreparedOrder:
        """Check an order against its market's rules, encode and sign it. Sends nothing.

        Raises Refused (OffGrid and others) where it breaks a rule.
        """
        ...

    async def send(self, prepared: PreparedOrder) -> OrderState:
        """Send exactly `prepared.body`. Never retries. `Unreachable`: the order may be live."""
        ...

    async def cancel(self, ref: OrderRef) -> None:
        """Take what rests of an order off the book.

        Returns quietly where there is nothing left to cancel: read the order for its end.
        """
        ...

    async def read(self, ref: OrderRef) -> OrderState | None:
        """Ask for an order; None where the venue knows of none (reads may lag writes)."""
        ...

    async def read_many(self, refs: Sequence[OrderRef]) -> dict[OrderKey, OrderState]:
        """Ask for many orders in few calls, where the venue has such a call.

        What is missing was not found that way: `read` it.
        """
        ...

    async def open_orders(self) -> tuple[OrderState, ...]:
        """Every order of this account that still rests or is held."""
        ...

    async def cancel_all(self) -> None:
        """Take everything of this account off the books."""
        ...


class TurnState(enum.Enum):
    """How far a transaction is that turns contracts into cash."""

    UNHEARD = "unheard"
    """The venue knows of none."""
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    """Nothing was done, and nothing will be."""


class Turning(Protocol):
    """The side of a venue that turns contracts into cash, where it does not do so by itself."""

    @property
    def venue(self) -> Venue:
        """Which one."""
        ...

    async def prepare(self, wish: Wish, turn: TurnId) -> Turn:
        """Encode and sign what a wish needs. Nothing that moves money is sent."""
        ...

    async def send(self, turn: Turn) -> None:
        """Send exactly `turn.body`, once. `Unreachable`: it may be done."""
        ...

    async def look(self, turn: Turn) -> TurnState:
        """Ask how far it is, by our own identity."""
        ...

    async def redeemable(self) -> tuple[Redeemable, ...]:
        """What is held of resolved markets and pays."""
        ...


class Permits(Protocol):
    """What an account may do on a venue, asked by those who look before trading."""

    @property
    def venue(self) -> Venue:
        """Which one."""
        ...

    async def lacks(self) -> tuple[str, ...]:
        """Name what is missing to trade: scopes, allowances. Raises as every call."""
        ...


class DeadMan(Protocol):
    """A switch of a venue that takes our orders away, or bounds them, once we fall silent."""

    @property
    def venue(self) -> Venue:
        """Which one."""
        ...

    async def renew(self) -> None:
        """Arm it, or keep it from falling for another while. Raises as every call."""
        ...


class UserStream(Protocol):
    """The conversation on the private connection, without I/O; as `BookStream`."""

    counts: Counter[str]
    keepalive_s: float

    def opening(self) -> list[str]:
        """Frames to send once connected."""
        ...

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[Fill | OrderState]:
        """Read one frame; the same fill may come several times as it becomes firm."""
        ...

    def replies(self) -> list[str]:
        """Frames to send now."""
        ...

    def keepalive(self) -> str:
        """The frame that keeps the connection open."""
        ...


class Account(Protocol):
    """The private reads of a venue."""

    @property
    def venue(self) -> Venue:
        """Which one."""
        ...

    async def log_in(self) -> None:
        """Make the credentials ready (derive API keys, ...). Called once, before all else."""
        ...

    async def objections(self) -> tuple[str, ...]:
        """Why orders may not be sent from here now, in words; empty where nothing says so.

        Geoblock, closed-only accounts, a paused exchange, an unknown protocol version, a clock
        too far off.
        """
        ...

    async def balances(self) -> tuple[Balance, ...]:
        """Cash, pool by pool."""
        ...

    async def positions(self) -> tuple[Position, ...]:
        """Contracts held that can still pay, market by market, zeros left out."""
        ...

    async def settlements(self, since_ns: Ns) -> tuple[Settlement, ...]:
        """Resolved markets whose contracts are cash, or worth nothing, since then; oldest first.

        May repeat what was told before.
        """
        ...

    async def fills(self, since_ns: Ns) -> tuple[Fill, ...]:
        """Fills since then, oldest first; may repeat what the stream told."""
        ...

    def user_stream(self) -> UserStream:
        """Start the conversation of the private connection."""
        ...

    def connect_user(self) -> AbstractAsyncContextManager[Socket]:
        """Open the private connection."""
        ...
