"""What long work is at: one line on a terminal, with its time; nothing where nobody watches."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Say = Callable[[str], None]


@contextmanager
def working(what: str) -> Iterator[Say]:
    """Show what is being done, and for how long, until the block ends; yields a way to say more.

    On standard error, and only where that is a terminal. What is printed meanwhile stands above.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _unheard
        return
    columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False)
    with Progress(
        *columns,
        console=console,
        transient=True,
        # Results that go to a file must not be sent to the terminal instead.
        redirect_stdout=sys.stdout.isatty(),
    ) as line:
        task = line.add_task(what, total=None)
        yield lambda text: line.update(task, description=f"{what}: {text}")


def _unheard(_: str) -> None:
    """Nobody watches."""
