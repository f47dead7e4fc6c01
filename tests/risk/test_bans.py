"""A market that refuses orders is left alone, longer each time, and forgiven when it trades."""

from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import MarketId
from arb.market.units import Ns
from arb.risk.bans import Bans, Offence
from tests.fakes.treasury import RULES

MARKET = MarketId("kalshi:a")
SECOND = 10**9


@given(st.integers(1, 12))
def test_pauses_double_up_to_the_most(times: int) -> None:
    """The nth refusal in a row costs the first pause doubled n - 1 times, never above the most."""
    bans = Bans(RULES)
    now = Ns(0)
    for number in range(times):
        bans.strike(MARKET, Offence.REFUSED, now)
        pause = min(7200, 60 * 2**number) * SECOND
        assert bans.objection(MARKET, Ns(now + pause - 1))
        assert not bans.objection(MARKET, Ns(now + pause))
        now = Ns(now + pause)


def test_only_the_market_that_refused_is_left_alone() -> None:
    """Others trade on; and after it took an order its next refusal is a first one."""
    bans = Bans(RULES)
    bans.strike(MARKET, Offence.REFUSED, Ns(0))
    bans.strike(MARKET, Offence.REFUSED, Ns(0))
    assert "120 s" in bans.objection(MARKET, Ns(0))
    assert not bans.objection(MarketId("kalshi:b"), Ns(0))
    bans.forgive(MARKET)
    assert not bans.objection(MARKET, Ns(0))
    bans.strike(MARKET, Offence.REFUSED, Ns(0))
    assert "60 s" in bans.objection(MARKET, Ns(0))
