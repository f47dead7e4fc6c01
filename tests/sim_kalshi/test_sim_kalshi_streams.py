"""Streams beyond the common case: markets by id, shared messages, quiet channels, bad doors."""

from typing import TYPE_CHECKING

import attrs
import pytest

from arb.market.errors import Refused
from tests.sim_kalshi.test_sim_kalshi_socket import BOOKS, GTC, subscribe

if TYPE_CHECKING:
    from arb.sim.kalshi.auth import Member
    from tests.sim_kalshi.conftest import Desk


async def test_markets_by_id(desk: "Desk") -> None:
    """Ticker and trade channels take markets by id, in subscriptions and in updates."""
    ids = {one.facts.ticker: one.uuid for one in desk.face.board}
    async with desk.listen() as frames:
        await subscribe(frames, ["ticker"], market_ids=[ids["SIM-1-A"]])
        await frames.say(
            "update_subscription", sid=1, action="add_markets", market_id=ids["SIM-1-B"]
        )
        (ok,) = await frames.hear_all()
        assert ok["msg"] == {"market_tickers": ["SIM-1-A", "SIM-1-B"]}
        for ticker in ("SIM-1-A", "SIM-1-B", "SIM-1-C"):
            desk.post(ticker, "yes", "0.30", "1")
            desk.post(ticker, "no", "0.30", "1")
            await desk.client().order(ticker, "bid", "1", "0.70")
        heard = {one["msg"]["market_ticker"] for one in await frames.hear_all()}
    assert heard == {"SIM-1-A", "SIM-1-B"}


async def test_many_clients_share_one_message(desk: "Desk") -> None:
    """Clients with other numbers and scales hear the same change, each in its own envelope."""
    async with desk.listen() as plain, desk.listen() as flipped, desk.listen("other") as other:
        for one, more in ((plain, {}), (flipped, {"use_yes_price": True}), (other, {})):
            await subscribe(one, ["trade"])
            await subscribe(one, BOOKS, "SIM-1-A", **more)
        await desk.client().order(
            "SIM-1-A", "ask", "1", "0.60", time_in_force=GTC, client_order_id="mine"
        )
        (mine,), (yes,), (theirs,) = [await one.hear_all() for one in (plain, flipped, other)]
    assert (mine["sid"], mine["seq"]) == (theirs["sid"], theirs["seq"]) == (2, 2)
    assert (mine["msg"]["price_dollars"], yes["msg"]["price_dollars"]) == ("0.4000", "0.6000")
    assert mine["msg"].pop("client_order_id") == "mine"
    assert mine["msg"].pop("subaccount") == 0
    assert mine["msg"] == theirs["msg"]


async def test_quiet_channels(desk: "Desk") -> None:
    """Channels on which nothing ever happens here can be subscribed to and left."""
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["communications", "multivariate_market_lifecycle"])
        heard = await frames.hear_all()
        assert [one["msg"]["sid"] for one in heard] == [1, 2]
        await frames.say("unsubscribe", sids=[1, 2])
        left = await frames.hear_all()
    assert [(one["type"], one["sid"], one["seq"]) for one in left] == [
        ("unsubscribed", 1, 1),
        ("unsubscribed", 2, 1),
    ]


async def test_sockets_elsewhere(desk: "Desk") -> None:
    """A socket on another path is not found, and a key that may not read does not get one."""
    url = "wss://kalshi.test/trade-api/ws/v3"
    with pytest.raises(Refused, match="404"):
        async with desk.network.sockets.open(url, desk.socket_headers()):
            pytest.fail("opened")
    said = await desk.client().ask(
        "POST", "/api_keys/generate", {"name": "x", "key_type": "rsa", "scopes": ["write::trade"]}
    )
    desk.signers["trader"] = desk.signers["bot"].__class__(
        said.body["api_key_id"], desk.signers["bot"].key
    )
    desk.face.doorman.add(
        attrs.evolve(
            desk.face.doorman.keys_of(owner_of(desk))[-1],
            public_key=desk.signers["bot"].key.public_key(),
        )
    )
    with pytest.raises(Refused, match="403"):
        async with desk.listen("trader"):
            pytest.fail("opened")


def owner_of(desk: "Desk") -> "Member":
    owner = desk.face.subaccounts.owner("bot")
    assert owner is not None
    return owner[0]
