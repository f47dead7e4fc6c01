"""Drives the simulated Polymarket with py-clob-client-v2: `python -m clients.clob_v2 FILE`."""

import sys
from collections.abc import Callable
from typing import Any

from clients.clob_v2_orders import Orders
from clients.clob_v2_reads import Reads
from clients.clob_v2_refusals import Refusals
from clients.clob_v2_setup import REFUSAL
from clients.operations import OnPolymarket as Row
from clients.polymarket_operated import Operated
from clients.reporting import read_venues, run

NO_GAMMA = "the client speaks to the CLOB only, not to Gamma or the Data API"
NO_STREAMS = "the client has no streams"
NO_CHAIN = "the client signs and posts orders only"
ABSENT = {
    Row.EVENTS: NO_GAMMA,
    **dict.fromkeys((row for row in Row if "stream: " in row), NO_STREAMS),
    Row.POSITIONS: NO_GAMMA,
    Row.DATA_TRADES: NO_GAMMA,
    Row.SPLIT_MERGE: NO_CHAIN,
    Row.REDEEM: NO_CHAIN,
}


class Trader(Reads, Orders, Refusals, Operated):
    """All rows together."""

    errors = (REFUSAL,)

    def attempt(self) -> str:
        """Leave a purchase on the book."""
        return self.rest()

    def attempt_post_only(self) -> str:
        """Leave a post-only purchase on the book."""
        return str(self.post(self.limit("BUY", 0.01, 10), post_only=True)["orderID"])

    def doomed(self) -> tuple[str, Callable[[], Any]]:
        """Sign for the market with the fine grid, where this driver has nothing left to do."""
        order = self.limit("BUY", 0.01, 10, token=self.fine["tokens"][0]["token_id"])
        return self.fine["condition_id"], lambda: self.post(order)

    def cancel_everything(self) -> None:
        """Take everything off the book."""
        self.client.cancel_all()


if __name__ == "__main__":
    run(Trader(read_venues(sys.argv)), Row, ABSENT)
