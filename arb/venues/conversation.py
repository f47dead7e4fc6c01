"""Hold one conversation over one socket: opening, keepalive, replies, and every read."""

import math
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import trio

from arb.market.errors import Unreachable
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
    count as life. Returns why it ended. Raises `Unreachable` or `Refused` where there was no
    connection at all.
    """
    why = f"no connection within {OPEN_S:g} s"
    with trio.CancelScope(relative_deadline=OPEN_S) as opening:
        async with connect() as socket:
            for frame in conversation.opening():
                await socket.send(frame)
            opening.deadline = math.inf
            connected()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_keep_alive, socket, conversation)
                nursery.start_soon(_speak, socket, conversation)
                why = await _listen(socket, conversation, heard, silence_s)
                nursery.cancel_scope.cancel(reason=why)
    if opening.cancelled_caught:
        raise Unreachable(why)
    return why


async def _listen(
    socket: Socket,
    conversation: Conversation,
    heard: Callable[[list[str | bytes]], Awaitable[bool]],
    silence_s: float,
) -> str:
    """Read until the socket closes or no data came for `silence_s`; say which."""
    try:
        with trio.CancelScope(relative_deadline=silence_s) as alive:
            while True:
                if await heard(await socket.receive_batch()):
                    alive.deadline = trio.current_time() + silence_s
                for reply in conversation.replies():
                    await socket.send(reply)
    except Unreachable as closed:
        return str(closed)
    return f"no data for {silence_s:g} s"


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
