"""A map of pairs is held against the texts and the desk: each bad line is a clear finding."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from arb.market.instruments import MarketId, Venue
from arb.market.units import Ns
from arb.pairing.approval import verify
from arb.pairing.decision import Decision, Origin, PairDecided, latest
from arb.pairing.enrolment import Enroller, Enrolment
from arb.pairing.examination import Examiner
from arb.pairing.flag import FlagKind
from arb.pairing.pair import Pair
from arb.pairing.question import Question
from arb.pairing.verdict import judge

NOW_NS = Ns(1_795_000_000 * 10**9)
K, P = MarketId("kalshi:KXFEDDECISION-26DEC-H0"), MarketId("polymarket:0xfed")
TWIN = MarketId("kalshi:KXFEDDECISION-26DEC-H0B")

FED_P = Question(
    venue=Venue.POLYMARKET,
    id=P,
    title="No change in Fed interest rates after December 2026 meeting?",
    event_title="Fed decision in December 2026?",
    outcome="No change",
    rules=(
        'This market will resolve to "Yes" if the upper bound of the target federal funds rate is'
        " the same after the December 2026 FOMC meeting as it was before. The resolution source is"
        " the FOMC's statement."
    ),
    category="Economics",
)
FED_K = Question(
    venue=Venue.KALSHI,
    id=K,
    title="Will the Federal Reserve hold rates at its December 2026 meeting?",
    event_title="Fed decision in December 2026?",
    outcome="No change",
    rules=(
        "If the upper bound of the target federal funds rate is unchanged after the December 2026"
        " FOMC meeting, then the market resolves to Yes. Source: the FOMC's statement."
    ),
    category="Economics",
)


def claim(**changes: Any) -> Pair:  # noqa: ANN401 - any field of it
    plain = Pair(K, P, True, True, "both by the upper bound", "A. Person, 2026-11-01")
    return attrs.evolve(plain, **changes)


def enrol(
    claims: Sequence[Pair],
    *questions: Question,
    known: Sequence[PairDecided] = (),
    origin: Origin = Origin.MAP,
) -> Enrolment:
    """Take a map in where these questions are listed, all of a venue in one event."""
    listed = {MarketId(one.id): one for one in questions or (FED_P, FED_K)}
    siblings = {
        market: [other for other in listed if other.partition(":")[0] == market.partition(":")[0]]
        for market in listed
    }
    enroller = Enroller(Examiner(listed, siblings, judge), latest(known), origin, NOW_NS)
    enrolment = enroller.enrol(claims)
    return attrs.evolve(enrolment, decisions=(*enroller.withdraw(claims), *enrolment.decisions))


def kinds(enrolment: Enrolment) -> list[FlagKind]:
    return [flag.kind for flag in enrolment.flags]


def test_a_map_is_believed_where_nothing_contradicts_it() -> None:
    """It is decided on with who, when, both fingerprints and what was read."""
    (decided,) = enrol([claim()]).decisions
    assert (decided.decision, decided.origin) == (Decision.APPROVED, Origin.MAP)
    assert (decided.who, decided.why) == ("A. Person, 2026-11-01", "both by the upper bound")
    assert decided.at_ns == NOW_NS
    assert len({decided.kalshi_text, decided.polymarket_text}) == 2
    assert any("2026" in fact for fact in decided.facts)
    questions = {K: FED_K, P: FED_P}
    assert len(verify(latest([decided]), questions, 0).verified) == 1


def test_an_unknown_ticker_is_named_with_the_one_that_is_meant() -> None:
    """Nothing is approved, and a slip of the hand is found."""
    typo = MarketId("kalshi:KXFEDDECISON-26DEC-H0")
    enrolment = enrol([claim(kalshi=typo)])
    assert enrolment.decisions == ()
    (flag,) = enrolment.flags
    assert flag.kind is FlagKind.UNKNOWN_MARKET
    assert typo in flag.text
    assert f"is {K} meant?" in flag.text


OTHER_MEETING = {"December 2026": "January 2027"}
OTHER_OUTCOME = {
    "No change": "25 bps decrease",
    "hold rates": "cut rates by 25 bps",
    "is unchanged": "is lower by 25 bps",
}


@pytest.mark.parametrize("changes", [OTHER_MEETING, OTHER_OUTCOME], ids=["meeting", "outcome"])
def test_texts_that_contradict_it_are_a_veto(changes: dict[str, str]) -> None:
    """Another meeting, another outcome: the map's word does not make them the same."""
    texts: dict[str, Any] = {
        part: getattr(FED_K, part) for part in ("title", "event_title", "outcome", "rules")
    }
    for old, new in changes.items():
        texts = {part: text.replace(old, new) for part, text in texts.items()}
    enrolment = enrol([claim()], FED_P, attrs.evolve(FED_K, **texts))
    assert enrolment.decisions == ()
    assert FlagKind.VETOED in kinds(enrolment)
    assert all(flag.text for flag in enrolment.flags)


def test_a_second_kalshi_market_that_fits_is_no_silent_match() -> None:
    """Two markets of the event with the same question: the map alone does not choose."""
    twin = attrs.evolve(FED_K, id=TWIN)
    assert judge(FED_P, FED_K).ruling == "same"
    enrolment = enrol([claim()], FED_P, FED_K, twin)
    assert enrolment.decisions == ()
    (flag,) = enrolment.flags
    assert (flag.kind, TWIN in flag.text) == (FlagKind.AMBIGUOUS, True)


