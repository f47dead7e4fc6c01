"""One REST request and its answer, without HTTP around it: what every route is written in."""

from collections.abc import Callable, Mapping, Sequence

import attrs

from arb.market.units import Ns
from arb.sim.kalshi.auth import ApiKey, Member, Scope
from arb.sim.kalshi.errors import ApiError, bad_query, unauthorised
from arb.sim.kalshi.limits import DEFAULT_COST

SUBACCOUNTS_MOST = 63
"""Docs: subaccounts; number 0 is the primary account."""
_RESTRICTED = "this API key is restricted to a single sub-account and cannot access this endpoint"
_OTHER_SUBACCOUNT = "this API key is restricted to another sub-account"
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
    key: ApiKey | None
    now: Ns

    @property
    def signer(self) -> ApiKey:
        """The key that signed it. Raises ApiError (401) where nobody did."""
        if self.key is None:
            raise unauthorised("token_authentication_failure")
        return self.key

    @property
    def who(self) -> Member:
        """The member who asks. Raises ApiError (401) where nobody signed."""
        return self.signer.member

    def subaccount(self, given: int | None) -> int:
        """The subaccount that a request is about: the one named, else the key's own, else 0.

        Raises ApiError: 400 for a number that cannot be, 403 for one that the key may not touch.
        """
        locked = self.signer.subaccount
        if given is None:
            return locked or 0
        if not 0 <= given <= SUBACCOUNTS_MOST:
            raise bad_query(f"subaccount must be between 0 and {SUBACCOUNTS_MOST}")
        if locked not in (None, given):
            raise forbidden(_OTHER_SUBACCOUNT)
        return given

    def asked_subaccount(self) -> int:
        """The same for a subaccount named in the query."""
        return self.subaccount(self.query.integer("subaccount"))

    def listed_subaccount(self) -> int | None:
        """The same for lists that show every subaccount where none is named: None then."""
        given = self.query.integer("subaccount")
        if given is None and self.signer.subaccount is None:
            return None
        return self.subaccount(given)


def forbidden(message: str, code: str = "forbidden") -> ApiError:
    """Something that the key, or the member, may not do."""
    return ApiError(403, code, message)


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
    scope: Scope | None = None
    """What the key that signs it must be allowed to do; None: anybody may ask, unsigned."""
    cost: int = DEFAULT_COST
    """Tokens of the read bucket; 0 where the route bills for itself (writes)."""
    for_restricted: bool = True
    """Whether a key that is restricted to one subaccount may use it."""
    cached: bool = False
    """Whether the venue's CDN may answer it."""

    def admit(self, key: ApiKey | None) -> None:
        """Raise ApiError (401 or 403) where the key may not use it."""
        if self.scope is None:
            return
        if key is None:
            raise unauthorised("token_authentication_failure")
        if not key.may(self.scope):
            raise forbidden(f"this API key lacks the {self.scope} scope")
        if key.subaccount is not None and not self.for_restricted:
            raise forbidden(_RESTRICTED)


def private(
    path: str,
    handler: Handler,
    *,
    scope: Scope = Scope.READ,
    cost: int = DEFAULT_COST,
    for_restricted: bool = True,
) -> Route:
    """A read of what belongs to the member."""
    return Route("GET", path, handler, scope=scope, cost=cost, for_restricted=for_restricted)
