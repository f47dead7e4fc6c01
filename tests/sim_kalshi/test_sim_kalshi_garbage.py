"""Whatever clients send, the venue answers with an error of its own and goes on."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from arb.market.units import Ns
from arb.sim.kalshi.auth import ApiKey, Member
from arb.sim.kalshi.calls import Call, Query
from arb.sim.kalshi.errors import ApiError, of_rejection
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.requests import BatchCancelBody, CreateBody, check_form, read_body
from arb.sim.kalshi.settings import StreamRules
from arb.sim.kalshi.subscriptions import Session
from arb.sim.orders import RejectCode, Rejection

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
WORDS = st.sampled_from(
    ["id", "cmd", "params", "channels", "sids", "sid", "action", "market_tickers", "market_ticker"]
)
COMMANDS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(-1, 5) | JSON,
        "cmd": st.sampled_from(["subscribe", "unsubscribe", "update_subscription", "x"]) | JSON,
        "params": st.dictionaries(WORDS, st.lists(st.sampled_from(["trade", "A", 1]))) | JSON,
    },
)


class EmptyDesk:
    """A venue that lists one market."""

    def knows(self, ticker: str) -> bool:
        return ticker == "A"

    def ticker_of(self, market_uuid: str) -> str | None:
        return "A" if market_uuid == "uuid-a" else None

    def snapshot(self, ticker: str, *, yes_price: bool) -> Fields:
        return {"market_ticker": ticker, "yes": yes_price}

    def ticker(self, ticker: str) -> Fields:
        return {"market_ticker": ticker}


def session() -> Session:
    key = ApiKey("k", Ed25519PrivateKey.generate().public_key(), Member("u", "a"))
    return Session(key, EmptyDesk(), lambda: Ns(0), StreamRules())


def call(body: bytes) -> Call:
    return Call(Query([]), {}, body, "application/json", None, Ns(0))


@given(st.binary() | st.text())
def test_any_frame_is_answered(text: str | bytes) -> None:
    """Bytes that are no command are answered with an error frame."""
    (answer,) = session().receive(text)
    assert msgspec.json.decode(answer)["type"] == "error"


@given(st.lists(COMMANDS, max_size=6))
def test_any_command_is_answered(commands: list[dict[str, Any]]) -> None:
    """Commands of any shape give frames, never an exception; `seq` stays without gaps."""
    conversation = session()
    seqs: dict[int, int] = {}
    for command in commands:
        for answer in conversation.receive(msgspec.json.encode(command)):
            frame = msgspec.json.decode(answer)
            if "seq" in frame:
                assert frame["seq"] == seqs.get(frame["sid"], 0) + 1
                seqs[frame["sid"]] = frame["seq"]


@given(st.binary(max_size=60) | JSON.map(msgspec.json.encode))
def test_any_body_is_refused_in_its_shape(body: bytes) -> None:
    """A body is a request, or a flat 400."""
    for kind in (CreateBody, BatchCancelBody):
        error = refusal(partial(read_body, call(body), kind))
        if error is not None:
            assert error.status == 400
            assert set(error.body()) >= {"code", "message"}


def refusal(act: Callable[[], object]) -> ApiError | None:
    """What is said against something, if anything is."""
    try:
        act()
    except ApiError as error:
        return error
    return None


@given(
    count=st.text(max_size=8),
    price=st.text(max_size=8),
    client_id=st.text(max_size=70),
)
def test_any_text_for_a_number(count: str, price: str, client_id: str) -> None:
    """Texts that are no numbers are refused; those that are can be read."""
    body = CreateBody(
        ticker="A",
        side="bid",
        count=count,
        price=price,
        time_in_force="immediate_or_cancel",
        self_trade_prevention_type="maker",
        client_order_id=client_id,
    )
    error = refusal(lambda: check_form(body))
    if error is not None:
        assert error.status == 400
    else:
        assert body.qty >= 0
        assert isinstance(body.micros, int)


@pytest.mark.parametrize("name", ["limit", "cursor", "status", "min_ts", "exchange_index", "depth"])
@pytest.mark.parametrize("value", ["", "-1", "x", "9" * 40, "\u0661", "MQ==", "1.5", "null", "é"])
async def test_any_query_is_answered(desk: "Desk", name: str, value: str) -> None:
    """Odd parameters are a 400 with `msg`, or mean nothing to the route."""
    paths = ["/markets", "/events", "/series", "/markets/trades", "/markets/SIM-1-A/orderbook"]
    paths += [f"/portfolio/{one}" for one in ("orders", "fills", "positions", "balance")]
    for path in [*paths, "/portfolio/settlements"]:
        said = await desk.client().ask("GET", path, **{name: value})
        assert said.status in {200, 400}
        if said.status == 400:
            assert set(said.body) == {"msg"}


async def test_an_expiry_beyond_all_calendars(desk: "Desk") -> None:
    """An expiry that cannot be written as a date is refused."""
    said = await desk.client().order(
        "SIM-1-A",
        "bid",
        "1",
        "0.10",
        time_in_force="good_till_canceled",
        expiration_time=2**62,
    )
    assert (said.status, said.body["error"]["code"]) == (400, "invalid_parameters")


@pytest.mark.parametrize("code", list(RejectCode))
def test_every_rejection_has_words(code: RejectCode) -> None:
    """Whatever the engine refuses has a status and a code on the wire."""
    error = of_rejection(Rejection(code, "because"))
    assert error.status in {400, 404, 409}
    assert error.body()["error"]
