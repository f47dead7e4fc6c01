"""Requests and their answers, with what is to go wrong with them."""

from collections.abc import Callable, Mapping
from typing import Protocol

import attrs
import trio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.sim.faults.answers import Answer, broken, mangle, refusal, too_many
from arb.sim.faults.board import Entry, FaultBoard, Subject
from arb.sim.faults.cache import AnswerCache, Key
from arb.sim.faults.delays import RoundTrip, latency_s, transfer_s
from arb.sim.faults.fault import Fault
from arb.sim.faults.kinds import Kind, Layer
from arb.sim.inprocess import RESET, WIRE

PLACEMENTS: Mapping[Venue, frozenset[str]] = {
    Venue.POLYMARKET: frozenset({"POST /order", "POST /orders"}),
    Venue.KALSHI: frozenset(
        {"POST /portfolio/events/orders", "POST /portfolio/events/orders/batched"}
    ),
}
"""The endpoints that take new orders."""
_WHO = (b"poly_address", b"poly-address", b"kalshi-access-key")
"""Headers that say who reads."""


class Arrivals(Protocol):
    """What happens to an order just before the venue looks at it."""

    def meet(self, subject: Subject, body: bytes) -> None:
        """Act on an order that is about to be read."""
        ...


def endpoint_of(scope: Scope) -> str:
    """Method and path of a request, without the prefix that all of Kalshi's REST paths share."""
    path: str = scope["path"]
    return f"{scope.get('method', 'GET')} {path.removeprefix('/trade-api/v2')}"


def reaches_wire(scope: Scope) -> bool:
    """Say whether the server beneath lets an application break connections."""
    return WIRE in scope.get("extensions", {})


def able_at(scope: Scope) -> Callable[[Fault], bool]:
    """Which faults can be carried out here; without the wire, some are the proxy's."""
    if reaches_wire(scope):
        return lambda _: True
    return lambda fault: not fault.needs_wire


