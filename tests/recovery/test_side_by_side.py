"""Several places are asked at once, and each to its end."""

import pytest
import trio

from arb.market.errors import Unreachable
from arb.recovery.side_by_side import both, each
from tests.fakes.clock import virtual


@virtual
async def test_answers_come_in_the_order_of_the_places_and_in_the_time_of_the_slowest() -> None:
    """Ten seconds and one second of waiting take ten."""

    async def wait(seconds: float) -> float:
        await trio.sleep(seconds)
        return seconds

    assert await each([10.0, 1.0], wait) == [10.0, 1.0]
    assert trio.current_time() == 10.0


@virtual
async def test_a_fault_in_one_place_cuts_no_other_short() -> None:
    """What was begun elsewhere is done to its end; then the first place's fault is raised."""
    done: list[str] = []

    async def ask(place: str) -> None:
        if place.startswith("down"):
            raise Unreachable(place)
        await trio.sleep(5)
        done.append(place)

    with pytest.raises(Unreachable, match="down 1"):
        await each(["up", "down 1", "down 2"], ask)
    assert done == ["up"]


@virtual
async def test_two_questions_of_different_kinds_are_asked_at_once() -> None:
    """Both answers, each of its own kind."""

    async def number() -> int:
        await trio.sleep(2)
        return 1

    async def word() -> str:
        await trio.sleep(2)
        return "one"

    assert await both(number, word) == (1, "one")
    assert trio.current_time() == 2.0
