"""From a decision to the last byte of its orders in the kernel: ours, and the official client's.

    python benchmarks/orders.py

Two legs, one on each venue, over warm TLS connections on loopback, to venues in a process of
their own. Ours is what a run does: the placer, the intent durable in a real store before anything
leaves, the adapters, the HTTP client. The official Python client (with coincurve) signs and posts
the Polymarket leg alone and writes nothing down. What is measured ends when the kernel has the
last byte; answers are waited for outside of it. The two take turns, so that the machine's other
work meets both.

Then ours again while somebody else floods the log and reads the whole store over and over.
"""

import contextlib
import logging
import multiprocessing
import os
import random
import socket
import sqlite3
import ssl
import statistics
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import h11
import httpx
import msgspec
import trio
import trustme
from py_clob_client_v2.client import ClobClient
from py_clob_client_v2.clob_types import ApiCreds, OrderArgsV2, PartialCreateOrderOptions
from py_clob_client_v2.http_helpers import helpers

from arb.actors.store_writer import StoreWriter
from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Action,
    EventId,
    KalshiRef,
    Market,
    MarketId,
    Outcome,
    PolymarketRef,
    Venue,
)
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import BasketId, NewOrder, OrderEnded, OrderId, OrderSent, Trouble
from arb.placing import Patience, Placer
from arb.risk.rate import OrderRate
from arb.sim.members import MEMBERS
from arb.sim.polymarket.payload import parse_order
from arb.sim.polymarket.signatures import Domain, order_hash
from arb.store.journal import Journal
from arb.store.port import StorePort, StoreRequest
from arb.venues.kalshi.config import KalshiCredentials, KalshiUrls
from arb.venues.kalshi.orders import KalshiOrders
from arb.venues.polymarket.config import PolymarketCredentials
from arb.venues.polymarket.orders import PolymarketOrders
from arb.venues.polymarket.session import ApiKey, PolymarketSession
from arb.venues.polymarket.signing import PolymarketSigner
from arb.venues.sockets.http_connections import HttpConnections
from arb.venues.sockets.pipe import TcpPipe
from arb.venues.wire import http_client

ROUNDS, WARM_UP = 400, 30
P50_MS, P99_MS, RATIO, CHANGE = 1.0, 3.0, 6.0, 0.20
BOT = MEMBERS[0]
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # noqa: S105 - of nothing
TOKEN = "71321045679252212594626385532706912750332728571942532289631379312455583992563"  # noqa: S105 - a contract
QTY = Qty(10 * MICRO)
NANO = 1e6


# --- the venues ---------------------------------------------------------------------------------


