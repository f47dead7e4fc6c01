"""Simulated coins: their prices, the streams that tell them, and the questions that follow them."""

import math
import random
from collections.abc import Callable

import attrs
import pytest
import trio

from arb.market.instruments import Venue
from arb.market.spot import SpotSource, SpotTick, Symbol
from arb.market.units import MICRO, Ns
from arb.sim.catalogue import Kind, Mix
from arb.sim.faults.script import read_fault
from arb.sim.flow.topics import Topic
from arb.sim.hosting import HOSTS
from arb.sim.inprocess import InProcessNetwork
from arb.sim.questions.subject import NS_PER_S
from arb.sim.questions.up_down import COINS, QUARTER_NS, up_down
from arb.sim.serve import Served, describe
from arb.sim.spot.prices import AVERAGE_S, CoinWalk
from arb.sim.world import World
from arb.venues.conversation import converse
from arb.venues.spot.coinbase import CoinbaseSpotLine
from arb.venues.spot.polymarket import PolymarketSpotLine, SpotKey
from arb.venues.spot.protocols import SpotLine, SpotStream
from tests.fakes.sim_world import START_NS, live

MIX = attrs.evolve(Mix.of(40), polymarket_up_down=4)
QUIET = 50_000
"""A twentieth of the usual flow: what is tested here goes on once a second anyway."""
BTC = Symbol("btcusd")
QUARTER = Ns(START_NS // QUARTER_NS * QUARTER_NS + QUARTER_NS)
"""The next one: 100 seconds after the start."""


def up_downs(world: World) -> list[Topic]:
    return [one for one in world.flow.topics if one.question.recipe.kind is Kind.UP_DOWN]


# --- prices ---


@pytest.fixture
def walk() -> CoinWalk:
    return CoinWalk(COINS[0], random.Random(1), Ns(QUARTER))


def go_on(walk: CoinWalk, seconds: int) -> None:
    for _ in range(seconds):
        walk.step(Ns(walk.now.at_ns + NS_PER_S))


def test_an_average_is_that_of_the_minute_before(walk: CoinWalk) -> None:
    """Sixty prices, the last one included; those of the quarters are remembered."""
    go_on(walk, 5)
    last = [second.px for second in walk.told][-AVERAGE_S:]
    assert walk.now.average == sum(last) // AVERAGE_S
    assert walk.average_at(QUARTER) is not None
    assert walk.average_at(Ns(QUARTER + QUARTER_NS)) is None


def test_a_window_is_open_until_its_end_and_then_decided(walk: CoinWalk) -> None:
    """Half before it begins, in between while it lasts, and 0 or 1 as its averages say."""
    later = Ns(QUARTER + QUARTER_NS)
    assert walk.chance_of_up(later) == MICRO // 2
    go_on(walk, 840)
    assert 0 <= walk.chance_of_up(QUARTER) <= MICRO
    go_on(walk, 60)
    begun, ended = walk.average_at(QUARTER), walk.average_at(later)
    assert begun is not None
    assert ended is not None
    assert walk.chance_of_up(QUARTER) == (MICRO if ended >= begun else 0)


def test_chances_come_true_as_often_as_they_say() -> None:
    """Of 80 windows, what was put at so much with five minutes left happened about as often."""
    said = happened = 0
    for seed in range(80):
        walk = CoinWalk(COINS[1], random.Random(seed), QUARTER)
        go_on(walk, 600)
        said += walk.chance_of_up(QUARTER)
        go_on(walk, 300)
        happened += walk.chance_of_up(QUARTER)
    assert abs(said - happened) < 3 * math.sqrt(80) / 2 * MICRO


def test_a_question_is_titled_as_on_the_venue() -> None:
    """Recorded traffic: the window in New York's time, whatever the season."""
    summer, winter = 1_790_586_000, 1_800_000_000
    assert up_down(COINS[0], Ns(summer * NS_PER_S)).question[0] == (
        "Bitcoin Up or Down - September 28, 5:00AM-5:15AM ET"
    )
    assert up_down(COINS[0], Ns(winter * NS_PER_S)).question[0] == (
        "Bitcoin Up or Down - January 15, 3:00AM-3:15AM ET"
    )


# --- streams ---


@attrs.define
class Listening:
    """A conversation with one stream, as the bot holds it."""

    stream: SpotStream
    ticks: list[SpotTick] = attrs.field(factory=list)
    ended: str = ""

    async def heard(self, frames: list[str | bytes]) -> bool:
        for frame in frames:
            self.ticks += self.stream.receive(frame, Ns(START_NS))
        return True


def listen(
    lines: Callable[[World, InProcessNetwork], list[SpotLine]], for_s: float, *faults: str
) -> list[Listening]:
    """Listen to streams of a world for so many seconds."""
    listening: list[Listening] = []

    async def body(world: World) -> None:
        async with trio.open_nursery() as nursery:
            apps = {HOSTS[venue]: app for venue, app in world.apps.items()}
            network = InProcessNetwork(apps, nursery)
            for line in lines(world, network):
                one = Listening(line.stream())
                listening.append(one)
                nursery.start_soon(_converse, line, one)
            await trio.sleep_forever()

    planned = [read_fault(line) for line in faults]
    live(7, for_s, body, mix=MIX, speed_ppm=QUIET, faults=planned)
    return listening


async def _converse(line: SpotLine, one: Listening) -> None:
    one.ended = await converse(
        line.connect, one.stream, one.heard, silence_s=30.0, connected=lambda: None
    )


def addresses(world: World) -> dict[str, str]:
    told: dict[str, str] = describe(world, Served(HOSTS))["spot"]
    return told


def polymarket_line(world: World, network: InProcessNetwork, *, lie: str = "") -> SpotLine:
    made = world.polymarket.keys.create("0x" + "1" * 40, 0)
    key = SpotKey(made.key, made.secret, made.passphrase + lie)
    return PolymarketSpotLine(addresses(world)["polymarket"], network.sockets, (BTC,), lambda: key)


def both(world: World, network: InProcessNetwork) -> list[SpotLine]:
    coinbase = CoinbaseSpotLine(addresses(world)["coinbase"], network.sockets, (BTC,))
    return [polymarket_line(world, network), coinbase]


def test_both_streams_tell_the_same_coin_every_second() -> None:
    """Nothing skipped, nothing dropped; the two agree within the gap that is allowed as shipped."""
    own, witness = listen(both, 110.5)
    for one in (own, witness):
        assert one.stream.counts["dropped"] == 0
        assert not [kind for kind in one.stream.counts if kind.startswith("skipped")]
    spot = {t.at_ns: t.px for t in own.ticks if t.source is SpotSource.POLYMARKET}
    seen = [tick for tick in witness.ticks if tick.at_ns in spot]
    assert len(seen) >= 100
    assert all(abs(tick.px - spot[tick.at_ns]) * MICRO <= 500 * tick.px for tick in seen)


def test_the_price_to_beat_is_told_at_the_quarter() -> None:
    """The settling stream has a tick of exactly the first second of the window."""
    own, _ = listen(both, 103.5)
    openings = [
        tick
        for tick in own.ticks
        if tick.source is SpotSource.POLYMARKET_TWAP and tick.at_ns == QUARTER
    ]
    assert len(openings) == 1


def test_without_the_right_key_nothing_is_told() -> None:
    """A wrong passphrase ends the conversation before the first price."""
    (refused,) = listen(lambda *around: [polymarket_line(*around, lie="x")], 5.0)
    assert "unauthorized" in refused.ended
    assert refused.ticks == []


@pytest.mark.parametrize(
    ("line", "ended", "told"),
    [
        ("silence channel=coinbase start_s=5", [False, True], [True, False]),
        ("silence channel=polymarket start_s=5", [True, False], [False, True]),
        ("disconnect venue=polymarket start_s=5", [True, True], [False, False]),
        ("malformed channel=coinbase form=noise start_s=5", [False, False], [True, False]),
    ],
)
def test_faults_reach_the_streams_of_prices(line: str, ended: list[bool], told: list[bool]) -> None:
    """One source falls silent, both are hung up on, or what one says is noise from then on."""
    sources = listen(both, 40.5, line)
    assert [bool(one.ended) for one in sources] == ended
    late = START_NS + 30 * NS_PER_S
    assert [one.ticks[-1].at_ns > late for one in sources] == told


# --- questions ---


def test_questions_are_worth_what_the_coin_says_and_end_as_it_ends() -> None:
    """Fair values follow the walk once a second; the window that ends pays as its averages say."""
    ended: dict[str, int] = {}
    seen: set[int] = set()

    async def body(world: World) -> None:
        after = QUARTER + 2 * QUARTER_NS
        first = [one for one in up_downs(world) if one.question.subject.ends_ns < after]
        assert first
        while True:
            await trio.sleep(20.0)
            seen.update(topic.fair[0] for topic in first)
            for topic in first:
                market = topic.question.listed[0].market
                payout = world.exchanges[Venue.POLYMARKET].payout(market)
                if payout is not None and market not in ended:
                    ended[market] = payout
                    assert topic.fair[0] == payout

    live(7, 1_500.0, body, mix=MIX, speed_ppm=QUIET)
    assert len(ended) == 2
    assert set(ended.values()) <= {0, MICRO}
    assert len(seen) > 20


def test_other_questions_do_not_notice() -> None:
    """With questions on coins or without, every other market is drawn alike."""
    drawn = []
    for mix in (MIX, Mix.of(40)):
        markets: list[str] = []

        async def body(world: World, into: list[str] = markets) -> None:
            into += [
                one.market
                for topic in world.flow.topics
                if topic.question.recipe.kind is Kind.GAME
                for one in topic.quoted
            ]
            await trio.lowlevel.checkpoint()

        live(7, 0.1, body, mix=mix)
        drawn.append(markets)
    assert drawn[0] == drawn[1] != []
