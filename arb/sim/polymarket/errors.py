"""What the simulated Polymarket answers when it refuses, in the venue's own words.

There are hardly any codes on the wire: a client has the HTTP status and a sentence (docs:
resources/error-codes). Where the venue's words are not known, the docstring says so.
"""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

GEOBLOCK_PAGE = "https://docs.polymarket.com/api-reference/geoblock"
FAK_UNMATCHED = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)
FOK_UNFILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
INVALID_PAYLOAD = "Invalid order payload"
MARKET_NOT_READY = "the market is not yet ready to process new orders"
POST_ONLY_CROSSES = "invalid post-only order: order crosses book"
SELF_TRADE = "order crosses an order of the same account"
"""Self-trade prevention is not documented, so these words are ours."""


class ApiError(Exception):
    """An answer that is not 200."""

    def __init__(
        self,
        status: int,
        text: str,
        *,
        more: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say `text` under "error"; `more` are further keys of the body."""
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text
        self.body: dict[str, object] = {"error": text, **(more or {})}
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer on the wire."""
        return JSONResponse(self.body, self.status, headers=self.headers)


def bad_request(text: str) -> ApiError:
    """A definite refusal."""
    return ApiError(400, text)


def not_found(text: str) -> ApiError:
    """Something that does not exist."""
    return ApiError(404, text)


def bad_api_key() -> ApiError:
    """The L2 headers are missing or wrong, whatever is wrong with them."""
    return ApiError(401, "Unauthorized/Invalid api key")


def bad_wallet_headers() -> ApiError:
    """The L1 headers are missing or wrong."""
    return ApiError(401, "Invalid L1 Request headers")


def geoblocked() -> ApiError:
    """Trading is not allowed from here; checked before anything else."""
    page = f"please refer to available regions - {GEOBLOCK_PAGE}"
    return ApiError(403, f"Trading restricted in your region, {page}")


def restarting() -> ApiError:
    """The matching engine restarts. The venue's body is not documented."""
    return ApiError(425, "Too Early", headers={"retry-after": "1"})


def post_only_mode(seconds_left: int) -> ApiError:
    """After a restart only post-only orders and cancels are taken."""
    return ApiError(
        503,
        "post-only mode: only post-only orders and cancels are allowed",
        more={"code": "post_only_mode", "retry_after_seconds": seconds_left},
        headers={"retry-after": str(seconds_left)},
    )


def cancel_only() -> ApiError:
    """Cancels and nothing else."""
    return ApiError(
        503,
        "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.",
    )


def trading_disabled() -> ApiError:
    """Neither orders nor cancels."""
    return ApiError(503, "Trading is currently disabled. Check polymarket.com for updates")


def too_many(count: int, most: int) -> ApiError:
    """A batch that is too long."""
    return bad_request(f"Too many orders in payload: {count}, max allowed: {most}")


def invalid_payload() -> ApiError:
    """A body that cannot be read."""
    return bad_request(INVALID_PAYLOAD)


class WrongVersion(ApiError):
    """Signed for another version of the exchange, or for another exchange."""

    def __init__(self, words: str = "order_version_mismatch") -> None:
        """Two texts are on record; `words` is the one in use."""
        super().__init__(400, words)


def breaks_tick(order_id: str, price: str, tick: str) -> ApiError:
    """The price that follows from the two amounts is off the grid."""
    return bad_request(
        f"order {order_id} is invalid. Price ({price}) breaks minimum tick size rule: {tick}"
    )


def below_minimum(order_id: str, size: str, least: str) -> ApiError:
    """Fewer shares than the market takes."""
    return bad_request(
        f"order {order_id} is invalid. Size ({size}) lower than the minimum: {least}"
    )


def duplicated(order_id: str) -> ApiError:
    """The same order again: it arrived the first time."""
    return bad_request(f"order {order_id} is invalid. Duplicated.")


def too_precise(whose: str, maker: int, taker: int) -> ApiError:
    """More decimals in the amounts than the market allows."""
    return bad_request(
        f"invalid amounts, the {whose} orders maker amount supports a max accuracy of "
        f"{maker} decimals, taker amount a max of {taker} decimals"
    )


def too_little_money(side: str, dollars: str) -> ApiError:
    """An order that takes for less than a dollar. Only the words for BUY are on record."""
    return bad_request(f"invalid amount for a marketable {side} order (${dollars}), min size: $1")


def no_allowance(spender: str, allowance: int, wanted: int) -> ApiError:
    """The wallet never allowed the exchange to take what it sells. Only the start is on record."""
    return bad_request(
        "not enough balance / allowance: the allowance is not enough -> "
        f"spender: {spender}, allowance: {allowance}, order amount: {wanted}"
    )


def not_enough(balance: int, active: int, wanted: int) -> ApiError:
    """The wallet does not cover the order beside the orders it has; base units."""
    held = f"sum of active orders: {active}, " if active else ""
    return bad_request(
        "not enough balance / allowance: the balance is not enough -> "
        f"balance: {balance}, {held}order amount: {wanted}"
    )


def market_not_ready() -> ApiError:
    """The market takes no orders."""
    return bad_request(MARKET_NOT_READY)


def no_book() -> ApiError:
    """No book for a token: unknown, not yet there, or closed."""
    return not_found("No orderbook exists for the requested token id")
