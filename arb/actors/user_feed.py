"""One private connection: what a venue says of our orders, passed on as it comes."""

import attrs
import trio

from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.messages import AccountEvent, FeedId, FeedSeen
from arb.ports import DeskPort
from arb.venues.backoff import Backoff
from arb.venues.conversation import converse
from arb.venues.protocols import Account, UserStream

QUIET_S = 3600.0
"""A private stream is silent while we do not trade: only a closed socket ends it."""


@attrs.frozen
class UserFeed:
    """Own the private connection of one venue.

    Sends `AccountEvent`s to the order tracker. What a cut connection missed, the tracker's polls
    find. Never returns: it reconnects by itself.
    """

    venue: Venue
    account: Account
    outbox: trio.MemorySendChannel[AccountEvent]
    desk: DeskPort
    backoff: Backoff
    now_ns: Clock

    async def run(  # noqa: ASYNC128 - a call reports once it brings something
        self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Stay connected."""
        failures = 0
        while True:
            call = _Call(self, self.account.user_stream(), task_status)
            why = await converse(
                self.account.connect_user,
                call.stream,
                call.heard,
                silence_s=QUIET_S,
                connected=call.connected,
            )
            failures = 1 if call.opened else failures + 1
            self.desk.send(FeedSeen(call.feed_id, connected=False, frames=0, note=why))
            await trio.sleep(self.backoff.pause_s(failures))


@attrs.define
class _Call:
    """One connection while it lasts."""

    feed: UserFeed
    stream: UserStream
    task_status: trio.TaskStatus[None]
    opened: bool = False

    @property
    def feed_id(self) -> FeedId:
        """What people call this connection."""
        return FeedId(f"{self.feed.venue}:user")

    def connected(self) -> None:
        """The subscription is out."""
        self.opened = True
        self.task_status.started()
        self.feed.desk.send(FeedSeen(self.feed_id, connected=True, frames=0, note=""))

    async def heard(self, frames: list[str | bytes]) -> bool:
        """Pass on what one read brought."""
        seen_ns = self.feed.now_ns()
        for frame in frames:
            for event in self.stream.receive(frame, seen_ns):
                await self.feed.outbox.send(AccountEvent(self.feed.venue, event))
        self.feed.desk.send(FeedSeen(self.feed_id, connected=True, frames=len(frames), note=""))
        return True
