"""What is well and what is not with settings and access keys."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

from hourmill.core.access_key import AccessKey, KeyScope
from hourmill.services.findings import Finding, fault, warning, well

EXPIRES_SOON = timedelta(days=14)  # who renews by itself does it a month before


def refused(faults: Sequence[str]) -> Iterator[Finding]:
    """Settings with which no service starts."""
    for told in faults:
        yield fault(*_parted(told))


def open_to_others(host: str) -> Finding:
    """No key is needed at an address that others can reach, and somebody wants it so."""
    return warning("HOURMILL_ACCESS", f"it is open: whoever reaches {host} may count and read",
                    "Let only those reach it who may: publish the port of a container on 127.0.0.1. Or make keys "
                    "(`hourmill keys create`) and set HOURMILL_ACCESS=both.")  # fmt: skip


def known_to_all(servers: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Servers on other machines, by setting and host, with a password that is taken only because a setting says so."""
    for setting, host in servers:
        yield warning(setting, f"{host} is asked with a user and password that everybody knows",
                       "Give it a password of its own, and remove HOURMILL_DEFAULT_CREDENTIALS=warn.")  # fmt: skip


def of_certificate(expires_at: datetime, now: datetime) -> Finding:
    """Judge the certificate of the file."""
    if expires_at - now >= EXPIRES_SOON:
        return well("HOURMILL_TLS_CERTIFICATE", f"is valid until {expires_at:%Y-%m-%d}")
    judge, word = (fault, "has expired") if expires_at <= now else (warning, "expires soon")
    return judge("HOURMILL_TLS_CERTIFICATE", f"it {word}, {expires_at:%Y-%m-%d %H:%M} UTC",
                 "Renew it, and restart the service.")  # fmt: skip


def one_for_all() -> Finding:
    """A limit for each address where only this machine is heard, and no proxy is believed what it says of clients."""
    return warning("HOURMILL_REQUESTS_PER_MINUTE_PER_ADDRESS", "all who come through a proxy share one limit",
                    "Name the proxy in HOURMILL_TRUSTED_PROXIES, 127.0.0.1 if it is on this machine.")  # fmt: skip


def _parted(told: str) -> tuple[str, str, str]:
    about, _, rest = told.partition(": ")
    found, _, remedy = rest.partition(". ")
    return about, found, remedy or "Set it otherwise: docs/configuration.md."


def believes_everybody(networks: Sequence[IPv4Network | IPv6Network]) -> Iterator[Finding]:
    """Judge the networks whose word on a client's address is taken."""
    for network in networks:
        if network.prefixlen == 0:
            yield warning("HOURMILL_TRUSTED_PROXIES", f"{network} is everybody, and each client may name any address",
                          "Name the proxies alone.")  # fmt: skip


def unknown(names: Iterable[tuple[str, str | None]]) -> Iterator[Finding]:
    """Variables that look like settings and are none, each with the setting that may be meant."""
    for name, meant in names:
        yield warning(name, "there is no such setting, and nobody reads it",
                      f"Did you mean {meant}?" if meant else "Remove it: docs/configuration.md has all.")  # fmt: skip


def breaks_on_purpose() -> Finding:
    """Failpoints are set."""
    return warning("HOURMILL_FAILPOINTS", "processes are made to fail at these steps", "Remove it; it is for tests.")


def of_keys(access: str, needed: Collection[KeyScope], keys: Sequence[AccessKey], now: datetime) -> Iterator[Finding]:
    """Judge whether somebody can do that for which a key is needed."""
    if not keys:
        yield fault("HOURMILL_ACCESS", f"it is {access}, and there is no access key", "Run `hourmill keys create`.")
        return
    for scope in sorted({KeyScope.READ, KeyScope.WRITE} & set(needed)):
        if not any(key.allows(scope) and not key.expired(now) and key.parent is None for key in keys):
            yield warning("HOURMILL_ACCESS", f"it is {access}, and there is no key of scope {scope}",
                          f"Run `hourmill keys create NAME --scope {scope}`.")  # fmt: skip
