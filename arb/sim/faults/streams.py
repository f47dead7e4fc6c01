"""Open sockets and their frames, with what is to go wrong with them."""

import re
from collections.abc import Mapping

import attrs
import trio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.sim.faults.answers import broken, mangle, too_many
from arb.sim.faults.board import Entry, FaultBoard, Subject
from arb.sim.faults.connections import Connections
from arb.sim.faults.delays import latency_s, transfer_s
from arb.sim.faults.kinds import Kind, Layer
from arb.sim.faults.lane import Lane
from arb.sim.faults.requests import able_at, endpoint_of, reaches_wire, until_disconnect
from arb.sim.inprocess import RESET

DRAIN_S = 5.0
"""How long what is on its way may take to arrive once the venue has hung up."""
GONE = 1006
"""What an application hears where its client vanished; hypercorn says the same."""
PONG = "PONG"
DENIAL = "websocket.http.response"
_TYPE = re.compile(r'"(?:event_)?type":\s*"(\w+)"')
_WANTED = re.compile(r'"channels":\s*\[([^\]]*)\]')
_ON_THE_WIRE = frozenset({Kind.DISCONNECT, Kind.RESET, Kind.HALF_OPEN})
_LOSSES = (Kind.SILENCE, Kind.DROP_FRAMES, Kind.GAP)


@attrs.frozen
class StreamFaults:
    """Passes sockets on to a venue's application, as well as the board lets it."""

    app: ASGIApp
    venue: Venue
    board: FaultBoard
    connections: Connections
    now_ns: Clock

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket from its handshake to its end."""
        if not await self._admit(scope, receive, send):
            return
        connection = Connection(self, scope, send)
        try:
            await connection.serve(receive)
        finally:
            self.connections.drop(connection)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Let a handshake through; False where it failed, and then it is answered."""
        subject = Subject(self.venue, endpoint_of(scope))
        struck = list(self.board.strikes(Layer.REST, subject, able_at(scope)))
        delay_s = latency_s(self.board, struck, "request")
        if delay_s:
            await trio.sleep(delay_s)
        for entry in struck:
            if await self._fail(entry, receive, send):
                return False
        return True

    async def _fail(self, entry: Entry, receive: Receive, send: Send) -> bool:
        """Let a handshake fail in the way of this fault, if that is its way."""
        words, numbers = entry.fault.words, entry.fault.numbers
        match entry.fault.kind:
            case Kind.REQUEST_LOST | Kind.ANSWER_LOST if words["how"] == "reset":
                await send({"type": RESET})
            case Kind.REQUEST_LOST | Kind.ANSWER_LOST:
                await until_disconnect(receive)
            case Kind.RATE_LIMIT:
                answer = too_many(self.venue, words["form"], self.now_ns())
                for message in answer.messages(DENIAL):
                    await send(message)
            case Kind.SERVER_ERROR:
                for message in broken(self.venue, numbers["status"], words["body"]).messages(
                    DENIAL
                ):
                    await send(message)
            case _:
                return False
        entry.acted += 1
        return True


