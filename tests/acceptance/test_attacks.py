"""A handful of requests stops no counting, hides nothing, and makes nothing without bound, whatever is in them."""

import asyncio
from contextlib import suppress

import pytest
from tests.acceptance.access_keys import make_key
from tests.acceptance.attacks import ATTACKS
from tests.acceptance.target import KEY_NAME, SETTINGS, Target
from tests.cluster import Cluster
from tests.conftest import StartService
from tests.traffic import Traffic

CLIENTS = 4
RESTS_S = 0.02
ANSWERS = 50  # before, and after


@pytest.fixture(params=["SQLite", "PostgreSQL", "RabbitMQ"])
async def target(request: pytest.FixtureRequest) -> Target:
    """A service on each store, with an attacker's key."""
    if request.param == "SQLite":
        start: StartService = request.getfixturevalue("start_service")
        service, cluster = start(SETTINGS), None
    else:
        cluster = request.getfixturevalue("cluster")
        assert isinstance(cluster, Cluster)
        cluster.settings |= SETTINGS
        cluster.migrate()
        if request.param == "PostgreSQL":
            del cluster.settings["RABBITMQ_URL"]
        else:
            cluster.worker()
        service = await cluster.ready_api()
    return Target(service, cluster, make_key(service, "--scope", "read", name=KEY_NAME))


@pytest.mark.parametrize("attack", ATTACKS)
async def test_others_are_counted_meanwhile_and_everything_answers_and_is_bounded_after(
    attack: str, target: Target
) -> None:
    traffic = Traffic(target.service.port)
    traffic.rest_s = RESTS_S
    async with traffic.running(CLIENTS):
        await traffic.more_answers(ANSWERS)
        watching = asyncio.create_task(target.watched())
        await ATTACKS[attack](target)
        await traffic.more_answers(ANSWERS)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    await target.answers()
    await target.is_bounded()
    await target.others_are_exact(traffic)
