"""Recordings of a pair: both venues' listing and book of one question, taken together.

One JSON object a line: `event_key`, `recorded_at`, `criteria_verified` (whether a person who read
both rule texts found them alike), `notes`, `pm_yes_token` (which Polymarket token, 0 or 1, is
Kalshi's YES), and as the venues sent them `kalshi_market`, `kalshi_orderbook`, `pm_gamma` and
`pm_book`.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import attrs

from arb.lab.frames_file import read_lines
from arb.market.book import BookView
from arb.market.errors import Unintelligible, UnknownRule
from arb.market.instruments import EventId, KalshiRef, Market, PolymarketRef
from arb.market.units import Ns
from arb.pairing.approval import VerifiedPair, verify
from arb.pairing.decision import Decision, Origin, PairDecided
from arb.pairing.pair import Pair
from arb.pairing.question import Question
from arb.pairing.questions import fingerprint
from arb.venues.kalshi.fee_rules import FeeRule
from arb.venues.kalshi.levels import parse_orderbook
from arb.venues.kalshi.listing import Terms
from arb.venues.kalshi.listing import parse_market as parse_kalshi_market
from arb.venues.polymarket.books import parse_book
from arb.venues.polymarket.fields import Raw, decode, mapping, moment, text
from arb.venues.polymarket.listing import LeftOut, untradable
from arb.venues.polymarket.listing import parse_market as parse_gamma_market

EXPECTED = "one recording of a pair a line, each a JSON object"
KALSHI_RULE = FeeRule("quadratic", Decimal(1))
"""Series, and their fees with them, are not in the recordings: the general rule is assumed."""
_TRADING = {"status": "active", "close_time": "9999-12-31T00:00:00Z"}
_FREE_KALSHI = {"fee_waiver_expiration_time": None}
_FREE_GAMMA = {"feesEnabled": False, "feeSchedule": None}


@attrs.frozen
class Recorded:
    """What a recording says of the question: a pair, its markets and their books."""

    pair: Pair
    kalshi: BookView
    polymarket: BookView
    fees_known: bool
    """Where not, the markets' fee rules mean nothing."""

    @property
    def as_if_verified(self) -> VerifiedPair:
        """The pair as the lane wants it, whatever anybody says of it: for its figures alone."""
        pair = self.pair
        questions = {
            view.market.id: Question(venue=view.market.venue, title=view.market.title)
            for view in (self.kalshi, self.polymarket)
        }
        decided = PairDecided(
            kalshi=pair.kalshi,
            polymarket=pair.polymarket,
            decision=Decision.APPROVED,
            yes_is_yes=pair.polymarket_yes_is_kalshi_yes,
            origin=Origin.MAP,
            who=pair.source,
            why=pair.reason,
            at_ns=self.kalshi.heard_ns,
            kalshi_text=fingerprint(questions[pair.kalshi]),
            polymarket_text=fingerprint(questions[pair.polymarket]),
        )
        return verify({decided.key: decided}, questions, 0).verified[0]


@attrs.frozen
class Recording:
    """One line, legible or not."""

    line: int
    event_key: str | None
    recorded_at: str | None
    verified: bool | None
    objections: tuple[str, ...]
    """Why nobody should trade on it, apart from what the pair itself says."""
    recorded: Recorded | None
    """None where not even prices can be told."""
    malformed: bool = False
    """The line is none that can be read; the objection says why."""


@attrs.frozen
class _Listed:
    """One venue's market, as far as it can be read, and what speaks against trading it."""

    market: Market | None
    objections: tuple[str, ...] = ()
    fees_known: bool = True


def read_recordings(path: Path) -> Iterator[Recording]:
    """Read a file: a recording for each line that is not empty.

    Raises Refused where the file cannot be read.
    """
    for number, line in read_lines(path, EXPECTED):
        if isinstance(line, str):
            yield _illegible(number, {}, line)
        else:
            yield read_recording(number, line)


def read_recording(number: int, line: bytes) -> Recording:
    """Read one line."""
    raw: Raw = {}
    try:
        raw = mapping(decode(line))
        return _read(number, raw)
    except RecursionError:
        return _illegible(number, raw, "nested too deeply")
    except (Unintelligible, UnknownRule) as error:
        return _illegible(number, raw, str(error))


def _illegible(number: int, raw: Raw, why: str) -> Recording:
    key, at = raw.get("event_key"), raw.get("recorded_at")
    return Recording(
        line=number,
        event_key=key if isinstance(key, str) else None,
        recorded_at=at if isinstance(at, str) else None,
        verified=_verdict(raw),
        objections=(f"malformed: {why}",),
        recorded=None,
        malformed=True,
    )


