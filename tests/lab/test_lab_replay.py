"""Replaying recorded frames: real recordings with their known figures, and bad input."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from arb.lab import replay
from arb.market.errors import ArbError, Refused, Unintelligible

POLYMARKET = "polymarket_ws/yes_no_feb2026/merged_session.jsonl"
KALSHI = "kalshi_ws/kxbtc_apr2026/kalshi_ws_frames.jsonl"
CONDITION = "0x" + "ab" * 32
YES, NO = "111", "222"

Recorded = Callable[[str], Path]


def polymarket_book(token: str, bid: str, ask: str, **more: object) -> dict[str, object]:
    return {
        "market": CONDITION,
        "asset_id": token,
        "timestamp": "1772279170115",
        "bids": [{"price": bid, "size": "10"}],
        "asks": [{"price": ask, "size": "20"}],
        "event_type": "book",
        **more,
    }


def entry(token: str, side: str, px: str, size: str, stated: str) -> dict[str, str]:
    bid, ask = stated.split("/")
    return {
        "asset_id": token,
        "price": px,
        "size": size,
        "side": side,
        "best_bid": bid,
        "best_ask": ask,
    }


def price_change(*entries: dict[str, str]) -> dict[str, object]:
    return {
        "market": CONDITION,
        "price_changes": list(entries),
        "timestamp": "1772279171115",
        "event_type": "price_change",
    }


def kalshi_frame(kind: str, seq: int, **body: object) -> dict[str, object]:
    return {
        "type": kind,
        "sid": 1,
        "seq": seq,
        "msg": {"market_ticker": "KXA-26-T1", **body},
    }


def kalshi_snapshot(seq: int, yes: Sequence[Any], no: Sequence[Any]) -> dict[str, object]:
    return kalshi_frame("orderbook_snapshot", seq, yes_dollars_fp=yes, no_dollars_fp=no)


def kalshi_delta(seq: int, px: str, delta: str, side: str) -> dict[str, object]:
    return kalshi_frame("orderbook_delta", seq, price_dollars=px, delta_fp=delta, side=side)


def wrapped(frame: dict[str, object], at_ns: int) -> dict[str, object]:
    return {"recv_ts_ns": at_ns, "raw": json.dumps(frame) + "\n"}


def written(folder: Path, *lines: object) -> Path:
    path = folder / "frames.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


# --- real recordings ----------------------------------------------------------------------------


def test_polymarket_recording_gives_its_known_figures(recorded: Recorded) -> None:
    """120 frames of one market: 14 of 14 later books agree, 192 of 194 stated best prices."""
    report = replay.replay(recorded(POLYMARKET))
    assert report.by_type == {"book": 16, "price_change": 97, "last_trade_price": 7}
    assert (report.lines_read, report.frames, report.markets) == (120, 120, 1)
    assert (report.applied, report.ignored) == (97 + 16, {})
    books = report.books
    assert (books.rebuilt, books.restored, books.broken, books.snapshots) == (1, 0, 0, 16)
    assert str(books.later) == "14 of 14"
    assert str(books.second_token) == "1 of 1"
    assert str(books.stated) == "192 of 194"
    assert str(books.mirrored) == "194 of 194"
    assert (books.crossed_books, books.crossed_sightings, books.negative) == (0, 0, 0)
    assert (report.gaps, report.bad_lines.count, report.passed_over.count) == (0, 0, 0)
    assert report.seconds == pytest.approx(37.654)
    assert report.baskets.found == ()


def test_kalshi_recording_gives_its_known_figures(recorded: Recorded) -> None:
    """74 wrapped frames of eight markets: no gap, nothing negative, nothing crossed."""
    report = replay.replay(recorded(KALSHI))
    assert report.by_type == {
        "subscribed": 2,
        "orderbook_snapshot": 8,
        "error": 3,
        "orderbook_delta": 61,
    }
    assert (report.frames, report.markets, report.books.rebuilt) == (74, 8, 8)
    assert (report.gaps, report.books.negative, report.books.crossed_books) == (0, 0, 0)
    assert (report.applied, report.ignored) == (69, {})
    assert report.seconds == pytest.approx(60.0, abs=0.01)


@pytest.mark.parametrize(("name", "venue"), [(POLYMARKET, "polymarket"), (KALSHI, "kalshi")])
def test_naming_the_venue_changes_nothing(recorded: Recorded, name: str, venue: str) -> None:
    """The venue that the frames show and the venue that the caller names give one report."""
    path = recorded(name)
    assert replay.replay(path, venue) == replay.replay(path)


def test_people_and_programs_are_told_the_same(recorded: Recorded) -> None:
    """The text names the figures that the JSON object holds."""
    report = replay.replay(recorded(POLYMARKET))
    text = "\n".join(report.lines())
    told: Any = json.loads(json.dumps(report.as_json()))
    assert told["books"]["later_snapshots"] == {"agree": 14, "of": 14}
    assert told["stated_best_prices"] == {"agree": 192, "of": 194}
    assert told["frames"]["by_type"]["price_change"] == 97
    assert "14 of 14" in text
    assert "192 of 194" in text
    assert "97 price_change" in text


def test_losing_a_frame_shows_in_the_polymarket_figures(recorded: Recorded, tmp_path: Path) -> None:
    """Agreement is measured, not assumed: with a third of the changes lost, books contradict."""
    lines = recorded(POLYMARKET).read_text(encoding="utf-8").splitlines()
    kept = [line for n, line in enumerate(lines) if "price_changes" not in line or n % 3]
    report = replay.replay(written(tmp_path, *kept))
    assert report.books.later.of == 14
    assert report.books.later.agree < 14


def test_losing_a_frame_shows_as_a_gap_on_kalshi(recorded: Recorded, tmp_path: Path) -> None:
    """A missing number breaks every book, and what follows is ignored until a snapshot comes."""
    lines = recorded(KALSHI).read_text(encoding="utf-8").splitlines()
    cut = next(n for n, line in enumerate(lines) if '\\"seq\\":30,' in line)
    report = replay.replay(written(tmp_path, *lines[:cut], *lines[cut + 1 :]))
    assert report.gaps == 1
    assert report.books.broken == 8
    assert sum(report.ignored.values()) > 0


# --- markets learned from frames ----------------------------------------------------------------


def test_a_market_that_shows_one_token_is_replayed(tmp_path: Path) -> None:
    """With only one token in the frames the other is nobody's, and nothing else changes."""
    path = written(
        tmp_path,
        polymarket_book(YES, "0.40", "0.45"),
        price_change(entry(YES, "BUY", "0.41", "5", "0.41/0.45")),
        polymarket_book(YES, "0.41", "0.45"),
    )
    report = replay.replay(path)
    assert (report.markets, report.books.rebuilt) == (1, 1)
    assert str(report.books.stated) == "1 of 1"
    assert (report.books.later.agree, report.books.later.of) == (0, 1)  # 0.40 was never removed
    assert report.books.mirrored.of == 0


