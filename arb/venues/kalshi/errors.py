"""What Kalshi says when it says no, and what that means for the one who asked.

Four kinds of body occur (recorded traffic): `{"error": {code, message, details}}`, the same
three flat, `{"msg": ...}` for bad query parameters, and `{"error": "too many requests"}`.
"""

from http import HTTPStatus

import attrs

from arb.market.errors import ArbError, Refused, Unintelligible, Unreachable
from arb.venues.kalshi.schema import decode
from arb.venues.wire import Answer

HEAD = 120
"""Characters kept of a body that nobody understands (an edge's HTML page)."""
OPEN_CODES = frozenset({"exchange_unavailable"})
"""The gateway lost sight of the engine: applied or not is unknown (docs: fix/error-handling)."""


@attrs.frozen
class Complaint:
    """An error in the venue's words."""

    status: int
    code: str
    """Up to the first ":", for some codes carry an id behind it; "" where none is given."""
    message: str

    def __str__(self) -> str:
        words = ": ".join(part for part in (self.code, self.message) if part)
        return f"HTTP {self.status}: {words}"


def complaint_of(answer: Answer) -> Complaint:
    """Read the error of an answer that is not a success, whatever its shape."""
    try:
        body = decode(answer.body, object)
    except Unintelligible:
        return _unread(answer)
    match body:
        case {"error": dict(inner)}:
            return _coded(answer, inner)
        case {"error": str(text)} | {"msg": str(text)}:
            return Complaint(answer.status, "", text)
        case dict(flat) if {"code", "message"} & flat.keys():
            return _coded(answer, flat)
        case _:
            return _unread(answer)


def _coded(answer: Answer, error: dict[str, object]) -> Complaint:
    code = error.get("code")
    words = [error.get("message"), error.get("details")]
    message = "; ".join(str(word) for word in words if word)
    return Complaint(answer.status, _prefix(code) if isinstance(code, str) else "", message)


def _prefix(code: str) -> str:
    return code.partition(":")[0].strip()


def _unread(answer: Answer) -> Complaint:
    return Complaint(answer.status, "", repr(answer.body[:HEAD].decode("utf-8", "replace")))


def read_failure(answer: Answer, asked: str) -> ArbError:
    """Say what a read that did not succeed means: asked too fast is no answer at all."""
    complaint = complaint_of(answer)
    if _leaves_open(complaint) or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unreachable(f"{asked}: {complaint}")
    return Refused(f"{asked}: {complaint}")


def write_failure(answer: Answer, asked: str) -> ArbError:
    """Say what a write that did not succeed means: 4xx was not applied, all else may have been.

    429 is the token bucket in front of the exchange (docs: rate_limits): nothing was applied.
    """
    complaint = complaint_of(answer)
    if _leaves_open(complaint):
        return Unreachable(f"{asked}: {complaint}")
    return Refused(f"{asked}: {complaint}")


def says_not_found(answer: Answer) -> bool:
    """Say whether the venue itself (not an edge or a wrong address) knows of no such thing."""
    if answer.status != HTTPStatus.NOT_FOUND:
        return False
    return complaint_of(answer).code.endswith("not_found")


def _leaves_open(complaint: Complaint) -> bool:
    refused = HTTPStatus.BAD_REQUEST <= complaint.status < HTTPStatus.INTERNAL_SERVER_ERROR
    timed_out = complaint.status == HTTPStatus.REQUEST_TIMEOUT
    return not refused or timed_out or complaint.code.lower() in OPEN_CODES
