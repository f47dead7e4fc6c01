"""How pairs are shown: a line each in a list, a page for one, and the same for programs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from arb.market.instruments import MarketId
from arb.pairing.alignment import Alignment
from arb.pairing.docket import Entry
from arb.pairing.finding import Finding, Side
from arb.pairing.flag import Flag
from arb.pairing.question import Question

_MARKS = {Side.FOR: ("+", "green"), Side.DOUBT: ("?", "yellow"), Side.AGAINST: ("-", "bold red")}
"""How a sentence is marked, by what it says; the sign for those who see no colours."""
_SIDES = {True: "YES is YES", False: "YES is NO", None: "which side is which is not told"}
_NS_PER_S = 1_000_000_000
_PPM_PER_PERCENT = 10_000


def list_lines(
    entries: Sequence[Entry], flags: Sequence[Flag], questions: Mapping[MarketId, Question]
) -> Iterator[str]:
    """What `list` prints: what a pair is, both its markets, and what is wrong with it."""
    for entry in entries:
        confidence = entry.verdict.confidence_ppm // _PPM_PER_PERCENT if entry.verdict else 0
        traded = ", verified" if entry.verified else ""
        yield f"{entry.handle}  {entry.status}{traded}; by the texts {entry.ruling} {confidence} %"
        for market in (entry.kalshi, entry.polymarket):
            question = questions.get(market)
            yield f"          {question.title if question else 'not listed for trading'}  {market}"
        yield from (f"          ! {flag.kind}: {flag.text}" for flag in entry.flags)
    shown = {flag for entry in entries for flag in entry.flags}
    yield from (f"! {flag.line}" for flag in flags if flag not in shown)
    candidates = sum(entry.decided is None for entry in entries)
    yield f"{len(entries)} pairs: {len(entries) - candidates} decided, {candidates} candidates"


def entry_json(entry: Entry) -> dict[str, Any]:
    """A pair for programs."""
    verdict, decided = entry.verdict, entry.decided
    return {
        "pair": entry.handle,
        "kalshi": entry.kalshi,
        "polymarket": entry.polymarket,
        "status": entry.status,
        "verified": entry.verified,
        "verdict": entry.ruling,
        "confidence_ppm": verdict.confidence_ppm if verdict else None,
        "yes_is_yes": verdict.yes_is_yes if verdict else None,
        "vetoes": [one.text for one in verdict.vetoes] if verdict else [],
        "evidence": [one.text for one in verdict.evidence] if verdict else [],
        "flags": [f"{flag.kind}: {flag.text}" for flag in entry.flags],
        "score_ppm": entry.score_ppm,
        "decided": decided
        and {
            "who": decided.who,
            "why": decided.why,
            "origin": decided.origin,
            "at_ns": decided.at_ns,
            "yes_is_yes": decided.yes_is_yes,
            "facts": list(decided.facts),
        },
    }


def print_page(entry: Entry, kalshi: Question | None, polymarket: Question | None) -> None:
    """Print one pair: both texts side by side, what settles them marked, then what was found."""
    console = Console(highlight=False)
    findings = (*entry.verdict.vetoes, *entry.verdict.evidence) if entry.verdict else ()
    table = Table(title=f"{entry.handle}: {entry.status}", expand=True, show_lines=True)
    table.add_column(entry.polymarket, ratio=1, overflow="fold")
    table.add_column(entry.kalshi, ratio=1, overflow="fold")
    ours = [one.polymarket for one in findings]
    theirs = [one.kalshi for one in findings]
    for left, right in zip(_parts(polymarket), _parts(kalshi), strict=True):
        table.add_row(_marked(left, ours, findings), _marked(right, theirs, findings))
    console.print(table)
    for finding in findings:
        sign, style = _MARKS[finding.side]
        console.print(Text(f"{sign} {finding.text}", style=style))
    for line in _summary(entry):
        console.print(Text(line))


def _parts(question: Question | None) -> tuple[str, ...]:
    """The rows of one side."""
    if question is None:
        return ("not listed for trading", "", "", "")
    closes = ""
    if question.close_ns is not None:
        moment = datetime.fromtimestamp(question.close_ns // _NS_PER_S, UTC)
        closes = f"trading ends {moment:%Y-%m-%d %H:%M} UTC; {question.category or 'no category'}"
    about = f"{question.event_title}\n{question.outcome}".strip()
    return question.title, about, question.rules or "(no rules text)", closes


def _marked(text: str, quotes: Sequence[str], findings: Sequence[Finding]) -> Text:
    """A text with every sentence marked that something was read from."""
    marks: dict[int, tuple[int, Side]] = {}
    for quote, finding in zip(quotes, findings, strict=True):
        for part in quote.split(" | "):
            start = text.find(part) if part else -1
            if start >= 0 and start not in marks:  # vetoes come first and keep the place
                marks[start] = (start + len(part), finding.side)
    made, at = Text(), 0
    for start, (end, side) in sorted(marks.items()):
        if start < at:
            continue  # inside a sentence that is marked already
        sign, style = _MARKS[side]
        made.append(text[at:start])
        made.append(f"[{sign} {text[start:end]}]", style=style)
        at = end
    return made.append(text[at:])


def alignment_lines(alignment: Alignment) -> Iterator[str]:
    """Which outcome is which, a line each, and those that have no counterpart or several."""
    for word, matches in (("=", alignment.matches), ("? contested", alignment.contested)):
        for match in matches:
            verdict = match.verdict
            yield (
                f"  {_name(match.polymarket)} {word} {_name(match.kalshi)}: {verdict.ruling},"
                f" {_SIDES[verdict.yes_is_yes]}"
            )
    for venue, left in (
        ("Polymarket", alignment.only_polymarket),
        ("Kalshi", alignment.only_kalshi),
    ):
        yield from (f"  only on {venue}: {_name(question)}" for question in left)


def _name(question: Question) -> str:
    return question.outcome or question.title


def _summary(entry: Entry) -> Iterator[str]:
    verdict, decided = entry.verdict, entry.decided
    if verdict is not None:
        percent = verdict.confidence_ppm // _PPM_PER_PERCENT
        yield f"by the texts: {entry.ruling}, {percent} %; {_SIDES[verdict.yes_is_yes]}"
    yield from (f"! {flag.kind}: {flag.text}" for flag in entry.flags)
    if decided is None:
        yield "nobody has decided on it"
        return
    when = datetime.fromtimestamp(decided.at_ns // _NS_PER_S, UTC)
    same = "YES is YES" if decided.yes_is_yes else "YES is NO"
    yield f"{decided.decision} by {decided.who}, {when:%Y-%m-%d %H:%M} UTC: {decided.why}; {same}"
    yield f"texts as decided on: {json.dumps([decided.polymarket_text, decided.kalshi_text])}"
