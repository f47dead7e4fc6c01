"""Which fees are about to change: announced, and told by nothing when they do.

A series' fee is remembered for a quarter of an hour, so one that changes meanwhile would be counted
too low for as long. Markets whose fee changes before that are left out, and read anew afterwards.
"""

from collections.abc import Iterable

import msgspec

from arb.market.errors import Malformed
from arb.market.units import Ns
from arb.venues.kalshi.rest import Rest
from arb.venues.kalshi.schema import parse_time
from arb.venues.kalshi.series import MAX_AGE_NS

SERIES = "/series/fee_changes"
EVENTS = "/events/fee_changes"


class _SeriesChange(msgspec.Struct):
    series_ticker: str
    scheduled_ts: str | None = None


class _EventChange(msgspec.Struct):
    event_ticker: str
    scheduled_ts: str | None = None


class _AllSeries(msgspec.Struct):
    """The answer to `GET /series/fee_changes`: those to come, not paginated."""

    series_fee_change_arr: list[_SeriesChange] | None = None


class _EventsPage(msgspec.Struct):
    """A page of `GET /events/fee_changes`: those to come."""

    rows: list[_EventChange] | None = msgspec.field(name="event_fee_changes", default=None)
    cursor: str | None = None


async def read_changing(rest: Rest, now_ns: Ns) -> frozenset[str]:
    """Read the series and events whose fee changes within a quarter of an hour.

    Raises Refused, Unreachable or Unintelligible.
    """
    whole = await rest.read(_AllSeries, SERIES)
    events = await rest.read_all(_EventsPage, EVENTS)
    changes = [(one.series_ticker, one.scheduled_ts) for one in whole.series_fee_change_arr or ()]
    changes += [(one.event_ticker, one.scheduled_ts) for one in events]
    return frozenset(_soon(changes, now_ns))


def _soon(changes: Iterable[tuple[str, str | None]], now_ns: Ns) -> Iterable[str]:
    for ticker, scheduled in changes:
        try:
            is_soon = parse_time(scheduled or "") <= now_ns + MAX_AGE_NS
        except Malformed:
            is_soon = True  # nobody knows when
        if is_soon:
            yield ticker
