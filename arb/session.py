"""One run from start to summary: lock, venues, discovery, recovery, trading, statement."""

import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import attrs
import trio

from arb.app import App
from arb.board import Board
from arb.detect.lanes import Compiled, compile_baskets
from arb.discovery import discover
from arb.ending import Exit, Stop, Stopped
from arb.knobs import patience
from arb.market.errors import ArbError, Refused, Unintelligible, Unreachable
from arb.market.instruments import Market, MarketId
from arb.messages import AccountRead
from arb.outside import Venues
from arb.plant import Outside, Plant
from arb.recovery import Recovered, Recovery, objections, read_account
from arb.risk.ledger import Ledger
from arb.risk.statement import BasketLine, Statement, differences, draw_up
from arb.settings import Mode, Settings
from arb.store.journal import Journal
from arb.summary import Agreement, Summary, sum_up

ADMISSION_S = 60.0
"""For logging in everywhere and asking whether we may trade from here."""
RECOVERY_S = 180.0
"""For everything that a start asks both venues about orders, fills and money."""
STATEMENT_S = 20.0
"""For asking both venues at the end."""
COMPARISONS = 3
"""How often both venues are asked while the books differ: a market may be settled in between."""


class Display(Protocol):
    """Where people look."""

    every_s: float

    def say(self, text: str) -> None:
        """Tell one line."""
        ...

    def show(self, board: Board) -> None:
        """Show the board."""
        ...


@attrs.frozen
class Options:
    """What is asked of this run beyond the settings."""

    venues: AbstractAsyncContextManager[Venues]
    kill_file: Path
    for_s: float | None
    """None: until stopped."""


async def run(settings: Settings, options: Options, display: Display) -> Summary:
    """Do one run. Raises Stopped where it cannot begin, and any other ArbError as it came."""
    if options.kill_file.exists():
        raise Stopped(f"{options.kill_file} exists: remove it to trade", Exit.KILLED)
    stop = Stop()
    async with trio.open_nursery() as watch:
        await watch.start(_heed_signals, stop)
        outcome = await _outcome(settings, options, display, stop)
        watch.cancel_scope.cancel(reason="the run is over")
    if isinstance(outcome, ArbError):
        raise outcome  # here, because an error that leaves a nursery is wrapped in a group
    return outcome


async def _outcome(
    settings: Settings, options: Options, display: Display, stop: Stop
) -> Summary | ArbError:
    """One run, or the error that ended it."""
    try:
        async with options.venues as venues:
            return await _begin(settings, options, venues, display, stop)
    except ArbError as error:
        return error


async def _begin(
    settings: Settings, options: Options, venues: Venues, display: Display, stop: Stop
) -> Summary | ArbError:
    """Start, trade, sum up; a signal while starting ends the start.

    Returns errors instead of raising them: the venues' block would wrap them in groups.
    """
    session = None
    try:
        with stop.starting:
            session = await _start(settings, options, venues, display)
        if session is None or stop.reason:
            return Stopped(f"while starting: {stop.reason}", stop.code)
        return await session.trade(stop)
    except ArbError as error:
        return error
    finally:
        if session is not None:
            session.journal.close()


async def _start(
    settings: Settings, options: Options, venues: Venues, display: Display
) -> "_Session":
    await _admit(settings, venues.outside, display)
    catalogues = await discover(venues.outside, display.say)
    compiled = compile_baskets(catalogues, venues.pairs, settings.detect, venues.rules)
    _say_templates(display, compiled)
    listed = {m.id: m for catalogue in catalogues for m in catalogue.markets}
    if venues.world is not None:
        _set_aside(venues.store_file)
    journal = Journal(venues.store_file)
    return _Session(settings, options, venues.outside, journal, listed, compiled, display)


def _set_aside(store: Path) -> None:
    """The embedded venues are new at every start, and so is their store; the last one is kept."""
    for suffix in ("", "-wal", "-shm"):
        old = store.with_name(store.name + suffix)
        if old.exists():
            old.replace(old.with_name(old.name.replace(store.stem, f"{store.stem}.previous", 1)))


async def _admit(settings: Settings, outside: Outside, display: Display) -> None:
    """Log in; where orders will be sent, nothing may speak against it."""
    try:
        with trio.fail_after(ADMISSION_S):
            found = await objections(outside.accounts.values())
    except trio.TooSlowError:
        words = f"a venue has not answered for {ADMISSION_S:g} s, so nothing is traded"
        raise Stopped(words, Exit.ERROR) from None
    for text in found:
        display.say(f"objection: {text}")
    if found and settings.run.mode is not Mode.DRY_RUN:
        raise Stopped("; ".join(found), Exit.NOT_ALLOWED)


def _say_templates(display: Display, compiled: Compiled) -> None:
    lanes = Counter(str(basket.lane) for basket in compiled.baskets)
    made = ", ".join(f"{lane} {count}" for lane, count in sorted(lanes.items()))
    display.say(f"templates: {made or 'none'}; clusters {len(compiled.clusters)}")
    for reason, count in sorted(compiled.refused.items()):
        display.say(f"  refused {count}: {reason}")


