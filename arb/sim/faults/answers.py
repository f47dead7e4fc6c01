"""What a client hears where the venue does not answer as usual, in each venue's own form."""

import json
from collections.abc import Iterable, Mapping

import attrs
from starlette.types import Message

from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.sim.kalshi import errors as kalshi
from arb.sim.polymarket import errors as polymarket

NS_PER_S = 1_000_000_000
_NO_ORDER = "0x" + "0" * 64
_EDGE = (
    "<!DOCTYPE html><html><head><title>{status}</title></head>"
    "<body><h1>Error {status}</h1><p>The web server reported an error.</p></body></html>"
)
"""A page of the network in front of the venue: not JSON, whatever the client expects."""


@attrs.frozen
class Answer:
    """One whole HTTP answer."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @classmethod
    def of_json(
        cls, status: int, data: object, headers: Mapping[str, str] | None = None
    ) -> "Answer":
        """An answer with a JSON body."""
        return cls(status, json.dumps(data).encode(), _headers("application/json", headers or {}))

    @classmethod
    def of_edge(cls, status: int) -> "Answer":
        """An HTML page from the network in front of the venue."""
        more = {"server": "cloudflare"}
        return cls(status, _EDGE.format(status=status).encode(), _headers("text/html", more))

    def with_body(self, body: bytes) -> "Answer":
        """The same answer with another body, and an honest length."""
        kept = [(name, value) for name, value in self.headers if name != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        return attrs.evolve(self, body=body, headers=(*kept, length))

    def messages(self, prefix: str = "http.response") -> Iterable[Message]:
        """The answer in ASGI's words; `prefix` is "websocket.http.response" for handshakes."""
        whole = self.with_body(self.body)
        yield {"type": f"{prefix}.start", "status": whole.status, "headers": list(whole.headers)}
        yield {"type": f"{prefix}.body", "body": whole.body}


def _headers(content_type: str, more: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    named = {"content-type": content_type, **more}
    return tuple((name.encode(), value.encode()) for name, value in named.items())


def too_many(venue: Venue, form: str, now: Ns) -> Answer:
    """429: as the venue says it, or ("bare") as the network in front of it does.

    Docs: trading-rate-limits (Polymarket), rate_limits (Kalshi: a body and no headers).
    """
    if form == "bare":
        return Answer.of_edge(429)
    if venue is Venue.KALSHI:
        return Answer.of_json(429, kalshi.too_many_requests().body())
    headers = {
        "poly-ratelimit-remaining": "0",
        "poly-ratelimit-reset": str(now // NS_PER_S + 1),
        "poly-ratelimit-tier": "Standard",
        "retry-after": "1",
    }
    return Answer.of_json(429, {"error": "Too Many Requests"}, headers)


def broken(venue: Venue, status: int, body: str) -> Answer:
    """5xx: with the venue's kind of JSON, a page of its edge, or nothing."""
    if body == "html":
        return Answer.of_edge(status)
    if body == "empty":
        return Answer(status, b"")
    code = "service_unavailable" if status == 503 else "internal_server_error"  # noqa: PLR2004 - HTTP
    if venue is Venue.KALSHI:
        return Answer.of_json(status, kalshi.ApiError(status, code).body())
    return Answer.of_json(status, {"error": code.replace("_", " ")})


def refusal(venue: Venue, reason: str) -> Answer:
    """A documented refusal of a new order."""
    if venue is Venue.KALSHI:
        refused = _KALSHI[reason]
        return Answer.of_json(refused.status, refused.body())
    error = _POLYMARKET[reason]
    return Answer.of_json(error.status, error.body, error.headers)


_POLYMARKET = {
    "balance": polymarket.not_enough(0, 0, 1_000_000),
    "price": polymarket.breaks_tick(_NO_ORDER, "0.505", "0.01"),
    "size": polymarket.below_minimum(_NO_ORDER, "1", "5"),
    "closed": polymarket.market_not_ready(),
    "unfillable": polymarket.bad_request(polymarket.FOK_UNFILLED),
    "unauthorised": polymarket.bad_api_key(),
}
_KALSHI = {
    "balance": kalshi.ApiError(400, "insufficient_balance"),
    "price": kalshi.ApiError(400, "invalid_price"),
    "size": kalshi.ApiError(400, "invalid_order_size"),
    "closed": kalshi.ApiError(409, "market_closed"),
    "unfillable": kalshi.ApiError(409, "fill_or_kill_insufficient_resting_volume"),
    "unauthorised": kalshi.unauthorised("authentication_error", "INCORRECT_API_KEY_SIGNATURE"),
}


def mangle(text: str, form: str) -> str:
    """Make a text unreadable: cut in the middle, no JSON at all, or JSON of another shape."""
    match form:
        case "cut":
            return text[: len(text) // 2]
        case "noise":
            return "upstream connect error or disconnect/reset before headers"
        case _:
            return json.dumps({"surprise": [True, None, 1.5, {"nested": "?"}]})
