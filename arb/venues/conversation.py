"""Hold one conversation over one socket: opening, keepalive, replies, and every read."""

import math
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import attrs
import trio

from arb.market.errors import Refused, Unreachable
from arb.venues.protocols import Socket

SPEAK_S = 1.0
"""How often a conversation is asked for what it wants to say while nothing arrives."""
OPEN_S = 20.0
"""How long connecting and subscribing may take; half-open servers accept and say nothing."""


class Conversation(Protocol):
    """The part of `BookStream` and `UserStream` that has to do with sending."""

    keepalive_s: float

    def opening(self) -> list[str]:
        """Frames to send once connected."""
        ...

    def replies(self) -> list[str]:
        """Frames to send now."""
        ...

    def keepalive(self) -> str:
        """The frame that keeps the connection open."""
        ...


async def converse(
    connect: Callable[[], AbstractAsyncContextManager[Socket]],
    conversation: Conversation,
    heard: Callable[[list[str | bytes]], Awaitable[bool]],
    *,
    silence_s: float,
    connected: Callable[[], None],
) -> str:
    """Connect, open, and pass what arrives to `heard` until it is silent for too long.

    `heard` gets the frames of one socket read and says whether they brought data: pongs do not
    count as life. Returns why it ended, or why there was no connection at all.
    """
    try:
        with trio.CancelScope(relative_deadline=OPEN_S) as opening:
            async with connect() as socket:
                for frame in conversation.opening():
                    await socket.send(frame)
                opening.deadline = math.inf
                connected()
                return await _talk(socket, conversation, heard, silence_s)
    except (Unreachable, Refused) as error:
        return str(error)
    return f"no connection within {OPEN_S:g} s"


@attrs.define
class _Pulse:
    """When data came last, by Trio's clock."""

    at: float


async def _talk(
    socket: Socket,
    conversation: Conversation,
    heard: Callable[[list[str | bytes]], Awaitable[bool]],
    silence_s: float,
) -> str:
    """Keep a connection alive and read it until it closes or falls silent; say which."""
    why = f"no data for {silence_s:g} s"
    pulse = _Pulse(trio.current_time())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_keep_alive, socket, conversation)
        nursery.start_soon(_speak, socket, conversation)
        nursery.start_soon(_cancel_when_silent, nursery.cancel_scope, pulse, silence_s)
        why = await _listen(socket, conversation, heard, pulse)
        nursery.cancel_scope.cancel(reason=why)
    return why


async def _listen(
    socket: Socket,
    conversation: Conversation,
    heard: Callable[[list[str | bytes]], Awaitable[bool]],
    pulse: _Pulse,
) -> str:
    """Read until the socket closes; say why it did."""
    try:
        while True:
            if await heard(await socket.receive_batch()):
                pulse.at = trio.current_time()
            for reply in conversation.replies():
                await socket.send(reply)
    except Unreachable as closed:
        return str(closed)


async def _cancel_when_silent(scope: trio.CancelScope, pulse: _Pulse, silence_s: float) -> None:
    """End what waits for data that does not come.

    A deadline moved at each read would do the same, and cost as much as a frame.
    """
    due = pulse.at + silence_s
    while trio.current_time() < due:
        await trio.sleep_until(due)
        due = pulse.at + silence_s
    scope.cancel(reason="silent")


async def _keep_alive(socket: Socket, conversation: Conversation) -> None:
    """Send the keepalive; a closed socket ends it quietly, as the listener notices too."""
    while conversation.keepalive_s:
        await trio.sleep(conversation.keepalive_s)
        try:
            await socket.send(conversation.keepalive())
        except Unreachable:
            return


async def _speak(socket: Socket, conversation: Conversation) -> None:
    """Say what is due on a quiet connection as well; ends as the keepalive does."""
    while True:
        await trio.sleep(SPEAK_S)
        for reply in conversation.replies():
            try:
                await socket.send(reply)
            except Unreachable:
                return
