"""The socket's conversation: commands, acknowledgements, numbers, news and errors."""

from typing import TYPE_CHECKING, Any

import pytest
import trio
import trio.testing

from arb.market.errors import Refused, Unreachable
from arb.sim.kalshi.face import KalshiSettings
from arb.sim.kalshi.limits import PRESTIGE
from arb.sim.kalshi.settings import StreamRules

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk, Frames, OpenDesk

GTC = "good_till_canceled"
BOOKS = ["orderbook_delta"]


async def subscribe(frames: "Frames", channels: list[str], *tickers: str, **more: object) -> None:
    """Subscribe and read away what comes at first."""
    params: dict[str, Any] = {"channels": channels, **more}
    if tickers:
        params["market_tickers"] = list(tickers)
    await frames.say("subscribe", **params)
    await frames.hear_all()


async def fault(
    frames: "Frames", text: str | None = None, cmd: str = "", **command: object
) -> tuple[Any, int]:
    """Say something wrong; returns the number it is answered by and the code of the error."""
    if text is None:
        number = await frames.say(cmd, **command)
    else:
        number = 0
        await frames.socket.send(text)
    frame = await frames.hear()
    assert frame["type"] == "error", frame
    assert frame.get("id", 0) == number
    return frame["msg"]["msg"], frame["msg"]["code"]


# --- subscribing --------------------------------------------------------------------------------


async def test_one_acknowledgement_per_channel(desk: "Desk") -> None:
    """Each channel has its own `subscribed`, its own sid from 1, the sid inside `msg`."""
    channels = ["trade", "fill", "market_lifecycle_v2"]
    async with desk.listen() as frames:
        number = await frames.say("subscribe", channels=channels)
        acks = await frames.hear_all()
    assert acks == [
        {"type": "subscribed", "id": number, "msg": {"channel": channel, "sid": sid}}
        for sid, channel in enumerate(channels, 1)
    ]


async def test_numbers_start_again_on_every_connection(desk: "Desk") -> None:
    """A new connection knows nothing of an old one."""
    for _ in range(2):
        async with desk.listen() as frames:
            await frames.say("subscribe", channels=BOOKS, market_tickers=["SIM-1-A"])
            ack, snapshot = await frames.hear_all()
            assert ack["msg"]["sid"] == snapshot["sid"] == snapshot["seq"] == 1


async def test_snapshots(desk: "Desk") -> None:
    """A subscription starts with every book whole; the key of an empty side is absent."""
    desk.post("SIMM-1-H", "yes", "0.30", "2.50")
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=BOOKS, market_tickers=["SIM-1-A", "SIMM-1-H"])
        _, first, second = await frames.hear_all()
    assert (first["type"], first["seq"], second["seq"]) == ("orderbook_snapshot", 1, 2)
    msg = first["msg"]
    assert msg["market_ticker"] == "SIM-1-A"
    assert msg["yes_dollars_fp"] == [["0.4000", "50.00"], ["0.4100", "10.00"]]
    assert msg["no_dollars_fp"] == [["0.5500", "20.00"], ["0.5600", "10.00"]]
    assert second["msg"]["yes_dollars_fp"] == [["0.3000", "2.50"]]
    assert "no_dollars_fp" not in second["msg"]
    assert "id" not in first


async def test_yes_prices(desk: "Desk") -> None:
    """With `use_yes_price` NO levels are written in YES prices, in snapshots and deltas."""
    async with desk.listen() as frames:
        await frames.say(
            "subscribe", channels=BOOKS, market_tickers=["SIM-1-A"], use_yes_price=True
        )
        _, snapshot = await frames.hear_all()
        desk.post("SIM-1-A", "no", "0.57", "1")
        desk.post("SIM-1-A", "yes", "0.42", "1")
        ask, bid = await frames.hear_all()
    assert snapshot["msg"]["no_dollars_fp"] == [["0.4500", "20.00"], ["0.4400", "10.00"]]
    assert (ask["msg"]["side"], ask["msg"]["price_dollars"]) == ("no", "0.4300")
    assert (bid["msg"]["side"], bid["msg"]["price_dollars"]) == ("yes", "0.4200")


