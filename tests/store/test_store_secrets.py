"""No secret reaches a file, whatever a venue or a failure repeats to us."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import (
    BasketEnd,
    BasketEnded,
    Exposure,
    Hold,
    Level,
    LineKind,
    Noted,
    OrderEnded,
    Reconciled,
    ReconciliationLine,
    RunEnded,
    RunStarted,
    Turn,
    TurnEnded,
    TurnId,
    TurnKind,
    UnwindChosen,
    Way,
)
from arb.redaction import SECRETS, STRUCK_OUT
from arb.store.journal import Journal
from arb.store.standing import StandingFile
from tests.fakes.markets import approve, make_market, make_order, make_prepared

SECRET = "d15ea5ed0b5e55edd15ea5ed"
WORDS = f"answer 'key={SECRET} is wrong'"
POLY = make_market("p", Venue.POLYMARKET)
ORDER = make_order(POLY)
CROSS = approve([(POLY, Outcome.YES, 450_000)], MICRO)
LEFT = Exposure(POLY, Outcome.YES, Qty(MICRO))
TURN = Turn(TurnId("t1"), TurnKind.MERGE, Venue.POLYMARKET, 0, (), 1, Ns(9), b"", Ns(1))


@pytest.fixture(autouse=True)
def _known() -> None:
    SECRETS.add(SECRET)


def files(folder: Path) -> Iterator[bytes]:
    return (file.read_bytes() for file in folder.iterdir())


def test_no_record_carries_a_secret_into_the_store(tmp_path: Path) -> None:
    """Notes, ends, reasons and findings: every text that others had a say in."""
    journal = Journal(tmp_path / "arb.db")
    journal.write([RunStarted("r", "paper", "sim", 1, Ns(1)), CROSS, make_prepared(ORDER), TURN])
    journal.write(
        [
            Noted("crash", WORDS, Ns(2)),
            OrderEnded(ORDER.id, "v", Qty(0), WORDS, Ns(3)),
            TurnEnded(TURN, done=False, note=WORDS, at_ns=Ns(4)),
            UnwindChosen(CROSS.basket, 1, Way.STUCK, Usd(0), WORDS, Ns(5)),
            BasketEnded(CROSS.basket, BasketEnd.STUCK, Qty(0), (LEFT,), WORDS, Ns(6)),
            Reconciled((ReconciliationLine(LineKind.ORDER, WORDS, explained=True),), Ns(7)),
            RunEnded("r", WORDS, 1, Ns(8)),
        ]
    )
    (stuck,) = journal.stuck()
    journal.close()
    assert STRUCK_OUT in stuck
    assert not any(SECRET.encode() in text for text in files(tmp_path))


def test_the_standing_file_keeps_reasons_without_secrets(tmp_path: Path) -> None:
    """What a breaker, an operator or a start said is kept in the history: struck out."""
    file = StandingFile(tmp_path / "standing.db")
    file.keep(Hold("breakers", Level.PAUSED, "breakers", WORDS, "a probe", Ns(1)))
    file.order(Hold("operator", Level.PAUSED, "ann", WORDS, "arb resume", Ns(2), lasting=True))
    file.tell_problems("arb.db", [("id", WORDS)], Ns(3))
    told = [*(line.why for line in file.history()), *(row["words"] for row in file.problems())]
    file.close()
    assert [STRUCK_OUT in text for text in told] == [True] * 3
    assert not any(SECRET.encode() in text for text in files(tmp_path))
