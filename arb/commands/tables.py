"""How commands print what they found: JSON for machines, columns that line up for people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from arb.market.units import Ns

Row = Mapping[str, Any]
WIDEST = 46
"""Letters of a cell: what is longer loses its middle, but in the last column. JSON has all of it."""
BASKET = 8
"""Letters of a basket's id: every command takes the beginning of one."""


def print_rows(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool, nothing: str) -> None:
    """Print all of every row as JSON, or `columns` of it for people; `nothing` where none is."""
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for line in table_lines(rows, columns) if rows else [nothing]:
        click.echo(line)


def table_lines(rows: Iterable[Row], columns: Sequence[str]) -> list[str]:
    """A heading and a line a row; numbers stand to the right."""
    cells = [_cells(row, columns) for row in rows]
    heading = [name.replace("_", " ") for name in columns]
    widths = [max(map(len, column)) for column in zip(heading, *cells, strict=True)]
    right = [all(_is_number(line[i]) for line in cells) for i in range(len(columns))]
    return [_line(line, widths, right) for line in [heading, *cells]]


def _cells(row: Row, columns: Sequence[str]) -> list[str]:
    *narrow, last = columns
    return [*(_cut(_text(name, row.get(name))) for name in narrow), _text(last, row.get(last))]


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = [
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(parts).rstrip()


def _text(name: str, value: object) -> str:
    if value is None or value == "":
        return "-"
    return str(value)[:BASKET] if name == "basket" else str(value)


def _cut(text: str) -> str:
    half = WIDEST // 2
    return text if len(text) <= WIDEST else f"{text[: half - 1]}…{text[-half:]}"


def _is_number(text: str) -> bool:
    bare = text.removeprefix("-").replace(",", "").replace(".", "", 1)
    return text == "-" or (bare.isascii() and bare.isdecimal())


def moment(at_ns: Ns) -> str:
    """A moment in UTC, to the second."""
    return datetime.fromtimestamp(at_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
