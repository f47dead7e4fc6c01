"""How fast the simulated venues serve: book messages, orders, and 30,000 markets from a cold start.

Each venue runs in a process of its own (sim_load.py) without order flow; the client is this
process, over a real loopback socket, and does as little as a client can: it counts frames and
checks answers.

- A book message is one `price_change` of Polymarket (one level, told for both tokens, some 600
  bytes) or one `orderbook_delta` of Kalshi (some 290 bytes), made by a real order that comes or
  goes in a book of some 30 levels, in bursts of 20 as a maker moves its quotes.
- An order is signed beforehand, as its venue wants it: EIP-712 and HMAC on Polymarket, Ed25519
  on Kalshi; the venue checks everything, and it rests. One of them a request, or batches of 15.
- A cold start is `python -m arb sim --markets 30000` until both venues have answered a request.

Machine times vary by a factor of two where others use it too: the server's own time a message says
more than the rate. Run: python benchmarks/sim_serving.py [--quick]
"""

import base64
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx

from arb.market.instruments import Action, Venue
from arb.market.units import MICRO, Ns
from arb.venues.kalshi.config import KalshiCredentials
from arb.venues.kalshi.signing import Signer
from arb.venues.polymarket.config import PolymarketCredentials
from arb.venues.polymarket.session import ApiKey, PolymarketSession
from arb.venues.polymarket.signing import OrderTerms, OrderType, PolymarketSigner

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
CREDIT = 500
"""Messages that a byte to the venue's standard input is worth (see sim_load.py)."""
AHEAD = 4
"""Credits at once: fewer messages than either venue lets a client fall behind."""
CONNECTIONS = 8
BATCH = 15
PATIENCE_S = 120.0
GOALS = {"messages": 20_000, "orders": 1_000, "start_s": 15, "rss_mb": 1_500}

Json = dict[str, Any]


@attrs.frozen
class Server:
    """A venue in a process of its own."""

    process: "subprocess.Popen[bytes]"
    about: Json

    def pay(self, times: int) -> None:
        """Let so many more `CREDIT`s of messages come."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"+" * times)
        self.process.stdin.flush()

    def cpu_s(self) -> float:
        """What the process has used of the processor, in seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def connect(self) -> socket.socket:
        """Open one more connection."""
        host, _, port = self.about["url"].removeprefix("http://").partition(":")
        return socket.create_connection((host, int(port)), timeout=PATIENCE_S)


@contextmanager
def served(venue: Venue) -> Iterator[Server]:
    command = [sys.executable, str(ROOT / "benchmarks" / "sim_load.py"), venue]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        yield Server(process, json.loads(process.stdout.readline()))
        assert process.stdin is not None
        process.stdin.close()


# --- book messages ------------------------------------------------------------------------------


class Reader:
    """One WebSocket client that counts text frames. Frames of servers come unmasked."""

    def __init__(self, connection: socket.socket) -> None:
        self.frames = 0
        self.bytes = 0
        self._socket = connection
        self._buffer = b""

    def open(self, path: str, headers: Sequence[str]) -> None:
        """Do the handshake."""
        nonce = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", *headers]
        lines += ["Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {nonce}"]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._socket.recv(65536)
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        assert b" 101 " in head, head

    def send(self, message: Json) -> None:
        """Send one text frame."""
        data = json.dumps(message).encode()
        size = bytes([0x80 | len(data)])
        if len(data) > 125:
            size = b"\xfe" + len(data).to_bytes(2, "big")
        self._socket.sendall(b"\x81" + size + bytes(4) + data)

    def read(self, frames: int) -> None:
        """Wait until so many text frames have come."""
        while True:
            self._take()
            if self.frames >= frames:
                return
            more = self._socket.recv(1 << 18)
            assert more, "the venue hung up"
            self._buffer += more

    def _take(self) -> None:
        at, data = 0, self._buffer
        while (size := _frame_size(data, at)) and at + size <= len(data):
            assert data[at] & 15 != 8, data[at : at + size]
            self.frames += data[at] & 15 == 1
            self.bytes += size
            at += size
        self._buffer = data[at:]


