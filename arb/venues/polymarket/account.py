"""The private reads: log-in, objections, cash, positions, fills."""

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import attrs

from arb.market.errors import Refused, Unintelligible, UnknownRule
from arb.market.instruments import MarketId, Outcome, Venue
from arb.market.units import Ns, Qty, Usd
from arb.messages import Balance, Fill, Position, Settlement, SettlementId
from arb.venues.polymarket.answers import read_json, require_ok
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.clob_market import clob_path, contracts, parse_clob_market
from arb.venues.polymarket.config import PolymarketUrls
from arb.venues.polymarket.directory import PolymarketDirectory
from arb.venues.polymarket.fields import (
    Raw,
    cursor,
    flag,
    mapping,
    micros,
    moment,
    quantity,
    rows,
    text,
)
from arb.venues.polymarket.fills import Identity, UnknownToken, fills_of, tokens_of
from arb.venues.polymarket.listing import market_id
from arb.venues.polymarket.session import PolymarketSession
from arb.venues.polymarket.user_stream import PolymarketUserStream
from arb.venues.protocols import Socket, Sockets
from arb.venues.wire import ask

CLOB_VERSION = 2
"""The order version that this adapter signs (docs: v2-migration)."""
MOST_SKEW_NS = 2_000_000_000
"""How far our clock may be off: order and headers carry our time."""
SECOND_NS = 1_000_000_000
PAGE_ROWS = 1000
MARGIN_S = 2
"""Trades are asked for a little further back: the venue's filter has whole seconds."""


