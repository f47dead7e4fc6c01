"""py-clob-client-v2: orders that are taken, cancels, heartbeats."""

import time

from py_clob_client_v2.clob_types import OrderMarketCancelParams, PostOrdersV2Args, TradeParams

from clients.clob_v2_setup import REFUSAL, Setup
from clients.operations import OnPolymarket as Row
from clients.operator_door import until
from clients.reporting import Refused, answers, expect, refused

STEP = 0.05
"""Added to the best ask: a purchase at this price fills though the book moves meanwhile."""


class Orders(Setup):
    """The rows in which the venue does as asked."""

    @answers(Row.GTC)
    def rests(self) -> str:
        said = self.post(self.limit("BUY", 0.01, 10))
        expect((said["success"], said["status"]) == (True, "live"), said)
        self.cancel(said["orderID"])
        return "live"

    @answers(Row.GTC_FILLS)
    def fills(self) -> str:
        price = round(self.best()[1] + STEP, 2)
        said = self.post(self.limit("BUY", price, 6))
        self.client.cancel_all()
        expect(said["status"] == "matched" and said["tradeIDs"], said)
        expect(not said["transactionsHashes"], "a hash at once, not since July 2026")
        return f"bought {said['takingAmount']} for {said['makingAmount']}"

    @answers(Row.GTD)
    def until(self) -> str:
        order = self.limit("BUY", 0.01, 10, expiration=int(time.time()) + 300)
        said = self.post(order, "GTD")
        read = self.client.get_order(said["orderID"])
        expect(read["order_type"] == "GTD" and int(read["expiration"]) > time.time(), read)
        self.cancel(said["orderID"])
        return f"live until {read['expiration']}"

    @answers(Row.POST_ONLY)
    def post_only(self) -> str:
        said = self.post(self.limit("BUY", 0.01, 10), post_only=True)
        expect(said["status"] == "live", said)
        self.cancel(said["orderID"])
        return "live"

    @answers(Row.FAK_BUY)
    def fak_buys(self) -> str:
        price = round(self.best()[1] + STEP, 2)
        said = self.post(self.market_order("BUY", 5, price), "FAK")
        expect(said["status"] == "matched", said)
        return f"got {said['takingAmount']} shares for {said['makingAmount']}"

    @answers(Row.FAK_SELL)
    def fak_sells(self) -> str:
        price = round(self.best()[0] - STEP, 2)
        said = self.post(self.market_order("SELL", 6.5, price), "FAK")
        expect(said["status"] == "matched" and said["makingAmount"] == "6.5", said)
        return f"got {said['takingAmount']} dollars for 6.5 shares"

    @answers(Row.FOK)
    def fok(self) -> str:
        price = round(self.best()[1] + STEP, 2)
        said = self.post(self.market_order("BUY", 5, price), "FOK")
        expect((said["status"], said["makingAmount"]) == ("matched", "5"), said)
        return f"spent 5, got {said['takingAmount']}"

    @answers(Row.NEG_RISK)
    def neg_risk_order(self) -> str:
        token = self.neg_risk["tokens"][0]["token_id"]
        order_id = self.rest(token=token)
        expect(self.client.get_order(order_id)["asset_id"] == token, "another token")
        self.cancel(order_id)
        return "live, signed for the negative-risk exchange"

    @answers(Row.DELAYED)
    def delayed(self) -> str:
        token = self.game["tokens"][0]["token_id"]
        price = round(self.best(token)[1] + STEP, 2)
        order_id = self.post(self.limit("BUY", price, 5, token=token))["orderID"]
        first = self.client.get_order(order_id)["status"]
        said = self.cancel(order_id)["not_canceled"]
        expect(order_id in said, said)
        until(lambda: self.client.get_trades(TradeParams(asset_id=token)))
        self.client.cancel_all()
        return f"{first}, not to be cancelled ({said[order_id]}), then filled"

    @answers(Row.BATCH)
    def batch(self) -> str:
        signed = [self.limit("BUY", 0.01, 10 + number) for number in range(3)]
        hopeless = self.limit("BUY", 0.01, 2)
        args = [PostOrdersV2Args(order=order, orderType="GTC") for order in [*signed, hopeless]]
        said = self.client.post_orders(args, defer_exec=True)
        self.client.cancel_all()
        states = [one["status"] for one in said]
        expect(states == ["live"] * 3 + [""] and said[3]["errorMsg"], said)
        return f"three live, the fourth alone refused: {said[3]['errorMsg'][-40:]}"

    @answers(Row.SETTLES)
    def settles(self) -> str:
        price = round(self.best()[1] + STEP, 2)
        said = self.client.post_order(self.limit("BUY", price, 5), "GTC")
        self.client.cancel_all()
        expect(said["transactionsHashes"], said)
        return f"the client waited for {said['transactionsHashes'][0][:14]}…"

    @answers(Row.CANCEL)
    def cancel_one(self) -> str:
        order_id = self.rest()
        said = self.cancel(order_id)
        expect(said == {"canceled": [order_id], "not_canceled": {}}, said)
        return "canceled, by id"

    @answers(Row.CANCEL_MANY)
    def cancel_many(self) -> str:
        ids = [self.rest(), self.rest(size=11)]
        said = self.client.cancel_orders(ids)
        expect(sorted(said["canceled"]) == sorted(ids), said)
        return f"{len(ids)} canceled"

    @answers(Row.CANCEL_MARKET)
    def cancel_market(self) -> str:
        here = self.rest()
        there = self.rest(token=self.neg_risk["tokens"][0]["token_id"])
        params = OrderMarketCancelParams(market=self.market["condition_id"])
        said = self.client.cancel_market_orders(params)
        kept = self.client.get_order(there)["status"]
        self.client.cancel_all()
        expect((said["canceled"], kept) == ([here], "LIVE"), (said, kept))
        return "one canceled, the one elsewhere kept"

    @answers(Row.CANCEL_ALL)
    def cancel_all(self) -> str:
        ids = {self.rest(), self.rest(token=self.neg_risk["tokens"][0]["token_id"])}
        said = self.client.cancel_all()
        expect(set(said["canceled"]) == ids, said)
        expect(not self.client.get_open_orders(), "orders left")
        return f"{len(ids)} canceled, none left"

    @answers(Row.CANCEL_GONE)
    def cancel_gone(self) -> Refused:
        order_id = self.rest()
        self.cancel(order_id)
        said = self.cancel(order_id)
        expect(said["not_canceled"].get(order_id) == "already canceled or matched", said)
        unknown = "0x" + "0" * 64
        reason = self.cancel(unknown)["not_canceled"][unknown]
        return Refused(f"already canceled or matched; unknown id: {reason}")

    @answers(Row.ORDER)
    def order(self) -> str:
        order_id = self.rest()
        order = self.client.get_order(order_id)
        self.cancel(order_id)
        expect((order["id"], order["status"]) == (order_id, "LIVE"), order)
        return f"{order['status']} {order['side']} {order['original_size']} at {order['price']}"

    @answers(Row.HEARTBEAT)
    def heartbeat(self) -> str:
        first = self.client.post_heartbeat()["heartbeat_id"]
        second = self.client.post_heartbeat(first)["heartbeat_id"]
        expect(first and second and first != second, (first, second))
        return "two beats, each with a new id"

    @answers(Row.HEARTBEAT_WRONG)
    def wrong_heartbeat(self) -> Refused:
        wrong = "00000000-0000-0000-0000-000000000000"
        return refused(lambda: self.client.post_heartbeat(wrong), "Invalid Heartbeat ID", REFUSAL)
