"""A week of trading on virtual time, its profit held against the venues' own accounts day by day.

The program's figure: its store, replayed through its own ledger up to each midnight (UTC): what was
realised that day by average cost, and by how much what is held is worth more than it cost. The
venues' figure: by how much the bot's cash, and the worth of its contracts, changed in their matching
engines between two midnights. Worth is what the best bid pays, or what a resolved market does.
"""

import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import click
import trio

from arb.board import Board
from arb.commands.setup import read_settings
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.ending import Exit
from arb.market.instruments import MarketId
from arb.market.units import MICRO, ONE, Clock, complement, plain_text
from arb.outside import Venues, open_venues
from arb.risk.ledger import Ledger
from arb.session import Options, run
from arb.settings import Settings
from arb.sim.faults.script import read_fault
from arb.sim.members import BOT
from arb.sim.world import World
from arb.store.journal import Journal
from arb.store.turns import read_done_turns
from arb.summary import Summary

DAY_S = 86_400.0
DAY_NS = 86_400 * 1_000_000_000
SETTINGS = """
[run]
kill_poll_ms = 10000
[gates]
books_ms = 60000
look_ms = 5000
dead_man_ms = 8000
[settle]
every_ms = 60000
[detect]
rescan_ms = 10000
cluster_every_ms = 10000
max_age_spread_ms = 30000
[limits]
max_basket_usd = "100.00"
max_market_usd = "2000.00"
max_market_contracts = 100000
max_event_usd = "5000.00"
max_venue_usd = "100000.00"
max_total_usd = "200000.00"
max_unwind_loss_usd = "50.00"
max_day_unhedged_usd = "500.00"
max_day_loss_usd = "500.00"
[execution]
fills_poll_ms = 60000
order_poll_ms = 2000
reopen_poll_ms = 60000
[metadata]
refresh_ms = 600000
max_age_ms = 3600000
[accounts]
refresh_ms = 600000
[sim]
polymarket_cash_usd = "50000.00"
kalshi_cash_usd = "50000.00"
"""
"""A week has many seconds: what polls, polls less often; and it needs money for more than a day."""
ORDINARY = (
    "latency endpoint='*' tail_ms=60",
    "latency endpoint='POST *' tail_ms=400 probability_ppm=50000",
    "answer_lost endpoint='POST *order*' probability_ppm=20000",
    "request_lost probability_ppm=2000",
    "server_error status=502 body=html probability_ppm=5000",
    "server_error when=after endpoint='POST *order*' probability_ppm=10000",
    "rate_limit probability_ppm=3000",
    "partial_fill share_ppm=600000 probability_ppm=100000",
    "reject reason=price probability_ppm=20000",
    "delayed_orders start_s=20000 for_s=40000 hold_ms=2500",
    "settlement_failure retry_ppm=20000 fail_ppm=50000",
    "balance_lag start_s=90000 for_s=60000 lag_ms=4000",
    "stale_rest age_ms=3000 probability_ppm=20000",
    "drop_frames probability_ppm=20",
    "duplicate_frames probability_ppm=200",
    "gap frames=10 probability_ppm=5",
    "malformed probability_ppm=5",
    "disconnect every_ms=7200000",
    "reset every_ms=14400000",
    "maintenance venue=kalshi start_s=130000 for_s=1800",
    "engine_restart start_s=200000 for_s=200 down_ms=90000 post_only_ms=120000",
)
"""What happens in a week at venues like these, give or take."""


@attrs.frozen
class Span:
    """How long, how large, how lively, which seed."""

    days: int
    """Of 24 hours; the first and the last line are of the parts of a day (UTC) at either end."""
    markets: int
    speed_ppm: int
    seed: int
    faults: tuple[str, ...] = ORDINARY
    seconds: float | None = None
    """Stops after this time instead; what was made until then is one day's."""


STARTED_S = 60.0
"""By then the bot has started: faults that forbid a start are for others to try."""
WEEK = Span(days=7, markets=40, speed_ppm=20_000, seed=7)
"""The flow is slowed down fifty times: a market sees a realistic number of changes."""


