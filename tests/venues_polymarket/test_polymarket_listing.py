"""Gamma's markets and events, recorded and made up."""

import gzip
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from arb.market.fees import PolymarketFees
from arb.market.instruments import EventId, Market, MarketId, PolymarketRef, Venue
from arb.market.units import MICRO
from arb.venues.polymarket.events import event_of, read_family
from arb.venues.polymarket.fields import decode
from arb.venues.polymarket.listing import LeftOut, parse_market, untradable

Recorded = Callable[[str], Path]

SAMPLES = "catalogues/gamma_clob_samples"
GROUP = "0x" + "ab" * 31


def gamma_market(number: int = 0, **changes: object) -> dict[str, Any]:
    """A tradable market as Gamma writes it; a change to ... takes the key away."""
    raw = {
        "id": "1557558",
        "version": "v1",
        "question": f"Question {number}?",
        "conditionId": f"0x{number:064x}",
        "questionID": f"{GROUP}{number:02x}",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.505", "0.495"]',
        "clobTokenIds": f'["1{number:076d}", "2{number:076d}"]',
        "positionIds": None,
        "active": True,
        "closed": False,
        "archived": False,
        "acceptingOrders": True,
        "enableOrderBook": True,
        "endDate": "2026-03-12T09:25:00Z",
        "orderPriceMinTickSize": decode("0.01"),
        "orderMinSize": 5,
        "negRisk": False,
        "groupItemTitle": "",
        "feesEnabled": True,
        "feeSchedule": {"rate": decode("0.07"), "exponent": 1, "takerOnly": True},
        "events": [{"id": "260654"}],
    } | changes
    return {key: value for key, value in raw.items() if value is not ...}


def gamma_event(*questions: dict[str, Any], **changes: object) -> dict[str, Any]:
    """A plain negRisk event around some questions."""
    return {
        "id": "30829",
        "title": "Which one?",
        "negRisk": True,
        "negRiskAugmented": False,
        "negRiskMarketID": f"{GROUP}00",
        "markets": list(questions),
    } | changes


def test_a_market_is_read_field_by_field() -> None:
    """Every field of ours comes from the documented field of Gamma's."""
    market = parse_market(gamma_market(7))
    assert isinstance(market, Market)
    assert market.id == MarketId(f"polymarket:0x{7:064x}")
    assert market.venue is Venue.POLYMARKET
    assert market.event == EventId("polymarket:260654")
    assert market.title == "Question 7?"
    assert market.ref == PolymarketRef(
        f"0x{7:064x}", f"1{7:076d}", f"2{7:076d}", neg_risk=False, protocol="v1"
    )
    assert (market.grid.finest_step, market.lot, market.min_qty) == (10_000, 10_000, 5 * MICRO)
    assert market.min_take_usd == MICRO
    assert market.fees == PolymarketFees(70_000, 1)
    assert market.closes_ns == 1_773_307_500_000_000_000
    assert untradable(gamma_market(7)) is None


def test_protocol_v2_trades_by_position_ids() -> None:
    """A market of version v2 is traded by `positionIds`; a v1 market ignores them."""
    positions = ["11", "12"]
    v2 = parse_market(gamma_market(version="v2", positionIds=positions, clobTokenIds=None))
    assert isinstance(v2, Market)
    assert isinstance(v2.ref, PolymarketRef)
    assert (v2.ref.yes_token, v2.ref.no_token, v2.ref.protocol) == ("11", "12", "v2")
    v1 = parse_market(gamma_market(positionIds=positions))
    assert isinstance(v1, Market)
    assert isinstance(v1.ref, PolymarketRef)
    assert v1.ref.yes_token == f"1{0:076d}"


