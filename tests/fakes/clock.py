"""Tests in virtual time: it jumps to the next deadline once nobody has anything to do."""

import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec

import trio
from trio.testing import MockClock

P = ParamSpec("P")


def virtual(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run an async test to its end under a clock of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def main() -> None:
            await test(*args, **kwargs)

        trio.run(main, clock=MockClock(autojump_threshold=0))

    return run