async def test_no_prices(desk: "Desk") -> None:
    """Without the flag NO levels are written in NO prices."""
    async with desk.listen() as frames:
        await subscribe(frames, BOOKS, "SIM-1-A", use_yes_price=False)
        desk.post("SIM-1-A", "no", "0.57", "1")
        frame = await frames.hear()
    assert (
        frame["msg"].items()
        >= {
            "side": "no",
            "price_dollars": "0.5700",
            "delta_fp": "1.00",
            "market_ticker": "SIM-1-A",
            "ts": "2025-10-09T08:53:20Z",
            "ts_ms": 1_760_000_000_000,
        }.items()
    )
    assert (frame["sid"], frame["seq"], frame["sending_ts_ms"]) == (1, 2, 1_760_000_000_000)


async def test_subscribing_again_merges(desk: "Desk") -> None:
    """More tickers on a channel that is there are merged: `ok` with all, then the new books."""
    async with desk.listen() as frames:
        await subscribe(frames, BOOKS, "SIM-1-A")
        number = await frames.say(
            "subscribe", channels=BOOKS, market_tickers=["SIM-1-A", "SIM-1-B"]
        )
        ok, snapshot = await frames.hear_all()
    assert ok == {
        "type": "ok",
        "id": number,
        "sid": 1,
        "seq": 2,
        "msg": {"market_tickers": ["SIM-1-A", "SIM-1-B"]},
    }
    assert (snapshot["seq"], snapshot["msg"]["market_ticker"]) == (3, "SIM-1-B")


async def test_quiet_acknowledgements(desk: "Desk") -> None:
    """With `skip_ticker_ack` the list of tickers is left out."""
    async with desk.listen() as frames:
        await subscribe(frames, BOOKS, "SIM-1-A", skip_ticker_ack=True)
        await frames.say("subscribe", channels=BOOKS, market_tickers=["SIM-1-B"])
        ok = await frames.hear()
    assert ok == {"type": "ok", "id": 2, "sid": 1, "seq": 2}


async def test_updates(desk: "Desk") -> None:
    """Adding, deleting and asking for snapshots; acknowledgements use up numbers, asking not."""
    async with desk.listen() as frames:
        await subscribe(frames, BOOKS, "SIM-1-A")
        await frames.say(
            "update_subscription", sids=[1], action="add_markets", market_tickers=["SIM-1-B"]
        )
        added, snapshot = await frames.hear_all()
        assert (added["type"], added["seq"], snapshot["seq"]) == ("ok", 2, 3)
        await frames.say(
            "update_subscription", sid=1, action="delete_markets", market_ticker="SIM-1-A"
        )
        (deleted,) = await frames.hear_all()
        assert deleted["msg"] == {"market_tickers": ["SIM-1-B"]}
        desk.post("SIM-1-A", "yes", "0.01", "1")
        desk.post("SIM-1-B", "yes", "0.01", "1")
        (delta,) = await frames.hear_all()
        assert (delta["seq"], delta["msg"]["market_ticker"]) == (5, "SIM-1-B")
        await frames.say("update_subscription", sid=1, action="get_snapshot", market_tickers=[])
        assert await frames.hear_all() == []


async def test_unsubscribing(desk: "Desk") -> None:
    """Each sid is answered by its own frame, its last number included; then it is silent."""
    async with desk.listen() as frames:
        await subscribe(frames, ["orderbook_delta", "trade"], "SIM-1-A")
        number = await frames.say("unsubscribe", sids=[1, 2, 3])
        book, trade, unknown = await frames.hear_all()
        assert book == {"type": "unsubscribed", "id": number, "sid": 1, "seq": 2}
        assert trade == {"type": "unsubscribed", "id": number, "sid": 2, "seq": 1}
        assert unknown["msg"] == {"code": 7, "msg": "Unknown subscription ID"}
        desk.post("SIM-1-A", "yes", "0.01", "1")
        await frames.say("list_subscriptions")
        assert await frames.hear_all() == [{"type": "ok", "id": number + 1, "msg": []}]
        await frames.say("subscribe", channels=BOOKS, market_tickers=["SIM-1-A"])
        assert (await frames.hear())["msg"]["sid"] == 3


async def test_listing(desk: "Desk") -> None:
    """Subscriptions are listed with channel and sid, without numbers."""
    async with desk.listen() as frames:
        await subscribe(frames, ["fill", "user_orders"])
        number = await frames.say("list_subscriptions")
        assert await frames.hear() == {
            "type": "ok",
            "id": number,
            "msg": [{"channel": "fill", "sid": 1}, {"channel": "user_orders", "sid": 2}],
        }


