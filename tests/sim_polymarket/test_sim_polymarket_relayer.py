"""The relayer: what it lets through, and what that does to money and contracts."""

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Ns, Px, Qty
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.listing import FeeSchedule, PolymarketEvent, PolymarketListing
from tests.sim_polymarket.relaying import (
    ADAPTER,
    APPROVE,
    APPROVE_ALL,
    CTF,
    MERGE,
    NEG_RISK_ADAPTER,
    OLD_ADAPTER,
    PUSD,
    REDEEM,
    ROUTER,
    ROUTER_MERGE,
    ROUTER_REDEEM,
    ROUTER_SPLIT,
    SPLIT,
    Relay,
    call,
    convert,
    sets,
    short,
)

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Said, Venue

TEN = 10 * MICRO


@pytest.fixture
def relay(venue: "Venue") -> Relay:
    """The deposit wallet's way to the relayer."""
    return Relay(venue.people["deposit"])


async def done(relay: Relay, said: "Said") -> dict[str, Any]:
    """Wait until a transaction has ended; returns how."""
    assert said.status == 200, said
    await trio.sleep(5)
    return await relay.state(said.body["transactionID"])


async def test_a_split_goes_through_its_states(
    venue: "Venue", relay: Relay, markets: "Markets"
) -> None:
    """New, executed, mined, confirmed: the dollars become tokens when the batch is mined."""
    condition = markets["plain"].condition_id
    said = await relay.send(sets(ADAPTER, SPLIT, condition, TEN))
    assert said.body == {
        "transactionID": said.body["transactionID"],
        "transactionHash": "",
        "state": "STATE_NEW",
    }
    seen = []
    for wait_s in (0.1, 0.9, 1.5, 2.0):
        await trio.sleep(wait_s)
        now = await relay.state(said.body["transactionID"])
        held = venue.exchange.position("deposit", markets["plain"].id)
        seen.append((now["state"], len(now["transaction_hash"]), held))
    assert seen == [
        ("STATE_NEW", 0, (0, 0)),
        ("STATE_EXECUTED", 66, (0, 0)),
        ("STATE_MINED", 66, (TEN, TEN)),
        ("STATE_CONFIRMED", 66, (TEN, TEN)),
    ]
    assert venue.people["deposit"].cash == 990 * MICRO


async def test_a_batch_is_done_whole_or_not_at_all(
    venue: "Venue", relay: Relay, markets: "Markets"
) -> None:
    """Where the last call of a batch cannot be done, the first is not done either."""
    condition = markets["plain"].condition_id
    too_much = sets(ADAPTER, MERGE, condition, TEN + 1)
    ended = await done(relay, await relay.send(sets(ADAPTER, SPLIT, condition, TEN), too_much))
    assert ended["state"] == "STATE_INVALID"
    assert ended["error_msg"] == "insufficient balance for transfer"
    assert venue.people["deposit"].cash == 1000 * MICRO
    both = (sets(ADAPTER, SPLIT, condition, TEN), sets(ADAPTER, MERGE, condition, TEN - MICRO))
    assert (await done(relay, await relay.send(*both)))["state"] == "STATE_CONFIRMED"
    assert venue.exchange.position("deposit", markets["plain"].id) == (MICRO, MICRO)


async def test_a_batch_may_revert_on_chain(
    venue: "Venue", relay: Relay, markets: "Markets", conditions: Conditions
) -> None:
    """A reverted batch changes nothing but its nonce."""
    conditions.relaying.revert_ppm = MICRO
    split = sets(ADAPTER, SPLIT, markets["plain"].condition_id, TEN)
    ended = await done(relay, await relay.send(split))
    assert (ended["state"], ended["error_msg"]) == ("STATE_FAILED", "execution reverted")
    assert venue.people["deposit"].cash == 1000 * MICRO
    params = await venue.read(
        "/v1/account/transactions/params", address=relay.signer, type="WALLET"
    )
    assert params["nonce"] == "1"


