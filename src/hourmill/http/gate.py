"""Who may pass: the access key of a request, and whether it is for what is asked."""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

from hourmill.core.access_key import AccessKey, KeyScope, is_of_site
from hourmill.errors import Fault, KeyNeeded, KeyTooNarrow, KeyUnknown
from hourmill.http.rsgi import Handler, RequestHeaders, Scope
from hourmill.http.shortcut import Quick
from hourmill.services.key_ring import KeyRing

SESSION_COOKIE = "hourmill_session"
SECURE_COOKIE = f"__Host-{SESSION_COOKIE}"  # browsers take one of this name over TLS only, and from this host only
_BEARER = "bearer "


class Route(NamedTuple):
    """What is done at a path with a method, and who may.

    scope         None: everybody
    of_site       the handler for a key that is limited to a site; None: what is asked stands in the query
    key_in_query  browsers cannot send headers there
    quick         how a usual request is counted without a task, where no key is needed
    """

    handler: Handler
    scope: KeyScope | None = None
    of_site: Callable[[str], Handler] | None = None
    key_in_query: bool = False
    quick: Quick | None = None


class Gate:
    """Lets a request pass to its handler, or refuses it.

    closed  the scopes for which a key is needed
    """

    def __init__(self, ring: KeyRing, closed: frozenset[KeyScope]) -> None:
        self._ring = ring
        self.closed = closed

    async def admit(self, route: Route, request: Scope) -> AccessKey | None:
        """The key that opened; None: there is none needed.

        raises  KeyNeeded, KeyUnknown, KeyTooNarrow, KeysAway
        """
        if route.scope is None or route.scope not in self.closed:
            return None
        key = await self._key(route, request)
        if not key.allows(route.scope):
            raise KeyTooNarrow(route.scope, detail=f"The access key is not of scope {route.scope}.")
        if key.site is not None and route.of_site is None:
            _check_query(request.query_string, key.site, route.scope)
        return key

    async def handler(self, route: Route, request: Scope) -> Handler:
        """What answers this caller.

        raises  as admit()
        """
        key = await self.admit(route, request)
        if key is None or key.site is None or route.of_site is None:
            return route.handler
        return route.of_site(key.site)

    async def session(self, request: Scope) -> AccessKey | None:
        """The session of the browser that asks, if it is signed in.

        raises  KeysAway
        """
        text = session_text(request.headers)
        key = None if text is None else await self._ring.find(text)
        return key if key is not None and key.parent is not None else None

    async def _key(self, route: Route, request: Scope) -> AccessKey:
        text = _presented(request.headers)
        if text is None and route.key_in_query:
            text = _key_in(request.query_string)
        if text is not None:
            key = await self._ring.find(text)
            if key is None or key.parent is not None:
                raise KeyUnknown
            return key
        if route.scope is KeyScope.READ:  # a cookie comes along whoever made the browser ask: it never lets write
            session = await self.session(request)
            if session is not None:
                return session
        raise KeyNeeded


def session_text(headers: RequestHeaders) -> str | None:
    """What the cookie of a session holds."""
    if "cookie" not in headers:
        return None
    cookies = "; ".join(value for name, value in headers.items() if name == "cookie")
    pairs = (pair.strip().partition("=") for pair in cookies.split(";"))
    found = {name: value for name, _, value in pairs}
    return found.get(SECURE_COOKIE) or found.get(SESSION_COOKIE)


def _presented(headers: RequestHeaders) -> str | None:
    """The key of the header Authorization; other schemes than Bearer are for somebody before us."""
    if "authorization" not in headers:
        return None
    values = [value for name, value in headers.items() if name == "authorization"]
    bearers = [value[len(_BEARER) :].strip() for value in values if value[: len(_BEARER)].lower() == _BEARER]
    return _only(bearers)


def _key_in(query: str) -> str | None:
    return _only([value for name, value in parse_qsl(query, keep_blank_values=True) if name == "key"])


def _only(texts: list[str]) -> str | None:
    if len(texts) > 1:
        raise KeyUnknown("More than one access key was sent.")
    return texts[0] if texts else None


def _check_query(query: str, site: str, scope: KeyScope) -> None:
    """That what a query asks for is of the site.

    raises  KeyTooNarrow
    """
    asked = [(name, value) for name, value in parse_qsl(query) if name in ("page", "site", "prefix")]
    narrow = KeyTooNarrow(scope, detail=f"The access key is for {site} only.")
    if not asked:
        narrow.faults = [Fault(f"required: this access key is for {site} only", parameter="site")]
        raise narrow
    narrow.faults = [
        Fault(f"not of {site}", parameter=name)
        for name, value in asked
        if not (value == site if name == "site" else is_of_site(value, site))
    ]
    if narrow.faults:
        raise narrow
