"""Every metric: its name, what it means, and where on the board it is read. Pure.

Names follow Prometheus: base units (seconds, dollars, ratios), `_total` for what only grows.
"""

from collections.abc import Callable, Iterable, Mapping

import attrs

from arb.board import Board
from arb.detect.funnel import Stage
from arb.market.units import MICRO
from arb.messages import FeedId, Level

NS = 1_000_000_000
Sample = tuple[Mapping[str, str], float]
"""Labels and value. Floats are for looking at: nothing is decided on them."""


@attrs.frozen
class Metric:
    """One family of samples."""

    name: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[Board], Iterable[Sample]]

    @property
    def counts(self) -> bool:
        """Whether it only grows."""
        return self.name.endswith("_total")


def _one(read: Callable[[Board], float]) -> Callable[[Board], Iterable[Sample]]:
    return lambda board: [({}, read(board))]


def _usd(micros: int) -> float:
    return micros / MICRO


def _feeds(read: Callable[[Board, FeedId], float]) -> Callable[[Board], Iterable[Sample]]:
    return lambda board: [({"feed": str(feed)}, read(board, feed)) for feed in board.feeds]


def _reached(board: Board) -> Iterable[Sample]:
    for lane in board.funnel.lanes:
        for stage in Stage:
            yield (
                {"lane": lane, "stage": str(stage)},
                board.funnel.reached(lane, stage),
            )


def _refused(board: Board) -> Iterable[Sample]:
    counts: dict[tuple[str, str], int] = {}
    for row in board.funnel.rows():
        key = (row.lane, row.reason.partition(":")[0])
        counts[key] = counts.get(key, 0) + row.count
    for (lane, reason), count in counts.items():
        yield {"lane": lane, "reason": reason}, count


def _money(board: Board) -> Iterable[Sample]:
    for label, micros in board.money.items():
        yield {"label": label}, _usd(micros)


def _cash(board: Board) -> Iterable[Sample]:
    for (venue, pool), usd in board.cash.items():
        yield {"venue": str(venue), "pool": str(pool)}, _usd(usd)


def _level(board: Board) -> float:
    return board.standing.level if board.standing is not None else Level.RUNNING


METRICS = (
    Metric("arb_uptime_seconds", "Since the start.", (), _one(lambda b: b.age_ns / NS)),
    Metric("arb_loop_lag_seconds", "The latest that a timer was of late.", (), _one(lambda b: b.lag_ns / NS)),
    Metric("arb_level", "0 running, 1 paused, 2 reduce only, 3 flatten, 4 stopped.", (), _one(_level)),
    Metric("arb_books", "Books that are watched.", (), _one(lambda b: b.books.markets)),
    Metric("arb_books_live", "Books that can be traded on.", (), _one(lambda b: b.books.live)),
    Metric("arb_books_crossed", "Books whose bid is above their ask: an alarm.", (), _one(lambda b: b.books.crossed)),
    Metric("arb_book_changes_total", "Changes applied.", (), _one(lambda b: b.books.changes)),
    Metric("arb_book_conflated_total", "States replaced before the scanner took them.", (), _one(lambda b: b.books.conflated)),
    Metric("arb_books_broken_total", "Books that a gap or a cut broke.", (), _one(lambda b: b.books.broken)),
    Metric("arb_feed_connected", "1 where the connection is up.", ("feed",), _feeds(lambda b, f: b.feeds[f].connected)),
    Metric("arb_feed_frames_total", "Frames over a connection.", ("feed",), _feeds(lambda b, f: b.feeds[f].frames)),
    Metric("arb_feed_cuts_total", "Times that a connection was lost.", ("feed",), _feeds(lambda b, f: b.feeds[f].cuts)),
    Metric("arb_feed_age_seconds", "Since a connection last brought anything.", ("feed",), _feeds(lambda b, f: b.feed_age_ns(f) / NS)),
    Metric("arb_episodes_total", "Opportunities, each counted once.", (), _one(lambda b: b.episodes)),
    Metric("arb_funnel_total", "Baskets that came so far.", ("lane", "stage"), _reached),
    Metric("arb_refused_total", "Baskets that came no further, by reason.", ("lane", "reason"), _refused),
    Metric("arb_baskets_total", "Baskets by how they ended.", ("end",), lambda b: [({"end": e}, n) for e, n in b.ends.items()]),
    Metric("arb_baskets_in_flight", "Baskets begun and not ended.", (), _one(lambda b: len(b.in_flight))),
    Metric("arb_fills_total", "Executions of our orders.", (), _one(lambda b: b.fills)),
    Metric("arb_fees_dollars_total", "Fees paid.", (), _one(lambda b: _usd(b.fees))),
    Metric("arb_money_dollars", "Dollars, by what they are.", ("label",), _money),
    Metric("arb_cash_dollars", "Cash as the venue tells it.", ("venue", "pool"), _cash),
    Metric("arb_notes_total", "Notes by kind: crash, drift, stuck, poll, ...", ("kind",), lambda b: [({"kind": k}, n) for k, n in b.noted.items()]),
)  # fmt: skip
"""Everything that is exposed, in this order."""
