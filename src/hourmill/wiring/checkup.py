"""Looking at everything that the settings name: for `hourmill doctor` and `hourmill status`."""

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from difflib import get_close_matches

from pydantic_settings import DotEnvSettingsSource

from hourmill.adapters.api.probe import probe as probe_api
from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.facts import PostgresWatch
from hourmill.adapters.postgres.probe import probe as probe_postgres
from hourmill.adapters.postgres.progress import PostgresProgress
from hourmill.adapters.rabbitmq.probe import probe as probe_rabbitmq
from hourmill.adapters.sqlite.facts import SqliteWatch
from hourmill.adapters.sqlite.probe import probe as probe_file
from hourmill.core.access_key import AccessKey
from hourmill.errors import SettingsRefused, Unreachable
from hourmill.ports.probe import Schema
from hourmill.services import checkup, settings_checkup
from hourmill.services.findings import Finding
from hourmill.settings import Settings, is_secret, networks
from hourmill.wiring.access import CLOSED, check_credentials, check_exposure, is_ours, tls
from hourmill.wiring.certificate import expires_at
from hourmill.wiring.commands import open_keys
from hourmill.wiring.parts import topology, utc_now

SERVER_AWAY = "Is it running, and are host, port, user, password and certificate in the setting right?"
BROKER_AWAY = "Is it running, and are host, port, user, password, virtual host and certificate in RABBITMQ_URL right?"


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Everything that is found, as it is found."""
    for finding in _of_settings(settings):
        yield finding
    yield checkup.of_api(
        await asyncio.to_thread(probe_api, settings.host, settings.port, settings.tls_certificate), _place(settings)
    )
    for finding in checkup.of_limits(resource.getrlimit(resource.RLIMIT_NOFILE)[1]):
        yield finding
    behind = _of_file(settings) if settings.data_file is not None else _of_postgres(settings)
    async for finding in behind:
        yield finding
    if settings.rabbitmq_url is not None:
        async for finding in _of_rabbitmq(settings):
            yield finding


def _of_settings(settings: Settings) -> Iterator[Finding]:
    refused = _refused(settings)
    yield from settings_checkup.refused(refused)
    strict = settings.model_copy(update={
        "access": None if settings.access == "open" else settings.access, "default_credentials": "refuse"})  # fmt: skip
    yield from settings_checkup.allowed([fault for fault in _refused(strict) if fault not in refused])
    if settings.requests_per_address and settings.trusted_proxies is None and is_ours(settings.host):
        yield settings_checkup.one_for_all()
    with suppress(SettingsRefused):
        if (files := tls(settings)) is not None:
            yield settings_checkup.of_certificate(expires_at(files.certificate), utc_now())
    yield from settings_checkup.believes_everybody(networks(settings.trusted_proxies))
    yield from settings_checkup.unknown(_unknown_names({*os.environ, *_in_env_file()}))
    if settings.failpoints:
        yield settings_checkup.breaks_on_purpose()


def _in_env_file() -> Iterator[str]:
    return (name.upper() for name in DotEnvSettingsSource(Settings).env_vars)


def _unknown_names(environment: Iterable[str]) -> dict[str, str | None]:
    """The names that begin like ours and are no setting's, each with the setting that is most like it."""
    known = [str(field.alias) for field in Settings.model_fields.values()]
    known += [f"{field.alias}_FILE" for field in Settings.model_fields.values() if is_secret(field)]
    unknown = [name for name in environment if name.startswith("HOURMILL_") and name not in known]
    return {name: next(iter(get_close_matches(name, known, 1)), None) for name in unknown}


def _refused(settings: Settings) -> list[str]:
    faults: list[str] = []
    for check in (check_exposure, check_credentials, tls):
        try:
            check(settings)
        except SettingsRefused as error:
            faults += error.faults
    return faults


async def _of_file(settings: Settings) -> AsyncIterator[Finding]:
    assert settings.data_file is not None
    facts = probe_file(settings.data_file)
    for finding in checkup.of_file(facts):
        yield finding
    if facts.bytes and facts.unusable is None:
        with closing(SqliteWatch(settings.data_file)) as watch:
            for finding in checkup.of_store(await watch.facts(), utc_now(), _clean_every(settings)):
                yield finding
    if facts.unusable is None:
        async for finding in _of_keys(settings, there=facts.bytes > 0):
            yield finding


async def _of_postgres(settings: Settings) -> AsyncIterator[Finding]:
    try:
        facts = await probe_postgres(settings.postgres_url)
    except Unreachable as error:
        yield checkup.away("PostgreSQL", str(error), SERVER_AWAY)
        return
    for finding in checkup.of_database(facts):
        yield finding
    if facts.schema is not Schema.STANDS:
        return
    async with Database.open(settings.postgres_url, connections=1) as database:
        await database.connected()
        for finding in checkup.of_store(await PostgresWatch(database).facts(), utc_now(), _clean_every(settings)):
            yield finding
        if settings.rabbitmq_url is not None:
            states = await PostgresProgress(database).states()
            for finding in checkup.of_partitions(states, utc_now()):
                yield finding
    async for finding in _of_keys(settings):
        yield finding


async def _of_rabbitmq(settings: Settings) -> AsyncIterator[Finding]:
    assert settings.rabbitmq_url is not None
    try:
        facts = await probe_rabbitmq(settings.rabbitmq_url.get_secret_value(), topology(settings))
    except Unreachable as error:
        yield checkup.away("RabbitMQ", f"RabbitMQ cannot be reached: {error}.", BROKER_AWAY)
        return
    for finding in checkup.of_broker(facts):
        yield finding


async def _of_keys(settings: Settings, *, there: bool = True) -> AsyncIterator[Finding]:
    """there: the store is; none is made to look into it."""
    if settings.access in {None, "open"}:
        return
    keys: list[AccessKey] = []
    if there:
        async with open_keys(settings) as store:
            keys = await store.keys()
    for finding in settings_checkup.of_keys(str(settings.access), CLOSED[settings.access], keys, utc_now()):
        yield finding


def _clean_every(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.clean_interval_seconds)


def _place(settings: Settings) -> str:
    return f"{settings.host}:{settings.port}"
