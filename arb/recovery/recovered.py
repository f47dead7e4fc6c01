"""What recovery leaves: where to go on from."""

from collections import Counter

import attrs

from arb.market.units import Ns
from arb.messages import LineKind, Reconciled, ReconciliationLine, Unwind
from arb.risk.ledger import Ledger
from arb.trade.tracking import Tracking

NOTHING_FOUND = Reconciled((), Ns(0))


@attrs.frozen
class Recovered:
    """Where to go on from."""

    ledger: Ledger
    tracking: Tracking
    unwinds: tuple[Unwind, ...]
    opened_ns: Ns
    """When the first opening balance of the store was read."""
    problems: tuple[str, ...]
    """Why trading must not start by itself; empty where everything is explained."""
    acknowledged: tuple[str, ...] = ()
    """Problems that a person has looked at: they stop nothing any more."""
    report: Reconciled = NOTHING_FOUND
    """Everything that was found, explained or not."""


def report_lines(report: Reconciled) -> list[str]:
    """The report for people: how many of each kind, and in full what nothing explains."""
    if not report.lines:
        return ["recovery: store and venues agree, nothing was left behind"]
    kinds = Counter(line.kind for line in report.lines)
    counts = ", ".join(f"{kind} {kinds[kind]}" for kind in LineKind if kind in kinds)
    return [f"recovery: {counts}", *(f"  {line.words}" for line in report.lines if _told(line))]


def _told(line: ReconciliationLine) -> bool:
    """Orders and fills may be thousands; what they come to is enough."""
    return not line.explained or line.kind in {LineKind.HALF_DONE, LineKind.UNLISTED}