async def test_unknown_markets(desk: "Desk") -> None:
    """Known markets are subscribed, unknown ones named in a counted error; none known, no sid."""
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=BOOKS, market_tickers=["SIM-1-A", "NO"])
        ack, snapshot, error = await frames.hear_all()
        assert (ack["type"], snapshot["seq"]) == ("subscribed", 1)
        assert (error["sid"], error["seq"]) == (1, 2)
        assert error["msg"] == {"code": 16, "msg": "Market not found", "market_ticker": "NO"}
        words, code = await fault(
            frames, cmd="subscribe", channels=["trade"], market_tickers=["NO"]
        )
        assert (words, code) == ("Market not found", 16)
        await frames.say(
            "update_subscription", sid=1, action="add_markets", market_tickers=["N1", "N2"]
        )
        ok, error = await frames.hear_all()
        assert ok["type"] == "ok"
        assert error["msg"]["market_tickers"] == ["N1", "N2"]


async def test_one_bad_channel_of_several(desk: "Desk") -> None:
    """An unknown channel gets its own error, and the others are served (recorded traffic)."""
    async with desk.listen() as frames:
        channels = ["trade", "nonsense", "fill"]
        number = await frames.say("subscribe", channels=channels)
        kinds = [(frame["type"], frame["id"]) for frame in await frames.hear_all()]
    assert kinds == [("subscribed", number), ("error", number), ("subscribed", number)]


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "hello", "[]", "1", '{"id":"x","cmd":"subscribe"}', "{"])
async def test_unreadable(desk: "Desk", text: str) -> None:
    """Whatever is no command is answered with code 1, and the connection lives."""
    async with desk.listen() as frames:
        assert await fault(frames, text) == ("Unable to process message", 1)
        await subscribe(frames, ["fill"])


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"cmd": "shout"}, 5),
        ({"cmd": "subscribe"}, 2),
        ({"cmd": "subscribe", "channels": []}, 3),
        ({"cmd": "subscribe", "market_tickers": ["SIM-1-A"]}, 3),
        ({"cmd": "subscribe", "channels": "fill"}, 11),
        ({"cmd": "subscribe", "channels": ["nonsense"]}, 8),
        ({"cmd": "subscribe", "channels": BOOKS}, 14),
        ({"cmd": "subscribe", "channels": BOOKS, "market_tickers": []}, 14),
        ({"cmd": "subscribe", "channels": ["trade"], "market_tickers": [1]}, 11),
        (
            {
                "cmd": "subscribe",
                "channels": ["trade"],
                "market_ticker": "SIM-1-A",
                "market_tickers": ["SIM-1-B"],
            },
            11,
        ),
        ({"cmd": "subscribe", "channels": ["ticker"], "market_id": "x"}, 16),
        ({"cmd": "subscribe", "channels": ["orderbook_delta"], "market_id": "x"}, 11),
        ({"cmd": "subscribe", "channels": ["ticker"], "send_initial_snapshot": "yes"}, 11),
        ({"cmd": "subscribe", "channels": ["trade"], "shard_key": 0}, 20),
        ({"cmd": "subscribe", "channels": ["trade"], "shard_factor": 0}, 19),
        ({"cmd": "subscribe", "channels": ["trade"], "shard_factor": 101, "shard_key": 0}, 22),
        ({"cmd": "subscribe", "channels": ["trade"], "shard_factor": 2, "shard_key": 2}, 21),
        ({"cmd": "subscribe", "channels": ["trade"], "shard_factor": "2"}, 11),
        ({"cmd": "unsubscribe"}, 2),
        ({"cmd": "unsubscribe", "sids": []}, 4),
        ({"cmd": "unsubscribe", "sids": ["1"]}, 11),
        ({"cmd": "unsubscribe", "sids": [9]}, 7),
        ({"cmd": "update_subscription", "sids": [1, 2], "action": "add_markets"}, 12),
        ({"cmd": "update_subscription", "action": "add_markets"}, 12),
        ({"cmd": "update_subscription", "sid": 9, "action": "add_markets"}, 7),
        ({"cmd": "update_subscription", "sid": 1, "market_tickers": ["SIM-1-A"]}, 15),
        ({"cmd": "update_subscription", "sid": 1, "action": "add_markets"}, 14),
        (
            {
                "cmd": "update_subscription",
                "sid": 1,
                "action": "dance",
                "market_tickers": ["SIM-1-A"],
            },
            13,
        ),
        (
            {
                "cmd": "update_subscription",
                "sid": 2,
                "action": "get_snapshot",
                "market_tickers": ["SIM-1-A"],
            },
            13,
        ),
        (
            {
                "cmd": "update_subscription",
                "sid": 2,
                "action": "delete_markets",
                "market_tickers": ["SIM-1-A"],
            },
            11,
        ),
    ],
)
async def test_bad_commands(desk: "Desk", command: dict[str, Any], code: int) -> None:
    """Each kind of wrong command has its code, under the command's own number."""
    async with desk.listen() as frames:
        await subscribe(frames, BOOKS, "SIM-1-A")
        await subscribe(frames, ["fill"])
        assert (await fault(frames, **command))[1] == code


