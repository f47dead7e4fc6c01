"""The routes on API keys."""

import random
from collections.abc import Callable
from typing import Literal

import attrs
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from arb.sim.kalshi.auth import FULL_ACCESS, ApiKey, Doorman, PublicKey, Scope
from arb.sim.kalshi.calls import SUBACCOUNTS_MOST, Call, Handler, Reply, Route, private
from arb.sim.kalshi.errors import bad_body, not_found
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.keygen import draw_ed25519, draw_rsa, pem_of
from arb.sim.kalshi.requests import read_body
from arb.sim.kalshi.subaccounts import Subaccounts
from arb.sim.kalshi.till import Till

_ROOT = "/api_keys"


class _KeyBody(msgspec.Struct, frozen=True):
    name: str
    scopes: list[str] | None = None
    subaccount: int | None = None


class _UploadBody(_KeyBody, frozen=True, kw_only=True):
    public_key: str


class _GenerateBody(_KeyBody, frozen=True, kw_only=True):
    key_type: Literal["rsa", "ed25519"] | None = None


@attrs.frozen
class KeyDesk:
    """Makes, lists and removes members' keys."""

    doorman: Doorman
    subaccounts: Subaccounts
    till: Till
    ids: Callable[[], str]
    rng: random.Random
    region_expires_s: int | None

    def routes(self) -> list[Route]:
        """Every route of this desk; none is for keys of one subaccount."""
        return [
            private(_ROOT, self.list, for_restricted=False),
            _write("POST", _ROOT, self.upload),
            _write("POST", f"{_ROOT}/generate", self.generate),
            _write("DELETE", f"{_ROOT}/{{key_id}}", self.remove),
        ]

    def list(self, call: Call) -> Reply:
        """`GET /api_keys`."""
        body: Fields = {"api_keys": [_row(key) for key in self.doorman.keys_of(call.who)]}
        if self.region_expires_s is not None:
            body["api_key_region_expiration_ts"] = self.region_expires_s
        return Reply(body)

    def upload(self, call: Call) -> Reply:
        """`POST /api_keys`: a public key of the member's own, as PEM."""
        body = read_body(call, _UploadBody)
        key = self._admit(call, body, _read_public(body.public_key))
        return Reply({"api_key_id": key.key_id}, 201)

    def generate(self, call: Call) -> Reply:
        """`POST /api_keys/generate`: the private half is in the answer and nowhere else."""
        body = read_body(call, _GenerateBody)
        kind = body.key_type or "rsa"
        made = draw_rsa(self.rng) if kind == "rsa" else draw_ed25519(self.rng)
        key = self._admit(call, body, made.public_key())
        answer: Fields = {
            "api_key_id": key.key_id,
            "key_type": kind,
            "private_key": pem_of(made),
        }
        return Reply(answer, 201)

    def remove(self, call: Call) -> Reply:
        """`DELETE /api_keys/{id}`."""
        self.till.bill(call)
        if not self.doorman.remove(call.path["key_id"], call.who):
            raise not_found()
        return Reply(None, 204)

    def _admit(self, call: Call, body: _KeyBody, public: PublicKey) -> ApiKey:
        scopes = _read_scopes(body.scopes)
        if body.subaccount is not None:
            if not 0 <= body.subaccount <= SUBACCOUNTS_MOST:
                raise bad_body(f"subaccount must be between 0 and {SUBACCOUNTS_MOST}")
            self.subaccounts.account(call.who, body.subaccount)
        self.till.bill(call)
        key = ApiKey(self.ids(), public, call.who, body.name, scopes, body.subaccount)
        self.doorman.add(key)
        return key


def _write(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, scope=Scope.WRITE, cost=0, for_restricted=False)


def _row(key: ApiKey) -> Fields:
    row: Fields = {"api_key_id": key.key_id, "name": key.name, "scopes": list(key.scopes)}
    if key.subaccount is not None:
        row["subaccount"] = key.subaccount
    return row


def _read_scopes(given: list[str] | None) -> tuple[Scope, ...]:
    """The scopes asked for. Raises ApiError (400, flat): `write` goes with `read` alone."""
    if given is None:
        return FULL_ACCESS
    try:
        scopes = tuple(Scope(one) for one in dict.fromkeys(given))
    except ValueError as error:
        raise bad_body(f"unknown scope: {error}") from error
    if not scopes or (Scope.WRITE in scopes and Scope.READ not in scopes):
        raise bad_body("the write scope needs the read scope")
    return scopes


def _read_public(pem: str) -> PublicKey:
    """An RSA or Ed25519 key. Raises ApiError (400, flat) for anything else."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise bad_body("public_key is no PEM public key") from error
    if not isinstance(key, PublicKey):
        raise bad_body("public_key must be RSA or Ed25519")
    return key
