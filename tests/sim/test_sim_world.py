"""The simulated world on virtual time: reproducible, honest, and never at an end."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import coincurve
import pytest
import trio
import trio.testing
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from arb.market.instruments import Venue
from arb.market.units import MICRO, Px, Qty, complement
from arb.sim.catalogue import Kind, Mix
from arb.sim.flow.pace import Pace
from arb.sim.flow.traders import TRADERS
from arb.sim.hosting import Hosting, host_virtually
from arb.sim.members import MEMBERS, ReadyMember
from arb.sim.world import World
from tests.fakes.sim_world import CASH, Log, build, live, now_ns, watch

ROOT = Path(__file__).resolve().parents[2]
CALM = Pace(look_s=60.0, noise_s=600.0, news_s=900.0, misread_s=900.0)
"""So little happens that days take seconds."""
NOTHING = Mix(**dict.fromkeys(attrs.asdict(Mix()), 0) | {"most_answers": 12})


def logged(seed: int, seconds: float) -> list[tuple[Any, ...]]:
    """What both engines tell of a world."""
    log = Log()

    async def body(world: World) -> None:
        for exchange in world.exchanges.values():
            exchange.listeners.append(log)
        await trio.lowlevel.checkpoint()

    live(seed, seconds, body)
    return log.lines


def test_one_seed_is_one_history_and_another_seed_another() -> None:
    """The same seed gives the same matches and book changes, to the last one."""
    assert logged(5, 60) == logged(5, 60)
    assert logged(5, 60) != logged(6, 60)


RECORD = """
import sys
from pathlib import Path
from tests.sim.test_sim_world import record
record(Path(sys.argv[1]))
"""


def record(path: Path) -> None:
    """Write everything that clients hear of a world in a minute; called in processes of its own."""

    async def main() -> None:
        await host_virtually(build(3), Hosting(record=path, for_s=95.0), now_ns)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def test_every_frame_is_the_same_whatever_the_hash_seed(tmp_path: Path) -> None:
    """Clients that hear everything hear the same bytes in two processes, endings included."""
    digests = set()
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.jsonl"
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", RECORD, str(path)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            check=True,
        )
        heard = path.read_bytes()
        assert heard.count(b"price_change") > 500
        assert heard.count(b"orderbook_delta") > 500
        assert b"determined" in heard
        digests.add(hashlib.sha256(heard).hexdigest())
    assert len(digests) == 1


def test_the_books_are_busy_and_never_crossed() -> None:
    """Tens of changes a second, trades among them, and no bid at or above an ask."""
    log, crossed = Log(), []

    def look(world: World) -> None:
        for exchange in world.exchanges.values():
            if log not in exchange.listeners:
                exchange.listeners.append(log)
        for question in world.catalogue.questions:
            for one in question.listed:
                bids, asks = world.exchanges[one.venue].levels(one.market)
                if bids and asks and bids[0][0] >= asks[0][0]:
                    crossed.append(one.market)

    watch(7, 60, look)
    assert crossed == []
    assert 60 * 40 < sum(line[0] == "book" for line in log.lines) < 60 * 250
    assert sum(line[0] == "match" for line in log.lines) > 20


def test_money_is_conserved_among_the_accounts() -> None:
    """What nobody paid in fees is still there: cash plus a dollar a pair, venue by venue."""
    totals: list[int] = []

    def look(world: World) -> None:
        for exchange in world.exchanges.values():
            accounts = [*(member.name for member in MEMBERS), *TRADERS]
            cash = sum(sum(exchange.cash(account).values()) for account in accounts)
            fees = sum(exchange.fees_paid(account) for account in accounts)
            yes = no = 0
            for account in accounts:
                held = exchange.positions(account).values()
                yes += sum(one for one, _ in held)
                no += sum(other for _, other in held)
            assert yes == no
            totals.append(cash + fees + yes)

    watch(9, 20, look)
    assert len(set(totals[0::2])) == 1
    assert len(set(totals[1::2])) == 1


def test_the_flow_is_never_refused_and_leaves_nothing_behind() -> None:
    """A world may live for days: its own traders keep what rests and forget the rest."""
    refused: list[int] = []
    kept: list[int] = []

    def look(world: World) -> None:
        refused.append(world.flow.refused.total())
        for exchange in world.exchanges.values():
            for account in TRADERS:
                orders = list(exchange.orders_of(account))
                assert all(order.open for order in orders)
                assert exchange.matches_of(account) == []
                kept.append(len(orders))

    watch(11, 90, look)
    assert refused[-1] == 0
    assert 0 < max(kept) <= 2 * min(count for count in kept if count)


def test_the_first_question_ends_after_a_minute_and_the_world_goes_on() -> None:
    """Questions end now and then for hours; as many are open at the end as at the start."""
    ended: list[int] = []
    open_now: list[int] = []

    def look(world: World) -> None:
        ended.append(world.flow.endings.ended)
        open_now.append(sum(1 for _ in world.flow.topics))

    watch(5, 4 * 3_600, look, 30.0, pace=CALM)
    assert ended[0] == 0
    assert ended[3] >= 1
    assert ended[20] >= 2
    assert ended[-1] > ended[len(ended) // 2] >= 5
    assert abs(open_now[-1] - open_now[0]) <= 1


def test_both_venues_say_the_same_about_the_same_question() -> None:
    """Every true pair that ended paid alike on both venues, opposites the other way round; makers
    were gone before."""
    worlds: list[World] = []
    mix = attrs.evolve(NOTHING, both_games=25, false_twins=4)

    def look(world: World) -> None:
        worlds[:] = [world]
        for topic in world.flow.topics:
            left_s = (topic.question.subject.ends_ns - now_ns()) / 1e9
            for quoted in topic.quoted:
                if 0 < left_s < 15:
                    assert quoted.orders == {}

    watch(2, 3 * 86_400, look, 10.0, pace=CALM, mix=mix)
    world = worlds[0]
    both, opposite = 0, 0
    for twins in world.catalogue.twins:
        kalshi = world.exchanges[Venue.KALSHI].payout(twins.kalshi)
        poly = world.exchanges[Venue.POLYMARKET].payout(twins.polymarket)
        if twins.same and kalshi is not None and poly is not None:
            assert kalshi == (complement(poly) if twins.inverted else poly)
            both, opposite = both + 1, opposite + twins.inverted
    assert both > 20
    assert 0 < opposite < both
    assert {world.exchanges[Venue.KALSHI].payout(t.kalshi) for t in world.catalogue.twins} >= {
        0,
        MICRO,
    }


def test_a_new_question_is_listed_and_quoted_where_one_ended() -> None:
    """Both venues describe what was listed later, and its books have two sides."""
    seen: list[tuple[int, int]] = []
    mix = attrs.evolve(NOTHING, polymarket_games=4, kalshi_games=4)

    def look(world: World) -> None:
        for question in world.catalogue.questions[8:]:
            assert question.recipe.kind is Kind.GAME
            for one in question.listed:
                if one.venue is Venue.POLYMARKET:
                    assert one.market in world.polymarket.shelf.markets
                else:
                    assert one.market.removeprefix("kalshi:") in world.kalshi.board.markets
                bids, asks = world.exchanges[one.venue].levels(one.market)
                seen.append((len(bids), len(asks)))

    watch(4, 1_800, look, 20.0, pace=CALM, mix=mix)
    assert sum(bids > 1 and asks > 1 for bids, asks in seen) > 20


@pytest.mark.parametrize("member", MEMBERS, ids=[member.name for member in MEMBERS])
def test_members_have_the_keys_and_the_cash_that_they_are_said_to_have(
    member: ReadyMember,
) -> None:
    """The wallet is the key's address; each member begins with the same cash on both venues."""
    secret = bytes.fromhex(member.polymarket_key.removeprefix("0x"))
    public = coincurve.PrivateKey(secret).public_key.format(compressed=False)[1:]
    assert to_checksum_address(keccak(public)[12:]) == member.polymarket_signer
    assert member.api_key.member.account == member.name
    assert "PRIVATE KEY" in member.kalshi_credentials["private_key_pem"]

    async def main() -> None:
        accounts = build(1).accounts(member.name)
        assert accounts["polymarket"]["cash"] == {"0": CASH}
        assert accounts["kalshi"]["cash"] == {"0": CASH, "2": CASH // 2}
        assert accounts["polymarket"]["redeemable"] == {}
        await trio.lowlevel.checkpoint()

    trio.run(main)


def test_what_was_won_can_be_redeemed_until_it_is() -> None:
    """Contracts of an ended market count as redeemable at what they pay."""

    async def body(world: World) -> None:
        exchange = world.exchanges[Venue.POLYMARKET]
        market = next(q for q in world.catalogue.questions if q.polymarket).polymarket[0]
        exchange.split("alice", market, Qty(7 * MICRO))
        exchange.resolve(market, Px(MICRO))
        assert world.accounts("alice")["polymarket"]["redeemable"] == {market: 7 * MICRO}
        exchange.redeem("alice", market)
        assert world.accounts("alice")["polymarket"]["redeemable"] == {}
        await trio.lowlevel.checkpoint()

    live(3, 1, body)
