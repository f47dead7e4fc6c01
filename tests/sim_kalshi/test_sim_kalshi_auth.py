"""Who is let in, and with which words everybody else is turned away."""

import base64
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from arb.market.errors import Refused
from arb.sim.kalshi.auth import ApiKey, Doorman, Member, PublicKey
from arb.sim.kalshi.errors import ApiError

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk

ROOT = "/trade-api/v2"
BALANCE = "/trade-api/v2/portfolio/balance"
NOW_MS = 1_760_000_000_000
MEMBER = Member("u", "a")
# RFC 8032, section 7.1, test 1; the signatures are the published ones of the protocol notes.
PUBLIC_PEM = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n"
)
VECTORS = [
    (
        "GET",
        BALANCE,
        "UbNvHzYMwh5x/kUSi1Gj8S8ZDSvgcr/IH5GPK8Z85EGW7fhhCeXKaA46j7RbvGxV4p/wbAwN0BUe0dX2bTT8Bg==",
    ),
    (
        "POST",
        "/trade-api/v2/portfolio/events/orders",
        "C9uvG8wVJVtP6kA0TggMPMT3eKwP3DV2AqG3R7fD5MjxJYeezOurlpl+JldXhR1SFq8aRNlEhFqsJDq7qx3eCA==",
    ),
    (
        "GET",
        "/trade-api/ws/v2",
        "Nkj8l3MhuaUGdsYQ848HKxWsYcKunfgpjQA2vzQuuhoWTMmPm5CbTpHOSwI/NqPrzRcqAEVcv2y1chjxc5q7CQ==",
    ),
]


def headers(signature: str, timestamp: str = str(NOW_MS), key: str = "k") -> dict[str, str]:
    return {
        "kalshi-access-key": key,
        "kalshi-access-timestamp": timestamp,
        "kalshi-access-signature": signature,
    }


@pytest.fixture
def doorman() -> Doorman:
    key = load_pem_public_key(PUBLIC_PEM.encode())
    assert isinstance(key, PublicKey)
    return Doorman([ApiKey("k", key, MEMBER)])


@pytest.mark.parametrize(("method", "path", "signature"), VECTORS)
def test_published_vectors(doorman: Doorman, method: str, path: str, signature: str) -> None:
    """The published Ed25519 signatures are accepted for what they sign and nothing else."""
    assert doorman.admit(headers(signature), method, path, NOW_MS) == doorman.keys_of(MEMBER)[0]
    assert (
        doorman.admit(headers(signature), method.lower(), path, NOW_MS)
        == doorman.keys_of(MEMBER)[0]
    )
    with pytest.raises(ApiError, match="INCORRECT_API_KEY_SIGNATURE"):
        doorman.admit(headers(signature), method, f"{path}x", NOW_MS)


@pytest.mark.parametrize("off_ms", [-30_000, -10_000, 0, 10_000, 30_000])
def test_skew_inside_the_window(doorman: Doorman, off_ms: int) -> None:
    """A clock may be half a minute off, either way."""
    method, path, signature = VECTORS[0]
    assert (
        doorman.admit(headers(signature), method, path, NOW_MS + off_ms)
        == doorman.keys_of(MEMBER)[0]
    )


@pytest.mark.parametrize("off_ms", [-300_000, -30_001, 30_001, 60_000])
def test_skew_outside_the_window(doorman: Doorman, off_ms: int) -> None:
    """Beyond half a minute a right signature is refused as expired, both ways."""
    method, path, signature = VECTORS[0]
    with pytest.raises(ApiError) as caught:
        doorman.admit(headers(signature), method, path, NOW_MS + off_ms)
    assert (caught.value.status, caught.value.code) == (401, "header_timestamp_expired")


@pytest.mark.parametrize("timestamp", ["now", "1760000000", "-1", "\u0661"])
def test_timestamps_that_are_none(doorman: Doorman, timestamp: str) -> None:
    """Seconds, words and foreign digits are not milliseconds of now."""
    method, path, signature = VECTORS[0]
    with pytest.raises(ApiError, match="header_timestamp_expired"):
        doorman.admit(headers(signature, timestamp), method, path, NOW_MS)


@pytest.mark.parametrize("signature", ["AAAA", "not base64!", "é", "====", "A" * 600])
def test_garbage_signatures(doorman: Doorman, signature: str) -> None:
    """Whatever is no signature is a wrong signature, never a crash."""
    with pytest.raises(ApiError, match="INCORRECT_API_KEY_SIGNATURE"):
        doorman.admit(headers(signature), "GET", BALANCE, NOW_MS)