@pytest.mark.parametrize("tokens", [(YES, NO), (NO, YES)])
def test_either_token_may_come_first(tmp_path: Path, tokens: tuple[str, str]) -> None:
    """Which token is called YES makes no difference: the other one's book mirrors it."""
    first, second = tokens
    path = written(
        tmp_path,
        polymarket_book(first, "0.40", "0.45"),
        {
            **polymarket_book(second, "0.55", "0.60"),
            "bids": [{"price": "0.55", "size": "20"}],
            "asks": [{"price": "0.60", "size": "10"}],
        },
        price_change(
            entry(first, "SELL", "0.44", "3", "0.40/0.44"),
            entry(second, "BUY", "0.56", "3", "0.56/0.60"),
        ),
    )
    report = replay.replay(path)
    assert str(report.books.second_token) == "1 of 1"
    assert str(report.books.stated) == "2 of 2"
    assert str(report.books.mirrored) == "2 of 2"


def test_a_change_without_its_mirror_image_is_told(tmp_path: Path) -> None:
    """The venue mirrors every change; one that comes alone shows in the figures."""
    path = written(
        tmp_path,
        polymarket_book(YES, "0.40", "0.45"),
        polymarket_book(NO, "0.55", "0.60"),
        price_change(
            entry(YES, "BUY", "0.41", "5", "0.41/0.45"),
            entry(NO, "SELL", "0.59", "6", "0.55/0.59"),
        ),
    )
    report = replay.replay(path)
    assert (report.books.mirrored.agree, report.books.mirrored.of) == (0, 2)


def test_arrays_and_both_venues_in_one_file_are_replayed(tmp_path: Path) -> None:
    """A line may hold several messages, and each frame goes to its own venue's reader."""
    path = written(
        tmp_path,
        [polymarket_book(YES, "0.40", "0.45"), polymarket_book(NO, "0.55", "0.60")],
        kalshi_snapshot(1, [["0.4000", "5.00"]], [["0.5500", "5.00"]]),
        kalshi_delta(2, "0.4100", "1.00", "yes"),
    )
    report = replay.replay(path)
    assert report.by_type == {"book": 2, "orderbook_snapshot": 1, "orderbook_delta": 1}
    assert (report.markets, report.books.rebuilt) == (2, 2)


# --- alarms -------------------------------------------------------------------------------------


def test_a_crossed_book_is_told_and_refused_as_a_basket(tmp_path: Path) -> None:
    """Crossed is counted by sighting and by book; the firewall refuses the basket that it shows."""
    path = written(
        tmp_path,
        kalshi_snapshot(1, [["0.4000", "50.00"]], [["0.5500", "50.00"]]),
        kalshi_delta(2, "0.4700", "5.00", "yes"),
        kalshi_delta(3, "0.4700", "1.00", "yes"),
        kalshi_delta(4, "0.4700", "-6.00", "yes"),
    )
    report = replay.replay(path)
    assert (report.books.crossed_sightings, report.books.crossed_books) == (2, 1)
    assert report.baskets.refused == {"book crossed": 2}
    assert report.baskets.found == ()


