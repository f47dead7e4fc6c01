"""No more orders in any minute than told."""

from hypothesis import given
from hypothesis import strategies as st

from arb.risk.rate import MINUTE_NS, OrderRate


@given(st.lists(st.integers(0, MINUTE_NS), max_size=60), st.integers(0, 5))
def test_no_minute_holds_more_than_allowed(pauses: list[int], most: int) -> None:
    """Whatever the pauses, every window of a minute has at most so many, and no fewer by need."""
    rate, now, allowed = OrderRate(most), 0, list[int]()
    for pause in pauses:
        now += pause // 7
        recent = [at for at in allowed if at > now - MINUTE_NS]
        assert rate.allow(now) is (len(recent) < most)
        if len(recent) < most:
            allowed.append(now)


def test_an_order_that_must_leave_is_counted_but_never_held_back() -> None:
    """An unwind goes out beyond the limit, and what follows waits for it too."""
    rate = OrderRate(1)
    assert rate.allow(0)
    assert not rate.allow(1)
    assert rate.allow(2, must=True)
    assert not rate.allow(MINUTE_NS, must=False)
    assert rate.allow(MINUTE_NS + 2)
