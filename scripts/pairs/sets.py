"""Turn recorded sets of pairs into labelled lines, one file a set.

Usage: sets.py FOLDER_OF_SETS FOLDER_FOR_LINES. Fields that a set does not record stay unknown.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def verified(folder: Path) -> Iterator[Row]:
    """Pairs whose rules a person compared; the ones not found the same differ subtly."""
    seen = set()
    for line in (folder / "pair_snapshots.jsonl").read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        key = pair["kalshi_ticker"], pair["pm_condition_id"], pair["criteria_verified"]
        if key not in seen:
            seen.add(key)
            yield {
                "label": "same" if pair["criteria_verified"] else "subtly_different",
                "polymarket": gamma(pair["pm_gamma"], pair["pm_yes_token"]),
                "kalshi": kalshi(pair["kalshi_market"]["market"]),
                "reason": pair.get("notes") or "",
            }


def gamma(market: Row, yes_token: int) -> Row:
    """A raw market of Gamma."""
    outcomes = json.loads(market["outcomes"])
    two_sided = {name.lower() for name in outcomes} != {"yes", "no"}
    return {
        "id": market["conditionId"],
        "title": market["question"],
        "event_title": next((event.get("title", "") for event in market.get("events", [])), ""),
        "outcome": outcomes[yes_token] if two_sided else market.get("groupItemTitle") or "",
        "rules": market["description"],
        "close_time": market["endDate"],
    }


def kalshi(market: Row) -> Row:
    """A raw market of Kalshi."""
    rules = (market.get(key) or "" for key in ("rules_primary", "rules_secondary"))
    return {
        "id": market["ticker"],
        "title": market["title"],
        "outcome": market.get("yes_sub_title") or "",
        "rules": "\n\n".join(filter(None, rules)),
        "close_time": market["close_time"],
    }


def audited(folder: Path) -> Iterator[Row]:
    """Signals that a person labelled from their titles."""
    for file in sorted(folder.glob("ranked_audit_*.json")):
        for row in json.loads(file.read_text(encoding="utf-8"))["ranked_signals"]:
            yield {
                "label": row["label"],
                "polymarket": _titled(row, "poly", row.get("poly_id")),
                "kalshi": _titled(row, "kalshi", row.get("kalshi_ticker")),
                "reason": row.get("settlement_evidence", ""),
            }


def _titled(row: Row, side: str, own_id: str | None) -> Row:
    title = row[f"{side}_title"]
    told = {"id": own_id, "event_title": row.get(f"{side}_event_title"), "title": title}
    told["close_time"] = row.get(f"{side}_close")
    if side == "poly":
        told["outcome"] = title
    return {key: value for key, value in told.items() if value}


def ruled(folder: Path) -> Iterator[Row]:
    """Two rules texts side by side, whose questions differ as the set says."""
    for file in sorted((folder / "rule_texts").glob("*.json")):
        pair = json.loads(file.read_text(encoding="utf-8"))
        yield {
            "label": "subtly_different",
            "polymarket": _rules(pair["polymarket"]),
            "kalshi": _rules(pair["kalshi"]),
            "reason": pair.get("expected_kind", ""),
        }


def _rules(side: Row) -> Row:
    return {"id": side["market_id"], "rules": side["rules_text"]}


def games(folder: Path) -> Iterator[Row]:
    """Games that a map joins; their texts were not recorded."""
    seen = set()
    for file in sorted(folder.glob("markets*.json")):
        for game in json.loads(file.read_text(encoding="utf-8")).get("markets", []):
            ticker = game.get("kalshi", {}).get("markets", {}).get("main", "")
            title = game.get("poly_title", "")
            if ticker and title and ticker not in seen:
                seen.add(ticker)
                yield _game(game, ticker, title)


def _game(game: Row, ticker: str, title: str) -> Row:
    """Which side of the title the map's token stands for is not recorded, so it stays unknown."""
    teams = game.get("teams", {})
    return {
        "label": "same",
        "polymarket": {"id": game.get("poly_condition_id", ""), "title": title},
        "kalshi": {
            "id": ticker,
            "title": f"{teams.get('team_a')} at {teams.get('team_b')} Winner?",
            "outcome": game["kalshi"].get("market_a_refers_to", ""),
        },
        "reason": "the same game by the map",
    }


def main(folder: Path, out: Path) -> None:
    """Write one file a set."""
    out.mkdir(parents=True, exist_ok=True)
    sets = {
        "rules_verified": verified(folder / "rules_verified_jul2026"),
        "audits": audited(folder / "audits_sep2026"),
        "rule_texts": ruled(folder / "audits_sep2026"),
        "games": games(folder / "sports_jan2026"),
    }
    for name, rows in sets.items():
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (out / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        sys.stderr.write(f"{out / name}.jsonl: {len(lines)} pairs\n")


if __name__ == "__main__":
    ARGUMENTS = 3
    if len(sys.argv) != ARGUMENTS:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