@attrs.frozen
class RequestFaults:
    """Passes requests on to a venue's application, as well as the board lets it."""

    app: ASGIApp
    venue: Venue
    board: FaultBoard
    round_trip: RoundTrip
    arrivals: Arrivals
    now_ns: Clock
    cache: AnswerCache = attrs.field(factory=AnswerCache)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do not."""
        body = await read_body(receive)
        if body is None:
            return  # nobody is left to hear it
        subject = self._subject(scope, body)
        struck = list(self.board.strikes(Layer.REST, subject, able_at(scope)))
        one_way_s = self.round_trip.one_way_s()
        await trio.sleep(one_way_s + latency_s(self.board, struck, "request"))
        call = _Call(self, scope, body, subject, _by_kind(struck))
        answer = await call.answer(receive, send)
        if answer is None:
            return
        slow_s = transfer_s(struck, len(answer.body))
        await trio.sleep(one_way_s + latency_s(self.board, struck, "answer") + slow_s)
        for message in answer.messages():
            await send(message)

    def _subject(self, scope: Scope, body: bytes) -> Subject:
        def text() -> str:
            query = scope["query_string"].decode("latin-1")
            return f"{scope['path']} {query} {body.decode('utf-8', 'replace')}"

        return Subject(self.venue, endpoint_of(scope), text=text)


def _by_kind(entries: list[Entry]) -> Mapping[Kind, Entry]:
    """Where two faults of a kind strike, the one put up last has its way."""
    return {entry.fault.kind: entry for entry in entries}


@attrs.frozen
class _Call:
    """One request on its way through the faults that struck it."""

    faults: RequestFaults
    scope: Scope
    body: bytes
    subject: Subject
    struck: Mapping[Kind, Entry]

    async def answer(self, receive: Receive, send: Send) -> Answer | None:
        """What the client hears; None where that is nothing, now or ever."""
        if await self._loses(Kind.REQUEST_LOST, receive, send):
            return None
        refused = self._refusal()
        if refused is not None:
            return refused
        answer = await self._ask(receive)
        if answer is None or await self._loses(Kind.ANSWER_LOST, receive, send):
            return None
        return self._spoil(answer)

    async def _loses(self, kind: Kind, receive: Receive, send: Send) -> bool:
        """Carry out a loss, if there is one: until the client gives up, or with a reset."""
        entry = self.struck.get(kind)
        if entry is None:
            return False
        entry.acted += 1
        if entry.fault.words["how"] == "reset":
            await send({"type": RESET})
        else:
            await until_disconnect(receive)
        return True

    def _refusal(self) -> Answer | None:
        """An answer that is given without asking the venue."""
        venue = self.faults.venue
        limited = self.struck.get(Kind.RATE_LIMIT)
        if limited is not None:
            limited.acted += 1
            return too_many(venue, limited.fault.words["form"], self.faults.now_ns())
        failing = self.struck.get(Kind.SERVER_ERROR)
        if failing is not None and failing.fault.words["when"] == "before":
            return _fail(failing, venue)
        rejecting = self.struck.get(Kind.REJECT)
        if rejecting is not None and self.subject.endpoint in PLACEMENTS[venue]:
            rejecting.acted += 1
            return refusal(venue, rejecting.fault.words["reason"])
        return None

    async def _ask(self, receive: Receive) -> Answer | None:
        """The venue's answer, or the cache's."""
        stale = self.struck.get(Kind.STALE_REST)
        remembers = self.scope["method"] == "GET" and self._remembers()
        if stale is not None and remembers:
            found = self.faults.cache.find(
                self._key(), stale.fault.numbers["age_ms"], self.faults.now_ns()
            )
            if found is not None:
                stale.acted += 1
                return found
        if self.subject.endpoint in PLACEMENTS[self.faults.venue]:
            self.faults.arrivals.meet(self.subject, self.body)
        answer = await ask(self.faults.app, self.scope, self.body, receive)
        if remembers and answer is not None:
            self.faults.cache.keep(self._key(), answer, self.faults.now_ns())
        return answer

    def _remembers(self) -> bool:
        """Say whether answers are kept: a fault to come may need what is said now."""
        planned = self.faults.board.planned(self.faults.venue, Layer.REST)
        return any(entry.fault.kind is Kind.STALE_REST for entry in planned)

    def _key(self) -> Key:
        who = [value.decode("latin-1") for name, value in self.scope["headers"] if name in _WHO]
        query = self.scope["query_string"].decode("latin-1")
        return (self.subject.endpoint, query, *who)

    def _spoil(self, answer: Answer) -> Answer:
        """The answer as it arrives, after the venue has acted."""
        failing = self.struck.get(Kind.SERVER_ERROR)
        if failing is not None:
            return _fail(failing, self.faults.venue)
        malformed = self.struck.get(Kind.MALFORMED)
        if malformed is None:
            return answer
        malformed.acted += 1
        text = answer.body.decode("utf-8", "replace")
        return answer.with_body(mangle(text, malformed.fault.words["form"]).encode())


def _fail(entry: Entry, venue: Venue) -> Answer:
    entry.acted += 1
    return broken(venue, entry.fault.numbers["status"], entry.fault.words["body"])


async def read_body(receive: Receive) -> bytes | None:
    """The whole body of a request; None where the client left before it was there."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


async def until_disconnect(receive: Receive) -> None:
    """Wait until the client gives up."""
    while (await receive())["type"] not in {"http.disconnect", "websocket.disconnect"}:
        continue


async def ask(app: ASGIApp, scope: Scope, body: bytes, receive: Receive) -> Answer | None:
    """The application's whole answer; None where it gave none."""
    start: Message = {}
    answered = bytearray()
    told = False

    async def read() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def write(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            answered.extend(message.get("body", b""))
        await trio.lowlevel.checkpoint()

    await app(scope, read, write)
    if not start:
        return None
    return Answer(start["status"], bytes(answered), tuple(start.get("headers", ())))
