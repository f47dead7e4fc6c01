"""Questions to several places at once, none of which is left half-asked because another failed."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import trio

from arb.market.errors import ArbError

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


async def each(places: Iterable[A], question: Callable[[A], Awaitable[T]]) -> list[T]:
    """Ask everywhere at once; answers in the order of the places.

    Every question is asked to its end; then the first place's fault is raised, if there is one.
    """
    asked = list(places)
    answers: dict[int, T] = {}
    faults: dict[int, ArbError] = {}

    async def ask(number: int, place: A) -> None:
        try:
            answers[number] = await question(place)
        except ArbError as fault:
            faults[number] = fault

    async with trio.open_nursery() as nursery:
        for number, place in enumerate(asked):
            nursery.start_soon(ask, number, place)
    if faults:
        raise faults[min(faults)]
    return [answers[number] for number in range(len(asked))]


async def both(
    first: Callable[[], Awaitable[A]], second: Callable[[], Awaitable[B]]
) -> tuple[A, B]:
    """Ask two questions at once. Raises as `each`."""
    one: list[A] = []
    other: list[B] = []

    async def ask_first() -> None:
        one.append(await first())

    async def ask_second() -> None:
        other.append(await second())

    await each((ask_first, ask_second), lambda ask: ask())
    return one[0], other[0]
