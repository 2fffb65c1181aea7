"""RabbitMQ and PostgreSQL restarted or killed under load: nothing answered is lost, and all comes back by itself."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import asyncpg
import pytest
from tests.client import Answer
from tests.cluster import Cluster
from tests.servers.process import Server
from tests.traffic import FIRST_HOUR, Traffic

CLIENTS = 32


def killed_and_started(server: Server) -> None:
    server.kill()
    server.start()


@pytest.mark.parametrize("away", [Server.restart, killed_and_started])
async def test_a_broker_that_goes_and_comes_back_loses_nothing_that_was_answered(
    cluster: Cluster, away: Callable[[Server], None]
) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    await asyncio.to_thread(cluster.rabbitmq.keep_names)
    traffic = Traffic(api.port)
    async with traffic.running(CLIENTS):
        await traffic.more_answers(1_000)
        await asyncio.to_thread(away, cluster.rabbitmq)
        await traffic.more_answers(1_000)
    assert traffic.refused["not_accepted"] > 0
    await cluster.exact(traffic)


@pytest.mark.parametrize("away", [Server.restart, killed_and_started])
async def test_views_are_taken_while_postgresql_is_away_and_counted_when_it_is_back(
    cluster: Cluster, away: Callable[[Server], None]
) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    traffic = Traffic(api.port)
    async with traffic.running(CLIENTS):
        await traffic.more_answers(1_000)
        await asyncio.to_thread(away, cluster.postgres)
        await traffic.more_answers(1_000)
        await asyncio.to_thread(away, cluster.postgres)
        await traffic.more_answers(1_000)
    assert not traffic.refused
    await cluster.exact(traffic)


async def test_without_a_broker_a_postgresql_killed_under_load_has_every_answered_view_once(cluster: Cluster) -> None:
    cluster.migrate()
    del cluster.settings["RABBITMQ_URL"]
    apis = [await cluster.ready_api(), await cluster.ready_api()]
    traffic = Traffic(*(api.port for api in apis))
    async with traffic.running(CLIENTS):
        for _ in range(2):
            await traffic.more_answers(1_000)
            await asyncio.to_thread(killed_and_started, cluster.postgres)
        await traffic.more_answers(1_000)
    assert traffic.refused.total() > 0
    await cluster.exact(traffic)


async def test_without_a_broker_a_view_that_was_being_counted_when_postgresql_died_is_not_said_to_be_refused(
    cluster: Cluster,
) -> None:
    cluster.migrate()
    del cluster.settings["RABBITMQ_URL"]
    api = await cluster.ready_api()
    body = {"page": "a", "timestamp": "2026-01-01T03:00:00Z"}
    assert api.post("/page-views/single", body).status == 200
    with ThreadPoolExecutor(1) as client:
        posting: list[Future[Answer]] = []
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):  # the lock goes with the server
            post = partial(api.post, "/page-views/single", body)
            async with cluster.flush_under_way(lambda: posting.append(client.submit(post))):
                await asyncio.to_thread(cluster.postgres.kill)
        answer = await asyncio.wrap_future(posting[0])
    assert (answer.status, answer.json().get("outcome")) == (503, "unknown"), answer
    await asyncio.to_thread(cluster.postgres.start)
    await cluster.settle({("a", FIRST_HOUR): 2})  # it goes on being counted, under its number
