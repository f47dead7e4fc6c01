"""Why nothing was traded: what each lane looked at, and where it was lost, with the last examples.

Kept small whatever happens: a bounded number of reasons, of examples a reason and of markets.
"""

import enum
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Ns

MOST_REASONS = 200
"""Different reasons kept apart for each lane and stage; the rest counts as `OTHER_REASONS`."""
MOST_MARKETS = 5_000
"""Markets whose refusals are told apart: those looked at last."""
EXAMPLES = 5
"""The last ones of each reason."""
OTHER_REASONS = "other reasons"


class Stage(enum.StrEnum):
    """How far a basket can come, in order."""

    LOOKED = "looked at"
    FOUND = "found"
    APPROVED = "approved"
    COMPLETED = "completed"


@attrs.frozen
class Example:
    """One basket that was refused."""

    text: str
    at_ns: Ns


@attrs.frozen
class Row:
    """One reason of one lane."""

    lane: str
    stage: Stage
    """Which stage was not reached."""
    reason: str
    count: int
    examples: tuple[Example, ...]
    """The last ones, newest last."""


@attrs.define
class _Tally:
    count: int = 0
    examples: deque[Example] = attrs.field(factory=lambda: deque(maxlen=EXAMPLES))

    def add(self, example: Example) -> None:
        self.count += 1
        self.examples.append(example)


_Key = tuple[str, Stage, str]
"""Lane, the stage that was not reached, reason."""


class Funnel:
    """Counts by lane, stage and reason, and by market."""

    def __init__(self) -> None:
        """Start empty."""
        self._reached: Counter[tuple[str, Stage]] = Counter()
        self._refused: dict[_Key, _Tally] = {}
        self._kinds: Counter[tuple[str, Stage]] = Counter()
        self._by_market: OrderedDict[MarketId, dict[_Key, _Tally]] = OrderedDict()

    def reach(self, lane: str, stage: Stage) -> None:
        """Note that a basket came so far."""
        self._reached[lane, stage] += 1

    def refuse(
        self,
        lane: str,
        stage: Stage,
        reason: str,
        example: Example,
        markets: Iterable[MarketId] = (),
    ) -> None:
        """Note that a basket did not come so far, and why."""
        key = self._known(lane, stage, reason)
        self._refused[key].add(example)
        for market in markets:
            self._of(market).setdefault(key, _Tally()).add(example)

    def reached(self, lane: str, stage: Stage) -> int:
        """How many baskets came so far."""
        return self._reached[lane, stage]

    @property
    def lanes(self) -> tuple[str, ...]:
        """Every lane heard of, by name."""
        return tuple(
            sorted({lane for lane, _ in self._reached} | {key[0] for key in self._refused})
        )

    def rows(self, lane: str | None = None) -> tuple[Row, ...]:
        """Everything refused, of all lanes or of one: by lane, by stage, the most frequent first."""
        kept = [key for key in self._refused if lane in {None, key[0]}]
        return tuple(_row(key, self._refused[key]) for key in sorted(kept, key=self._order))

    def of_market(self, market: MarketId) -> tuple[Row, ...]:
        """Why baskets with this market were refused: its own counts and examples."""
        tallies = self._by_market.get(market, {})
        ordered = sorted(tallies.items(), key=lambda row: -row[1].count)
        return tuple(_row(key, tally) for key, tally in ordered)

    def lines(self, most: int) -> Iterator[str]:
        """The funnel for people: each lane's way, then its `most` most frequent refusals."""
        for lane in self.lanes:
            way = ", ".join(f"{self._reached[lane, stage]} {stage}" for stage in Stage)
            yield f"{lane}: {way}"
            rows = sorted(self.rows(lane), key=lambda row: -row.count)
            for row in rows[:most]:
                yield f"  not {row.stage} {row.count} times: {row.reason} (last: {row.examples[-1].text})"

    def _known(self, lane: str, stage: Stage, reason: str) -> _Key:
        key = (lane, stage, reason)
        if key in self._refused:
            return key
        if self._kinds[lane, stage] >= MOST_REASONS:
            key = (lane, stage, OTHER_REASONS)
        self._kinds[lane, stage] += 1
        self._refused.setdefault(key, _Tally())
        return key

    def _of(self, market: MarketId) -> dict[_Key, _Tally]:
        tallies = self._by_market.setdefault(market, {})
        self._by_market.move_to_end(market)
        if len(self._by_market) > MOST_MARKETS:
            self._by_market.popitem(last=False)
        return tallies

    def _order(self, key: _Key) -> tuple[str, int, int, str]:
        return key[0], list(Stage).index(key[1]), -self._refused[key].count, key[2]


def _row(key: _Key, tally: _Tally) -> Row:
    lane, stage, reason = key
    return Row(lane, stage, reason, tally.count, tuple(tally.examples))
