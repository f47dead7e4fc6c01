"""Recorded pairs: every figure worked out a second time, in another way; and bad input."""

import json
from collections.abc import Callable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from arb.lab.edges import PairEdges, edges
from arb.market.errors import Refused

RECORDINGS = "pairs/rules_verified_jul2026/pair_snapshots.jsonl"
FLAGGED = {
    "wc26-third-place-france",
    "wc26-golden-boot-messi",
    "wc26-best-host-usa",
}
ONE_SIDED = "fed-jul26-cut-25bps"
MICRO, CENT = Decimal("0.000001"), Decimal("0.01")
KALSHI_STEP, POLYMARKET_STEP = Decimal("0.0001"), Decimal("0.00001")
LEAST_SHARES = Decimal(5)
NOISE = 2 * KALSHI_STEP
"""Dollars: the sweep ends where a further set brings less than nothing before rounding; a few lots
beyond, rounding alone may bring back this much."""

Recorded = Callable[[str], Path]
Raw = dict[str, Any]
Ladder = list[tuple[Decimal, Decimal]]


def raw_lines(recorded: Recorded) -> list[Raw]:
    return [json.loads(line) for line in recorded(RECORDINGS).read_text("utf-8").splitlines()]


def worked_out(folder: Path, *raws: object) -> list[PairEdges]:
    path = folder / "pairs.jsonl"
    texts = [raw if isinstance(raw, str) else json.dumps(raw) for raw in raws]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return list(edges(path))


# --- the second way: Decimals, from the raw objects ---------------------------------------------


def kalshi_ladder(raw: Raw, outcome: str) -> Ladder:
    """What buying this outcome meets: the other outcome's bids, reflected."""
    rows = raw["kalshi_orderbook"]["orderbook_fp"][{"yes": "no", "no": "yes"}[outcome] + "_dollars"]
    return sorted((1 - Decimal(px), Decimal(qty)) for px, qty in rows or [])


def polymarket_ladder(raw: Raw, outcome: str) -> Ladder:
    """What buying the token of this outcome of Kalshi's question meets."""
    book = raw["pm_book"]
    tokens = json.loads(raw["pm_gamma"]["clobTokenIds"])
    yes_token = tokens[raw["pm_yes_token"]]
    if (book.get("asset_id") == yes_token) is (outcome == "yes"):
        return sorted((Decimal(row["price"]), Decimal(row["size"])) for row in book["asks"])
    return sorted((1 - Decimal(row["price"]), Decimal(row["size"])) for row in book["bids"])


def polymarket_rate(raw: Raw) -> Decimal:
    return Decimal(str(raw["pm_gamma"]["feeSchedule"]["rate"]))


def fills_of(ladder: Ladder, size: Decimal) -> Ladder | None:
    fills, left = [], size
    for px, qty in ladder:
        fills.append((px, min(qty, left)))
        left -= fills[-1][1]
        if not left:
            return fills
    return None


def kalshi_bill(fills: Ladder) -> tuple[Decimal, Decimal]:
    """Cost and fees: what the balance loses above the cost, fill by fill, is the fee."""
    cost = fees = owed = Decimal(0)
    for px, qty in fills:
        notional = (px * qty).quantize(MICRO, ROUND_CEILING)
        model = (Decimal("0.07") * qty * px * (1 - px)).quantize(MICRO, ROUND_CEILING)
        left = (-notional - model).quantize(KALSHI_STEP, ROUND_FLOOR)
        charged = -left - notional
        owed += charged - model
        rebate = min(owed, charged).quantize(KALSHI_STEP, ROUND_FLOOR)
        owed -= rebate
        cost += notional
        fees += charged - rebate
    return cost, fees


def polymarket_bill(fills: Ladder, rate: Decimal) -> tuple[Decimal, Decimal]:
    cost = sum(((px * qty).quantize(MICRO, ROUND_CEILING) for px, qty in fills), Decimal(0))
    fees = (
        (rate * qty * px * (1 - px)).quantize(POLYMARKET_STEP, ROUND_CEILING) for px, qty in fills
    )
    return cost, sum(fees, Decimal(0))


