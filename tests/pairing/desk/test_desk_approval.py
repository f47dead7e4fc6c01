"""The one way to a verified pair: what stands on unchanged texts, and nothing else."""

from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.instruments import MarketId
from arb.market.units import Ns
from arb.pairing.approval import Roll, verify
from arb.pairing.decision import Decision, Origin, PairDecided, latest
from arb.pairing.flag import FlagKind
from arb.pairing.pair import Pair
from arb.pairing.question import Question
from tests.fakes.pairs import DECIDED_NS, decided, question

HOUR_NS = 3_600 * 10**9
K, P = MarketId("kalshi:A"), MarketId("polymarket:0xa")


def pair(kalshi: str = "A", polymarket: str = "0xa", *, same: bool = True) -> Pair:
    ids = MarketId(f"kalshi:{kalshi}"), MarketId(f"polymarket:{polymarket}")
    return Pair(*ids, same, verified=True, reason="both by the AP", source="A. Person")


def listed(*markets: MarketId) -> dict[MarketId, Question]:
    return {market: question(market) for market in markets}


def roll_of(*decisions: PairDecided, questions: dict[MarketId, Question] | None = None) -> Roll:
    known = questions if questions is not None else listed(K, P)
    return verify(latest(decisions), known, HOUR_NS)


def test_an_approved_pair_is_verified_with_its_reasons() -> None:
    """Sides, reason, who and when arrive; it trades once it has been looked at for an hour."""
    (verified,) = roll_of(decided(pair(same=False))).verified
    assert verified.key == (K, P)
    assert not verified.polymarket_yes_is_kalshi_yes
    assert (verified.reason, verified.source) == ("both by the AP", "A. Person, 2026-06-01")
    assert verified.trades_from_ns == DECIDED_NS + HOUR_NS


def test_only_simulated_venues_need_not_be_observed() -> None:
    """A map and a person wait; who made both questions from one does not."""
    waits = {
        origin: roll_of(attrs.evolve(decided(pair()), origin=origin)).verified[0].trades_from_ns
        for origin in Origin
    }
    assert waits == {
        Origin.DESK: DECIDED_NS + HOUR_NS,
        Origin.MAP: DECIDED_NS + HOUR_NS,
        Origin.VENUES: DECIDED_NS,
    }


@pytest.mark.parametrize("decision", [one for one in Decision if one is not Decision.APPROVED])
def test_the_latest_decision_counts(decision: Decision) -> None:
    """What was approved once and is not any more is no pair; the other way round it is one."""
    yes, no = decided(pair()), decided(pair(), decision)
    assert roll_of(yes, no).verified == ()
    assert len(roll_of(no, yes).verified) == 1


@pytest.mark.parametrize("part", ["title", "event_title", "outcome", "rules"])
@pytest.mark.parametrize("market", [K, P])
def test_a_changed_text_is_no_pair_any_more(market: MarketId, part: str) -> None:
    """Any word of either side, and the flag names the market."""
    questions = listed(K, P)
    change: dict[str, Any] = {part: "Something else?"}
    questions[market] = attrs.evolve(questions[market], **change)
    roll = roll_of(decided(pair()), questions=questions)
    assert roll.verified == ()
    (flag,) = roll.flags
    assert flag.kind is FlagKind.CHANGED
    assert market in flag.text


def test_white_space_and_closing_times_are_no_change() -> None:
    """Venues lay out texts anew and move the end of trading."""
    questions = listed(K, P)
    title = questions[K].title.replace(" ", " \n\t ")
    questions[K] = attrs.evolve(questions[K], title=title, close_ns=Ns(1), category="Other")
    assert len(roll_of(decided(pair()), questions=questions).verified) == 1


@pytest.mark.parametrize("missing", [K, P])
def test_a_market_that_is_not_listed_is_a_stale_link(missing: MarketId) -> None:
    """Closed, withdrawn or never there: flagged with its name."""
    questions = {key: one for key, one in listed(K, P).items() if key != missing}
    roll = roll_of(decided(pair()), questions=questions)
    assert roll.verified == ()
    assert [(flag.kind, missing in flag.text) for flag in roll.flags] == [(FlagKind.STALE, True)]


def test_two_twins_of_one_market_are_none() -> None:
    """Two Kalshi markets approved for one of Polymarket: neither is traded, both are flagged."""
    other = MarketId("kalshi:B")
    roll = roll_of(decided(pair()), decided(pair("B")), questions=listed(K, P, other))
    assert roll.verified == ()
    assert [flag.kind for flag in roll.flags] == [FlagKind.SHARED] * 2


def test_a_game_has_a_twin_and_an_opposite() -> None:
    """Polymarket's one market is one Kalshi market's twin and the other one's opposite."""
    other = MarketId("kalshi:B")
    decisions = decided(pair()), decided(pair("B", same=False))
    roll = roll_of(*decisions, questions=listed(K, P, other))
    assert [one.polymarket_yes_is_kalshi_yes for one in roll.verified] == [True, False]


def test_an_unverified_pair_says_why() -> None:
    """What a watcher saw is told at every start until a person has looked."""
    seen = attrs.evolve(decided(pair(), Decision.UNVERIFIED), why="the texts changed")
    roll = roll_of(decided(pair()), seen)
    assert [(flag.kind, flag.text) for flag in roll.flags] == [
        (FlagKind.UNVERIFIED, "the texts changed")
    ]


NAMES = st.sampled_from("ABC")


@given(
    history=st.lists(
        st.tuples(NAMES, NAMES, st.booleans(), st.sampled_from(Decision), st.booleans())
    ),
    there=st.sets(st.tuples(st.sampled_from(["kalshi", "polymarket"]), NAMES)),
)
@settings(max_examples=200, deadline=None)
def test_whatever_happened_only_what_stands_is_verified(
    history: list[tuple[str, str, bool, Decision, bool]], there: set[tuple[str, str]]
) -> None:
    """Every verified pair was approved last, on the texts that are listed, and no market of it
    has another verified twin on the same side."""
    decisions: list[PairDecided] = []
    for kalshi, polymarket, same, decision, on_old_text in history:
        said = decided(pair(kalshi, polymarket, same=same), decision)
        decisions.append(attrs.evolve(said, kalshi_text="old") if on_old_text else said)
    questions = listed(*(MarketId(f"{venue}:{name}") for venue, name in there))
    standing = latest(decisions)
    roll = roll_of(*decisions, questions=questions)
    sided = [(m, one.polymarket_yes_is_kalshi_yes) for one in roll.verified for m in one.key]
    assert len(sided) == len(set(sided))
    for one in roll.verified:
        assert standing[one.key].decision is Decision.APPROVED
        assert standing[one.key].kalshi_text != "old"
        assert set(one.key) <= questions.keys()
    flagged = {(flag.kalshi, flag.polymarket) for flag in roll.flags}
    approved = {key for key, one in standing.items() if one.decision is Decision.APPROVED}
    assert approved == {one.key for one in roll.verified} | (flagged & approved)