@pytest.mark.parametrize("salt", [0, 20, 222])
def test_rsa_salt_is_32_bytes(salt: int) -> None:
    """RSA-PSS signatures with another salt length than the digest's are refused."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    doorman = Doorman([ApiKey("k", key.public_key(), MEMBER)])
    message = f"{NOW_MS}GET{BALANCE}".encode()

    def sign(salt_length: int) -> dict[str, str]:
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length)
        return headers(base64.b64encode(key.sign(message, pss, hashes.SHA256())).decode())

    assert doorman.admit(sign(32), "GET", BALANCE, NOW_MS) == doorman.keys_of(MEMBER)[0]
    with pytest.raises(ApiError, match="INCORRECT_API_KEY_SIGNATURE"):
        doorman.admit(sign(salt), "GET", BALANCE, NOW_MS)


async def test_both_key_kinds_over_http(desk: "Desk") -> None:
    """RSA and Ed25519 members reach their own accounts; the query is not part of what is signed."""
    bot = await desk.client("bot").get("/portfolio/balance", exchange_index=0)
    other = await desk.client("other").get("/portfolio/balance", exchange_index=0)
    assert bot["balance_dollars"] == other["balance_dollars"] == "1000.0000"
    assert desk.signers["bot"].key.key_size == 2048  # type: ignore[union-attr]


async def test_codes_over_http(desk: "Desk") -> None:
    """Each kind of bad credentials has its own code, nested, with status 401."""
    client = desk.client()
    good = desk.signers["bot"].headers("GET", BALANCE, desk.now_ns() // 1_000_000)
    cases: list[tuple[dict[str, str], str, str | None]] = [
        ({}, "token_authentication_failure", None),
        (
            {name: value for name, value in good.items() if "SIGNATURE" not in name},
            "signature_is_missing_from_headers",
            None,
        ),
        ({**good, "KALSHI-ACCESS-KEY": "nobody"}, "authentication_error", "NOT_FOUND"),
        (
            {**good, "KALSHI-ACCESS-SIGNATURE": "AAAA"},
            "authentication_error",
            "INCORRECT_API_KEY_SIGNATURE",
        ),
        ({**good, "KALSHI-ACCESS-TIMESTAMP": "1"}, "header_timestamp_expired", None),
    ]
    for given, code, details in cases:
        got = await client.http.get(BALANCE, headers=given)
        assert got.status_code == 401
        error = got.json()["error"]
        assert error["code"] == code
        assert error.get("details") == details


async def test_forgotten_prefix_is_a_wrong_signature(desk: "Desk") -> None:
    """Signing the path without "/trade-api/v2", or with its query, does not convince."""
    client = desk.client()
    for path in ("/portfolio/balance", f"{BALANCE}?exchange_index=0"):
        wrong = desk.signers["bot"].headers("GET", path, desk.now_ns() // 1_000_000)
        got = await client.http.get(f"{BALANCE}?exchange_index=0", headers=wrong)
        assert got.json()["error"]["details"] == "INCORRECT_API_KEY_SIGNATURE"


async def test_public_routes_need_no_signature_but_check_it(desk: "Desk") -> None:
    """Anybody reads markets unsigned; who signs has to sign well."""
    assert (await desk.client(None).ask("GET", "/markets/SIM-1-A")).status == 200
    assert (await desk.client("bot").ask("GET", "/markets/SIM-1-A")).status == 200
    desk.signers["forger"] = desk.signers["bot"].__class__("key-other", desk.signers["bot"].key)
    said = await desk.client("forger").ask("GET", "/markets/SIM-1-A")
    assert (said.status, said.body["error"]["code"]) == (401, "authentication_error")


async def test_handshake_without_credentials(desk: "Desk") -> None:
    """A socket is refused with HTTP 401 before it opens, whatever is wrong with the credentials."""
    url = "wss://kalshi.test/trade-api/ws/v2"
    good = desk.socket_headers()
    for given in ([], good[:2], [good[0], good[1], ("KALSHI-ACCESS-SIGNATURE", "AAAA")]):
        with pytest.raises(Refused, match=r"401.*token_authentication_failure"):
            async with desk.network.sockets.open(url, given):
                pytest.fail("opened")
    assert desk.face.broadcast.counts["opened"] == 0


async def test_other_members_orders_are_invisible(desk: "Desk") -> None:
    """An order is found, listed and cancelled by its own member alone."""
    bot, other = desk.client("bot"), desk.client("other")
    said = await bot.order("SIM-1-A", "bid", "1", "0.20", time_in_force="good_till_canceled")
    order_id = said.body["order_id"]
    assert (await other.ask("GET", f"/portfolio/orders/{order_id}")).status == 404
    assert (await other.get("/portfolio/orders"))["orders"] == []
    assert (await other.ask("DELETE", f"/portfolio/events/orders/{order_id}")).status == 404
    assert (await bot.ask("DELETE", f"/portfolio/events/orders/{order_id}")).status == 200