@attrs.frozen
class PolymarketAccount:
    """One account.

    `counts` tells how many trades `fills` had to skip, because neither the directory nor the CLOB
    knows their market, and how the look-ups for them ended.
    """

    clients: PolymarketClients
    urls: PolymarketUrls
    session: PolymarketSession
    sockets: Sockets
    directory: PolymarketDirectory
    now_ns: Callable[[], Ns]
    counts: Counter[str] = attrs.field(factory=Counter)
    venue: Venue = Venue.POLYMARKET

    async def log_in(self) -> None:
        """Derive the API key from the signing key, or create it."""
        await self.session.log_in()

    async def objections(self) -> tuple[str, ...]:
        """Ask whether we may trade from here, with this account, by this protocol and clock."""
        found = [
            await self._geoblock(),
            await self._version(),
            await self._clock(),
            await self._closed_only(),
        ]
        return tuple(objection for objection in found if objection)

    async def balances(self) -> tuple[Balance, ...]:
        """The pUSD of the wallet, after asking the venue to refresh what it remembers."""
        signature_type = str(self.session.signer.signature_type)
        params = [("asset_type", "COLLATERAL"), ("signature_type", signature_type)]
        require_ok(await self.session.call("GET", "/balance-allowance/update", params=params))
        raw = mapping(await self.session.read("/balance-allowance", params))
        units = text(raw, "balance")
        if not (units.isascii() and units.isdecimal()):
            raise Unintelligible(f"not a balance in base units: {units!r:.80}")
        return (Balance(self.venue, 0, Usd(int(units))),)  # a base unit is a micro-dollar

    async def positions(self) -> tuple[Position, ...]:
        """What the Data API says the wallet holds: seconds to minutes behind the trades.

        Contracts that lost are left out: they stay in the wallet until somebody burns them.
        """
        held: dict[MarketId, list[int]] = defaultdict(lambda: [0, 0])
        for row in await self.position_rows():
            market, index, size = self.holding(row)
            if not _lost(row):
                held[market][index] += size
        return tuple(
            Position(market, Qty(yes), Qty(no)) for market, (yes, no) in held.items() if yes or no
        )

    async def settlements(self, since_ns: Ns) -> tuple[Settlement, ...]:
        """Redemptions since then, and markets in which the wallet holds nothing but losers.

        A redemption burns both contracts of a market (docs: redeemPositions).
        """
        start = str(since_ns // SECOND_NS)
        params = [("type", "REDEEM"), ("start", start)]
        redeemed = [_redemption(row) for row in await self._data("/v2/activity", params)]
        rows_held = await self.position_rows()
        held = [row for row in rows_held if quantity(row.get("current_size"))]
        alive = {text(row, "condition_id") for row in held if not _lost(row)}
        lost = {text(row, "condition_id") for row in held if _lost(row)} - alive
        now_ns = self.now_ns()
        worthless = [_worthless(condition, now_ns) for condition in sorted(lost)]
        return (*sorted(redeemed, key=lambda one: one.at_ns), *worthless)

    async def fills(self, since_ns: Ns) -> tuple[Fill, ...]:
        """Our fills since then, oldest first.

        A trade in a contract that nobody knows yet is looked up at the CLOB; only where the CLOB
        does not know it either is the trade skipped and counted.
        """
        after = max(0, since_ns // SECOND_NS - MARGIN_S)
        me = Identity(self.session.key.owner, self.session.signer.wallet)
        found: list[Fill] = []
        for trade in await self.session.read_all("/data/trades", [("after", str(after))]):
            await self._learn(trade)
            try:
                found += fills_of(trade, me, self.directory.find, whole=True)
            except UnknownToken:
                self.counts["skipped:unknown_token"] += 1
        return tuple(sorted(found, key=lambda fill: fill.at_ns))

    def user_stream(self) -> PolymarketUserStream:
        """Start a private conversation."""
        return PolymarketUserStream(self.session, self.directory)

    def connect_user(self) -> AbstractAsyncContextManager[Socket]:
        """Open the private connection."""
        return self.sockets.open(self.urls.user_ws)

    async def _geoblock(self) -> str:
        raw = mapping(read_json(await ask(self.clients.site, "GET", self.urls.geoblock)))
        if not flag(raw, "blocked"):
            return ""
        return f"Polymarket does not trade with {raw.get('country')} {raw.get('region', '')}"

    async def _version(self) -> str:
        version = mapping(await self._public("/version")).get("version")
        if version == CLOB_VERSION and not isinstance(version, bool):
            return ""
        return f"the CLOB speaks order version {version!r}, we speak {CLOB_VERSION}"

    async def _clock(self) -> str:
        """Compare clocks in the middle of the request; the server tells whole seconds only."""
        before = self.now_ns()
        server_s = await self._public("/time")
        ours = (before + self.now_ns()) // 2
        if not isinstance(server_s, int) or isinstance(server_s, bool):
            raise Unintelligible(f"not a time: {server_s!r:.80}")
        behind = server_s * SECOND_NS - MOST_SKEW_NS
        ahead = (server_s + 1) * SECOND_NS + MOST_SKEW_NS
        if behind <= ours <= ahead:
            return ""
        return f"our clock is {(ours - server_s * SECOND_NS) / SECOND_NS:+.1f} s off the CLOB's"

    async def _closed_only(self) -> str:
        raw = mapping(await self.session.read("/auth/ban-status/closed-only"))
        return "the account may only close positions" if flag(raw, "closed_only") else ""

    async def _public(self, path: str) -> object:
        return read_json(await ask(self.clients.clob, "GET", path))

    async def position_rows(self) -> list[Raw]:
        """What the Data API says the wallet holds, as it says it."""
        # By default what is below 0.1 contracts is hidden.
        return await self._data(
            "/v2/positions", [("filter_type", "TOKENS"), ("filter_amount", "0")]
        )

    async def _data(self, path: str, params: list[tuple[str, str]]) -> list[Raw]:
        """Every page of one of the Data API's lists about our wallet."""
        fixed = [("user", self.session.signer.wallet), *params, ("limit", str(PAGE_ROWS))]
        found: list[Raw] = []
        seen: set[str] = set()
        start = ""
        while start not in seen:
            seen.add(start)
            asked = [*fixed, ("cursor", start)] if start else fixed
            raw = read_json(await ask(self.clients.data, "GET", path, params=asked))
            page = mapping(raw)
            found += rows(page.get("data"))
            start = cursor(mapping(page.get("pagination")))
            if not start:
                return found
        raise Unintelligible(f"the pages of {path} go in circles at {start:.80}")

    async def _learn(self, trade: Raw) -> None:
        """Look up the market of a trade whose tokens the directory does not know."""
        if all(self.directory.find(token) for token in tokens_of(trade)):
            return
        condition = text(trade, "market")
        try:
            raw = read_json(await ask(self.clients.clob, "GET", clob_path(condition)))
            found = contracts(condition, parse_clob_market(mapping(raw)))
        except UnknownRule:
            self.counts["lookup:unknown_rule"] += 1
        except Refused:
            self.counts["lookup:unknown_market"] += 1
        else:
            for token, contract in found.items():
                self.directory.add(token, contract)

    def holding(self, row: Raw) -> tuple[MarketId, int, Qty]:
        """A row's market, the place of its outcome (0 YES, 1 NO) and its size."""
        size = quantity(row.get("current_size"))
        known = self.directory.find(text(row, "token_id"))
        if known is not None:
            return known.market, int(known.outcome is Outcome.NO), size
        index = row.get("outcome_index")
        if index not in (0, 1) or isinstance(index, bool):
            raise Unintelligible(f"not one of two outcomes: {index!r:.40}")
        return market_id(text(row, "condition_id")), index, size


def _lost(row: Raw) -> bool:
    """Say whether a position is of a resolved market and pays nothing (docs: get-positions)."""
    return row.get("redeemable") is True and micros(row.get("current_price")) == 0


def _redemption(row: Raw) -> Settlement:
    condition = text(row, "condition_id")
    return Settlement(
        id=SettlementId(f"{text(row, 'transaction_hash')}/{condition}"),
        venue=Venue.POLYMARKET,
        pool=0,
        market=market_id(condition),
        usd=Usd(quantity(row.get("usdc_size"))),
        at_ns=moment(row.get("timestamp")),
    )


def _worthless(condition: str, now_ns: Ns) -> Settlement:
    return Settlement(
        id=SettlementId(f"lost/{condition}"),
        venue=Venue.POLYMARKET,
        pool=0,
        market=market_id(condition),
        usd=Usd(0),
        at_ns=now_ns,
    )
