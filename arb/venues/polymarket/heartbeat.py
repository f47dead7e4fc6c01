"""Polymarket's dead man's switch: heartbeats; without one for some 10 s all orders are cancelled.

Docs: manage-orders. The first accepted heartbeat arms the switch for every open order of the API
key; the venue looks every 5 s, so up to 15 s pass. There is no way to disarm it but silence.
"""

from http import HTTPStatus

import attrs
import msgspec

from arb.market.errors import Unintelligible
from arb.market.instruments import Venue
from arb.venues.polymarket.answers import read_json, require_ok
from arb.venues.polymarket.fields import decode, mapping, text
from arb.venues.polymarket.session import PolymarketSession
from arb.venues.wire import Answer

PATH = "/v1/heartbeats"
EVERY_S = 5.0
"""What the venue recommends (docs: manage-orders)."""


@attrs.define
class PolymarketHeartbeat:
    """The chain of heartbeats of one API key; each carries the id that the last one returned.

    Two must never be under way at once: the caller waits for one before the next.
    """

    session: PolymarketSession
    venue: Venue = Venue.POLYMARKET
    _id: str = attrs.field(default="", init=False)

    async def renew(self) -> None:
        """Send one heartbeat. Raises Refused, Unreachable or Unintelligible."""
        answer = await self._send()
        expected = _expected(answer)
        if expected is not None:  # an answer of ours was lost, or another process took over
            self._id = expected
            answer = await self._send()
        require_ok(answer)
        self._id = text(mapping(read_json(answer)), "heartbeat_id")

    async def _send(self) -> Answer:
        body = msgspec.json.encode({"heartbeat_id": self._id})
        return await self.session.call("POST", PATH, body=body)


def _expected(answer: Answer) -> str | None:
    """The id that the venue wants, where it refused the one that was sent (docs: manage-orders)."""
    if answer.status != HTTPStatus.BAD_REQUEST:
        return None
    try:
        raw = mapping(decode(answer.body))
    except Unintelligible:
        return None
    found = raw.get("heartbeat_id")
    return found if isinstance(found, str) else None
