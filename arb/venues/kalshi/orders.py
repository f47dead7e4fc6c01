"""Sending, reading and cancelling orders at Kalshi."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus

import attrs
import httpx
import msgspec
import trio

from arb.market.errors import ArbError, Malformed, Refused, Unintelligible, Unreachable
from arb.market.instruments import Venue
from arb.market.units import Clock, Qty, parse_qty
from arb.messages import NewOrder, OrderKey, OrderRef, OrderState, Phase, PreparedOrder
from arb.venues.kalshi import order_body
from arb.venues.kalshi.config import KalshiCredentials, KalshiUrls
from arb.venues.kalshi.errors import (
    complaint_of,
    read_failure,
    says_not_found,
    write_failure,
)
from arb.venues.kalshi.identity import kalshi_ref, path_part
from arb.venues.kalshi.reports import order_state
from arb.venues.kalshi.rest import PAGE_ROWS, Rest, next_cursor
from arb.venues.kalshi.schema import (
    CancelResult,
    CancelResults,
    CreatedBody,
    OneOrder,
    OrderRow,
    OrdersPage,
    decode,
)
from arb.venues.wire import Answer

WRITES = "/portfolio/events/orders"
READS = "/portfolio/orders"
ALREADY_THERE = "order_already_exists"
MOST_PAGES = 10
"""Of all orders, when many are looked for: 10,000 orders; beyond that each is asked for."""
BATCHES_AT_ONCE = 4
"""A stop must not wait for each batch in turn; what the rate limit refuses is asked again."""
CANCELS_PER_BATCH = 20
"""2 tokens each, and a batch must fit the bucket as it is: 40 of the lowest tier's 100 (docs:
rate_limits)."""


@attrs.frozen
class KalshiOrders:
    """The order side. A client order id is used once, for ever: it makes a resend harmless.

    Making one raises Refused where the private key cannot be used.
    """

    venue = Venue.KALSHI

    urls: KalshiUrls
    credentials: KalshiCredentials
    client: httpx.AsyncClient
    now_ns: Clock
    _rest: Rest = attrs.field(init=False, repr=False)

    @_rest.default
    def _make_rest(self) -> Rest:
        return Rest(self.urls, self.credentials, self.client, self.now_ns)

    def prepare(self, order: NewOrder) -> PreparedOrder:
        """Check an order against its market's rules and encode it. Raises Refused."""
        return order_body.prepare(order)

    async def send(self, prepared: PreparedOrder) -> OrderState:
        """Send exactly `prepared.body`, once.

        Raises Refused where the venue did not take it; Unreachable where it may have, which is
        also what a duplicate means: an earlier sending arrived.
        """
        answer = await self._rest.ask("POST", WRITES, body=prepared.body)
        if answer.status in {HTTPStatus.CREATED, HTTPStatus.OK}:
            return _created(answer, prepared)
        if complaint_of(answer).code == ALREADY_THERE:
            raise Unreachable(f"{prepared.key} was taken before: {complaint_of(answer)}")
        raise write_failure(answer, f"order {prepared.key}")

    async def cancel(self, ref: OrderRef) -> None:
        """Take what rests of an order off the book. Quiet where nothing is left, or known."""
        order_id = ref.venue_order_id or await self._id_of(ref)
        if order_id is None:
            return
        market = kalshi_ref(ref.market)
        where = [("exchange_index", str(market.shard)), ("market_ticker", market.ticker)]
        answer = await self._rest.insist("DELETE", f"{WRITES}/{path_part(order_id)}", params=where)
        if answer.status != HTTPStatus.OK and not says_not_found(answer):
            raise write_failure(answer, f"cancelling {order_id}")

    async def read(self, ref: OrderRef) -> OrderState | None:
        """Ask for an order, by the venue's id or by ours. Reads lag writes by some 100 ms."""
        if ref.venue_order_id is None:
            row = await self._find(ref)
            return None if row is None else order_state(row)
        path = f"{READS}/{path_part(ref.venue_order_id)}"
        answer = await self._rest.get(path)
        if says_not_found(answer):
            return None
        if answer.status != HTTPStatus.OK:
            raise read_failure(answer, f"GET {path}")
        return order_state(_the_one_asked_for(decode(answer.body, OneOrder).order, ref))

    async def read_many(self, refs: Sequence[OrderRef]) -> dict[OrderKey, OrderState]:
        """Look for our ids among all orders, a page of the list after another.

        Orders older than the last `MOST_PAGES` pages are not found this way.
        """
        wanted = {ref.key for ref in refs}
        found: dict[OrderKey, OrderState] = {}
        cursor, seen = "", {""}
        for _ in range(MOST_PAGES):
            asked = [("limit", PAGE_ROWS), *([("cursor", cursor)] if cursor else [])]
            page = await self._rest.read(OrdersPage, READS, asked)
            found |= {state.key: state for state in map(order_state, page.rows or []) if state.key}
            cursor = next_cursor(page.cursor, seen)
            if not cursor or wanted <= found.keys():
                break
        return {key: found[key] for key in wanted & found.keys()}

    async def open_orders(self) -> tuple[OrderState, ...]:
        """Read every order that rests, ours or made by hand."""
        return tuple(order_state(row) for row in await self._resting())

    async def cancel_all(self) -> None:
        """Cancel whatever rests, by id, and say at the end what could not be.

        The venue's own call for this also cancels what is placed in the minute after it.
        """
        failures: list[ArbError] = []
        batches = _batches(await self._resting())

        async def cancel() -> None:
            for some in batches:
                try:
                    await self._cancel_batch(some)
                except ArbError as error:
                    failures.append(error)

        async with trio.open_nursery() as nursery:
            for _ in range(BATCHES_AT_ONCE):
                nursery.start_soon(cancel)
        if failures:
            raise failures[0]

    async def _cancel_batch(self, rows: Sequence[OrderRow]) -> None:
        body = msgspec.json.encode({"orders": [_to_cancel(row) for row in rows]})
        answer = await self._rest.insist("DELETE", f"{WRITES}/batched", body=body)
        if answer.status != HTTPStatus.OK:
            raise write_failure(answer, f"cancelling {len(rows)} orders")
        results = decode(answer.body, CancelResults).orders or []
        if len(results) != len(rows):
            raise Unintelligible(f"{len(rows)} orders to cancel, {len(results)} results")
        for result in results:
            _check_cancelled(result)

    async def _resting(self) -> Sequence[OrderRow]:
        return await self._rest.read_all(OrdersPage, READS, [("status", "resting")])

    async def _id_of(self, ref: OrderRef) -> str | None:
        row = await self._find(ref)
        return None if row is None else row.order_id

    async def _find(self, ref: OrderRef) -> OrderRow | None:
        """Look for our id among the market's orders: there is no filter for it.

        No time is asked for either: an order outside of a window would seem never to have been.
        """
        params = [("ticker", kalshi_ref(ref.market).ticker)]
        rows = await self._rest.read_all(OrdersPage, READS, params)
        return next((row for row in rows if row.client_order_id == ref.key), None)


