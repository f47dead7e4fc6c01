"""The documented refusals of an order, as a catalogue: what a venue under stress may answer.

Most happen for reasons of their own elsewhere in this package. Those that nothing here causes
(the chain, the executor, the venue's own timeouts) can only be switched on.
Docs: resources/error-codes.
"""

import enum

from arb.sim.polymarket.errors import (
    FAK_UNMATCHED,
    FOK_UNFILLED,
    MARKET_NOT_READY,
    POST_ONLY_CROSSES,
    ApiError,
)


class VersionWords(enum.StrEnum):
    """What the venue says to orders of another version (both are recorded refusals)."""

    MISMATCH = "order_version_mismatch"
    INVALID = "invalid order version"


class Refusal(enum.StrEnum):
    """A refusal by name; its value is the venue's text."""

    INVALID_NONCE = "invalid nonce"
    INVALID_EXPIRATION = "invalid expiration"
    INVALID_SIGNATURE = "invalid signature"
    NOT_READY = MARKET_NOT_READY
    POST_ONLY = POST_ONLY_CROSSES
    FAK = FAK_UNMATCHED
    FOK = FOK_UNFILLED
    CANCELED_ON_CHAIN = "order canceled in the CTF exchange contract"
    MATCH_DELAYED = "order match delayed due to market conditions"
    NOT_INSERTED = "could not insert order"
    TIMED_OUT = "order timed out"
    NO_MATCH = "there are no matching orders"
    FOK_KILLED = "FOK orders are filled or killed"
    ROUNDING = "the trade contains rounding issues"
    DISCREPANCY = (
        "the price of the taker's order has a discrepancy greater than allowed "
        "with the worst maker order"
    )

    @property
    def status(self) -> int:
        """The HTTP status that comes with it."""
        return 500 if self in _OF_THE_SERVER else 400

    @property
    def error(self) -> ApiError:
        """The refusal as it is raised."""
        return ApiError(self.status, self.value)


_OF_THE_SERVER = frozenset(
    {
        Refusal.NOT_INSERTED,
        Refusal.TIMED_OUT,
        Refusal.NO_MATCH,
        Refusal.FOK_KILLED,
        Refusal.ROUNDING,
        Refusal.DISCREPANCY,
    }
)
"""The engine's own failures: 500, and the order may be sent again (docs: error-codes)."""