@attrs.frozen
class Day:
    """One day's profit, micro-dollars."""

    ends_ns: int
    realised: int
    """By the program's ledger, on that day."""
    unrealised: int
    """The change of what is held over what it cost, by the same."""
    cash: int
    """The change of cash at both venues, by their engines."""
    contracts: int
    """The change of what is held there."""
    fills: int

    @property
    def ours(self) -> int:
        """Profit by the program's books."""
        return self.realised + self.unrealised

    @property
    def theirs(self) -> int:
        """Profit by the venues' accounts."""
        return self.cash + self.contracts


@attrs.frozen
class Lived:
    """What a span came to."""

    summary: Summary
    days: tuple[Day, ...]
    acted: Mapping[str, int]
    real_s: float

    @property
    def is_good(self) -> bool:
        """Whether every day's figures are alike, and all books agree at the end."""
        alike = all(day.ours == day.theirs for day in self.days)
        whole = self.summary.exit_code == Exit.OK and bool(self.days)
        return whole and alike and self.summary.compared and not self.summary.differences


@attrs.frozen
class _Midnight:
    """The venues' engines at one moment."""

    at_ns: int
    cash: int
    worth: Mapping[tuple[MarketId, bool], int]
    """What a million contracts bring, by market and whether they are YES, of every market."""
    contracts: int


def live_week(span: Span) -> Lived:
    """Live through it: the same span is the same week."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="week") as folder:
        week = _Week(span, Path(folder))
        summary = run_virtually(week.run, span.seed)
        days = tuple(_days(week.midnights, Path(folder) / "var" / "simulated.db"))
        return Lived(summary, days, week.acted, time.monotonic() - started)


class _Week:
    """Runs the bot, and looks at the venues' engines at midnight."""

    def __init__(self, span: Span, home: Path) -> None:
        self.span = span
        self.home = home
        self.settings = _settings(span, home)
        self.midnights: list[_Midnight] = []
        self.acted: dict[str, int] = {}

    async def run(self) -> Summary:
        """Live, and return what the program says of it."""
        surroundings = virtual_surroundings(self.span.seed)
        options = Options(
            venues=self._venues(),
            kill_file=self.home / "KILL",
            for_s=self.span.seconds or self.span.days * DAY_S,
            now_ns=surroundings.now_ns,
        )
        return await run(self.settings, options, _Nobody())

    @asynccontextmanager
    async def _venues(self) -> AsyncIterator[Venues]:
        surroundings = virtual_surroundings(self.span.seed)
        async with open_venues(self.settings, surroundings) as opened:
            assert opened.world is not None  # noqa: S101 - for the type checker
            world = opened.world
            for line in self.span.faults:
                fault = read_fault(line)
                world.faults.inject(attrs.evolve(fault, start_s=max(fault.start_s, STARTED_S)))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._look_at_midnight, world, surroundings.now_ns)
                yield opened
                nursery.cancel_scope.cancel(reason="the week is over")
            self.midnights.append(_look(world, surroundings.now_ns()))
            for entry in world.faults.entries():
                self.acted[str(entry.fault.kind)] = (
                    self.acted.get(str(entry.fault.kind), 0) + entry.acted
                )

    async def _look_at_midnight(self, world: World, now_ns: Clock) -> None:
        self.midnights.append(_look(world, now_ns()))
        while True:
            await trio.sleep((DAY_NS - now_ns() % DAY_NS) / 1e9)
            self.midnights.append(_look(world, now_ns()))
            click.echo(f"{len(self.midnights) - 1} midnights", err=True)


