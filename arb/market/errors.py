"""Errors, named by what the caller must do about them.

A foreign exception (HTTP, JSON, WebSocket, SQLite) is turned into one of these at the edge
where it happens, and travels no further.
"""


class ArbError(Exception):
    """Any error that this package raises on purpose."""


class Refused(ArbError):
    """The venue, or a rule of ours, said no. Nothing happened; asking again will not help."""


class Unreachable(ArbError):
    """No answer. What was asked may or may not have happened: ask the venue before acting."""


class Unintelligible(ArbError):
    """An answer that cannot be read field by field. Count it, skip it, never guess."""


class Malformed(ArbError, ValueError):
    """A text that is not the number, price or quantity that it should be."""


class OffGrid(Refused):
    """A price that does not lie on the market's grid."""


class UnknownRule(Refused):
    """A fee, tick or rule that is not known. Unknown means no trade."""
