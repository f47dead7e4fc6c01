"""What the commands print that read the store: positions, orders, trades, history, balance."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from arb.commands.stores import read_store
from arb.commands.tables import moment, print_rows
from arb.market.units import Usd, decimal_text, plain_text
from arb.messages import BasketId
from arb.recovery import ledger_from
from arb.risk.ledger import Ledger
from arb.risk.statement import BasketLine, Statement, draw_up
from arb.risk.takings import flows_of_baskets
from arb.store.baskets import StoredBasket
from arb.store.journal import Journal
from arb.store.reading import Reading, Wish
from arb.store.starts import read_openings
from arb.store.turns import read_done_turns

Flags = Mapping[str, Any]


def positions_command(flags: Flags) -> int:
    """Print what is held; returns the exit code."""

    def show(reading: Reading) -> None:
        columns = ("market", "yes", "no", "pending", "paid_usd", "pays_at_most_usd", "last_basket")
        rows = position_rows(ledger_from(reading.journal), reading.titles())
        print_rows(rows, columns, as_json=flags["as_json"], nothing="nothing is held")

    return read_store(flags, show)


def position_rows(ledger: Ledger, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every position, by market; `titles` of the last basket with each."""
    rows = []
    for market, held in sorted(ledger.positions().items()):
        pending = ledger.pending(market)
        rows.append(
            {
                "market": market,
                "yes": plain_text(held.yes),
                "no": plain_text(held.no),
                "pending": plain_text(pending.yes + pending.no),
                "paid_usd": decimal_text(ledger.paid_for(market)),
                "pays_at_most_usd": plain_text(max(held.yes, held.no)),
                "last_basket": titles.get(market),
            }
        )
    return rows


def list_command(flags: Flags, what: str) -> int:
    """Print orders, trades, baskets, runs or notes, newest first; returns the exit code."""

    def show(reading: Reading) -> None:
        rows, columns = _LISTS[what](reading, flags)
        print_rows(rows, columns, as_json=flags["as_json"], nothing=f"no {what}")

    return read_store(flags, show)


Table = tuple[list[dict[str, Any]], Sequence[str]]


def _orders(reading: Reading, flags: Flags) -> Table:
    columns = ("at", "basket", "market", "action", "outcome", "contracts", "limit", "filled",
               "state", "note")  # fmt: skip
    return [_order(row) for row in reading.orders(wish_of(flags))], columns


def _order(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": moment(row["created_ns"]),
        "order": row["order_id"],
        "venue_order": row["venue_order_id"],
        "basket": row["basket"],
        "venue": row["venue"],
        "market": row["market"],
        "action": row["action"],
        "outcome": row["outcome"],
        "contracts": plain_text(row["qty"]),
        "limit": plain_text(row["limit_px"]),
        "filled": None if row["filled"] is None else plain_text(row["filled"]),
        "state": "unknown" if row["ended_ns"] is None else "ended",
        "ended_at": None if row["ended_ns"] is None else moment(row["ended_ns"]),
        "note": row["note"],
    }


def _trades(reading: Reading, flags: Flags) -> Table:
    columns = ("at", "basket", "market", "action", "outcome", "contracts", "price", "fee_usd",
               "status", "role")  # fmt: skip
    return [_trade(row) for row in reading.trades(wish_of(flags))], columns


def _trade(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": moment(row["at_ns"]),
        "fill": row["fill"],
        "order": row["order_id"],
        "basket": row["basket"],
        "venue": row["venue"],
        "market": row["market"],
        "action": row["action"],
        "outcome": row["outcome"],
        "contracts": plain_text(row["qty"]),
        "price": plain_text(row["px"]),
        "fee_usd": decimal_text(row["fee"]),
        "status": row["status"],
        "role": row["role"],
    }


def _baskets(reading: Reading, flags: Flags) -> Table:
    columns = ("at", "basket", "lane", "sets", "end", "planned_usd", "made_usd", "title")
    baskets = reading.journal.baskets()[::-1][: flags["last"]]
    fills = [(line.basket, line.fill) for line in reading.journal.fills()]
    flows = flows_of_baskets(fills)
    return [_basket(basket, flows) for basket in baskets], columns