async def test_one_batch_at_a_time(
    relay: Relay, markets: "Markets", conditions: Conditions
) -> None:
    """A wallet with a batch on its way is busy; an old nonce is told the new one."""
    conditions.relaying.mined_s = 3.0
    split = sets(ADAPTER, SPLIT, markets["plain"].condition_id, TEN)
    await relay.send(split)
    busy = await relay.send(split, nonce=1)
    assert (busy.status, busy.body["error"].startswith("wallet busy")) == (400, True)
    assert busy.body["error"].endswith("active action")
    await trio.sleep(1)
    assert (await relay.send(split, nonce=1)).body == {"error": "wallet has in-flight action"}
    await trio.sleep(5)
    old = await relay.send(split, nonce=0)
    assert old.body == {"error": "batch nonce 0 does not match on-chain nonce 1"}
    assert (await relay.send(split, nonce=1)).status == 200


@pytest.mark.parametrize("who", ["deposit", "safe", "proxy"])
@pytest.mark.parametrize("calls", [1, 2])
async def test_every_kind_of_wallet_signs_its_own_way(
    venue: "Venue", markets: "Markets", who: str, calls: int
) -> None:
    """Deposit wallets, safes (alone and with multiSend) and proxies; a changed batch is refused."""
    relay = Relay(venue.people[who])
    batch = [sets(ADAPTER, SPLIT, markets["plain"].condition_id, TEN)] * calls
    changed = relay.body(*batch)
    changed["nonce"] = "1"
    refused = await relay.submit(changed)
    assert (refused.status, refused.body) == (400, {"error": "invalid signature"})
    ended = await done(relay, await relay.send(*batch))
    assert ended["state"] == "STATE_CONFIRMED"
    held = venue.exchange.position(who, markets["plain"].id)
    assert held == (TEN * calls, TEN * calls)
    asked = {"address": relay.person.wallet.funder}
    assert await venue.read("/deployed", **asked) == {"deployed": True}


async def test_the_conversion_of_a_no_basket(venue: "Venue", conditions: Conditions) -> None:
    """Three NOs of five become two dollars a share and a YES of each of the other two."""
    conditions.hydration_s = 0
    event = five_candidates()
    venue.face.list_event(event)
    deposit = venue.people["deposit"]
    for market, price in zip(event.markets, ("0.38", "0.29", "0.36"), strict=False):
        venue.exchange.split("maker", market.id, Qty(100 * MICRO))
        venue.rest(market, Action.BUY, "100", price)
        ask = str(round(1 - float(price), 2))
        said = await deposit.place(market.tokens[1], "BUY", "100", ask, exchange="neg")
        assert said.body["status"] == "matched", said
    paid = 197_000_000 + 2_687_600
    assert deposit.cash == 1000 * MICRO - paid
    relay = Relay(deposit)
    group = event.neg_risk_market_id
    ended = await done(relay, await relay.send(convert(group, 0b00111, 100 * MICRO)))
    assert ended["state"] == "STATE_CONFIRMED", ended
    assert deposit.cash == 1000 * MICRO - paid + 200 * MICRO
    held = [venue.exchange.position("deposit", market.id) for market in event.markets]
    assert held == [(0, 0)] * 3 + [(100 * MICRO, 0)] * 2
    rows = (await venue.read("/v2/activity", user=deposit.wallet.funder))["data"]
    assert [row["type"] for row in rows] == ["CONVERSION", "TRADE", "TRADE", "TRADE"]
    assert (rows[0]["size"], rows[0]["usdc_size"]) == (100, 200)


def five_candidates() -> PolymarketEvent:
    group = "0x" + "cd" * 31 + "00"
    markets = tuple(
        PolymarketListing(
            gamma_id=str(700 + index),
            condition_id=f"0x{700 + index:064x}",
            question=f"Will number {index} win?",
            slug=f"number-{index}",
            tokens=(str(10**60 + 2 * index), str(10**60 + 2 * index + 1)),
            end_ns=Ns(2 * 10**18),
            fee_schedule=FeeSchedule(40_000),
            neg_risk=True,
            neg_risk_market_id=group,
            question_id=f"{group[:-2]}{index:02x}",
        )
        for index in range(5)
    )
    return PolymarketEvent(
        gamma_id="1700",
        slug="numbers",
        title="Which number?",
        markets=markets,
        end_ns=Ns(2 * 10**18),
        neg_risk=True,
        neg_risk_market_id=group,
    )


