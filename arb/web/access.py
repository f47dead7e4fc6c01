"""Who may ask the dashboard for what. ASGI middleware without a framework's help.

On loopback anybody on this machine may look; elsewhere whoever knows the token. Verbs always need
the run's own verb key, which only a page of ours can read: a foreign page can send requests here,
but neither read answers nor set that header. The Host header is checked so that a foreign name
that resolves to this machine is no way in.
"""

import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

import attrs
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "arb_token"
KEY_HEADER = "x-arb-key"
SAFE = frozenset({"GET", "HEAD"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
"""Of every answer: nothing comes from elsewhere, nothing goes elsewhere."""


@attrs.frozen
class Doorkeeper:
    """Lets requests through, or answers them."""

    app: ASGIApp
    hosts: frozenset[str]
    """Names and addresses, without port, under which we may be asked."""
    token: str | None = attrs.field(repr=False)
    """What every request needs; None: nothing, on loopback."""
    verb_key: str = attrs.field(repr=False)
    """What every verb needs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return  # there are no WebSockets here, and lifespan is hypercorn's own matter
        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if _host_of(headers.get("host", "")) not in self.hosts:
            return PlainTextResponse("unknown host", 421)
        if self.token is not None and not _knows(headers, self.token):
            return self._introduced(scope, self.token) or PlainTextResponse(
                "the token is missing: open /?token=... once", 401
            )
        if scope["method"] not in SAFE and not _same(headers.get(KEY_HEADER, ""), self.verb_key):
            return PlainTextResponse("the key of this run is missing", 403)
        return None

    @staticmethod
    def _introduced(scope: Scope, token: str) -> Response | None:
        """Turn a token in the address into a cookie, so that it does not stay there."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] != "/" or not _same(given, token):
            return None
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", max_age=30 * 86_400)
        return answer


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *HEADERS]
        await send(message)

    return sending


def _host_of(header: str) -> str:
    """The name in a Host header: `[::1]:80` is `[::1]`."""
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0].lower()


def _knows(headers: Headers, token: str) -> bool:
    bearer = headers.get("authorization", "").removeprefix("Bearer ")
    return any(_same(given, token) for given in (bearer, *_cookies(headers)))


def _cookies(headers: Headers) -> Iterable[str]:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return []
    return [morsel.value] if morsel is not None else []


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