def _look(world: World, at_ns: int) -> _Midnight:
    worth = {
        (listed.market, is_yes): _worth(world, listed.market, is_yes=is_yes)
        for question in world.catalogue.questions
        for listed in question.listed
        for is_yes in (True, False)
    }
    cash = contracts = 0
    for exchange in world.exchanges.values():
        cash += sum(exchange.cash(BOT).values())
        for market, (yes, no) in exchange.positions(BOT).items():
            for is_yes, qty in ((True, yes), (False, no)):
                worth[market, is_yes] = _worth(world, market, is_yes=is_yes)
                contracts += qty * worth[market, is_yes]
    return _Midnight(at_ns, cash, worth, contracts // MICRO)


def _worth(world: World, market: MarketId, *, is_yes: bool) -> int:
    """Micro-dollars for a contract: what it pays, or what the best bid for it does."""
    (exchange,) = (one for venue, one in world.exchanges.items() if market.startswith(f"{venue}:"))
    payout = exchange.payout(market)
    if payout is not None:
        return payout if is_yes else complement(payout)
    bids, asks = exchange.levels(market)
    side = bids if is_yes else asks
    return (side[0][0] if is_yes else ONE - side[0][0]) if side else 0


# --- the program's side ---------------------------------------------------------------------------


def _days(midnights: Sequence[_Midnight], store: Path) -> Iterator[Day]:
    journal = Journal(store)
    try:
        books = [_books(journal, midnight) for midnight in midnights]
        fills = [line.fill.at_ns for line in journal.fills()]
    finally:
        journal.close()
    pairs = zip(midnights, midnights[1:], books, books[1:], strict=False)
    for before, after, opened, closed in pairs:
        yield Day(
            ends_ns=after.at_ns,
            realised=closed.ledger.realised_on(after.at_ns - 1),
            unrealised=closed.over_cost - opened.over_cost,
            cash=after.cash - before.cash,
            contracts=after.contracts - before.contracts,
            fills=sum(before.at_ns <= at < after.at_ns for at in fills),
        )


@attrs.frozen
class _Books:
    ledger: Ledger
    over_cost: int
    """What is held is worth so much more than it cost."""


def _books(journal: Journal, midnight: _Midnight) -> _Books:
    """The program's ledger from all that happened before a midnight, by the venues' clocks."""
    ledger, stakes = Ledger(), journal.stakes()
    ledger.open(journal.opening_balances())
    for line in journal.fills():
        if line.fill.at_ns < midnight.at_ns:
            ledger.book(line.fill, stakes[line.fill.market])
    for turn in journal.ask(read_done_turns):
        if turn.at_ns < midnight.at_ns:
            ledger.turn(turn)
    for settlement in journal.settlements():
        if settlement.at_ns < midnight.at_ns:
            ledger.settle(settlement)
    held = sum(
        qty * midnight.worth[market, is_yes]
        for market, holding in ledger.positions().items()
        for is_yes, qty in ((True, holding.yes), (False, holding.no))
    )
    return _Books(ledger, held // MICRO - ledger.basis)


def _settings(span: Span, home: Path) -> Settings:
    (home / "var").mkdir()
    (home / "week.toml").write_text(SETTINGS)
    return read_settings(
        {
            "settings_file": home / "week.toml",
            "data_dir": str(home / "var"),
            "seed": span.seed,
            "markets": span.markets,
            "speed_ppm": span.speed_ppm,
        }
    )


class _Nobody:
    """A display that nobody looks at."""

    every_s = 600.0

    def say(self, text: str) -> None:
        """Tell nobody."""

    def show(self, board: Board) -> None:
        """Show nobody."""


# --- telling --------------------------------------------------------------------------------------


def tell_week(lived: Lived) -> int:
    """Print day by day; returns the exit code: 1 where a figure differs."""
    click.echo(
        f"{'day (UTC) ends':<18}{'fills':>6}{'realised':>14}{'unrealised':>14}"
        f"{'our profit':>14}{'at the venues':>15}"
    )
    for day in lived.days:
        moment = time.strftime("%Y-%m-%d %H:%M", time.gmtime(day.ends_ns / 1e9))
        figures = (day.realised, day.unrealised, day.ours, day.theirs)
        told = "".join(
            f"{plain_text(usd):>{width}}"
            for usd, width in zip(figures, (14, 14, 14, 15), strict=True)
        )
        click.echo(
            f"{moment:<18}{day.fills:>6}{told}{'' if day.ours == day.theirs else '  DIFFERS'}"
        )
    summary = lived.summary
    click.echo(
        f"baskets {summary.baskets}; {summary.fills} fills; {summary.settlements} settlements;"
        f" stuck {len(summary.stuck)}; fees {summary.fees}; stopped by: {summary.stopped_by}"
    )
    click.echo(f"faults acted {sum(lived.acted.values())} times: {dict(lived.acted)}")
    click.echo(
        f"{summary.seconds / 86_400:.1f} days in {lived.real_s:.0f} s;"
        f" books: {summary.differences or 'agree to the micro-dollar'}"
    )
    return int(not lived.is_good)
