"""One run from start to summary: lock, venues, discovery, recovery, trading, statement."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import attrs
import trio

from arb.app import App
from arb.awaiting import await_person
from arb.board import Board
from arb.crashpoints import open_journal
from arb.detect.lanes import Compiled, compile_baskets
from arb.discovery import discover
from arb.ending import Exit, Stop, Stopped
from arb.entry import heed_signals, open_standing
from arb.knobs import patience
from arb.market.errors import ArbError
from arb.market.instruments import Catalogue, Market, MarketId
from arb.market.units import Clock, Ns
from arb.messages import AccountRead
from arb.outside import Venues
from arb.pairing.approval import VerifiedPair
from arb.pairing.decision import PairDecided
from arb.plant import Outside, Plant
from arb.recovery import Recovered, Recovery, objections, read_account, report_lines
from arb.risk.ledger import Ledger
from arb.risk.statement import BasketLine, Statement, differences, draw_up
from arb.roll import call_roll, decisions_in
from arb.settings import Mode, Settings
from arb.store.journal import Journal, StoreFailed
from arb.store.standing import StandingFile, identity
from arb.store.starts import read_openings
from arb.store.turns import read_done_turns
from arb.summary import Agreement, Summary, sum_up
from arb.web.desks import PairBook

log = logging.getLogger(__name__)

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
    now_ns: Clock = attrs.field(default=lambda: Ns(time.time_ns()))
    """Of what is written down about stops; the venues bring their own."""
    watch: Callable[[Plant], None] = lambda _: None
    """Told what the run works on, once that is known: for those who judge it from outside."""


async def run(settings: Settings, options: Options, display: Display) -> Summary:
    """Do one run. Raises Stopped where it cannot begin, and any other ArbError as it came."""
    stop, now_ns = Stop(), options.now_ns
    data_dir = Path(settings.run.data_dir)
    with open_standing(data_dir, options.kill_file, now_ns, display.say) as standing:
        async with trio.open_nursery() as watch:
            await watch.start(heed_signals, stop, standing, now_ns)
            outcome = await _outcome(_Wish(settings, options, display, standing), stop)
            watch.cancel_scope.cancel(reason="the run is over")
    if isinstance(outcome, ArbError):
        raise outcome  # here, because an error that leaves a nursery is wrapped in a group
    return outcome


@attrs.frozen
class _Wish:
    """What a run is asked for, and what may stop it."""

    settings: Settings
    options: Options
    display: Display
    standing: StandingFile


async def _outcome(wish: _Wish, stop: Stop) -> Summary | ArbError:
    """One run, or the error that ended it."""
    try:
        async with wish.options.venues as venues:
            return await _begin(wish, venues, stop)
    except ArbError as error:
        return error


async def _begin(wish: _Wish, venues: Venues, stop: Stop) -> Summary | ArbError:
    """Start, trade, sum up; a signal while starting ends the start.

    Returns errors instead of raising them: the venues' block would wrap them in groups.
    """
    session = None
    try:
        with stop.starting:
            session = await _start(wish, venues)
        if session is None or stop.reason:
            return Stopped(f"while starting: {stop.reason}", stop.code)
        return await session.trade(stop)
    except ArbError as error:
        return error
    finally:
        if session is not None:
            session.journal.close()


async def _start(wish: _Wish, venues: Venues) -> "_Session":
    settings, display = wish.settings, wish.display
    await _admit(settings, venues.outside, display)
    catalogues = await discover(venues.outside, display.say)
    decided = _decided(venues, display)
    called = call_roll(catalogues, venues, decided, settings, venues.outside.now_ns())
    for line in called.lines():
        display.say(line)
    pairs = called.roll.verified
    compiled = compile_baskets(catalogues, pairs, settings.detect, venues.rules)
    _say_templates(display, compiled)
    listed = {m.id: m for catalogue in catalogues for m in catalogue.markets}
    embedded = venues.world is not None
    if embedded:
        _set_aside(venues.store_file)
    journal = open_journal(venues.store_file)
    journal.write([*(decided if embedded else ()), *called.decisions])
    store, bare = venues.store_file.name, [attrs.evolve(one, wordings={}) for one in catalogues]
    book = await_person(catalogues, venues, decided, called)
    return _Session(wish, venues.outside, journal, listed, compiled, store, bare, pairs, book)


def _decided(venues: Venues, display: Display) -> Sequence[PairDecided]:
    """What was decided on pairs; where embedded venues' last store is damaged, nothing is."""
    try:
        return decisions_in(venues)
    except StoreFailed as failure:
        if venues.world is None:
            raise
        display.say(f"what people decided on pairs is lost with the last store: {failure}")
        return ()


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

    wish: _Wish
    outside: Outside
    journal: Journal
    markets: Mapping[MarketId, Market]
    compiled: Compiled
    store: str
    """The name of its file."""
    catalogues: Sequence[Catalogue]
    """Without the texts, which only pairing reads."""
    pairs: Sequence[VerifiedPair]
    pair_book: PairBook

    async def trade(self, stop: Stop) -> Summary:
        """Recover, run, sum up."""
        recovered = await self._recover()
        self._tell_problems(recovered)
        for problem in recovered.problems:
            self.wish.display.say(f"safe mode, nothing is traded: {problem}")
        plant = Plant(
            settings=self.wish.settings,
            outside=self.outside,
            journal=self.journal,
            markets=list(self.markets.values()),
            baskets=self.compiled.baskets,
            recovered=recovered,
            run=self.outside.new_id(),
            kill_file=self.wish.options.kill_file,
            sends=self._sends_orders,
            trades=self._sends_orders and not recovered.problems,
            clusters=self.compiled.clusters,
            catalogues=self.catalogues,
            pairs=self.pairs,
            pair_book=self.pair_book,
            store_file=Path(self.wish.settings.run.data_dir) / self.store,
        )
        display = self.wish.display
        self.wish.options.watch(plant)
        app = App(plant, display.show, display.every_s, stop, self.wish.standing)
        await self._run(app, stop)
        agreement, statement = await self._compare(plant)
        if agreement.differences and stop.code is Exit.OK:
            stop.code = Exit.DISAGREES
        app.record_end()
        return sum_up(app.board, plant, stop, statement, agreement)

    @property
    def _sends_orders(self) -> bool:
        return self.wish.settings.run.mode is not Mode.DRY_RUN

    async def _run(self, app: App, stop: Stop) -> None:
        async with trio.open_nursery() as watch:
            if self.wish.options.for_s is not None:
                watch.start_soon(_time_out, stop, self.wish.options.for_s)
            await app.run()
            watch.cancel_scope.cancel(reason="the run is over")

    def _tell_problems(self, recovered: Recovered) -> None:
        """Say what was found, and write down what a person has to look at, for `arb ack`."""
        for line in report_lines(recovered.report) if self._sends_orders else ():
            self.wish.display.say(line)
        words = (*recovered.problems, *recovered.acknowledged)
        found = [(identity(text), text) for text in words]
        self.wish.standing.tell_problems(self.store, found, self.outside.now_ns())

    async def _recover(self) -> Recovered:
        recovery = Recovery(
            journal=self.journal,
            orders=self.outside.orders if self._sends_orders else {},
            accounts=self.outside.accounts if self._sends_orders else {},
            markets=self.markets,
            patience=patience(self.wish.settings),
            now_ns=self.outside.now_ns,
            acknowledged=self.wish.standing.acknowledged(self.store),
            turning=self.outside.turning,
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
            if agreement.compared and not agreement.differences:
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
        known = set(plant.recovered.acknowledged)
        return Agreement(tuple(text for text in off if text not in known), compared), statement

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
            except ArbError as error:
                log.warning("an account could not be compared: %s", error)
                return reads, False
            except Exception:  # a bug of ours: what is known is still to be told
                log.exception("the accounts could not be compared")
                return reads, False
        return reads, len(reads) == len(self.outside.accounts)


async def _time_out(stop: Stop, seconds: float) -> None:
    await trio.sleep(seconds)
    stop.request(f"ran for {seconds:g} s", Exit.OK)


def _statement(journal: Journal) -> Statement:
    lines = [
        BasketLine(one.outcome or "open", one.size, one.sets, one.payout, one.id, one.contracts)
        for one in journal.baskets()
    ]
    fills = [line.fill for line in journal.fills()]
    opening, settlements = journal.opening_balances(), journal.settlements()
    held, turned = journal.ask(read_openings), journal.ask(read_done_turns)
    return draw_up(opening, fills, settlements, lines, journal.stakes(), held, turned)


def _ledger_differences(statement: Statement, ledger: Ledger) -> Sequence[str]:
    return [
        f"{venue} pool {pool}: store {usd}, ledger {ledger.cash.get((venue, pool))} micro-dollars"
        for (venue, pool), usd in statement.cash.items()
        if ledger.cash.get((venue, pool)) != usd
    ]
