"""`arb pairs`: the desk where a person decides which markets ask the same question."""

import sys
from pathlib import Path
from typing import Any

import click

from arb.cli.groups import PlainGroup
from arb.cli.options import places_options

EPILOG = """
\b
Examples:
  python -m arb pairs list                       what was decided, and what deserves a decision
  python -m arb pairs show 3f2a91c0              both rules texts side by side
  python -m arb pairs approve 3f2a91c0 --why "both by the AP call"
  python -m arb pairs reject kalshi:KXA-1 polymarket:0xabc --why "nominee against winner"
  python -m arb pairs export pairs.toml          for run.pairs_file, or for `import` elsewhere
\b
Exit codes:
  0 done       2 wrong usage, settings or file
  1 refused, or a venue cannot be read     5 the store failed
"""
EVAL_EPILOG = """
\b
Examples:
  python -m arb pairs eval labelled.jsonl
  python -m arb pairs eval labelled.jsonl --json | jq -r .verdict
\b
Exit codes:
  0 nothing else was judged the same   2 the file cannot be read
  1 a pair that is not the same was judged so, or a line was bad
"""
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
DATA_DIR = click.option("--data-dir", metavar="DIR", help="Where the store is (default var/).")
WHO = click.option("--who", metavar="NAME", help="Who decides. Default: the user of this machine.")


@click.group(cls=PlainGroup, epilog=EPILOG)
def pairs() -> None:
    """Decide which markets of both venues ask the same question. Only approved pairs are traded."""


@pairs.command("list", epilog="Example:\n\n  python -m arb pairs list --flagged --json")
@click.option("--flagged", is_flag=True, help="Only pairs that something is wrong with.")
@click.option("--decided", is_flag=True, help="Only pairs that somebody decided on: no search.")
@click.option("--different", is_flag=True, help="Candidates too that the texts say are different.")
@click.option(
    "--most",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    metavar="N",
    help="Judge so many candidates, the likest first.",
)
@places_options
@DATA_DIR
@JSON
def list_pairs(**flags: Any) -> None:  # noqa: ANN401 - click's way
    """List decided pairs, and candidates found among all that both venues list.

    A candidate that the texts say is the same is still only a candidate: a person approves it.
    """
    from arb.commands.pairs import list_command

    sys.exit(list_command(flags))


@pairs.command(epilog="Example:\n\n  python -m arb pairs show kalshi:KXA-1 polymarket:0xabc")
@click.argument("pair", nargs=-1, required=True)
@places_options
@DATA_DIR
@JSON
def show(pair: tuple[str, ...], **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Show both rules texts of PAIR side by side, what settles them marked, and the vetoes.

    PAIR is a short name from `list`, or both markets' ids.
    """
    from arb.commands.pairs import show_command

    sys.exit(show_command(flags, pair))


@pairs.command(epilog="Example:\n\n  python -m arb pairs approve 3f2a91c0 --why 'both by the AP'")
@click.argument("pair", nargs=-1, required=True)
@click.option("--why", required=True, metavar="TEXT", help="Why both are settled alike.")
@click.option(
    "--yes-is",
    type=click.Choice(["yes", "no"]),
    help="What Polymarket's side is that pays where Kalshi's YES does. Default: by the texts.",
)
@click.option("--despite", is_flag=True, help="Overrule the vetoes that `show` prints.")
@WHO
@places_options
@DATA_DIR
@JSON
def approve(pair: tuple[str, ...], **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Approve PAIR on the texts as they are now; traded once it has been observed.

    Kept with who, when, the fingerprints of both texts and the facts as read. A bot that runs
    takes it up at its next start.
    """
    from arb.commands.pairs import approve_command

    sys.exit(approve_command(flags, pair))


@pairs.command(epilog="Example:\n\n  python -m arb pairs reject 3f2a91c0 --why 'another deadline'")
@click.argument("pair", nargs=-1, required=True)
@click.option("--why", required=True, metavar="TEXT", help="Why they are not settled alike.")
@WHO
@places_options
@DATA_DIR
@JSON
def reject(pair: tuple[str, ...], **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Reject PAIR, whatever a map says. A bot that runs stops relying on it within a minute."""
    from arb.commands.pairs import reject_command

    sys.exit(reject_command(flags, pair))


@pairs.command("export", epilog="Example:\n\n  python -m arb pairs export pairs.toml")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@places_options
@DATA_DIR
@JSON
def export_pairs(file: Path | None, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Write every yes and no as a map of pairs, to FILE or to standard output."""
    from arb.commands.pairs import export_command

    sys.exit(export_command(flags, file))


@pairs.command("import", epilog="Example:\n\n  python -m arb pairs import pairs.toml")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--despite", is_flag=True, help="Overrule what the texts say against pairs.")
@places_options
@DATA_DIR
@JSON
def import_pairs(file: Path, **flags: Any) -> None:  # noqa: ANN401 - click's way
    """Decide by a map, as if each pair of it had been approved or rejected here.

    Every pair is held against the texts first; those with findings against them are told and not
    taken, and the exit code is 1.
    """
    from arb.commands.pairs import import_command

    sys.exit(import_command(flags, file))


@pairs.command("eval", epilog=EVAL_EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One object a line, totals in the last.")
def eval_pairs(file: Path, *, as_json: bool) -> None:
    """Judge the labelled pairs of FILE, one JSON object a line, and say how it went.

    A line has `label` (same, subtly_different, different), `polymarket` and `kalshi`, each with
    any of id, title, event_title, outcome, rules, close_time (ISO 8601), category; and, if it
    likes, `reason`. What is missing is unknown, and leans to "person".
    """
    from arb.commands.pairs_eval import eval_command

    sys.exit(eval_command(file, as_json=as_json))
