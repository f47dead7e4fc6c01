"""The page of the desk names everything there is, and nothing else."""

import re
from pathlib import Path

from arb.cli.pairs import pairs
from arb.pairing.decision import Origin
from arb.pairing.flag import FlagKind
from arb.pairing.pairs_file import read_pairs

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "pair-desk.md").read_text(encoding="utf-8")


def test_every_flag_and_origin_has_its_row() -> None:
    """In the order in which the program knows them, and no others."""
    flags = [str(kind) for kind in FlagKind]
    origins = [f"`{origin}`" for origin in Origin]
    rows = re.findall(r"^\| ([^|]+?) \|", PAGE, re.MULTILINE)
    assert [row for row in rows if row in flags] == flags
    assert [row for row in rows if row in origins] == origins


def test_every_word_of_the_command_line_is_one() -> None:
    """The examples name words and options that exist."""
    used = set(re.findall(r"python -m arb pairs (\w+)", PAGE))
    assert used <= set(pairs.commands)
    assert used >= {"list", "show", "approve", "reject", "export", "import"}
    options = {name for one in pairs.commands.values() for p in one.params for name in p.opts}
    assert set(re.findall(r"`(?:\w+ )?(--[a-z-]+)`", PAGE)) <= options


def test_the_example_of_a_map_is_one() -> None:
    """It can be copied and read."""
    example = "\n".join(
        line[4:] for line in PAGE.splitlines() if re.match(r"    (\[\[pair\]\]|\w+ = )", line)
    )
    (pair,) = read_pairs(example, "the page")
    assert pair.verified
