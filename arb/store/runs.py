"""Starts of the program, how they ended, and notes that people should find again."""

from sqlite_utils import Database

from arb.messages import Noted, RunEnded, RunStarted
from arb.redaction import SECRETS


def write_run_started(db: Database, record: RunStarted) -> None:
    """Write a start down."""
    db.table("runs").insert(
        {
            "run": record.run,
            "mode": record.mode,
            "venues": record.venues,
            "seed": record.seed,
            "started_ns": record.at_ns,
        }
    )


def write_run_ended(db: Database, record: RunEnded) -> None:
    """Write down why it ended. Raises NotFoundError where there is no such start."""
    db.table("runs").update(
        record.run,
        {
            "ended_ns": record.at_ns,
            "reason": SECRETS.strike_out(record.reason),
            "exit_code": record.exit_code,
        },
    )


def write_note(db: Database, record: Noted) -> None:
    """Write a note down."""
    text = SECRETS.strike_out(record.text)  # venues may repeat what they were sent
    db.table("notes").insert({"at_ns": record.at_ns, "kind": record.kind, "text": text})


def read_notes(db: Database) -> tuple[Noted, ...]:
    """Every note, oldest first."""
    rows = db.query("select kind, text, at_ns from notes order by rowid")
    return tuple(Noted(row["kind"], row["text"], row["at_ns"]) for row in rows)
