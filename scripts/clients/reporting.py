"""How a driver says what became of each operation: one JSON object a line on standard output.

Drivers run in the official client's own environment, with nothing of the bot's. A driver is a
class whose methods carry `answers(row)`; `run` calls them in the order of the rows.
"""

import asyncio
import inspect
import json
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
MOST_S = 100.0
"""An operation that takes longer has failed; the longest wait is for a settlement."""
LONGEST_TEXT = 400


class Result(StrEnum):
    """What became of an operation."""

    OK = "ok"
    REFUSED = "refused as documented"
    ABSENT = "not offered by this client"
    FAILED = "FAILED"


class Refused(NamedTuple):
    """The venue refused, and in the documented words."""

    text: str


class Absent(NamedTuple):
    """The client, or this venue's set-up, has no such operation."""

    why: str


class Mismatch(Exception):
    """The venue or the client did something else than documented."""


Answer = str | Refused | Absent


def answers(row: StrEnum) -> Callable[[F], F]:
    """Mark the method that performs a row. It returns what it saw, in a few words."""

    def mark(method: F) -> F:
        method.row = row  # type: ignore[attr-defined]
        return method

    return mark


def expect(condition: object, otherwise: object) -> None:
    """Raise Mismatch unless the condition holds."""
    if not condition:
        raise Mismatch(str(otherwise)[:LONGEST_TEXT])


def refused(
    call: Callable[[], object],
    words: str,
    error: type[Exception] | tuple[type[Exception], ...],
    say: Callable[[Exception], str] = str,
) -> Refused:
    """Expect `call` to raise `error` with these words; `say` finds them. Raises Mismatch if not."""
    try:
        answer = call()
    except error as refusal:
        return _as_documented(refusal, words, say)
    raise Mismatch(f"accepted: {answer}"[:LONGEST_TEXT])


async def refused_async(
    call: Awaitable[object],
    words: str,
    error: type[Exception],
    say: Callable[[Exception], str] = str,
) -> Refused:
    """Like `refused`, for a coroutine; `say` finds the venue's words in an error."""
    try:
        answer = await call
    except error as refusal:
        return _as_documented(refusal, words, say)
    raise Mismatch(f"accepted: {answer}"[:LONGEST_TEXT])


def run(
    driver: object, rows: Iterable[StrEnum], absent: Mapping[Any, str], *, out: Any = None
) -> None:
    """Perform every row and report it. A row that nothing answers is a failure."""
    out = out or sys.stdout
    methods = {
        method.row: method
        for _, method in inspect.getmembers(driver, callable)
        if hasattr(method, "row")
    }
    with asyncio.Runner() as loop:
        if hasattr(driver, "begin"):
            loop.run(driver.begin())
        for row in rows:
            result, text = _perform(loop, methods.get(row), absent.get(row))
            print(json.dumps({"row": row, "result": result, "text": text}), file=out, flush=True)
        if hasattr(driver, "close"):
            loop.run(driver.close())


def read_venues(arguments: list[str]) -> dict[str, Any]:
    """Read the connection file that the simulated venues wrote; its path is the one argument."""
    venues: dict[str, Any] = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
    return venues


def _perform(
    loop: asyncio.Runner, method: Callable[[], Any] | None, absent: str | None
) -> tuple[Result, str]:
    if absent:
        return Result.ABSENT, absent
    if method is None:
        return Result.FAILED, "the driver lacks it"
    try:
        answer = method()
        if inspect.isawaitable(answer):
            answer = loop.run(asyncio.wait_for(answer, MOST_S))
    except Exception as error:  # noqa: BLE001 - whatever it is belongs in the table
        return Result.FAILED, _short(error)
    return _told(answer)


def _told(answer: Answer) -> tuple[Result, str]:
    match answer:
        case Refused(text):
            return Result.REFUSED, text
        case Absent(why):
            return Result.ABSENT, why
        case _:
            return Result.OK, answer


def _short(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    text = " ".join(str(error).split())[:LONGEST_TEXT]
    return f"{type(error).__name__}: {text} ({Path(where.filename).name}:{where.lineno})"


def _as_documented(
    refusal: Exception, words: str, say: Callable[[Exception], str] = str
) -> Refused:
    text = " ".join(say(refusal).split())
    if words not in text:
        raise Mismatch(f"wanted {words!r}, got: {text}"[:LONGEST_TEXT]) from refusal
    return Refused(text[:LONGEST_TEXT])
