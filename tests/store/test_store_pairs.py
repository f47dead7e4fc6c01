"""Decisions about pairs come back from the store as they were written, in their order."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arb.market.instruments import MarketId
from arb.market.units import Ns
from arb.pairing.decision import Decision, Origin, PairDecided
from arb.store.journal import Journal

TEXT = st.text(max_size=20)
DECIDED = st.builds(
    PairDecided,
    kalshi=st.sampled_from([MarketId("kalshi:A"), MarketId("kalshi:B")]),
    polymarket=st.sampled_from([MarketId("polymarket:0xa"), MarketId("polymarket:0xb")]),
    decision=st.sampled_from(Decision),
    yes_is_yes=st.booleans(),
    origin=st.sampled_from(Origin),
    who=TEXT,
    why=TEXT,
    at_ns=st.integers(0, 2**62).map(Ns),
    kalshi_text=TEXT,
    polymarket_text=TEXT,
    facts=st.lists(TEXT, max_size=3).map(tuple),
)


@given(decided=st.lists(DECIDED, max_size=6))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_decision_comes_back(decided: list[PairDecided], tmp_path: Path) -> None:
    """None replaces another: the history of a pair is whole, also after the file was closed."""
    path = tmp_path / "store.sqlite"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    for one in decided:
        journal.write([one])
    journal.close()
    again = Journal(path)
    assert list(again.pair_decisions()) == decided
    again.close()