async def test_a_bad_flag_leaves_nothing_behind(desk: "Desk") -> None:
    """A subscription that is refused for one of its flags does not exist, nor uses up a sid."""
    async with desk.listen() as frames:
        for flag in ("use_yes_price", "skip_ticker_ack", "send_initial_snapshot"):
            params: dict[str, Any] = {flag: 1}
            await fault(frames, cmd="subscribe", channels=BOOKS, market_ticker="SIM-1-A", **params)
        await frames.say("list_subscriptions")
        assert (await frames.hear())["msg"] == []
        await frames.say("subscribe", channels=BOOKS, market_ticker="SIM-1-A")
        assert (await frames.hear())["msg"]["sid"] == 1


async def test_command_limit(desk: "Desk") -> None:
    """More than 10,000 commands in a second are refused with code 27."""
    async with desk.listen() as frames:
        session = desk.face.broadcast.connections[0].session
        answers = [session.receive('{"id":1,"cmd":"list_subscriptions"}') for _ in range(10_001)]
        assert '"code":27' in answers[-1][0]
        assert '"ok"' in answers[-2][0]
        desk.offset_ns += 1_000_000
        await frames.say("list_subscriptions")
        assert (await frames.hear())["type"] == "ok"


async def test_connection_limit(open_desk: "OpenDesk") -> None:
    """One member's connections are limited; one more is a 429 at the handshake."""
    desk = open_desk(KalshiSettings(tier=PRESTIGE, streams=StreamRules(connections_per_user=2)))
    async with desk.listen(), desk.listen():
        with pytest.raises(Refused, match="429"):
            async with desk.listen():
                pytest.fail("a third connection")
        async with desk.listen("other"):
            pass
    await trio.testing.wait_all_tasks_blocked()
    assert desk.face.broadcast.connections == []
    async with desk.listen():
        pass


# --- news ---------------------------------------------------------------------------------------


async def test_own_deltas_are_marked(desk: "Desk") -> None:
    """Whoever caused a change sees which order did it; nobody else does."""
    async with desk.listen("bot") as mine, desk.listen("other") as theirs:
        await subscribe(mine, BOOKS, "SIM-1-A")
        await subscribe(theirs, BOOKS, "SIM-1-A")
        await desk.client().order(
            "SIM-1-A", "bid", "2", "0.30", time_in_force=GTC, client_order_id="c-1"
        )
        own, foreign = await mine.hear(), await theirs.hear()
    assert (own["msg"]["client_order_id"], own["msg"]["subaccount"]) == ("c-1", 0)
    assert "client_order_id" not in foreign["msg"]
    assert own["msg"]["delta_fp"] == foreign["msg"]["delta_fp"] == "2.00"


