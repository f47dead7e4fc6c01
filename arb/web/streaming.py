"""Server-sent events for one browser, ended at once when it goes away."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import attrs
import trio
from starlette.types import Receive, Scope, Send

_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
    ],
}


@attrs.frozen
class EventStream:
    """An ASGI answer that lasts for as long as the browser listens.

    Starlette's own leaves the generator to the garbage collector where a browser goes in the
    middle of an event: until then it would count as a watcher.
    """

    events: AsyncGenerator[bytes, None]

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send what comes."""
        async with trio.open_nursery() as nursery, aclosing(self.events) as events:
            nursery.start_soon(_end_with_browser, receive, nursery.cancel_scope)
            await send({**_START})
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})


async def _end_with_browser(receive: Receive, stream: trio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.cancel(reason="the browser is gone")
