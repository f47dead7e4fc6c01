"""Pairs with a label, one JSON object a line, and how a verdict does against them."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping

import attrs

from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.pairing.finding import Ruling, Verdict
from arb.pairing.question import Question
from arb.pairing.verdict import judge

LABELS = ("same", "subtly_different", "different")
_TEXTS = ("id", "title", "event_title", "outcome", "rules", "category")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PPM = 1_000_000


class LineFault(ArbError):
    """A line that is no labelled pair; the text names the line and the key."""


@attrs.frozen
class LabelledPair:
    """Two questions and what a person says of them."""

    line: int
    label: str
    reason: str
    polymarket: Question
    kalshi: Question


@attrs.frozen
class Judged:
    """A labelled pair and the verdict on it."""

    pair: LabelledPair
    verdict: Verdict

    @property
    def is_error(self) -> bool:
        """SAME of what is not, or DIFFERENT of what is the same; a person's case is no error."""
        same = self.pair.label == "same"
        return self.verdict.ruling is (Ruling.DIFFERENT if same else Ruling.SAME)

    @property
    def has_rules(self) -> bool:
        """Both rules texts are there."""
        return bool(self.pair.polymarket.rules and self.pair.kalshi.rules)


def read_line(text: str, line: int) -> LabelledPair:
    """Read one line. Raises LineFault, which names the line and the key."""
    try:
        told = json.loads(text)
    except ValueError as error:
        raise LineFault(f"line {line}: not JSON: {error}") from error
    if not isinstance(told, dict):
        raise LineFault(f"line {line}: must be a JSON object")
    label = told.get("label")
    if label not in LABELS:
        raise LineFault(f"line {line}: label = {label!r}: must be one of {', '.join(LABELS)}")
    return LabelledPair(
        line,
        label,
        str(told.get("reason") or ""),
        _question(told, Venue.POLYMARKET, line),
        _question(told, Venue.KALSHI, line),
    )


def _question(told: Mapping[str, object], venue: Venue, line: int) -> Question:
    side = told.get(venue)
    if not isinstance(side, dict):
        raise LineFault(f"line {line}: {venue}: must be an object")
    texts = {key: _text(side, key, f"line {line}: {venue}.{key}") for key in _TEXTS}
    close_ns = _close_ns(side.get("close_time"), f"line {line}: {venue}.close_time")
    return Question(venue=venue, close_ns=close_ns, **texts)


def _text(side: Mapping[str, object], key: str, where: str) -> str:
    value = side.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LineFault(f"{where} = {value!r}: must be a text")
    return value


def _close_ns(value: object, where: str) -> Ns | None:
    if value is None or value == "":
        return None
    try:
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError as error:
        raise LineFault(f"{where} = {value!r}: must be a time in ISO 8601") from error
    at = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return Ns((at - _EPOCH) // dt.timedelta(microseconds=1) * 1_000)


def judge_lines(lines: Iterable[str]) -> Iterator[Judged | LineFault]:
    """Judge line by line, in order; a bad line gives its fault, empty lines nothing."""
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            pair = read_line(text, number)
        except LineFault as fault:
            yield fault
        else:
            yield Judged(pair, judge(pair.polymarket, pair.kalshi))


@attrs.frozen
class Score:
    """How verdicts lie against labels."""

    confusion: Mapping[str, Mapping[Ruling, int]]
    """Label, then ruling: how many."""
    same_with_rules: int
    """Pairs labelled same with both rules texts ..."""
    found_with_rules: int
    """... and how many of them were judged SAME."""
    bad_lines: int

    @property
    def precision_ppm(self) -> int | None:
        """Of what was judged SAME, the share that is, in millionths; None where nothing was."""
        judged = sum(row[Ruling.SAME] for row in self.confusion.values())
        return _share(self.confusion["same"][Ruling.SAME], judged)

    @property
    def recall_ppm(self) -> int | None:
        """Of what is the same, the share judged SAME, in millionths; None where nothing is."""
        return _share(self.confusion["same"][Ruling.SAME], sum(self.confusion["same"].values()))

    @property
    def recall_with_rules_ppm(self) -> int | None:
        """The same of pairs with both rules texts."""
        return _share(self.found_with_rules, self.same_with_rules)

    @property
    def kept_ppm(self) -> int | None:
        """Of what is the same, the share judged SAME or left to a person, in millionths."""
        same = self.confusion["same"]
        return _share(same[Ruling.SAME] + same[Ruling.PERSON], sum(same.values()))


def score(results: Iterable[Judged | LineFault]) -> Score:
    """Count."""
    confusion = {label: dict.fromkeys(Ruling, 0) for label in LABELS}
    bad = with_rules = found = 0
    for result in results:
        if isinstance(result, LineFault):
            bad += 1
            continue
        confusion[result.pair.label][result.verdict.ruling] += 1
        if result.pair.label == "same" and result.has_rules:
            with_rules += 1
            found += result.verdict.ruling is Ruling.SAME
    return Score(confusion, with_rules, found, bad)


def _share(part: int, whole: int) -> int | None:
    return part * _PPM // whole if whole else None
