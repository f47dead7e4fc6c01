"""API keys: made, uploaded, listed, removed; and what a key may do."""

import random
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from arb.sim.kalshi.auth import ApiKey, Member, Scope
from arb.sim.kalshi.face import KalshiSettings
from arb.sim.kalshi.keygen import draw_ed25519, draw_rsa, pem_of
from arb.sim.kalshi.limits import PRESTIGE

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Client, Desk, OpenDesk

KEYS = "/api_keys"


def client_with(desk: "Desk", key_id: str, pem: str) -> "Client":
    """A client that signs with a key that the venue handed out."""
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey | Ed25519PrivateKey)
    desk.signers[key_id] = desk.signers["bot"].__class__(key_id, key)
    return desk.client(key_id)


@pytest.mark.parametrize(
    ("asked", "kind", "head"),
    [
        ({}, "rsa", "-----BEGIN RSA PRIVATE KEY-----"),
        ({"key_type": "rsa"}, "rsa", "-----BEGIN RSA PRIVATE KEY-----"),
        ({"key_type": "ed25519"}, "ed25519", "-----BEGIN PRIVATE KEY-----"),
    ],
)
async def test_generated_keys_sign(
    desk: "Desk", asked: dict[str, object], kind: str, head: str
) -> None:
    """A generated key, RSA where nothing is said, opens the account until it is removed."""
    bot = desk.client()
    said = await bot.ask("POST", f"{KEYS}/generate", {"name": "new", **asked})
    assert (said.status, said.body["key_type"]) == (201, kind)
    assert said.body["private_key"].startswith(head)
    key_id = said.body["api_key_id"]
    fresh = client_with(desk, key_id, said.body["private_key"])
    assert (await fresh.get("/portfolio/balance"))["balance_dollars"] == "1050.0000"
    rows = (await bot.get(KEYS))["api_keys"]
    assert rows[-1] == {"api_key_id": key_id, "name": "new", "scopes": ["read", "write"]}
    assert (await bot.ask("DELETE", f"{KEYS}/{key_id}")).status == 204
    assert (await fresh.ask("GET", "/portfolio/balance")).status == 401
    assert (await bot.ask("DELETE", f"{KEYS}/{key_id}")).status == 404


async def test_uploaded_keys_sign(desk: "Desk") -> None:
    """A member's own public key works as soon as it is there, for that member alone."""
    bot = desk.client()
    for key in (
        Ed25519PrivateKey.generate(),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ):
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        said = await bot.ask("POST", KEYS, {"name": "mine", "public_key": public.decode()})
        key_id = said.body["api_key_id"]
        assert said.status == 201
        fresh = client_with(desk, key_id, pem_of(key))
        assert (await fresh.get("/portfolio/balance"))["balance_dollars"] == "1050.0000"
        assert (await desk.client("other").ask("DELETE", f"{KEYS}/{key_id}")).status == 404


async def test_keys_that_are_none(desk: "Desk") -> None:
    """Text, private halves and other kinds of keys are refused as parameters."""
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    other = curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for pem in ("x", "", other, pem_of(Ed25519PrivateKey.generate())):
        said = await desk.client().ask("POST", KEYS, {"name": "x", "public_key": pem})
        assert (said.status, said.body["code"]) == (400, "invalid_parameters")


@pytest.mark.parametrize("scopes", [["write"], ["everything"], []])
async def test_scopes_that_do_not_go(desk: "Desk", scopes: list[str]) -> None:
    """The write scope needs the read scope; others than the known ones do not exist."""
    body = {"name": "x", "key_type": "ed25519", "scopes": scopes}
    said = await desk.client().ask("POST", f"{KEYS}/generate", body)
    assert (said.status, said.body["code"]) == (400, "invalid_parameters")


async def generate(desk: "Desk", **more: object) -> "Client":
    body = {"name": "x", "key_type": "ed25519", **more}
    said = await desk.client().ask("POST", f"{KEYS}/generate", body)
    assert said.status == 201, said
    return client_with(desk, said.body["api_key_id"], said.body["private_key"])


async def test_scopes_bind(desk: "Desk") -> None:
    """A key does what its scopes say and gets 403 for everything else."""
    reader = await generate(desk, scopes=["read"])
    assert (await reader.ask("GET", "/portfolio/orders")).status == 200
    assert (await reader.order("SIM-1-A", "bid", "1", "0.05")).status == 403
    trader = await generate(desk, scopes=["write::trade"])
    assert (await trader.order("SIM-1-A", "bid", "1", "0.05")).status == 201
    assert (await trader.ask("GET", "/portfolio/orders")).status == 403
    assert (await trader.ask("POST", "/api_keys/generate", {"name": "more"})).status == 403
    watcher = await generate(desk, scopes=["read::portfolio_balance"])
    assert (await watcher.ask("GET", "/portfolio/balance")).status == 200
    assert (await watcher.ask("GET", "/portfolio/fills")).status == 403


async def test_keys_of_one_subaccount(desk: "Desk") -> None:
    """A key can be tied to a subaccount that is there, and says so in the list."""
    bot = desk.client()
    await bot.ask("POST", "/portfolio/subaccounts", {})
    tied = await generate(desk, subaccount=1)
    assert (await tied.get("/portfolio/balance"))["balance_dollars"] == "0.0000"
    assert (await bot.get(KEYS))["api_keys"][-1]["subaccount"] == 1
    for number in (2, 64, -1):
        body = {"name": "x", "subaccount": number}
        assert (await bot.ask("POST", f"{KEYS}/generate", body)).status == 400


async def test_location_attestation(open_desk: "OpenDesk") -> None:
    """Where a member's attestation has a date, the list of keys tells it."""
    desk = open_desk(KalshiSettings(tier=PRESTIGE, region_expires_s=1_770_000_000))
    body = await desk.client().get(KEYS)
    assert body["api_key_region_expiration_ts"] == 1_770_000_000


def test_drawn_keys_repeat() -> None:
    """The same seed draws the same keys; RSA keys are whole ones of 2048 bits."""
    first, again = (pem_of(draw_rsa(random.Random(5))) for _ in range(2))
    assert first == again
    key = load_pem_private_key(first.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert pem_of(draw_ed25519(random.Random(5))) == pem_of(draw_ed25519(random.Random(5)))
    assert pem_of(draw_ed25519(random.Random(5))) != pem_of(draw_ed25519(random.Random(6)))


def test_broad_scopes_hold_the_narrow_ones() -> None:
    """Read and write hold every scope that begins like them, and not each other's."""
    public = draw_ed25519(random.Random(1)).public_key()
    reader = ApiKey("r", public, Member("u", "a"), scopes=(Scope.READ,))
    assert [scope for scope in Scope if reader.may(scope)] == [
        Scope.READ,
        Scope.READ_BALANCE,
        Scope.READ_BLOCKS,
    ]
    assert all(ApiKey("k", public, Member("u", "a")).may(scope) for scope in Scope)
