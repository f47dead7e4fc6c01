"""Orders changed while they rest: amended or decreased."""

from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from arb.market.units import Ns, Px, Qty, complement
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.errors import ApiError, bad_body, of_rejection
from arb.sim.kalshi.listing import market_id
from arb.sim.kalshi.numbers import from_unix_s
from arb.sim.kalshi.records import OrderRecord, Reason, Terms
from arb.sim.kalshi.requests import (
    AmendBody,
    DecreaseBody,
    check_client_id,
    check_form,
    read_count,
)
from arb.sim.kalshi.trading import NEVER, Destination, Trading
from arb.sim.orders import Rejection


@attrs.frozen
class Changes:
    """Amends and decreases members' orders."""

    trading: Trading

    def amend(
        self, member: Member, subaccount: int, order_id: str, body: AmendBody, now: Ns
    ) -> OrderRecord:
        """Give an order another price, size, expiry or client id; it may trade then.

        A smaller size, or another expiry alone, keeps the place in the queue. Raises ApiError, and
        then nothing changed.
        """
        check_form(body)
        check_client_id(body.updated_client_order_id)
        to = Destination(body.ticker, body.exchange_index)
        self.trading.switches.check_trade(self.trading.shard_of(to))
        record = self.trading.find(member, subaccount, order_id, to)
        _check_same(record, body)
        self.trading.open_market(Destination(record.terms.ticker, record.terms.shard), now)
        terms = self._amended(record, body, now)
        self._carry_out(record, terms)
        return record

    def decrease(
        self, member: Member, subaccount: int, order_id: str, body: DecreaseBody, now: Ns
    ) -> OrderRecord:
        """Take contracts off what rests; the order keeps its place, or ends at nothing."""
        if (body.reduce_by is None) is (body.reduce_to is None):
            raise bad_body("give exactly one of reduce_by and reduce_to")
        by, left = (None if text is None else read_count(text) for text in _both(body))
        to = Destination(body.market_ticker, body.exchange_index)
        record = self.trading.find(member, subaccount, order_id, to)
        self.trading.check_not_closed(record.terms.ticker, now)
        off = record.remaining - left if left is not None else min(by or 0, record.remaining)
        if off <= 0:
            raise ApiError(400, "invalid_order", details="nothing to reduce")
        terms = attrs.evolve(record.terms, qty=Qty(record.terms.qty - off))
        with _changing(record, terms, Reason.DECREASE):
            self.trading.exchange.reduce(record.order_id, Qty(off))
        return record

    def _amended(self, record: OrderRecord, body: AmendBody, now: Ns) -> Terms:
        """What the order asks for from now on. Raises ApiError where that cannot be."""
        terms = record.terms
        grid = self.trading.exchange.listing(market_id(terms.ticker)).grid
        if not grid.holds(Px(body.micros)):
            raise ApiError(400, "invalid_price")
        if body.qty < record.filled:
            raise ApiError(400, "invalid_amend_qty_for_order")
        client_id = body.updated_client_order_id or terms.client_id
        if client_id != terms.client_id and self.trading.blotter.used(terms.member, client_id):
            raise ApiError(409, "order_already_exists")
        return attrs.evolve(
            terms,
            px=Px(body.micros),
            qty=body.qty,
            client_id=client_id,
            expires_ns=_expiry(terms, body.expiration_time, now),
        )

    def _carry_out(self, record: OrderRecord, terms: Terms) -> None:
        expires_anew = terms.expires_ns != record.terms.expires_ns
        size_or_price = (terms.px, terms.qty) != (record.terms.px, record.terms.qty)
        with _changing(record, terms, Reason.AMEND):
            if terms.qty == record.filled:
                self.trading.exchange.cancel(record.order_id)
            elif size_or_price:
                self._amend(record, terms)
            else:
                record.reason = Reason.AMEND
                self.trading.announce(record)
        self.trading.blotter.burn(terms.member, terms.client_id)
        record.initial = terms.qty
        if expires_anew:
            self.trading.watch(record)

    def _amend(self, record: OrderRecord, terms: Terms) -> None:
        limit = terms.px if terms.is_bid else complement(terms.px)
        try:
            self.trading.exchange.amend(record.order_id, limit=limit, qty=terms.qty)
        except Rejection as rejection:
            raise of_rejection(rejection) from rejection


@contextmanager
def _changing(record: OrderRecord, terms: Terms, reason: Reason) -> Iterator[None]:
    """Let an order have other terms; it has its old ones again where the change is refused."""
    before = record.terms
    record.terms, record.change = terms, reason
    try:
        yield
    except ApiError:
        record.terms = before
        raise
    finally:
        record.change = None


def _both(body: DecreaseBody) -> tuple[str | None, str | None]:
    return body.reduce_by, body.reduce_to


def _check_same(record: OrderRecord, body: AmendBody) -> None:
    """Raise ApiError (400) where the body speaks of another order."""
    terms = record.terms
    if body.ticker != terms.ticker:
        raise ApiError(400, "order_ticker_mismatch")
    if (body.side == "bid") is not terms.is_bid:
        raise ApiError(400, "order_side_mismatch")
    if body.client_order_id is not None and body.client_order_id != terms.client_id:
        raise ApiError(400, "order_id_and_client_order_id_mismatch")


def _expiry(terms: Terms, given: int | None, now: Ns) -> Ns | None:
    """When the order expires from now on. Raises ApiError (400) for a time that is past."""
    if given is None:
        return terms.expires_ns
    if given == 0:
        return None
    expires = from_unix_s(given)
    if not now < expires < NEVER:
        raise ApiError(400, "invalid_parameters", details="expiration_time")
    return expires