class Direction:
    """One direction of a raw recording."""

    def __init__(self, raw: Raw, yes_on: str) -> None:
        self.kalshi = kalshi_ladder(raw, "yes" if yes_on == "kalshi" else "no")
        self.polymarket = polymarket_ladder(raw, "no" if yes_on == "kalshi" else "yes")
        self.rate = polymarket_rate(raw)

    def top(self) -> tuple[Decimal, Decimal] | None:
        """Cost and fees of one contract each, unrounded."""
        if not (self.kalshi and self.polymarket):
            return None
        here, there = self.kalshi[0][0], self.polymarket[0][0]
        return here + there, Decimal("0.07") * here * (1 - here) + self.rate * there * (1 - there)

    def bill(self, size: Decimal) -> tuple[Decimal, Decimal] | None:
        here, there = fills_of(self.kalshi, size), fills_of(self.polymarket, size)
        if here is None or there is None:
            return None
        ours, theirs = kalshi_bill(here), polymarket_bill(there, self.rate)
        if theirs[0] < 1:  # less than the smallest order
            return None
        return ours[0] + theirs[0], ours[1] + theirs[1]

    def lattice(self) -> Iterator[Decimal]:
        """Sizes where something changes, their neighbours, and a hundred in between."""
        ends = {
            end.quantize(CENT, ROUND_FLOOR)
            for ladder in (self.kalshi, self.polymarket)
            for end in accumulate(qty for _, qty in ladder)
        }
        for end in sorted(ends)[:40]:
            yield from (end - 3 * CENT, end - CENT, end, end + CENT)
        last = max(ends, default=Decimal(0))
        yield from ((last * n / 100).quantize(CENT, ROUND_FLOOR) for n in range(1, 100))
        yield from (LEAST_SHARES + CENT * n for n in range(20))


def check(direction: Direction, told: Raw) -> None:
    top = direction.top()
    if top is None:
        assert (told["top_cost"], told["top_fees"], told["top_net"]) == (None, None, None)
    else:
        cost, fees = top
        assert Decimal(told["top_cost"]) == cost
        assert 0 <= Decimal(told["top_fees"]) - fees < 2 * MICRO  # each venue's, rounded up
        assert Decimal(told["top_net"]) == 1 - cost - Decimal(told["top_fees"])
    size, best = Decimal(told["size"]), Decimal(told["profit"])
    if size:
        bill = direction.bill(size)
        assert bill == (Decimal(told["cost"]), Decimal(told["fees"]))
        assert best == size - bill[0] - bill[1]
        check_limits(direction, size, told["limit_prices"])
    else:
        assert (told["cost"], told["fees"], told["profit"]) == ("0", "0", "0")
        assert told["limit_prices"] is None
    for other in direction.lattice():
        bill = direction.bill(other) if other >= LEAST_SHARES else None
        if bill is not None:
            assert other - sum(bill) <= best + (NOISE if other > size else 0), f"{other} earns more"


def check_limits(direction: Direction, size: Decimal, limits: dict[str, str]) -> None:
    for venue, ladder in (("kalshi", direction.kalshi), ("polymarket", direction.polymarket)):
        fills = fills_of(ladder, size)
        assert fills is not None
        assert Decimal(limits[venue]) == fills[-1][0]


# --- real recordings ----------------------------------------------------------------------------


def test_every_recording_is_worked_out_alike_in_decimals(recorded: Recorded) -> None:
    """All 29: top of book, best size, cost, fees, profit and limits, in both directions."""
    found = list(edges(recorded(RECORDINGS)))
    raws = raw_lines(recorded)
    assert len(found) == len(raws) == 29
    for raw, one in zip(raws, found, strict=True):
        told: Any = json.loads(json.dumps(one.as_json()))
        assert (told["event_key"], told["recorded_at"]) == (raw["event_key"], raw["recorded_at"])
        assert told["verified"] is raw["criteria_verified"]
        ways = [(way["yes_on"], way["no_on"]) for way in told["directions"]]
        assert ways == [("kalshi", "polymarket"), ("polymarket", "kalshi")]
        for way in told["directions"]:
            check(Direction(raw, way["yes_on"]), way)


