"""A channel that never makes its sender wait: the oldest goes, the newest stays."""

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from arb.ports import Lossy


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 5))
def test_what_arrives_is_always_the_newest_in_order(sends: list[bool], room: int) -> None:
    """Sends and receives in any order: what is there is the latest, what is not was handed back."""
    outbox, inbox = trio.open_memory_channel[int](room)
    port, expected, number = Lossy(outbox, inbox.clone()), list[int](), 0
    for send in sends:
        if send:
            dropped = port.send(number)
            expected.append(number)
            assert dropped == (expected.pop(0) if len(expected) > room else None)
            number += 1
        elif expected:
            assert inbox.receive_nowait() == expected.pop(0)
    assert inbox.statistics().current_buffer_used == len(expected)


async def test_a_waiting_receiver_gets_it_at_once() -> None:
    """With somebody waiting nothing is buffered and nothing dropped."""
    outbox, inbox = trio.open_memory_channel[int](1)
    port, got = Lossy(outbox, inbox.clone()), list[int]()

    async def take() -> None:
        got.append(await inbox.receive())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take)
        await trio.testing.wait_all_tasks_blocked()
        assert port.send(7) is None
    assert got == [7]


def test_a_channel_without_room_is_a_loud_mistake() -> None:
    """There is no newest item where nothing can be kept."""
    outbox, inbox = trio.open_memory_channel[int](0)
    with pytest.raises(trio.WouldBlock):
        Lossy(outbox, inbox).send(1)
