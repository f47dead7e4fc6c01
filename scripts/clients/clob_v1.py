"""Drives the simulated Polymarket with the first py-clob-client: `python -m clients.clob_v1 FILE`.

Its reads, keys and cancels still work on the real venue; every order that it signs is refused
since April 28, 2026, because it is signed for contracts that are no longer in use.
"""

import sys
import time
from typing import Any

from py_clob_client.clob_types import (
    ApiCreds,
    AssetType,
    BalanceAllowanceParams,
    BookParams,
    OpenOrderParams,
    OrderScoringParams,
    OrdersScoringParams,
    TradeParams,
)
from py_clob_client.exceptions import PolyApiException

from clients.clob_v1_orders import OldOrders
from clients.operations import OnPolymarket as Row
from clients.reporting import Refused, answers, expect, read_venues, refused, run

UNKNOWN = "0x" + "0" * 64
NO_GAMMA = "the client speaks to the CLOB only, not to Gamma or the Data API"
NO_STREAMS = "the client has no streams"
NO_ORDERS = "the client's own orders are all refused, see `place`"
NO_CHAIN = "the client signs and posts orders only"
ABSENT = {
    Row.EVENTS: NO_GAMMA,
    Row.POSITIONS: NO_GAMMA,
    Row.DATA_TRADES: NO_GAMMA,
    Row.HISTORY: "the client has no such call",
    Row.SPLIT_MERGE: NO_CHAIN,
    Row.REDEEM: NO_CHAIN,
    **dict.fromkeys((row for row in Row if "stream: " in row), NO_STREAMS),
    **dict.fromkeys(
        (
            Row.SETTLES,
            Row.OFF_GRID,
            Row.TOO_SMALL,
            Row.TOO_CHEAP,
            Row.NO_MONEY,
            Row.NO_SHARES,
            Row.POST_ONLY_CROSSES,
            Row.FOK_UNFILLED,
            Row.FAK_UNMATCHED,
            Row.GTD_TOO_SOON,
            Row.DUPLICATE,
            Row.STRANGER,
            Row.BAD_SIGNATURE,
            Row.WRONG_EXCHANGE,
            Row.WRONG_WALLET,
            Row.TOO_PRECISE,
            Row.UNKNOWN_TOKEN,
            Row.CANCEL,
            Row.CANCEL_MANY,
            Row.ORDER,
            Row.RESTARTING,
            Row.POST_ONLY_MODE,
            Row.CANCEL_ONLY,
            Row.GEOBLOCK,
            Row.RESOLVED,
        ),
        NO_ORDERS,
    ),
}


