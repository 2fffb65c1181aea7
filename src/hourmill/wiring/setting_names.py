"""Names in the environment and in .env that look like settings and are none, and the settings that may be meant."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher, get_close_matches
from typing import NamedTuple

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from hourmill.settings import Settings, is_secret

PREFIX = "HOURMILL_"
ALIKE = 0.8  # and more: HOURMIL_, HOUR_MILL, HOURMILLA; HOURLY_RA is 0.7

# With these misspelt it would be open where it was to be closed, count in another store, or delete what was to be kept.
# A misspelt one of the others leaves a default that can be set right later.
GRAVE = frozenset({
    "HOURMILL_ACCESS", "HOURMILL_REQUESTS_PER_MINUTE_PER_KEY", "HOURMILL_REQUESTS_PER_MINUTE_PER_ADDRESS",
    "HOURMILL_TLS_CERTIFICATE", "HOURMILL_TLS_KEY",
    "DATABASE_URL", "POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB",
    "RABBITMQ_URL", "HOURMILL_QUEUE_PREFIX",
    "HOURMILL_RETENTION_HOURLY_DAYS", "HOURMILL_RETENTION_DAILY_DAYS",
})  # fmt: skip

_OF_OTHERS = re.compile(
    r"HOURMILL_TEST_.*"  # our tests'
    # What Kubernetes puts into each container for a service called hourmill, hourmill-api or the like
    r"|HOURMILL_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_ADDRESS_BY_KUBERNETES = re.compile(r"(tcp|udp|sctp)://")


class Unknown(NamedTuple):
    """A name that no setting has.

    meant  the setting that is most like it; None: none is
    """

    name: str
    meant: str | None

    @property
    def is_grave(self) -> bool:
        """Whether nothing may be done until it is clear what is meant."""
        return self.meant is not None and self.meant.removesuffix("_FILE") in GRAVE

    @property
    def told(self) -> str:
        """What is said of it."""
        return f"{self.name}: there is no such setting." + (f" Did you mean {self.meant}?" if self.meant else "")


def unknown_names() -> Iterator[Unknown]:
    """Each of them that has a value."""
    given = {**DotEnvSettingsSource(Settings).env_vars, **EnvSettingsSource(Settings).env_vars}
    aliases = [str(field.alias) for field in Settings.model_fields.values()]
    aliases += [f"{field.alias}_FILE" for field in Settings.model_fields.values() if is_secret(field)]
    by_ending = {alias.removeprefix(PREFIX): alias for alias in aliases}
    for name, value in sorted((name.upper(), value) for name, value in given.items() if value):
        if name in aliases or not _looks_like_ours(name) or _is_of_others(name, value):
            continue
        meant = _nearest(name[len(PREFIX) - 1 :].strip("_"), by_ending)
        if meant is not None or name.startswith(PREFIX):
            yield Unknown(name, meant)


def misspelt() -> list[str]:
    """What is said of each name with which nothing may be done."""
    return [
        f"{one.told} It decides who may do what, or what is kept and where: write it as it is meant, or remove it."
        for one in unknown_names()
        if one.is_grave
    ]


def _looks_like_ours(name: str) -> bool:
    return SequenceMatcher(None, name[: len(PREFIX)], PREFIX).ratio() >= ALIKE


def _is_of_others(name: str, value: str) -> bool:
    return _OF_OTHERS.fullmatch(name) is not None or (
        name.endswith("_PORT") and _ADDRESS_BY_KUBERNETES.match(value) is not None
    )


def _nearest(ending: str, by_ending: dict[str, str]) -> str | None:
    """The setting whose name, without our prefix, is most like it."""
    exact = by_ending.get(ending) or by_ending.get(ending.removesuffix("_FILE"))  # only secrets come from files
    close = get_close_matches(ending, by_ending, 1)
    return exact or (by_ending[close[0]] if close else None)
