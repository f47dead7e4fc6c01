"""Read a question: all its facts at once."""

import datetime as dt
import functools
import re
from collections.abc import Iterable, Iterator

from arb.pairing.question import Question
from arb.pairing.reading import marks as numbering
from arb.pairing.reading.amounts import Amount, amounts
from arb.pairing.reading.clauses import Clause, Part, classify, is_preface, means_yes
from arb.pairing.reading.clock import Clock, clocks
from arb.pairing.reading.condition import parts_of
from arb.pairing.reading.dates import Grain, Moment, Role, moments, without_dates, years
from arb.pairing.reading.facts import Facts, Mention, Subject
from arb.pairing.reading.lexicon import Lexicon, league_of, lexicon, states, teams
from arb.pairing.reading.stances import stances
from arb.pairing.reading.subject import contest, name, subject
from arb.pairing.reading.text import fold, is_latin, sentences, words

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
_ADDRESS = re.compile(
    r"\b(?:President|Prime Minister|Senator|Governor|Chancellor|Secretary|Mayor|CEO|Chairman|Chair)\s+"
    r"(?=[A-Z][a-z]+\b)(?!Of\b|Election|Race|Winner|Nomin|Primary|Party)"
)
"""An office told before its holder's name."""
_DISTRICT = re.compile(r"\b([A-Z]{2})-(?:\d{1,2}|AL)\b")
_PHRASES = re.compile(r"(?<!\d)[,;:]|[,;:](?!\d)|\b(?:but|while)\b")
"""What a "not" of one part says does not reach into the next."""
_TICKER = re.compile(r"\s\([A-Z]{3,5}\)")
_MEANING = re.compile(
    r"(?:[\"']([^\"']{1,40})[\"']|\b(Over|Under|Up|Down|Yes|No))\s*(?:if|where|when)\b"
)
"""Where a sentence says what an outcome means."""
_OTHERWISE = re.compile(r"[;,]\s+(?:and\s+)?(?:otherwise|else)\b.*$", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:not (?:be )?(?:includ|count|qualif|consider|suffic)\w*|(?:is|are) excluded"
    r"|do(?:es)? not|will not|only .{0,30}(?:regulation|90 minutes)|regardless|no effect|don't|doesn't|irrelevant)\b",
    re.IGNORECASE,
)
_LEFT_OUT = re.compile(
    r"\b(?:excluding|excludes?|without|not being|other than|except|apart from|not including)\b",
    re.IGNORECASE,
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
    clauses = _clauses(headline, rules, headline[2])
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
        stances=tuple(
            stance
            for clause in kept
            if clause.part in (Part.DETAIL, Part.OPERATIVE)
            for stance in stances(
                clause.text, terms, is_condition=clause.part is Part.OPERATIVE
            )
        ),
        faults=tuple(_faults(question, rules, dated)),
        has_condition=bool(operative),
        outcome=headline[2],
    )


def _clauses(headline: tuple[str, ...], rules: str, outcome: str) -> tuple[Clause, ...]:
    title, event, _ = headline
    told = dict.fromkeys(filter(None, (title, outcome)))
    heads = [Clause(Part.HEADLINE, text) for text in told]
    if event and event not in told:
        heads.append(Clause(Part.EVENT, event))
    body = [Clause(classify(text), _ADDRESS.sub("", text)) for text in sentences(rules)]
    if any(means_yes(clause.text) for clause in body):
        # Once that is said, all else that speaks of resolving only goes into detail.
        body = [
            Clause(Part.DETAIL, clause.text)
            if clause.part is Part.OPERATIVE
            and not (means_yes(clause.text) or is_preface(clause.text))
            else clause
            for clause in body
        ]
    return (*heads, *_taken_apart(_of_yes(c, outcome) for c in _of_outcome(body, outcome)))


def _taken_apart(body: Iterable[Clause]) -> Iterator[Clause]:
    for clause in body:
        if clause.part is Part.OPERATIVE:
            yield from parts_of(clause.text)
        else:
            yield clause


def _of_yes(clause: Clause, outcome: str) -> Clause:
    """Keep, of a sentence that says what each outcome means, the part of the one that is YES."""
    if clause.part is not Part.OPERATIVE:
        return clause
    named = list(_MEANING.finditer(clause.text))
    if len(named) > 1:
        wanted = (outcome.split() or [""])[0].lower(), "yes"
        ours = next((m for m in named if (m[1] or m[2]).lower().startswith(wanted)), named[0])
        after = [m.start() for m in named if m.start() > ours.start()]
        end = after[0] if after else len(clause.text)
        text = clause.text[: named[0].start()] + clause.text[ours.start() : end]
        return Clause(clause.part, text)
    cut = _OTHERWISE.search(clause.text)
    return Clause(clause.part, clause.text[: cut.start()]) if cut else clause


def _of_outcome(body: list[Clause], outcome: str) -> list[Clause]:
    """Keep, of sentences that each say when one of several outcomes wins, that of this one."""
    named = re.compile(
        rf"resolves? (?:to |in favor of )?[\"']{re.escape(outcome)}[\"']", re.IGNORECASE
    )
    ours = [c for c in body if outcome and c.part is Part.OPERATIVE and named.search(c.text)]
    if not ours:
        return body
    other = re.compile(r"resolves? (?:to |in favor of )?[\"'](?!yes\b|no\b|50)", re.IGNORECASE)
    return [
        Clause(Part.NOISE, clause.text)
        if clause.part is Part.OPERATIVE and clause not in ours and other.search(clause.text)
        else clause
        for clause in body
    ]


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
                for term in terms.terms(words(piece)):
                    yield Mention(term.name, term.group, clause.part, clause.text, negated)


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
            yield from ((clause.part, amount) for amount in amounts(clause.text))


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
