"""One state for all who watch: encoded once, sent where it changed, and never queued.

A browser that is slow misses versions, not memory: when it is ready it gets what is newest.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import attrs
import msgspec
import trio

Read = Callable[[], Mapping[str, Any]]
"""Returns every section of the state, as plain values."""
QUIET_S = 15.0
"""So long nothing may be said before a comment keeps the connection open."""
STILL = b": still here\n\n"


@attrs.define
class Broadcast:
    """The newest state, section by section."""

    read: Read
    most_watchers: int
    """Browsers at once; more are told to come back."""
    watchers: int = attrs.field(default=0, init=False)
    _texts: dict[str, bytes] = attrs.field(factory=dict, init=False)
    _versions: dict[str, int] = attrs.field(factory=dict, init=False)
    _changed: trio.Event = attrs.field(factory=trio.Event, init=False)

    async def run(self, every_s: float) -> None:
        """Read anew every `every_s`, while anybody watches. Never returns."""
        while True:
            await trio.sleep(every_s)
            if self.watchers:
                self.refresh()

    def refresh(self) -> None:
        """Read the state now, and wake whoever waits for a change."""
        changed = False
        for name, value in self.read().items():
            text = msgspec.json.encode(value)
            if text != self._texts.get(name):
                self._texts[name] = text
                self._versions[name] = self._versions.get(name, 0) + 1
                changed = True
        if changed:
            self._changed.set()
            self._changed = trio.Event()

    def state(self) -> bytes:
        """The whole state of now, as one JSON object."""
        self.refresh()
        return _object(self._texts)

    async def follow(  # noqa: ASYNC900 - whoever takes it closes it: see `EventStream`
        self,
    ) -> AsyncGenerator[bytes, None]:
        """Server-sent events for one watcher: everything at first, then what changed.

        Whoever takes it has to close it: until then it counts as a watcher.
        """
        seen: dict[str, int] = {}
        self.watchers += 1
        try:
            self.refresh()
            while True:
                news = {
                    name: self._texts[name]
                    for name, version in self._versions.items()
                    if version != seen.get(name)
                }
                seen.update(self._versions)
                yield b"data: " + _object(news) + b"\n\n" if news else STILL
                with trio.move_on_after(QUIET_S):
                    await self._changed.wait()
        finally:
            self.watchers -= 1


def _object(texts: Mapping[str, bytes]) -> bytes:
    return (
        b"{" + b",".join(b'"%s":%s' % (name.encode(), text) for name, text in texts.items()) + b"}"
    )