def _read(number: int, raw: Raw) -> Recording:
    recorded_at = text(raw, "recorded_at")
    recorded_ns = moment(recorded_at)
    kalshi = _kalshi(mapping(_part(raw, "kalshi_market").get("market")), recorded_ns)
    polymarket = _polymarket(_part(raw, "pm_gamma"))
    objections = [*kalshi.objections, *polymarket.objections]
    if _verdict(raw) is None:
        objections.append("nobody says whether the criteria are verified")
    recorded = None
    if kalshi.market is not None and polymarket.market is not None:
        _check_identity(raw, kalshi.market, polymarket.market)
        recorded = Recorded(
            pair=_pair(raw, kalshi.market, polymarket.market),
            kalshi=parse_orderbook(_part(raw, "kalshi_orderbook"), kalshi.market, recorded_ns),
            polymarket=parse_book(_part(raw, "pm_book"), polymarket.market, recorded_ns),
            fees_known=kalshi.fees_known and polymarket.fees_known,
        )
    return Recording(
        line=number,
        event_key=text(raw, "event_key"),
        recorded_at=recorded_at,
        verified=_verdict(raw),
        objections=tuple(objections),
        recorded=recorded,
    )


def _part(raw: Raw, key: str) -> Raw:
    if key not in raw:
        raise Unintelligible(f"{key} is missing")
    try:
        return mapping(raw[key])
    except Unintelligible as error:
        raise Unintelligible(f"{key}: {error}") from error


def _verdict(raw: Raw) -> bool | None:
    verdict = raw.get("criteria_verified")
    return verdict if isinstance(verdict, bool) else None


def _kalshi(raw: Raw, recorded_ns: Ns) -> _Listed:
    """Read Kalshi's market; where it does not trade, its prices are read all the same."""
    terms = Terms(recorded_ns)
    listed = parse_kalshi_market(raw, KALSHI_RULE, terms)
    if isinstance(listed, Market):
        return _Listed(listed)
    objection = f"Kalshi: {listed.reason}"
    if listed.reason.startswith("market unreadable"):
        raise Unintelligible(f"kalshi_market: {listed.detail}")
    again = parse_kalshi_market({**raw, **_TRADING}, KALSHI_RULE, terms)
    if isinstance(again, Market):
        return _Listed(again, (objection,))
    free = parse_kalshi_market({**raw, **_TRADING, **_FREE_KALSHI}, KALSHI_RULE, terms)
    market = free if isinstance(free, Market) else None
    return _Listed(market, (f"{objection}: {listed.detail}",), fees_known=False)


def _polymarket(raw: Raw) -> _Listed:
    """Read Gamma's market, its prices even where its fee is not known."""
    event = EventId("recorded")  # which event it is in plays no part
    closed = untradable(raw)
    listed = parse_gamma_market(raw, event)
    objections = tuple(
        f"Polymarket: {out.reason}: {out.detail}"
        for out in (closed, listed)
        if isinstance(out, LeftOut)
    )
    if isinstance(listed, Market):
        return _Listed(listed, objections)
    free = parse_gamma_market({**raw, **_FREE_GAMMA}, event)
    market = free if isinstance(free, Market) else None
    return _Listed(market, objections, fees_known=False)


def _check_identity(raw: Raw, kalshi: Market, polymarket: Market) -> None:
    """Refuse a recording whose parts are not of the markets that it names."""
    ref = polymarket.ref
    condition = ref.condition_id if isinstance(ref, PolymarketRef) else ""
    ticker = kalshi.ref.ticker if isinstance(kalshi.ref, KalshiRef) else ""
    for key, is_of in (("kalshi_ticker", ticker), ("pm_condition_id", condition)):
        if key in raw and raw[key] != is_of:
            raise Unintelligible(f"{key} is {raw[key]!r:.100}, but the market is {is_of}")


def _pair(raw: Raw, kalshi: Market, polymarket: Market) -> Pair:
    yes_token = raw.get("pm_yes_token")
    if isinstance(yes_token, bool) or yes_token not in (0, 1):
        raise Unintelligible(f"pm_yes_token should be 0 or 1: {yes_token!r}")
    notes = raw.get("notes")
    return Pair(
        kalshi=kalshi.id,
        polymarket=polymarket.id,
        polymarket_yes_is_kalshi_yes=yes_token == 0,
        verified=_verdict(raw) is True,
        reason=notes if isinstance(notes, str) and notes else "no notes",
        source=f"recording of {raw['recorded_at']}",
    )
