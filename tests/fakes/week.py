"""The whole program in a simulated world for a long time, and a judge who knows how things end.

The bot runs as it does for people: both protocol faces, every actor, its shipped limits. Afterwards
each basket that it took is held against every way in which its questions can still come out, and
against how they did come out where that is known.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

import attrs

from arb.board import Board
from arb.commands.setup import read_settings
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, Px, Qty, complement, parse_micros
from arb.outside import Venues, open_venues
from arb.session import Options, run
from arb.sim.catalogue import Question, TrapKind
from arb.sim.questions.subject import Shape, Subject
from arb.sim.world import BOT, World
from arb.store.baskets import StoredBasket
from arb.store.journal import Journal
from arb.summary import Summary

SLOW = """
[run]
kill_poll_ms = 10000
[detect]
rescan_ms = 10000
max_age_spread_ms = 30000
[limits]
max_basket_usd = "200.00"
max_market_usd = "2000.00"
max_market_contracts = 100000
max_event_usd = "5000.00"
max_venue_usd = "100000.00"
max_total_usd = "200000.00"
[gates]
books_ms = 60000
[execution]
fills_poll_ms = 60000
[accounts]
refresh_ms = 600000
[sim]
polymarket_cash_usd = "100000.00"
kalshi_cash_usd = "100000.00"
"""
"""A week has many seconds: what polls, polls less often; and a week needs money for more than one
day. What detection believes is as shipped, but for the spread: in a world this quiet, connections
are silent for longer."""


@attrs.frozen
class Week:
    """How long, how large, how lively, which seed."""

    seconds: float
    markets: int
    speed_ppm: int
    seed: int


@attrs.frozen
class TrapTally:
    """One kind of trap."""

    markets: int
    refused: Mapping[str, int]
    """Baskets with such a market that were not begun, by why."""
    begun: Mapping[str, int]
    """Those that were, by how they ended."""


@attrs.frozen
class Verdict:
    """What the judge found."""

    summary: Summary
    questions: int
    markets: int
    ended: int
    """Questions that came out while the bot ran."""
    baskets: int
    """Taken, with at least one complete set."""
    settled: int
    """Of these, baskets all of whose markets were resolved."""
    short: tuple[str, ...]
    """Baskets that pay less than promised in some state: must be empty."""
    locked: int
    """What the program says is locked in, micro-dollars."""
    worst: int
    """What the bot's accounts hold in the worst state of every question that is open, less what
    they held at the start, micro-dollars: must not be less than `locked`."""
    traps: Mapping[TrapKind, TrapTally]


class Watching:
    """A display that keeps the board."""

    every_s = 60.0

    def __init__(self) -> None:
        """Start without one."""
        self.board: Board | None = None

    def say(self, text: str) -> None:
        """Tell nobody."""

    def show(self, board: Board) -> None:
        """Keep it."""
        self.board = board


def live_through(week: Week, home: Path) -> Verdict:
    """Run the bot for a while and judge what it did."""
    (home / "var").mkdir()
    (home / "slow.toml").write_text(SLOW)
    settings = read_settings(
        {
            "settings_file": home / "slow.toml",
            "data_dir": str(home / "var"),
            "seed": week.seed,
            "markets": week.markets,
            "speed_ppm": week.speed_ppm,
        }
    )
    worlds: list[World] = []
    watching = Watching()

    @asynccontextmanager
    async def venues() -> AsyncIterator[Venues]:
        async with open_venues(settings, virtual_surroundings(week.seed)) as opened:
            assert opened.world is not None
            worlds.append(opened.world)
            yield opened

    options = Options(venues=venues(), kill_file=home / "KILL", for_s=week.seconds)
    summary = run_virtually(lambda: run(settings, options, watching), week.seed)
    journal = Journal(home / "var" / "simulated.db")
    try:
        assert watching.board is not None
        return judge(summary, worlds[0], watching.board, journal.baskets())
    finally:
        journal.close()


def judge(summary: Summary, world: World, board: Board, baskets: Sequence[StoredBasket]) -> Verdict:
    """Hold every basket against the truth."""
    truth = Truth(world)
    taken = [basket for basket in baskets if basket.sets]
    short = [f"{basket.title}: {why}" for basket in taken if (why := truth.shortfall(basket))]
    return Verdict(
        summary=summary,
        questions=len(world.catalogue.questions),
        markets=world.catalogue.count(),
        ended=world.flow.endings.ended,
        baskets=len(taken),
        settled=sum(truth.is_settled(basket) for basket in taken),
        short=tuple(short),
        locked=parse_micros(summary.locked_profit),
        worst=truth.worst(BOT) - sum(map(parse_micros, summary.cash_opening.values())),
        traps={kind: _trap_tally(kind, world, board, baskets) for kind in TrapKind},
    )


class Truth:
    """How the questions of a world came out, or still can."""

    def __init__(self, world: World) -> None:
        """Take the world as it stands."""
        self._world = world
        self._asked: dict[MarketId, Question] = {
            listed.market: question
            for question in world.catalogue.questions
            for listed in question.listed
        }

    def is_settled(self, basket: StoredBasket) -> bool:
        """Say whether every market of a basket was resolved."""
        return all(self._payout(leg.market) is not None for leg in basket.legs)

    def shortfall(self, basket: StoredBasket) -> str:
        """In which state one set of a basket pays less than promised; "" in none."""
        promised = basket.payout * MICRO // basket.size
        for state in self._states(basket):
            paid = sum(
                state[leg.market] if leg.outcome is Outcome.YES else complement(state[leg.market])
                for leg in basket.legs
            )
            if paid < promised:
                return f"pays {paid} of {promised} where {dict(state)}"
        return ""

    def worst(self, account: str) -> int:
        """Cash and what is held, where every open question comes out as badly as it can."""
        exchanges = self._world.exchanges.values()
        cash = sum(usd for exchange in exchanges for usd in exchange.cash(account).values())
        held = {
            market: holding
            for exchange in exchanges
            for market, holding in exchange.positions(account).items()
        }
        about = {self._asked[market].subject: self._asked[market] for market in held}
        return cash + sum(
            min(_worth(held, state) for state in self._outcomes(question))
            for question in about.values()
        )

    def _states(self, basket: StoredBasket) -> Iterator[Mapping[MarketId, Px]]:
        """Every way in which the basket's questions can come out, each market's YES payout."""
        about = {
            question.subject: question
            for question in (self._asked[leg.market] for leg in basket.legs)
        }
        for results in product(*(self._outcomes(question) for question in about.values())):
            state: dict[MarketId, Px] = {}
            for one in results:
                state.update(one)
            yield state

    def _outcomes(self, question: Question) -> Iterator[dict[MarketId, Px]]:
        """What the markets of one question pay, in every state that agrees with what is known."""
        known = {
            listed.market: payout
            for listed in question.listed
            if (payout := self._payout(listed.market)) is not None
        }
        for answers in possible(question.subject):
            paid = {
                listed.market: Px(MICRO if answers[listed.answer] is not listed.inverted else 0)
                for listed in question.listed
            }
            if all(paid[market] == payout for market, payout in known.items()):
                yield paid
        if any(payout not in {0, MICRO} for payout in known.values()):
            yield known  # void: both sides are paid alike

    def _payout(self, market: MarketId) -> Px | None:
        venue = next(one.venue for one in self._asked[market].listed if one.market == market)
        return self._world.exchanges[venue].payout(market)


def _worth(held: Mapping[MarketId, tuple[Qty, Qty]], state: Mapping[MarketId, Px]) -> int:
    """What contracts pay in one state of their question."""
    return sum(
        (yes * state[market] + no * complement(state[market])) // MICRO
        for market, (yes, no) in held.items()
        if market in state
    )


def possible(subject: Subject) -> list[list[bool]]:
    """Every way in which a question's answers can come out together."""
    count = len(subject.labels)
    match subject.shape:
        case Shape.SINGLE:
            return [[True], [False]]
        case Shape.ONE_OF:
            winners = [[place == winner for place in range(count)] for winner in range(count)]
            return winners if subject.complete else [*winners, [False] * count]
        case Shape.RISING:
            return [[place >= first for place in range(count)] for first in range(count + 1)]
        case Shape.FALLING:
            return [[place < end for place in range(count)] for end in range(count + 1)]


def _trap_tally(
    kind: TrapKind, world: World, board: Board, baskets: Sequence[StoredBasket]
) -> TrapTally:
    markets = set(world.catalogue.trapped(kind))
    refused: Counter[str] = Counter()
    for market in markets:
        for row in board.funnel.of_market(market):
            refused[f"not {row.stage}: {row.reason}"] += row.count
    begun = Counter(
        basket.outcome or "open"
        for basket in baskets
        if any(leg.market in markets for leg in basket.legs)
    )
    return TrapTally(len(markets), dict(refused), dict(begun))