def test_an_object_from_before_protocol_v2_counts_as_v1() -> None:
    """Recordings have no `version`; with CLOB tokens they are v1, without they are left out."""
    old = parse_market(gamma_market(version=...))
    assert isinstance(old, Market)
    assert isinstance(old.ref, PolymarketRef)
    assert old.ref.protocol == "v1"
    bare = parse_market(gamma_market(version=..., clobTokenIds=...))
    assert isinstance(bare, LeftOut)
    assert bare.reason == "version"


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"groupItemTitle": "Argentina"}, "Argentina"),
        ({"outcomes": '["Suns", "Nets"]'}, "Suns"),
        ({"outcomes": '["Yes", "No"]', "groupItemTitle": None}, ""),
    ],
)
def test_the_label_names_what_yes_stands_for(changes: dict[str, Any], label: str) -> None:
    """The group's name goes first, then the first outcome unless it is a plain Yes."""
    market = parse_market(gamma_market(**changes))
    assert isinstance(market, Market)
    assert market.label == label


SCHEDULE = {"rate": decode("0.05"), "exponent": 1, "takerOnly": True}


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("version", {"version": "v3"}),
        ("version", {"version": ["v1"]}),
        ("condition_id", {"conditionId": ...}),
        ("condition_id", {"conditionId": "0xabc123"}),
        ("event_id", {"events": []}),
        ("question", {"question": ""}),
        ("outcomes", {"outcomes": '["Yes"]'}),
        ("outcomes", {"outcomes": ...}),
        ("tokens", {"clobTokenIds": '["1", "1"]'}),
        ("tokens", {"clobTokenIds": '["1", "x"]'}),
        ("tokens", {"clobTokenIds": '["1", "2", "3"]'}),
        ("tokens", {"version": "v2", "positionIds": None}),
        ("neg_risk", {"negRisk": ...}),
        ("tick", {"orderPriceMinTickSize": ...}),
        ("tick", {"orderPriceMinTickSize": decode("0.02")}),
        ("tick", {"orderPriceMinTickSize": 0.01}),
        ("min_size", {"orderMinSize": ...}),
        ("min_size", {"orderMinSize": 0}),
        ("end_date", {"endDate": "soon"}),
        ("fee", {"feeSchedule": None}),
        ("fee", {"feeSchedule": ...}),
        ("fee", {"feeSchedule": {}}),
        ("fee", {"feeSchedule": SCHEDULE | {"exponent": decode("1.5")}}),
        ("fee", {"feeSchedule": SCHEDULE | {"takerOnly": False}}),
        ("fee", {"feeSchedule": SCHEDULE | {"rate": decode("1.01")}}),
        ("fee", {"feeSchedule": SCHEDULE | {"rate": -1}}),
        ("fee", {"feesEnabled": False, "feeSchedule": SCHEDULE}),
        ("fee", {"feesEnabled": 1}),
    ],
)
def test_what_is_missing_or_odd_leaves_the_market_out(reason: str, changes: dict[str, Any]) -> None:
    """No field has a default that could cost money: each fault has its own reason."""
    outcome = parse_market(gamma_market(**changes))
    assert isinstance(outcome, LeftOut)
    assert outcome.reason == reason
    assert outcome.detail


@pytest.mark.parametrize("enabled", [False, ..., None])
def test_a_market_without_schedule_is_free(enabled: object) -> None:
    """Fees not enabled and no schedule: nothing is charged."""
    market = parse_market(gamma_market(feesEnabled=enabled, feeSchedule=None))
    assert isinstance(market, Market)
    assert market.fees == PolymarketFees(0)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("closed", {"closed": True}),
        ("closed", {"closed": ...}),
        ("archived", {"archived": True}),
        ("inactive", {"active": False}),
        ("not_accepting_orders", {"acceptingOrders": False}),
        ("not_accepting_orders", {"acceptingOrders": None}),
        ("no_order_book", {"enableOrderBook": False}),
        ("resolving", {"umaResolutionStatus": "proposed"}),
        ("resolving", {"umaResolutionStatus": "disputed"}),
        ("resolving", {"umaResolutionStatus": "something new"}),
        ("resolving", {"resolutionStatus": "resolved"}),
    ],
)
def test_a_market_that_cannot_be_traded_says_why(reason: str, changes: dict[str, Any]) -> None:
    """Each part of the venue's state that forbids trading is a reason, an absent one too."""
    left_out = untradable(gamma_market(**changes))
    assert left_out is not None
    assert left_out.reason == reason


