"""News out: from what happened to the frames of every connection that wants to hear of it.

A message is written once and shared; only the envelope with its numbers differs by connection.
"""

from collections import Counter
from typing import Protocol

import attrs

from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi import frames
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.board import Board, MarketState
from arb.sim.kalshi.channels import Channel, Subscription, encode
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.groups import OrderGroup
from arb.sim.kalshi.listing import market_id
from arb.sim.kalshi.records import FillRow, OrderRecord
from arb.sim.kalshi.stakes import Stake
from arb.sim.kalshi.subscriptions import Session
from arb.sim.kalshi.tape import Print


class Connection(Protocol):
    """One open socket."""

    session: Session

    def push(self, text: str) -> None:
        """Queue a frame; hangs up by itself where the client is too slow."""
        ...


@attrs.define
class Faults:
    """What the streams are told to get wrong."""

    drop_deltas: int = 0
    """So many of the next book changes are lost after they were counted: a gap in `seq`."""


@attrs.frozen
class Owner:
    """Whose private news it is."""

    member: Member
    subaccount: int

    def reads(self, session: Session) -> bool:
        """Say whether a connection may hear it."""
        key = session.key
        return key.member == self.member and key.subaccount in (None, self.subaccount)


Reader = tuple[Connection, Subscription]


@attrs.define(eq=False)
class Broadcast:
    """Knows every connection. Answers `Desk` too: both need the books."""

    exchange: Exchange
    board: Board
    now_ns: Clock
    faults: Faults = attrs.field(factory=Faults)
    connections: list[Connection] = attrs.field(factory=list)
    counts: Counter[str] = attrs.field(factory=Counter)
    """Connections opened, closed and hung up on; frames lost on purpose."""

    # --- what conversations ask -----------------------------------------------------------------

    def knows(self, ticker: str) -> bool:
        """Say whether a market is listed."""
        return ticker in self.board.markets

    def ticker_of(self, market_uuid: str) -> str | None:
        """The ticker of a `market_id`."""
        return self.board.by_uuid.get(market_uuid)

    def snapshot(self, ticker: str, *, yes_price: bool) -> Fields:
        """The message of a market's whole book."""
        book = self.exchange.levels(market_id(ticker))
        return frames.snapshot(self.board.markets[ticker], book, yes_price=yes_price)

    def ticker(self, ticker: str) -> Fields:
        """The message of a market's best prices."""
        return frames.ticker(self.board.markets[ticker], self.now_ns())

    # --- public news ----------------------------------------------------------------------------

    def book(self, level: frames.LevelChange, record: OrderRecord | None) -> None:
        """A level changed; the member whose order did it is told by which one."""
        written: dict[tuple[bool, bool], str] = {}
        for connection, subscription in self._readers(Channel.ORDERBOOK, level.state.facts.ticker):
            owns = record is not None and _owner(record).reads(connection.session)
            variant = (subscription.yes_price, owns)
            if variant not in written:
                written[variant] = _write_delta(level, record, *variant)
            text = connection.session.data(subscription, "orderbook_delta", written[variant])
            self._push_delta(connection, text)

    def best_prices(self, state: MarketState) -> None:
        """The best prices changed, or there was a trade."""
        readers = self._readers(Channel.TICKER, state.facts.ticker)
        if readers:
            _send(readers, "ticker", frames.ticker(state, self.now_ns()))

    def trade(self, made: Print) -> None:
        """Somebody traded."""
        readers = self._readers(Channel.TRADE, made.ticker)
        if readers:
            _send(readers, "trade", frames.trade(made))

    def market(self, state: MarketState, kind: str, **more: object) -> None:
        """Something happened to a market other than trading."""
        self._tell_of_market(state, frames.market_event(kind, state.facts, **more))

    def listed(self, state: MarketState) -> None:
        """A market is new."""
        self._tell_of_market(
            state, frames.market_created(state, self.board.events[state.facts.event])
        )

    def listed_event(self, ticker: str) -> None:
        """An event is new."""
        msg = frames.event_created(self.board.events[ticker])
        _send(self._readers(Channel.LIFECYCLE, ticker), "event_lifecycle", msg)

    def event_fees(self, ticker: str) -> None:
        """An event's fee override was set or cleared."""
        msg = frames.event_fees(self.board.events[ticker])
        _send(self._readers(Channel.LIFECYCLE, ticker), "event_fee_update", msg)

    # --- private news ---------------------------------------------------------------------------

    def fill(self, row: FillRow) -> None:
        """A member's order was filled."""
        record = row.record
        readers = self._readers(Channel.FILL, record.terms.ticker, _owner(record))
        if readers:
            _send(readers, "fill", frames.fill(row))

    def position(self, owner: Owner, stake: Stake) -> None:
        """A member's position changed."""
        readers = self._readers(Channel.MARKET_POSITIONS, stake.ticker, owner)
        if readers:
            msg = frames.position(owner.member.user_id, owner.subaccount, stake)
            _send(readers, "market_position", msg)

    def order(self, record: OrderRecord) -> None:
        """A member's order changed."""
        readers = self._readers(Channel.USER_ORDERS, record.terms.ticker, _owner(record))
        if readers:
            _send(readers, "user_order", frames.user_order(record))

    def order_group(self, group: OrderGroup, kind: str) -> None:
        """Something happened to a member's order group."""
        owner = Owner(group.member, group.subaccount)
        readers = self._readers(Channel.ORDER_GROUPS, "", owner)
        if readers:
            _send(readers, Channel.ORDER_GROUPS, frames.order_group(group, kind, self.now_ns()))

    def _tell_of_market(self, state: MarketState, msg: Fields) -> None:
        channel = Channel.COMBO_LIFECYCLE if state.facts.combo else Channel.LIFECYCLE
        _send(self._readers(channel, state.facts.ticker), channel, msg)

    def _readers(self, channel: Channel, ticker: str, owner: Owner | None = None) -> list[Reader]:
        """Every connection that follows a market on a channel, and may."""
        readers = []
        for connection in self.connections:
            subscription = connection.session.find(channel, ticker)
            if subscription is not None and (owner is None or owner.reads(connection.session)):
                readers.append((connection, subscription))
        return readers

    def _push_delta(self, connection: Connection, text: str) -> None:
        if self.faults.drop_deltas:
            self.faults.drop_deltas -= 1
            self.counts["dropped deltas"] += 1
            return
        connection.push(text)


def _send(readers: list[Reader], kind: str, msg: Fields) -> None:
    message = encode(msg) if readers else ""
    for connection, subscription in readers:
        connection.push(connection.session.data(subscription, kind, message))


def _write_delta(
    level: frames.LevelChange,
    record: OrderRecord | None,
    yes_price: bool,  # noqa: FBT001 - a variant of the message
    owns: bool,  # noqa: FBT001 - the same
) -> str:
    msg = frames.delta(level, yes_price=yes_price)
    if record is not None and owns:
        terms = record.terms
        msg |= {"client_order_id": terms.client_id, "subaccount": terms.subaccount}
    return encode(msg)


def _owner(record: OrderRecord) -> Owner:
    return Owner(record.terms.member, record.terms.subaccount)
