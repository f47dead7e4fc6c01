"""py-clob-client-v2: everything that only reads, and credentials."""

import time

from py_clob_client_v2.clob_types import (
    ApiCreds,
    AssetType,
    BalanceAllowanceParams,
    BookParams,
    OpenOrderParams,
    OrderScoringParams,
    OrdersScoringParams,
    PricesHistoryParams,
    TradeParams,
)

from clients.clob_v2_setup import REFUSAL, Setup
from clients.operations import OnPolymarket as Row
from clients.reporting import Refused, answers, expect, refused

NOT_LISTED = "1234567890"
MICRO = 1_000_000


class Reads(Setup):
    """The rows that change nothing."""

    @answers(Row.STATUS)
    def status(self) -> str:
        skew = abs(self.client.get_server_time() - time.time())
        expect(skew < 60, f"the clocks differ by {skew} s")
        expect(self.client.get_version() == 2, self.client.get_version())
        return f"{self.client.get_ok()}, version 2"

    @answers(Row.MARKETS)
    def markets(self) -> str:
        counts = {
            "markets": len(self.client.get_markets()["data"]),
            "simplified": len(self.client.get_simplified_markets()["data"]),
            "sampling": len(self.client.get_sampling_markets()["data"]),
            "sampling simplified": len(self.client.get_sampling_simplified_markets()["data"]),
        }
        expect(counts["markets"] == counts["simplified"] > 0, counts)
        return ", ".join(f"{count} {name}" for name, count in counts.items())

    @answers(Row.PAGES)
    def pages(self) -> str:
        cursor, pages = "MA==", 0
        while cursor != "LTE=":
            page = self.client.get_markets(cursor)
            cursor, pages = page["next_cursor"], pages + 1
        return f"{pages} page(s), ended by LTE="

    @answers(Row.ONE_MARKET)
    def one_market(self) -> str:
        market = self.client.get_market(self.market["condition_id"])
        expect(market["condition_id"] == self.market["condition_id"], market)
        return str(market["question"])

    @answers(Row.MARKET_INFO)
    def market_info(self) -> str:
        info = self.client.get_clob_market_info(self.market["condition_id"])
        tick = self.client.get_tick_size(self.token)
        expect(float(info["mts"]) == float(tick), (info, tick))
        expect(self.client.get_neg_risk(self.neg_risk["tokens"][0]["token_id"]) is True, "nr")
        fee = self.client.get_fee_rate_bps(self.token), self.client.get_fee_exponent(self.token)
        return f"tick {tick}, fee {info['fd']}, bps and exponent {fee}, minimum {info['mos']}"

    @answers(Row.BOOK)
    def book(self) -> str:
        book = self.client.get_order_book(self.token)
        bids = [float(level["price"]) for level in book["bids"]]
        asks = [float(level["price"]) for level in book["asks"]]
        expect(bids == sorted(bids) and asks == sorted(asks, reverse=True), book)
        expect(bids[-1] < asks[-1], book)
        return f"{len(bids)} bids, {len(asks)} asks, best last"

    @answers(Row.BOOKS)
    def books(self) -> str:
        wanted = [token["token_id"] for token in self.market["tokens"]]
        books = self.client.get_order_books([BookParams(token) for token in wanted])
        expect({book["asset_id"] for book in books} == set(wanted), books)
        return f"{len(books)} books"

    @answers(Row.BOOK_HASH)
    def book_hash(self) -> str:
        book = self.client.get_order_book(self.token)
        said, computed = book["hash"], self.client.get_order_book_hash(book)
        expect(said == computed, f"the venue says {said}, the client computes {computed}")
        return str(computed)

    @answers(Row.PRICES)
    def prices(self) -> str:
        bid, ask = self.best()
        sides = [
            float(self.client.get_price(self.token, side)["price"]) for side in ("BUY", "SELL")
        ]
        expect(sorted(sides) == [bid, ask], (sides, bid, ask))
        middle = float(self.client.get_midpoint(self.token)["mid"])
        spread = float(self.client.get_spread(self.token)["spread"])
        expect(abs(middle - (bid + ask) / 2) < 1e-9, middle)
        expect(abs(spread - (ask - bid)) < 1e-9, spread)
        last = self.client.get_last_trade_price(self.token)
        return f"middle {middle}, spread {spread}, last {last}"

    @answers(Row.MANY_PRICES)
    def many_prices(self) -> str:
        plain = [BookParams(token["token_id"]) for token in self.market["tokens"]]
        sided = [BookParams(one.token_id, "BUY") for one in plain]
        found = {
            "prices": self.client.get_prices(sided),
            "midpoints": self.client.get_midpoints(plain),
            "spreads": self.client.get_spreads(plain),
            "last trades": self.client.get_last_trades_prices(plain),
        }
        expect(all(len(found[name]) == len(plain) for name in list(found)[:3]), found)
        return ", ".join(f"{len(answer)} {name}" for name, answer in found.items())

    @answers(Row.HISTORY)
    def history(self) -> str:
        params = PricesHistoryParams(market=self.token, interval="1h", fidelity=1)
        return f"{len(self.client.get_prices_history(params)['history'])} points"

    @answers(Row.ESTIMATE)
    def estimate(self) -> str:
        price = self.client.calculate_market_price(self.token, "BUY", 5, "FOK")
        expect(price >= self.best()[1] - 0.1, price)
        return f"$5 buys up to {price}"

    @answers(Row.NO_BOOK)
    def no_book(self) -> Refused:
        words = "No orderbook exists for the requested token id"
        return refused(lambda: self.client.get_order_book(NOT_LISTED), words, REFUSAL)

    @answers(Row.KEYS)
    def keys(self) -> str:
        again = self.client.derive_api_key()
        expect(again == self.client.creds, "derived another key")
        refused(self.client.create_api_key, "Could not create api key", REFUSAL)
        listed = self.client.get_api_keys()["apiKeys"]
        expect(again.api_key in listed, listed)
        return "derived the same again; a second creation is refused"

    @answers(Row.KEY_DELETED)
    def key_deleted(self) -> str:
        other = self.new_client()
        other.set_api_creds(other.create_or_derive_api_key(nonce=7))
        said = other.delete_api_key()
        expect(said == "OK", said)
        text = refused(other.get_api_keys, "Unauthorized/Invalid api key", REFUSAL).text
        return f"deleted; afterwards {text}"

    @answers(Row.READ_ONLY_KEY)
    def read_only_key(self) -> str:
        key = self.client.create_readonly_api_key()["apiKey"]
        listed = self.client.get_readonly_api_keys()
        expect(key in str(listed), listed)
        return f"created, listed, deleted: {self.client.delete_readonly_api_key(key)}"

    @answers(Row.BAD_KEY)
    def bad_key(self) -> Refused:
        creds = self.client.creds
        other = self.new_client(creds=ApiCreds(creds.api_key, creds.api_secret, "wrong"))
        return refused(other.get_api_keys, "Unauthorized/Invalid api key", REFUSAL)

    @answers(Row.CLOSED_ONLY)
    def closed_only(self) -> str:
        said = self.client.get_closed_only_mode()
        expect(said == {"closed_only": False}, said)
        return str(said)

    @answers(Row.OPEN_ORDERS)
    def open_orders(self) -> str:
        order_id = self.rest()
        everywhere = self.client.get_open_orders()
        here = self.client.get_open_orders(OpenOrderParams(asset_id=self.token))
        one = self.client.get_open_orders(OpenOrderParams(id=order_id))
        self.cancel(order_id)
        expect(order_id in [order["id"] for order in here], here)
        expect([order["id"] for order in one] == [order_id], one)
        return f"{len(everywhere)} in all, {len(here)} of this token, 1 by id"

    @answers(Row.TRADES)
    def trades(self) -> str:
        trades = self.client.get_trades(TradeParams(market=self.market["condition_id"]))
        expect(trades, "no trades, though orders filled")
        page = self.client.get_trades_paginated()
        return f"{len(trades)} here, {len(page['trades'])} on the first page of all"

    @answers(Row.BALANCE)
    def balance(self) -> str:
        params = BalanceAllowanceParams(asset_type=AssetType.COLLATERAL)
        self.client.update_balance_allowance(params)
        said = self.client.get_balance_allowance(params)
        expect(int(said["balance"]) > MICRO, said)
        return f"{int(said['balance'])} millionths, {len(said['allowances'])} allowances"

    @answers(Row.TOKEN_BALANCE)
    def token_balance(self) -> str:
        params = BalanceAllowanceParams(asset_type=AssetType.CONDITIONAL, token_id=self.token)
        said = self.client.get_balance_allowance(params)
        expect(int(said["balance"]) > 0, said)
        return f"{int(said['balance'])} millionths of a share"

    @answers(Row.NOTIFICATIONS)
    def notifications(self) -> str:
        return f"{len(self.client.get_notifications())} notifications"

    @answers(Row.SCORING)
    def scoring(self) -> str:
        order_id = self.rest()
        one = self.client.is_order_scoring(OrderScoringParams(orderId=order_id))
        many = self.client.are_orders_scoring(OrdersScoringParams(orderIds=[order_id]))
        self.cancel(order_id)
        expect("scoring" in one and order_id in many, (one, many))
        return f"{one}, {len(many)} at once"
