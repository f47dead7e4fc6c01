"""Our account at Kalshi: may it trade, what does it hold, what has it bought."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from urllib.parse import urlsplit

import attrs
import httpx

from arb.market.errors import Malformed, Unintelligible
from arb.market.instruments import Venue
from arb.market.units import Clock, Ns, Qty, Usd, parse_micros, parse_usd
from arb.messages import Balance, Fill, Position, Settlement, SettlementId
from arb.venues.kalshi.clock import clock_objection
from arb.venues.kalshi.config import KalshiCredentials, KalshiUrls
from arb.venues.kalshi.errors import complaint_of, read_failure
from arb.venues.kalshi.identity import market_id
from arb.venues.kalshi.listing import KNOWN_SHARDS
from arb.venues.kalshi.reports import fill, is_ours
from arb.venues.kalshi.rest import Rest
from arb.venues.kalshi.schema import (
    BalanceBody,
    FillsPage,
    PositionRow,
    PositionsPage,
    SettlementRow,
    SettlementsPage,
    ShardStatus,
    StatusBody,
    decode,
    parse_time,
)
from arb.venues.kalshi.signing import Signer
from arb.venues.kalshi.user_stream import KalshiUserStream
from arb.venues.protocols import Socket, Sockets, UserStream

BALANCE = "/portfolio/balance"
STATUS = "/exchange/status"
TELLS_STATUS = frozenset({HTTPStatus.OK, *(HTTPStatus(code) for code in (500, 503, 504))})
"""The status itself may come with any of these (docs: GetExchangeStatus)."""
NS_PER_S = 1_000_000_000
MICROS_PER_CENT = 10_000


@attrs.frozen
class KalshiAccount:
    """The private reads. Amounts are the venue's own, to the micro-dollar.

    Making one raises Refused where the private key cannot be used.
    """

    venue = Venue.KALSHI

    urls: KalshiUrls
    credentials: KalshiCredentials
    client: httpx.AsyncClient
    sockets: Sockets
    now_ns: Clock
    shards: frozenset[int] = KNOWN_SHARDS
    """Whose pauses are objections."""
    _rest: Rest = attrs.field(init=False, repr=False)
    _signer: Signer = attrs.field(init=False, repr=False)

    @_rest.default
    def _make_rest(self) -> Rest:
        return Rest(self.urls, self.credentials, self.client, self.now_ns)

    @_signer.default
    def _make_signer(self) -> Signer:
        return Signer(self.credentials, self.now_ns)

    async def log_in(self) -> None:
        """Show that the key is accepted; there is nothing to derive. Raises Refused."""
        await self._rest.read(BalanceBody, BALANCE)

    async def objections(self) -> tuple[str, ...]:
        """Tell of pauses by shard, of a clock too far off and of a key that is not accepted."""
        answer = await self._rest.get(STATUS)
        if answer.status not in TELLS_STATUS:
            raise read_failure(answer, f"GET {STATUS}")
        paused = _pauses(decode(answer.body, StatusBody), self.shards)
        return (*paused, *await self._objections_to_us())

    async def _objections_to_us(self) -> Sequence[str]:
        """Make one signed call, which no cache answers, and see what it says of key and clock."""
        sent_ns = self.now_ns()
        answer = await self._rest.get(BALANCE)
        off = clock_objection(answer.headers, sent_ns, self.now_ns())
        clock = [off] if off else []
        match answer.status:
            case HTTPStatus.OK:
                return clock
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                return [*clock, f"Kalshi does not accept our requests: {complaint_of(answer)}"]
            case _:
                raise read_failure(answer, f"GET {BALANCE}")

    async def balances(self) -> tuple[Balance, ...]:
        """Read cash shard by shard; the sum over shards buys nothing and is not told.

        Whether resting orders are already taken off is not established: reserve on our side.
        """
        body = await self._rest.read(BalanceBody, BALANCE)
        if body.balance_breakdown is None:
            raise Unintelligible("a balance without its shards (a key of one subaccount?)")
        shards = [one.exchange_index for one in body.balance_breakdown]
        if len(set(shards)) != len(shards):
            raise Unintelligible(f"a balance that tells a shard twice: {shards}")
        try:
            return tuple(
                Balance(Venue.KALSHI, one.exchange_index, parse_usd(one.balance))
                for one in body.balance_breakdown
            )
        except Malformed as error:
            raise Unintelligible(f"balance: {error}") from error

    async def positions(self) -> tuple[Position, ...]:
        """Read net positions, zeros left out."""
        params = [("count_filter", "position")]
        rows = await self._rest.read_all(PositionsPage, "/portfolio/positions", params)
        held = [_position(row) for row in rows]
        return tuple(one for one in held if one.yes or one.no)

    async def fills(self, since_ns: Ns) -> tuple[Fill, ...]:
        """Read fills since then, oldest first; the venue filters by whole seconds."""
        params = [("min_ts", str(since_ns // NS_PER_S))]
        rows = await self._rest.read_all(FillsPage, "/portfolio/fills", params)
        told = [fill(row) for row in rows if is_ours(row.subaccount_number)]
        return tuple(sorted(told, key=lambda one: (one.at_ns, one.id)))

    async def settlements(self, since_ns: Ns) -> tuple[Settlement, ...]:
        """Read what resolved markets paid since then, oldest first."""
        params = [("min_ts", str(since_ns // NS_PER_S))]
        rows = await self._rest.read_all(SettlementsPage, "/portfolio/settlements", params)
        told = [_settlement(row) for row in rows]
        # The filter has whole seconds, and what came before is in the opening balances already.
        return tuple(sorted((s for s in told if s.at_ns >= since_ns), key=lambda one: one.at_ns))

    def user_stream(self) -> UserStream:
        """Start the conversation of the private connection."""
        return KalshiUserStream()

    def connect_user(self) -> AbstractAsyncContextManager[Socket]:
        """Open the private connection, signed."""
        return self.sockets.open(self.urls.ws, signed_handshake(self._signer, self.urls.ws))


def signed_handshake(signer: Signer, ws: str) -> list[tuple[str, str]]:
    """Headers for opening a connection: the handshake is signed like a GET of its path."""
    return list(signer.headers("GET", urlsplit(ws).path).items())


def _pauses(status: StatusBody, shards: frozenset[int]) -> list[str]:
    """Name what is paused; the body's own flags are shard 0's, for where no shards are told."""
    told = status.exchange_index_statuses or [
        ShardStatus(0, status.exchange_active, status.trading_active)
    ]
    named = [_pause(one) for one in told if one.exchange_index in shards]
    return [pause for pause in named if pause]


def _pause(shard: ShardStatus) -> str:
    name = f"Kalshi's shard {shard.exchange_index}"
    name += f" ({shard.description})" if shard.description else ""
    if not shard.exchange_active:
        return f"{name}: the exchange is paused"
    if not shard.trading_active:
        return f"{name}: trading is paused"
    return ""


def _position(row: PositionRow) -> Position:
    try:
        net = parse_micros(row.position_fp)
    except Malformed as error:
        raise Unintelligible(f"position in {row.ticker}: {error}") from error
    return Position(market_id(row.ticker), yes=Qty(max(net, 0)), no=Qty(max(-net, 0)))


def _settlement(row: SettlementRow) -> Settlement:
    """A market settles once, so its ticker names the settlement (docs: GetSettlements)."""
    if row.exchange_index is None or row.revenue < 0:
        raise Unintelligible(f"settlement of {row.ticker}: {row}")
    try:
        at_ns = parse_time(row.settled_time)
    except Malformed as error:
        raise Unintelligible(f"settlement of {row.ticker}: {error}") from error
    return Settlement(
        id=SettlementId(row.ticker),
        venue=Venue.KALSHI,
        pool=row.exchange_index,
        market=market_id(row.ticker),
        usd=Usd(row.revenue * MICROS_PER_CENT),
        at_ns=at_ns,
    )
