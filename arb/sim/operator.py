"""What a person or a script does to a running world: look, break, end, pay in. No I/O.

Markets go by any name that their venue gives them: a condition id, a slug or a token on Polymarket,
a ticker on Kalshi, or our own id. Money and prices are decimal texts in dollars, here and in what is
answered.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from arb.market.errors import Malformed, Refused
from arb.market.instruments import MarketId, Venue
from arb.market.units import MICRO, Clock, Px, Usd, parse_px, parse_usd, plain_text
from arb.sim.faults.board import Entry
from arb.sim.faults.fault import FaultsFault
from arb.sim.faults.script import read_fault, read_table
from arb.sim.kalshi import board as kalshi
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.listing import STRUCTURES
from arb.sim.kalshi.listing import market_id as kalshi_id
from arb.sim.operator_forms import (
    ALL_SHARDS,
    Deposit,
    Ending,
    Named,
    NewGrid,
    NewRules,
    Pause,
)
from arb.sim.polymarket import markets as polymarket
from arb.sim.polymarket.listing import POOL as CASH
from arb.sim.polymarket.listing import TICKS
from arb.sim.world import World

MOST_MARKETS = 1_000
"""In one answer."""


class Unknown(Refused):
    """Nothing goes by the name that was given."""


Answer = dict[str, Any]


class Operator:
    """Acts on a world. Raises Refused with the thing's name for whatever cannot be done."""

    def __init__(self, world: World, now_ns: Clock) -> None:
        """Take the world and its clock."""
        self._world = world
        self._now_ns = now_ns

    # --- looking --------------------------------------------------------------------------------

    def overview(self) -> Answer:
        """What there is."""
        world = self._world
        return {
            "now_ns": self._now_ns(),
            "markets": {
                Venue.POLYMARKET: len(world.polymarket.shelf.markets),
                Venue.KALSHI: len(world.kalshi.board.markets),
            },
            "accounts": [member.name for member in world.members],
            "faults": len(world.faults.active()),
        }

    def markets(self, venue: str = "", query: str = "", limit: int = 50) -> list[Answer]:
        """Markets whose names or words contain `query`, in the order of their listing."""
        if not 1 <= limit <= MOST_MARKETS:
            raise Refused(f"limit: {limit} lies outside 1 to {MOST_MARKETS}")
        wanted = {_venue(venue)} if venue else set(Venue)
        found: list[Answer] = []
        for about in self._all_markets(wanted):
            if len(found) == limit:
                break
            if query.lower() in f"{about['id']} {about['name']} {about['title']}".lower():
                found.append(about | self._book(about["id"]))
        return found

    def market(self, named: Named) -> Answer:
        """One market with its best prices."""
        state = self._find(named)
        about = _polymarket(state) if isinstance(state, polymarket.MarketState) else _kalshi(state)
        return about | self._book(about["id"])

    def account(self, name: str) -> Answer:
        """What an account holds and has resting on both venues."""
        if name not in [member.name for member in self._world.members]:
            known = ", ".join(member.name for member in self._world.members)
            raise Unknown(f"no account {name!r}; there are {known}")
        held = self._world.accounts(name)
        return {venue: self._in_dollars(name, Venue(venue), held[venue]) for venue in held}

    # --- faults ---------------------------------------------------------------------------------

    def faults(self) -> list[Answer]:
        """Every fault that ever was on the board, with how often it has acted."""
        now = self._now_ns()
        entries = self._world.faults.entries()
        return [_fault(entry, is_active=entry.is_active(now)) for entry in entries]

    def inject(self, given: Mapping[str, Any] | str) -> Answer:
        """Put up a fault: the table of a script, or one line of text; its start counts from now."""
        try:
            if isinstance(given, str):
                fault = read_fault(given, "fault")
            else:
                fault = read_table(given, "fault")
            return {"id": self._world.faults.inject(fault)}
        except FaultsFault as error:
            raise Refused(str(error)) from error

    def clear(self, id_: str) -> Answer:
        """End a fault."""
        try:
            self._world.faults.clear(id_)
        except FaultsFault as error:
            raise Unknown(str(error)) from error
        return {"cleared": id_}

    # --- markets --------------------------------------------------------------------------------

    def resolve(self, ending: Ending) -> Answer:
        """End a market as its venue does: proposed and resolved, or determined and settled."""
        state = self._find(ending)
        try:
            if isinstance(state, polymarket.MarketState):
                payout = _payout(ending, state.listing.outcomes)
                self._world.polymarket.resolve(state.listing.condition_id, payout)
            else:
                payout = _payout(ending, ("Yes", "No"))
                self._world.kalshi.determine(state.facts.ticker, payout)
        except ValueError as error:  # it is over already
            raise Refused(str(error)) from error
        return {"market": ending.market, "payout": plain_text(payout)}

    def change_grid(self, grid: NewGrid) -> Answer:
        """Give a market another grid; clients are told as the venue tells them."""
        state = self._find(grid)
        if isinstance(state, polymarket.MarketState):
            tick = _price("tick", grid.tick)
            if tick not in TICKS:
                known = ", ".join(plain_text(one) for one in TICKS)
                raise Refused(f"tick: {grid.tick!r} is none of {known}")
            self._world.polymarket.change_tick(state.listing.condition_id, tick)
        else:
            if grid.structure not in STRUCTURES:
                raise Refused(f"structure: {grid.structure!r} is none of {', '.join(STRUCTURES)}")
            self._world.kalshi.regrid(state.facts.ticker, grid.structure)
        return {"market": grid.market}

    def reword(self, new: NewRules) -> Answer:
        """Give a market another rules text. Whoever read the old one has to read again."""
        if not new.rules.strip():
            raise Refused("rules: a text, not nothing")
        state = self._find(new)
        if isinstance(state, polymarket.MarketState):
            self._world.polymarket.reword(state.listing.condition_id, new.rules)
        else:
            self._world.kalshi.reword(state.facts.ticker, new.rules)
        return {"market": new.market, "rules": new.rules}

    def halt(self, named: Named) -> Answer:
        """Stop one market of Kalshi."""
        self._world.kalshi.halt(self._kalshi_market(named).facts.ticker)
        return {"halted": named.market}

    def resume(self, named: Named) -> Answer:
        """Let a halted market of Kalshi trade again."""
        self._world.kalshi.resume(self._kalshi_market(named).facts.ticker)
        return {"resumed": named.market}

    # --- venues and money -----------------------------------------------------------------------

    def pause(self, pause: Pause) -> Answer:
        """Stop a venue, or a part of it."""
        if _venue(pause.venue) is Venue.POLYMARKET:
            if pause.down_s < 0 or pause.post_only_s < 0:
                raise Refused("down_s and post_only_s: no time is shorter than 0 s")
            self._world.polymarket.restart_engine(pause.down_s, pause.post_only_s)
        else:
            for shard in self._shards(pause.shard):
                self._world.kalshi.pause(shard, trading_only=pause.trading_only)
        return {"paused": pause.venue}

    def unpause(self, pause: Pause) -> Answer:
        """Let Kalshi go on. Polymarket's engine comes back by itself."""
        if _venue(pause.venue) is Venue.POLYMARKET:
            raise Refused("polymarket: its engine comes back by itself, when its time is over")
        for shard in self._shards(pause.shard):
            self._world.kalshi.unpause(shard)
        return {"unpaused": pause.venue}

    def deposit(self, deposit: Deposit) -> Answer:
        """Pay money into an account."""
        self.account(deposit.account)
        venue, amount = _venue(deposit.venue), _money("amount", deposit.amount)
        if venue is Venue.KALSHI:
            if deposit.pool not in self._shards(ALL_SHARDS):
                raise Unknown(f"no shard {deposit.pool}")
            self._world.kalshi.deposit(
                Member(deposit.account, deposit.account), deposit.pool, amount
            )
        elif deposit.pool != CASH:
            raise Refused(f"pool: {deposit.pool}: all cash of Polymarket is in pool {CASH}")
        else:
            self._world.exchanges[venue].deposit(deposit.account, CASH, amount)
        return {"account": deposit.account, "venue": venue, "paid_in": plain_text(amount)}

    # --- finding --------------------------------------------------------------------------------

    def _find(self, named: Named) -> polymarket.MarketState | kalshi.MarketState:
        wanted = _venue(named.venue) if named.venue else None
        venue, _, bare = named.market.rpartition(":")
        if venue:
            wanted = _venue(venue)
        if wanted is not Venue.KALSHI:
            state = self._on_polymarket(bare)
            if state is not None:
                return state
        if wanted is not Venue.POLYMARKET and bare in self._world.kalshi.board.markets:
            return self._world.kalshi.board.markets[bare]
        raise Unknown(f"no market {named.market!r} on {wanted or 'either venue'}")

    def _on_polymarket(self, name: str) -> polymarket.MarketState | None:
        shelf = self._world.polymarket.shelf
        by_id = shelf.markets.get(MarketId(f"{Venue.POLYMARKET}:{name}"))
        by_token = shelf.with_token(name)
        return by_id or shelf.with_slug(name) or (by_token[0] if by_token else None)

    def _kalshi_market(self, named: Named) -> kalshi.MarketState:
        state = self._find(named)
        if isinstance(state, polymarket.MarketState):
            raise Refused(f"{named.market}: only Kalshi halts single markets")
        return state

    def _shards(self, shard: int) -> tuple[int, ...]:
        known = tuple(self._world.kalshi.switches.by_shard)
        if shard not in {ALL_SHARDS, *known}:
            raise Unknown(f"no shard {shard}; there are {', '.join(map(str, known))}")
        return known if shard == ALL_SHARDS else (shard,)

    def _all_markets(self, venues: set[Venue]) -> Iterator[Answer]:
        if Venue.POLYMARKET in venues:
            yield from map(_polymarket, self._world.polymarket.shelf.markets.values())
        if Venue.KALSHI in venues:
            yield from map(_kalshi, self._world.kalshi.board.markets.values())

    def _book(self, id_: str) -> Answer:
        market = MarketId(id_)
        exchange = self._world.exchanges[Venue(id_.partition(":")[0])]
        bids, asks = exchange.levels(market)
        return {
            "open": exchange.is_open(market),
            "best_bid": plain_text(bids[0][0]) if bids else None,
            "best_ask": plain_text(asks[0][0]) if asks else None,
        }

    def _in_dollars(self, name: str, venue: Venue, held: Mapping[str, Any]) -> Answer:
        exchange = self._world.exchanges[venue]
        return {
            "cash": {pool: plain_text(usd) for pool, usd in held["cash"].items()},
            "reserved": {
                str(pool): plain_text(usd) for pool, usd in exchange.reserved(name).items()
            },
            "positions": {
                market: {outcome: plain_text(qty) for outcome, qty in sides.items()}
                for market, sides in held["positions"].items()
            },
            "fees": plain_text(held["fees"]),
            "open_orders": [
                {
                    "id": order.id,
                    "market": order.market,
                    "outcome": order.outcome,
                    "action": order.action,
                    "price": plain_text(order.limit),
                    "remaining": plain_text(order.remaining),
                }
                for order in exchange.orders_of(name)
                if order.open
            ],
        }


