"""Frames to test the conversation with."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from arb.market.instruments import Market
from arb.market.units import Ns
from arb.messages import BookBroken, BookChange
from arb.venues.protocols import BookStream

Make = Callable[..., Market]


def frame(kind: str, seq: int | None = None, sid: int | None = 1, /, **msg: object) -> str:
    body: dict[str, object] = {"type": kind, "msg": msg}
    body |= {} if sid is None else {"sid": sid}
    body |= {} if seq is None else {"seq": seq}
    return json.dumps(body) + "\n"


def snapshot(seq: int, ticker: str, **sides: object) -> str:
    return frame("orderbook_snapshot", seq, market_ticker=ticker, **sides)


def delta(seq: int, ticker: str, px: str = "0.4000", qty: str = "5.00", side: str = "yes") -> str:
    told = {"market_ticker": ticker, "price_dollars": px, "delta_fp": qty, "side": side}
    return frame("orderbook_delta", seq, **told)


def subscribed(sid: int = 1, channel: str = "orderbook_delta") -> str:
    return json.dumps({"type": "subscribed", "id": 1, "msg": {"channel": channel, "sid": sid}})


def error(code: int, **more: object) -> str:
    return json.dumps({"type": "error", "id": 9, "msg": {"code": code, "msg": "why"}} | more)


def feed(stream: BookStream, *frames: str | bytes) -> list[BookChange]:
    return [change for one in frames for change in stream.receive(one, Ns(1))]


def commands(stream: BookStream) -> list[dict[str, Any]]:
    return [json.loads(text) for text in stream.replies()]


def broken(changes: Sequence[BookChange]) -> list[str]:
    assert all(isinstance(change, BookBroken) for change in changes)
    return [change.market.removeprefix("kalshi:") for change in changes]
