"""What a bot began after it was told to stop, by its own store."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from crash.judging import Row

STOPS_WITHIN_NS = 200_000_000
"""The KILL file is looked for every 100 ms."""
NS_PER_S = 1_000_000_000


class Begun(Protocol):
    """The tables of a store in which something begins."""

    @property
    def runs(self) -> Sequence[Row]: ...  # noqa: D102 - tables by their names
    @property
    def baskets(self) -> Sequence[Row]: ...  # noqa: D102 - the same
    @property
    def orders(self) -> Sequence[Row]: ...  # noqa: D102 - the same
    @property
    def unwinds(self) -> Sequence[Row]: ...  # noqa: D102 - the same


def begun_late(records: Begun, stopped_ns: int, *, legs: bool) -> Iterator[str]:
    """What was begun between the stop and the next start, a look for the KILL file granted.

    `legs`: whether legs of baskets begun before were to stop too.
    """
    starts = [run["started_ns"] for run in records.runs]
    until_ns = max((at for at in starts if at > stopped_ns), default=stopped_ns)
    begun = {f"basket {row['basket']}": row["decided_ns"] for row in records.baskets}
    if legs:
        begun |= {f"leg {row['order_key']}": row["created_ns"] for row in _legs(records)}
    for what, at_ns in begun.items():
        if stopped_ns + STOPS_WITHIN_NS < at_ns < until_ns:
            yield f"{what} came {at_ns - stopped_ns} ns after the stop"


def _legs(records: Begun) -> Iterator[Row]:
    """Orders that bought what a basket lacked: those before anything of it was to be unwound."""
    unwound: dict[str, int] = {}
    for row in records.unwinds:
        unwound[row["basket"]] = min(row["at_ns"], unwound.get(row["basket"], row["at_ns"]))
    for order in records.orders:
        if order["created_ns"] < unwound.get(order["basket"], order["created_ns"] + 1):
            yield order


def time_is_up(records: Begun, after_s: float) -> int:
    """When a first bot stopped that was given so many seconds."""
    return min((run["started_ns"] for run in records.runs), default=0) + round(after_s * NS_PER_S)
