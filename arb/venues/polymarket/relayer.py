"""The relayer: sends what a deposit wallet's owner signed, one transaction at a time, free of gas.

Docs: the official client's relayer actions. A transaction is new, executed, mined, confirmed;
invalid where it could not be done, failed where the chain reverted it. The wallet's nonce makes
sure that no two of the same number are done.
"""

from collections import defaultdict
from collections.abc import Callable

import attrs
import httpx
from coincurve import PrivateKey

from arb.market.errors import Refused, Unintelligible
from arb.market.instruments import MarketId, Venue
from arb.market.units import Ns, Qty
from arb.messages import Turn, TurnId, TurnKind
from arb.trade.turning import Convert, Merge, Redeem, Redeemable, Wish
from arb.venues.polymarket.account import PolymarketAccount
from arb.venues.polymarket.answers import read_json, require_ok
from arb.venues.polymarket.batches import Batch
from arb.venues.polymarket.config import PolymarketCredentials
from arb.venues.polymarket.contracts import calls_of
from arb.venues.polymarket.fields import Raw, mapping, micros, rows, text
from arb.venues.protocols import TurnState
from arb.venues.wire import ask

DEPOSIT_WALLET = 3
DEADLINE_S = 600
"""How long a signed batch may be done, as the official client has it."""
SECOND_NS = 1_000_000_000
_KINDS: dict[type[Wish], TurnKind] = {
    Merge: TurnKind.MERGE,
    Convert: TurnKind.CONVERT,
    Redeem: TurnKind.REDEEM,
}
_STATES = {
    "STATE_NEW": TurnState.WAITING,
    "STATE_EXECUTED": TurnState.WAITING,
    "STATE_MINED": TurnState.DONE,
    "STATE_CONFIRMED": TurnState.DONE,
    "STATE_INVALID": TurnState.FAILED,
    "STATE_FAILED": TurnState.FAILED,
}
"""Mined counts as done, as for the official client."""


@attrs.frozen
class RelayerKey:
    """What lets us in: two static headers (docs: authentication)."""

    address: str
    key: str = attrs.field(repr=False)


@attrs.frozen
class PolymarketRelayer:
    """One wallet's way to the chain.

    Raises Refused where the wallet is none that the relayer sends batches for.
    """

    client: httpx.AsyncClient
    credentials: PolymarketCredentials
    key: RelayerKey
    account: PolymarketAccount
    now_ns: Callable[[], Ns]
    venue: Venue = Venue.POLYMARKET
    _signer: PrivateKey = attrs.field(init=False, repr=False)

    @_signer.default
    def _make_signer(self) -> PrivateKey:
        if self.credentials.signature_type != DEPOSIT_WALLET:
            raise Refused("only deposit wallets merge, convert and redeem here")
        return PrivateKey(bytes.fromhex(self.credentials.private_key.removeprefix("0x")))

    async def prepare(self, wish: Wish, turn: TurnId) -> Turn:
        """Sign what a wish needs, with the wallet's next nonce. Sends nothing that moves money."""
        params = [("address", self._owner), ("type", "WALLET")]
        raw = mapping(await self._read("/v1/account/transactions/params", params))
        nonce, now_ns = _number(raw, "nonce"), self.now_ns()
        deadline_s = now_ns // SECOND_NS + DEADLINE_S
        batch = Batch(self.credentials.wallet, nonce, deadline_s, calls_of(wish))
        return Turn(
            id=turn,
            kind=_KINDS[type(wish)],
            venue=self.venue,
            pool=0,
            changes=wish.changes,
            nonce=nonce,
            deadline_ns=Ns(deadline_s * SECOND_NS),
            body=batch.body(self._owner, self._signer, turn),
            at_ns=now_ns,
        )

    async def send(self, turn: Turn) -> None:
        """Hand it over, once. `Unreachable`: it may be done; `Refused`: it is not."""
        headers = {**self._headers, "Content-Type": "application/json"}
        require_ok(await ask(self.client, "POST", "/submit", headers=headers, body=turn.body))

    async def look(self, turn: Turn) -> TurnState:
        """Say how far it is. It goes by our own identity, which travels as its metadata."""
        for row in rows(await self._read("/transactions", [])):
            if row.get("metadata") == turn.id:
                return _state(row)
        return TurnState.UNHEARD

    async def redeemable(self) -> tuple[Redeemable, ...]:
        """What is held of resolved markets and pays, as the Data API says."""
        held: dict[MarketId, list[int]] = defaultdict(lambda: [0, 0])
        found: dict[MarketId, Raw] = {}
        for row in await self.account.position_rows():
            if row.get("redeemable") is not True:
                continue
            market, index, size = self.account.holding(row)
            held[market][index] += size
            if micros(row.get("current_price")):
                found[market] = row
        return tuple(
            Redeemable(
                market=market,
                condition_id=text(row, "condition_id"),
                neg_risk=row.get("negative_risk") is True,
                yes=Qty(held[market][0]),
                no=Qty(held[market][1]),
            )
            for market, row in sorted(found.items())
        )

    @property
    def _owner(self) -> str:
        return self.account.session.signer.address

    @property
    def _headers(self) -> dict[str, str]:
        return {"RELAYER_API_KEY": self.key.key, "RELAYER_API_KEY_ADDRESS": self.key.address}

    async def _read(self, path: str, params: list[tuple[str, str]]) -> object:
        return read_json(await ask(self.client, "GET", path, params=params, headers=self._headers))


def _number(raw: Raw, name: str) -> int:
    told = text(raw, name)
    if not (told.isascii() and told.isdecimal()):
        raise Unintelligible(f"{name} is no number: {told!r:.80}")
    return int(told)


def _state(row: Raw) -> TurnState:
    word = text(row, "state")
    state = _STATES.get(word)
    if state is None:
        raise Unintelligible(f"a transaction in state {word!r:.80}")
    return state
