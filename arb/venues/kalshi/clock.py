"""How far our clock is from the venue's: signatures are refused beyond some seconds."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from arb.market.units import Ns
from arb.venues.kalshi.schema import EPOCH, MICROSECOND, NS_PER_US

NS_PER_S = 1_000_000_000
TOLERANCE_NS = 3 * NS_PER_S
"""10 s passed and 30 s or a minute did not (recorded traffic): far inside of that."""


def clock_objection(headers: Mapping[str, str], sent_ns: Ns, received_ns: Ns) -> str | None:
    """Compare our clock with the `Date` of an answer, which was made between the two times.

    None where they agree, or where no readable date came: then the venue's word on our
    signatures is the only witness. `Age` is what a cache in between adds.
    """
    dated_ns = _dated(headers)
    if dated_ns is None:
        return None
    ahead_ns = sent_ns - (dated_ns + NS_PER_S)  # a date is cut to its second
    behind_ns = dated_ns - received_ns
    if ahead_ns > TOLERANCE_NS:
        return f"our clock is {ahead_ns / NS_PER_S:.1f} s or more ahead of Kalshi's"
    if behind_ns > TOLERANCE_NS:
        return f"our clock is {behind_ns / NS_PER_S:.1f} s or more behind Kalshi's"
    return None


def _dated(headers: Mapping[str, str]) -> int | None:
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
        age_s = int(headers.get("age", "0"))
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        return None
    return (moment - EPOCH) // MICROSECOND * NS_PER_US + age_s * NS_PER_S
