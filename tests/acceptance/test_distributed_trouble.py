"""What the API answers while its broker is away, full, in alarm or has lost a queue: never a success that is none."""

import asyncio
from collections import Counter

from tests.client import Answer, HeaderLines
from tests.cluster import Cluster, eventually
from tests.service import RunningService
from tests.traffic import FIRST_HOUR, Cell, multi, timestamp

HOUR = timestamp(FIRST_HOUR)
MINIMUM_BYTES = str(1 << 20)


async def test_while_the_broker_is_away_views_are_refused_and_none_of_them_is_counted_later(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    await asyncio.to_thread(cluster.rabbitmq.stop)
    await asyncio.to_thread(view, api, "first")
    for number in range(5):
        answer = await asyncio.to_thread(view, api, f"refused/{number}")
        assert (answer.status, answer.json()["outcome"]) == (503, "not_accepted")
        assert answer.headers["retry-after"] == "1"
    await asyncio.to_thread(cluster.rabbitmq.start)
    await eventually(lambda: accepted(api, "back"))
    counted = await cluster.settle({("back", FIRST_HOUR): 1})
    assert {page for page, _ in counted} <= {"first", "back"}


async def test_full_queues_refuse_views_until_a_worker_has_drained_them(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api(NUM_PARTITIONS="1", HOURMILL_QUEUE_MAX_BYTES=MINIMUM_BYTES)
    ok: Counter[Cell] = Counter()
    doubtful: Counter[Cell] = Counter()
    for number in range(100):
        route, body, cells = multi({(f"{number}/{'x' * 1000}/{page}", FIRST_HOUR): 1 for page in range(200)})
        answer = await asyncio.to_thread(api.post, route, body)
        if answer.status == 200:
            ok += cells
        else:
            assert answer.status == 503, answer
            doubtful += cells if answer.json()["outcome"] == "unknown" else Counter()
            break
    assert 1 < number < 99, "the queue was never full"
    again = await asyncio.to_thread(view, api, "refused")
    assert (again.status, again.json()["outcome"]) == (503, "not_accepted")

    cluster.worker(NUM_PARTITIONS="1", HOURMILL_QUEUE_MAX_BYTES=MINIMUM_BYTES)
    await eventually(lambda: accepted(api, "back"))
    counted = await cluster.settle(ok + Counter({("back", FIRST_HOUR): 1}))
    assert all(counted[cell] == views for cell, views in ok.items())
    assert counted[("back", FIRST_HOUR)] == 1
    assert ("refused", FIRST_HOUR) not in counted
    assert all(counted[cell] <= views for cell, views in doubtful.items())


async def test_in_a_memory_alarm_of_the_broker_the_first_view_is_in_doubt_and_the_next_is_not_even_sent(
    cluster: Cluster,
) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    with cluster.rabbitmq.in_alarm():
        first = await asyncio.to_thread(view, api, "a", [("Idempotency-Key", "first")])
        assert (first.status, first.json()["outcome"]) == (503, "unknown")
        second = await asyncio.to_thread(view, api, "a", [("Idempotency-Key", "second")])
        assert (second.status, second.json()["outcome"]) == (503, "not_accepted")
    await eventually(lambda: accepted(api, "a", [("Idempotency-Key", "first")]))
    await eventually(lambda: accepted(api, "a", [("Idempotency-Key", "second")]))
    assert await cluster.settle({("a", FIRST_HOUR): 2}) == {("a", FIRST_HOUR): 2}


async def test_a_queue_deleted_under_a_running_api_makes_no_success_that_is_none(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    async with cluster.channel() as channel:
        for partition in range(4):
            await channel.queue_delete(f"{cluster.prefix}.views.{partition}")
    answers = {f"page/{number}": await asyncio.to_thread(view, api, f"page/{number}") for number in range(8)}
    assert 503 in {answer.status for answer in answers.values()}
    await eventually(lambda: accepted(api, "back"))
    cluster.worker()
    taken = {(page, FIRST_HOUR): 1 for page, answer in answers.items() if answer.status == 200}
    counted = await cluster.settle({**taken, ("back", FIRST_HOUR): 1})
    doubtful = {
        (page, FIRST_HOUR): 1
        for page, answer in answers.items()
        if answer.status == 503 and answer.json()["outcome"] == "unknown"
    }
    assert all(counted[cell] == 1 for cell in taken)
    assert counted.keys() <= {*taken, *doubtful, ("back", FIRST_HOUR)}


def view(service: RunningService, page: str, headers: HeaderLines = ()) -> Answer:
    """Post one view of a page."""
    return service.post("/page-views/single", {"page": page, "timestamp": HOUR}, headers)


async def accepted(service: RunningService, page: str, headers: HeaderLines = ()) -> bool:
    """Whether a view of the page was answered with success; else it was documented as not counted."""
    answer = await asyncio.to_thread(view, service, page, headers)
    assert answer.status in {200, 503}
    assert answer.status == 200 or headers or answer.json()["outcome"] == "not_accepted"
    return answer.status == 200
