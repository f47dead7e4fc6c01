"""What one look found."""

import enum

import attrs


class Health(enum.StrEnum):
    """How a thing is."""

    GREEN = "green"
    YELLOW = "yellow"
    """Trading is possible; a person should know."""
    RED = "red"
    """Nothing may be traded while it is so."""
    UNKNOWN = "unknown"
    """It could not be looked at. Unknown is no permission either."""


@attrs.frozen
class Finding:
    """One thing that was looked at."""

    check: str
    health: Health
    detail: str


def green(check: str, detail: str) -> Finding:
    """It is well."""
    return Finding(check, Health.GREEN, detail)


def yellow(check: str, detail: str) -> Finding:
    """A person should know."""
    return Finding(check, Health.YELLOW, detail)


def red(check: str, detail: str) -> Finding:
    """Nothing may be traded."""
    return Finding(check, Health.RED, detail)


def unknown(check: str, detail: str) -> Finding:
    """It could not be looked at."""
    return Finding(check, Health.UNKNOWN, detail)
