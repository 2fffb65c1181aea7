"""What /metrics tells is what happened, also of several processes on one port, and of a worker."""

import asyncio
import subprocess
from collections.abc import Callable

import psutil
from tests.client import Answer, Connection
from tests.cluster import PARTITIONS, Cluster, eventually
from tests.metrics import Scrape, read, scrape
from tests.servers.install import promtool
from tests.service import RunningService, free_port

HOUR = "2025-07-16T10:00:00Z"


def view(page: str) -> dict[str, str]:
    return {"page": page, "timestamp": HOUR}


def check(told: Scrape) -> None:
    """What promtool has to say of names and units: nothing."""
    checked = subprocess.run(
        [promtool(), "check", "metrics"], check=False, input=told.text, text=True, capture_output=True
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_what_is_accepted_and_refused_is_told(own_service: RunningService) -> None:
    own_service.post("/page-views/single", view("a"))
    own_service.post("/page-views/multi", {"a": {HOUR: 40}, "b": {HOUR: 2}})
    own_service.post("/page-views/single", {"page": ""})
    own_service.post("/page-views/single", b"{")
    own_service.get("/nothing")
    told = scrape(own_service)
    check(told)
    assert told.value("hourmill_accepted_requests_total") == 2
    assert told.value("hourmill_accepted_views_total") == 43
    assert told.value("hourmill_requests_total", route="/page-views/single", status="200") == 1
    assert told.value("hourmill_requests_total", route="/page-views/single", status="400") == 2
    assert told.value("hourmill_requests_total", route="other", status="404") == 1
    assert told.value("hourmill_refused_requests_total", reason="Malformed") == 2
    assert told.value("hourmill_commit_duration_seconds_count") == 2
    assert told.value("hourmill_group_requests_sum") == 2
    assert told.value("hourmill_waiting_entries") == 0
    assert told.value("hourmill_store_up") == 1
    assert told.value("hourmill_store_bytes", part="data file") > 0
    assert told.value("process_resident_memory_bytes") > 1_000_000


def test_a_request_that_is_repeated_under_its_key_is_told(own_service: RunningService) -> None:
    for key in ("one", "two", "one", "one"):
        assert own_service.post("/page-views/single", view("a"), [("Idempotency-Key", key)]).status == 200
    own_service.post("/page-views/single", view("a"))
    told = scrape(own_service)
    check(told)
    assert told.value("hourmill_repeated_requests_total") == 2
    assert told.value("hourmill_accepted_requests_total") == 5
    assert own_service.views("a", HOUR) == 3


async def test_processes_that_share_a_port_are_told_as_one_and_no_sum_falls(cluster: Cluster) -> None:
    cluster.settings.pop("RABBITMQ_URL")
    cluster.migrate()
    api = await cluster.ready_api("--workers", "2")

    async def told_by_all(holds: Callable[[Scrape], bool]) -> bool:
        try:
            scrapes = [await asyncio.to_thread(scrape, api) for _ in range(8)]  # the kernel picks who is asked
        except ConnectionError:  # it had picked the one that was killed
            return False
        sums = [told.value("hourmill_accepted_views_total") for told in scrapes]
        assert sums == sorted(sums)
        return all(holds(told) for told in scrapes)

    await eventually(lambda: told_by_all(lambda told: told.value("hourmill_processes") == 2))
    for number in range(40):
        assert (await asyncio.to_thread(api.post, "/page-views/single", view(f"page-{number}"))).status == 200
    await eventually(lambda: told_by_all(lambda told: told.value("hourmill_accepted_views_total") == 40))
    psutil.Process(api.pid).children()[0].kill()
    await eventually(lambda: told_by_all(lambda told: told.value("hourmill_processes") == 2))
    await eventually(lambda: told_by_all(lambda told: told.value("hourmill_accepted_views_total") == 40))


async def test_an_api_and_a_worker_tell_of_the_way_of_a_view(cluster: Cluster) -> None:
    cluster.migrate()
    port = free_port()
    api = await cluster.ready_api()
    worker = cluster.worker(HOURMILL_WORKER_PORT=str(port))
    api.post("/page-views/multi", {f"page-{number}": {HOUR: 2} for number in range(30)})

    async def counted() -> bool:
        told = await asyncio.to_thread(of_worker, port)
        return told is not None and told.value("hourmill_counted_views_total") == 60

    await eventually(counted)
    told = of_worker(port)
    assert told is not None
    check(told)
    assert told.value("hourmill_counted_cells_total") == 30
    assert told.value("hourmill_flushed_messages_total") == PARTITIONS
    assert told.value("hourmill_leases_held") == PARTITIONS
    assert told.value("hourmill_stale_batches_total") == 0
    assert told.value("hourmill_flush_messages_sum") == PARTITIONS
    assert ask(port, "GET", "/livez").status == 200
    assert ask(port, "GET", "/readyz").status == 200
    assert ask(port, "GET", "/report").status == 404
    assert ask(port, "POST", "/metrics").status == 405

    async def caught_up() -> bool:
        told = await asyncio.to_thread(scrape, api)
        return told.value("hourmill_partition_held", partition="0") == 1 and "hourmill_complete_until" in told.text

    await eventually(caught_up)
    told = scrape(api)
    check(told)
    assert told.value("hourmill_published_messages_total") == PARTITIONS
    assert told.value("hourmill_accepted_views_total") == 60
    assert told.value("hourmill_partition_lag_seconds", partition="3") >= 0
    assert told.value("hourmill_partition_waiting_messages", partition="0") == 0
    assert told.value("hourmill_store_bytes", part="page_views") > 0
    assert worker.stop() == 0


async def test_a_repeat_is_told_once_by_those_on_the_way_of_a_view(cluster: Cluster) -> None:
    cluster.migrate()
    port = free_port()
    apis = [await cluster.ready_api(), await cluster.ready_api()]
    cluster.worker(HOURMILL_WORKER_PORT=str(port))
    for api in apis:
        for key in ("one", "two", "one"):
            assert api.post("/page-views/single", view("a"), [("Idempotency-Key", key)]).status == 200

    async def told_by_worker() -> bool:
        told = await asyncio.to_thread(of_worker, port)
        return told is not None and told.value("hourmill_repeated_requests_total") == 4

    await eventually(told_by_worker)
    assert [scrape(api).value("hourmill_repeated_requests_total") for api in apis] == [0, 0]
    assert (await cluster.counted()).total() == 2


async def test_without_its_store_a_process_tells_what_it_can(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    await asyncio.to_thread(cluster.postgres.stop)

    async def store_is_away() -> bool:
        told = await asyncio.to_thread(scrape, api)
        return told.kinds["hourmill_store_up"] == "gauge" and told.value("hourmill_store_up") == 0

    await eventually(store_is_away)
    cluster.postgres.start()


def ask(port: int, method: str, path: str) -> Answer:
    """One request to a port."""
    with Connection(port) as connection:
        return connection.request(method, path)


def of_worker(port: int) -> Scrape | None:
    """What a worker tells, once it listens."""
    try:
        answer = ask(port, "GET", "/metrics")
    except OSError:
        return None
    return read(answer.body.decode())
