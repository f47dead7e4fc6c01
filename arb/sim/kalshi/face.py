"""The simulated Kalshi, put together: one app in front of one matching engine."""

import random
import uuid
from collections.abc import Iterable

import trio

from arb.market.units import Ns, Px, Usd
from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi.agenda import Agenda
from arb.sim.kalshi.allocation import Allocations
from arb.sim.kalshi.archive import Archive
from arb.sim.kalshi.auth import ApiKey, Doorman, Member
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.books import Books
from arb.sim.kalshi.broadcast import Broadcast
from arb.sim.kalshi.calls import Route
from arb.sim.kalshi.candle_desk import CandleDesk
from arb.sim.kalshi.cashbook import Cashbook
from arb.sim.kalshi.changes import Changes
from arb.sim.kalshi.cutoff import Cutoff
from arb.sim.kalshi.exchange_desk import ExchangeDesk
from arb.sim.kalshi.extras import Extras
from arb.sim.kalshi.fee_desk import FeeDesk
from arb.sim.kalshi.gate import Gate, PageCache
from arb.sim.kalshi.group_desk import GroupDesk
from arb.sim.kalshi.groups import Groups
from arb.sim.kalshi.history import History
from arb.sim.kalshi.holdings import Holdings
from arb.sim.kalshi.key_desk import KeyDesk
from arb.sim.kalshi.lifecycle import Lifecycle
from arb.sim.kalshi.limits import Governor
from arb.sim.kalshi.listing import KalshiCatalogue, KalshiEvent, KalshiMarket, KalshiSeries
from arb.sim.kalshi.metadata import Metadata
from arb.sim.kalshi.mirror import Mirror
from arb.sim.kalshi.numbers import NS_PER_S
from arb.sim.kalshi.observer import Observer
from arb.sim.kalshi.orders import OrderDesk
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.pausing import Pausing
from arb.sim.kalshi.records import Blotter
from arb.sim.kalshi.settings import KalshiSettings
from arb.sim.kalshi.socket import SocketDoor
from arb.sim.kalshi.stakes import Stakes
from arb.sim.kalshi.subaccount_desk import SubaccountDesk
from arb.sim.kalshi.subaccounts import Subaccounts
from arb.sim.kalshi.switchboard import Switchboard
from arb.sim.kalshi.tape import Tape
from arb.sim.kalshi.till import Till
from arb.sim.kalshi.trading import Trading
from arb.sim.kalshi.transfers import Transfers
from arb.sim.kalshi.usage import Usage

__all__ = ["PREFIX", "KalshiFace", "KalshiSettings"]

PREFIX = "/trade-api/v2"
_SHORTEST_NAP_S = 0.001