def test_a_fee_rate_keeps_thin_crossings_from_the_scanner(tmp_path: Path) -> None:
    """With a fee named, a basket has to pay it at the gate already."""
    path = written(
        tmp_path,
        kalshi_snapshot(1, [["0.4000", "50.00"]], [["0.5500", "50.00"]]),
        kalshi_delta(2, "0.4700", "5.00", "yes"),
    )
    report = replay.replay(path, fee_rate_ppm=70_000)
    assert report.baskets.refused == {}
    assert "before fees" not in "\n".join(report.lines())
    assert "before fees" in "\n".join(replay.replay(path).lines())


def test_less_than_nothing_at_a_price_is_told(tmp_path: Path) -> None:
    """A delta below zero contradicts the book: counted, and the book is given up."""
    path = written(
        tmp_path,
        kalshi_snapshot(1, [["0.4000", "5.00"]], []),
        kalshi_delta(2, "0.4000", "-6.00", "yes"),
        kalshi_delta(3, "0.4000", "1.00", "yes"),
        kalshi_snapshot(4, [["0.4000", "5.00"]], []),
    )
    report = replay.replay(path)
    assert (report.books.negative, report.books.broken, report.books.restored) == (1, 1, 1)
    assert report.ignored == {"before the first snapshot": 1}


# --- bad input ----------------------------------------------------------------------------------


def test_bad_lines_are_counted_with_their_numbers(recorded: Recorded, tmp_path: Path) -> None:
    """Lines without a frame are skipped and told, the first five by number; the rest counts."""
    lines = recorded(POLYMARKET).read_text(encoding="utf-8").splitlines()
    bad = ["{", "17", '{"hello": 1}', '{"recv_ts_ns": 1, "raw": 7}', "[" * 5_000, '"x"', ""]
    report = replay.replay(written(tmp_path, *lines[:2], *bad, *lines[2:]))
    assert report.bad_lines.count == 6
    assert [line.line for line in report.bad_lines.first] == [3, 4, 5, 6, 7]
    assert report.lines_read == 126
    assert str(report.books.later) == "14 of 14"
    assert "line 3: not JSON" in "\n".join(report.lines())


def test_frames_that_the_reader_skips_are_told_by_line(tmp_path: Path) -> None:
    """A frame of a known venue that cannot be read whole is counted by kind and shown by line."""
    path = written(
        tmp_path,
        polymarket_book(YES, "0.40", "0.45"),
        {"event_type": "something_new", "market": CONDITION},
        price_change(entry(YES, "HOLD", "0.41", "5", "0.41/0.45")),
    )
    report = replay.replay(path)
    assert [line.line for line in report.passed_over.first] == [2, 3]
    assert report.ignored == {"unknown_kind": 1, "malformed": 1}
    assert report.books.broken == 1


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"hello\n", b'{"a": 1}\n[1, 2]\n', b"\xff\xfe\x00\n", b"\x00" * 100]
)
def test_a_file_without_frames_is_an_error(tmp_path: Path, content: bytes) -> None:
    """Nothing recognisable: an error that names the file and says what was expected."""
    path = tmp_path / "none.jsonl"
    path.write_bytes(content)
    with pytest.raises(Unintelligible, match=r"none\.jsonl: no frame .*expected one recorded"):
        replay.replay(path)


def test_the_wrong_venue_is_an_error(recorded: Recorded) -> None:
    """Kalshi's frames are not read as Polymarket's."""
    with pytest.raises(Unintelligible, match="no frame of polymarket"):
        replay.replay(recorded(KALSHI), "polymarket")
    with pytest.raises(Refused, match="no such venue"):
        replay.replay(recorded(KALSHI), "nyse")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """A file that is not there, and a folder, are refused by name."""
    for path in (tmp_path / "gone.jsonl", tmp_path):
        with pytest.raises(ArbError, match="expected"):
            replay.replay(path)


def test_progress_is_told_for_long_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who waits is told how many lines are done."""
    monkeypatch.setattr(replay, "PROGRESS_EVERY", 2)
    told: list[int] = []
    frames = [kalshi_snapshot(seq, [["0.4000", "5.00"]], []) for seq in range(1, 6)]
    replay.replay(written(tmp_path, *frames), progress=told.append)
    assert told == [2, 4]


def test_times_come_from_the_recording(tmp_path: Path) -> None:
    """The time of receipt counts where it is recorded, the venue's stamp where it is not."""
    first = kalshi_snapshot(1, [["0.4000", "5.00"]], [])
    second = kalshi_frame(
        "orderbook_delta",
        2,
        price_dollars="0.4000",
        delta_fp="1.00",
        side="yes",
        ts="2026-04-18T05:34:13.5Z",
    )
    path = written(tmp_path, wrapped(first, 1_776_490_450_000_000_000), second)
    report = replay.replay(path)
    assert report.first_ns == 1_776_490_450_000_000_000
    assert report.seconds == pytest.approx(3.5)