@attrs.frozen
class _Session:
    """One run once both venues are known."""

    settings: Settings
    options: Options
    outside: Outside
    journal: Journal
    markets: Mapping[MarketId, Market]
    compiled: Compiled
    display: Display

    async def trade(self, stop: Stop) -> Summary:
        """Recover, run, sum up."""
        recovered = await self._recover()
        for problem in recovered.problems:
            self.display.say(f"safe mode, nothing is traded: {problem}")
        plant = Plant(
            settings=self.settings,
            outside=self.outside,
            journal=self.journal,
            markets=list(self.markets.values()),
            baskets=self.compiled.baskets,
            recovered=recovered,
            run=self.outside.new_id(),
            kill_file=self.options.kill_file,
            sends=self._sends_orders,
            trades=self._sends_orders and not recovered.problems,
            clusters=self.compiled.clusters,
        )
        app = App(plant, self.display.show, self.display.every_s, stop)
        await self._run(app, stop)
        agreement, statement = await self._compare(plant)
        if agreement.differences and stop.code is Exit.OK:
            stop.code = Exit.DISAGREES
        app.record_end()
        return sum_up(app.board, plant, stop, statement, agreement)

    @property
    def _sends_orders(self) -> bool:
        return self.settings.run.mode is not Mode.DRY_RUN

    async def _run(self, app: App, stop: Stop) -> None:
        async with trio.open_nursery() as watch:
            if self.options.for_s is not None:
                watch.start_soon(_time_out, stop, self.options.for_s)
            await app.run()
            watch.cancel_scope.cancel(reason="the run is over")

    async def _recover(self) -> Recovered:
        recovery = Recovery(
            journal=self.journal,
            orders=self.outside.orders if self._sends_orders else {},
            accounts=self.outside.accounts if self._sends_orders else {},
            markets=self.markets,
            patience=patience(self.settings),
            now_ns=self.outside.now_ns,
        )
        try:
            with trio.fail_after(RECOVERY_S):
                return await recovery.run()
        except trio.TooSlowError:
            words = f"recovery took longer than {RECOVERY_S:g} s, so nothing is traded"
            raise Stopped(words, Exit.ERROR) from None
        except ArbError as error:
            raise Stopped(f"recovery failed, so nothing is traded: {error}", Exit.ERROR) from error

    async def _compare(self, plant: Plant) -> "tuple[Agreement, Statement]":
        """Draw up the statement from the store; hold it against the ledger and the venues."""
        if not self._sends_orders:
            return Agreement((), compared=False), _statement(self.journal)
        for _ in range(COMPARISONS - 1):
            agreement, statement = await self._compare_once(plant)
            if not agreement.differences:
                return agreement, statement
            await trio.sleep(1.0)
        return await self._compare_once(plant)

    async def _compare_once(self, plant: Plant) -> "tuple[Agreement, Statement]":
        ledger = plant.recovered.ledger
        reads, compared = await self._ask_accounts(ledger)
        statement = _statement(self.journal)
        off = (
            *differences(statement.cash, statement.positions, reads),
            *_ledger_differences(statement, ledger),
        )
        return Agreement(off, compared), statement

    async def _ask_accounts(self, ledger: Ledger) -> tuple[Sequence[AccountRead], bool]:
        """Book what was settled meanwhile, and read both accounts; False where one is missing."""
        accounts = self.outside.accounts.values()
        opened_ns = self.journal.opened_ns() or self.outside.now_ns()
        reads: list[AccountRead] = []
        with trio.move_on_after(STATEMENT_S):  # noqa: ASYNC912 - there always are two accounts
            try:
                for account in accounts:
                    for settlement in await account.settlements(opened_ns):
                        if ledger.settle(settlement):
                            self.journal.write([settlement])
                    reads.append(await read_account(account, self.outside.now_ns()))
            except (Refused, Unreachable, Unintelligible):
                return reads, False
        return reads, len(reads) == len(self.outside.accounts)


async def _heed_signals(stop: Stop, *, task_status: trio.TaskStatus[None]) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for number in signals:
            stop.request(f"{signal.Signals(number).name} received", Exit.OK)


async def _time_out(stop: Stop, seconds: float) -> None:
    await trio.sleep(seconds)
    stop.request(f"ran for {seconds:g} s", Exit.OK)


def _statement(journal: Journal) -> Statement:
    lines = [
        BasketLine(basket.outcome or "open", basket.size, basket.sets, basket.payout)
        for basket in journal.baskets()
    ]
    fills = [line.fill for line in journal.fills()]
    opening, settlements = journal.opening_balances(), journal.settlements()
    return draw_up(opening, fills, settlements, lines, journal.stakes())


def _ledger_differences(statement: Statement, ledger: Ledger) -> Sequence[str]:
    return [
        f"{venue} pool {pool}: store {usd}, ledger {ledger.cash.get((venue, pool))} micro-dollars"
        for (venue, pool), usd in statement.cash.items()
        if ledger.cash.get((venue, pool)) != usd
    ]
