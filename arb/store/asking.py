"""Questions to the store from within a run: asked in a thread, so that a slow disk stops nobody."""

from collections.abc import Callable
from typing import TypeVar

import attrs
from sqlite_utils import Database

from arb.ports import InThread
from arb.store.journal import Journal

T = TypeVar("T")


@attrs.frozen
class StoreReader:
    """The journal's read side, as actors see it."""

    journal: Journal
    in_thread: InThread

    async def ask(self, question: Callable[[Database], T]) -> T:
        """Answer a question. Raises StoreFailed."""
        answers: list[T] = []
        await self.in_thread(lambda: answers.append(self.journal.ask(question)))
        return answers[0]

    async def take(self, question: Callable[[Database], T], then: Callable[[T], None]) -> None:
        """Ask what changes the store, and hand over what came: a kill cannot part the two."""
        answers: list[T] = []
        try:
            await self.in_thread(lambda: answers.append(self.journal.ask(question)))
        finally:
            for answer in answers:
                then(answer)
