"""Records what a client that follows every market of both venues is sent, frame by frame.

It is a client like any other: it comes in by the in-process network, signs its handshake, pings,
follows new markets as they are announced, and connects again when it is hung up on. What stands
between clients and venues (delays, faults) stands between the recorder and them too.

A line is {"recv_ts_ns": ..., "venue": ..., "raw": "<the frame's text>"}.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from io import BufferedWriter
from pathlib import Path
from typing import Protocol

import attrs
import msgspec
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from arb.market.errors import ArbError, Refused, Unreachable
from arb.market.instruments import Venue
from arb.market.units import Clock, Ns
from arb.venues.protocols import Socket, Sockets

TOKENS_A_CONNECTION = 1_000
"""Polymarket publishes no limit; large sets are known to stall, and one dump is one frame."""
TICKERS_A_COMMAND = 1_000
"""So that no command grows beyond tens of kilobytes."""
KEEPALIVE_S = 10.0
"""Docs: market-channel. Kalshi pings by itself."""
AGAIN_S = 1.0
"""Before a lost connection is opened again."""
FLUSH_S = 1.0
"""A recording on disk is never further behind than this."""
_NS_PER_MS = 1_000_000


class RecordingFailed(ArbError):
    """The recording cannot be written; the text names the file and the reason."""


class RecordingFile:
    """One recording: whole lines, in the order of arrival."""

    def __init__(self, path: Path) -> None:
        """Begin a new file. Raises RecordingFailed where it cannot be opened."""
        self.path = path
        self.frames: Counter[str] = Counter()
        """Frames written, by venue."""
        if path.suffix != ".jsonl":
            raise RecordingFailed(f"{path}: a recording is plain JSON lines: name it *.jsonl")
        try:
            self._file: BufferedWriter = path.open("wb")
        except OSError as error:
            raise self._failed(error) from error

    def write(self, at_ns: Ns, venue: Venue, raw: str) -> None:
        """Add one frame. Raises RecordingFailed where the disk takes no more."""
        line = {"recv_ts_ns": at_ns, "venue": venue.value, "raw": raw}
        try:
            self._file.write(msgspec.json.encode(line) + b"\n")
        except OSError as error:
            raise self._failed(error) from error
        self.frames[venue.value] += 1

    def flush(self) -> None:
        """Give everything to the operating system. Raises RecordingFailed where it refuses."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """End the recording. Raises RecordingFailed where its last lines cannot be written."""
        try:
            self._file.close()
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> RecordingFailed:
        return RecordingFailed(f"{self.path}: {error.strerror or type(error).__name__}")


# --- what is said on a connection ---------------------------------------------------------------


class Conversation(Protocol):
    """What the recorder says on one connection."""

    @property
    def venue(self) -> Venue:
        """Whose connection it is."""
        ...

    @property
    def keepalive(self) -> str:
        """What must be said every `KEEPALIVE_S` seconds; empty where nothing must."""
        ...

    def headers(self, now_ns: Ns) -> Sequence[tuple[str, str]]:
        """What the handshake carries."""
        ...

    def opening(self) -> list[str]:
        """What is said first, on every new connection."""
        ...

    def answer(self, raw: str) -> list[str]:
        """What is said to a frame."""
        ...


@attrs.define(eq=False)
class TokenBooks:
    """The books of some Polymarket tokens."""

    tokens: list[str]
    venue = Venue.POLYMARKET
    keepalive = "PING"

    def headers(self, now_ns: Ns) -> Sequence[tuple[str, str]]:  # noqa: ARG002 - see Conversation
        """Nothing: the stream is public."""
        return ()

    def opening(self) -> list[str]:
        """Subscribe to all of them at once."""
        return [_encode({"type": "market", "assets_ids": self.tokens})]

    def answer(self, raw: str) -> list[str]:
        """Follow the books of markets that are announced here, where any are."""
        tokens = _announced_tokens(raw)
        self.tokens += tokens
        return [_encode({"operation": "subscribe", "assets_ids": tokens})] if tokens else []


@attrs.define(eq=False)
class Announcements(TokenBooks):
    """Everything that Polymarket tells to everybody, and the books of what is listed anew.

    A client without tokens and with custom features is told of every new market.
    """

    def opening(self) -> list[str]:
        """Ask for custom features."""
        return [
            _encode({"type": "market", "assets_ids": self.tokens, "custom_feature_enabled": True})
        ]


@attrs.define(eq=False)
class KalshiMarkets:
    """The books of Kalshi's markets, all trades, and what happens to markets."""

    tickers: list[str]
    key_id: str
    key: Ed25519PrivateKey
    path: str
    venue = Venue.KALSHI
    keepalive = ""
    _commands: int = 0

    def headers(self, now_ns: Ns) -> Sequence[tuple[str, str]]:
        """Sign the handshake (docs: websocket connection)."""
        stamp = str(now_ns // _NS_PER_MS)
        signature = self.key.sign(f"{stamp}GET{self.path}".encode())
        return [
            ("KALSHI-ACCESS-KEY", self.key_id),
            ("KALSHI-ACCESS-TIMESTAMP", stamp),
            ("KALSHI-ACCESS-SIGNATURE", base64.b64encode(signature).decode()),
        ]

    def opening(self) -> list[str]:
        """Subscribe to the books in steps, and to the rest as a whole."""
        self._commands = 0
        books = [
            self._subscribe(["orderbook_delta"], market_tickers=some, skip_ticker_ack=True)
            for some in _in_steps(self.tickers, TICKERS_A_COMMAND)
        ]
        return [*books, self._subscribe(["trade"]), self._subscribe(["market_lifecycle_v2"])]

    def answer(self, raw: str) -> list[str]:
        """Follow the book of a market that is announced."""
        ticker = _created_ticker(raw)
        if not ticker:
            return []
        self.tickers.append(ticker)
        more = {"market_tickers": [ticker], "skip_ticker_ack": True}
        return [self._subscribe(["orderbook_delta"], **more)]

    def _subscribe(self, channels: list[str], **params: object) -> str:
        self._commands += 1
        return _encode(
            {
                "id": self._commands,
                "cmd": "subscribe",
                "params": {"channels": channels, **params},
            }
        )


def polymarket_conversations(tokens: Iterable[str]) -> list[TokenBooks]:
    """Everything to be said to Polymarket, connection by connection."""
    steps = _in_steps(list(tokens), TOKENS_A_CONNECTION)
    return [Announcements([]), *(TokenBooks(some) for some in steps)]


def kalshi_conversation(
    tickers: Iterable[str], path: str, *, key_id: str, private_key_pem: str
) -> KalshiMarkets:
    """What is to be said to Kalshi. Raises Refused where the key is no Ed25519 key."""
    key = load_pem_private_key(private_key_pem.encode(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused("the recorder signs with Ed25519 keys only")
    return KalshiMarkets(list(tickers), key_id, key, path)


# --- the recorder -------------------------------------------------------------------------------


class Recorder:
    """Writes down what comes in on every conversation. Bounded: it keeps nothing but names."""

    def __init__(self, file: RecordingFile, sockets: Sockets, now_ns: Clock) -> None:
        """Take the file, the way to the venues and the clock that frames are stamped by."""
        self.counts: Counter[str] = Counter()
        """Connections that ended, by why; each was opened again."""
        self.frames: Counter[str] = file.frames
        self._file = file
        self._sockets = sockets
        self._now_ns = now_ns

    async def run(
        self,
        conversations: Iterable[tuple[str, Conversation]],
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Record until cancelled; started once everything is subscribed to.

        `conversations` come with their addresses. Raises RecordingFailed where the file ends.
        """
        async with trio.open_nursery() as nursery:
            for url, conversation in conversations:
                await nursery.start(self._follow, url, conversation)
            nursery.start_soon(self._flush)
            task_status.started()

    async def _follow(
        self, url: str, conversation: Conversation, *, task_status: trio.TaskStatus[None]
    ) -> None:
        """Keep one connection open: a venue hangs up on whom it likes."""
        subscribed = False
        while True:
            try:
                headers = conversation.headers(self._now_ns())
                async with self._sockets.open(url, headers) as socket:
                    for text in conversation.opening():
                        await socket.send(text)
                    if not subscribed:
                        subscribed = True
                        task_status.started()
                    await self._converse(socket, conversation)
            except (Refused, Unreachable) as error:
                self.counts[f"{conversation.venue}: {type(error).__name__}"] += 1
            await trio.sleep(AGAIN_S)

    async def _converse(self, socket: Socket, conversation: Conversation) -> None:
        """Listen and answer until the connection ends."""
        async with trio.open_nursery() as nursery:
            if conversation.keepalive:
                nursery.start_soon(_keep_alive, socket, conversation.keepalive)
            with suppress(Unreachable):
                await self._listen(socket, conversation)
            nursery.cancel_scope.cancel(reason="the connection ended")
        self.counts[f"{conversation.venue}: hung up on"] += 1

    async def _listen(self, socket: Socket, conversation: Conversation) -> None:
        while True:
            frame = await socket.receive()
            raw = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
            self._file.write(self._now_ns(), conversation.venue, raw)
            for text in conversation.answer(raw):
                await socket.send(text)

    async def _flush(self) -> None:
        while True:
            await trio.sleep(FLUSH_S)
            self._file.flush()


async def _keep_alive(socket: Socket, text: str) -> None:
    """Say that we are here; the listener hears of a connection that ended."""
    with suppress(Unreachable):
        while True:
            await trio.sleep(KEEPALIVE_S)
            await socket.send(text)


# --- frames -------------------------------------------------------------------------------------


def _announced_tokens(raw: str) -> list[str]:
    """Both tokens of a market that a frame announces; none for any other frame."""
    message = _decode(raw) if '"new_market"' in raw else None
    if not isinstance(message, dict) or message.get("event_type") != "new_market":
        return []
    tokens = message.get("assets_ids")
    return [one for one in tokens if isinstance(one, str)] if isinstance(tokens, list) else []


def _created_ticker(raw: str) -> str:
    """The ticker of a market that a frame announces; empty for any other frame."""
    message = _decode(raw) if '"market_lifecycle_v2"' in raw else None
    if not isinstance(message, dict) or message.get("type") != "market_lifecycle_v2":
        return ""
    about = message.get("msg")
    if not isinstance(about, dict) or about.get("event_type") != "created":
        return ""
    ticker = about.get("market_ticker")
    return ticker if isinstance(ticker, str) else ""


def _decode(raw: str) -> object:
    """The frame, or None where it is malformed: it is recorded as it came either way."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _encode(message: object) -> str:
    return msgspec.json.encode(message).decode()


def _in_steps(names: Sequence[str], step: int) -> list[list[str]]:
    return [list(names[at : at + step]) for at in range(0, len(names), step)]
