"""How a contest may end: level, after extra time, never; and what numbers name it."""

import datetime as dt
import re
from collections.abc import Iterator

from rapidfuzz import fuzz

from arb.pairing.finding import Finding, Side
from arb.pairing.reading.clauses import Part
from arb.pairing.reading.facts import Facts
from arb.pairing.reading.marks import roman

_EXTRA = r"(?:extra[ -]time|over-?time|penalt(?:y|ies)|shoot-?outs?|extra innings)"
_OUT = re.compile(
    rf"(?:not includ\w*|exclud\w*|without|not count\w*|no)\b[^.]{{0,30}}{_EXTRA}"
    rf"|{_EXTRA}[^.]{{0,40}}(?:exclud\w*|not count\w*|not includ\w*|do(?:es)? not|are not|is not|irrelevant)",
    re.IGNORECASE,
)
_SHOOT_OUT = re.compile(r"penalt|shoot-?out", re.IGNORECASE)
_IN = re.compile(
    rf"(?:settled|decided|resolved|broken) (?:by|on|in|after) [^.]{{0,20}}{_EXTRA}|(?:includ\w*|after|count\w*|even in|or)\b[^.;]{{0,60}}{_EXTRA}|{_EXTRA}[^.;]{{0,30}}(?:count|includ|appl)",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"(?:after|in|of|during|only|first|within|end of)\s+(?:the\s+)?(?:first\s+)?"
    r"(?:90 minutes|regulation|regular time|reg time|normal time|ninety minutes)|reg time:",
    re.IGNORECASE,
)
_ALWAYS_PLAYED_OUT = frozenset(
    {"nba", "wnba", "nfl", "nhl", "mlb", "college football", "college basketball", "atp", "wta"}
)
_DECIDED = frozenset({"advance", "final", "qualify"})
_SUPER_BOWL_0 = 1966
"""Super Bowl n is played in this year plus n."""
_TIE_ALIKE = 75
_YEARLY = frozenset({"award", "title", "league"})
_FIRST = frozenset({"1th", "number 1", "no 1", "# 1", "formula 1", "U3"})
"""The first of a ranking has many names."""
_RANKED = re.compile(
    r"\b(?:most|highest|lowest|top|largest|biggest|best|leads?|leader|furthest|fewest|golden boot)\b",
    re.IGNORECASE,
)
_TIED = re.compile(r"\b(?:tie|tied|draw|drawn)\b", re.IGNORECASE)
_REFUND = re.compile(
    r"\b(?:50[-/ ]50|50 cents|half|fair (?:market )?(?:price|value)|refund\w*|last (?:traded |fair )?price|void\w*)\b",
    re.IGNORECASE,
)
_SAYS_NO = re.compile(
    r"\"?\bno\b\"?\s*(?:for|$|[.;,\"])|resolves? (?:immediately )?(?:to )?[\"']?no\b", re.IGNORECASE
)
_IS_NO = re.compile(
    r"\bnot a win\b|\bno win\b|\b(?:market|contract) of its own\b|\bseparate market\b|\bresolves? [^.;]{0,30}\bno\b"
    r"|\b(?:do|does|will) not count\b",
    re.IGNORECASE,
)
_SAYS_YES = re.compile(r"resolves? (?:immediately )?(?:to )?[\"']?yes\b", re.IGNORECASE)
_ABSENCE = "does not play"
_ABSENT = re.compile(
    r"\bdo(?:es)? not (?:play|participate|start|appear|compete|tee off)\b|\binactive\b"
)
_CAUSES = ("does not play", "cancel", "postpone", "delay", "forfeit", "walkover", "withdraw", "retire", "disqualif", "abandon", "dies", "death", "shutdown", "reschedul", "no statement", "not released", "no winner")  # fmt: skip


