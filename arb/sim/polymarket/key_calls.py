"""The endpoints around API keys (docs: api-reference/authentication)."""

from collections.abc import Iterable

import attrs
from starlette.requests import Request

from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.keys import ApiKey, KeyRing, Wallets
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import Json


@attrs.frozen
class KeyCalls:
    """Makes, lists and drops API keys."""

    gate: Gate
    ring: KeyRing
    wallets: Wallets

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("POST", "/auth/api-key", self._create),
            ("GET", "/auth/derive-api-key", self._derive),
            ("GET", "/auth/api-keys", self._list),
            ("DELETE", "/auth/api-key", self._drop),
            ("GET", "/auth/ban-status/closed-only", self._closed_only),
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


def _credentials(key: ApiKey) -> Json:
    return {"apiKey": key.key, "secret": key.secret, "passphrase": key.passphrase}
