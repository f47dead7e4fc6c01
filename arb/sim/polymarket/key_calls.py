"""The endpoints around API keys (docs: api-reference/authentication)."""

from collections.abc import Iterable

import attrs
from starlette.requests import Request

from arb.sim.polymarket.builder_keys import BuilderRing, bad_relayer_key, key_json
from arb.sim.polymarket.errors import invalid_payload
from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.keys import ApiKey, KeyRing, Wallets
from arb.sim.polymarket.payload import parse_object
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import Json

BUILDER_PATH = "/auth/builder-api-key"


@attrs.frozen
class KeyCalls:
    """Makes, lists and drops API keys."""

    gate: Gate
    ring: KeyRing
    builders: BuilderRing
    wallets: Wallets

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("POST", "/auth/api-key", self._create),
            ("GET", "/auth/derive-api-key", self._derive),
            ("GET", "/auth/api-keys", self._list),
            ("DELETE", "/auth/api-key", self._drop),
            ("GET", "/auth/ban-status/closed-only", self._closed_only),
            ("POST", "/auth/readonly-api-key", self._create_readonly),
            ("GET", "/auth/readonly-api-keys", self._list_readonly),
            ("DELETE", "/auth/readonly-api-key", self._drop_readonly),
            ("POST", BUILDER_PATH, self._create_builder),
            ("GET", BUILDER_PATH, self._list_builders),
            ("DELETE", BUILDER_PATH, self._revoke_builder),
        )

    async def _create(self, request: Request) -> Json:
        return _credentials(self.ring.create(*self.gate.wallet(request)))

    async def _derive(self, request: Request) -> Json:
        return _credentials(self.ring.derive(*self.gate.wallet(request)))

    async def _list(self, request: Request) -> Json:
        key = await self.gate.key(request)
        return {"apiKeys": [other.key for other in self.ring.of(key.address)]}

    async def _drop(self, request: Request) -> str:
        self.ring.drop(await self.gate.key(request))
        return "OK"

    async def _closed_only(self, request: Request) -> Json:
        key = await self.gate.key(request)
        wallets = self.wallets.of_signer(key.address)
        return {"closed_only": any(wallet.closed_only for wallet in wallets)}

    # --- read-only keys: names without secrets; what they open is not documented ----------------

    async def _create_readonly(self, request: Request) -> Json:
        key = await self.gate.key(request)
        return {"apiKey": self.ring.create_readonly(key.address)}

    async def _list_readonly(self, request: Request) -> list[str]:
        key = await self.gate.key(request)
        return self.ring.readonly_of(key.address)

    async def _drop_readonly(self, request: Request) -> str:
        key = await self.gate.key(request)
        name = parse_object(await request.body()).get("key")
        if not isinstance(name, str) or not self.ring.drop_readonly(key.address, name):
            raise invalid_payload()
        return "OK"

    # --- builder keys ---------------------------------------------------------------------------

    async def _create_builder(self, request: Request) -> Json:
        key = await self.gate.key(request)
        made = self.builders.create(key.address)
        return {"key": made.key, "secret": made.secret, "passphrase": made.passphrase}

    async def _list_builders(self, request: Request) -> list[Json]:
        key = await self.gate.key(request)
        return [key_json(one) for one in self.builders.of(key.address)]

    async def _revoke_builder(self, request: Request) -> str:
        """Signed by the key that is to end, or by the L2 key of its owner: then all of them."""
        signed = (request.method, request.url.path, await request.body())
        skew_s = self.gate.conditions.clock_skew_s
        one = self.builders.signed_by(request.headers, signed, skew_s)
        mine = [one] if one else self.builders.of((await self.gate.key(request)).address)
        if not mine:
            raise bad_relayer_key()
        for key in mine:
            self.builders.revoke(key)
        return "OK"


def _credentials(key: ApiKey) -> Json:
    return {"apiKey": key.key, "secret": key.secret, "passphrase": key.passphrase}