class Connection:
    """One open socket: frames in both directions, and how it ends."""

    def __init__(self, faults: StreamFaults, scope: Scope, send: Send) -> None:
        """Start with everything working."""
        self.able = _ON_THE_WIRE if reaches_wire(scope) else frozenset({Kind.DISCONNECT})
        self._faults = faults
        self._scope = scope
        self._send = send
        self._able_at = able_at(scope)
        self._wanted: set[str] = set()
        self._stalled = False
        self._came = trio.Event()
        self._left = trio.Event()
        self._life = trio.CancelScope()
        self._ending: Message | None = None
        self._missing: dict[Entry, int] = {}
        self._held: list[tuple[int, Message]] = []
        self._to_app, self._from_client = trio.open_memory_channel[Message](1)
        self._down = Lane(send)
        self._up = Lane(self._to_app.send)

    async def serve(self, receive: Receive) -> None:
        """Carry frames until either side, or a fault, ends it."""
        with self._life:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._read, receive)
                nursery.start_soon(self._down.run)
                nursery.start_soon(self._up.run)
                await self._faults.app(self._scope, self._next_event, self._take_event)
                if self._stalled:
                    await self._left.wait()  # the client does not hear of the end
                with trio.move_on_after(DRAIN_S):
                    await self._down.drain()
                nursery.cancel_scope.cancel(reason="the venue hung up")
        if self._ending is not None:
            with trio.move_on_after(DRAIN_S):
                await self._send(self._ending)

    # --- faults of the whole connection ---------------------------------------------------------

    def subject(self) -> Subject:
        """Whose connection it is, and what it was opened for."""
        return Subject(
            self._faults.venue, endpoint_of(self._scope), (*self._place(), *sorted(self._wanted))
        )

    def suffer(self, entry: Entry) -> None:
        """Hang up, break, or go dead."""
        match entry.fault.kind:
            case Kind.HALF_OPEN:
                self._stalled = True
                return
            case Kind.RESET:
                self._ending = {"type": RESET}
            case _:
                code = entry.fault.numbers["code"]
                self._ending = {"type": "websocket.close", "code": code, "reason": ""}
        self._life.cancel(reason=str(entry.fault.kind))

    # --- to the venue ---------------------------------------------------------------------------

    async def _read(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self._left.set()
                await self._came.wait()  # it cannot leave before it came
                await self._to_app.send(message)
                return
            self._note_channels(message)
            if not self._stalled:
                await self._up.put(message, self._delay_s(message, "request"))

    async def _next_event(self) -> Message:
        message = await self._from_client.receive()
        self._came.set()
        return message

    def _note_channels(self, message: Message) -> None:
        """Kalshi's connections are told apart by what their clients subscribe to."""
        text = message.get("text") or ""
        for names in _WANTED.findall(text):
            self._wanted.update(re.findall(r'"(\w+)"', names))

    # --- to the client --------------------------------------------------------------------------

    async def _take_event(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self._faults.connections.add(self)  # from now on there is something to break
        if self._stalled:
            await trio.lowlevel.checkpoint()
        elif message["type"] == "websocket.send":
            await self._pass(message)
        else:
            await self._down.put(message)

    async def _pass(self, message: Message) -> None:
        """Send a frame, as it is or as the board will have it."""
        under_way = self._held or self._missing
        if not under_way and not self._faults.board.has(self._faults.venue, Layer.STREAM):
            await self._down.put(message)
            return
        text = message.get("text") or ""
        struck = self._struck(text)
        if text == PONG:
            struck = {kind: e for kind, e in struck.items() if kind in {Kind.LATENCY, Kind.SLOW}}
        if self._is_missing(struck):
            await trio.lowlevel.checkpoint()
            return
        await self._put(self._spoilt(message, struck), struck)

    def _struck(self, text: str) -> Mapping[Kind, Entry]:
        subject = Subject(
            self._faults.venue, endpoint_of(self._scope), self._channels(text), lambda: text
        )
        found = self._faults.board.strikes(Layer.STREAM, subject, self._able_at)
        return {entry.fault.kind: entry for entry in found}

    def _is_missing(self, struck: Mapping[Kind, Entry]) -> bool:
        """Lose a frame where a fault says so, or where a run of losses goes on."""
        gap = struck.get(Kind.GAP)
        for entry, left in list(self._missing.items()):
            self._missing[entry] = left - 1
            if left <= 1:
                del self._missing[entry]
            return True
        loss = next((struck[kind] for kind in _LOSSES if kind in struck), None)
        if loss is None:
            return False
        loss.acted += 1
        if loss is gap and gap.fault.numbers["frames"] > 1:
            self._missing[gap] = gap.fault.numbers["frames"] - 1
        return True

    def _spoilt(self, message: Message, struck: Mapping[Kind, Entry]) -> Message:
        malformed = struck.get(Kind.MALFORMED)
        if malformed is None:
            return message
        malformed.acted += 1
        text = mangle(message.get("text") or "", malformed.fault.words["form"])
        return {"type": "websocket.send", "text": text}

    async def _put(self, message: Message, struck: Mapping[Kind, Entry]) -> None:
        """Send a frame as often as it is to come, or keep it until others have overtaken it."""
        reorder = struck.get(Kind.REORDER_FRAMES)
        if reorder is not None and not self._held:
            reorder.acted += 1
            self._held.append((reorder.fault.numbers["behind"], message))
            return
        copies = 1
        doubled = struck.get(Kind.DUPLICATE_FRAMES)
        if doubled is not None:
            doubled.acted += 1
            copies += doubled.fault.numbers["copies"]
        delay_s = latency_s(self._faults.board, struck.values(), "answer")
        slow_s = transfer_s(struck.values(), len(message.get("text") or ""))
        for _ in range(copies):
            await self._down.put(message, delay_s, slow_s)
        await self._release()

    async def _release(self) -> None:
        """Send the frames that enough others have overtaken."""
        due = [message for left, message in self._held if left <= 1]
        self._held = [(left - 1, message) for left, message in self._held if left > 1]
        for message in due:
            await self._down.put(message)

    def _delay_s(self, message: Message, direction: str) -> float:
        if not self._faults.board.has(self._faults.venue, Layer.STREAM):
            return 0.0
        struck = self._struck(message.get("text") or "")
        return latency_s(self._faults.board, struck.values(), direction)

    def _channels(self, text: str) -> tuple[str, ...]:
        """What a frame belongs to: the socket's own name, and the frame's type."""
        found = _TYPE.search(text, 0, 400)
        kind = (found.group(1),) if found else ()
        return (*self._place(), *kind)

    def _place(self) -> tuple[str, ...]:
        path: str = self._scope["path"]
        return (path.rpartition("/")[2],) if self._faults.venue is Venue.POLYMARKET else ()