@pytest.mark.parametrize(
    ("index_set", "words"),
    [
        (0, "the index set names questions that are not prepared"),
        (1 << 5, "the index set names questions that are not prepared"),
        (0b00011, "insufficient balance for transfer"),
    ],
)
async def test_conversions_that_cannot_be(
    relay: Relay, markets: "Markets", index_set: int, words: str
) -> None:
    """A conversion needs questions of the event, and their NOs."""
    group = markets["neg0"].neg_risk_market_id
    ended = await done(relay, await relay.send(convert(group, index_set, MICRO)))
    assert (ended["state"], ended["error_msg"]) == ("STATE_INVALID", words)


async def test_winners_are_redeemed(
    venue: "Venue", relay: Relay, markets: "Markets", conditions: Conditions
) -> None:
    """Before the payout a redemption reverts; after it, tokens become dollars and are gone."""
    conditions.auto_redeem_s = None
    market = markets["plain"]
    venue.exchange.split("deposit", market.id, Qty(TEN))
    redeem = sets(ADAPTER, REDEEM, market.condition_id)
    early = await done(relay, await relay.send(redeem))
    assert early["error_msg"] == "result for condition not received yet"
    venue.face.resolve(market.condition_id, Px(250_000))
    await trio.sleep(61)
    assert (await done(relay, await relay.send(redeem)))["state"] == "STATE_CONFIRMED"
    assert venue.people["deposit"].cash == 1000 * MICRO
    assert venue.exchange.position("deposit", market.id) == (0, 0)


