"""Read a question: all its facts at once."""

import datetime as dt
import functools
import re
from collections.abc import Iterator

import attrs

from arb.pairing.question import Question
from arb.pairing.reading import marks as numbering
from arb.pairing.reading.amounts import Amount, amounts
from arb.pairing.reading.clauses import Clause, Part
from arb.pairing.reading.clock import Clock, clocks
from arb.pairing.reading.dates import Grain, Moment, Role, moments, without_dates, years
from arb.pairing.reading.facts import Facts, Mention, Subject
from arb.pairing.reading.lexicon import Lexicon, Term, league_of, lexicon, states, teams
from arb.pairing.reading.naming import naming
from arb.pairing.reading.rules import clauses_of
from arb.pairing.reading.stances import Stance, stances
from arb.pairing.reading.subject import contest, name, subject
from arb.pairing.reading.text import fold, is_latin, words

_CACHED = 20_000
"""Questions whose facts are kept: candidates of one question come together."""
_TITLE_LEAGUES = {
    "super bowl": "nfl",
    "afc championship": "nfl",
    "nfc championship": "nfl",
    "nba finals": "nba",
    "eastern conference": "",
    "world series": "mlb",
    "stanley cup": "nhl",
    "cy young": "mlb",
}
_LABEL = re.compile(
    r"(?<=[a-z])(?:,\s*\(?(?:Democrat|Democratic|Republican|Independent|Libertarian|Green)\)?$"
    r"|\s*\((?:D|R|I|L|G|Dem|Rep|GOP|Democrat|Democratic|Republican|Independent)\))"
)
"""A party told beside a person's name: whoever is named is meant, of whatever party."""
_DISTRICT = re.compile(r"\b([A-Z]{2})-(?:\d{1,2}|AL)\b")
_PHRASES = re.compile(r"(?<!\d)[,;:]|[,;:](?!\d)|\b(?:but|while)\b")
"""What a "not" of one part says does not reach into the next."""
_TICKER = re.compile(r"\s\([A-Z]{3,5}\)")
_NOT = re.compile(
    r"\b(?:not (?:be )?(?:includ|count|qualif|consider|suffic)\w*|(?:is|are) excluded"
    r"|do(?:es)? not|will not|only .{0,30}(?:regulation|90 minutes)|regardless|no effect|don't|doesn't|irrelevant)\b",
    re.IGNORECASE,
)
_LEFT_OUT = re.compile(
    r"\b(?:excluding|excludes?|without|not being|other than|except|apart from|not including)\b",
    re.IGNORECASE,
)
_IN_BPS = re.compile(r"(?<=\d)\s?\(\d+\s?bps\)")
"""What an outcome adds to a count of moves: "3 (75 bps)"."""
_BODY = re.compile(
    r"\b(?:[A-Z][\w&'-]*\s+(?:(?:for|of|and|the)\s+){0,2}){1,6}(?:Prevention|Survey|Airport|Centers?"
    r"|Bureau|Office|Department|Administration|Agency|Association|Institute|University|Times"
    r"|Journal|Observatory|Service|Commission|Laboratory|Lab|Foundation|Organization|Authority)\b"
)
"""The name of a body or place, whose words are told for nothing else."""
_DEEDS = frozenset(
    {
        *("vote", "scope", "measure", "deed", "phase", "moment", "stage", "release", "qualifier"),
        *("time_of_game", "price", "game", "prize"),
    }
)
_HEADS = (Part.HEADLINE, Part.EVENT)
_KEPT = (
    Part.HEADLINE,
    Part.EVENT,
    Part.OPERATIVE,
    Part.AUTHORITY,
    Part.DETAIL,
    Part.SOURCE,
    Part.OTHERWISE,
)
_COMMON_ENGLISH = frozenset(
    [
        "the",
        "of",
        "to",
        "and",
        "in",
        "if",
        "will",
        "this",
        "for",
        "is",
        "be",
        "on",
        "market",
        "resolve",
        "resolves",
        "by",
        "wins",
        "win",
        "a",
        "or",
        "as",
        "at",
        "then",
    ]
)
_LEAST_WORDS, _ENGLISH_PERCENT = 6, 15
_PLANNED = re.compile(r"\bschedul", re.IGNORECASE)
_SEASON = re.compile(r"\b(20\d\d)[-/](\d\d)\b(?![-/]\d)")
_LAST_MONTH = 12
_TICKER_DAY = re.compile(r"-(\d\d)(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(\d\d)")
_LATE_DAYS = 45
_DAY_MINUTES = 24 * 60
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@functools.lru_cache(maxsize=_CACHED)
def read(question: Question, league: str = "") -> Facts:
    """Read all facts of a question. Pure: the same question always reads the same.

    `league` is whose teams are meant where the texts do not say; the other side may know.
    """
    headline = tuple(
        _LABEL.sub("", fold(text))
        for text in (question.title, question.event_title, question.outcome)
    )
    rules = fold(question.rules)
    clauses = clauses_of(headline, rules, headline[2])
    league = _league(clauses) or _league_of_sides(headline) or league
    terms = lexicon(league)
    kept = [clause for clause in clauses if clause.part in _KEPT]
    operative = tuple(clause.text for clause in clauses if clause.part is Part.OPERATIVE)
    dated = tuple(_moments(kept, question))
    return Facts(
        headline=" | ".join(dict.fromkeys(filter(None, headline))),
        clauses=clauses,
        mentions=tuple(_mentions(kept, terms)),
        moments=dated,
        amounts=tuple(_amounts(kept)),
        subject=subject(headline[2], headline[0], headline[1], operative, terms),
        sides=_sides((headline[0], headline[1], *operative), terms),
        marks=numbering.marks(" . ".join((*headline, *operative))),
        score=_score((headline[2], headline[0], *operative), terms),
        league=league,
        clocks=tuple(_clocks(kept)),
        clocks_beside=tuple(
            clock for c in kept if c.part is Part.DETAIL for clock in clocks(c.text)
        ),
        stances=tuple(_stances(clauses, terms)),
        faults=tuple(_faults(question, rules, dated)),
        names=naming(clauses),
        has_condition=bool(operative),
        outcome=headline[2],
    )