def test_recorded_pairs_have_the_fields_that_a_person_checked(recorded: Recorded) -> None:
    """29 recorded markets: all read, rates of 0.03 and 0.05, one of them closed."""
    lines = recorded("pairs/rules_verified_jul2026/pair_snapshots.jsonl").read_bytes().splitlines()
    gammas = [decode(line)["pm_gamma"] for line in lines]
    markets = [parse_market(raw) for raw in gammas]
    found = [market for market in markets if isinstance(market, Market)]
    assert len(found) == len(gammas) == 29
    assert Counter(market.fees for market in found) == {
        PolymarketFees(30_000): 19,
        PolymarketFees(50_000): 10,
    }
    assert Counter(market.grid.finest_step for market in found) == {1_000: 17, 10_000: 12}
    assert sum(untradable(raw) is not None for raw in gammas) == 1
    argentina = found[0]
    assert argentina.label == "Argentina"
    assert argentina.event == EventId("polymarket:30615")
    assert isinstance(argentina.ref, PolymarketRef)
    assert argentina.ref.neg_risk
    assert argentina.ref.yes_token.startswith("18812649149814341758")


def test_a_recorded_answer_of_a_whole_league_is_read(recorded: Recorded) -> None:
    """50 NBA events, 738 markets: 510 tradable, the others counted, and no claim made."""
    path = recorded("catalogues/nba_jan2026/poly_nba_events.json.gz")
    left_out: Counter[str] = Counter()
    families = [read_family(raw, left_out) for raw in decode(gzip.decompress(path.read_bytes()))]
    assert sum(len(family.markets) for family in families) == 510
    assert left_out == {"closed": 218, "resolving": 10}
    events = [event_of(family, family.markets) for family in families]
    assert not any(event.at_most_one.holds or event.at_least_one.holds for event in events)


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        ("rs_gamma_market.json", "fee"),  # fees enabled, the schedule not stated
        ("rs_gamma_market_closed_binary_accepting_false.json", "closed"),
        ("rs_gamma_market_closed_binary_accepting_true.json", "closed"),
        ("rs_gamma_market_closed_nonbinary_legacy.json", "closed"),
        ("rs_gamma_market_closed_zero_zero_legacy.json", "closed"),
        ("rs_gamma_market_sports_market_map_handicap.json", "closed"),
        ("rs_gamma_market_sports_market_money_line.json", "closed"),
        ("py_market_slug.json", "not_accepting_orders"),
    ],
)
def test_each_sample_market_is_left_out_for_its_reason(
    recorded: Recorded, sample: str, reason: str
) -> None:
    """Closed, legacy and incomplete samples never become tradable markets."""
    raw = decode(recorded(f"{SAMPLES}/{sample}").read_bytes())
    outcome = untradable(raw) or parse_market(raw)
    assert isinstance(outcome, LeftOut)
    assert outcome.reason == reason


def test_an_augmented_event_excludes_but_does_not_exhaust(recorded: Recorded) -> None:
    """The recorded 2028 nomination may still grow: at most one wins, but one of these need not."""
    raw = decode(recorded(f"{SAMPLES}/rs_gamma_event.json").read_bytes())[0]
    family = read_family(raw, Counter())
    event = event_of(family, family.markets)
    assert [market.label for market in family.markets] == ["Stephen A. Smith", "Gretchen Whitmer"]
    assert event.at_most_one.holds
    assert not event.at_least_one.holds
    assert "augmented" in event.at_least_one.source


def test_a_trimmed_event_is_not_taken_for_a_complete_one(recorded: Recorded) -> None:
    """Two of the questions about Hong Kong's weather, at tails worth nothing, are not all."""
    path = "catalogues/books_and_events_may2026/polymarket_event.json"
    family = read_family(decode(recorded(path).read_bytes())[0], Counter())
    event = event_of(family, family.markets)
    assert len(event.markets) == 2
    assert event.at_most_one.holds
    assert not event.at_least_one.holds


def questions(count: int, **changes: object) -> list[dict[str, Any]]:
    return [gamma_market(number, negRisk=True, **changes) for number in range(count)]


def test_a_complete_negrisk_event_excludes_and_exhausts() -> None:
    """All questions listed and numbered without gaps: exactly one resolves YES."""
    left_out: Counter[str] = Counter()
    family = read_family(gamma_event(*questions(3)), left_out)
    event = event_of(family, family.markets)
    assert event.markets == tuple(f"polymarket:0x{number:064x}" for number in range(3))
    assert event.at_most_one.holds
    assert event.at_least_one.holds
    assert not left_out


