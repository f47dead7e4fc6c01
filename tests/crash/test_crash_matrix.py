"""The bot is killed at the turning points of every kind of basket, on real sockets, and comes back.

`scripts/crash_matrix` does the same before and after every journal write and network step.
"""

import sqlite3
from pathlib import Path

import pytest

from crash.cases import QUICK, Case, attempt
from crash.hosting import Hosted, hosted
from crash.judging import Verdict, judge
from crash.matrix import table, try_all
from crash.process import run_bot
from crash.scene import Scene
from crash.scenes import SCENES

pytestmark = pytest.mark.timeout(110)
"""Some thirty starts of the program, two at a time, on a machine that may be busy."""

BY_KIND = {scene.kind: scene for scene in SCENES}
INTENT, KALSHI = "journal:PreparedOrder", "http:POST /trade-api/v2/portfolio/events/orders"
RELAYER = "http:POST /submit"
DEATHS: dict[str, list[tuple[str, ...]]] = {
    "cross-venue": [
        (f"after:{INTENT}:1",),
        ("after:http:POST /order:1",),
        ("before:journal:OrderFilled:1",),
        ("after:http:POST /order:1", "before:http:GET /data/trades:1"),
        ("after:http:POST /order:1", "after:journal:OrderEnded:1"),
    ],
    "one venue": [(f"after:{KALSHI}:1",)],
    "many legs": [(f"before:{INTENT}:2",)],
    "unwind": [("after:http:POST /order:1",), (f"after:{INTENT}:3",)],
    "cancel": [("before:http:DELETE /order:1",)],
    "cancel, unwind": [("after:http:DELETE /order:1",)],
    "merge": [(f"before:{RELAYER}:1",)],
    "convert, redeem": [
        (f"after:{RELAYER}:1", "before:journal:TurnEnded:1"),
        (f"after:{RELAYER}:2",),
    ],
}


async def test_whenever_it_is_killed_nothing_is_lost_doubled_or_left_open() -> None:
    """After the restart: hedged, flat or never begun, no order twice, all three books alike."""
    cases = [Case(BY_KIND[kind], deaths) for kind, several in DEATHS.items() for deaths in several]
    results = await try_all(cases, lambda _: None, jobs=2)
    assert [result.died for result in results] == [len(result.deaths) for result in results]
    assert all(result.is_good for result in results), "\n".join(table(results))
    assert {result.verdict.outcome for result in results} >= {"hedged", "flat", "turned"}


def test_every_kind_is_tried() -> None:
    """The table above leaves no kind out."""
    assert set(DEATHS) == set(BY_KIND)


async def test_a_moment_that_does_not_come_kills_nobody() -> None:
    """The variable does nothing by itself; the case says how many deaths there were."""
    result = await attempt(Case(BY_KIND["cross-venue"], ("after:http:POST /nowhere:1",)))
    assert result.died == 0
    assert result.is_good


TAMPERING = {
    "a lost fill": ("delete from fills where rowid = 1", "store"),
    "an order of which nothing is known": ("delete from orders where rowid = 1", "no record"),
    "an intent without an end": ("update orders set ended_ns = null", "has no end"),
    "an exposed basket": ("update baskets set sets = 0", "explained 0"),
    "a basket without an end": ("update baskets set ended_ns = null", "has no end"),
    "a fill of another size": ("update orders set filled = filled + 1", "the venue says"),
}


async def test_the_judge_finds_what_is_wrong(tmp_path: Path) -> None:
    """The matrix can fail: whatever is changed in a good store is a violation."""
    scene = BY_KIND["cross-venue"]
    async with hosted(scene, tmp_path) as venues:
        ended = await run_bot(tmp_path, "only", scene.trades_s, QUICK)
        store = tmp_path / "var" / "arb.db"
        assert judge(venues, store, ended) == Verdict("hedged", ())
        for statement, words in TAMPERING.values():
            faults = judge(venues, _tampered(store, tmp_path / "other.db", statement), ended).faults
            assert any(words in fault for fault in faults), statement
        _send_again(venues)
        assert judge(venues, store, ended).faults == ("1 orders were sent twice",)
        venues.turns_sent[b"unheard of"] += 2
        assert judge(venues, store, ended).faults[1:] == (
            "a transaction was sent 2 times",
            "a transaction was sent that the store does not know",
        )


def _tampered(store: Path, copy: Path, statement: str) -> Path:
    """A copy of a store in which something was changed."""
    copy.unlink(missing_ok=True)
    source, target = sqlite3.connect(store), sqlite3.connect(copy)
    try:
        source.backup(target)
        target.execute(statement)
        target.commit()
    finally:
        source.close()
        target.close()
    return copy


def _send_again(venues: Hosted) -> None:
    """As if an order had come in a second time."""
    body = next(iter(venues.orders_sent))
    venues.orders_sent[body] += 1


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.kind)
def test_a_scene_is_the_same_world_whenever_it_is_built(scene: Scene) -> None:
    """The mispricing is planted, not met by luck: books are alike but for the time."""
    first, second = scene.build(), scene.build()
    for venue, exchange in first.exchanges.items():
        markets = [one.market for one in first.catalogue.questions[0].on(venue)]
        assert [exchange.levels(market) for market in markets] == [
            second.exchanges[venue].levels(market) for market in markets
        ]
