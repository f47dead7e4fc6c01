"""Discord's webhooks: embeds coloured by kind, at the pace that its answers ask for.

Limits are read from every answer and never assumed (docs: Rate Limits): `X-RateLimit-Remaining`
with `X-RateLimit-Reset-After`, and `Retry-After` with a 429. The address is a secret: whoever
knows it can write there; it never stands in an error's words.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import httpx
import msgspec

from arb.market.errors import Refused, Unreachable
from arb.notify.digest import Digest
from arb.notify.notice import Kind
from arb.notify.senders import Busy
from arb.venues.wire import Answer, ask

RED, AMBER, BLUE, GREEN, GREY = 0xC0392B, 0xD68910, 0x2E86C1, 0x1E8449, 0x7F8C8D
COLOURS: Mapping[Kind, int] = {
    Kind.LEVEL: RED,
    Kind.STUCK: RED,
    Kind.ERROR: RED,
    Kind.BREAKER: AMBER,
    Kind.DRIFT: AMBER,
    Kind.UNWIND: AMBER,
    Kind.REJECT: AMBER,
    Kind.RECONNECT: GREY,
    Kind.FILL: GREEN,
    Kind.SUMMARY: BLUE,
}
MESSAGE = 6000
"""Characters that all embeds of a message may have; it takes ten (docs: Embed Limits), and there
are ten kinds."""
TITLE = 32
DESCRIPTION = 4096
TOO_MANY = 429
BAD = 400
"""The first status that says no."""
BROKEN = 500
WAIT_S = 5.0
"""After a 429 that does not say how long."""
MOST_WAIT_S = 300.0


@attrs.frozen
class Discord:
    """One webhook."""

    client: httpx.AsyncClient
    webhook: str = attrs.field(repr=False)
    name: str = "discord"

    async def send(self, digests: Sequence[Digest]) -> float:
        """Post everything as one message; see `Sender.send`."""
        embeds = [_embed(digest, MESSAGE // len(digests)) for digest in digests]
        body = msgspec.json.encode({"embeds": embeds, "allowed_mentions": {"parse": []}})
        return _heed(await self._post(body))

    async def _post(self, body: bytes) -> Answer:
        headers = {"content-type": "application/json"}
        try:
            return await ask(self.client, "POST", self.webhook, headers=headers, body=body)
        except Unreachable as error:  # its words have the address, which is a secret
            raise Unreachable(f"discord: {type(error.__cause__).__name__}") from None


def _heed(answer: Answer) -> float:
    """Read how the post went: the pause that is wanted, or the error that it was."""
    if answer.status == TOO_MANY:
        raise Busy("discord: too fast", _seconds(answer.headers.get("retry-after"), WAIT_S))
    if answer.status >= BROKEN:
        raise Unreachable(f"discord: HTTP {answer.status}")
    if answer.status >= BAD:
        raise Refused(f"discord: HTTP {answer.status}: the webhook is wrong or gone")
    return _pause_s(answer.headers)


def _embed(digest: Digest, room: int) -> dict[str, Any]:
    left_out = digest.count - len(digest.lines)
    lines = [*digest.lines, f"... and {left_out} more"] if left_out else list(digest.lines)
    return {
        "title": f"{digest.kind} ({digest.count})" if digest.count > 1 else str(digest.kind),
        "description": "\n".join(lines)[: min(DESCRIPTION, room - TITLE)],
        "color": COLOURS[digest.kind],
        "timestamp": datetime.fromtimestamp(digest.at_ns // 1_000_000_000, UTC).isoformat(),
    }


def _pause_s(headers: Mapping[str, str]) -> float:
    """How long nothing may be sent, as the answer says; 0 where something is left."""
    if headers.get("x-ratelimit-remaining") != "0":
        return 0.0
    return _seconds(headers.get("x-ratelimit-reset-after"), 0.0)


def _seconds(text: str | None, otherwise: float) -> float:
    """Read a time that a foreign server wants: between 0 and five minutes."""
    try:
        seconds = float(text) if text is not None else otherwise
    except ValueError:
        return otherwise
    return min(max(seconds, 0.0), MOST_WAIT_S) if seconds == seconds else otherwise  # noqa: PLR0124 - not a number
