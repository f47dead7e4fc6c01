"""polymarket-client: orders that are taken, cancels, heartbeats."""

import time
from decimal import Decimal

from polymarket.errors import OrderHeartbeatMismatchError

from clients.operations import OnPolymarket as Row
from clients.operator_door import until
from clients.reporting import Refused, answers, expect, refused
from clients.unified_setup import Setup, accepted

STEP = Decimal("0.05")
"""Added to the best ask: a purchase at this price fills though the book moves meanwhile."""
DAY_S = 86_400


class Orders(Setup):
    """The rows in which the venue does as asked."""

    @answers(Row.GTC)
    def rests(self) -> str:
        order_id = self.rest()
        self.client.cancel_order(order_id=order_id)
        return "live"

    @answers(Row.GTC_FILLS)
    def fills(self) -> str:
        price = self.best()[1] + STEP
        said = self.client.place_limit_order(asset_id=self.token, price=price, size=6, side="BUY")
        self.client.cancel_all()
        done = accepted(said, "matched")
        expect(done.trade_ids and not done.transactions_hashes, done)
        return f"bought {done.taking_amount} for {done.making_amount}"

    @answers(Row.GTD)
    def until(self) -> str:
        end_s = int(time.time()) + DAY_S
        said = self.client.post_order(self.sign("0.01", "10", expiration=end_s))
        order = self.client.get_order(order_id=accepted(said, "live").order_id)
        self.client.cancel_order(order_id=order.id)
        expect(order.order_type == "GTD", order)
        return f"live until {order.expires_at}"

    @answers(Row.POST_ONLY)
    def post_only(self) -> str:
        said = self.client.post_order(self.sign("0.01", "10", post_only=True))
        self.client.cancel_order(order_id=accepted(said, "live").order_id)
        return "live"

    @answers(Row.FAK_BUY)
    def fak_buys(self) -> str:
        price = self.best()[1] + STEP
        said = self.client.place_market_order(
            asset_id=self.token, side="BUY", amount=5, max_price=price, order_type="FAK"
        )
        done = accepted(said, "matched")
        return f"got {done.taking_amount} shares for {done.making_amount}"

    @answers(Row.FAK_SELL)
    def fak_sells(self) -> str:
        price = self.best()[0] - STEP
        said = self.client.place_market_order(
            asset_id=self.token, side="SELL", shares="6.5", min_price=price, order_type="FAK"
        )
        done = accepted(said, "matched")
        expect(done.making_amount == Decimal("6.5"), done)
        return f"got {done.taking_amount} dollars for 6.5 shares"

    @answers(Row.FOK)
    def fok(self) -> str:
        price = self.best()[1] + STEP
        said = self.client.place_market_order(
            asset_id=self.token, side="BUY", amount=5, max_price=price, order_type="FOK"
        )
        return f"spent 5, got {accepted(said, 'matched').taking_amount}"

    @answers(Row.NEG_RISK)
    def neg_risk_order(self) -> str:
        token = self.neg_risk.outcomes.yes.token_id
        order = self.client.get_order(order_id=self.rest(token=token))
        self.client.cancel_order(order_id=order.id)
        expect(order.asset_id == token, order)
        return "live, signed for the negative-risk exchange"

    @answers(Row.DELAYED)
    def delayed(self) -> str:
        token = self.game.outcomes.yes.token_id
        price = self.best(token)[1] + STEP
        held = self.client.place_limit_order(asset_id=token, price=price, size=5, side="BUY")
        order_id = accepted(held, "delayed").order_id
        said = self.client.cancel_order(order_id=order_id).not_canceled
        expect(order_id in said, said)
        until(lambda: self.client.list_account_trades(asset_id=token).first_page().items)
        self.client.cancel_all()
        return f"delayed, not to be cancelled ({said[order_id]}), then filled"

    @answers(Row.BATCH)
    def batch(self) -> str:
        signed = [self.sign("0.01", str(10 + number)) for number in range(3)]
        said = self.client.post_orders([*signed, self.sign("0.01", "99999999")])
        self.client.cancel_all()
        for one in said[:3]:
            accepted(one, "live")
        expect(not said[3].ok, said[3])
        return f"three live, the fourth alone refused: {said[3].code}"

    @answers(Row.SETTLES)
    def settles(self) -> str:
        price = self.best()[1] + STEP
        said = self.client.place_limit_order(asset_id=self.token, price=price, size=5, side="BUY")
        hashes = self.client.wait_for_order_fill_settlement(accepted(said, "matched"))
        self.client.cancel_all()
        expect(hashes, "no hash")
        return f"settled in {hashes[0][:14]}…"

    @answers(Row.CANCEL)
    def cancel_one(self) -> str:
        order_id = self.rest()
        said = self.client.cancel_order(order_id=order_id)
        expect(list(said.canceled) == [order_id], said)
        return "canceled, by id"

    @answers(Row.CANCEL_MANY)
    def cancel_many(self) -> str:
        ids = [self.rest(), self.rest(size="11")]
        said = self.client.cancel_orders(order_ids=ids)
        expect(sorted(said.canceled) == sorted(ids), said)
        return f"{len(ids)} canceled"

    @answers(Row.CANCEL_MARKET)
    def cancel_market(self) -> str:
        here, there = self.rest(), self.rest(token=self.neg_risk.outcomes.yes.token_id)
        said = self.client.cancel_market_orders(market=self.market.condition_id)
        kept = self.client.get_order(order_id=there).status
        self.client.cancel_all()
        expect(list(said.canceled) == [here], said)
        return f"one canceled, the one elsewhere {kept}"

    @answers(Row.CANCEL_ALL)
    def cancel_all(self) -> str:
        ids = {self.rest(), self.rest(token=self.neg_risk.outcomes.yes.token_id)}
        said = self.client.cancel_all()
        expect(set(said.canceled) == ids, said)
        expect(not self.client.list_open_orders().first_page().items, "orders left")
        return f"{len(ids)} canceled, none left"

    @answers(Row.CANCEL_GONE)
    def cancel_gone(self) -> Refused:
        order_id = self.rest()
        self.client.cancel_order(order_id=order_id)
        said = self.client.cancel_order(order_id=order_id)
        expect(said.not_canceled.get(order_id) == "already canceled or matched", said)
        return Refused(str(said.not_canceled[order_id]))

    @answers(Row.ORDER)
    def order(self) -> str:
        order = self.client.get_order(order_id=self.rest())
        self.client.cancel_order(order_id=order.id)
        return f"{order.status} {order.side} {order.original_size} at {order.price}"

    @answers(Row.HEARTBEAT)
    def heartbeat(self) -> str:
        first = self.client.send_order_heartbeat()
        second = self.client.send_order_heartbeat(heartbeat_id=first.heartbeat_id)
        expect(first.heartbeat_id != second.heartbeat_id, (first, second))
        return "two beats, each with a new id"

    @answers(Row.HEARTBEAT_WRONG)
    def wrong_heartbeat(self) -> Refused:
        wrong = "00000000-0000-0000-0000-000000000000"
        send = self.client.send_order_heartbeat
        words = "Invalid Heartbeat ID"
        return refused(lambda: send(heartbeat_id=wrong), words, OrderHeartbeatMismatchError)