# --- reading and telling ------------------------------------------------------------------------


def _venue(name: str) -> Venue:
    try:
        return Venue(name)
    except ValueError as error:
        raise Unknown(f"no venue {name!r}; there are {', '.join(Venue)}") from error


def _money(key: str, text: str) -> Usd:
    try:
        amount = parse_usd(text)
    except Malformed as error:
        raise Refused(f"{key}: {text!r} is no amount of dollars") from error
    if amount <= 0:
        raise Refused(f"{key}: {text!r} is nothing to pay in")
    return amount


def _price(key: str, text: str) -> Px:
    try:
        return parse_px(text)
    except Malformed as error:
        raise Refused(f"{key}: {text!r} is no price from 0 to 1 dollars") from error


def _payout(ending: Ending, outcomes: tuple[str, str]) -> Px:
    """What YES pays: as given, or by which outcome wins."""
    if bool(ending.payout) is bool(ending.outcome):
        raise Refused("payout, outcome: exactly one of them says how the market ends")
    if ending.payout:
        return _price("payout", ending.payout)
    words = [outcome.lower() for outcome in outcomes]
    if ending.outcome.lower() not in words:
        raise Refused(f"outcome: {ending.outcome!r} is none of {', '.join(outcomes)}")
    return Px(MICRO if words.index(ending.outcome.lower()) == 0 else 0)


def _polymarket(state: polymarket.MarketState) -> Answer:
    listing = state.listing
    return {
        "venue": Venue.POLYMARKET,
        "id": listing.id,
        "name": listing.slug,
        "title": listing.question,
        "outcomes": list(listing.outcomes),
        "tokens": list(listing.tokens),
    }


def _kalshi(state: kalshi.MarketState) -> Answer:
    facts = state.facts
    return {
        "venue": Venue.KALSHI,
        "id": kalshi_id(facts.ticker),
        "name": facts.ticker,
        "title": facts.title,
        "outcomes": ["Yes", "No"],
    }


def _fault(entry: Entry, *, is_active: bool) -> Answer:
    fault = entry.fault
    return {
        "id": entry.id,
        "kind": fault.kind,
        "active": is_active,
        "acted": entry.acted,
        "venue": fault.scope.venue,
        "endpoint": fault.scope.endpoint,
        "channel": fault.scope.channel,
        "market": fault.scope.market,
        "from_ns": entry.from_ns,
        "until_ns": entry.until_ns,
        **fault.numbers,
        **fault.words,
    }
