"""The dead-man switch: once armed, an API key that falls silent loses all of its open orders.

Docs: manage-orders. Ids are chained: each accepted call must carry the id that the last returned.
"""

import random
import uuid
from collections.abc import Callable, Iterable

import attrs
from starlette.requests import Request

from arb.market.units import Ns
from arb.sim.polymarket.agenda import Agenda
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.errors import ApiError, invalid_payload
from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.keys import ApiKey
from arb.sim.polymarket.payload import parse_object
from arb.sim.polymarket.placement import Desk
from arb.sim.polymarket.registry import Registry
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import NS_PER_S, Json


@attrs.define
class _Armed:
    """One key's switch."""

    key: ApiKey
    expected: str
    deadline_ns: int


@attrs.define(eq=False)
class Heartbeats:
    """Owner of every armed switch."""

    gate: Gate
    desk: Desk
    registry: Registry
    agenda: Agenda
    conditions: Conditions
    now_ns: Callable[[], Ns]
    rng: random.Random
    _armed: dict[str, _Armed] = attrs.field(factory=dict, init=False)
    _checking: bool = attrs.field(default=False, init=False)

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (("POST", "/v1/heartbeats", self._beat), ("POST", "/heartbeats", self._old_beat))

    def scramble(self) -> None:
        """Expect ids that nobody was told: every next beat is refused, with the right id."""
        for armed in self._armed.values():
            armed.expected = self._next_id()

    async def _beat(self, request: Request) -> Json:
        key = await self.gate.key(request)
        given = parse_object(await request.body()).get("heartbeat_id")
        if given is None:
            given = ""
        if not isinstance(given, str):
            raise invalid_payload()
        return {"heartbeat_id": self._accept(key, given)}

    async def _old_beat(self, request: Request) -> Json:
        """An older operation of the OpenAPI; what it does is not documented, so it does nothing."""
        await self.gate.key(request)
        return {"status": "ok"}

    def _next_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def _accept(self, key: ApiKey, given: str) -> str:
        """Move the deadline and return the next id. A wrong id moves nothing."""
        armed = self._armed.get(key.key)
        expected = armed.expected if armed else ""
        if given != expected:
            raise _mismatch(expected)
        following = self._next_id()
        deadline_ns = self.now_ns() + round(self.conditions.heartbeat_s * NS_PER_S)
        self._armed[key.key] = _Armed(key, following, deadline_ns)
        if not self._checking:
            self._checking = True
            self.agenda.after(self.conditions.heartbeat_check_s, self._check)
        return following

    def _check(self) -> None:
        """Cancel the orders of every key whose deadline passed, and disarm it."""
        now_ns = self.now_ns()
        for armed in [one for one in self._armed.values() if one.deadline_ns <= now_ns]:
            del self._armed[armed.key.key]
            self._cancel_all(armed.key)
        self._checking = bool(self._armed)
        if self._checking:
            self.agenda.after(self.conditions.heartbeat_check_s, self._check)

    def _cancel_all(self, key: ApiKey) -> None:
        mine = [order for order in self.registry.live_of(key.address) if order.owner == key.key]
        self.desk.cancel([order.id for order in mine], key.address)


def _mismatch(expected: str) -> ApiError:
    error = ApiError(400, "Invalid Heartbeat ID")
    error.body = {"error_msg": error.text, "heartbeat_id": expected}
    return error
