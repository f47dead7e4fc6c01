"""News out: from what happened to the frames of every connection that wants to hear of it."""

from collections import Counter
from typing import Protocol

import attrs

from arb.market.book import Ladder
from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi import frames
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.board import Board, MarketState
from arb.sim.kalshi.channels import Channel
from arb.sim.kalshi.forms import Fields
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
    _tops: dict[str, tuple[Ladder, Ladder]] = attrs.field(factory=dict)

    # --- what conversations ask -----------------------------------------------------------------

    def knows(self, ticker: str) -> bool:
        """Say whether a market is listed."""
        return ticker in self.board.markets

    def snapshot(self, ticker: str, *, yes_price: bool) -> Fields:
        """The message of a market's whole book."""
        book = self.exchange.levels(market_id(ticker))
        return frames.snapshot(self.board.markets[ticker], book, yes_price=yes_price)

    def ticker(self, ticker: str) -> Fields:
        """The message of a market's best prices."""
        book = self.exchange.levels(market_id(ticker))
        self._tops[ticker] = _top(book)
        return frames.ticker(self.board.markets[ticker], book, self.now_ns())

    # --- public news ----------------------------------------------------------------------------

    def book(self, level: frames.LevelChange, record: OrderRecord | None) -> None:
        """A level changed; the member whose order did it is told by which one."""
        for connection in self.connections:
            session = connection.session
            subscription = session.find(Channel.ORDERBOOK, level.state.facts.ticker)
            if subscription is None:
                continue
            msg = frames.delta(level, yes_price=subscription.yes_price)
            if record is not None and record.terms.member == session.member:
                msg |= {"client_order_id": record.terms.client_id, "subaccount": 0}
            self._push_delta(connection, session.data(subscription, "orderbook_delta", msg))
        self.best_prices(level.state)

    def best_prices(self, state: MarketState, *, traded: bool = False) -> None:
        """Tell the best prices where they changed, or where there was a trade."""
        name = state.facts.ticker
        eager = [one for one in self.connections if one.session.find(Channel.TICKER, name)]
        if not eager:
            return
        if traded or self._tops.get(name) != _top(self.exchange.levels(market_id(name))):
            self._tell(Channel.TICKER, "ticker", name, self.ticker(name))

    def trade(self, made: Print) -> None:
        """Somebody traded."""
        self._tell(Channel.TRADE, "trade", made.ticker, frames.trade(made))

    def market(self, state: MarketState, kind: str, **more: object) -> None:
        """Something happened to a market other than trading."""
        msg = frames.market_event(kind, state.facts, **more)
        self._tell(Channel.LIFECYCLE, Channel.LIFECYCLE, state.facts.ticker, msg)

    def listed(self, state: MarketState) -> None:
        """A market is new."""
        msg = frames.market_created(state, self.board.events[state.facts.event])
        self._tell(Channel.LIFECYCLE, Channel.LIFECYCLE, state.facts.ticker, msg)

    def listed_event(self, ticker: str) -> None:
        """An event is new."""
        msg = frames.event_created(self.board.events[ticker])
        self._tell(Channel.LIFECYCLE, "event_lifecycle", ticker, msg)

    # --- private news ---------------------------------------------------------------------------

    def fill(self, row: FillRow) -> None:
        """A member's order was filled."""
        terms = row.record.terms
        self._tell(Channel.FILL, "fill", terms.ticker, frames.fill(row), terms.member)

    def position(self, member: Member, stake: Stake) -> None:
        """A member's position changed."""
        msg = frames.position(member.user_id, stake)
        self._tell(Channel.MARKET_POSITIONS, "market_position", stake.ticker, msg, member)

    def order(self, record: OrderRecord) -> None:
        """A member's order changed."""
        terms = record.terms
        msg = frames.user_order(record)
        self._tell(Channel.USER_ORDERS, "user_order", terms.ticker, msg, terms.member)

    def _tell(
        self, channel: Channel, kind: str, ticker: str, msg: Fields, only: Member | None = None
    ) -> None:
        for connection in self.connections:
            session = connection.session
            if only is not None and session.member != only:
                continue
            subscription = session.find(channel, ticker)
            if subscription is not None:
                connection.push(session.data(subscription, kind, msg))

    def _push_delta(self, connection: Connection, text: str) -> None:
        if self.faults.drop_deltas:
            self.faults.drop_deltas -= 1
            self.counts["dropped deltas"] += 1
            return
        connection.push(text)


def _top(book: tuple[Ladder, Ladder]) -> tuple[Ladder, Ladder]:
    bids, asks = book
    return bids[:1], asks[:1]
