"""The conformance table: client, operation, result."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from clients.operations import OnKalshi, OnPolymarket
from clients.reporting import Result

ROWS: Mapping[str, type[StrEnum]] = {"Polymarket": OnPolymarket, "Kalshi": OnKalshi}


class Cell(NamedTuple):
    """What became of one operation with one client."""

    row: str
    result: Result
    text: str


class Column(NamedTuple):
    """One client's results."""

    client: str
    venue: str
    cells: tuple[Cell, ...]
    skipped: str = ""
    """Why there are none, though nothing is wrong."""
    broken: str = ""
    """Why there are none: the client could not even be started."""

    @property
    def failed(self) -> bool:
        """Any cell failed, or all of them."""
        return bool(self.broken) or any(_failed(cell) for cell in self.cells)


def complete(venue: str, told: Iterable[Mapping[str, str]], otherwise: str) -> tuple[Cell, ...]:
    """One cell for each row of the venue; what the driver did not tell has failed, `otherwise`."""
    found = {one["row"]: Cell(one["row"], Result(one["result"]), one["text"]) for one in told}
    unknown = found.keys() - {str(row) for row in ROWS[venue]}
    if unknown:
        raise ValueError(f"no rows of {venue}: {sorted(unknown)}")
    return tuple(found.get(row, Cell(row, Result.FAILED, otherwise)) for row in ROWS[venue])


def lines(columns: Sequence[Column], *, only_failures: bool = False) -> list[str]:
    """The table for people: under each operation, each client's result and its explanation."""
    told: list[str] = []
    for venue, rows in ROWS.items():
        here = [column for column in columns if column.venue == venue and column.cells]
        body: list[str] = []
        for place, row in enumerate(rows):
            cells = [(column.client, column.cells[place]) for column in here]
            body += _row(row, [one for one in cells if not only_failures or _failed(one[1])])
        if body:
            told += [venue, "=" * len(venue), *body, ""]
    return [*told, *(_summary(column) for column in columns)]


def as_json(columns: Sequence[Column]) -> dict[str, object]:
    """The table for machines."""
    return {
        column.client: {
            "venue": column.venue,
            "skipped": column.skipped or None,
            "broken": column.broken or None,
            "operations": {
                cell.row: {"result": cell.result, "text": cell.text} for cell in column.cells
            },
        }
        for column in columns
    }


def _failed(cell: Cell) -> bool:
    return cell.result is Result.FAILED


def _row(row: str, cells: Sequence[tuple[str, Cell]]) -> list[str]:
    if not cells:
        return []
    width = max(len(client) for client, _ in cells)
    return [row, *(f"  {name:<{width}}  {cell.result}: {cell.text}" for name, cell in cells)]


def _summary(column: Column) -> str:
    if column.skipped:
        return f"{column.client}: skipped, {column.skipped}"
    if column.broken:
        return f"{column.client}: {Result.FAILED}, {column.broken}"
    counts = Counter(cell.result for cell in column.cells)
    return f"{column.client}: " + ", ".join(f"{counts[one]} {one}" for one in Result)
