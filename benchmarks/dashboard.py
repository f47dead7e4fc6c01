"""What the dashboard costs: pages beside trading, a first page among 30,000 markets, an hour open.

    python -m benchmarks.dashboard            all three
    python -m benchmarks.dashboard orders     order latency without and with ten pages

Pages are read by a process of their own, as browsers are. Figures are of this machine; the ratio is
what counts.
"""

import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import trio
from playwright.sync_api import CDPSession, sync_playwright

from arb.board import Board
from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.messages import BooksSeen, FeedId, FeedSeen
from arb.metrics.health import HealthLimits
from arb.web.broadcast import Broadcast
from arb.web.markets import Directory
from arb.web.routes import Desk
from arb.web.sections import sections
from arb.web.server import ADDRESS_FILE, Place, WebServer
from tests.fakes.markets import make_market

ROOT = Path(__file__).resolve().parents[1]
PAGES = 10
ROUNDS = 3
RUN_S = 45
MARKETS = 30_000
HOUR_OF_EVENTS = 3_600 * 5
"""An hour at five a second."""
SETTINGS = """
[run]
kill_file = "{home}/KILL"
[sim]
speed_ppm = 6000000
[web]
port = 0
"""


# --- orders -------------------------------------------------------------------------------------


def measure_orders() -> None:
    """Order latency of whole runs, without pages and with them, in turns."""
    print(f"order latency, {ROUNDS} runs of {RUN_S} s each way, {PAGES} pages", flush=True)
    alone: list[dict[str, float]] = []
    watched: list[dict[str, float]] = []
    for number in range(ROUNDS):
        for found, pages in ((alone, 0), (watched, PAGES)):
            found.append(_one_run(seed=number, pages=pages))
            print(f"  seed {number}, {pages:2} pages: {_told(found[-1])}", flush=True)
    for stage in ("decision", "ack"):
        base, with_pages = (_typical([one[stage] for one in runs]) for runs in (alone, watched))
        change = (with_pages / base - 1) * 100
        print(f"  {stage} p99: {base:.2f} ms alone, {with_pages:.2f} ms watched, {change:+.1f} %")


def _told(figures: dict[str, float]) -> str:
    return ", ".join(f"{stage} p99 {ms:.2f} ms" for stage, ms in figures.items())


def _typical(figures: list[float]) -> float:
    return sorted(figures)[len(figures) // 2]


def _one_run(seed: int, pages: int) -> dict[str, float]:
    with _bot(seed) as url:
        readers = [multiprocessing.Process(target=_read, args=(url,)) for _ in range(pages)]
        for reader in readers:
            reader.start()
        time.sleep(RUN_S)
        vitals = httpx.get(f"{url}/api/state", timeout=30).json()["vitals"]
        for reader in readers:
            reader.kill()
            reader.join()
    return {one["stage"]: one["p99_us"] / 1_000 for one in vitals["latencies"]}


def _read(url: str) -> None:
    with httpx.stream("GET", f"{url}/api/stream", timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                json.loads(line[6:])


@contextmanager
def _bot(seed: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "more.toml").write_text(SETTINGS.format(home=home))
        words = ["run", "--seed", str(seed), "--settings", str(home / "more.toml")]
        command = [sys.executable, "-m", "arb", *words, "--data-dir", str(home / "var")]
        with subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            address = home / "var" / ADDRESS_FILE
            while not (address.exists() and address.read_text()):
                time.sleep(0.2)
            yield json.loads(address.read_text())["url"]
            process.terminate()


# --- a browser ----------------------------------------------------------------------------------


def measure_browser() -> None:
    """The first page with 30,000 markets, and what an hour of events leaves behind."""
    folder = Path(tempfile.mkdtemp())
    server = multiprocessing.Process(target=trio.run, args=(_serve, folder))
    server.start()
    try:
        address = folder / ADDRESS_FILE
        while not (address.exists() and address.read_text()):
            time.sleep(0.1)
        _browse(json.loads(address.read_text())["url"])
    finally:
        server.kill()
        server.join()
        shutil.rmtree(folder)


async def _serve(folder: Path) -> None:
    """A board of 30,000 markets on which something happens all the time, as fast as pages take it.

    Its clock runs a fifth of a second from one state to the next.
    """
    ticks = 0

    def now_ns() -> Ns:
        return Ns(1_760_000_000_000_000_000 + ticks * 200_000_000)

    board = Board(now_ns, now_ns())

    def read() -> dict[str, object]:
        nonlocal ticks
        ticks += 1
        board.take(FeedSeen(FeedId("kalshi:0"), connected=True, frames=50, note=""))
        board.take(BooksSeen(MARKETS, MARKETS - ticks % 7, 0, ticks * 40, 0, 0))
        return {**sections(board, {}), "ticks": ticks}

    markets = [make_market(f"M{number}", Venue.KALSHI) for number in range(MARKETS)]
    desk = Desk(
        board=board,
        broadcast=Broadcast(read, 32),
        directory=Directory({market.id: market for market in markets}),
        run={
            "mode": "paper",
            "venues": "sim",
            "sends": True,
            "problems": [],
            "markets": MARKETS,
            "leg_timeout_ms": 5_000,
            "run": "benchmark",
        },
        health=HealthLimits(10**15, 0, 10**15, 10**15),
        verb_key="none",
        give_verb=_refuse,
        leftovers=_nothing,
    )
    await WebServer(Place("127.0.0.1", 0, None, folder), desk, 0.002).run()


async def _refuse(*_: object) -> str:  # noqa: ASYNC124 - what a desk is given awaits
    return "not here"


async def _nothing() -> list[dict[str, object]]:  # noqa: ASYNC124 - the same
    return []


def _browse(url: str) -> None:
    with sync_playwright() as playwright:
        found = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page()
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            page.goto(url)
            page.wait_for_selector("#markets .rows li")
            times.append(time.perf_counter() - begun)
        print(f"first page with {MARKETS:,} markets: {sorted(times)[2] * 1e3:.0f} ms (median of 5)")
        session = page.context.new_cdp_session(page)
        _grow(session, url, lambda: page.wait_for_timeout(1_000))
        browser.close()


def _grow(session: CDPSession, url: str, wait: Callable[[], None]) -> None:
    session.send("Performance.enable")
    for _ in range(5):
        wait()
    start, before = _ticks(url), _heap(session)
    while _ticks(url) - start < HOUR_OF_EVENTS:
        wait()
    after = _heap(session)
    print(f"{_ticks(url) - start:,} states later (an hour at five a second):")
    for name, figure in after.items():
        print(f"  {name}: {before[name]:,} before, {figure:,} after")


def _ticks(url: str) -> int:
    found: int = httpx.get(f"{url}/api/state").json()["ticks"]
    return found


def _heap(session: CDPSession) -> dict[str, int]:
    session.send("HeapProfiler.collectGarbage")
    told = session.send("Performance.getMetrics")["metrics"]
    wanted = {
        "JSHeapUsedSize": "bytes of JavaScript",
        "Nodes": "nodes",
        "JSEventListeners": "listeners",
    }
    return {wanted[one["name"]]: int(one["value"]) for one in told if one["name"] in wanted}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("orders", "browser"))
    what = parser.parse_args().what
    if what != "orders":
        measure_browser()
    if what != "browser":
        measure_orders()


if __name__ == "__main__":
    main()