def _created(answer: Answer, prepared: PreparedOrder) -> OrderState:
    """Read the answer to an order that was taken. Unreachable where it cannot be: it may live."""
    try:
        body = decode(answer.body, CreatedBody)
        filled, remaining = parse_qty(body.fill_count), parse_qty(body.remaining_count)
    except (Unintelligible, Malformed) as error:
        raise Unreachable(f"order {prepared.key} was taken, its answer is odd: {error}") from error
    _check_created(body, filled, prepared)
    return OrderState(
        key=OrderKey(prepared.key),
        venue_order_id=body.order_id,
        phase=Phase.OPEN if remaining else Phase.DONE,
        filled=filled,
    )


def _check_created(body: CreatedBody, filled: Qty, prepared: PreparedOrder) -> None:
    """Answers that spoke of another order have been seen (changelog, May 2026)."""
    another = body.client_order_id not in {None, "", prepared.key}
    if another or not body.order_id or filled > prepared.order.qty:
        raise Unreachable(f"order {prepared.key} was answered with {body}")


def _the_one_asked_for(row: OrderRow, ref: OrderRef) -> OrderRow:
    another_key = bool(row.client_order_id) and row.client_order_id != ref.key
    if row.order_id != ref.venue_order_id or another_key:
        raise Unintelligible(f"asked for {ref.venue_order_id}, told of {row.order_id}")
    return row


def _to_cancel(row: OrderRow) -> dict[str, object]:
    """Say where an order rests: the venue would look on shard 0 and on the main account."""
    item: dict[str, object] = {
        "order_id": row.order_id,
        "market_ticker": row.ticker,
        "exchange_index": row.exchange_index or 0,
    }
    if row.subaccount_number:
        item["subaccount"] = row.subaccount_number
    return item


def _check_cancelled(result: CancelResult) -> None:
    if result.error is None or str(result.error.get("code", "")).endswith("not_found"):
        return
    raise Refused(f"cancelling {result.order_id}: {result.error}")


def _batches(rows: Sequence[OrderRow]) -> Iterator[Sequence[OrderRow]]:
    for start in range(0, len(rows), CANCELS_PER_BATCH):
        yield rows[start : start + CANCELS_PER_BATCH]
