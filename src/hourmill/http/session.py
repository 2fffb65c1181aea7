"""/session: a browser signs in with an access key, asks whether it is signed in, signs out."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from hourmill.core.access_key import AccessKey, KeyScope
from hourmill.errors import Fault, Malformed, TooManyRequests, TooManySignIns, WrongMediaType
from hourmill.http.answer import JSON_NOW, Answer
from hourmill.http.body import BodyReader
from hourmill.http.gate import SECURE_COOKIE, SESSION_COOKIE, Gate
from hourmill.http.limits import client_of
from hourmill.http.proxies import Proxies
from hourmill.http.rsgi import HTTPProtocol, Scope
from hourmill.services.rates import Rates
from hourmill.services.sign_in import SESSION, SignIn
from hourmill.services.tarpit import Tarpit

MAX_BODY_BYTES = 16 << 10  # a key has 76 characters; as much as a single view may have


class Presented(msgspec.Struct):
    """What a browser sends to sign in."""

    key: str


class State(msgspec.Struct, frozen=True):
    """Whether reading needs a key here, and whether this browser has one."""

    needed: bool
    active: bool = False
    name: str | None = None
    site: str | None = None
    expires: datetime | None = None


class Restraint(NamedTuple):
    """What keeps those who sign in all the time from taking the time of others.

    of_address  how often an address may try
    tarpit      holds what is refused
    """

    of_address: Rates
    tarpit: Tarpit


class Session:
    """The routes of signing in."""

    def __init__(self, gate: Gate, sign_in: SignIn, bodies: BodyReader, proxies: Proxies, restraint: Restraint) -> None:
        self._gate = gate
        self._sign_in = sign_in
        self._bodies = bodies
        self._proxies = proxies
        self._restraint = restraint

    async def show(self, request: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a GET has no body to read
        """Say whether the browser is signed in."""
        session = await self._gate.session(request) if self._needed else None
        return _shown(self._state(session))

    async def begin(self, request: Scope, protocol: HTTPProtocol) -> Answer:
        """Sign in."""
        try:
            self._restraint.of_address.take(client_of(self._proxies, request))  # before the body is read
            return await self._begin(request, protocol)
        except (TooManyRequests, TooManySignIns):
            await self._restraint.tarpit.hold()
            raise

    async def _begin(self, request: Scope, protocol: HTTPProtocol) -> Answer:
        # No form and no page of another origin can send this type without asking first, which we do not allow.
        if (request.headers.get("content-type") or "").partition(";")[0].strip().lower() != "application/json":
            raise WrongMediaType("Send the key as application/json.")
        body = await self._bodies.read(request.headers, protocol, MAX_BODY_BYTES)
        try:
            presented = msgspec.json.decode(body, type=Presented)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            fault = Fault('send an object like {"key": "hm_..."}', "#/key")
            raise Malformed([fault], "Nobody can sign in with this.") from error
        if not self._needed:
            return _shown(self._state(None))
        made = await self._sign_in.begin(presented.key)
        return _shown(self._state(made.key), self._cookie(request, made.text, int(SESSION.total_seconds())))

    async def end(self, request: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a handler's signature
        """Sign out."""
        session = await self._gate.session(request)
        if session is not None:
            await self._sign_in.end(session)
        return Answer(204, [("cache-control", "no-store"), self._cookie(request, "", 0)], b"")

    @property
    def _needed(self) -> bool:
        return KeyScope.READ in self._gate.closed

    def _state(self, session: AccessKey | None) -> State:
        if session is None:
            return State(self._needed)
        return State(self._needed, True, session.name, session.site, session.expires_at)

    def _cookie(self, request: Scope, value: str, lasts_s: int) -> tuple[str, str]:
        secure = self._proxies.over_tls(request)
        name = SECURE_COOKIE if secure else SESSION_COOKIE
        cookie = f"{name}={value}; Path=/; Max-Age={lasts_s}; HttpOnly; SameSite=Strict"
        return "set-cookie", f"{cookie}; Secure" if secure else cookie


def _shown(state: State, *cookies: tuple[str, str]) -> Answer:
    return Answer(200, [*JSON_NOW, *cookies], msgspec.json.encode(state))
