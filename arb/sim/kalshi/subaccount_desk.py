"""The routes on subaccounts and on money between them and between shards."""

import uuid
from collections.abc import Callable

import attrs
import msgspec

from arb.market.units import Usd
from arb.sim.engine import Exchange
from arb.sim.kalshi.auth import Scope
from arb.sim.kalshi.calls import Call, Handler, Reply, Route, forbidden, private
from arb.sim.kalshi.errors import ApiError, bad_body, not_found
from arb.sim.kalshi.filters import before, page_limit
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.limits import ADVANCED, Governor
from arb.sim.kalshi.numbers import MICROS_PER_CENT, balance, cents, unix_s
from arb.sim.kalshi.paging import cut, read_cursor
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.requests import read_body
from arb.sim.kalshi.subaccounts import Subaccounts
from arb.sim.kalshi.till import Till
from arb.sim.kalshi.transfers import Place, Transfer, Transfers

_ROOT = "/portfolio/subaccounts"
_SHARDS = "/portfolio/intra_exchange_instance_transfer"
_MICROS_PER_CENTICENT = 100
_INSTANCE = "event_contract"


class _CreateBody(msgspec.Struct, frozen=True):
    exchange_index: int | None = None


class _NettingBody(msgspec.Struct, frozen=True):
    subaccount_number: int
    enabled: bool


class _SubaccountTransfer(msgspec.Struct, frozen=True):
    client_transfer_id: uuid.UUID
    from_subaccount: int
    to_subaccount: int
    amount_cents: int
    exchange_index: int | None = None


class _ShardTransfer(msgspec.Struct, frozen=True):
    source: str
    destination: str
    amount: int
    """In hundredths of a cent."""
    client_transfer_id: uuid.UUID | None = None
    source_exchange_shard: int | None = None
    destination_exchange_shard: int | None = None
    source_subaccount: int | None = None
    destination_subaccount: int | None = None


