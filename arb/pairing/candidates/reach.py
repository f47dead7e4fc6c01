"""How far a search looks."""

import attrs

from arb.market.units import Ns
from arb.pairing.candidates.document import Document

NS_PER_DAY = 86_400_000_000_000


@attrs.frozen
class Reach:
    """What a search may skip. More of each finds more and takes longer."""

    best: int = 10
    """How many candidates of a question are kept."""
    shortlist: int = 40
    """How many are compared word by word, those that share the rarest terms."""
    common: int = 2048
    """A term that more questions of the other venue use makes no block."""
    visits: int = 4096
    """Entries of blocks that are looked at for one question, at most."""
    kalshi_earlier_days: int = 60
    """How long before Polymarket's end Kalshi may close the same question."""
    kalshi_later_days: int = 1_100
    """How long after it: Kalshi often keeps years in reserve (recorded traffic: two years)."""

    def joins(self, polymarket: Document, kalshi: Document) -> bool:
        """Say whether field and time allow that two questions are the same; unknown ones do."""
        if polymarket.field and kalshi.field and polymarket.field is not kalshi.field:
            return False
        if polymarket.close_ns is None or kalshi.close_ns is None:
            return True
        later = Ns(kalshi.close_ns - polymarket.close_ns)
        return (
            -self.kalshi_earlier_days * NS_PER_DAY <= later <= self.kalshi_later_days * NS_PER_DAY
        )