def _stances(clauses: tuple[Clause, ...], terms: Lexicon) -> Iterator[Stance]:
    """What the condition and sentences beside it say counts or does not."""
    for clause in clauses:
        if clause.part in (Part.DETAIL, Part.OPERATIVE, Part.TAIL):
            yield from stances(clause.text, terms, is_condition=clause.part is Part.OPERATIVE)


def _league(clauses: tuple[Clause, ...]) -> str:
    """Which of the leagues whose teams are listed the question is about; "" where not just one."""
    found: set[str] = set()
    for clause in clauses:
        if clause.part in _KEPT:
            for term in lexicon().terms(words(clause.text)):
                if term.group == "league" and term.name in teams():
                    found.add(term.name)
                elif term.group == "title":
                    found.add(_TITLE_LEAGUES.get(term.name, ""))
    found.discard("")
    return found.pop() if len(found) == 1 else ""


def _league_of_sides(headline: tuple[str, ...]) -> str:
    """The league in which both sides of the contest play, if it is one only."""
    for text in headline[:2]:
        sides = contest(text, lexicon())
        if sides:
            return league_of(sides[0].told, sides[1].told)
    return ""


def _mentions(kept: list[Clause], terms: Lexicon) -> Iterator[Mention]:
    for clause in kept:
        text = _DISTRICT.sub(_spell_district, _TICKER.sub(" ", without_dates(clause.text)))
        for part in _PHRASES.split(text):
            for piece, negated in _scopes(part) if clause.part not in _HEADS else ((part, False),):
                for term in _named_apart(piece, terms):
                    yield Mention(term.name, term.group, clause.part, clause.text, negated)


def _named_apart(text: str, terms: Lexicon) -> Iterator[Term]:
    """Read terms; inside a body's name a word of deeds and measures is only a word."""
    inside = {
        term
        for body in _BODY.finditer(text)
        for term in terms.terms(words(body[0]))
        if term.group in _DEEDS
    }
    hidden = {(term.name, term.group) for term in inside}
    plain = _BODY.sub(" ", text) if hidden else ""
    kept = {(term.name, term.group) for term in terms.terms(words(plain))} if hidden else set()
    for term in terms.terms(words(text)):
        key = (term.name, term.group)
        yield attrs.evolve(term, group="") if key in hidden - kept else term


def _scopes(part: str) -> Iterator[tuple[str, bool]]:
    """Cut where "without" begins: it denies what follows, "does not count" what went before."""
    denied, left_out = bool(_NOT.search(part)), _LEFT_OUT.search(part)
    if left_out is None:
        yield part, denied
        return
    yield part[: left_out.start()], denied
    yield part[left_out.start() :], not denied


def _spell_district(match: re.Match[str]) -> str:
    return f"{states().get(match[1], match[1])} district"


