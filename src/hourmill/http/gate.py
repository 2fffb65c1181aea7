"""Who may pass: the access key of a request, and whether it is for what is asked."""

import asyncio
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import NamedTuple

from hourmill.core.access_key import AccessKey, KeyScope, is_of_site
from hourmill.errors import Fault, KeyNeeded, KeysAway, KeyTooNarrow, KeyUnknown
from hourmill.http.answer import Answer
from hourmill.http.limits import RequestLimits, telling
from hourmill.http.query import pairs_in
from hourmill.http.reads import Lane, Reads
from hourmill.http.rsgi import Handler, HTTPProtocol, RequestHeaders, Scope
from hourmill.http.shortcut import Quick
from hourmill.services.key_ring import KeyRing

SESSION_COOKIE = "hourmill_session"
SECURE_COOKIE = f"__Host-{SESSION_COOKIE}"  # browsers take one of this name over TLS only, and from this host only
ASKED_AGAIN_S = 2.0  # whether the key of an answer that goes on is still one
_BEARER = "bearer "


class Route(NamedTuple):
    """What is done at a path with a method, and who may.

    scope         None: everybody
    lane          in which its reads take turns; None: it is not read, or takes turns itself
    of_client     the handler for a client, of whom it must know
    of_key        the handler for who has a key; None: the same for all, and what is asked stands in the query
    of_all        what is answered is of all sites together: not for a key that is limited to one
    key_in_query  browsers cannot send headers there
    quick         how a usual request is counted without a task, where no key is needed
    lasting       the answer goes on: it ends with the key
    counted       against the limit of an address, although it needs no key
    """

    handler: Handler
    scope: KeyScope | None = None
    lane: Lane | None = None
    of_client: Callable[[Hashable], Handler] | None = None
    of_key: Callable[[AccessKey], Handler] | None = None
    of_all: bool = False
    key_in_query: bool = False
    quick: Quick | None = None
    lasting: bool = False
    counted: bool = False


class Gate:
    """Lets a request pass to its handler, or refuses it.

    closed  the scopes for which a key is needed
    reads   in which reads take turns
    limits  None: everybody may ask as often as he likes
    """

    def __init__(
        self, ring: KeyRing, closed: frozenset[KeyScope], reads: Reads, limits: RequestLimits | None = None
    ) -> None:
        self._ring = ring
        self._reads = reads
        self._limits = limits
        self.closed = closed

    def asks(self, route: Route) -> bool:
        """Whether requests to it may be refused here, or wait."""
        refuses = route.scope in self.closed or self._limits is not None
        return refuses or route.lane is not None or route.of_client is not None

    async def admit(self, route: Route, request: Scope) -> AccessKey | None:
        """The key that opened; None: there is none needed.

        raises  KeyNeeded, KeyUnknown, KeyTooNarrow, KeysAway
        """
        if route.scope is None or route.scope not in self.closed:
            return None
        key = await self._key(route, request)
        if not key.allows(route.scope):
            raise KeyTooNarrow(route.scope, detail=f"The access key is not of scope {route.scope}.")
        if key.site is not None and route.of_all:
            raise KeyTooNarrow(route.scope, detail=f"The access key is for {key.site} only, this is of all sites.")
        if key.site is not None and route.of_key is None:
            _check_query(request.query_string, key.site, route.scope)
        return key

    async def handler(self, route: Route, request: Scope) -> Handler:
        """What answers this caller.

        raises  as admit(); TooManyRequests
        """
        counted = self._limits is not None and (route.scope is not None or route.counted)
        quotas = [self._limits.take_address(request)] if self._limits is not None and counted else []
        key = await self.admit(route, request)
        if self._limits is not None:
            quotas.append(self._limits.take_key(key))
        handler = route.handler
        if route.lane is not None:
            handler = self._reads.in_turn(route.lane, self._reads.client(request, key), handler)
        if route.of_client is not None:
            handler = route.of_client(self._reads.client(request, key))
        if key is not None and route.of_key is not None:
            handler = route.of_key(key)
        if key is not None and route.lasting:
            handler = self._ending_with(key, handler)
        told = [quota for quota in quotas if quota is not None]
        return telling(handler, told) if told else handler

    def close(self) -> None:
        """Let no read wait any longer."""
        self._reads.close()

    async def session(self, request: Scope) -> AccessKey | None:
        """The session of the browser that asks, if it is signed in.

        raises  KeysAway
        """
        text = session_text(request.headers)
        key = None if text is None else await self._ring.find(text)
        return key if key is not None and key.parent is not None else None

    def _ending_with(self, key: AccessKey, handler: Handler) -> Handler:
        """The handler, whose answer ends when the key is none any more."""

        async def ending(request: Scope, protocol: HTTPProtocol) -> Answer | None:
            answering = asyncio.ensure_future(handler(request, protocol))
            try:
                while not answering.done() and await self._ring.holds(key):
                    await asyncio.wait([answering], timeout=ASKED_AGAIN_S)
            except KeysAway:
                pass  # as if it had been revoked: nobody can tell
            finally:
                answering.cancel()
            with suppress(asyncio.CancelledError):
                return await answering
            return None

        return ending

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
    return _only([value for name, value in pairs_in(query) if name == "key"])


def _only(texts: list[str]) -> str | None:
    if len(texts) > 1:
        raise KeyUnknown("More than one access key was sent.")
    return texts[0] if texts else None


def _check_query(query: str, site: str, scope: KeyScope) -> None:
    """That what a query asks for is of the site.

    raises  KeyTooNarrow
    """
    asked = [(name, value) for name, value in pairs_in(query) if value and name in ("page", "site", "prefix")]
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
