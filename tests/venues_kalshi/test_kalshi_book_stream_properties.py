"""The market-data conversation: what holds for every stream of frames."""

from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.book import Book
from arb.market.errors import Malformed
from arb.market.instruments import MarketId
from arb.market.units import MICRO, Px, Qty, decimal_text, parse_micros
from arb.messages import BookBroken, BookChange, BookReplaced, LevelAdded
from arb.venues.kalshi.book_stream import KalshiBookStream
from arb.venues.kalshi.identity import market_id
from tests.venues_kalshi.frames import Make, delta, feed, snapshot

NAMES = ("A", "B", "C")
LEVELS = st.tuples(st.sampled_from(NAMES), st.sampled_from(["yes", "no"]), st.integers(1, 49))
Steps = list[tuple[tuple[str, str, int], int]]
STEPS = st.lists(st.tuples(LEVELS, st.integers(0, 500_000)), max_size=40)


class _Truth:
    """The venue's side: totals per level, told as deltas or as snapshots."""

    def __init__(self) -> None:
        self.levels: dict[tuple[str, str, int], int] = {}
        self.seq = 0

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def set(self, level: tuple[str, str, int], hundredths: int) -> str:
        change = hundredths - self.levels.get(level, 0)
        self.levels[level] = hundredths
        name, side, cents = level
        return delta(
            self.next(), name, f"{cents / 100:.4f}", decimal_text(change * 10_000, 2), side
        )

    def tell(self, name: str) -> str:
        return snapshot(
            self.next(),
            name,
            yes_dollars_fp=self._side(name, "yes"),
            no_dollars_fp=self._side(name, "no"),
        )

    def _side(self, name: str, side: str) -> list[list[str]]:
        return [
            [f"{cents / 100:.4f}", decimal_text(total * 10_000, 2)]
            for (market, where, cents), total in self.levels.items()
            if (market, where) == (name, side)
        ]


def apply(books: dict[MarketId, Book], changes: Sequence[BookChange]) -> None:
    for change in changes:
        book = books[change.market]
        match change:
            case BookReplaced():
                book.replace(change.bids, change.asks)
            case BookBroken():
                book.break_off()
            case LevelAdded():
                add = book.add_bid if change.is_bid else book.add_ask
                add(change.px, change.delta)
            case _:
                raise AssertionError(change)


def levels_of(changes: Sequence[BookChange]) -> tuple[dict[Px, Qty], dict[Px, Qty]]:
    (told,) = changes
    assert isinstance(told, BookReplaced)
    return (
        {px: qty for px, qty in told.bids if qty},
        {px: qty for px, qty in told.asks if qty},
    )


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_changes_add_up_to_the_snapshot(steps: Steps, make_market: Make) -> None:
    """Books kept by changes equal the books that a fresh reader is told."""
    truth = _Truth()
    stream = KalshiBookStream([make_market(name) for name in NAMES])
    books = {market_id(name): Book(make_market(name)) for name in NAMES}
    apply(books, feed(stream, *(truth.tell(name) for name in NAMES)))
    for level, total in steps:
        apply(books, feed(stream, truth.set(level, total)))
    assert stream.counts["gaps"] == 0
    for name in NAMES:
        bids, asks = levels_of(feed(stream, truth.tell(name)))
        book = books[market_id(name)]
        assert book.live
        assert (book.bids, book.asks) == (bids, asks)


@settings(max_examples=80, deadline=None)
@given(steps=STEPS.filter(bool), data=st.data())
def test_a_lost_frame_breaks_every_book_until_its_snapshot(
    steps: Steps, data: st.DataObject, make_market: Make
) -> None:
    """Whichever frame is lost, the next one breaks all books; only snapshots make them true."""
    truth = _Truth()
    stream = KalshiBookStream([make_market(name) for name in NAMES])
    books = {market_id(name): Book(make_market(name)) for name in NAMES}
    apply(books, feed(stream, *(truth.tell(name) for name in NAMES)))
    frames = [truth.set(level, total) for level, total in steps]
    lost = data.draw(st.integers(0, len(frames) - 1))
    heard = [*frames[:lost], *frames[lost + 1 :], truth.set(("A", "yes", 1), 7)]
    for number, text in enumerate(heard):
        apply(books, feed(stream, text))
        assert [book.live for book in books.values()] == [number < lost] * len(NAMES)
    assert stream.counts["gaps"] == 1
    for name in NAMES:
        apply(books, feed(stream, truth.tell(name)))
    assert all(book.live for book in books.values())
    apply(books, feed(stream, truth.set(("B", "no", 49), 3)))
    assert books[market_id("B")].asks[Px(510_000)] == 30_000


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=60)
    | st.text(max_size=60)
    | st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "sid", "seq", "msg", "market_ticker", "code", "side"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    ).map(msgspec.json.encode)
)
def test_no_frame_raises(garbage: str | bytes) -> None:
    """Bytes, text and JSON of any shape never raise."""
    stream = KalshiBookStream([], market_id_of=market_id)
    feed(stream, snapshot(1, "A"), garbage, garbage)
    assert stream.counts.total() >= 3


COUNTS = st.one_of(
    st.from_regex(r"-?(0|[1-9][0-9]{0,12})\.[0-9]{2}", fullmatch=True),
    st.from_regex(r"-?[0-9]{0,17}\.?[0-9]{0,8}", fullmatch=True),
    st.sampled_from(["nan", "inf", "-inf", "", "+5.00", " 5.00", "1_0.00", "-0.00", "null"]),
)
SIDES = st.sampled_from(["yes", "no", "YES", "maybe", ""])
SPELLED = st.one_of(
    st.integers(1, 9_999).map(lambda px: f"0.{px:04d}"),
    st.sampled_from(["0.5", ".5000", "0.50000", "0.0000", "1.0000", "1.5", "-0.5", "nan", ""]),
)


@settings(max_examples=300, deadline=None)
@given(count=COUNTS, side=SIDES, px=SPELLED)
def test_a_delta_is_what_its_digits_say(count: str, side: str, px: str, make_market: Make) -> None:
    """Whichever way a delta is spelled, it is read to the millionth, or its book is given up."""
    stream = KalshiBookStream([make_market("A")])
    feed(stream, snapshot(1, "A"))
    (told,) = feed(stream, delta(2, "A", px, count, side))
    try:
        micros, level = parse_micros(count), parse_micros(px)
    except Malformed:
        assert isinstance(told, BookBroken)
        return
    if side not in {"yes", "no"} or not 0 < level < MICRO:
        assert isinstance(told, BookBroken)
        return
    is_bid = side == "yes"
    assert told == LevelAdded(
        market_id("A"), is_bid, Px(level if is_bid else MICRO - level), micros
    )
