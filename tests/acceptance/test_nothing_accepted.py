"""While nothing is accepted, /readyz, `hourmill status` and `hourmill doctor` say so, and why; then it is over."""

import asyncio
import json
import sqlite3
from contextlib import closing

from tests.client import Answer
from tests.cluster import Cluster, eventually
from tests.command import run
from tests.service import RunningService
from tests.traffic import FIRST_HOUR, timestamp

VIEW = {"page": "p", "timestamp": timestamp(FIRST_HOUR)}


async def refusing(api: RunningService) -> Answer:
    """What /readyz says, once it says that nothing is accepted; a view is sent before each look."""
    seen: list[Answer] = []

    async def said() -> bool:
        await asyncio.to_thread(api.post, "/page-views/single", VIEW)
        answer = await asyncio.to_thread(api.get, "/readyz")
        if answer.status == 503:
            seen.append(answer)
        return answer.status == 503

    await eventually(said)
    assert seen[0].json()["state"] == "refusing"
    return seen[0]


async def recovers(api: RunningService) -> None:
    """Wait until a view is accepted; then it is ready at once."""

    async def accepted() -> bool:
        return (await asyncio.to_thread(api.post, "/page-views/single", VIEW)).status == 200

    await eventually(accepted)
    assert (await asyncio.to_thread(api.get, "/readyz")).status == 200


async def test_a_broker_in_alarm(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    with cluster.rabbitmq.in_alarm():
        answer = await refusing(api)
        assert "not confirmed" in answer.json()["detail"]
        assert api.get("/health").status == 200
        settings, port = cluster.settings, ("--port", str(api.port))
        told = await asyncio.to_thread(run, api.folder, "status", "--json", *port, settings=settings)
        status = json.loads(told.stdout)
        assert (status["well"], status["api"]["state"]) == (False, "accepts nothing")
        assert "not confirmed" in status["api"]["says"]
        assert "alarm" in status["broker"]["trouble"]
        told = await asyncio.to_thread(run, api.folder, "doctor", "--json", *port, settings=settings)
        faults = {one["about"]: one for one in json.loads(told.stdout)["findings"] if one["level"] == "fault"}
        assert "Nothing is accepted" in faults["API"]["found"]
        assert "rabbitmq-diagnostics alarms" in faults["RabbitMQ"]["do"]
    await recovers(api)


async def test_a_broker_that_is_away(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    await asyncio.to_thread(cluster.rabbitmq.stop)
    assert "RabbitMQ" in (await refusing(api)).json()["detail"]
    await asyncio.to_thread(cluster.rabbitmq.start)
    await cluster.ready(api)
    await recovers(api)


async def test_a_postgresql_that_is_away_and_no_broker(cluster: Cluster) -> None:
    cluster.migrate()
    del cluster.settings["RABBITMQ_URL"]
    api = await cluster.ready_api()
    await asyncio.to_thread(cluster.postgres.stop)
    await refusing(api)
    await asyncio.to_thread(cluster.postgres.start)
    await recovers(api)


async def test_a_data_file_that_another_program_locks(own_service: RunningService) -> None:
    answers: list[Answer] = []

    async def refuses() -> bool:
        answers[:] = [await asyncio.to_thread(own_service.get, "/readyz")]
        return answers[0].status == 503

    with closing(sqlite3.connect(own_service.data_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(asyncio.to_thread(own_service.post, "/page-views/single", VIEW))
        await eventually(refuses)
        other.execute("COMMIT")
        assert (await waiting).status in {200, 503}
    assert (answers[0].json()["state"], "commit" in answers[0].json()["detail"]) == ("refusing", True)
    await recovers(own_service)