async def test_ticker(desk: "Desk") -> None:
    """Best prices come at first if asked for, then as they change and with every trade."""
    async with desk.listen() as frames:
        await frames.say(
            "subscribe", channels=["ticker"], market_tickers=["SIM-1-A"], send_initial_snapshot=True
        )
        _, first = await frames.hear_all()
        assert (first["msg"]["yes_bid_dollars"], first["msg"]["yes_ask_dollars"]) == (
            "0.4100",
            "0.4400",
        )
        assert "seq" not in first
        desk.post("SIM-1-A", "yes", "0.10", "1")  # far from the best
        assert await frames.hear_all() == []
        desk.post("SIM-1-A", "yes", "0.42", "3")
        (better,) = await frames.hear_all()
        assert better["msg"]["yes_bid_size_fp"] == "3.00"
        await desk.client().order("SIM-1-A", "ask", "1", "0.42")
        traded = await frames.hear_all()
    last = traded[-1]["msg"]
    assert (last["price_dollars"], last["volume_fp"], last["yes_bid_size_fp"]) == (
        "0.4200",
        "1.00",
        "2.00",
    )
    assert last["last_trade_size_fp"] == "1.00"


async def test_all_markets(desk: "Desk") -> None:
    """Without tickers, trades of every market are told, counted by one number."""
    bot = desk.client()
    async with desk.listen() as frames:
        await subscribe(frames, ["trade"])
        await bot.order("SIM-1-A", "ask", "1", "0.41")
        await bot.order("SIM-1-B", "bid", "1", "0.55")
        told = await frames.hear_all()
    assert [(frame["seq"], frame["msg"]["market_ticker"]) for frame in told] == [
        (1, "SIM-1-A"),
        (2, "SIM-1-B"),
    ]
    assert told[0]["msg"]["ts_ms"] == 1_760_000_000_000


async def test_parts_of_all_markets(desk: "Desk") -> None:
    """Two connections with two keys of one factor hear every trade once between them."""
    bot = desk.client()
    tickers = ["SIM-1-A", "SIM-1-B", "SIM-1-C"]
    heard: list[str] = []
    async with desk.listen() as first, desk.listen() as second:
        for key, frames in enumerate((first, second)):
            await subscribe(frames, ["trade"], shard_factor=2, shard_key=key)
        for ticker in tickers:
            await bot.order(ticker, "ask", "1", "0.01")
        for frames in (first, second):
            heard += [frame["msg"]["market_ticker"] for frame in await frames.hear_all()]
    assert sorted(heard) == tickers


async def test_private_news_are_private(desk: "Desk") -> None:
    """Fills, orders and positions reach their member alone, without `seq`, under other names."""
    private = ["fill", "user_orders", "market_positions"]
    async with desk.listen("bot") as mine, desk.listen("other") as theirs:
        await subscribe(mine, private)
        await subscribe(theirs, private)
        await desk.client().order("SIM-1-A", "ask", "15", "0.40", client_order_id="c-1")
        told = await mine.hear_all()
        assert await theirs.hear_all() == []
    assert [frame["type"] for frame in told] == [
        "fill",
        "market_position",
        "fill",
        "market_position",
        "user_order",
    ]
    assert all("seq" not in frame for frame in told)
    assert [frame["msg"]["post_position_fp"] for frame in told if frame["type"] == "fill"] == [
        "-10.00",
        "-15.00",
    ]
    order = told[-1]["msg"]
    assert (order["status"], order["fill_count_fp"], order["last_update_reason"]) == (
        "executed",
        "15.00",
        "Trade",
    )


async def test_maker_news(desk: "Desk") -> None:
    """A resting order is told when it rests, when it fills, and when it is cancelled."""
    maker, bot = desk.client("maker"), desk.client("bot")
    async with desk.listen("maker") as frames:
        await subscribe(frames, ["user_orders", "fill"])
        said = await maker.order("SIM-1-A", "bid", "5", "0.43", time_in_force=GTC)
        (rested,) = await frames.hear_all()
        await bot.order("SIM-1-A", "ask", "2", "0.43")
        fill, partly = await frames.hear_all()
        await maker.ask("DELETE", f"/portfolio/events/orders/{said.body['order_id']}")
        (gone,) = await frames.hear_all()
    assert (rested["msg"]["status"], "last_update_reason" in rested["msg"]) == ("resting", False)
    assert (fill["msg"]["is_taker"], fill["msg"]["fee_cost"]) == (False, "0.000000")
    assert (partly["msg"]["remaining_count_fp"], partly["msg"]["last_update_reason"]) == (
        "3.00",
        "Trade",
    )
    assert (gone["msg"]["status"], gone["msg"]["fill_count_fp"]) == ("canceled", "2.00")
    assert "last_update_reason" not in gone["msg"]