def _frame_size(data: bytes, at: int) -> int:
    """Header and payload of the frame that begins here; 0 where its header is not all there."""
    if len(data) - at < 2:
        return 0
    size = data[at + 1]
    wide = {126: 2, 127: 8}.get(size, 0)
    if len(data) - at < 2 + wide:
        return 0
    return 2 + wide + (int.from_bytes(data[at + 2 : at + 2 + wide], "big") if wide else size)


def subscribe(venue: Venue, reader: Reader, about: Json) -> int:
    """Follow the busy market; returns how many frames come first."""
    if venue is Venue.POLYMARKET:
        reader.open("/ws/market", [])
        reader.send({"type": "market", "assets_ids": [about["busy"]]})
        return 1
    path = "/trade-api/ws/v2"
    signed = kalshi_signer(about).headers("GET", path)
    reader.open(path, [f"{name}: {value}" for name, value in signed.items()])
    params = {"channels": ["orderbook_delta"], "market_tickers": [about["busy"]]}
    reader.send({"id": 1, "cmd": "subscribe", "params": params})
    return 2


def measure_messages(venue: Venue, rounds: int) -> None:
    with served(venue) as server, server.connect() as connection:
        reader = Reader(connection)
        first = subscribe(venue, reader, server.about)
        reader.read(first)
        reader.bytes = 0
        began, cpu = time.perf_counter(), server.cpu_s()
        server.pay(AHEAD)
        for done in range(1, rounds + 1):
            reader.read(first + done * CREDIT)
            if done + AHEAD <= rounds:
                server.pay(1)
        took, cpu = time.perf_counter() - began, server.cpu_s() - cpu
    count = rounds * CREDIT
    detail = f"{reader.bytes // count} bytes each, {cpu / count * 1e6:.0f} us of the server's time"
    tell(f"{venue} messages/s to one client", count / took, GOALS["messages"], detail)


# --- orders -------------------------------------------------------------------------------------


@attrs.frozen
class Post:
    """A request that is ready to leave, and how many orders are in it."""

    data: bytes
    orders: int


