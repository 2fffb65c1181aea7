"""Workers share the partitions, take over those of others, and drain what a changed NUM_PARTITIONS leaves behind."""

import asyncio
from collections import Counter

from tests.cluster import PARTITIONS, Cluster, eventually
from tests.traffic import Traffic


async def test_a_worker_that_comes_gets_its_share_and_one_that_is_killed_is_replaced(cluster: Cluster) -> None:
    cluster.migrate()
    first = cluster.worker()
    await eventually(lambda: shared(cluster, [PARTITIONS]))
    cluster.worker()
    await eventually(lambda: shared(cluster, [PARTITIONS // 2] * 2))
    owners = await cluster.owners()
    first.kill()
    await eventually(lambda: shared(cluster, [PARTITIONS]))
    assert len(set(owners.values()) & set((await cluster.owners()).values())) == 1


async def test_a_worker_told_to_stop_gives_its_partitions_back_first_and_all_is_exact(
    cluster: Cluster,
) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    leaving, staying = cluster.worker(), cluster.worker()
    traffic = Traffic(api.port)
    async with traffic.running(16):
        await eventually(lambda: shared(cluster, [PARTITIONS // 2] * 2))
        await traffic.more_answers(300)
        staying.pause()  # it cannot take over what expires
        assert await asyncio.to_thread(leaving.stop) == 0
        assert len(await cluster.rows("SELECT FROM leases")) == PARTITIONS // 2
        staying.go_on()
        await eventually(lambda: shared(cluster, [PARTITIONS]))
        await traffic.more_answers(300)
    assert staying.runs
    await cluster.exact(traffic)


async def test_the_number_of_partitions_is_changed_under_load_and_nothing_is_lost(cluster: Cluster) -> None:
    cluster.migrate()
    apis = [await cluster.ready_api(), await cluster.ready_api()]
    workers = [cluster.worker(), cluster.worker()]
    traffic = Traffic(*(api.port for api in apis))
    async with traffic.running(24):
        await traffic.more_answers(500)
        for partitions in ("8", "2"):
            for process in (*apis, *workers):
                process.settings["NUM_PARTITIONS"] = partitions
                await asyncio.to_thread(process.restart)
                await traffic.more_answers(200)
    left = {f"views.{partition}" for partition in range(8)}
    await cluster.exact(traffic)
    assert [await cluster.length(queue) for queue in sorted(left)] == [0] * 8


async def test_what_is_left_in_a_queue_past_the_number_of_partitions_is_counted(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api(NUM_PARTITIONS="8")
    traffic = Traffic(api.port)
    async with traffic.running(16):
        await traffic.more_answers(500)
    assert min([await cluster.length(f"views.{partition}") for partition in range(8)]) > 0
    cluster.worker(NUM_PARTITIONS="2")
    await cluster.exact(traffic)


async def shared(cluster: Cluster, shares: list[int]) -> bool:
    """Whether so many workers hold so many partitions each."""
    return sorted(Counter((await cluster.owners()).values()).values()) == shares