def _basket(basket: StoredBasket, flows: Mapping[BasketId, Usd]) -> dict[str, Any]:
    paid = _line_of(basket).guaranteed
    over = basket.outcome is not None
    return {
        "at": None if basket.ended_ns is None else moment(basket.ended_ns),
        "basket": basket.id,
        "lane": basket.lane,
        "title": basket.title,
        "size": plain_text(basket.size),
        "sets": plain_text(basket.sets),
        "end": basket.outcome or "unfinished",
        "planned_usd": decimal_text(basket.payout - basket.spent),
        "cash_usd": decimal_text(flows.get(basket.id, 0)),
        "must_pay_usd": decimal_text(paid),
        "made_usd": decimal_text(flows.get(basket.id, 0) + paid) if over else None,
    }


def _runs(reading: Reading, flags: Flags) -> Table:
    rows = [
        {
            "at": moment(row["started_ns"]),
            "run": row["run"],
            "mode": row["mode"],
            "venues": row["venues"],
            "seed": row["seed"],
            "ended_at": None if row["ended_ns"] is None else moment(row["ended_ns"]),
            "exit_code": row["exit_code"],
            "reason": row["reason"],
        }
        for row in reading.runs(wish_of(flags))
    ]
    return rows, ("at", "mode", "venues", "seed", "ended_at", "exit_code", "reason")


def _notes(reading: Reading, flags: Flags) -> Table:
    rows = [
        {"at": moment(row["at_ns"]), "kind": row["kind"], "text": row["text"]}
        for row in reading.notes(wish_of(flags))
    ]
    return rows, ("at", "kind", "text")


_LISTS = {
    "orders": _orders,
    "trades": _trades,
    "baskets": _baskets,
    "runs": _runs,
    "notes": _notes,
}


def balance_command(flags: Flags) -> int:
    """Print cash by pool, and profit under its labels; returns the exit code."""

    def show(reading: Reading) -> None:
        found = balance_of(reading.journal)
        click.echo(json.dumps(found, indent=2) if flags["as_json"] else _balance_text(found))

    return read_store(flags, show)


def statement_of(journal: Journal) -> Statement:
    """Count the store again from its beginning."""
    fills = [line.fill for line in journal.fills()]
    lines = [_line_of(basket) for basket in journal.baskets()]
    opening, settled = journal.opening_balances(), journal.settlements()
    held, turned = journal.ask(read_openings), journal.ask(read_done_turns)
    return draw_up(opening, fills, settled, lines, journal.stakes(), held, turned)


def _line_of(basket: StoredBasket) -> BasketLine:
    return BasketLine(
        basket.outcome or "open",
        basket.size,
        basket.sets,
        basket.payout,
        basket.id,
        basket.contracts,
    )


def balance_of(journal: Journal) -> dict[str, Any]:
    """Cash by pool and profit under its labels, in dollars, from the store alone."""
    statement, ledger = statement_of(journal), ledger_from(journal)
    pools = [
        {
            "pool": f"{venue}:{pool}",
            "opening_usd": decimal_text(statement.opening.get((venue, pool), 0)),
            "cash_usd": decimal_text(usd),
        }
        for (venue, pool), usd in sorted(statement.cash.items())
    ]
    return {
        "pools": pools,
        "cash_change_usd": decimal_text(statement.cash_change),
        "must_pay_usd": decimal_text(statement.guaranteed),
        "locked_profit_usd": decimal_text(statement.locked_profit),
        "realised_usd": decimal_text(ledger.realised),
        "fees_usd": decimal_text(statement.fees),
        "settled_usd": decimal_text(statement.settled),
        "fills": statement.fills,
        "baskets": statement.ends,
    }


def _balance_text(found: Mapping[str, Any]) -> str:
    pools = "\n".join(
        f"{one['pool']:<16} {_signed(one['cash_usd'])}  (at the start ${one['opening_usd']})"
        for one in found["pools"]
    )
    ends = ", ".join(f"{count} {end}" for end, count in found["baskets"].items()) or "none"
    return f"""{pools or "no money was seen yet"}
change of cash   {_signed(found["cash_change_usd"])}
must still come  ${found["must_pay_usd"]}  from complete sets, when their markets resolve
locked profit    {_signed(found["locked_profit_usd"])}  the sum of both, whatever happens
realised         {_signed(found["realised_usd"])}  by average cost, of what was sold, netted or settled
fees             ${found["fees_usd"]}  in {found["fills"]} fills
settled          ${found["settled_usd"]}
baskets          {ends}"""


def _signed(dollars: str) -> str:
    return f"-${dollars[1:]}" if dollars.startswith("-") else f"${dollars}"


def wish_of(flags: Flags) -> Wish:
    """Which rows the flags ask for."""
    return Wish(flags["last"], flags.get("basket"), open=bool(flags.get("open_")))
