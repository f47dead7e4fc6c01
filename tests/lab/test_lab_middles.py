"""Middles sampled from a recording of the simulated venues, and the rules that they suggest."""

from pathlib import Path

import pytest
import trio
import trio.testing

from arb.detect.comovement import suggest
from arb.detect.rules import RuleKind
from arb.lab.census import Census
from arb.lab.frames_file import RecordedFrame, read_frames, whose
from arb.lab.middles import STEP_S, WIDEST, read_middles
from arb.market.errors import Refused
from arb.market.instruments import Market, MarketId, Venue
from arb.sim.catalogue import Mix
from arb.sim.hosting import Hosting, host_virtually
from arb.sim.questions.subject import Shape
from arb.sim.world import World
from tests.fakes.sim_world import build, now_ns

FOR_S = 300.0
Recording = tuple[Path, World, list[Market]]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Five minutes of a small world, and Kalshi's markets as its frames tell them."""
    path = tmp_path_factory.mktemp("recording") / "five.jsonl"
    worlds: list[World] = []

    async def main() -> None:
        worlds.append(build(1, mix=Mix.of(40), speed_ppm=400_000))
        await host_virtually(worlds[0], Hosting(record=path, for_s=FOR_S), now_ns)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    census = Census(None)
    for line in read_frames(path):
        if isinstance(line, RecordedFrame) and whose(line) is Venue.KALSHI:
            census.learn(Venue.KALSHI, line.message)
    return path, worlds[0], census.markets()


def test_middles_are_sampled_once_a_second(recording: Recording) -> None:
    """Every listed market that was quoted has a path, all of one length, within the scale."""
    path, _, markets = recording
    paths = read_middles(path, markets)
    lengths = {len(one) for one in paths.values()}
    assert len(paths) > 10
    assert lengths == {max(lengths)}
    assert FOR_S / STEP_S - 10 <= max(lengths) <= FOR_S / STEP_S + 2
    known = [px for one in paths.values() for px in one if px is not None]
    assert all(0 < px < 1_000_000 for px in known)
    assert WIDEST < 1_000_000


def test_rules_between_recorded_prices_are_those_of_the_questions(recording: Recording) -> None:
    """What is proposed to imply what: only levels of one ladder, the farther the nearer."""
    path, world, markets = recording
    rules = suggest(read_middles(path, markets), STEP_S)
    place: dict[MarketId, tuple[int, int, Shape]] = {
        listed.market: (number, listed.answer, question.subject.shape)
        for number, question in enumerate(world.catalogue.questions)
        for listed in question.listed
    }
    implied = [rule.markets for rule in rules if rule.kind is RuleKind.IMPLIES]
    assert implied
    for inner, outer in implied:
        (one, farther, shape), (other, nearer, _) = place[inner], place[outer]
        assert one == other
        assert shape in {Shape.FALLING, Shape.RISING}
        assert (farther > nearer) is (shape is Shape.FALLING)


def test_a_recording_of_other_markets_is_refused(recording: Recording) -> None:
    """Prices of what is not listed say nothing of what is."""
    with pytest.raises(Refused, match="no frame of a market that is listed"):
        read_middles(recording[0], [])