@pytest.mark.parametrize("cheaper", ["0.03", "0.07", "0.20"])
def test_cheaper_kalshi_books_are_worked_out_alike(
    recorded: Recorded, tmp_path: Path, cheaper: str
) -> None:
    """With all of Kalshi's bids raised, so that most directions earn something."""
    raws = raw_lines(recorded)
    for raw in raws:
        sides = raw["kalshi_orderbook"]["orderbook_fp"]
        for side, rows in sides.items():
            raised = [(Decimal(px) + Decimal(cheaper), qty) for px, qty in rows]
            sides[side] = [(str(px), qty) for px, qty in raised if px < 1]
    found = worked_out(tmp_path, *raws)
    profitable = 0
    for raw, one in zip(raws, found, strict=True):
        for way in json.loads(json.dumps(one.as_json()))["directions"]:
            check(Direction(raw, way["yes_on"]), way)
            profitable += Decimal(way["profit"]) > 0
    assert profitable > 10


def test_flagged_pairs_are_computed_and_refused(recorded: Recorded) -> None:
    """Four recordings are flagged: refused with the person's words, with all figures."""
    found = list(edges(recorded(RECORDINGS)))
    flagged = [one for one in found if not one.verified]
    assert {one.event_key for one in flagged} == FLAGGED
    assert len(flagged) == 4
    for one in flagged:
        assert one.refused is not None
        assert "pair not verified" in one.refused
        assert "REFUSED" in one.lines()[0]
    best_host = flagged[-1].as_json()
    assert "TRAP EXAMPLE" in str(best_host["refused"])
    assert flagged[-1].edges[1].profit > 200_000_000
    assert all(one.refused is None for one in found if one.verified)


def test_an_empty_side_has_no_top(recorded: Recorded) -> None:
    """Where one venue offers nothing there is no best price, no size and no profit."""
    found = [one for one in edges(recorded(RECORDINGS)) if one.event_key == ONE_SIDED]
    assert len(found) == 2
    for one in found:
        here, there = one.edges
        assert here.top_cost is not None
        assert (there.top_cost, there.top_fees, there.top_net, there.size) == (None, None, None, 0)


def test_a_closed_market_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    """Both venues' own words count; the figures are given all the same."""
    raw = raw_lines(recorded)[-1]
    before = worked_out(tmp_path, raw)[0]
    raw["kalshi_market"]["market"]["status"] = "finalized"
    raw["pm_gamma"]["acceptingOrders"] = False
    one = worked_out(tmp_path, raw)[0]
    assert one.refused is not None
    assert "Kalshi: status finalized" in one.refused
    assert "Polymarket: not_accepting_orders" in one.refused
    assert one.edges == before.edges


def test_a_closed_market_is_refused_in_the_recording_too(recorded: Recorded) -> None:
    """One recording is of a market that had ended on both venues: empty books, no token named."""
    one = list(edges(recorded(RECORDINGS)))[7]
    assert one.event_key == "wc26-best-host-usa"
    assert one.refused is not None
    assert "Kalshi: status finalized" in one.refused
    assert "Polymarket: closed" in one.refused
    assert [edge.top_cost for edge in one.edges] == [None, None]


def test_a_fee_that_is_not_known_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    """Prices are given, fees and what hangs on them are not."""
    raw = raw_lines(recorded)[0]
    before = worked_out(tmp_path, raw)[0]
    raw["pm_gamma"]["feeSchedule"] = {"rate": 0.05, "exponent": 1.5, "takerOnly": True}
    one = worked_out(tmp_path, raw)[0]
    assert one.refused is not None
    assert "Polymarket: fee" in one.refused
    assert [edge.top_cost for edge in one.edges] == [edge.top_cost for edge in before.edges]
    assert [edge.top_fees for edge in one.edges] == [None, None]
    assert [edge.size for edge in one.edges] == [0, 0]


def test_the_other_token_may_be_kalshis_yes(recorded: Recorded, tmp_path: Path) -> None:
    """With the tokens in the other order and the index to match, every figure is the same."""
    raw = raw_lines(recorded)[-1]
    before = worked_out(tmp_path, raw)[0]
    gamma = raw["pm_gamma"]
    gamma["clobTokenIds"] = json.dumps(json.loads(gamma["clobTokenIds"])[::-1])
    raw["pm_yes_token"] = 1
    assert worked_out(tmp_path, raw)[0] == before
    raw["pm_yes_token"] = 0
    assert worked_out(tmp_path, raw)[0].edges != before.edges


