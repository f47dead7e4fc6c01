"""Recordings of quotes instead of frames: what a careless count sees, and what is left of it.

*.parquet: snapshots of a market's two tokens (see `side_books`); *.csv.gz: best prices of one
event's outcomes (see `top_quotes`).
"""

from pathlib import Path

from arb.detect.firewall import NO_BOUND, FirewallLimits
from arb.detect.opportunity import Criteria
from arb.detect.sweep import SweepLimits
from arb.lab.side_books import SidesReport, read_sides, replay_sides
from arb.lab.top_quotes import TopReport, read_tops, replay_tops
from arb.market.errors import Refused
from arb.market.units import Usd

QUOTE_AGE_NS = 300_000_000_000
"""Nanoseconds: on books that live, a quote of five minutes in a basket that pays is left behind."""
CRITERIA = Criteria(
    firewall=FirewallLimits(
        max_feed_silence_ns=NO_BOUND,  # a recording does not say when its connection was silent
        max_age_spread_ns=NO_BOUND,
        close_margin_ns=0,
        max_edge_ppm=200_000,
        max_quote_age_ns=QUOTE_AGE_NS,
    ),
    sweep=SweepLimits(min_profit_usd=Usd(1)),
    bucket_ns=10_000_000_000,
)
"""Any profit counts; what recordings of quotes do not tell binds nothing."""


def replay_quotes(path: Path) -> SidesReport | TopReport:
    """Play a recording of quotes.

    Raises Refused where the file is of neither kind, or pyarrow is needed and not installed.
    """
    if path.suffix == ".parquet":
        return replay_sides(read_sides(path), CRITERIA)
    if path.suffixes[-2:] == [".csv", ".gz"]:
        rows = list(read_tops(path))
        return replay_tops(rows, sorted({row.ticker for row in rows}), CRITERIA)
    raise Refused(f"{path}: neither *.parquet nor *.csv.gz")