async def test_markets_of_the_second_protocol_use_the_router(
    venue: "Venue", relay: Relay, markets: "Markets"
) -> None:
    """The Router splits, merges and redeems conditions of 31 bytes."""
    market = markets["v2"]
    cond = short(market.condition_id)
    split = call(ROUTER, ROUTER_SPLIT, ["bytes31", "uint256"], [cond, TEN])
    merge = call(ROUTER, ROUTER_MERGE, ["bytes31", "uint256"], [cond, TEN // 2])
    assert (await done(relay, await relay.send(split, merge)))["state"] == "STATE_CONFIRMED"
    assert venue.exchange.position("deposit", market.id) == (TEN // 2, TEN // 2)
    venue.face.resolve(market.condition_id, Px(0))
    await trio.sleep(61)
    types, values = ["bytes31", "uint256", "uint256"], [cond, 1, TEN // 2]
    redeem = call(ROUTER, ROUTER_REDEEM, types, values)
    assert (await done(relay, await relay.send(redeem, nonce=1)))["state"] == "STATE_CONFIRMED"
    assert venue.people["deposit"].cash == 1000 * MICRO
    wrong = sets(ADAPTER, SPLIT, market.condition_id, TEN)
    ended = await done(relay, await relay.send(wrong, nonce=2))
    assert ended["state"] == "STATE_INVALID"


async def test_orders_without_cover_are_cancelled(
    venue: "Venue", relay: Relay, markets: "Markets"
) -> None:
    """A batch may take what resting orders count on: the venue cancels those, the newest first."""
    deposit, market = venue.people["deposit"], markets["plain"]
    old = await deposit.place(market.tokens[0], "BUY", "1000", "0.5")
    new = await deposit.place(market.tokens[0], "BUY", "500", "0.5")
    split = sets(ADAPTER, SPLIT, market.condition_id, 400 * MICRO)
    assert (await done(relay, await relay.send(split)))["state"] == "STATE_CONFIRMED"
    assert (await deposit.order(old.body["orderID"]))["status"] == "LIVE"
    status = (await deposit.order(new.body["orderID"]))["status"]
    assert status == "CANCELED_NOT_ENOUGH_BALANCE"
    await deposit.place(market.tokens[0], "SELL", "400", "0.6")
    merge = sets(ADAPTER, MERGE, market.condition_id, 100 * MICRO)
    assert (await done(relay, await relay.send(merge, nonce=1)))["state"] == "STATE_CONFIRMED"
    assert venue.exchange.levels(market.id)[1] == ()


async def test_approvals_can_be_taken_back(
    venue: "Venue", relay: Relay, markets: "Markets"
) -> None:
    """Without an allowance orders are refused, and given again they are taken."""
    deposit, market = venue.people["deposit"], markets["plain"]
    exchange = "0xE111180000d2663C0091e4f400237545B87B996B"
    types = ["address", "uint256"]
    for amount, status in ((0, 400), (2**256 - 1, 200)):
        approve = call(PUSD, APPROVE, types, [exchange, amount])
        approve_all = call(CTF, APPROVE_ALL, ["address", "bool"], [exchange, amount > 0])
        nonce = 0 if status == 400 else 1
        await done(relay, await relay.send(approve, approve_all, nonce=nonce))
        said = await deposit.place(market.tokens[0], "BUY", "10", "0.5")
        assert said.status == status
        asked = {"asset_type": "COLLATERAL", "signature_type": "3"}
        shown = (await deposit.ask("GET", "/balance-allowance", None, **asked)).body
        assert shown["allowances"][exchange] == str(amount)
        if status == 400:
            assert said.body["error"].startswith(
                "not enough balance / allowance: the allowance is not enough -> "
            )


@pytest.mark.parametrize(
    ("target", "selector", "words"),
    [
        (ADAPTER, "deadbeef", "no function 0xdeadbeef at"),
        ("0x" + "77" * 20, SPLIT, "is not a contract that is relayed to"),
        (OLD_ADAPTER, SPLIT, "retired since 2026-07-17"),
        (CTF, SPLIT, "no function 0x72ce4275 at"),
    ],
)
async def test_calls_that_are_not_relayed(
    relay: Relay, markets: "Markets", target: str, selector: str, words: str
) -> None:
    """An unknown contract or function is refused with a reason, not tried."""
    said = await relay.send(sets(target, selector, markets["plain"].condition_id, TEN))
    assert said.status == 400
    assert words in said.body["error"]


@pytest.mark.parametrize("cut", [5, 40, 200])
async def test_calldata_that_is_cut_short(relay: Relay, markets: "Markets", cut: int) -> None:
    """Arguments that end too early are refused."""
    target, data = sets(ADAPTER, SPLIT, markets["plain"].condition_id, TEN)
    said = await relay.send((target, data[:cut]))
    assert said.status == 400


async def test_who_may_send(venue: "Venue", relay: Relay, markets: "Markets") -> None:
    """A relayer key sends for its own wallet, a builder key for anybody; others are turned away."""
    body = relay.body(sets(ADAPTER, SPLIT, markets["plain"].condition_id, TEN))
    assert (await venue.ask_json("POST", "/submit", body, {})).status == 401
    forged = {**relay.key, "RELAYER_API_KEY": "00000000-0000-4000-8000-000000000000"}
    assert (await venue.ask_json("POST", "/submit", body, forged)).status == 401
    other = Relay(venue.people["other"])
    said = await venue.ask_json("POST", "/submit", body, other.key)
    assert (said.status, "of this signer" in said.body["error"]) == (400, True)
    headers = await builder_headers(venue, json.dumps(body))
    assert (await venue.ask_json("POST", "/submit", body, headers)).status == 200
    spoiled = {**headers, "POLY_BUILDER_PASSPHRASE": "no"}
    assert (await venue.ask_json("POST", "/submit", body, spoiled)).status == 401


async def builder_headers(venue: "Venue", text: str) -> dict[str, str]:
    """The headers of a builder key of somebody else, made through the API."""
    key = (await venue.people["other"].ask("POST", "/auth/builder-api-key")).body
    timestamp = str(venue.now_s())
    secret = base64.urlsafe_b64decode(key["secret"])
    digest = hmac.digest(secret, f"{timestamp}POST/submit{text}".encode(), hashlib.sha256)
    return {
        "POLY_BUILDER_API_KEY": key["key"],
        "POLY_BUILDER_PASSPHRASE": key["passphrase"],
        "POLY_BUILDER_TIMESTAMP": timestamp,
        "POLY_BUILDER_SIGNATURE": base64.urlsafe_b64encode(digest).decode(),
    }


async def test_a_builder_key_has_a_daily_share(
    venue: "Venue", relay: Relay, markets: "Markets", conditions: Conditions
) -> None:
    """The share used up, a builder waits for the next day."""
    conditions.relaying.builder_daily = 1
    body = relay.body(sets(ADAPTER, SPLIT, markets["plain"].condition_id, TEN))
    headers = await builder_headers(venue, json.dumps(body))
    assert (await venue.ask_json("POST", "/submit", body, headers)).status == 200
    refused = await venue.ask_json("POST", "/submit", body, headers)
    assert (refused.status, "retry-after" in refused.headers) == (429, True)


async def test_builder_keys_are_listed_and_revoked(venue: "Venue") -> None:
    """A revoked key is still listed, with its end."""
    bot = venue.people["bot"]
    made = (await bot.ask("POST", "/auth/builder-api-key")).body
    (listed,) = (await bot.ask("GET", "/auth/builder-api-key")).body
    assert (listed["key"], listed["revokedAt"]) == (made["key"], None)
    assert (await bot.ask("DELETE", "/auth/builder-api-key")).body == "OK"
    (listed,) = (await bot.ask("GET", "/auth/builder-api-key")).body
    assert listed["revokedAt"] is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "WALLET-CREATE"}, "none is deployed here"),
        ({"type": "SOMETHING"}, "unknown transaction type 'SOMETHING'"),
        ({"nonce": 0}, "nonce must be a string"),
        ({"from": "0x12"}, "from is no address"),
        ({"to": PUSD}, "goes to the wallet factory"),
        ({"depositWalletParams": None}, "depositWalletParams is missing"),
    ],
)
async def test_bodies_that_make_no_sense(
    relay: Relay, markets: "Markets", change: dict[str, Any], words: str
) -> None:
    """A body that is not a signed batch is refused with a reason."""
    body = relay.body(sets(ADAPTER, SPLIT, markets["plain"].condition_id, TEN))
    said = await relay.submit({**body, **change})
    assert (said.status, words in said.body["error"]) == (400, True), said