def test_the_book_of_either_token_will_do(recorded: Recorded, tmp_path: Path) -> None:
    """The NO token's book is the same book in the mirror."""
    raw = raw_lines(recorded)[-1]
    before = worked_out(tmp_path, raw)[0]
    book = raw["pm_book"]
    book["asset_id"] = json.loads(raw["pm_gamma"]["clobTokenIds"])[1]
    mirrored = {
        side: [{**row, "price": str(1 - Decimal(row["price"]))} for row in book[side]]
        for side in ("bids", "asks")
    }
    book["bids"], book["asks"] = mirrored["asks"], mirrored["bids"]
    assert worked_out(tmp_path, raw)[0] == before


# --- bad input ----------------------------------------------------------------------------------


def test_one_line_comes_out_per_line_in(recorded: Recorded, tmp_path: Path) -> None:
    """What cannot be read gives an object too: no figures, and why in `refused`."""
    good = raw_lines(recorded)[0]
    found = worked_out(tmp_path, good, "{", "[]", '{"event_key": "x"}', "[" * 5_000, good)
    assert [one.malformed for one in found] == [False, True, True, True, True, False]
    assert [one.line for one in found] == [1, 2, 3, 4, 5, 6]
    for one in found[1:5]:
        told: Any = one.as_json()
        assert told["refused"].startswith("malformed: ")
        assert [way["top_cost"] for way in told["directions"]] == [None, None]
        assert [way["size"] for way in told["directions"]] == ["0", "0"]
    assert found[3].event_key == "x"
    assert found[1].as_json()["event_key"] is None


@pytest.mark.parametrize(
    "key", ["recorded_at", "kalshi_market", "kalshi_orderbook", "pm_gamma", "pm_book", "event_key"]
)
def test_a_missing_part_is_malformed(recorded: Recorded, tmp_path: Path, key: str) -> None:
    """Nothing is guessed where a part of a recording is not there."""
    raw = raw_lines(recorded)[0]
    del raw[key]
    one = worked_out(tmp_path, raw)[0]
    assert one.malformed
    assert one.refused is not None
    assert key in one.refused


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("pm_yes_token",), 2),
        (("pm_yes_token",), True),
        (("kalshi_ticker",), "KXOTHER"),
        (("pm_condition_id",), "0x00"),
        (("pm_book", "asset_id"), "12345"),
        (("pm_book", "bids"), [{"price": "0.4", "size": "-1"}]),
        (("pm_book", "bids"), [{"price": 0.4, "size": "1"}, {"price": "abc", "size": "1"}]),
        (("kalshi_orderbook", "orderbook_fp"), {"yes_dollars": [["0.4"]], "no_dollars": []}),
        (("kalshi_market", "market"), {"ticker": 5}),
    ],
)
def test_a_wrong_part_is_malformed(
    recorded: Recorded, tmp_path: Path, path: tuple[str, ...], value: object
) -> None:
    """Parts that contradict each other or cannot be read field by field are told, not used."""
    raw = raw_lines(recorded)[0]
    part = raw
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    one = worked_out(tmp_path, raw)[0]
    assert one.malformed
    assert str(one.refused).startswith("malformed: ")


def test_a_verdict_that_is_missing_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    """Without anybody's word that the criteria agree the pair is refused, with its figures."""
    raw = raw_lines(recorded)[0]
    del raw["criteria_verified"]
    one = worked_out(tmp_path, raw)[0]
    assert one.verified is None
    assert "nobody says" in str(one.refused)
    assert one.edges[0].top_cost is not None


def test_a_crossed_book_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    """A book that contradicts itself is a fault of the data, however good the edge looks."""
    raw = raw_lines(recorded)[0]
    raw["pm_book"]["bids"].append({"price": "0.9", "size": "1000"})
    one = worked_out(tmp_path, raw)[0]
    assert "book crossed" in str(one.refused)
    assert one.edges[0].profit > 0


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    """The error names the file and what was expected."""
    with pytest.raises(Refused, match=r"gone\.jsonl: No such file.*expected a file with one"):
        list(edges(tmp_path / "gone.jsonl"))
