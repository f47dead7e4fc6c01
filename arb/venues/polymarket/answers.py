"""What an HTTP answer of the venue means, orders apart. Pure.

Errors are `{"error": "text"}`; what stands before the API (Cloudflare) answers in HTML.
"""

from typing import Any

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.venues.polymarket.fields import decode
from arb.venues.wire import Answer

TOO_EARLY = 425
"""The matching engine restarts (docs: trading/matching-engine)."""
TOO_MANY = 429


def read_json(answer: Answer) -> Any:  # noqa: ANN401 - foreign data has no type until it is parsed
    """The body of a good answer, exactly decoded. Raises as `require_ok`, and Unintelligible."""
    require_ok(answer)
    return decode(answer.body)


def require_ok(answer: Answer) -> None:
    """Pass over a good answer, whatever its body.

    Raises Refused with the venue's words for a 4xx, Unreachable for every other failure and
    where an edge server spoke instead of the API.
    """
    if answer.status // 100 == 2:  # noqa: PLR2004 - the class of good answers
        return
    words = error_text(answer)
    asked_to_wait = answer.status in {TOO_EARLY, TOO_MANY}
    if words is not None and answer.status // 100 == 4 and not asked_to_wait:  # noqa: PLR2004
        raise Refused(f"HTTP {answer.status}: {words}")
    raise Unreachable(f"HTTP {answer.status}: {words or answer.body[:80]!r}")


def error_text(answer: Answer) -> str | None:
    """The venue's own words for what went wrong; None where the API did not speak."""
    try:
        body = decode(answer.body)
    except Unintelligible:
        return None
    if not isinstance(body, dict):
        return None
    for key in ("error", "error_msg", "errorMsg"):
        if isinstance(body.get(key), str) and body[key]:
            return str(body[key])
    return None
