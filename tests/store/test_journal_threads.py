"""The store's writer works in a thread of its own while others read."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from arb.market.units import Ns
from arb.messages import Noted
from arb.store.journal import Journal

NOTES = 300


def test_reading_while_another_thread_writes_disturbs_neither(tmp_path: Path) -> None:
    """Every write lands whole and every read sees whole writes, though one connection serves both."""
    journal = Journal(tmp_path / "store.sqlite")

    def write() -> None:
        for number in range(NOTES):
            journal.write(
                [Noted("a", f"{number}", Ns(number)), Noted("b", f"{number}", Ns(number))]
            )

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        seen = [len(journal.notes())]
        while not writing.done():
            seen.append(len(journal.notes()))
        writing.result()
    assert all(count % 2 == 0 for count in seen)
    assert len(journal.notes()) == 2 * NOTES
    journal.close()
