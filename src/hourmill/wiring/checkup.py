"""Looking at everything that the settings name: for `hourmill doctor` and `hourmill status`."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from datetime import timedelta

from hourmill.adapters.api.probe import probe as probe_api
from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.facts import PostgresWatch
from hourmill.adapters.postgres.probe import probe as probe_postgres
from hourmill.adapters.postgres.progress import PostgresProgress
from hourmill.adapters.rabbitmq.management import policies
from hourmill.adapters.rabbitmq.probe import probe as probe_rabbitmq
from hourmill.adapters.sqlite.facts import SqliteWatch
from hourmill.adapters.sqlite.probe import probe as probe_file
from hourmill.core.access_key import AccessKey
from hourmill.errors import HourmillError, SettingsRefused, Unreachable
from hourmill.ports.probe import Schema
from hourmill.services import broker_checkup, checkup, settings_checkup
from hourmill.services.findings import Finding
from hourmill.settings import Settings, networks
from hourmill.wiring.access import CLOSED, check_credentials, check_exposure, is_ours, known_to_all, tls
from hourmill.wiring.certificate import expires_at
from hourmill.wiring.commands import open_keys
from hourmill.wiring.parts import topology, utc_now
from hourmill.wiring.setting_names import unknown_names

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
    parts = [("data file", _of_file) if settings.data_file is not None else ("PostgreSQL", _of_postgres)]
    if settings.rabbitmq_url is not None:
        parts.append(("RabbitMQ", _of_rabbitmq))
    for about, part in parts:
        try:
            async for finding in part(settings):
                yield finding
        except HourmillError as error:  # the others are looked at all the same
            yield checkup.broken_off(about, str(error))


def _of_settings(settings: Settings) -> Iterator[Finding]:
    yield from settings_checkup.refused(_refused(settings))
    if settings.access == "open" and not is_ours(settings.host):
        yield settings_checkup.open_to_others(settings.host)
    if settings.default_credentials == "warn":
        yield from settings_checkup.known_to_all(known_to_all(settings))
    if settings.requests_per_address and settings.trusted_proxies is None and is_ours(settings.host):
        yield settings_checkup.one_for_all()
    with suppress(SettingsRefused):
        if (files := tls(settings)) is not None:
            yield settings_checkup.of_certificate(expires_at(files.certificate), utc_now())
    yield from settings_checkup.believes_everybody(networks(settings.trusted_proxies))
    yield from settings_checkup.unknown(unknown_names())
    if settings.failpoints:
        yield settings_checkup.breaks_on_purpose()


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
    usable = facts.unusable is None and not facts.is_older
    if facts.bytes and usable:
        with closing(SqliteWatch(settings.data_file)) as watch:
            for finding in checkup.of_store(await watch.facts(), utc_now(), _clean_every(settings)):
                yield finding
    if usable:
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
        facts = await probe_rabbitmq(settings.rabbitmq_url.get_secret_value(), topology(settings), thorough=True)
    except Unreachable as error:
        yield checkup.away("RabbitMQ", f"RabbitMQ cannot be reached: {error}.", BROKER_AWAY)
        return
    for finding in broker_checkup.of_broker(facts):
        yield finding
    if not facts.silent and facts.refused is None:
        for finding in await _of_policies(settings):
            yield finding


async def _of_policies(settings: Settings) -> list[Finding]:
    assert settings.rabbitmq_url is not None
    if settings.rabbitmq_management_url is None:
        return [broker_checkup.policies_unseen("not looked at: AMQP does not tell them")]
    names = topology(settings)
    queues = [names.dead_letters(), *map(names.queue, range(names.partitions))]
    urls = settings.rabbitmq_management_url.get_secret_value(), settings.rabbitmq_url.get_secret_value()
    try:
        return list(broker_checkup.of_policies(await asyncio.to_thread(policies, *urls, queues)))
    except Unreachable as error:
        return [broker_checkup.policies_unseen(str(error))]


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