async def test_self_trade_is_told(desk: "Desk") -> None:
    """An order that ends at its member's own is told with that reason."""
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "5", "0.43", time_in_force=GTC)
    async with desk.listen() as frames:
        await subscribe(frames, ["user_orders"])
        await bot.order("SIM-1-A", "bid", "1", "0.43")
        frame = await frames.hear()
    assert (frame["msg"]["status"], frame["msg"]["last_update_reason"]) == (
        "canceled",
        "SelfTradeCancel",
    )


async def test_stepping_aside_is_told_once(desk: "Desk") -> None:
    """With `maker` the own order is told as cancelled, and the taker only in its last state."""
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "5", "0.43", time_in_force=GTC, client_order_id="old")
    async with desk.listen() as frames:
        await subscribe(frames, ["user_orders"])
        await bot.order(
            "SIM-1-A",
            "bid",
            "12",
            "0.44",
            client_order_id="new",
            self_trade_prevention_type="maker",
        )
        told = [frame["msg"] for frame in await frames.hear_all()]
    assert [(msg["client_order_id"], msg["status"]) for msg in told] == [
        ("old", "canceled"),
        ("new", "canceled"),
    ]
    assert told[0]["last_update_reason"] == "SelfTradeCancel"
    assert told[1]["fill_count_fp"] == "10.00"


async def test_new_event(desk: "Desk") -> None:
    """A new event is told on the lifecycle channel under its own type."""
    event = desk.face.board.events["SIM-1"]
    new = type(event)("SIM-2", "SIM", "Which next?", mutually_exclusive=True)
    async with desk.listen() as frames:
        await subscribe(frames, ["market_lifecycle_v2"])
        desk.face.lifecycle.list_event(new)
        frame = await frames.hear()
    assert (frame["type"], frame["msg"]["event_ticker"]) == ("event_lifecycle", "SIM-2")


# --- endings ------------------------------------------------------------------------------------


async def test_leaving_frees_the_connection(desk: "Desk") -> None:
    """A client that leaves is forgotten, also while news keeps coming."""
    async with desk.listen() as frames:
        await subscribe(frames, BOOKS, "SIM-1-A")
        desk.post("SIM-1-A", "yes", "0.01", "1")
    desk.post("SIM-1-A", "yes", "0.01", "1")
    await trio.testing.wait_all_tasks_blocked()
    assert desk.face.broadcast.connections == []
    assert desk.face.broadcast.counts["opened"] == desk.face.broadcast.counts["closed"] == 1


def flicker(desk: "Desk", times: int) -> None:
    """Let an order come and go: two changes each time."""
    for _ in range(times):
        desk.exchange.cancel(desk.post("SIM-1-A", "yes", "0.01", "0.01").id)


async def hear_for_ever(frames: "Frames", heard: list[dict[str, Any]]) -> None:
    while True:
        heard.append(await frames.hear())


async def test_slow_readers_are_hung_up_on(
    desk: "Desk", autojump_clock: trio.testing.MockClock
) -> None:
    """A client that does not read is told so (25) for every sid, then closed; others are not."""
    async with desk.listen() as slow, desk.listen("other") as quick:
        await subscribe(slow, ["orderbook_delta", "trade"], "SIM-1-A")
        await subscribe(quick, BOOKS, "SIM-1-A")
        heard = 0
        while not desk.face.broadcast.counts["too slow"]:
            flicker(desk, 500)
            heard += len(await quick.hear_all())
        late: list[dict[str, Any]] = []
        with pytest.raises(Unreachable, match="1008"):
            await hear_for_ever(slow, late)
    assert [frame["msg"].get("code") for frame in late[-2:]] == [25, 25]
    assert [frame["sid"] for frame in late[-2:]] == [1, 2]
    assert heard >= 10_000
    assert autojump_clock.current_time() < 5


async def test_dead_readers_are_cut(desk: "Desk", autojump_clock: trio.testing.MockClock) -> None:
    """A client that never reads again is dropped after a grace time, not waited for."""
    async with desk.listen() as slow:
        await subscribe(slow, BOOKS, "SIM-1-A")
        while not desk.face.broadcast.counts["too slow"]:
            flicker(desk, 500)
            await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(6)
        assert desk.face.broadcast.connections == []
    assert autojump_clock.current_time() >= 5
