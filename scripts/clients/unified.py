"""Drives the simulated Polymarket with polymarket-client: `python -m clients.unified FILE`."""

import sys
from collections.abc import Callable
from typing import Any

from clients.operations import OnPolymarket as Row
from clients.polymarket_operated import Operated
from clients.reporting import read_venues, run
from clients.unified_chain import Chain
from clients.unified_orders import Orders
from clients.unified_reads import Reads
from clients.unified_refusals import Refusals
from clients.unified_setup import REFUSAL, accepted, unless_rejected
from clients.unified_streams import Streams

ABSENT = {
    Row.STATUS: "the client asks for none of them",
    Row.BOOK_HASH: "the client does not compute it",
    Row.BAD_KEY: "the client derives new credentials where the venue refuses the given ones",
    Row.POST_ONLY_FAK: "the client's market orders have no post-only flag",
    Row.WRONG_EXCHANGE: "the client looks the exchange up and cannot be told another",
    Row.WRONG_WALLET: "the client derives the signature type from the wallet",
    Row.V1_ORDER: "the client signs orders of the present version only",
}


class Trader(Reads, Orders, Refusals, Streams, Chain, Operated):
    """All rows together."""

    errors = REFUSAL

    @staticmethod
    def words(error: Exception) -> str:
        """Status, the client's name of the restriction, and the text."""
        status = getattr(error, "status", "by the client")
        return f"{status} {getattr(error, 'restriction', None) or ''} {error}"

    def attempt(self) -> str:
        """Leave a purchase on the book."""
        said = unless_rejected(self.client.post_order(self.sign("0.01", "10")))
        return str(accepted(said, "live").order_id)

    def attempt_post_only(self) -> str:
        """Leave a post-only purchase on the book."""
        said = self.client.post_order(self.sign("0.01", "10", post_only=True))
        return str(accepted(said, "live").order_id)

    def doomed(self) -> tuple[str, Callable[[], Any]]:
        """Sign for the market with the fine grid, where this driver has nothing left to do."""
        order = self.sign("0.01", "10", asset_id=self.fine.outcomes.yes.token_id)
        post = self.client.post_order
        return str(self.fine.condition_id), lambda: unless_rejected(post(order))

    def cancel_everything(self) -> None:
        """Take everything off the book."""
        self.client.cancel_all()


if __name__ == "__main__":
    run(Trader(read_venues(sys.argv)), Row, ABSENT)
