"""The life of markets: listed, given a book, re-ticked, cleared at kick-off, proposed, resolved.

Docs: market lifecycle. What the venue's operators do is a method here; the rest follows by the
agenda.
"""

import random
from collections.abc import Callable, Iterable
from functools import partial

import attrs

from arb.market.errors import UnknownRule
from arb.market.grid import PriceGrid
from arb.market.instruments import Outcome
from arb.market.units import MICRO, Ns, Px
from arb.sim.engine import Exchange
from arb.sim.polymarket.agenda import Agenda
from arb.sim.polymarket.approvals import Approvals
from arb.sim.polymarket.book_views import NO_ASK, NO_BID, token_book
from arb.sim.polymarket.chain import Chain
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.contracts import Contract
from arb.sim.polymarket.keys import Wallets
from arb.sim.polymarket.listing import (
    FeeSchedule,
    PolymarketEvent,
    exchange_listing,
    fees_of,
)
from arb.sim.polymarket.market_events import market_resolved, new_market, tick_size_change
from arb.sim.polymarket.market_socket import MarketHub
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.notifications import NoticeKind, Notices, redeemed_notice
from arb.sim.polymarket.wire import Json

COARSE, FINE = 10_000, 1_000
"""The usual tick, and that of the ends of the grid."""
LOW, HIGH = Px(40_000), Px(960_000)
"""Beyond these the tick becomes fine (older docs; current ones name no numbers)."""


def near_the_end(px: Px) -> bool:
    """Say whether a change at this price can move the middle beyond `LOW` or `HIGH`.

    With the middle above 0.96 the bid is above 0.92, and so is whatever ask made way.
    """
    return px <= 2 * LOW or px >= MICRO - 2 * LOW


