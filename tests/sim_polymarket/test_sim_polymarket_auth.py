"""Who gets in: wallet signatures for keys, HMACs for the rest."""

from typing import TYPE_CHECKING

import pytest
from py_clob_client_v2.clob_types import ApiCreds, RequestArgs
from py_clob_client_v2.headers.headers import create_level_1_headers, create_level_2_headers

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Person, Venue


KEY_ERROR = {"error": "Unauthorized/Invalid api key"}
WALLET_ERROR = {"error": "Invalid L1 Request headers"}


async def test_a_key_is_made_once_and_derived_again(bot: "Person") -> None:
    """One key for each address and nonce: made once, derived as often as one likes."""
    again = await bot.ask_with_wallet("POST", "/auth/api-key")
    assert (again.status, again.body) == (400, {"error": "Could not create api key"})
    derived = await bot.ask_with_wallet("GET", "/auth/derive-api-key")
    assert derived.body["apiKey"] == bot.creds.api_key
    assert derived.body["secret"] == bot.creds.api_secret
    none = await bot.ask_with_wallet("GET", "/auth/derive-api-key", 5)
    assert none.status == 400
    second = await bot.ask_with_wallet("POST", "/auth/api-key", 5)
    assert second.body["apiKey"] != bot.creds.api_key
    keys = await bot.ask("GET", "/auth/api-keys")
    assert keys.body == {"apiKeys": [bot.creds.api_key, second.body["apiKey"]]}


async def test_a_wallet_signature_must_fit_its_headers(
    venue: "Venue", bot: "Person", other: "Person"
) -> None:
    """Somebody else's address, or an old timestamp, gets no key."""
    headers = create_level_1_headers(bot.signer, 9, venue.now_s())
    stolen = {**headers, "POLY_ADDRESS": other.signer.address()}
    old = create_level_1_headers(bot.signer, 9, venue.now_s() - 61)
    for wrong in (stolen, old, {}, {**headers, "POLY_NONCE": "10"}):
        said = await venue.ask("POST", "/auth/api-key", headers=wrong)
        assert (said.status, said.body) == (401, WALLET_ERROR)


async def test_requests_are_signed_with_the_keys_secret(bot: "Person", other: "Person") -> None:
    """A wrong secret, passphrase, key or address is refused with the same words."""
    good = bot.creds
    assert (await bot.ask("GET", "/data/orders")).status == 200
    for wrong in (
        ApiCreds(good.api_key, other.creds.api_secret, good.api_passphrase),
        ApiCreds(good.api_key, good.api_secret, other.creds.api_passphrase),
        ApiCreds("00000000-0000-4000-8000-000000000000", good.api_secret, good.api_passphrase),
        other.creds,
    ):
        bot.creds = wrong
        said = await bot.ask("GET", "/data/orders")
        assert (said.status, said.body) == (401, KEY_ERROR)


async def test_the_body_that_was_signed_is_the_body_that_counts(
    venue: "Venue", bot: "Person"
) -> None:
    """The HMAC covers the raw bytes: the same JSON with other spaces is refused."""
    body = {"heartbeat_id": ""}
    arguments = RequestArgs("POST", "/v1/heartbeats", body, '{"heartbeat_id":""}')
    headers = create_level_2_headers(bot.signer, bot.creds, arguments, venue.now_s())
    said = await venue.ask("POST", "/v1/heartbeats", '{"heartbeat_id": ""}', headers)
    assert (said.status, said.body) == (401, KEY_ERROR)


@pytest.mark.parametrize("skew_s", [61, -61])
async def test_timestamps_must_be_near(venue: "Venue", bot: "Person", skew_s: int) -> None:
    """A request from a minute ago, or from a minute ahead, is refused."""
    arguments = RequestArgs("GET", "/data/orders")
    headers = create_level_2_headers(bot.signer, bot.creds, arguments, venue.now_s() + skew_s)
    said = await venue.ask("GET", "/data/orders", headers=headers)
    assert said.status == 401


async def test_a_query_is_not_part_of_the_signature(bot: "Person", markets: "Markets") -> None:
    """The path is signed without its query."""
    said = await bot.ask("GET", "/data/orders", market=markets["plain"].condition_id)
    assert said.status == 200


async def test_a_dropped_key_is_gone(bot: "Person") -> None:
    """After DELETE the key opens nothing."""
    said = await bot.ask("DELETE", "/auth/api-key")
    assert (said.status, said.body) == (200, "OK")
    assert (await bot.ask("GET", "/data/orders")).status == 401


async def test_closed_only_is_told(bot: "Person") -> None:
    """The ban status of an account in good standing."""
    said = await bot.ask("GET", "/auth/ban-status/closed-only")
    assert said.body == {"closed_only": False}
