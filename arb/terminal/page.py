"""The state of a bot as a page of text: drawn from the sections that the dashboard gets too.

So `arb run` and `arb top`, which asks another process, show the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from arb.market.units import plain_text
from arb.terminal.words import contracts, dollars, span

State = Mapping[str, Any]
WIDE = 110
TITLE = 60
"""Letters of a title that fit a column."""
LEGS = 4
OPPORTUNITIES, FLIGHT, ENDED, REASONS, NEWS, REDS = 6, 4, 6, 4, 3, 3
"""Lines of each part: a page must fit a small terminal."""
CALM = frozenset({"running", "starting"})


def draw(state: State, rate: int | None, dashboard: str, width: int) -> Group:
    """The page; `rate`: messages a second, None at the first look; `dashboard`: an address or "".

    On a terminal of less than `WIDE` columns (`width`), figures that can be spared are left out.
    """
    return Group(
        _headline(state, rate),
        *([Text(f"dashboard {dashboard}", style="dim")] if dashboard else []),
        _standing(state["standing"]),
        *_obstacles(state),
        _opportunities(state["opportunities"], wide=width >= WIDE),
        _flight(state["flight"], state["ended"]),
        _money(state),
    )


def plain_line(state: State, rate: int | None) -> str:
    """The state in one line, for logs and pipes."""
    books, counts, money = state["books"], state["counts"], state["money"]
    words = [
        f"{books['live']}/{books['markets']} books live",
        *([] if rate is None else [f"{rate} msg/s"]),
        f"episodes {counts['episodes']}",
        f"baskets {counts['attempted']} begun, {counts['in_flight']} in flight",
        f"locked {dollars(money['locked'], 4)}",
    ]
    if state["standing"]["level"] not in CALM:
        words.insert(0, f"{state['standing']['level'].upper()}: {state['standing']['why']}")
    if state["opportunities"]:
        best = state["opportunities"][0]
        words.append(f"best {_title(best)} {dollars(best['profit'])}")
    return "  ".join(words)


def _headline(state: State, rate: int | None) -> Text:
    books, feeds = state["books"], state["feeds"]
    up, cuts = sum(feed["up"] for feed in feeds), sum(feed["cuts"] for feed in feeds)
    return Text(
        f"arb  {span(state['clock']['age_ms'] // 1000)}   "
        f"books {books['live']}/{books['markets']} live, {books['crossed']} crossed   "
        f"connections {up}/{len(feeds)} up, {cuts} cut   "
        f"{'-' if rate is None else rate} msg/s   episodes {state['counts']['episodes']}",
        style="bold",
    )


def _standing(stands: State) -> Text:
    """How far trading is stopped: one quiet word, unless it is."""
    level = stands["level"]
    if level in CALM:
        return Text(level, style="green" if level == "running" else "yellow")
    return Text(
        f"{level.upper()} by {stands['who']}: {stands['why']} (lifted by: {stands['clears']})",
        style="bold red",
    )


def _obstacles(state: State) -> list[Text]:
    """What lets nothing new begin now, and lifts itself."""
    reds = list(state["vitals"]["reds"])
    reds += [
        f"breaker {one['venue']} {one['kind']} {one['state']}: {one['why']}"
        for one in state["breakers"]
        if one["state"] != "closed"
    ]
    return [Text(f"waiting: {why}", style="yellow") for why in reds[:REDS]]


def _opportunities(found: list[State], *, wide: bool) -> Table:
    table = _table("Baskets the books show")
    _stretch(table, "basket", 4)
    _stretch(table, "legs", 3)
    for name in ("sets", "cost", "fees", "profit") if wide else ("profit",):
        table.add_column(name, no_wrap=True, justify="right")
    _stretch(table, "why not taken", 3)
    for one in found[:OPPORTUNITIES]:
        table.add_row(*_opportunity(one, wide=wide))
    return table


def _opportunity(one: State, *, wide: bool) -> Iterator[str]:
    legs = ", ".join(f"{leg['outcome']} {plain_text(leg['limit'])}" for leg in one["legs"][:LEGS])
    yield _title(one)
    yield legs + (" …" if len(one["legs"]) > LEGS else "")
    if wide:
        yield from (contracts(one["size"]), dollars(one["cost"]), dollars(one["fees"], 4))
    yield dollars(one["profit"], 4)
    yield "taken" if one["taken"] else one["why_not"]


def _flight(flying: list[State], ended: list[State]) -> Table:
    table = _table("Baskets in flight and ended")
    _stretch(table, "basket", 4)
    for name in ("sets", "state", "made"):
        table.add_column(name, no_wrap=True)
    _stretch(table, "note", 3)
    for one in flying[-FLIGHT:]:
        table.add_row(_title(one), contracts(one["size"]), "in flight", "", "")
    for one in ended[:ENDED]:
        made = dollars(one["realised"], 4)
        table.add_row(_title(one), contracts(one["sets"]), one["end"], made, one["note"])
    return table


def _stretch(table: Table, name: str, ratio: int) -> None:
    """Add a column that gives way: figures keep their places on a narrow terminal."""
    table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=ratio)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", expand=True, box=None)


def _money(state: State) -> Text:
    counts, money = state["counts"], state["money"]
    cash = "  ".join(f"{c['venue']}/{c['pool']} {dollars(c['usd'])}" for c in state["cash"])
    ends = ", ".join(f"{end} {count}" for end, count in counts["ends"].items())
    held = ", ".join(f"{count} markets on {venue}" for venue, count in counts["positions"].items())
    lines = [
        f"cash {cash or '-'}",
        f"positions {held or '-'}",
        f"fills {counts['fills']}, fees {dollars(counts['fees'], 4)}, baskets: {ends or '-'}",
        f"profit locked {dollars(money['locked'], 6)} (resolution pays it)",
        f"not taken: {_refusals(state) or '-'}",
    ]
    lines += [f"{note['kind']}: {note['text']}" for note in state["log"][:NEWS]]
    return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def _refusals(state: State) -> str:
    """The most frequent reasons over all lanes."""
    counts: dict[str, int] = {}
    for lane in state["funnel"]:
        for refusal in lane["refused"]:
            counts[refusal["reason"]] = counts.get(refusal["reason"], 0) + refusal["count"]
    worst = sorted(counts.items(), key=lambda pair: -pair[1])[:REASONS]
    return ", ".join(f"{reason} {count}" for reason, count in worst)


def _title(one: State) -> str:
    title = one["title"]
    return f"{one['lane']} {title if len(title) <= TITLE else title[: TITLE - 1] + '…'}"