def test_questions_that_resolved_no_leave_a_complete_rest() -> None:
    """A question that is over and lost takes nothing away from the others."""
    lost = {"closed": True, "umaResolutionStatus": "resolved", "outcomePrices": '["0", "1"]'}
    raw = gamma_event(*questions(2), gamma_market(2, negRisk=True, **lost))
    family = read_family(raw, Counter())
    assert event_of(family, family.markets).at_least_one.holds


@pytest.mark.parametrize(
    "changes",
    [
        {"active": False},  # a placeholder
        {"closed": True, "umaResolutionStatus": "resolved", "outcomePrices": '["1", "0"]'},
        {"closed": True, "umaResolutionStatus": "", "outcomePrices": '["0", "1"]'},
        {"umaResolutionStatus": "proposed"},
        {"feeSchedule": None},  # the fee is not known: not listed
        {"questionID": f"{GROUP}09"},  # questions 3 to 8 exist somewhere
        {"questionID": f"{GROUP}01"},  # a number twice
    ],
)
def test_a_question_that_is_not_listed_and_not_lost_may_win(changes: dict[str, Any]) -> None:
    """One question that may still win, or may exist unseen, and the set is not exhaustive."""
    raw = gamma_event(*questions(2), gamma_market(2, negRisk=True) | changes)
    family = read_family(raw, Counter())
    event = event_of(family, family.markets)
    assert event.at_most_one.holds
    assert not event.at_least_one.holds


def test_a_market_refused_later_breaks_the_set() -> None:
    """A second witness that refuses one market takes the claim with it."""
    family = read_family(gamma_event(*questions(3)), Counter())
    assert not event_of(family, family.markets[:2]).at_least_one.holds


@pytest.mark.parametrize(
    "changes",
    [
        {"negRisk": False},
        {"negRisk": None},
        {"negRiskMarketID": None},
        {"negRiskMarketID": "0x" + "cd" * 32},
        {"markets": [*questions(2), gamma_market(2)]},
        {"markets": [*questions(2), gamma_market(2, negRisk=True, questionID=...)]},
    ],
)
def test_without_one_negrisk_group_nothing_is_claimed(changes: dict[str, Any]) -> None:
    """Markets that are not all questions of one group promise nothing about each other."""
    family = read_family(gamma_event(*questions(3)) | changes, Counter())
    event = event_of(family, family.markets)
    assert not event.at_most_one.holds
    assert not event.at_least_one.holds


def test_an_event_that_does_not_say_whether_it_grows_is_not_exhaustive() -> None:
    """A missing `negRiskAugmented` is not a no."""
    raw = gamma_event(*questions(3), negRiskAugmented=None)
    family = read_family(raw, Counter())
    assert not event_of(family, family.markets).at_least_one.holds


@pytest.mark.parametrize(
    ("changes", "volume", "trade"),
    [
        ({"volume24hr": 12}, 12 * MICRO, (510_000, 0)),
        ({"volume24hr": 0}, 0, None),
        ({"volume24hr": "many"}, 0, None),
        ({"volume24hr": Decimal("1E+999999999")}, 0, None),
        ({"volume24hr": Decimal("12.34567891"), "lastTradePrice": 2}, 12 * MICRO, None),
        ({"volume24hr": 12, "updatedAt": "today"}, 12 * MICRO, None),
    ],
)
def test_what_the_list_says_of_trades(
    changes: dict[str, Any], volume: int, trade: tuple[int, int] | None
) -> None:
    """Traded within a day of the listing: at the last price, a day ago at the latest. What cannot
    be read says nothing, and leaves no market out."""
    told: dict[str, Any] = {"lastTradePrice": Decimal("0.51"), "updatedAt": "1970-01-02T00:00:00Z"}
    market = parse_market(gamma_market(**(told | changes)))
    assert isinstance(market, Market)
    assert market.volume_24h == volume
    last = market.last_trade
    assert (None if last is None else (last.px, last.at_ns)) == trade
