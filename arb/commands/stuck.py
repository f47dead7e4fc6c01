"""What `arb stuck` does: it reads and writes the stores, whether a bot runs on them or not."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import click

from arb.commands.caller import now_ns, user
from arb.commands.failure import fail
from arb.commands.setup import read_settings, tell_failure
from arb.commands.stores import STORES
from arb.ending import Exit
from arb.market.errors import Malformed
from arb.market.units import Usd, decimal_text, parse_usd, plain_text
from arb.messages import BasketId
from arb.settings import SettingsFault
from arb.store.baskets import read_basket
from arb.store.half_done import grant
from arb.store.journal import Journal, StoreFailed
from arb.store.leftovers import Leftover, LeftState, change_state, read_leftovers

WAITING = frozenset({LeftState.STUCK, LeftState.RETRY})
PLACES = 6


class _NotOne(Exception):
    """No basket goes by this name, or several do."""


@attrs.frozen
class _Found:
    """A leftover and the store that knows it."""

    store: Path
    left: Leftover


def list_command(flags: Mapping[str, Any], *, everything: bool) -> int:
    """List leftovers; returns the exit code."""

    def show(found: Sequence[_Found]) -> None:
        rows = [one for one in found if everything or _waits(one.left)]
        _print([_as_json(one) for one in rows], as_json=flags["as_json"])

    return _work(flags, show)


def ack_command(basket: str, flags: Mapping[str, Any]) -> int:
    """Take over what a basket left over; returns the exit code."""
    return _decide(basket, flags, LeftState.ACKNOWLEDGED, None)


def retry_command(basket: str, loss: str | None, flags: Mapping[str, Any]) -> int:
    """Ask for another unwind; returns the exit code."""
    try:
        budget = None if loss is None else parse_usd(loss)
    except Malformed as fault:
        return tell_failure(f"--loss: {fault}", Exit.USAGE)
    if budget is not None and budget <= 0:
        return tell_failure("--loss must be more than nothing", Exit.USAGE)
    return _decide(basket, flags, LeftState.RETRY, budget)


def _decide(basket: str, flags: Mapping[str, Any], state: LeftState, budget: Usd | None) -> int:
    def write(found: Sequence[_Found]) -> None:
        store, full = _the_one(found, basket)
        with _journal(store) as journal:
            if state is LeftState.RETRY:
                _allow(journal, full, budget)
            who, at_ns = flags.get("who") or user(), now_ns()
            journal.ask(lambda db: change_state(db, full, state, who, flags["why"], at_ns))
            rows = [_Found(store, left) for left in journal.ask(read_leftovers)]
        mine = [_as_json(one) for one in rows if one.left.basket == full]
        _print(mine, as_json=flags["as_json"])

    return _work(flags, write)


def _allow(journal: Journal, basket: BasketId, budget: Usd | None) -> None:
    """Let the unwind lose what was said, or else all that was to be paid."""
    stored = journal.ask(lambda db: read_basket(db, basket))
    if stored is not None:
        most = stored.spent if budget is None else budget
        journal.ask(lambda db: grant(db, basket, most))


def _work(flags: Mapping[str, Any], act: Callable[[Sequence[_Found]], None]) -> int:
    try:
        settings = read_settings(flags)
        act(list(_everything(Path(settings.run.data_dir))))
    except _NotOne as fault:
        return tell_failure(str(fault), Exit.USAGE)
    except (SettingsFault, StoreFailed) as fault:
        return fail(fault)
    return Exit.OK


def _everything(folder: Path) -> Iterator[_Found]:
    for name in STORES:
        store = folder / name
        if store.exists():
            with _journal(store) as journal:
                found = journal.ask(read_leftovers)
            yield from (_Found(store, left) for left in found)


@contextmanager
def _journal(store: Path) -> Iterator[Journal]:
    journal = Journal(store)
    try:
        yield journal
    finally:
        journal.close()


def _the_one(found: Sequence[_Found], name: str) -> tuple[Path, BasketId]:
    """The basket that goes by a name. Raises _NotOne."""
    open_ones = {
        (one.store, one.left.basket)
        for one in found
        if one.left.basket.startswith(name) and _open(one.left)
    }
    if not open_ones:
        raise _NotOne(f"no basket named like {name!r} has anything left that is open")
    if len(open_ones) > 1:
        names = ", ".join(sorted(basket for _, basket in open_ones))
        raise _NotOne(f"{name!r} may mean any of {names}")
    return open_ones.pop()


def _open(left: Leftover) -> bool:
    return not left.settled and left.state is not LeftState.ACKNOWLEDGED


def _waits(left: Leftover) -> bool:
    return left.state in WAITING and not left.settled


def _print(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(list(rows), indent=2))
    else:
        click.echo("\n".join(map(_words, rows)) or "nothing is stuck")


def _as_json(found: _Found) -> dict[str, Any]:
    left = found.left
    return {
        "basket": left.basket,
        "market": left.market,
        "outcome": str(left.outcome),
        "contracts": plain_text(left.qty),
        "state": "settled" if left.settled else str(left.state),
        "pays_at_worst": "0",
        "pays_at_best": plain_text(left.best),
        "basket_lost": decimal_text(left.loss, PLACES),
        "note": left.note,
        "who": left.who,
        "why": left.why,
        "at_ns": int(left.at_ns),
        "store": str(found.store),
    }


def _words(row: Mapping[str, Any]) -> str:
    by = f"; {row['who']}: {row['why']}" if row["who"] else ""
    return (
        f"{row['basket']}  {row['state']}: {row['contracts']} {row['outcome']} of {row['market']},"
        f" pays {row['pays_at_worst']} to {row['pays_at_best']} dollars;"
        f" the basket lost {row['basket_lost']}; {row['note']}{by}"
    )