def compare_endings(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Compare extra time, ties, numbers that name, exact scores, and tails that contradict."""
    yield from _extra_time(polymarket, kalshi)
    yield from _ties(polymarket, kalshi)
    yield from _marks(polymarket, kalshi)
    yield from _scores(polymarket, kalshi)
    yield from _tails(polymarket, kalshi)


def _stance(facts: Facts) -> tuple[str, str]:
    """Whether extra time counts ("in", "out", "" where nothing is said), and who says so."""
    asked = facts.sentences(
        Part.HEADLINE, Part.EVENT, Part.OPERATIVE, Part.DETAIL, Part.NOISE, Part.TIE
    )
    for word, shape in (("out", _OUT), ("in", _IN), ("out", _SHORT)):
        for sentence in asked:
            if shape.search(sentence):
                return word, sentence
    return "", ""


def played_out(polymarket: Facts, kalshi: Facts) -> bool:
    """Both sides count a penalty shoot-out: nothing ends level."""
    told = (_stance(polymarket), _stance(kalshi))
    return all(word == "in" and _SHOOT_OUT.search(sentence) for word, sentence in told)


def _extra_time(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    (ours, quoted), (theirs, other) = _stance(polymarket), _stance(kalshi)
    if ours == theirs:
        if ours:
            yield Finding("extra time", f"{ours} on both sides", Side.FOR, quoted, other)
        return
    if ours and theirs:
        yield Finding("extra time", "counts on one side only", Side.AGAINST, quoted, other)
    elif not (_is_decided(polymarket, kalshi) and "in" in (ours, theirs)):
        yield Finding("extra time", "one side says nothing of it", Side.DOUBT, quoted, other)


def _is_decided(polymarket: Facts, kalshi: Facts) -> bool:
    """Extra time always counts: in leagues that play on, and where both ask who goes through."""
    named = [{m.name for m in facts.mentions} for facts in (polymarket, kalshi)]
    if any(names & _ALWAYS_PLAYED_OUT for names in named):
        return True
    if all(names & _DECIDED for names in named):
        return True
    return not polymarket.sides and not kalshi.sides


def _ties(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    ours, theirs = _level(polymarket), _level(kalshi)
    if not ours and not theirs:
        return
    if not ours or not theirs:
        # What happens if two end level is a tail like others, but of a ranking it decides.
        side = Side.DOUBT if _is_ranking(polymarket) or _is_ranking(kalshi) else Side.FOR
        yield Finding("tie", "only one side says what a tie is", side, ours, theirs)
    elif _outcome(ours) and _outcome(theirs):
        agree = _outcome(ours) == _outcome(theirs)
        says = "a tie pays the same" if agree else "a tie does not pay the same"
        yield Finding("tie", says, Side.FOR if agree else Side.DOUBT, ours, theirs)
    else:
        by_letter = all("alphabet" in told.lower() for told in (ours, theirs))
        alike = by_letter or fuzz.token_sort_ratio(ours, theirs) >= _TIE_ALIKE
        says = "much the same is said of ties" if alike else "ties are told differently"
        yield Finding("tie", says, Side.FOR if alike else Side.DOUBT, ours, theirs)


def _is_ranking(facts: Facts) -> bool:
    asked = facts.sentences(Part.HEADLINE, Part.EVENT, Part.OPERATIVE)
    return any(_RANKED.search(sentence) for sentence in asked)


def _level(facts: Facts) -> str:
    """What is said of ties, among the tails too."""
    return " ".join((*facts.sentences(Part.TIE), *filter(_TIED.search, facts.sentences(Part.TAIL))))


def _marks(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    ours, theirs = polymarket.marks - kalshi.marks, kalshi.marks - polymarket.marks
    if ours != theirs:
        ours, theirs = _undated(ours, polymarket, kalshi), _undated(theirs, kalshi, polymarket)
    quoted = (polymarket.headline, kalshi.headline)
    kinds = {_kind(mark) for mark in ours} & {_kind(mark) for mark in theirs}
    if kinds:
        says = f"{', '.join(sorted(ours))} there, {', '.join(sorted(theirs))} here"
        yield Finding("edition", says, Side.AGAINST, *quoted)
        return
    if polymarket.sides and kalshi.sides:
        # Who meets whom tells the round; a side that names it only says more.
        ours, theirs = _unrounded(ours), _unrounded(theirs)
    if _is_yearly(polymarket, kalshi):
        ours, theirs = _unnumbered(ours), _unnumbered(theirs)
    for mark in sorted((ours | theirs) - _FIRST):
        who = "Polymarket" if mark in ours else "Kalshi"
        yield Finding("edition", f"only {who} says {mark}", Side.DOUBT, *quoted)
    for mark in sorted(polymarket.marks & kalshi.marks):
        yield Finding("edition", f"both say {mark}", Side.FOR, *quoted)


def _unrounded(marks: frozenset[str]) -> frozenset[str]:
    return frozenset(mark for mark in marks if not mark.startswith(("round", "ufc", "week")))


def _is_yearly(polymarket: Facts, kalshi: Facts) -> bool:
    """Both name the same award, title or league, and its year: the edition follows from it."""
    held = [{m.name for m in f.mentions if m.group in _YEARLY} for f in (polymarket, kalshi)]
    years = [{m.end.year for _, m in f.moments if m.year_told} for f in (polymarket, kalshi)]
    return bool(held[0] & held[1] and years[0] & years[1])


def _unnumbered(marks: frozenset[str]) -> frozenset[str]:
    return frozenset(mark for mark in marks if not re.fullmatch(r"\d+th", mark))


def _undated(marks: frozenset[str], mine: Facts, other: Facts) -> frozenset[str]:
    """Leave out a Super Bowl's number where the other side tells its year instead."""
    if not all(any(m.name == "super bowl" for m in facts.mentions) for facts in (mine, other)):
        return marks
    years = {(m.end - dt.timedelta(days=1)).year for _, m in other.moments}
    return frozenset(m for m in marks if roman(m) + _SUPER_BOWL_0 not in years)


def _kind(mark: str) -> str:
    words = mark.rstrip("0123456789.").strip()
    if re.fullmatch(r"[IVXLC]+", mark):
        return "roman"
    return re.sub(r"^\d+", "", words) or "number"


def _scores(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    if not polymarket.score and not kalshi.score:
        return
    quoted = (polymarket.headline, kalshi.headline)
    if not polymarket.score or not kalshi.score:
        yield Finding("score", "only one side asks for an exact score", Side.DOUBT, *quoted)
        return
    ours, theirs = dict(polymarket.score), dict(kalshi.score)
    shared = (ours.keys() & theirs.keys()) - {frozenset()}
    same = sorted(ours.values()) == sorted(theirs.values()) and shared
    agree = same and all(ours[side] == theirs[side] for side in shared)
    side = Side.FOR if agree else Side.AGAINST
    yield Finding("score", "the same score" if agree else "the scores differ", side, *quoted)


def _tails(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """The same mishap must not pay one side's YES and the other's NO."""
    ours, theirs = _by_cause(polymarket), _by_cause(kalshi)
    for cause in ours.keys() & theirs.keys():
        (what, quoted), (other, answer) = ours[cause], theirs[cause]
        if what and other and what != other:
            says = f"{cause}: {what} there, {other} here"
            yield Finding("tail", says, Side.DOUBT, quoted, answer)


def _by_cause(facts: Facts) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for sentence in facts.sentences(Part.TAIL):
        lowered = sentence.lower()
        for cause in _CAUSES:
            if cause in lowered or (cause == _ABSENCE and _ABSENT.search(lowered)):
                found.setdefault(cause, (_outcome(sentence), sentence))
    return found


def _outcome(sentence: str) -> str:
    if _REFUND.search(sentence):
        return "split"
    if _SAYS_YES.search(sentence):
        return "yes"
    return "no" if _SAYS_NO.search(sentence) or _IS_NO.search(sentence) else ""