@attrs.define(eq=False)
class Lifecycle:
    """Changes markets, and tells everybody."""

    exchange: Exchange
    shelf: Shelf
    conditions: Conditions
    agenda: Agenda
    hub: MarketHub
    wallets: Wallets
    approvals: Approvals
    chain: Chain
    notices: Notices
    now_ns: Callable[[], Ns]
    rng: random.Random
    moved: Callable[[Iterable[str]], None]
    """Hears which accounts' balances changed."""
    flush: Callable[[], None]
    describe: Callable[[MarketState], Json]
    """A market as the CLOB describes it."""

    # --- beginnings -----------------------------------------------------------------------------

    def start(self) -> None:
        """Book the kick-offs of the markets that are listed from the beginning."""
        for state in self.shelf.markets.values():
            self._book_kick_off(state)

    def list_event(self, event: PolymarketEvent) -> None:
        """List new markets while the venue is open: described at once, tradable a little later."""
        for listing in event.markets:
            self.exchange.list_market(exchange_listing(listing))
        for state in self.shelf.add(event, self.now_ns()):
            self._book_kick_off(state)
            self.hub.tell_custom(new_market(state, self.now_ns()))
            if self.conditions.hydration_s:
                state.has_book = False
                self.agenda.after(self.conditions.hydration_s, partial(self._open, state))

    def _open(self, state: MarketState) -> None:
        """Give a new market its book, unless it is over already."""
        if state.proposed is not None or state.closed:
            return
        self.flush()
        state.has_book = True
        state.listed_ns = self.now_ns()
        self.hub.tell_books(state)

    def _book_kick_off(self, state: MarketState) -> None:
        start_ns = state.listing.game_start_ns
        if start_ns is not None and state.listing.clear_on_start and start_ns > self.now_ns():
            self.agenda.at(start_ns, lambda: self._clear(state))

    def _clear(self, state: MarketState) -> None:
        """Cancel all that rests when a game starts (docs: sports markets)."""
        for order in self.exchange.resting(state.listing.id):
            self.exchange.cancel(order.id)
        self.flush()

    # --- rules that change ----------------------------------------------------------------------

    def change_tick(self, condition_id: str, tick: int) -> None:
        """Change a market's tick; what rests off the new grid is cancelled."""
        self.flush()
        state = self.shelf.with_condition(condition_id)
        grid = PriceGrid.of_tick(tick)
        old, state.tick = state.tick, tick
        for outcome in Outcome:
            token = state.listing.token(outcome)
            self.hub.tell_asset(token, tick_size_change(state, token, old, self.now_ns()))
        self.exchange.regrid(state.listing.id, grid)
        self.hub.tell_books(state)
        self.flush()

    def reword(self, condition_id: str, rules: str) -> None:
        """Put another text in the place of a market's rules; no stream tells of it."""
        state = self.shelf.with_condition(condition_id)
        state.listing = attrs.evolve(state.listing, description=rules)

    def set_fee(self, condition_id: str, schedule: FeeSchedule | None) -> None:
        """Charge by another schedule from now on; None: nobody pays."""
        state = self.shelf.with_condition(condition_id)
        self.exchange.set_fees(state.listing.id, fees_of(schedule))
        state.fee_schedule = schedule

    def watch(self, state: MarketState) -> None:
        """After a book changed: make the tick fine where prices got near an end of the grid."""
        if not self.conditions.auto_tick or state.tick != COARSE or not state.has_book:
            return
        book = token_book(self.exchange, state, Outcome.YES)
        if book.best_bid > NO_BID and book.best_ask < NO_ASK:
            middle = (book.best_bid + book.best_ask) // 2
            if not LOW <= middle <= HIGH:
                self.change_tick(state.listing.condition_id, FINE)

    # --- endings --------------------------------------------------------------------------------

    def resolve(self, condition_id: str, payout: Px) -> None:
        """Propose what YES pays: the book is gone at once, the payout comes a while later.

        Raises UnknownRule for a payout that is none, and for a market that is ending already.
        """
        state = self.shelf.with_condition(condition_id)
        if state.proposed is not None or state.closed:
            raise UnknownRule(f"{state.listing.slug} is resolving or resolved already")
        split = payout not in {0, MICRO}
        if payout not in range(MICRO + 1) or (split and state.listing.neg_risk):
            raise UnknownRule(f"{state.listing.slug} cannot pay {payout} millionths")
        self.flush()
        state.proposed = payout
        state.has_book = False
        state.resolution_status = "proposed" if state.listing.version == "v1" else "active"
        self.exchange.halt(state.listing.id)
        self.agenda.after(self.conditions.resolution_s, lambda: self._settle(state, payout))

    def _settle(self, state: MarketState, payout: Px) -> None:
        if not state.closed:
            self.exchange.resolve(state.listing.id, payout)
            self.flush()

    def ended(self, state: MarketState, payout: Px) -> None:
        """A market paid out: say so, and book what pays winners without their asking."""
        state.payout = payout
        state.resolved_ns = self.now_ns()
        state.accepting = state.has_book = False
        state.resolution_status = "resolved"
        self.hub.forget(state)
        self.hub.tell_custom(market_resolved(state, self.now_ns()))
        for wallet in self.wallets:
            if any(self.exchange.position(wallet.account, state.listing.id)):
                payload = {**self.describe(state), "icon": "", "image": "", "fpmm": ""}
                self.notices.add(wallet.account, NoticeKind.MARKET_RESOLVED, payload)
        if self.conditions.auto_redeem_s is not None:
            self.agenda.after(self.conditions.auto_redeem_s, lambda: self._redeem(state))

    def _redeem(self, state: MarketState) -> None:
        """Pay every wallet that holds winners and lets the auto-redeemer take them."""
        for wallet in self.wallets:
            account = wallet.account
            held = self.exchange.position(account, state.listing.id)
            pays = [state.pays(outcome) or 0 for outcome in Outcome]
            wins = any(qty > 0 and px > 0 for qty, px in zip(held, pays, strict=True))
            keeper = Contract.CTF if state.listing.version == "v1" else Contract.POSITION_MANAGER
            if wins and self.approvals.allowance(account, keeper, Contract.AUTO_REDEEMER):
                transaction = "0x" + self.rng.randbytes(32).hex()
                paid = self.chain.redeem(wallet, state, transaction)
                payload = redeemed_notice(wallet, state, paid, transaction)
                self.notices.add(account, NoticeKind.AUTO_REDEEMED, payload)
                self.moved([account])
