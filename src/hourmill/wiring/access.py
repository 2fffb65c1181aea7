"""Who may do what: the gate, signing in, and what is refused at the start because it would be open to everybody."""

import socket
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import structlog

from hourmill.core.access_key import KeyScope
from hourmill.errors import KeysAway, SettingsRefused
from hourmill.http.app import Entry
from hourmill.http.body import BodyReader
from hourmill.http.cors import Cors
from hourmill.http.gate import Gate
from hourmill.http.limits import RequestLimits
from hourmill.http.proxies import Proxies
from hourmill.http.reads import Lane, Reads
from hourmill.http.server import Tls
from hourmill.http.session import Restraint, Session
from hourmill.ports.keys import KeyStore
from hourmill.services.bulkhead import Bounds, Bulkhead
from hourmill.services.key_ring import Clocks, KeyRing
from hourmill.services.rates import Rates
from hourmill.services.sign_in import PER_MINUTE_AND_ADDRESS, PER_MINUTE_AND_KEY, SignIn
from hourmill.services.tarpit import Tarpit
from hourmill.settings import Settings, listed, networks
from hourmill.wiring.certificate import usable
from hourmill.wiring.parts import utc_now

CLOSED = {
    None: frozenset[KeyScope](),
    "open": frozenset[KeyScope](),
    "write": frozenset({KeyScope.WRITE, KeyScope.ADMIN}),
    "read": frozenset({KeyScope.READ, KeyScope.ADMIN}),
    "both": frozenset(KeyScope),
}
# What takes a fraction of a millisecond, so that all that waits is answered within a second.
FILES = Bounds(running=2, of_client=256, together=1024, pause_s=0.001)
REPORTS = Bounds(running=2, of_client=256, together=1024, pause_s=0.001)
STATISTICS_AT_ONCE = 2  # one is read while the answer of another is made; PostgreSQL has two connections for them
KNOWN_TO_ALL = {("guest", "guest"), ("postgres", "postgres")}

_OPEN_TO_OTHERS = (
    "others can reach this address, and nothing says who may count and read. Make keys (`hourmill keys create`) and "
    "set HOURMILL_ACCESS=both, or write or read for one of them; or set HOURMILL_ACCESS=open, if everybody who reaches "
    "the port may count and read."
)
_KNOWN_TO_ALL = (
    "is asked with a user and password that everybody knows. Give it a password of its own; or set "
    "HOURMILL_DEFAULT_CREDENTIALS=warn, if nobody else can reach it."
)

log = structlog.get_logger()


class Access(NamedTuple):
    """What the routes need."""

    ring: KeyRing
    entry: Entry
    session: Session
    reads: Reads


def access(settings: Settings, store: KeyStore, bodies: BodyReader) -> Access:
    """As the settings say."""
    tarpit = Tarpit()
    ring = KeyRing(store, Clocks(utc_now, time.monotonic), tarpit)
    proxies = Proxies(networks(settings.trusted_proxies))
    bounds = {Lane.FILES: FILES, Lane.LIVE: FILES, Lane.REPORTS: REPORTS, Lane.STATISTICS: _statistics(settings)}
    reads = Reads(proxies, {lane: Bulkhead(of_lane) for lane, of_lane in bounds.items()})
    gate = Gate(ring, CLOSED[settings.access], reads, _limits(settings, proxies))
    origins = listed(settings.cors_origins)
    entry = Entry(gate, Cors(origins) if origins else None)
    of_address = Rates("sign-ins of address", PER_MINUTE_AND_ADDRESS, time.monotonic)
    of_key = Rates("sign-ins with key", PER_MINUTE_AND_KEY, time.monotonic)
    session = Session(gate, SignIn(store, ring, utc_now, of_key), bodies, proxies, Restraint(of_address, tarpit))
    return Access(ring, entry, session, reads)


def _statistics(settings: Settings) -> Bounds:
    return Bounds(STATISTICS_AT_ONCE, settings.max_reads_per_client, settings.max_reads)


def _limits(settings: Settings, proxies: Proxies) -> RequestLimits | None:
    of_address, of_key = (
        None if per_minute is None else Rates(of, per_minute, time.monotonic)
        for of, per_minute in (("address", settings.requests_per_address), ("key", settings.requests_per_key))
    )
    return RequestLimits(proxies, of_address, of_key) if of_address or of_key else None


def tls(settings: Settings) -> Tls | None:
    """The files of the certificate, once they were found to be usable.

    raises  SettingsRefused
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return usable(Tls(Path(settings.tls_certificate), Path(settings.tls_key)))


async def say_if_no_key(access: Access) -> None:
    """Warn if a key is needed and there is none."""
    if access.entry.gate.closed:
        try:
            if await access.ring.empty():
                log.warning("there is no access key yet; run `hourmill keys create`")
        except KeysAway:
            return  # whoever asks is told


def check_exposure(settings: Settings) -> None:
    """Refuse to let others in whom nobody has let in, or warn of it.

    raises  SettingsRefused
    """
    if settings.access in {None, "open"} and not is_ours(settings.host):
        if settings.access is None:
            raise SettingsRefused([f"HOURMILL_HOST={settings.host}: {_OPEN_TO_OTHERS}"])
        log.warning("everybody who reaches this address may count and read", host=settings.host)


def check_credentials(settings: Settings) -> None:
    """Refuse passwords that everybody knows for servers on other machines, or warn of them.

    raises  SettingsRefused
    """
    found = list(known_to_all(settings))
    if found and settings.default_credentials == "refuse":
        raise SettingsRefused([f"{setting}: {host} {_KNOWN_TO_ALL}" for setting, host in found])
    for setting, host in found:
        log.warning("a server is asked with a password that everybody knows", setting=setting, host=host)


def known_to_all(settings: Settings) -> Iterator[tuple[str, str]]:
    """Setting and host of each server elsewhere that has the password of an installation nobody has changed."""
    if settings.data_file is None:
        setting = "DATABASE_URL" if "database_url" in settings.model_fields_set else "POSTGRES_PASSWORD"
        yield from _if_known_to_all(setting, settings.postgres_url, "")
    if settings.rabbitmq_url is not None:
        yield from _if_known_to_all("RABBITMQ_URL", settings.rabbitmq_url.get_secret_value(), "guest")


def _if_known_to_all(setting: str, url: str, default: str) -> Iterator[tuple[str, str]]:
    """default: what the driver takes for a user and a password that are not named."""
    parts = urlsplit(url)
    credentials = unquote(parts.username or default), unquote(parts.password or default)
    host = parts.hostname or ""
    if credentials in KNOWN_TO_ALL and host != "localhost" and not _is_loopback(host):
        yield setting, host


def is_ours(host: str) -> bool:
    """Whether what listens there is reached from this machine only."""
    try:
        return _is_loopback(str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]))
    except OSError:
        return True  # it cannot be listened on either


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
