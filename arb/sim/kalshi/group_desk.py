"""The routes on order groups."""

import attrs

from arb.sim.kalshi.auth import Scope
from arb.sim.kalshi.calls import Call, Handler, Reply, Route, private
from arb.sim.kalshi.errors import bad_query
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.groups import Groups, OrderGroup
from arb.sim.kalshi.numbers import count
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.requests import AUTO, GroupBody, read_body
from arb.sim.kalshi.till import Till

_ROOT = "/portfolio/order_groups"


@attrs.frozen
class GroupDesk:
    """Bills and answers what members do with their groups."""

    groups: Groups
    switches: Switches
    till: Till

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        one = f"{_ROOT}/{{group_id}}"
        return [
            private(_ROOT, self.list),
            private(one, self.show),
            _write("POST", f"{_ROOT}/create", self.create),
            _write("PUT", f"{one}/limit", self.limit),
            _write("PUT", f"{one}/reset", self.reset),
            _write("PUT", f"{one}/trigger", self.trigger),
            _write("DELETE", one, self.delete),
        ]

    def create(self, call: Call) -> Reply:
        """`POST /portfolio/order_groups/create`."""
        body = read_body(call, GroupBody)
        shard = 0 if body.exchange_index in (None, AUTO) else body.exchange_index or 0
        if shard not in self.switches.by_shard:
            raise bad_query("invalid exchange_index")
        subaccount, limit = call.subaccount(body.subaccount), body.limit
        self.till.bill(call, shard=shard)
        self.switches.check_change(shard)
        group = self.groups.create(call.who, subaccount, shard, limit)
        made: Fields = {
            "order_group_id": group.group_id,
            "subaccount": subaccount,
            "exchange_index": shard,
        }
        return Reply(made, 201)

    def list(self, call: Call) -> Reply:
        """`GET /portfolio/order_groups`."""
        groups = self.groups.of(call.who, call.listed_subaccount())
        rows = [{"id": group.group_id, **_state(group)} for group in groups]
        return Reply({"order_groups": rows})

    def show(self, call: Call) -> Reply:
        """`GET /portfolio/order_groups/{id}`."""
        group = self.groups.find(call.who, call.path["group_id"], call.listed_subaccount())
        return Reply({**_state(group), "orders": list(group.orders)})

    def limit(self, call: Call) -> Reply:
        """`PUT /portfolio/order_groups/{id}/limit`."""
        limit = read_body(call, GroupBody).limit
        self.groups.limit(self._billed(call), limit, call.now)
        return Reply({})

    def reset(self, call: Call) -> Reply:
        """`PUT /portfolio/order_groups/{id}/reset`."""
        self.groups.reset(self._billed(call))
        return Reply({})

    def trigger(self, call: Call) -> Reply:
        """`PUT /portfolio/order_groups/{id}/trigger`."""
        self.groups.trigger(self._billed(call))
        return Reply({})

    def delete(self, call: Call) -> Reply:
        """`DELETE /portfolio/order_groups/{id}`."""
        self.groups.delete(self._billed(call))
        return Reply({})

    def _billed(self, call: Call) -> OrderGroup:
        """The group of a write that is paid for and may change."""
        self.till.bill(call, shard=call.query.integer("exchange_index") or 0)
        group = self.groups.find(call.who, call.path["group_id"], call.asked_subaccount())
        self.switches.check_change(group.shard)
        return group


def _write(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, scope=Scope.TRADE, cost=0)


def _state(group: OrderGroup) -> Fields:
    return {
        "contracts_limit_fp": count(group.limit),
        "is_auto_cancel_enabled": True,
        "exchange_index": group.shard,
    }
