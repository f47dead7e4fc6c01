"""One REST request and its answer, without HTTP around it: what every route is written in."""

from collections.abc import Callable, Mapping, Sequence

import attrs

from arb.market.units import Ns
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.errors import bad_query, unauthorised
from arb.sim.kalshi.limits import DEFAULT_COST

_TRUE = {"true": True, "1": True, "false": False, "0": False, "": False}


class Query:
    """The query parameters of a request. Every reader raises ApiError (400, `msg`)."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Keep the pairs in the order given."""
        self._pairs = tuple(pairs)

    def __contains__(self, name: str) -> bool:
        """Say whether a parameter was given at all."""
        return any(key == name for key, _ in self._pairs)

    def many(self, name: str) -> list[str]:
        """Every value of a repeated parameter."""
        return [value for key, value in self._pairs if key == name]

    def text(self, name: str) -> str:
        """The last value of a parameter, "" where there is none."""
        return next((value for key, value in reversed(self._pairs) if key == name), "")

    def words(self, name: str, most: int) -> frozenset[str]:
        """The words of a comma-separated parameter, `most` at most."""
        words = frozenset(word for word in self.text(name).split(",") if word)
        if len(words) > most:
            raise bad_query(f"too many values in {name}")
        return words

    def choice(self, name: str, known: Sequence[str]) -> str:
        """One of the known words, or "" where nothing was given."""
        value = self.text(name)
        if value and value not in known:
            raise bad_query(f"invalid {name} filter")
        return value

    def flag(self, name: str) -> bool:
        """A boolean, false where nothing was given."""
        value = self.text(name).lower()
        if value not in _TRUE:
            raise bad_query(f"invalid {name}")
        return _TRUE[value]

    def integer(self, name: str) -> int | None:
        """A whole number, None where nothing was given."""
        value = self.text(name)
        if not value:
            return None
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= len("9" * 15)):
            raise bad_query(f"invalid {name}")
        return int(value)

    def number(self, name: str, low: int, high: int, default: int) -> int:
        """A whole number from `low` to `high`; beyond them is an error, never cut."""
        value = self.integer(name)
        if value is None:
            return default
        if not low <= value <= high:
            raise bad_query(f"{name} must be between {low} and {high}")
        return value


@attrs.frozen
class Call:
    """One request as a route sees it."""

    query: Query
    path: Mapping[str, str]
    """What stands in the place of the path's variables."""
    body: bytes
    content_type: str
    member: Member | None
    now: Ns

    @property
    def who(self) -> Member:
        """The member who asks. Raises ApiError (401) where nobody signed."""
        if self.member is None:
            raise unauthorised("token_authentication_failure")
        return self.member


@attrs.frozen
class Reply:
    """An answer; `data` is what becomes JSON, None leaves the body empty."""

    data: object
    status: int = 200


Handler = Callable[[Call], Reply]


@attrs.frozen
class Route:
    """One method and path, and what answers it."""

    method: str
    path: str
    """Below the prefix, variables as {name}."""
    handler: Handler
    private: bool = False
    """Needs a signature."""
    cost: int = DEFAULT_COST
    """Tokens of the read bucket; 0 where the route bills for itself (writes)."""
