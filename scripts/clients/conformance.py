"""Drives the simulated venues with the official clients and prints what became of it.

Exit code: 0, or 1 if any operation failed, 2 for wrong usage.
"""

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from clients.driving import drive
from clients.environments import CLIENTS
from clients.table import as_json, lines

AT_ONCE = 3
"""Drivers mostly wait: for settlements, restarts, the chain."""


def main() -> int:
    """Drive and tell."""
    chosen = _arguments()
    wanted = [one for one in CLIENTS if not chosen.client or one.name in chosen.client]
    # Each client has venues of its own, so that none sees another's orders.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        columns = list(pool.map(drive, wanted))
    print("\n".join(lines(columns, only_failures=chosen.failures)))
    if chosen.json:
        chosen.json.write_text(json.dumps(as_json(columns), indent=2) + "\n", encoding="utf-8")
    return int(any(column.failed for column in columns))


def _arguments() -> argparse.Namespace:
    names = [one.name for one in CLIENTS]
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__)
    parser.add_argument(
        "--client", action="append", choices=names, help="only this one; may be repeated"
    )
    parser.add_argument(
        "--failures", action="store_true", help="print failed operations and the counts only"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
