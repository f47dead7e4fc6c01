"""Pairs that wait for a person while a bot runs: flagged ones, with both texts, and deciding."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

import attrs
import trio

from arb.market.errors import Refused
from arb.market.instruments import Catalogue, MarketId
from arb.outside import Venues
from arb.pair_desk import Approval, Desk
from arb.pairing.decision import Decision, Decisions, Origin, PairDecided, PairKey, handle, latest
from arb.pairing.examination import Examiner
from arb.pairing.flag import Flag, FlagKind
from arb.ports import InThread
from arb.roll import Called, examiner_of
from arb.web.desks import Verdict

MOST = 50
"""Pairs kept with their texts: more than a person decides in one sitting."""
_SETTLED = frozenset({FlagKind.DOUBT})
"""Flags that keep nobody from trading a pair."""

Plain = Mapping[str, Any]


@attrs.define
class Awaiting:
    """The desk of `arb pairs`, narrowed to what waits, beside a running bot."""

    desk: Desk
    flags: Mapping[PairKey, tuple[Flag, ...]]
    in_thread: InThread
    _alone: trio.Lock = attrs.field(factory=trio.Lock, init=False)
    """One decision after the other: each is made in view of those before."""
    _approved: set[PairKey] = attrs.field(factory=set, init=False)
    """Since the flags were raised: an approval from before is what is flagged, as where its texts
    have changed since."""

    def waiting(self) -> Sequence[Plain]:
        """Flagged pairs on which no person has decided since."""
        return [self._page(key) for key in self.flags if not self._decided(key)]

    def _decided(self, key: PairKey) -> bool:
        before = self.desk.decisions.get(key)
        if before is None or before.origin is not Origin.DESK:
            return False
        return before.decision is Decision.REJECTED or key in self._approved

    def _page(self, key: PairKey) -> Plain:
        before = self.desk.decisions.get(key)
        kalshi, polymarket = (self._text(market) for market in key)
        return {
            "pair": handle(*key),
            "status": str(before.decision) if before else "candidate",
            "flags": [f"{flag.kind}: {flag.text}" for flag in self.flags[key]],
            "facts": list(before.facts) if before else [],
            "kalshi": kalshi,
            "polymarket": polymarket,
        }

    def _text(self, market: MarketId) -> Plain:
        question = self.desk.examiner.questions.get(market)
        title, rules = (question.title, question.rules) if question else (str(market), "")
        return {"market": market, "title": title, "rules": rules}

    async def decide(self, pair: str, verdict: Verdict) -> str:
        """Decide as `arb pairs approve` and `reject` do. Raises Refused and StoreFailed."""
        key = next((one for one in self.flags if handle(*one) == pair), None)
        if key is None:
            raise Refused(f"no pair that waits goes by {pair!r}")
        async with self._alone:
            found: list[PairDecided] = []
            await self.in_thread(partial(self._work, key, verdict, found))
            (decided,) = found
            self.desk = attrs.evolve(self.desk, decisions={**self.desk.decisions, key: decided})
        if verdict.approves:
            self._approved.add(key)
            return "approved: observed at first, and taken up at the next start"
        return "rejected: heeded within metadata.refresh_ms"

    def _work(self, key: PairKey, verdict: Verdict, found: list[PairDecided]) -> None:
        ask = Approval(verdict.who, verdict.why, verdict.yes_is_yes, verdict.despite)
        if verdict.approves:
            decided, _ = self.desk.approve(key, ask)
        else:
            decided = self.desk.reject(key, ask)
        self.desk.keep([decided])
        found.append(decided)


def await_person(
    catalogues: Iterable[Catalogue], venues: Venues, decided: Iterable[PairDecided], called: Called
) -> Awaiting:
    """Keep what is flagged, and of all texts only what deciding on it needs."""
    flags = _flagged(called.flags)
    decisions = latest((*decided, *called.decisions))
    desk = Desk(
        examiner=_narrowed(examiner_of(catalogues), flags),
        decisions=decisions,
        called=called,
        pairs=venues.pairs,
        store_file=venues.store_file,
        embedded=venues.world is not None,
        now_ns=venues.outside.now_ns,
    )
    return Awaiting(desk, _first(flags, decisions), venues.outside.in_thread)


def _flagged(flags: Iterable[Flag]) -> dict[PairKey, tuple[Flag, ...]]:
    found: dict[PairKey, tuple[Flag, ...]] = {}
    for flag in flags:
        key = flag.kalshi, flag.polymarket
        if flag.kind not in _SETTLED and (key in found or len(found) < MOST):
            found[key] = (*found.get(key, ()), flag)
    return found


def _first(
    flags: Mapping[PairKey, tuple[Flag, ...]], decisions: Decisions
) -> dict[PairKey, tuple[Flag, ...]]:
    """Those decided once come first: somebody cared for them."""
    return dict(sorted(flags.items(), key=lambda row: (row[0] not in decisions, handle(*row[0]))))


def _narrowed(examiner: Examiner, keys: Iterable[PairKey]) -> Examiner:
    """Only the markets of these pairs, and those of the same events: any of them may fit better."""
    wanted = set[MarketId]()
    for market in chain.from_iterable(keys):
        wanted.update((market, *examiner.siblings.get(market, ())))
    return attrs.evolve(
        examiner,
        questions={one: text for one, text in examiner.questions.items() if one in wanted},
        siblings={one: event for one, event in examiner.siblings.items() if one in wanted},
    )
