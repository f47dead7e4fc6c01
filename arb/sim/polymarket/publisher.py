"""Turns what the engine did into trades, stream events and settlements."""

import random
import uuid
from collections.abc import Callable, Iterable

import attrs

from arb.market.units import Ns, Px, plain_text, proceeds
from arb.sim.engine import Exchange
from arb.sim.orders import Match
from arb.sim.polymarket.keys import Wallets
from arb.sim.polymarket.market_socket import MarketHub
from arb.sim.polymarket.markets import LastTrade, MarketState, Shelf
from arb.sim.polymarket.notifications import NoticeKind, Notices, order_notice
from arb.sim.polymarket.registry import ApiOrder, Registry, order_news
from arb.sim.polymarket.tape import Happenings, Tape
from arb.sim.polymarket.trades import Trade, TradeStatus, make_trade, prints, trade_event
from arb.sim.polymarket.user_socket import UserHub
from arb.sim.polymarket.wire import Json, milliseconds

_NOTICES = {"UPDATE": NoticeKind.ORDER_FILLED, "CANCELLATION": NoticeKind.ORDER_CANCELLED}


class TradeBook:
    """Every trade that an API account took part in, oldest first."""

    def __init__(self) -> None:
        """Start without trades."""
        self._by_account: dict[str, list[Trade]] = {}

    def add(self, trade: Trade, accounts: Iterable[str]) -> None:
        """Keep a trade for each of these accounts."""
        for account in accounts:
            self._by_account.setdefault(account, []).append(trade)

    def of_account(self, account: str) -> list[Trade]:
        """An account's trades."""
        return self._by_account.get(account, [])


@attrs.frozen
class Teller:
    """Tells the owners of orders and trades what became of them."""

    wallets: Wallets
    registry: Registry
    user_hub: UserHub
    notices: Notices
    now_ns: Callable[[], Ns]

    def tell_order(self, order: ApiOrder) -> None:
        """Tell the owner of an order what is new about it."""
        for event in order_news(order, self.now_ns()):
            self.user_hub.tell(order.wallet.signer, order.state.listing.condition_id, event)
            kind = _NOTICES.get(str(event["type"]))
            if kind is not None:
                self.notices.add(order.wallet.account, kind, order_notice(order))

    def tell_trade(self, trade: Trade) -> None:
        """Tell everybody in a trade how far it got."""
        for account in self.members(trade):
            wallet = self.wallets.of_account(account)
            if wallet:
                event = trade_event(trade, account, self.now_ns())
                self.user_hub.tell(wallet.signer, trade.state.listing.condition_id, event)
        if trade.status is TradeStatus.FAILED:
            self._note_failure(trade)

    def _note_failure(self, trade: Trade) -> None:
        parties = (trade.party, *(part.party for part in trade.makers))
        for party in parties:
            order = self.registry.find(party.order_id)
            if order is not None:
                payload = order_notice(order, trade.transaction)
                self.notices.add(order.wallet.account, NoticeKind.FILL_FAILED, payload)

    def members(self, trade: Trade) -> list[str]:
        """The accounts in a trade that belong to somebody."""
        return [account for account in trade.accounts if self.wallets.of_account(account)]


@attrs.define(eq=False)
class Publisher:
    """Owner of the trades. `flush` may be called at any time: it tells what is new, once."""

    exchange: Exchange
    shelf: Shelf
    registry: Registry
    teller: Teller
    market_hub: MarketHub
    tape: Tape
    trades: TradeBook
    now_ns: Callable[[], Ns]
    rng: random.Random
    settle: Callable[[Trade], None]
    """Books the rest of a new trade's life."""
    moved: Callable[[Iterable[str]], None]
    """Hears which accounts' balances changed."""
    ended: Callable[[MarketState, Px], None]
    """Hears what YES pays in a market that ended."""
    changed: Callable[[MarketState], None]
    """Hears which books changed."""
    traded: Callable[[Trade], None]
    """Hears of every trade."""

    def flush(self) -> None:
        """Tell everything that happened since the last call."""
        happened = self.tape.take()
        made = [self._trade(matches) for matches in happened.matches.values()]
        for trade in made:
            self._tell_print(trade)
        self._tell_orders(happened)
        for trade in made:
            self._tell_trade(trade)
        if happened.moved:
            self.moved(happened.moved)
        for market, payout in happened.resolutions.items():
            self.ended(self.shelf.markets[market], payout)
        for market in happened.changed:
            self.changed(self.shelf.markets[market])

    def _trade(self, matches: list[Match]) -> Trade:
        state = self.shelf.markets[matches[0].market]
        trade_id = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        transaction = "0x" + self.rng.randbytes(32).hex()
        trade = make_trade(trade_id, transaction, matches, state, self.registry)
        state.volume += sum(proceeds(match.px, match.qty) for match in matches)
        self._link(trade)
        self.traded(trade)
        return trade

    def _link(self, trade: Trade) -> None:
        """Write the trade into the API orders that took part in it."""
        parties = (trade.party, *(part.party for part in trade.makers))
        known = [self.registry.find(party.order_id) for party in parties]
        for order in filter(None, known):
            if trade.id not in order.trades:
                order.trades.append(trade.id)

    def _tell_print(self, trade: Trade) -> None:
        listing = trade.state.listing
        for px, qty in prints(trade):
            trade.state.last_trade = LastTrade(px, trade.action.upper())
            event: Json = {
                "event_type": "last_trade_price",
                "asset_id": listing.token(trade.outcome),
                "market": listing.condition_id,
                "price": plain_text(px),
                "size": plain_text(qty),
                "side": trade.action.upper(),
                "fee_rate_bps": "0",
                "timestamp": milliseconds(trade.matched_ns),
                "transaction_hash": trade.transaction,
            }
            self.market_hub.tell_asset(listing.token(trade.outcome), event)
        self.market_hub.tell_books(trade.state)

    def _tell_orders(self, happened: Happenings) -> None:
        touched: set[str] = set()
        for order in happened.orders.values():
            known = self.registry.find(order.id)
            if known is None:
                continue
            touched.add(known.wallet.account)
            self.teller.tell_order(known)
        self.moved(sorted(touched))

    def _tell_trade(self, trade: Trade) -> None:
        members = self.teller.members(trade)
        if members:
            self.trades.add(trade, members)
            self.teller.tell_trade(trade)
            self.settle(trade)
