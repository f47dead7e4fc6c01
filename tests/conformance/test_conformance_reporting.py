"""What drivers report: what was done, refused, not offered, or went wrong."""

import asyncio
import io
import json
from enum import StrEnum

import pytest

from clients.reporting import (
    Absent,
    Mismatch,
    Refused,
    answers,
    expect,
    refused,
    refused_async,
    run,
)


class Row(StrEnum):
    DONE = "done"
    LATER = "later"
    NO = "no"
    NEVER = "never"
    LACKING = "lacking"
    BROKEN = "broken"
    FORGOTTEN = "forgotten"


class Venue:
    """Refuses with a text of its own."""

    def order(self) -> str:
        raise ValueError("400 not on a Sunday")

    async def order_async(self) -> str:
        return self.order()


class Driver:
    closed = False

    @answers(Row.DONE)
    def done(self) -> str:
        return "saw it"

    @answers(Row.LATER)
    async def later(self) -> str:
        await asyncio.sleep(0)
        return "saw it later"

    @answers(Row.NO)
    def no(self) -> Refused:
        return refused(Venue().order, "Sunday", ValueError)

    @answers(Row.NEVER)
    def never(self) -> Absent:
        return Absent("too old")

    @answers(Row.LACKING)
    def lacking(self) -> str:
        raise AssertionError("not to be called: the client lacks it")

    @answers(Row.BROKEN)
    def broken(self) -> str:
        expect([], "no is not done")
        return "unreachable"

    async def close(self) -> None:
        self.closed = True


def test_every_row_is_reported_once_with_its_result() -> None:
    """Methods, coroutines, refusals, gaps and failures all end as one line each, in order."""
    out, driver = io.StringIO(), Driver()
    run(driver, Row, {Row.LACKING: "no such call"}, out=out)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(one["row"], one["result"], one["text"]) for one in told[:5]] == [
        ("done", "ok", "saw it"),
        ("later", "ok", "saw it later"),
        ("no", "refused as documented", "400 not on a Sunday"),
        ("never", "not offered by this client", "too old"),
        ("lacking", "not offered by this client", "no such call"),
    ]
    assert told[5]["result"] == told[6]["result"] == "FAILED"
    assert told[5]["text"].startswith("Mismatch: no is not done")
    assert told[6]["text"] == "the driver lacks it"
    assert driver.closed


def test_a_refusal_must_have_the_documented_words() -> None:
    """Being refused for another reason is a failure, and so is being accepted."""
    with pytest.raises(Mismatch, match="wanted 'Monday', got: 400 not on a Sunday"):
        refused(Venue().order, "Monday", ValueError)
    with pytest.raises(Mismatch, match="accepted: fine"):
        refused(lambda: "fine", "Sunday", ValueError)


def test_a_refused_coroutine_is_told_alike() -> None:
    """Asynchronous clients are held to the same, in words that they may find elsewhere."""

    async def ask() -> Refused:
        def say(error: Exception) -> str:
            return f"{error}!"

        return await refused_async(Venue().order_async(), "Sunday!", ValueError, say)

    assert asyncio.run(ask()) == Refused("400 not on a Sunday!")