class KalshiFace:
    """Kalshi's protocols over an exchange that nets positions.

    Every market of `catalogue` must be listed on `exchange` already (`catalogue.listings()`), and
    every key's member must have an account there. `app` is an ASGI application; `run` does what
    time does to markets, and must run beside it.
    """

    def __init__(  # noqa: PLR0913 - wiring
        self,
        exchange: Exchange,
        catalogue: KalshiCatalogue,
        keys: Iterable[ApiKey],
        *,
        now_ns: Clock,
        rng: random.Random,
        settings: KalshiSettings | None = None,
    ) -> None:
        """Wire everything, and start listening to the exchange."""
        self._now_ns = now_ns
        self._rng = rng
        self._exchange = exchange
        self.settings = settings or KalshiSettings()
        self.board = Board(catalogue, self.settings.listing_lag_ms)
        self.switches = Switches(self.board.shards)
        self.governor = Governor(self.settings.tier, tuple(self.switches.by_shard))
        self.till = Till(self.governor, self.switches)
        self.agenda = Agenda()
        self.broadcast = Broadcast(exchange, self.board, now_ns)
        self.blotter, self.stakes, self.tape = Blotter(), Stakes(), Tape()
        self.cutoff = Cutoff(self.settings.live_window_s, self.settings.order_window_s)
        self._admit(tuple(keys))
        self._follow_exchange()
        self._open_desks()
        self.app = self._build_app()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Do what is due, when it is due. Never returns."""
        changed = trio.Event()

        def look_again() -> None:
            changed.set()

        self.agenda.changed = look_again
        task_status.started()
        while True:
            self._catch_up()
            changed = trio.Event()
            with trio.move_on_after(self._nap_s()):
                await changed.wait()

    # --- what people of the venue do ------------------------------------------------------------

    def list_event(
        self, series: KalshiSeries, event: KalshiEvent, markets: Iterable[KalshiMarket]
    ) -> None:
        """List an event with its markets, and its series where that is new."""
        self.lifecycle.list_series(series)
        self.lifecycle.list_event(event)
        for market in markets:
            self.lifecycle.list_market(market)

    def determine(self, ticker: str, payout: Px, after_s: int | None = None) -> None:
        """Say what a YES of a market pays; it is paid when the settlement timer has run.

        `after_s` runs instead of the market's own timer. Raises KeyError for an unknown market, ValueError for one that is determined.
        """
        self.lifecycle.determine(ticker, payout, after_s)

    def halt(self, ticker: str) -> None:
        """Let nobody trade a market until `resume`."""
        self.lifecycle.halt(ticker)

    def resume(self, ticker: str) -> None:
        """Let a halted market trade again; what rested is cancelled."""
        self.lifecycle.resume(ticker)

    def pause(self, shard: int, *, trading_only: bool = True) -> None:
        """Pause trading on a shard, or everything on it. Raises KeyError for an unknown shard."""
        self.pausing.pause(shard, trading_only=trading_only)

    def unpause(self, shard: int) -> None:
        """Let a shard work again."""
        self.pausing.unpause(shard)

    def regrid(self, ticker: str, structure: str) -> None:
        """Give a market other price bands, by their label. Raises KeyError for an unknown one."""
        self.lifecycle.regrid(ticker, structure)

    def reword(self, ticker: str, rules: str) -> None:
        """Change the primary rules of a market. Raises KeyError for an unknown one."""
        self.lifecycle.reword(ticker, rules)

    def set_fee(
        self,
        ticker: str,
        fee_type: str | None,
        multiplier_ppm: int | None,
        at_ns: Ns | None = None,
    ) -> None:
        """Give a series or an event another fee, now or later; an event may fall back by None."""
        self.fees.set_fee(ticker, fee_type, multiplier_ppm, at_ns)

    def deposit(self, member: Member, shard: int, amount: Usd) -> None:
        """Let a member's money in."""
        self.cashbook.deposit(member, shard, amount)

    # --- wiring ---------------------------------------------------------------------------------

    def _admit(self, keys: tuple[ApiKey, ...]) -> None:
        settings = self.settings
        self.mirror = Mirror(self._exchange, self._now_ns, settings.read_lag_ms)
        self.doorman = Doorman(keys, settings.skew_s * 1_000)
        shards = tuple(self.switches.by_shard)
        self.subaccounts = Subaccounts(self._exchange, self.mirror, shards)
        self.subaccounts.admit(key.member for key in keys)
        self.groups = Groups(
            self._exchange, self._new_id, self.broadcast.order_group, self.agenda.add
        )

    def _follow_exchange(self) -> None:
        observer = Observer(
            exchange=self._exchange,
            board=self.board,
            tape=self.tape,
            blotter=self.blotter,
            stakes=self.stakes,
            groups=self.groups,
            mirror=self.mirror,
            subaccounts=self.subaccounts,
            broadcast=self.broadcast,
            now_ns=self._now_ns,
        )
        observer.sync()
        self._exchange.listeners.append(observer)
        self.pausing = Pausing(
            self._exchange, self.board, self.blotter, self.switches, self.agenda, self._now_ns
        )
        self.lifecycle = Lifecycle(
            exchange=self._exchange,
            board=self.board,
            blotter=self.blotter,
            observer=observer,
            broadcast=self.broadcast,
            pausing=self.pausing,
            agenda=self.agenda,
            now_ns=self._now_ns,
        )
        self.lifecycle.start()
        if self.settings.maintenance:
            self.pausing.keep_hours()

    def _open_desks(self) -> None:
        self.trading = Trading(
            exchange=self._exchange,
            board=self.board,
            blotter=self.blotter,
            stakes=self.stakes,
            groups=self.groups,
            switches=self.switches,
            order_ids=self._new_id,
            announce=self.broadcast.order,
            watch=self.lifecycle.watch,
            has_subaccount=self.subaccounts.has,
            settings=self.settings,
        )
        self.transfers = Transfers(
            self._exchange, self.mirror, self.agenda, self._new_id, self.settings.transfer_s
        )
        self.cashbook = Cashbook(self._exchange, self.mirror, self._new_id, self._now_ns)
        self.fees = FeeDesk(
            self._exchange, self.board, self.broadcast, self.agenda, self._new_id, self._now_ns
        )

    def _build_app(self) -> Gate:
        return Gate(
            board=Switchboard(PREFIX, [*self._public_routes(), *self._private_routes()]),
            doorman=self.doorman,
            governor=self.governor,
            now_ns=self._now_ns,
            catch_up=self._catch_up,
            sockets=SocketDoor(
                self.doorman,
                self.broadcast,
                self._now_ns,
                self.settings.streams,
                self._catch_up,
            ),
            cache=PageCache(self.settings.list_cache_s),
            checks_public=self.settings.checks_public_signatures,
        )

    def _public_routes(self) -> list[Route]:
        return [
            *ExchangeDesk(self.switches, self.mirror).routes(),
            *Metadata(self.board, self.cutoff).routes(),
            *self.fees.routes(),
            *Books(self._exchange, self.board, self.tape, self.cutoff).routes(),
            *CandleDesk(self.board).routes(),
            *Archive(self.board, self.tape, self.cutoff).routes(),
            *Extras(self.board).routes(),
        ]

    def _private_routes(self) -> list[Route]:
        exchange, till = self._exchange, self.till
        return [
            *OrderDesk(self.trading, Changes(self.trading), till).routes(),
            *GroupDesk(self.groups, self.switches, till).routes(),
            *History(self.board, self.blotter, self.mirror, self.cutoff, exchange).routes(),
            *self._holdings().routes(),
            *self._subaccount_desk().routes(),
            *self.cashbook.routes(),
            *self._allocations().routes(),
            *Usage(self.governor, self.blotter, self.stakes, till).routes(),
            *self._key_desk().routes(),
        ]

    def _holdings(self) -> Holdings:
        return Holdings(
            self._exchange,
            self.board,
            self.stakes,
            self.mirror,
            self.cutoff,
            self.subaccounts,
            self.settings.balance_nets_resting,
        )

    def _subaccount_desk(self) -> SubaccountDesk:
        return SubaccountDesk(
            self._exchange,
            self.subaccounts,
            self.transfers,
            self.governor,
            self.switches,
            self.till,
        )

    def _allocations(self) -> Allocations:
        return Allocations(
            self._exchange,
            self.switches,
            self.till,
            self.agenda,
            self._now_ns,
            self.settings.target_allocation,
        )

    def _key_desk(self) -> KeyDesk:
        return KeyDesk(
            self.doorman,
            self.subaccounts,
            self.till,
            self._new_id,
            self._rng,
            self.settings.region_expires_s,
        )

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def _catch_up(self) -> None:
        self.agenda.run_due(self._now_ns())

    def _nap_s(self) -> float:
        """How long nothing is due, by our clock."""
        next_ns = self.agenda.next_ns()
        if next_ns is None:
            return float("inf")
        return max((next_ns - self._now_ns()) / NS_PER_S, _SHORTEST_NAP_S)