def test_a_map_with_two_twins_of_one_market_gets_neither() -> None:
    """Both lines are flagged: one of them is wrong."""
    twin = attrs.evolve(FED_K, id=TWIN)
    enrolment = enrol([claim(), claim(kalshi=TWIN)], FED_P, FED_K, twin)
    assert enrolment.decisions == ()
    assert kinds(enrolment) == [FlagKind.SHARED] * 2


def test_the_wrong_side_is_found() -> None:
    """A map that says YES is NO where the texts say YES is YES."""
    enrolment = enrol([claim(polymarket_yes_is_kalshi_yes=False)])
    assert enrolment.decisions == ()
    assert FlagKind.POLARITY in kinds(enrolment)


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "Dieser Markt wird mit Ja entschieden, wenn der Leitzins nach der Sitzung unverändert ist.",
        "この市場は、連邦公開市場委員会が政策金利を据え置いた場合に「はい」となります。",
        (
            "If the upper bound of the target federal funds rate is unchanged after the December 2025"
            " FOMC meeting, then the market resolves to Yes. Source: the FOMC's statement."
        ),
    ],
    ids=["empty", "german", "japanese", "contradictory dates"],
)
@pytest.mark.parametrize("side", [Venue.KALSHI, Venue.POLYMARKET])
def test_rules_that_say_too_little_are_told(side: Venue, rules: str) -> None:
    """The map stands or falls, but never without a finding, and no judge calls them the same."""
    kalshi, polymarket = FED_K, FED_P
    if side is Venue.KALSHI:
        kalshi = attrs.evolve(kalshi, rules=rules)
    else:
        polymarket = attrs.evolve(polymarket, rules=rules)
    assert judge(polymarket, kalshi).ruling != "same"
    enrolment = enrol([claim()], polymarket, kalshi)
    assert enrolment.flags
    assert all(flag.kind in {FlagKind.DOUBT, FlagKind.VETOED} for flag in enrolment.flags)
    assert all(flag.text for flag in enrolment.flags)


def test_what_the_map_calls_unverified_is_told_and_not_taken() -> None:
    """Its reason arrives."""
    enrolment = enrol([claim(verified=False, reason="the deadlines differ")])
    assert enrolment.decisions == ()
    assert [(f.kind, f.text) for f in enrolment.flags] == [
        (FlagKind.NOT_VERIFIED, "the deadlines differ")
    ]


def test_a_person_may_keep_a_no() -> None:
    """An import by a person keeps rejections, so that an exported map comes back whole."""
    rejected = claim(verified=False, reason="the deadlines differ")
    (decided,) = enrol([rejected], origin=Origin.DESK).decisions
    assert (decided.decision, decided.why) == (Decision.REJECTED, "the deadlines differ")


def test_a_map_read_again_changes_nothing() -> None:
    """The time of observation does not begin anew with every start."""
    first = enrol([claim()])
    assert enrol([claim()], known=first.decisions) == Enrolment((), ())


@pytest.mark.parametrize("no", [Decision.REJECTED, Decision.UNVERIFIED])
def test_no_map_brings_back_what_a_person_or_the_watcher_stopped(no: Decision) -> None:
    """The contradiction is told at every start."""
    (approved,) = enrol([claim()]).decisions
    stopped = attrs.evolve(approved, decision=no, who="anna", why="another deadline")
    enrolment = enrol([claim()], known=[approved, stopped])
    assert enrolment.decisions == ()
    (flag,) = enrolment.flags
    assert flag.kind is FlagKind.CONTRADICTED
    assert "anna" in flag.text


@pytest.mark.parametrize(
    "change", [{"verified": False}, {"polymarket_yes_is_kalshi_yes": False}], ids=["no", "sides"]
)
def test_a_map_that_changes_its_mind_stops_the_pair(change: dict[str, Any]) -> None:
    """Whatever is said now, what was said before does not go on."""
    (approved,) = enrol([claim()]).decisions
    enrolment = enrol([claim(**change)], known=[approved])
    assert [one.decision for one in enrolment.decisions] == [Decision.UNVERIFIED]
    assert kinds(enrolment) == [FlagKind.CONTRADICTED]


def test_a_pair_leaves_with_its_line_and_may_come_back() -> None:
    """A line taken out of the map ends the pair; put back, the pair is new and observed again."""
    (approved,) = enrol([claim()]).decisions
    (withdrawn,) = enrol([], known=[approved]).decisions
    assert withdrawn.decision is Decision.WITHDRAWN
    assert enrol([], known=[approved, withdrawn]).decisions == ()
    (again,) = enrol([claim()], known=[approved, withdrawn]).decisions
    assert again.decision is Decision.APPROVED


def test_a_pair_that_a_person_approved_stays_without_a_map() -> None:
    """Maps withdraw what came from maps."""
    (approved,) = enrol([claim()], origin=Origin.DESK).decisions
    assert enrol([], known=[approved]) == Enrolment((), ())


def test_simulated_venues_are_believed_but_for_what_they_do_not_list() -> None:
    """Nobody reads the texts of who wrote both from one question; markets must be there."""
    other = attrs.evolve(
        FED_K, title="Will it rain?", rules="If it rains.", outcome="", event_title=""
    )
    assert len(enrol([claim()], FED_P, other, origin=Origin.VENUES).decisions) == 1
    assert kinds(enrol([claim()], FED_P, origin=Origin.VENUES)) == [FlagKind.UNKNOWN_MARKET]
