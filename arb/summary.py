"""What a run did, for people and for machines."""

from collections.abc import Mapping
from typing import Any

import attrs

from arb.board import Board
from arb.detect.history import LearntRow
from arb.ending import Stop
from arb.learning import learnt, learnt_lines
from arb.market.instruments import MarketId
from arb.market.units import Ns, decimal_text
from arb.plant import Plant
from arb.risk.capital import capital_lines, view
from arb.risk.statement import Statement
from arb.web.names import readable

FUNNEL_REASONS = 4
"""The most frequent ones of each lane are told."""


@attrs.frozen
class Summary:
    """What a run did. Money in dollars as decimal texts."""

    run: str
    mode: str
    venues: str
    seed: int
    seconds: float
    stopped_by: str
    exit_code: int
    markets: int
    templates: int
    frames: int
    changes: int
    episodes: int
    baskets: dict[str, int]
    fills: int
    fees: str
    cash_opening: dict[str, str]
    cash: dict[str, str]
    positions: int
    settlements: int
    """Markets that were resolved and paid."""
    settled: str
    guaranteed: str
    locked_profit: str
    """Cash now, plus what the complete sets must pay at resolution, less the cash at the start."""
    realised: str
    """Profit by average cost of what was sold, netted or settled, of all days in the store."""
    unrealised: str
    """What complete sets must still pay, less what all contracts held cost."""
    day_made: str
    """What the baskets made that ended on the last UTC day, at the worst state."""
    capital: tuple[str, ...]
    """Where the money is, until when, and what it earns there."""
    stuck: tuple[str, ...]
    """Contracts that could not be sold back: a person must look."""
    not_taken: dict[str, int]
    funnel: tuple[str, ...]
    """How far baskets came, by lane, and why no further."""
    bets: dict[str, int]
    """Of the statistical lanes, by what became of them."""
    asked_again: int
    """Books asked for anew because a basket was refused on doubt."""
    learnt: tuple[LearntRow, ...]
    """How baskets of each kind went, of all that the store knows: filled, claimed, made."""
    differences: tuple[str, ...]
    """Where store, ledger and venues disagree; empty where all agree to the micro-dollar."""
    compared: bool
    """False: a venue could not be asked at the end."""

    def as_json(self) -> dict[str, Any]:
        """The summary as plain values."""
        return attrs.asdict(self, value_serializer=_plain)


@attrs.frozen
class Agreement:
    """What holding the books against each other found."""

    differences: tuple[str, ...]
    compared: bool


def sum_up(
    board: Board, plant: Plant, stop: Stop, statement: Statement, agreement: Agreement
) -> Summary:
    """Draw everything together."""
    now = plant.outside.now_ns()
    run = plant.settings.run
    ledger = plant.recovered.ledger
    names = {market.id: market for market in plant.markets}
    return Summary(
        run=plant.run,
        mode=run.mode,
        venues=run.venues,
        seed=run.seed,
        seconds=(now - board.started_ns) / 1e9,
        stopped_by=stop.reason,
        exit_code=int(stop.code),
        markets=len(plant.markets),
        templates=len(plant.baskets),
        frames=board.frames,
        changes=board.books.changes,
        episodes=board.episodes,
        baskets=statement.ends,
        fills=statement.fills,
        fees=decimal_text(statement.fees),
        cash_opening=_pools(statement.opening),
        cash=_pools(statement.cash),
        positions=len(statement.positions),
        settlements=statement.settlements,
        settled=decimal_text(statement.settled),
        guaranteed=decimal_text(statement.guaranteed),
        locked_profit=decimal_text(statement.locked_profit),
        realised=decimal_text(ledger.realised),
        unrealised=decimal_text(ledger.unrealised),
        day_made=decimal_text(ledger.results.made_on(now)),
        capital=tuple(capital_lines(view(ledger, _closes(plant), now))),
        stuck=plant.journal.stuck(),
        not_taken=dict(board.refusals.most_common()),
        funnel=tuple(readable(line, names) for line in board.funnel.lines(FUNNEL_REASONS)),
        bets=board.bets.counts,
        asked_again=board.asked_again,
        learnt=learnt(plant.journal),
        differences=agreement.differences,
        compared=agreement.compared,
    )


def _plain(_: Any, __: Any, value: Any) -> Any:  # noqa: ANN401 - whatever a summary holds
    """A set in order, as JSON has none."""
    return sorted(value) if isinstance(value, frozenset) else value


def _closes(plant: Plant) -> dict[MarketId, Ns | None]:
    return {market.id: market.closes_ns for market in plant.markets}


def _pools(cash: Mapping[Any, int]) -> dict[str, str]:
    return {f"{venue}:{pool}": decimal_text(usd) for (venue, pool), usd in sorted(cash.items())}


def summary_lines(summary: Summary) -> list[str]:
    """The summary for people."""
    baskets = ", ".join(f"{count} {end}" for end, count in summary.baskets.items()) or "none"
    cash = ", ".join(f"{pool} ${usd}" for pool, usd in summary.cash.items())
    lines = [
        f"stopped: {summary.stopped_by} (exit code {summary.exit_code})",
        (
            f"ran {summary.seconds:.1f} s in {summary.mode} mode on {summary.venues} venues,"
            f" seed {summary.seed}"
        ),
        (
            f"watched {summary.markets} markets, {summary.templates} templates;"
            f" {summary.frames} frames, {summary.changes} book changes"
        ),
        f"shown {summary.episodes} episodes; baskets: {baskets}; {summary.fills} fills",
        (
            f"cash {cash}; fees paid ${summary.fees};"
            f" {summary.settlements} settled markets paid ${summary.settled}"
        ),
        (
            f"locked profit ${summary.locked_profit}: cash change plus ${summary.guaranteed}"
            " that complete sets must pay at resolution"
        ),
        (
            f"realised ${summary.realised}, unrealised ${summary.unrealised} at the worst state;"
            f" made on the last UTC day ${summary.day_made}"
        ),
        *summary.capital,
    ]
    lines += [f"  {text}" for text in summary.funnel]
    if any(summary.bets.values()):
        told = ", ".join(f"{count} {what}" for what, count in summary.bets.items())
        lines.append(f"bets: {told}")
    if summary.asked_again:
        lines.append(f"  {summary.asked_again} books were asked for anew on doubt")
    lines += [f"  learnt: {text}" for text in learnt_lines(summary.learnt)]
    lines += [f"STUCK: {text}" for text in summary.stuck]
    return lines + _agreement_lines(summary)


def _agreement_lines(summary: Summary) -> list[str]:
    if not summary.compared:
        return ["the venues were not asked: nothing was traded, or one could not be reached"]
    if summary.differences:
        return ["THE BOOKS DIFFER:", *(f"  {text}" for text in summary.differences)]
    return ["store, ledger and both venues agree to the micro-dollar"]
