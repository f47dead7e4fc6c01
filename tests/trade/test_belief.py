"""What a venue says twice of an order: nothing is ever unfilled, nothing done opens again."""

from hypothesis import given
from hypothesis import strategies as st

from arb.market.units import Qty
from arb.messages import FillId, OrderKey, OrderState, Phase
from arb.trade.belief import believe

LIFE = [Phase.PENDING, Phase.OPEN, Phase.DONE]
STATES = st.builds(
    OrderState,
    key=st.sampled_from([None, OrderKey("k")]),
    venue_order_id=st.sampled_from(["", "v"]),
    phase=st.sampled_from(LIFE),
    filled=st.integers(0, 5).map(Qty),
    fill_ids=st.sampled_from([(), (FillId("a"),), (FillId("a"), FillId("b"))]),
)


@given(st.lists(STATES, min_size=1, max_size=5))
def test_belief_only_grows(told: list[OrderState]) -> None:
    """After any reports in any order: the latest phase, the most filled, every name and fill."""
    known: OrderState | None = None
    for state in told:
        known = believe(known, state)
    assert known is not None
    assert known.phase is max((state.phase for state in told), key=LIFE.index)
    assert known.filled == max(state.filled for state in told)
    assert set(known.fill_ids) == {fill for state in told for fill in state.fill_ids}
    assert bool(known.venue_order_id) == any(state.venue_order_id for state in told)


def test_a_lagging_read_takes_nothing_back() -> None:
    """Answered as filled by three; a read that has not heard of it yet changes nothing."""
    answer = OrderState(OrderKey("k"), "v", Phase.OPEN, Qty(3))
    assert believe(answer, OrderState(OrderKey("k"), "v", Phase.PENDING, Qty(0))) == answer
    assert believe(answer, None) == answer
    assert believe(None, None) is None