async def test_an_expired_batch(venue: "Venue", relay: Relay, markets: "Markets") -> None:
    """A batch is sent before its deadline or not at all."""
    split = sets(ADAPTER, SPLIT, markets["plain"].condition_id, TEN)
    said = await relay.send(split, deadline=venue.now_s())
    assert (said.status, "deadline" in said.body["error"]) == (400, True)


async def test_older_reads(venue: "Venue", relay: Relay, markets: "Markets") -> None:
    """The older paths tell of the same transactions."""
    sent = await relay.send(sets(ADAPTER, SPLIT, markets["plain"].condition_id, TEN))
    found = await venue.ask("GET", "/transaction", id=sent.body["transactionID"])
    assert [row["state"] for row in found.body] == ["STATE_NEW"]
    mine = await venue.ask("GET", "/transactions", None, relay.key)
    assert mine.body == found.body
    assert await venue.read("/nonce", address=relay.signer, type="WALLET") == {"nonce": "0"}
    payload = await venue.read("/relay-payload", address=relay.signer, type="PROXY")
    assert (len(payload["address"]), payload["nonce"]) == (42, "0")
    plain = {"address": venue.people["bot"].wallet.funder}
    assert await venue.read("/deployed", **plain) == {"deployed": False}


async def test_neg_risk_sets_use_their_own_adapter(
    venue: "Venue", relay: Relay, markets: "Markets"
) -> None:
    """Questions of a negative-risk event are split at the other adapter, and only there."""
    market = attrs.evolve(markets["neg0"])
    right = sets(NEG_RISK_ADAPTER, SPLIT, market.condition_id, TEN)
    wrong = sets(ADAPTER, SPLIT, market.condition_id, TEN)
    assert (await done(relay, await relay.send(wrong)))["state"] == "STATE_INVALID"
    assert (await done(relay, await relay.send(right)))["state"] == "STATE_CONFIRMED"
    assert venue.exchange.position("deposit", market.id)[list(Outcome).index(Outcome.NO)] == TEN
