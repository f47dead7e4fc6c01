"""How Kalshi says no: one exception, four shapes of body.

The venue has no single error format. Its gateway and its matching engine answer with a nested
object, its body decoder with a flat one, its query decoder with `msg`, and its rate limit with a
bare string (recorded traffic, Jun to Oct 2026).
"""

import enum
from typing import assert_never

import attrs

from arb.sim.orders import RejectCode, Rejection


class Shape(enum.Enum):
    """Where the words of an error stand in its body."""

    NESTED = "nested"
    FLAT = "flat"
    MSG = "msg"
    BARE = "bare"


@attrs.define(eq=False)
class ApiError(Exception):
    """A request that is refused, with its HTTP status."""

    status: int
    code: str
    message: str = ""
    details: str = ""
    shape: Shape = Shape.NESTED

    def flat(self) -> dict[str, str]:
        """The code and its words, as one flat object."""
        words = {"code": self.code, "message": self.message or self.code.replace("_", " ")}
        if self.details:
            words["details"] = self.details
        return words

    def body(self) -> dict[str, object]:
        """What is sent."""
        match self.shape:
            case Shape.NESTED:
                return {"error": self.flat()}
            case Shape.FLAT:
                return {**self.flat()}
            case Shape.MSG:
                return {"msg": self.message}
            case Shape.BARE:
                return {"error": self.message}
            case _:
                assert_never(self.shape)


def bad_body(details: str, code: str = "invalid_parameters") -> ApiError:
    """A body that breaks its schema (flat)."""
    return ApiError(400, code, details=details, shape=Shape.FLAT)


def bad_query(message: str) -> ApiError:
    """A query that breaks its rules (`msg`)."""
    return ApiError(400, "", message, shape=Shape.MSG)


def not_found(code: str = "not_found") -> ApiError:
    """Something that is not there, or not there any more."""
    return ApiError(404, code)


def too_many_requests() -> ApiError:
    """An empty bucket: no code, no hint when to come back."""
    return ApiError(429, "", "too many requests", shape=Shape.BARE)


def unauthorised(code: str, details: str = "") -> ApiError:
    """Credentials that do not convince."""
    return ApiError(401, code, details=details)


def deprecated_v1() -> ApiError:
    """Any order write on the paths of the first version."""
    return ApiError(410, "deprecated_v1_order_endpoint", "Please switch to the V2 endpoints")


_REJECTIONS: dict[RejectCode, tuple[int, str]] = {
    RejectCode.UNKNOWN_MARKET: (404, "market_not_found"),
    RejectCode.CLOSED: (409, "market_closed"),
    RejectCode.OFF_GRID: (400, "invalid_price"),
    RejectCode.BAD_LOT: (400, "invalid_order_size"),
    RejectCode.TOO_SMALL: (400, "invalid_order_size"),
    RejectCode.UNFILLABLE: (409, "fill_or_kill_insufficient_resting_volume"),
    RejectCode.NO_BALANCE: (400, "insufficient_balance"),
    RejectCode.NO_POSITION: (400, "invalid_order"),
    RejectCode.DUPLICATE: (409, "order_already_exists"),
    RejectCode.SELF_TRADE: (409, "self_cross_attempt"),
    RejectCode.HALTED: (409, "trading_is_paused"),
    RejectCode.UNKNOWN_ORDER: (404, "not_found"),
}


def of_rejection(rejection: Rejection) -> ApiError:
    """The venue's words for what the matching engine refused."""
    if rejection.code is RejectCode.CROSSES:
        return ApiError(400, "invalid_order", details="post only cross")
    status, code = _REJECTIONS[rejection.code]
    return ApiError(status, code)
