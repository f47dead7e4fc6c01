"""Polymarket: refusals that take an operator: restarts, modes, a blocked region, the end of a market."""

from collections.abc import Callable
from typing import Any

from clients.operations import OnPolymarket as Row
from clients.operator_door import Door, until
from clients.reporting import Refused, answers, expect, refused

GONE = ("No orderbook exists", "not yet ready", "market not found")
"""What an order for a resolved market may be told: its book is closed, then gone."""


class Operated:
    """Rows that every client with valid orders can show. It says how to place one."""

    door: Door
    errors: tuple[type[Exception], ...]

    def attempt(self) -> str:
        """Place an order that rests; returns its id."""
        raise NotImplementedError

    def attempt_post_only(self) -> str:
        """Place a post-only order that rests; returns its id."""
        raise NotImplementedError

    def doomed(self) -> tuple[str, Callable[[], Any]]:
        """Sign an order in a market that may end; returns condition id and how to post it."""
        raise NotImplementedError

    def cancel_everything(self) -> None:
        """Take everything off the book."""
        raise NotImplementedError

    @staticmethod
    def words(error: Exception) -> str:
        """Status and text of a refusal."""
        return str(error)

    @answers(Row.RESTARTING)
    def restarting(self) -> Refused:
        self.door.do("/pause", {"venue": "polymarket", "down_s": 3, "post_only_s": 5})
        return refused(self.attempt, "425", self.errors, self.words)

    @answers(Row.POST_ONLY_MODE)
    def post_only_mode(self) -> Refused:
        """Runs behind the restart of the row before."""
        text = until(lambda: self._told("post-only mode"))
        expect(self.attempt_post_only(), "a post-only order was not taken")
        until(self._taken)
        self.cancel_everything()
        return Refused(f"{text}; post-only orders are taken, and later all")

    @answers(Row.CANCEL_ONLY)
    def cancel_only(self) -> Refused:
        self.attempt()
        with self.door.fault("maintenance venue=polymarket level=trading"):
            said = refused(self.attempt, "cancel-only", self.errors, self.words)
            self.cancel_everything()
        return said

    @answers(Row.GEOBLOCK)
    def geoblock(self) -> Refused:
        with self.door.fault("geoblock venue=polymarket"):
            return refused(
                self.attempt, "Trading restricted in your region", self.errors, self.words
            )

    @answers(Row.RESOLVED)
    def resolved(self) -> Refused:
        condition, post = self.doomed()
        self.door.do("/resolve", {"market": condition, "venue": "polymarket", "payout": "1"})
        said = refused(post, "", self.errors, self.words)
        expect(any(words in said.text for words in GONE), said.text)
        return said

    def _told(self, words: str) -> str:
        """Try an order; returns what it is told if that holds these words."""
        try:
            self.attempt()
        except self.errors as error:
            return self.words(error) if words in self.words(error) else ""
        return ""

    def _taken(self) -> bool:
        try:
            return bool(self.attempt())
        except self.errors:
            return False