class Trader(OldOrders):
    """What the old client can still do."""

    @answers(Row.STATUS)
    def status(self) -> str:
        skew = abs(self.client.get_server_time() - time.time())
        expect(skew < 60, f"the clocks differ by {skew} s")
        return str(self.client.get_ok())

    @answers(Row.MARKETS)
    def markets(self) -> str:
        full, short = self.client.get_markets(), self.client.get_simplified_markets()
        sampled, brief = (
            self.client.get_sampling_markets(),
            self.client.get_sampling_simplified_markets(),
        )
        counts = [len(page["data"]) for page in (full, short, sampled, brief)]
        expect(counts[0] == counts[1] > 0, counts)
        return f"{counts} markets, simplified, sampling, sampling simplified"

    @answers(Row.PAGES)
    def pages(self) -> str:
        cursor, pages = "MA==", 0
        while cursor != "LTE=":
            cursor, pages = self.client.get_markets(cursor)["next_cursor"], pages + 1
        return f"{pages} page(s), ended by LTE="

    @answers(Row.ONE_MARKET)
    def one_market(self) -> str:
        return str(self.client.get_market(self.market["condition_id"])["question"])

    @answers(Row.MARKET_INFO)
    def market_info(self) -> str:
        tick, fee = self.client.get_tick_size(self.token), self.client.get_fee_rate_bps(self.token)
        return f"tick {tick}, base fee {fee}, negative risk {self.client.get_neg_risk(self.token)}"

    @answers(Row.BOOK)
    def book(self) -> str:
        book = self.client.get_order_book(self.token)
        expect(float(book.bids[-1].price) < float(book.asks[-1].price), book)
        return f"{len(book.bids)} bids, {len(book.asks)} asks, best last"

    @answers(Row.BOOKS)
    def books(self) -> str:
        books = self.client.get_order_books(self._both())
        expect(len(books) == len(self._both()), books)
        return f"{len(books)} books"

    @answers(Row.BOOK_HASH)
    def book_hash(self) -> str:
        book = self.client.get_order_book(self.token)
        said, computed = book.hash, self.client.get_order_book_hash(book)
        expect(said == computed, f"the venue says {said}, the client computes {computed}")
        return str(computed)

    @answers(Row.PRICES)
    def prices(self) -> str:
        bid, ask = self.best()
        sides = [
            float(self.client.get_price(self.token, side)["price"]) for side in ("BUY", "SELL")
        ]
        expect(sorted(sides) == [bid, ask], (sides, bid, ask))
        spread = self.client.get_spread(self.token)
        last = self.client.get_last_trade_price(self.token)
        return f"{self.client.get_midpoint(self.token)}, {spread}, last {last}"

    @answers(Row.MANY_PRICES)
    def many_prices(self) -> str:
        sided = [BookParams(one.token_id, "BUY") for one in self._both()]
        found = [
            self.client.get_prices(sided),
            self.client.get_midpoints(self._both()),
            self.client.get_spreads(self._both()),
        ]
        expect(all(len(one) == len(sided) for one in found), found)
        last = self.client.get_last_trades_prices(self._both())
        return f"{len(sided)} prices, midpoints, spreads; {len(last)} last trades"

    @answers(Row.ESTIMATE)
    def estimate(self) -> str:
        return f"$5 buys up to {self.client.calculate_market_price(self.token, 'BUY', 5, 'FOK')}"

    @answers(Row.NO_BOOK)
    def no_book(self) -> Refused:
        words = "No orderbook exists for the requested token id"
        return refused(lambda: self.client.get_order_book("1234"), words, PolyApiException)

    @answers(Row.KEYS)
    def keys(self) -> str:
        again = self.client.derive_api_key()
        expect(again == self.client.creds, "derived another key")
        expect(again.api_key in self.client.get_api_keys()["apiKeys"], "not listed")
        return "derived the same again, listed"

    @answers(Row.KEY_DELETED)
    def key_deleted(self) -> str:
        other = self.new_client()
        other.set_api_creds(other.create_or_derive_api_creds(nonce=7))
        expect(other.delete_api_key() == "OK", "not deleted")
        words = "Unauthorized/Invalid api key"
        return f"deleted; afterwards {refused(other.get_api_keys, words, PolyApiException).text}"

    @answers(Row.READ_ONLY_KEY)
    def read_only_key(self) -> str:
        key = self.client.create_readonly_api_key().api_key
        expect(key in str(self.client.get_readonly_api_keys()), "not listed")
        return f"created, listed, deleted: {self.client.delete_readonly_api_key(key)}"

    @answers(Row.BAD_KEY)
    def bad_key(self) -> Refused:
        creds = self.client.creds
        other = self.new_client()
        other.set_api_creds(ApiCreds(creds.api_key, creds.api_secret, "wrong"))
        return refused(other.get_api_keys, "Unauthorized/Invalid api key", PolyApiException)

    @answers(Row.CLOSED_ONLY)
    def closed_only(self) -> str:
        return str(self.client.get_closed_only_mode())

    @answers(Row.CANCEL_MARKET)
    def cancel_market(self) -> str:
        said = self.client.cancel_market_orders(market=self.market["condition_id"])
        return self._nothing(said)

    @answers(Row.CANCEL_ALL)
    def cancel_all(self) -> str:
        return self._nothing(self.client.cancel_all())

    @answers(Row.CANCEL_GONE)
    def cancel_gone(self) -> Refused:
        one, many = self.client.cancel(UNKNOWN), self.client.cancel_orders([UNKNOWN])
        expect(one == many and UNKNOWN in one["not_canceled"], (one, many))
        return Refused(one["not_canceled"][UNKNOWN])

    @answers(Row.OPEN_ORDERS)
    def open_orders(self) -> str:
        return f"{len(self.client.get_orders(OpenOrderParams(asset_id=self.token)))} orders"

    @answers(Row.TRADES)
    def trades(self) -> str:
        trades = self.client.get_trades(TradeParams(market=self.market["condition_id"]))
        return f"{len(trades)} trades"

    @answers(Row.BALANCE)
    def balance(self) -> str:
        params = BalanceAllowanceParams(asset_type=AssetType.COLLATERAL)
        self.client.update_balance_allowance(params)
        return f"{self.client.get_balance_allowance(params)['balance']} millionths"

    @answers(Row.TOKEN_BALANCE)
    def token_balance(self) -> str:
        params = BalanceAllowanceParams(asset_type=AssetType.CONDITIONAL, token_id=self.token)
        return f"{self.client.get_balance_allowance(params)['balance']} millionths of a share"

    @answers(Row.NOTIFICATIONS)
    def notifications(self) -> str:
        return f"{len(self.client.get_notifications())} notifications"

    @answers(Row.SCORING)
    def scoring(self) -> str:
        one = self.client.is_order_scoring(OrderScoringParams(orderId=UNKNOWN))
        many = self.client.are_orders_scoring(OrdersScoringParams(orderIds=[UNKNOWN]))
        return f"{one}, {many}"

    @answers(Row.HEARTBEAT)
    def heartbeat(self) -> str:
        first = self.client.post_heartbeat("")["heartbeat_id"]
        second = self.client.post_heartbeat(first)["heartbeat_id"]
        expect(first != second, first)
        return "two beats, each with a new id"

    @answers(Row.HEARTBEAT_WRONG)
    def wrong_heartbeat(self) -> Refused:
        wrong = "00000000-0000-0000-0000-000000000000"
        words = "Invalid Heartbeat ID"
        return refused(lambda: self.client.post_heartbeat(wrong), words, PolyApiException)

    def _both(self) -> list[BookParams]:
        return [BookParams(token["token_id"]) for token in self.market["tokens"]]

    @staticmethod
    def _nothing(said: dict[str, Any]) -> str:
        expect(said == {"canceled": [], "not_canceled": {}}, said)
        return "nothing to cancel, as answered"


if __name__ == "__main__":
    run(Trader(read_venues(sys.argv)), Row, ABSENT)