def serve(listener: socket.socket, certificate: Path) -> None:
    """Answer every order as filled, on as many connections as come."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    while True:
        tcp, _ = listener.accept()
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=talk, args=(tls.wrap_socket(tcp, server_side=True),)).start()


def talk(line: ssl.SSLSocket) -> None:
    """One connection: request after request."""
    http = h11.Connection(h11.SERVER)
    with contextlib.suppress(OSError):
        while True:
            target, body = heard(http, line)
            answer = answer_to(target, body)
            head = [("content-type", "application/json"), ("content-length", str(len(answer)))]
            status = 201 if "portfolio" in target else 200
            for event in (
                h11.Response(status_code=status, headers=head),
                h11.Data(data=answer),
                h11.EndOfMessage(),
            ):
                line.sendall(http.send(event) or b"")
            http.start_next_cycle()


def heard(http: h11.Connection, line: ssl.SSLSocket) -> tuple[str, bytes]:
    target, body = "", b""
    while True:
        event = http.next_event()
        match event:
            case h11.NEED_DATA:
                data = line.recv(65_536)
                if not data:
                    raise OSError("hung up")
                http.receive_data(data)
            case h11.Request():
                target = event.target.decode()
            case h11.Data():
                body += event.data
            case h11.EndOfMessage():
                return target, body
            case _:
                raise OSError(event)


def answer_to(target: str, body: bytes) -> bytes:
    if "portfolio" in target:
        asked = msgspec.json.decode(body)
        return msgspec.json.encode(
            {
                "order_id": "venue-" + asked["client_order_id"],
                "client_order_id": asked["client_order_id"],
                "fill_count": asked["count"],
                "remaining_count": "0.00",
            }
        )
    if target.startswith("/tick-size"):
        return b'{"minimum_tick_size":0.01}'
    request = parse_order(body)
    amount = str(Decimal(QTY) / MICRO)
    return msgspec.json.encode(
        {
            "success": True,
            "errorMsg": "",
            "orderID": order_hash(request.signed, Domain.V2),
            "status": "matched",
            "takingAmount": amount,
            "makingAmount": amount,
        }
    )


# --- when the kernel has it ---------------------------------------------------------------------


class LastByte:
    """When the kernel took the last of what was written, whoever wrote it."""

    def __init__(self) -> None:
        self.at_ns = 0
        flush, send, sendall = TcpPipe.flush, ssl.SSLSocket.send, ssl.SSLSocket.sendall

        def pipe_flush(pipe: TcpPipe) -> bool:
            is_sent = flush(pipe)
            self.at_ns = time.perf_counter_ns()
            return is_sent

        def ssl_send(line: ssl.SSLSocket, data: bytes, flags: int = 0) -> int:
            sent = send(line, data, flags)
            self.at_ns = time.perf_counter_ns()
            return sent

        def ssl_sendall(line: ssl.SSLSocket, data: bytes, flags: int = 0) -> None:
            sendall(line, data, flags)
            self.at_ns = time.perf_counter_ns()

        pipe: Any = TcpPipe
        pipe.flush = pipe_flush
        plain: Any = ssl.SSLSocket
        plain.send, plain.sendall = ssl_send, ssl_sendall


# --- ours ---------------------------------------------------------------------------------------


def market(venue: Venue) -> Market:
    """Where a leg is placed."""
    return Market(
        id=MarketId(f"{venue}:m"),
        venue=venue,
        event=EventId(f"{venue}:e"),
        title="Will it?",
        label="",
        ref=KalshiRef("KXIT-26", 0)
        if venue is Venue.KALSHI
        else PolymarketRef("0x" + "c8" * 32, TOKEN, TOKEN, neg_risk=False, protocol="v1"),
        grid=PriceGrid.of_tick(10_000),
        lot=Qty(10_000),
        min_qty=Qty(10_000),
        min_take_usd=Usd(0),
        fees=KalshiFees(70_000, 0) if venue is Venue.KALSHI else PolymarketFees(40_000),
        closes_ns=None,
    )


LEGS = (market(Venue.POLYMARKET), market(Venue.KALSHI))

Reports = trio.MemorySendChannel[OrderSent | OrderEnded]


@attrs.define
class Ours:
    """The program's way to the venues."""

    placer: Placer
    last: LastByte
    reports: trio.MemoryReceiveChannel[OrderSent | OrderEnded]
    number: int = 0

    async def basket(self) -> list[int]:
        """Place both legs; returns the nanoseconds from each decision to the last byte."""
        took = []
        for leg in LEGS:
            self.number += 1
            order = NewOrder(
                id=OrderId(f"order-{self.number}"),
                basket=BasketId("b"),
                market=leg,
                outcome=Outcome.YES,
                action=Action.BUY,
                qty=QTY,
                limit=Px(500_000),
                created_ns=Ns(time.time_ns()),
            )
            started = time.perf_counter_ns()
            filled = await self.placer.place(order)
            took.append(self.last.at_ns - started)
            if filled != QTY:
                raise RuntimeError(f"{leg.venue}: {filled}")
        while self.reports.statistics().current_buffer_used:
            self.reports.receive_nowait()
        return took


async def in_thread(call: Callable[[], None], /) -> None:
    await trio.to_thread.run_sync(call)


def placer_of(port: StorePort, url: str, tls: ssl.SSLContext, sent: Reports) -> Placer:
    """As a run builds it."""
    clients = [http_client(url, HttpConnections(lambda: tls)) for _ in range(2)]
    credentials = PolymarketCredentials(BOT.polymarket_key, BOT.polymarket_wallet, 0)
    signer = PolymarketSigner(credentials, random.Random(1))
    key = ApiKey("owner", b"secret", SECRET, "pass")
    clock: Callable[[], Ns] = lambda: Ns(time.time_ns())  # noqa: E731 - one clock for all
    pem = str(BOT.kalshi_credentials["private_key_pem"])
    kalshi = KalshiOrders(
        KalshiUrls(rest=f"{url}/trade-api/v2", ws=""),
        KalshiCredentials(BOT.kalshi_key_id, pem),
        clients[1],
        clock,
    )
    poly = PolymarketOrders(PolymarketSession(signer, clients[0], clock, key), clock)
    troubles, _ = trio.open_memory_channel[Trouble](1_000)
    return Placer(
        orders={Venue.POLYMARKET: poly, Venue.KALSHI: kalshi},
        store=port,
        reports=sent,
        troubles=troubles,
        rate=OrderRate(10**9),
        patience=Patience(5.0, 20.0, 6.0, 0.25, 60.0),
        now_ns=clock,
    )


# --- theirs -------------------------------------------------------------------------------------


class Theirs:
    """The official client, as its README uses it."""

    def __init__(self, url: str, tls: ssl.SSLContext, last: LastByte) -> None:
        vars(helpers)["_http_client"] = httpx.Client(http2=True, verify=tls)
        creds = ApiCreds(api_key="owner", api_secret=SECRET, api_passphrase="pass")  # noqa: S106 - of nothing
        self.client = ClobClient(url, 137, key=BOT.polymarket_key, creds=creds)
        self.last = last

    def order(self) -> int:
        """Sign and post one order; returns the nanoseconds to the last byte."""
        started = time.perf_counter_ns()
        args = OrderArgsV2(token_id=TOKEN, price=0.5, size=10, side="BUY")
        known = PartialCreateOrderOptions(tick_size="0.01", neg_risk=False, version=2)
        signed = self.client.create_order(args, known)
        self.client.post_order(signed, "GTC", defer_exec=True)
        return self.last.at_ns - started


