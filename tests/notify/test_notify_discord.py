"""Notices reach a Discord-like server over real sockets, at the pace that it asks for."""

from collections.abc import Callable

import attrs
import pytest
import trio

from arb.actors.notifier import TRIES, Notifier
from arb.market.errors import Refused, Unreachable
from arb.market.units import Ns
from arb.notify.addresses import Addresses
from arb.notify.digest import Digest, Outbox
from arb.notify.discord import COLOURS, Discord
from arb.notify.notice import Kind, Notice
from arb.notify.senders import Busy
from arb.telling import senders
from arb.venues.wire import http_client
from tests.fakes.webhook import Webhook


def digest(kind: Kind, *lines: str) -> Digest:
    return Digest(kind, lines, len(lines), Ns(0))


@attrs.frozen
class Line:
    """A notifier that talks to a webhook."""

    to: trio.MemorySendChannel[Notice]
    outbox: Outbox

    def tell(self, kind: Kind, text: str) -> None:
        self.to.send_nowait(Notice(kind, text, text, Ns(0)))


async def open_line(nursery: trio.Nursery, webhook: str) -> Line:
    to, inbox = trio.open_memory_channel[Notice](1_000)
    outbox = Outbox(frozenset(Kind), 1)
    notifier = Notifier(
        inbox=inbox,
        outbox=outbox,
        open_senders=senders(Addresses(webhook), _no_thread),
        gather_s=0.05,
        answer_s=5.0,
        pause_s=0.01,
    )
    await nursery.start(notifier.run)
    return Line(to, outbox)


async def _no_thread(_: object) -> None:  # noqa: ASYNC124 - senders await it
    raise AssertionError("nothing here needs a thread")


async def until(happened: Callable[[], bool]) -> None:
    with trio.fail_after(10):  # noqa: ASYNC912 - it may have happened
        while not happened():  # noqa: ASYNC110 - the other side is a server
            await trio.sleep(0.005)


async def test_each_kind_has_its_colour_and_everything_goes_in_one_message(
    nursery: trio.Nursery,
) -> None:
    webhook = Webhook()
    line = await open_line(nursery, await webhook.serve(nursery))
    for kind in (Kind.FILL, Kind.FILL, Kind.UNWIND):
        line.tell(kind, f"{kind} {len(webhook.taken)} {kind is Kind.FILL}")
    line.tell(Kind.FILL, "another")
    await until(lambda: bool(webhook.taken))
    embeds = webhook.taken[0]["embeds"]
    assert [embed["color"] for embed in embeds] == [COLOURS[Kind.UNWIND], COLOURS[Kind.FILL]]
    assert webhook.taken[0]["allowed_mentions"] == {"parse": []}


async def test_a_429_is_waited_out_and_nothing_is_lost(nursery: trio.Nursery) -> None:
    webhook = Webhook()
    webhook.will_answer(429, retry_after="0.05")
    webhook.will_answer(503)
    line = await open_line(nursery, await webhook.serve(nursery))
    line.tell(Kind.STUCK, "look")
    await until(lambda: bool(webhook.taken))
    assert webhook.asked == 3
    assert webhook.taken[0]["embeds"][0]["description"] == "look"


async def test_a_webhook_that_is_gone_is_asked_no_more(nursery: trio.Nursery) -> None:
    webhook = Webhook()
    webhook.will_answer(404)
    line = await open_line(nursery, await webhook.serve(nursery))
    line.tell(Kind.STUCK, "one")
    await until(lambda: webhook.asked == 1 and not line.outbox.in_hand)
    line.tell(Kind.STUCK, "two")
    await until(lambda: not line.to.statistics().current_buffer_used)
    await until(lambda: line.outbox.empty and not line.outbox.in_hand)
    assert webhook.asked == 1


async def test_a_message_that_is_never_taken_is_given_up_and_the_next_one_is_tried(
    nursery: trio.Nursery,
) -> None:
    webhook = Webhook()
    for _ in range(TRIES):
        webhook.will_answer(500)
    line = await open_line(nursery, await webhook.serve(nursery))
    line.tell(Kind.ERROR, "lost")
    await until(lambda: webhook.asked == TRIES)
    line.tell(Kind.ERROR, "told")
    await until(lambda: bool(webhook.taken))
    assert webhook.taken[0]["embeds"][0]["description"] == "told"


async def test_errors_say_how_long_to_wait_and_never_the_address(nursery: trio.Nursery) -> None:
    webhook = Webhook()
    url = await webhook.serve(nursery)
    async with http_client("") as client:
        discord = Discord(client, url)
        webhook.will_answer(429, retry_after="7.5")
        with pytest.raises(Busy) as busy:
            await discord.send([digest(Kind.FILL, "a")])
        assert busy.value.wait_s == 7.5
        webhook.will_answer(204, x_ratelimit_remaining="0", x_ratelimit_reset_after="1.25")
        assert await discord.send([digest(Kind.FILL, "a")]) == 1.25
        webhook.will_answer(401)
        with pytest.raises(Refused) as refused:
            await discord.send([digest(Kind.FILL, "a")])
        gone = Discord(client, "http://127.0.0.1:9/api/webhooks/1/secret-token")
        with pytest.raises(Unreachable) as unreachable:
            await gone.send([digest(Kind.FILL, "a")])
    for error in (busy, refused, unreachable):
        assert "secret-token" not in str(error.value)
    assert "secret-token" not in repr(discord)


async def test_a_message_never_has_more_than_the_service_takes(nursery: trio.Nursery) -> None:
    webhook = Webhook()
    url = await webhook.serve(nursery)
    async with http_client("") as client:
        await Discord(client, url).send([digest(kind, *(["x" * 900] * 10)) for kind in Kind])
    embeds = webhook.taken[0]["embeds"]
    assert len(embeds) == len(Kind)
    assert sum(len(e["title"]) + len(e["description"]) for e in embeds) <= 6000
