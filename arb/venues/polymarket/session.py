"""Who we are to the CLOB: the API key, and the headers that every private call carries."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import httpx

from arb.market.errors import Refused, Unintelligible
from arb.market.units import Ns
from arb.redaction import SECRETS
from arb.venues.polymarket.answers import read_json, require_ok
from arb.venues.polymarket.fields import Raw, cursor, decode, mapping, rows, text
from arb.venues.polymarket.signing import PolymarketSigner
from arb.venues.wire import Answer, ask

FIRST_PAGE = "MA=="
LAST_PAGE = "LTE="
_NO_KEY_YET = (400, 401, 404)
"""How a derivation is refused; an address starts without a key."""


@attrs.frozen
class ApiKey:
    """What L2 headers are made of (docs: authentication). All of it is secret but the owner."""

    owner: str
    secret: bytes = attrs.field(repr=False)
    """Decoded."""
    secret_text: str = attrs.field(repr=False)
    passphrase: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        """From here on they are struck out of everything that is written."""
        SECRETS.add(self.secret_text)
        SECRETS.add(self.passphrase)

    @classmethod
    def parse(cls, body: bytes) -> "ApiKey":
        """Read the answer to a log-in. Raises Unintelligible, never quoting the body."""
        try:
            raw = mapping(decode(body))
            secret = text(raw, "secret")
            owner, passphrase = text(raw, "apiKey"), text(raw, "passphrase")
            return cls(owner, base64.urlsafe_b64decode(secret), secret, passphrase)
        except (Unintelligible, ValueError):
            raise Unintelligible("the answer to a log-in is not an API key") from None


def l2_signature(secret: bytes, timestamp_s: int, method: str, path: str, body: str) -> str:
    """The HMAC over a private call; `path` comes without its query (docs: authentication)."""
    message = f"{timestamp_s}{method}{path}{body}".encode()
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()


class PolymarketSession:
    """One account's connection to the CLOB. Shared by orders and account; no secret in its repr."""

    def __init__(
        self,
        signer: PolymarketSigner,
        clob: httpx.AsyncClient,
        now_ns: Callable[[], Ns],
        key: ApiKey | None = None,
    ) -> None:
        """Logged in where a key is given, else not yet."""
        self.signer = signer
        self._clob = clob
        self._now_ns = now_ns
        self._key = key

    @property
    def key(self) -> ApiKey:
        """The API key. Raises Refused before `log_in`."""
        if self._key is None:
            raise Refused("not logged in to Polymarket")
        return self._key

    async def log_in(self) -> None:
        """Derive the API key of this address, or create its first one."""
        answer = await self._login("GET", "/auth/derive-api-key")
        if answer.status in _NO_KEY_YET:
            answer = await self._login("POST", "/auth/api-key")
        require_ok(answer)
        self._key = ApiKey.parse(answer.body)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        """Make one private call. Raises Unreachable where no whole answer came."""
        headers = self.headers(method, path, body)
        return await ask(
            self._clob, method, path, params=params, headers=headers, body=body or None
        )

    async def read(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:  # noqa: ANN401 - foreign data has no type until it is parsed
        """Make one private read and decode it. Raises as `answers.read_json`."""
        return read_json(await self.call("GET", path, params=params))

    async def read_all(self, path: str, params: Sequence[tuple[str, str]] = ()) -> list[Raw]:
        """Read every page of a list. Raises Unintelligible where the pages go in circles."""
        found: list[Raw] = []
        seen: set[str] = set()
        start = FIRST_PAGE
        while start not in seen:
            seen.add(start)
            page = mapping(await self.read(path, [*params, ("next_cursor", start)]))
            found += rows(page.get("data"))
            start = cursor(page)
            if start in {"", LAST_PAGE}:
                return found
        raise Unintelligible(f"the pages of {path} go in circles at {start:.80}")

    def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """L2 headers, stamped now, over exactly these bytes."""
        key = self.key
        now_s = self._now_ns() // 1_000_000_000
        return {
            "POLY_ADDRESS": self.signer.address,  # the signing address, whatever the wallet is
            "POLY_API_KEY": key.owner,
            "POLY_PASSPHRASE": key.passphrase,
            "POLY_TIMESTAMP": str(now_s),
            "POLY_SIGNATURE": l2_signature(key.secret, now_s, method, path, body.decode()),
            "Content-Type": "application/json",
        }

    async def _login(self, method: str, path: str) -> Answer:
        headers = self.signer.login_headers(self._now_ns() // 1_000_000_000)
        return await ask(self._clob, method, path, headers=headers)
