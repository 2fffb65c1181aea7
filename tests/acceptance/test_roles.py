"""hourmill api, worker, migrate and serve: in whatever order they start, however many, and how they end."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest
from tests.client import PATIENCE_S, Answer
from tests.cluster import Cluster, eventually, is_ready
from tests.command import run
from tests.service import RunningCommand, RunningService, log_lines
from tests.traffic import FIRST_HOUR, Traffic, timestamp

HOUR = timestamp(FIRST_HOUR)

LOG_LINE = '192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /p%d HTTP/1.1" 200 1 "-" "Firefox"\n'


async def test_the_order_of_starting_does_not_matter(cluster: Cluster) -> None:
    await asyncio.to_thread(cluster.rabbitmq.stop)
    await asyncio.to_thread(cluster.postgres.stop)
    api = await asyncio.to_thread(cluster.api)
    worker = cluster.worker()
    refused = api.get("/readyz")
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert api.get("/health").json() == {"status": "ok"}
    assert view(api).json()["outcome"] == "not_accepted"

    await asyncio.to_thread(cluster.rabbitmq.start)
    await asyncio.to_thread(cluster.postgres.start)
    await eventually(lambda: cluster.has_logged("waiting for the schema; run `hourmill migrate`"))
    assert not is_ready(api)
    assert api.get("/health").status == 200
    migrated = await asyncio.to_thread(run, api.folder, "migrate", settings=cluster.settings)
    assert migrated.returncode == 0, migrated.stderr
    await cluster.ready(api)
    assert view(api).status == 200
    assert await cluster.settle({("a", FIRST_HOUR): 1}) == {("a", FIRST_HOUR): 1}
    assert not worker.runs


async def test_while_their_servers_are_away_who_is_told_to_stop_ends_with_0(
    cluster: Cluster,
) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    worker = cluster.worker()
    await eventually(lambda: cluster.has_logged("partitions"))
    assert api.get("/readyz").status == 200
    await asyncio.to_thread(cluster.rabbitmq.stop)
    await asyncio.to_thread(cluster.postgres.stop)
    assert api.get("/report?page=a").status == 503
    late = cluster.worker()
    await eventually(lambda: waits(late))
    for process in (api, worker, late):
        assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0


async def test_several_api_processes_share_the_port_and_one_that_dies_is_replaced(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api("--workers", "2")
    cluster.worker()
    await eventually(lambda: answering(api, 2))
    traffic = Traffic(api.port)
    async with traffic.running(32):
        await traffic.more_answers(1_000)
        before = children(api)
        os.kill(before[0], signal.SIGKILL)
        await eventually(lambda: answering(api, 3))
        assert before[0] not in children(api)
        await traffic.more_answers(1_000)
    await cluster.exact(traffic)
    producers = await cluster.rows("SELECT count(DISTINCT producer) FROM claims")
    assert producers[0][0] >= 2


async def test_api_processes_end_when_their_parent_is_killed(cluster: Cluster) -> None:
    cluster.migrate()
    api = await asyncio.to_thread(cluster.api, "--workers", "2")
    await eventually(lambda: answering(api, 2))
    family = [psutil.Process(pid) for pid in children(api)]
    api.kill()
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, PATIENCE_S)
    assert not alive


@pytest.mark.parametrize("broker", [False, True])
async def test_serve_on_postgresql_makes_its_schema_and_counts(cluster: Cluster, broker: bool) -> None:
    if not broker:
        del cluster.settings["RABBITMQ_URL"]
    service = await asyncio.to_thread(lambda: cluster.api(command="serve"))
    await cluster.ready(service)
    traffic = Traffic(service.port)
    async with traffic.running(16):
        await traffic.more_answers(500)
    assert not traffic.refused
    if broker:
        await eventually(lambda: cluster.holds(traffic.least()))
    await cluster.exact(traffic)


@pytest.mark.parametrize(
    ("command", "missing", "named"),
    [
        ("worker", "RABBITMQ_URL", "RABBITMQ_URL"),
        ("worker", "DATABASE_URL", "DATABASE_URL"),
        ("api", "DATABASE_URL", "DATABASE_URL"),
        ("api", "both", "DATABASE_URL"),
        ("worker", "both", "DATABASE_URL"),
    ],
)
def test_a_role_without_its_servers_ends_with_3_and_says_what_is_missing(
    tmp_path: Path, command: str, missing: str, named: str
) -> None:
    settings = {"RABBITMQ_URL": "amqp://localhost", "DATABASE_URL": "postgresql://localhost/analytics"}
    left = {name: value for name, value in settings.items() if missing not in {name, "both"}}
    done = run(tmp_path, command, settings=left)
    assert done.returncode == 3
    assert named in done.stderr
    assert "Traceback" not in done.stderr


async def test_reports_and_imports_work_on_postgresql_and_an_import_twice_counts_once(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.migrate()
    log = tmp_path / "access.log"
    log.write_text("".join(LOG_LINE % (number % 3) for number in range(30)))
    imports = [run(tmp_path, "import", "access-log", "--site", "a", str(log), settings=cluster.settings) for _ in "12"]
    assert [done.returncode for done in imports] == [0, 0], imports
    assert sorted((await cluster.counted()).values()) == [10, 10, 10]

    arguments = ["report", "a/p1", "--now", "2015-05-17T10:30:00Z", "--json"]
    report = run(tmp_path, *arguments, settings=cluster.settings)
    assert report.returncode == 0, report.stderr
    assert '"v":10' in report.stdout.replace(" ", "")


def view(service: RunningService, page: str = "a") -> Answer:
    """Post one view of a page."""
    return service.post("/page-views/single", {"page": page, "timestamp": HOUR})


async def waits(worker: RunningCommand) -> bool:
    """Whether it has said that it waits for a server."""
    return any(line["event"].startswith("waiting for") for line in log_lines(worker.log_file))


def children(service: RunningCommand) -> list[int]:
    """The processes that a service has started."""
    return [child.pid for child in psutil.Process(service.pid).children()]


async def answering(service: RunningService, number: int) -> bool:
    """Whether so many processes have come to listen, two of them there now."""
    lines = service.log_file.read_text().splitlines()
    return len([line for line in lines if '"started"' in line]) >= number and len(children(service)) == 2