def _moments(kept: list[Clause], question: Question) -> Iterator[tuple[Part, Moment]]:
    told = set().union(*(years(clause.text) for clause in kept))
    close = close_day(question)
    year = next(iter(told)) if len(told) == 1 else close.year if close else None
    dated = {m.start.month: m.start.year for m in _fully_dated(kept)}
    for clause in kept:
        for moment in moments(clause.text, year, dated):
            yield clause.part, _not_after(moment, close) if not told else moment
    ticker = _TICKER_DAY.search(question.id)
    if ticker:
        text = f"{ticker[3]} {ticker[2].title()} 20{ticker[1]}"
        yield from ((Part.SOURCE, moment) for moment in moments(text, None))


def _fully_dated(kept: list[Clause]) -> Iterator[Moment]:
    """Dates of months with their year; those of the condition last, so that they win."""
    for clause in reversed(kept):
        for moment in moments(clause.text, None):
            if moment.year_told and moment.grain in (Grain.DAY, Grain.MONTH):
                yield moment


def _not_after(moment: Moment, close: dt.date | None) -> Moment:
    """Take the year before where a date without year would lie long after trading ends."""
    if moment.year_told or close is None or moment.start <= close + dt.timedelta(days=_LATE_DAYS):
        return moment
    earlier = next(moments(moment.sentence, moment.start.year - 1), moment)
    return earlier if earlier.start.month == moment.start.month else moment


def close_day(question: Question) -> dt.date | None:
    """The day on which trading ends, in UTC."""
    if question.close_ns is None:
        return None
    return (_EPOCH + dt.timedelta(microseconds=question.close_ns // 1_000)).date()


def _amounts(kept: list[Clause]) -> Iterator[tuple[Part, Amount]]:
    for clause in kept:
        if clause.part in (Part.HEADLINE, Part.EVENT, Part.OPERATIVE, Part.DETAIL):
            text = clause.text if clause.part not in _HEADS else _IN_BPS.sub("", clause.text)
            yield from ((clause.part, amount) for amount in amounts(text))


def _clocks(kept: list[Clause]) -> Iterator[Clock]:
    """Times at which something is measured; when a game or a release is planned is none.

    What the rules say goes before what titles say.
    """
    for parts in ((Part.OPERATIVE,), (Part.HEADLINE, Part.EVENT)):
        told = [clause.text for clause in kept if clause.part in parts]
        found = [clock for text in told if not _PLANNED.search(text) for clock in clocks(text)]
        if any(0 < clock.minute < _DAY_MINUTES for clock in found):
            yield from found
            return


def _sides(texts: tuple[str, ...], terms: Lexicon) -> tuple[Subject, ...]:
    return next(filter(None, (contest(text, terms) for text in texts)), ())


def _score(
    texts: tuple[str, ...], terms: Lexicon
) -> tuple[tuple[frozenset[tuple[str, str]], int], ...]:
    told = next(filter(None, (numbering.score(text) for text in texts)), ())
    return tuple((name(who, terms).keys, points) for who, points in told)


def _faults(
    question: Question, rules: str, dated: tuple[tuple[Part, Moment], ...]
) -> Iterator[str]:
    if not rules:
        yield "there is no rules text"
    elif not is_english(rules):
        yield "the rules are not in English"
    if not (question.title or question.event_title):
        yield "there is no title"
    for first, second in _SEASON.findall(f"{question.title} {question.event_title} {rules}"):
        if (int(first) + 1) % 100 != int(second) and int(second) > _LAST_MONTH:
            yield f"{first}-{second} is no season"
    yield from _contradictions(dated)


def _contradictions(dated: tuple[tuple[Part, Moment], ...]) -> Iterator[str]:
    """Headline and operative sentence speak of years that have nothing in common."""
    spoken = {
        part: {m.start.year for p, m in dated if p is part and m.year_told}
        | {(m.end - dt.timedelta(days=1)).year for p, m in dated if p is part and m.year_told}
        for part in (Part.HEADLINE, Part.OPERATIVE)
    }
    titled, ruled = spoken[Part.HEADLINE], spoken[Part.OPERATIVE]
    late = {m.end.year for p, m in dated if p is Part.OPERATIVE and m.role is Role.DEADLINE}
    if titled and ruled and not titled & (ruled | late | {year - 1 for year in late}):
        yield f"the title speaks of {sorted(titled)}, the rules of {sorted(ruled)}"
    seasons = [
        {m.start for p, m in dated if p is part and m.grain is Grain.SEASON} for part in spoken
    ]
    if all(seasons) and not seasons[0] & seasons[1]:
        yield "title and rules speak of different seasons"


def is_english(text: str) -> bool:
    """Whether the commonest English words stand in a text as often as in English."""
    told = words(text)
    if not is_latin(text):
        return False
    common = sum(word in _COMMON_ENGLISH for word in told)
    return len(told) < _LEAST_WORDS or common * 100 >= len(told) * _ENGLISH_PERCENT
