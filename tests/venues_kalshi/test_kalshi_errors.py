"""What an answer that is no success says, and what it means for the one who asked."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from arb.market.errors import Refused, Unreachable
from arb.venues.kalshi.errors import complaint_of, read_failure, says_not_found, write_failure
from arb.venues.wire import Answer


def answer(status: int, body: object) -> Answer:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Answer(status, {}, raw)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            {"error": {"code": "market_not_found", "message": "no market"}},
            "market_not_found",
            "no market",
        ),
        (
            {"error": {"code": "invalid_order", "message": "no", "details": "post only cross"}},
            "invalid_order",
            "no; post only cross",
        ),
        ({"error": {"code": "user_not_found:_8c35", "message": "x"}}, "user_not_found", "x"),
        (
            {"code": "invalid_parameters", "message": "bad", "details": None},
            "invalid_parameters",
            "bad",
        ),
        ({"message": "only words"}, "", "only words"),
        ({"msg": "invalid status filter"}, "", "invalid status filter"),
        ({"error": "too many requests"}, "", "too many requests"),
        ({"error": {"code": 7}}, "", ""),
        (b"<html>502</html>", "", "'<html>502</html>'"),
        (b"\xff\xfe", "", repr("\ufffd\ufffd")),
        ([], "", "'[]'"),
        (b"[" * 100_000, "", repr("[" * 120)),
    ],
)
def test_every_shape_of_error_is_read(body: object, code: str, message: str) -> None:
    """The four documented shapes, and bodies of no shape at all, give a code and words."""
    complaint = complaint_of(answer(400, body))
    assert (complaint.code, complaint.message) == (code, message)
    assert str(complaint).startswith("HTTP 400: ")


def test_a_recorded_refusal_is_read(recorded: Callable[[str], Path]) -> None:
    """A real 404 of January 2026, which still names a service, is read and is a refusal."""
    path = recorded("orders/http_exchanges_jan2026/real/kalshi_market_not_found.json")
    response = msgspec.json.decode(path.read_bytes())["response"]
    got = answer(response["status"], response["body_raw"].encode())
    assert complaint_of(got).code == "market_not_found"
    assert says_not_found(got)
    assert isinstance(write_failure(got, "order"), Refused)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 429])
def test_a_write_answered_with_4xx_did_not_happen(status: int) -> None:
    """Definite refusals, the token bucket's included, are Refused for a write."""
    error = write_failure(answer(status, {"error": {"code": "x", "message": "why"}}), "order o1")
    assert isinstance(error, Refused)
    assert str(error) == f"order o1: HTTP {status}: x: why"


@pytest.mark.parametrize("status", [302, 408, 500, 502, 503, 504])
def test_a_write_answered_otherwise_may_have_happened(status: int) -> None:
    """Server errors, time-outs and redirects leave a write open."""
    assert isinstance(write_failure(answer(status, b""), "order"), Unreachable)


def test_an_exchange_out_of_sight_leaves_a_write_open_whatever_the_status() -> None:
    """exchange_unavailable means that the outcome is unknown, even as a 4xx."""
    body = {"error": {"code": "exchange_unavailable:_2", "message": "x"}}
    assert isinstance(write_failure(answer(409, body), "order"), Unreachable)


def test_a_read_asked_too_fast_is_no_answer() -> None:
    """429 refuses a write, but only delays a read."""
    assert isinstance(read_failure(answer(429, {"error": "too many requests"}), "GET"), Unreachable)
    assert isinstance(read_failure(answer(400, {"msg": "bad"}), "GET"), Refused)


def test_only_the_venue_can_say_that_something_is_unknown() -> None:
    """A 404 without the venue's own code proves nothing about an order."""
    assert says_not_found(answer(404, {"error": {"code": "not_found", "message": "not found"}}))
    assert not says_not_found(answer(404, b"<html>no such page</html>"))
    assert not says_not_found(answer(400, {"error": {"code": "not_found"}}))