# --- noise --------------------------------------------------------------------------------------


@contextlib.contextmanager
def noise(store: Path) -> Iterator[None]:
    """A log flood in this process, and a slow reader of the whole store in another."""
    over = threading.Event()
    log = logging.getLogger("arb.flood")
    log.propagate = False
    with (store.parent / "flood.log").open("w") as file:
        log.addHandler(logging.StreamHandler(file))
        log.setLevel(logging.INFO)
        flood = threading.Thread(target=keep_logging, args=(log, over))
        reader = multiprocessing.Process(target=keep_reading, args=(store,), daemon=True)
        flood.start()
        reader.start()
        try:
            yield
        finally:
            over.set()
            flood.join()
            reader.terminate()
            reader.join()


def keep_logging(log: logging.Logger, over: threading.Event) -> None:
    """Two thousand lines a second: what a program in trouble says."""
    while not over.wait(0.005):
        for number in range(10):
            log.info("trouble number=%d venue=%s", number, "kalshi")


def keep_reading(store: Path) -> None:
    """One long read after another, as a report makes it."""
    db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    while True:
        db.execute("select count(*), sum(length(body)) from orders").fetchall()
        time.sleep(0.01)


# --- figures ------------------------------------------------------------------------------------


@attrs.frozen
class Figures:
    """Milliseconds. The fifth percentile is what a machine without other work would show."""

    p5: float
    p50: float
    p99: float

    @classmethod
    def of(cls, took_ns: Sequence[int]) -> "Figures":
        """Percentiles."""
        marks = statistics.quantiles(took_ns, n=100)
        return cls(marks[4] / NANO, marks[49] / NANO, marks[98] / NANO)


async def measure(url: str, tls: ssl.SSLContext, folder: Path) -> None:
    """Both by turns, then ours with noise around it."""
    last, journal = LastByte(), Journal(folder / "arb.db")
    requests, inbox = trio.open_memory_channel[StoreRequest](10_000)
    sent, reports = trio.open_memory_channel[OrderSent | OrderEnded](10_000)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(StoreWriter(journal, inbox, in_thread, print).run)
        ours = Ours(placer_of(StorePort(requests), url, tls, sent), last, reports)
        theirs = Theirs(url, tls, last)
        quiet, official = await by_turns(ours.basket, theirs.order)
        with noise(folder / "arb.db"):
            loud, _ = await by_turns(ours.basket, lambda: 0)
        nursery.cancel_scope.cancel()
    journal.close()
    tell(quiet, official, loud)


async def by_turns(
    ours: Callable[[], Awaitable[list[int]]], theirs: Callable[[], int]
) -> tuple[list[list[int]], list[int]]:
    """So many rounds of each; the first few only warm up."""
    mine: list[list[int]] = []
    others: list[int] = []
    for _ in range(WARM_UP + ROUNDS):
        mine.append(await ours())
        others.append(theirs())
    return mine[WARM_UP:], others[WARM_UP:]


def tell(quiet: list[list[int]], official: list[int], loud: list[list[int]]) -> None:
    """Print figures and ratios, and whether the goals are met."""
    both, theirs = Figures.of([sum(one) for one in quiet]), Figures.of(official)
    poly, kalshi = (Figures.of([one[leg] for one in quiet]) for leg in range(2))
    noisy = Figures.of([sum(one) for one in loud])
    for name, one in {
        "ours, Polymarket leg": poly,
        "ours, Kalshi leg": kalshi,
        "ours, two legs": both,
        "official client, Polymarket leg": theirs,
        "ours, two legs, log flood and slow reader": noisy,
    }.items():
        print(f"{name:<44} p5 {one.p5:7.3f} ms   p50 {one.p50:7.3f} ms   p99 {one.p99:7.3f} ms")
    print(f"two legs: goal p50 {P50_MS} ms: {met(both.p50 <= P50_MS)}; p99 {P99_MS} ms:"
          f" {met(both.p99 <= P99_MS)}")  # fmt: skip
    ratio = theirs.p50 / poly.p50
    print(
        f"the official client takes {ratio:.1f} times as long (goal {RATIO}: {met(ratio >= RATIO)})"
    )
    change = noisy.p99 / both.p99 - 1
    print(f"p99 changes by {change:+.0%} under noise (goal {CHANGE:.0%}: {met(change <= CHANGE)})")
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def met(is_met: bool) -> str:  # noqa: FBT001 - a word for it
    return "met" if is_met else "MISSED"


def main() -> None:
    """Start the venues, measure, print."""
    authority = trustme.CA()
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as listener:
        certificate = Path(name) / "server.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        venues = multiprocessing.Process(target=serve, args=(listener, certificate), daemon=True)
        venues.start()
        try:
            url = f"https://127.0.0.1:{listener.getsockname()[1]}"
            trio.run(measure, url, client, Path(name))
        finally:
            venues.terminate()


if __name__ == "__main__":
    main()
