"""Books are asked for again on doubt: once, not too often, and only where it may help."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from arb.detect.basket import Template
from arb.detect.doubts import DOUBTFUL, DoubtLimits, Doubts
from arb.detect.reasons import Reason, Rejected
from arb.market.instruments import Market, MarketId, Outcome
from arb.market.units import MICRO, Ns
from tests.fakes.markets import approve
from tests.fakes.markets import make_market as plain_market

SECOND = 10**9
LIMITS = DoubtLimits(again_ns=10 * SECOND, most_per_s=3)
MakeMarket = Callable[..., Market]
MakeTemplate = Callable[..., Template]
TEMPLATE = approve([(plain_market("k"), Outcome.YES, 450_000)], MICRO).plan.template


def refusal(template: Template, market: str | None, reason: Reason = Reason.JUMP) -> Rejected:
    return Rejected(template, reason, "", None if market is None else MarketId(market))


def test_a_book_in_doubt_is_asked_for_once_in_a_while(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """The second doubt within the time is withheld and counted; after it, it is asked for again."""
    template = make_template([make_market("a"), make_market("b")], MICRO)
    doubts = Doubts(LIMITS)
    assert doubts.ask(refusal(template, "kalshi:a"), Ns(SECOND)) == "kalshi:a"
    assert doubts.ask(refusal(template, "kalshi:a"), Ns(11 * SECOND - 1)) is None
    assert doubts.ask(refusal(template, "kalshi:a"), Ns(11 * SECOND)) == "kalshi:a"
    assert (doubts.asked, doubts.withheld) == (2, 1)


def test_only_reasons_that_a_fault_of_ours_would_explain(
    make_market: MakeMarket, make_template: MakeTemplate
) -> None:
    """No profit, closed, or no single book in doubt: a snapshot would say nothing."""
    template = make_template([make_market("a"), make_market("b")], MICRO)
    doubts = Doubts(LIMITS)
    assert doubts.ask(refusal(template, None), Ns(0)) is None
    for number, reason in enumerate(Reason):
        asked = doubts.ask(refusal(template, f"kalshi:{number}", reason), Ns(number * SECOND))
        assert (asked is not None) is (reason in DOUBTFUL)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30 * SECOND)), max_size=200))
def test_no_second_and_no_market_has_more_than_its_share(steps: list[tuple[int, int]]) -> None:
    """Whatever is doubted when, what is asked for keeps both limits; nothing goes uncounted."""
    doubts = Doubts(LIMITS)
    asked: list[tuple[int, MarketId]] = []
    for market, at in sorted(steps, key=lambda step: step[1]):
        wanted = doubts.ask(refusal(TEMPLATE, f"kalshi:{market}"), Ns(at))
        if wanted is not None:
            asked.append((at, wanted))
    assert doubts.asked + doubts.withheld == len(steps)
    for at, found in asked:
        again = [t for t, one in asked if one == found and at <= t < at + LIMITS.again_ns]
        assert len(again) == 1
    starts = [at for at, _ in asked]
    for at in starts:  # a second counted from its first question
        assert sum(at <= t < at + SECOND for t in starts) <= 2 * LIMITS.most_per_s
