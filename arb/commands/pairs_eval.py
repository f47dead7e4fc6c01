"""What `arb pairs eval` does: judge labelled pairs and say how it went."""

import json
from pathlib import Path

import click

from arb.commands.setup import tell_failure
from arb.ending import Exit
from arb.pairing.finding import Ruling, Verdict
from arb.pairing.labelled import LABELS, Judged, LineFault, Score, judge_lines, score
from arb.terminal.progress import working

_PPM = 1_000_000


def eval_command(file: Path, *, as_json: bool) -> int:
    """Judge every line of a file; bad lines are told, counted and passed over.

    Returns `Exit.ERROR` where any line was bad, or anything else was judged the same.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return tell_failure(f"{file}: cannot be read: {error}", Exit.USAGE)
    with working(f"judging {len(lines):,} pairs"):
        results = tuple(judge_lines(lines))
    for result in results:
        if isinstance(result, LineFault):
            click.echo(f"{file}: {result}", err=True)
        elif as_json:
            click.echo(json.dumps(told(result.verdict)))
    total = score(results)
    click.echo(json.dumps(totals(total)) if as_json else _page(results, total))
    return Exit.ERROR if total.bad_lines or _false_twins(total) else Exit.OK


def told(verdict: Verdict) -> dict[str, object]:
    """One verdict as JSON has it; the confidence as a share of one."""
    return {
        "verdict": str(verdict.ruling),
        "confidence": verdict.confidence_ppm / _PPM,
        "vetoes": [finding.text for finding in verdict.vetoes],
    }


def totals(total: Score) -> dict[str, object]:
    """All counts and shares as JSON has them."""
    shares = {
        "precision": total.precision_ppm,
        "recall": total.recall_ppm,
        "recall_with_both_rules": total.recall_with_rules_ppm,
        "same_or_person": total.kept_ppm,
    }
    return {
        "totals": {
            "confusion": {
                label: {str(ruling): count for ruling, count in row.items()}
                for label, row in total.confusion.items()
            },
            "false_same": _false_twins(total),
            "bad_lines": total.bad_lines,
            **{name: None if ppm is None else ppm / _PPM for name, ppm in shares.items()},
        }
    }


def _false_twins(total: Score) -> int:
    return sum(total.confusion[label][Ruling.SAME] for label in LABELS if label != "same")


def _page(results: tuple[Judged | LineFault, ...], total: Score) -> str:
    lines = [f"{'label':<18}" + "".join(f"{ruling:>11}" for ruling in Ruling)]
    for label, row in total.confusion.items():
        lines.append(f"{label:<18}" + "".join(f"{row[ruling]:>11}" for ruling in Ruling))
    lines += [
        "",
        f"precision of same        {_percent(total.precision_ppm)}",
        f"recall of same           {_percent(total.recall_ppm)}",
        f"  with both rules texts  {_percent(total.recall_with_rules_ppm)}",
        f"  or left to a person    {_percent(total.kept_ppm)}",
        f"bad lines                {total.bad_lines}",
    ]
    for result in results:
        if isinstance(result, Judged) and result.is_error:
            lines += ["", *_error(result)]
    return "\n".join(lines)


def _error(judged: Judged) -> list[str]:
    pair, verdict = judged.pair, judged.verdict
    found = verdict.vetoes or verdict.evidence
    return [
        f"line {pair.line}: labelled {pair.label}, judged {verdict.ruling}"
        + (f" ({pair.reason})" if pair.reason else ""),
        f"  Polymarket: {pair.polymarket.title or pair.polymarket.event_title}",
        f"  Kalshi: {pair.kalshi.title or pair.kalshi.event_title}",
        *(f"  {finding.side}: {finding.text}" for finding in found),
    ]


def _percent(ppm: int | None) -> str:
    return "     -" if ppm is None else f"{ppm // 10_000:>3}.{ppm // 1_000 % 10} %"
