"""Recorded sets: what a careless count takes for baskets, and what the firewall makes of it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from arb.detect.firewall import NO_BOUND, FirewallLimits
from arb.detect.lanes.cross_venue import directions
from arb.detect.opportunity import Criteria, Opportunity, find
from arb.detect.reasons import Reason
from arb.lab.edges import LIMITS, edges_of
from arb.lab.pair_recordings import Recorded as RecordedPair
from arb.lab.pair_recordings import read_recordings
from arb.lab.quotes import CRITERIA, QUOTE_AGE_NS, replay_quotes
from arb.lab.side_books import SideRow, SidesReport, replay_sides
from arb.lab.top_quotes import TopReport, TopRow, read_tops, replay_tops
from arb.market.errors import Refused
from arb.market.units import MICRO, Ns, Px, Qty

Recorded = Callable[[str], Path]
SECOND = 10**9
NY = "series/kalshi_highny_dec2025/market_data_KXHIGHNY-"


# --- two tokens of one market -------------------------------------------------------------------


def side(at_s: int, *, up: bool, bid: int, ask: int) -> SideRow:
    """A token's book with a hundred contracts a side; prices in cents, in its own terms."""
    hundred = Qty(100 * MICRO)
    bids, asks = ((Px(bid * 10_000), hundred),), ((Px(ask * 10_000), hundred),)
    return SideRow("0xa", Ns(at_s * SECOND), up, bids, asks)


def test_sides_of_different_instants_make_no_basket() -> None:
    """The price falls between the snapshots of the two tokens: joined they cost .90, and yet
    nothing was ever for sale at that."""
    rows = [
        side(1, up=True, bid=59, ask=60),
        side(1, up=False, bid=40, ask=41),
        side(2, up=True, bid=49, ask=50),
        side(3, up=False, bid=50, ask=51),
    ]
    report = replay_sides(rows, CRITERIA)
    assert report.joined == 1
    assert report.baskets.found == ()
    assert (report.mirrored.agree, report.mirrored.of) == (2, 3)


def test_a_crossed_snapshot_is_an_alarm_and_no_basket() -> None:
    """Where one token's own snapshot shows both sides below a dollar, it is refused as crossed."""
    report = replay_sides([side(1, up=True, bid=60, ask=50)], CRITERIA)
    assert report.crossed == 1
    assert report.baskets.found == ()
    assert report.baskets.refused == {Reason.CROSSED.value: 1}


def test_recorded_sides_hold_no_basket(recorded: Recorded) -> None:
    """series/btc15m_l2_sep2026: 763 joined snapshots look like baskets, none is one."""
    path = recorded("series/btc15m_l2_sep2026/books.parquet")
    if importlib.util.find_spec("pyarrow") is None:
        pytest.skip("pyarrow, which reads Parquet, is not installed")
    report = replay_quotes(path)
    assert isinstance(report, SidesReport)
    assert (report.rows, report.joined) == (25_256, 763)
    assert report.baskets.found == ()
    assert report.baskets.refused == {Reason.CROSSED.value: 4}


# --- staleness ----------------------------------------------------------------------------------


def top(at_s: int, ticker: str, yes_ask: int) -> TopRow:
    """One outcome's best prices in cents, one cent apart."""
    return TopRow(
        Ns(at_s * SECOND), ticker, Px((yes_ask - 1) * 10_000), Px((100 - yes_ask) * 10_000)
    )


@pytest.mark.parametrize(("later_s", "found"), [(300, 1), (301, 0)])
def test_an_edge_is_told_from_a_stale_quote_by_its_age(later_s: int, found: int) -> None:
    """Three outcomes at 29 cents pay after fees; one that is 301 s old is not counted on."""
    rows = [top(0, "E-A", 29), top(1, "E-B", 50), top(later_s, "E-B", 29), top(later_s, "E-C", 29)]
    report = replay_tops(rows, ["E-A", "E-B", "E-C"], CRITERIA)
    assert report.after_fees == 1
    assert report.found == found
    assert report.refused == ({} if found else {Reason.OLD.value: 1})


@pytest.mark.parametrize(
    ("day", "figures"),
    [
        ("25DEC05", (370, 85, 85, 0)),
        ("25DEC08", (1_248, 449, 445, 4)),
        ("25DEC13", (87, 21, 21, 0)),
        ("26JAN03", (91, 1, 1, 0)),
    ],
)
def test_recorded_edges_are_nearly_all_stale(
    recorded: Recorded, day: str, figures: tuple[int, int, int, int]
) -> None:
    """series/kalshi_highny_dec2025, by day: states below a dollar, after fees, of these refused as
    older than five minutes, left. Of 556 after fees, 552 are stale.
    """
    report = replay_quotes(recorded(f"{NY}{day}.csv.gz"))
    assert isinstance(report, TopReport)
    stale = report.refused.get(Reason.OLD.value, 0)
    assert (report.promised, report.after_fees, stale, report.found) == figures


def test_the_age_alone_tells_them_apart(recorded: Recorded) -> None:
    """Without the bound on ages the same recording is full of baskets."""
    path = recorded(f"{NY}25DEC05.csv.gz")
    blind = attrs.evolve(CRITERIA.firewall, max_quote_age_ns=NO_BOUND)
    assert CRITERIA.firewall.max_quote_age_ns == QUOTE_AGE_NS
    rows = list(read_tops(path))
    tickers = sorted({row.ticker for row in rows})
    report = replay_tops(rows, tickers, attrs.evolve(CRITERIA, firewall=blind))
    assert report.found == 80


def test_other_files_are_refused(tmp_path: Path) -> None:
    """A file of neither kind is named."""
    with pytest.raises(Refused, match="neither"):
        replay_quotes(tmp_path / "frames.jsonl")


# --- pairs whose rules were read ----------------------------------------------------------------


def firewalled(recorded: RecordedPair) -> list[Opportunity | Reason]:
    """Both directions through the scanner's own function, with the edge bound as shipped."""
    views = (recorded.kalshi, recorded.polymarket)
    markets = {view.market.id: view.market for view in views}
    limits = FirewallLimits(NO_BOUND, NO_BOUND, 0, max_edge_ppm=200_000)
    criteria = Criteria(limits, LIMITS, SECOND)
    made = []
    for template in directions(recorded.as_if_verified, markets):
        result = find(template, views, recorded.kalshi.heard_ns, criteria)
        made.append(result if isinstance(result, Opportunity) else result.reason)
    return made


def test_recorded_pairs_are_judged_as_by_edges(recorded: Recorded) -> None:
    """pairs/rules_verified_jul2026: the scanner finds what `arb edges` prices, to the micro-dollar,
    and nothing else; what it refuses for its size is what nobody should believe."""
    path = recorded("pairs/rules_verified_jul2026/pair_snapshots.jsonl")
    same = gifts = 0
    for recording in read_recordings(path):
        pair = recording.recorded
        if pair is None or not pair.fees_known:
            continue
        priced = edges_of(recording).edges
        for edge, result in zip(priced, firewalled(pair), strict=True):
            if isinstance(result, Opportunity):
                assert (result.plan.profit, result.plan.size) == (edge.profit, edge.size)
                same += 1
            elif edge.profit > 0:
                assert result in {Reason.STALE, Reason.TOO_GOOD, Reason.CLOSED}
                gifts += 1
    assert same > 0
    assert gifts < same