@attrs.define(eq=False)
class SubaccountDesk:
    """Answers what members do with their subaccounts and their cash."""

    exchange: Exchange
    subaccounts: Subaccounts
    transfers: Transfers
    governor: Governor
    switches: Switches
    till: Till
    _used: set[tuple[str, ...]] = attrs.field(factory=set)
    """Client ids of transfers, each with its member and its route."""

    def routes(self) -> list[Route]:
        """Every route of this desk; none is for keys of one subaccount."""
        listed = f"{_SHARDS}s"
        return [
            _read(f"{_ROOT}/balances", self.balances),
            _read(f"{_ROOT}/transfers", self.list_moves),
            _read(f"{_ROOT}/netting", self.netting),
            _read(listed, self.list_transfers),
            _read(f"{listed}/{{transfer_id}}", self.show_transfer),
            _write("POST", _ROOT, self.create, Scope.WRITE),
            _write("PUT", f"{_ROOT}/netting", self.set_netting, Scope.WRITE),
            _write("POST", f"{_ROOT}/transfer", self.move, Scope.TRANSFER),
            _write("POST", _SHARDS, self.transfer, Scope.TRANSFER),
        ]

    # --- subaccounts ----------------------------------------------------------------------------

    def create(self, call: Call) -> Reply:
        """`POST /portfolio/subaccounts`, from the Advanced tier on."""
        body = read_body(call, _CreateBody) if call.body else _CreateBody()
        self.till.bill(call)
        if self.governor.tier_of(call.who.user_id).write_rate < ADVANCED.write_rate:
            raise forbidden("subaccounts need the Advanced API usage level")
        shard = self._shard(body.exchange_index)
        return Reply({"subaccount_number": self.subaccounts.create(call.who, shard)}, 201)

    def balances(self, call: Call) -> Reply:
        """`GET /portfolio/subaccounts/balances`, by subaccount and shard."""
        rows: list[Fields] = []
        for number in self.subaccounts.family(call.who).created_on:
            cash = self.subaccounts.mirror.cash(call.who.account_of(number))
            rows += [
                {
                    "subaccount_number": number,
                    "exchange_index": shard,
                    "balance": balance(usd),
                    "updated_ts": unix_s(call.now),
                }
                for shard, usd in sorted(cash.items())
            ]
        return Reply({"subaccount_balances": rows})

    def netting(self, call: Call) -> Reply:
        """`GET /portfolio/subaccounts/netting`."""
        family = self.subaccounts.family(call.who)
        rows = [
            {
                "subaccount_number": number,
                "enabled": family.netting.get(number, False),
                "exchange_index": shard,
            }
            for number, shard in family.created_on.items()
        ]
        return Reply({"netting_configs": rows})

    def set_netting(self, call: Call) -> Reply:
        """`PUT /portfolio/subaccounts/netting`."""
        body = read_body(call, _NettingBody)
        self.till.bill(call)
        self.subaccounts.account(call.who, body.subaccount_number)
        self.subaccounts.family(call.who).netting[body.subaccount_number] = body.enabled
        return Reply(None)

    # --- money ----------------------------------------------------------------------------------

    def move(self, call: Call) -> Reply:
        """`POST /portfolio/subaccounts/transfer`: within one shard, in cents."""
        body = read_body(call, _SubaccountTransfer)
        self.till.bill(call)
        shard = self._shard(body.exchange_index)
        source, destination = (
            Place(shard, number) for number in (body.from_subaccount, body.to_subaccount)
        )
        amount = _amount(body.amount_cents, MICROS_PER_CENT)
        used = (call.who.user_id, "subaccounts", str(body.client_transfer_id))
        self._move(call, source, destination, amount, used)
        return Reply({})

    def transfer(self, call: Call) -> Reply:
        """`POST /portfolio/intra_exchange_instance_transfer`: in hundredths of a cent."""
        body = read_body(call, _ShardTransfer)
        self.till.bill(call)
        if (body.source, body.destination) != (_INSTANCE, _INSTANCE):
            raise bad_body(f"only {_INSTANCE} to {_INSTANCE} is offered")
        source = Place(self._shard(body.source_exchange_shard), body.source_subaccount or 0)
        destination = Place(
            self._shard(body.destination_exchange_shard), body.destination_subaccount or 0
        )
        used: tuple[str, ...] | None = None
        if body.client_transfer_id is not None:
            if source.subaccount or destination.subaccount:
                raise bad_body("client_transfer_id is for primary accounts only")
            route = f"{source.shard}>{destination.shard}"
            used = (call.who.user_id, route, str(body.client_transfer_id))
        amount = _amount(body.amount, _MICROS_PER_CENTICENT)
        made = self._move(call, source, destination, amount, used)
        return Reply({"transfer_id": made.transfer_id})

    def list_moves(self, call: Call) -> Reply:
        """`GET /portfolio/subaccounts/transfers`, newest first."""
        return self._list(call, _move_row, within_shard=True)

    def list_transfers(self, call: Call) -> Reply:
        """`GET /portfolio/intra_exchange_instance_transfers`, newest first."""
        return self._list(call, _transfer_row, within_shard=False)

    def show_transfer(self, call: Call) -> Reply:
        """`GET /portfolio/intra_exchange_instance_transfers/{id}`."""
        for row in self.transfers.of(call.who, within_shard=False):
            if row.transfer_id == call.path["transfer_id"]:
                return Reply({"transfer": _transfer_row(row)})
        raise not_found()

    def _list(
        self, call: Call, row_of: Callable[[Transfer], Fields], *, within_shard: bool
    ) -> Reply:
        rows = before(
            self.transfers.of(call.who, within_shard=within_shard), read_cursor(call.query)
        )
        page, cursor = cut(rows, page_limit(call.query), lambda row: row.number)
        return Reply({"transfers": [row_of(row) for row in page], "cursor": cursor})

    def _move(
        self,
        call: Call,
        source: Place,
        destination: Place,
        amount: Usd,
        used: tuple[str, ...] | None,
    ) -> Transfer:
        if source == destination:
            raise bad_body("source and destination are the same")
        for place in (source, destination):
            self.subaccounts.account(call.who, place.subaccount)
            self.switches.check_change(place.shard)
        if used in self._used:
            raise ApiError(409, "transfer_already_exists")
        made = self.transfers.move(call.who, source, destination, amount, call.now)
        if used is not None:
            self._used.add(used)
        return made

    def _shard(self, index: int | None) -> int:
        shard = index or 0
        if shard not in self.switches.by_shard:
            raise bad_body(f"no exchange shard {shard}")
        return shard


def _read(path: str, handler: Handler) -> Route:
    return private(path, handler, for_restricted=False)


def _write(method: str, path: str, handler: Handler, scope: Scope) -> Route:
    return Route(method, path, handler, scope=scope, cost=0, for_restricted=False)


def _amount(given: int, unit: int) -> Usd:
    if given <= 0:
        raise bad_body("amount must be more than nothing")
    return Usd(given * unit)


def _move_row(row: Transfer) -> Fields:
    return {
        "transfer_id": row.transfer_id,
        "from_subaccount": row.source.subaccount,
        "to_subaccount": row.destination.subaccount,
        "amount_cents": cents(row.amount),
        "created_ts": unix_s(row.created_ns),
        "exchange_index": row.source.shard,
    }


def _transfer_row(row: Transfer) -> Fields:
    return {
        "transfer_id": row.transfer_id,
        "source": _INSTANCE,
        "destination": _INSTANCE,
        "source_exchange_shard": row.source.shard,
        "destination_exchange_shard": row.destination.shard,
        "amount": balance(row.amount),
        "status": "complete" if row.complete else "pending",
        "created_ts": unix_s(row.created_ns),
    }
