"""What the statistical lanes would have done on recorded markets: hit rate, expected, realised.

The lanes run as shipped (settings.toml), on one recorded second after another. A bet is placed
against the books of the row after the one that it was decided on, at its limit; what is no longer
there is not bought. It is held to the end. Fees are the venue's (7 % crypto schedule).

    btc5m   Chainlink prices and outcomes of 5-minute markets, no books: is the chance right at all?
    feb     Chainlink prices and books of 15-minute markets: the latency lane, and spikes
    sep     books of 15-minute markets with payouts, no spot: spikes

Recordings are read from ../shared/data/series, or from the folder given. Parquet files need
pyarrow, which the project does not depend on. Run: python benchmarks/statistical_lanes.py
"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import attrs
from btc_recordings import (
    BTC,
    FEES,
    Moment,
    Recording,
    S,
    chainlink_prices,
    february,
    five_minutes,
    september,
)

from arb.detect.bet import Bet, Estimate
from arb.detect.fair import Walk, chance_at_or_above
from arb.detect.lanes.latency import judge
from arb.detect.lanes.spike import SpikeWatch, expect
from arb.detect.spot_board import PRIMARY, SETTLING, SpotBoard
from arb.detect.stake import stake
from arb.detect.volatility import Volatility
from arb.market.book import BookView
from arb.market.instruments import (
    Action,
    Outcome,
)
from arb.market.spot import SpotTick
from arb.market.units import MICRO, Ns, Qty, plain_text
from arb.settings import Bets, build, read_toml
from arb.wagers import latency_limits, spike_limits, spot_limits, stake_limits

ROOT = Path(__file__).resolve().parents[1]
SERIES = ROOT.parent / "shared" / "data" / "series"
LEFT_S = (270, 240, 180, 120, 60, 30, 10)


def knobs() -> Bets:
    return build([read_toml((ROOT / "settings.toml").read_text(encoding="utf-8"), "shipped")]).bets


# --- bets ---


@attrs.frozen
class Result:
    """One bet as it went: micro-dollars, millionths."""

    name: str
    at_ns: Ns
    outcome: Outcome
    fair_ppm: int
    qty: Qty
    cost: int
    fees: int
    expected: int
    """For what was bought."""
    won: bool

    @property
    def realised(self) -> int:
        """Micro-dollars, of either sign."""
        return (self.qty if self.won else 0) - self.cost - self.fees


def fill(bet: Bet, later: BookView, *, up: bool) -> Result | None:
    """Buy what the next second still offers at the limit or better."""
    outcome, left, fills = bet.estimate.leg.outcome, int(bet.size), []
    for px, qty in later.ladder(outcome, Action.BUY):
        if px > bet.limit or left <= 0:
            break
        fills.append((px, Qty(min(qty, left))))
        left -= fills[-1][1]
    bought = Qty(bet.size - left)
    if not bought:
        return None
    cost = sum(-(-px * qty // MICRO) for px, qty in fills)
    fees = FEES.taker_fees(fills)
    won = up is (outcome is Outcome.YES)
    expected = bet.fair_ppm * bought // MICRO - cost - fees
    name = bet.market.id.removeprefix("polymarket:")
    return Result(name, bet.seen_ns, outcome, bet.fair_ppm, bought, cost, fees, expected, won)


@attrs.define
class Desk:
    """Places bets on one recording, at most one a bucket."""

    wagers: Bets
    refused: Counter[str] = attrs.field(factory=Counter)
    missed: int = 0
    results: list[Result] = attrs.field(factory=list)
    _placed: set[str] = attrs.field(factory=set)

    def offer(self, estimate: Estimate, now: Moment, later: Moment, *, up: bool) -> None:
        """Place it unless this contract was bet on in this bucket already."""
        bet = stake(estimate, now.view, now.at_ns, stake_limits(self.wagers))
        if not isinstance(bet, Bet):
            self.refused[str(bet.reason)] += 1
        elif bet.id not in self._placed:
            self._placed.add(bet.id)
            result = fill(bet, later.view, up=up)
            self.missed += result is None
            self.results += [] if result is None else [result]


def run_latency(recordings: Iterable[Recording], wagers: Bets) -> Desk:
    desk, board = Desk(wagers), SpotBoard(spot_limits(wagers))
    for recording in recordings:
        if recording.up is None or recording.strike is None:
            desk.refused["recording without a strike or an end"] += 1
            continue
        start_ns = recording.asked.start_ns
        board.see(SpotTick(SETTLING, BTC, recording.strike, start_ns, start_ns))
        _latency(recording, board, desk, recording.up)
    return desk


def _latency(recording: Recording, board: SpotBoard, desk: Desk, up: bool) -> None:  # noqa: FBT001 - a fact
    limits, second = latency_limits(desk.wagers), spot_limits(desk.wagers).second
    moments = recording.moments
    for now, later in pairwise(moments):
        if now.spot is not None:
            for source in (PRIMARY, second):  # only one was recorded: it is its own witness here
                board.see(SpotTick(source, BTC, now.spot, now.at_ns, now.at_ns))
        estimate = judge(recording.asked, now.view, board, now.at_ns, limits)
        if isinstance(estimate, Estimate):
            desk.offer(estimate, now, later, up=up)
        else:
            desk.refused[str(estimate.reason)] += 1


def run_spikes(recordings: Iterable[Recording], wagers: Bets) -> tuple[Desk, list[float]]:
    """Bets, and for each spike the part of its move that was back a minute later."""
    desk, back = Desk(wagers), []
    limits = spike_limits(wagers)
    for recording in recordings:
        if recording.up is None:
            continue
        watch, quiet_until = SpikeWatch(limits), 0
        moments = recording.moments
        for at, (now, later) in enumerate(pairwise(moments)):
            spike = watch.see(now.view, now.at_ns)
            if spike is None or now.at_ns > recording.asked.end_ns - 60 * S:
                continue
            desk.offer(expect(spike, limits), now, later, up=recording.up)
            if now.at_ns >= quiet_until:
                quiet_until = now.at_ns + 60 * S
                back += _back(spike.after, spike.move, moments[at:], quiet_until)
    return desk, back


def _back(after: int, move: int, moments: Sequence[Moment], then_ns: int) -> list[float]:
    for moment in moments:
        if moment.at_ns >= then_ns and moment.view.bids and moment.view.asks:
            middle = (moment.view.bids[0][0] + moment.view.asks[0][0]) // 2
            return [(after - middle) / move]
    return []


# --- calibration without books ---


def run_calibration(folder: Path, wagers: Bets) -> None:
    prices, markets = chainlink_prices(folder), five_minutes(folder)
    if not markets:
        return
    print(f"btc5m: {len(prices)} Chainlink prices, {len(markets)} markets of 5 minutes")
    print("  chance of UP as the lane computes it, against what happened; no books, so no bets")
    by_left: dict[int, list[tuple[int, bool]]] = {left: [] for left in LEFT_S}
    moves = Volatility(spot_limits(wagers).volatility)
    due = sorted((end - left, left, strike, up) for end, strike, up in markets for left in LEFT_S)
    at = 0
    for second, left, strike, up in due:
        while at < len(prices) and prices[at][0] <= second:
            moves.see(Ns(prices[at][0] * S), prices[at][1])
            at += 1
        variance = moves.variance_per_s()
        if not at or variance is None or second - prices[at - 1][0] > 5:
            continue
        walk = Walk(
            variance * (MICRO + wagers.latency_markup_ppm) / MICRO,
            left,
            0.0,
            wagers.latency_basis_ppm,
        )
        by_left[left].append((chance_at_or_above(prices[at - 1][1], strike, walk), up))
    for left, pairs in by_left.items():
        print(_calibration_line(left, pairs))
    _deciles([pair for pairs in by_left.values() for pair in pairs])


def _calibration_line(left: int, pairs: Sequence[tuple[int, bool]]) -> str:
    brier = sum((chance / MICRO - up) ** 2 for chance, up in pairs) / len(pairs)
    right = sum((chance >= MICRO // 2) is up for chance, up in pairs) / len(pairs)
    mean = sum(max(chance, MICRO - chance) for chance, _ in pairs) / len(pairs) / MICRO
    return (
        f"  {left:4d} s left: {len(pairs):4d} markets, says {mean:5.1%} on its side,"
        f" right {right:5.1%}, Brier {brier:.4f}"
    )


def _deciles(pairs: Sequence[tuple[int, bool]]) -> None:
    print(
        "  by what it says (all times together; the seven looks at one market are not independent)"
    )
    bins: dict[int, list[bool]] = {}
    sums: Counter[int] = Counter()
    for chance, up in pairs:
        slot = min(9, chance * 10 // MICRO)
        bins.setdefault(slot, []).append(up)
        sums[slot] += chance
    for slot, ups in sorted(bins.items()):
        said = sums[slot] / len(ups) / MICRO
        print(f"    says {said:5.1%}: happened {sum(ups) / len(ups):5.1%} of {len(ups)}")


# --- words ---


def report(name: str, desk: Desk) -> None:
    results = desk.results
    print(f"{name}: {len(results)} bets bought, {desk.missed} gone a second later")
    for reason, count in desk.refused.most_common(6):
        print(f"    not bet: {count:6d} x {reason}")
    if not results:
        return
    cost, fees = sum(one.cost for one in results), sum(one.fees for one in results)
    said = sum(one.fair_ppm for one in results) / len(results) / MICRO
    won = sum(one.won for one in results) / len(results)
    expected = sum(one.expected for one in results)
    realised = sum(one.realised for one in results)
    print(f"    says it wins {said:.1%}, won {won:.1%}")
    print(
        f"    paid {plain_text(cost)} and fees {plain_text(fees)} ({fees / cost:.1%} of the price)"
    )
    print(f"    expected {plain_text(expected)}, realised {plain_text(realised)}")
    by_market: Counter[str] = Counter()
    for one in results:
        by_market[one.name] += one.realised
    ups = sum(usd > 0 for usd in by_market.values())
    print(
        f"    {len(by_market)} markets, {ups} with a gain: bets on one market win or lose together"
    )
    print(f"    of the realised: {', '.join(plain_text(usd) for usd in by_market.values())}")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SERIES
    wagers = knobs()
    run_calibration(folder, wagers)
    try:
        recordings = {"feb": february(folder), "sep": september(folder)}
    except ModuleNotFoundError as error:
        print(f"the rest needs {error.name}: pip install pyarrow")
        return
    report("feb, latency", run_latency(recordings["feb"], wagers))
    brave = attrs.evolve(wagers, spike_reversion_ppm=500_000, spike_confidence_ppm=500_000)
    for name, found in recordings.items():
        desk, back = run_spikes(found, wagers)
        report(f"{name}, spike", desk)
        _way_back(back, wagers)
        report(
            f"{name}, spike, if half were expected back and half believed",
            run_spikes(found, brave)[0],
        )


def _way_back(back: list[float], wagers: Bets) -> None:
    if not back:
        return
    back.sort()
    mean, median = sum(back) / len(back), back[len(back) // 2]
    says = wagers.spike_reversion_ppm / MICRO
    print(f"    {len(back)} spikes; of the move a minute later was back:")
    print(f"    {mean:.0%} (mean), {median:.0%} (median); the lane expects {says:.0%}")


if __name__ == "__main__":
    main()