def http_post(path: str, headers: Json, body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def kalshi_signer(about: Json) -> Signer:
    credentials = KalshiCredentials(about["key_id"], about["private_key_pem"])
    return Signer(credentials, lambda: Ns(time.time_ns()))


def kalshi_posts(about: Json, orders: int, batch: int) -> list[Post]:
    signer, path = kalshi_signer(about), "/trade-api/v2/portfolio/events/orders"
    bodies = [kalshi_order(about["markets"], number) for number in range(orders)]
    if batch == 1:
        return [Post(kalshi_post(signer, path, body), 1) for body in bodies]
    return [
        Post(kalshi_post(signer, f"{path}/batched", {"orders": some}), len(some))
        for some in in_steps(bodies, batch)
    ]


def kalshi_post(signer: Signer, path: str, body: Json) -> bytes:
    headers = {**signer.headers("POST", path), "Content-Type": "application/json"}
    return http_post(path, headers, json.dumps(body).encode())


def kalshi_order(markets: Sequence[Any], number: int) -> Json:
    ticker, shard = markets[number % len(markets)]
    return {
        "ticker": ticker,
        "client_order_id": f"bench-{number}",
        "side": "bid",
        "count": "1.00",
        "price": "0.0100",
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
        "exchange_index": shard,
    }


def polymarket_posts(about: Json, orders: int, batch: int) -> list[Post]:
    session = polymarket_session(about)
    payloads = [polymarket_order(session, about["markets"], number) for number in range(orders)]
    if batch == 1:
        return [Post(polymarket_post(session, "/order", one), 1) for one in payloads]
    return [
        Post(polymarket_post(session, "/orders", some), len(some))
        for some in in_steps(payloads, batch)
    ]


def polymarket_post(session: PolymarketSession, path: str, payload: object) -> bytes:
    body = json.dumps(payload, separators=(",", ":")).encode()
    return http_post(path, session.headers("POST", path, body), body)


def polymarket_order(session: PolymarketSession, markets: Sequence[Any], number: int) -> Json:
    token, version, neg_risk = markets[number % len(markets)]
    terms = OrderTerms(token, Action.BUY, 50_000, 5 * MICRO, version, neg_risk)
    signed = session.signer.sign(terms, Ns(time.time_ns()))
    return signed.payload(session.key.owner, OrderType.GTC)


def polymarket_session(about: Json) -> PolymarketSession:
    credentials = PolymarketCredentials(about["private_key"], about["wallet"], 0)
    signer = PolymarketSigner(credentials, random.Random(1))
    asked = urllib.request.Request(  # noqa: S310 - our own address
        f"{about['url']}/auth/api-key",
        method="POST",
        headers=signer.login_headers(int(time.time())),
    )
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - our own address
        key = ApiKey.parse(answer.read())
    return PolymarketSession(signer, httpx.AsyncClient(), lambda: Ns(time.time_ns()), key)


def in_steps(things: list[Json], step: int) -> list[list[Json]]:
    return [things[at : at + step] for at in range(0, len(things), step)]


def measure_orders(
    venue: Venue, posts_of: Callable[[Json, int, int], list[Post]], orders: int, batch: int
) -> None:
    with served(venue) as server:
        posts = posts_of(server.about, orders, batch)
        connections = [server.connect() for _ in range(CONNECTIONS)]
        began, cpu = time.perf_counter(), server.cpu_s()
        for some in (posts[at : at + CONNECTIONS] for at in range(0, len(posts), CONNECTIONS)):
            for connection, post in zip(connections, some, strict=False):
                connection.sendall(post.data)
            for connection, post in zip(connections, some, strict=False):
                check_answer(venue, read_answer(connection), post.orders)
        took, cpu = time.perf_counter() - began, server.cpu_s() - cpu
        for connection in connections:
            connection.close()
    how = "one a request" if batch == 1 else f"{batch} a request"
    detail = f"{how}, {cpu / orders * 1e6:.0f} us of the server's time"
    tell(f"{venue} orders/s accepted", orders / took, GOALS["orders"], detail)


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    size = next(int(one.partition(":")[2]) for one in lines if one.startswith("content-length"))
    while len(body) < size:
        body += connection.recv(65536)
    return int(lines[0].split()[1]), body


def check_answer(venue: Venue, answer: tuple[int, bytes], orders: int) -> None:
    """Every order must have been taken."""
    status, body = answer
    assert status in {200, 201}, (status, body[:300])
    taken = b'"success":true' if venue is Venue.POLYMARKET else b'"order_id":"'
    assert body.count(taken) == orders, body[:600]


# --- cold start ---------------------------------------------------------------------------------


def measure_start(markets: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        out = Path(home) / "venues.json"
        command = [sys.executable, "-m", "arb", "sim", "--out", str(out)]
        began = time.perf_counter()
        with subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--markets", str(markets)],
            cwd=ROOT,
            env=ENVIRONMENT,
            stderr=subprocess.DEVNULL,
        ) as process:
            wait_for(out, process)
            about = json.loads(out.read_text())
            for url in (f"{about['polymarket']['gamma']}/markets?limit=1", market_list(about)):
                with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own address
                    assert answer.status == 200
            took = time.perf_counter() - began
            rss = peak_rss_mb(process.pid)
            process.send_signal(signal.SIGTERM)
    tell(f"cold start of {markets:,} markets, s", took, GOALS["start_s"], "less is better")
    tell("... its peak memory, MB", rss, GOALS["rss_mb"], "less is better")


def market_list(about: Json) -> str:
    return f"{about['kalshi']['rest']}/markets?limit=1"


def wait_for(out: Path, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_S
    while not out.exists():
        assert process.poll() is None, "the venues ended"
        assert time.monotonic() < until, "the venues did not come up"
        time.sleep(0.01)


def peak_rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def tell(what: str, figure: float, goal: float, detail: str) -> None:
    print(f"{what:<42} {figure:>10,.1f}   {figure / goal:>5.2f} x goal {goal:,}   ({detail})")


def main() -> None:
    quick = "--quick" in sys.argv
    for venue in Venue:
        measure_messages(venue, 20 if quick else 120)
    for batch in (1, BATCH):
        orders = 300 if quick else 3_000
        measure_orders(Venue.POLYMARKET, polymarket_posts, orders, batch)
        measure_orders(Venue.KALSHI, kalshi_posts, orders, batch)
    measure_start(1_000 if quick else 30_000)


if __name__ == "__main__":
    main()
