"""API and worker processes behind RabbitMQ and PostgreSQL count exactly once, whatever is killed or paused."""

import asyncio

from tests.cluster import PARTITIONS, Cluster, eventually
from tests.traffic import Traffic

CLIENTS = 48


async def test_two_workers_count_every_cell_exactly(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    cluster.worker()
    traffic = Traffic(api.port)
    async with traffic.running(CLIENTS):
        await traffic.more_answers(6_000)
    assert not traffic.refused
    assert not traffic.keyless.unknown
    await cluster.exact(traffic)


async def test_workers_killed_again_and_again_count_every_cell_exactly(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    workers = [cluster.worker(), cluster.worker()]
    traffic = Traffic(api.port)
    async with traffic.running(CLIENTS):
        for victim in workers * 2:
            await cluster.counts()
            await traffic.more_answers(300)
            victim.kill()
            victim.start()
            await cluster.forget_leases()
        for _ in range(2):
            async with cluster.flush_under_way():
                for worker in workers:
                    worker.kill()  # its flush will be committed, and never acknowledged
            for worker in workers:
                worker.start()
            await cluster.forget_leases()
        await traffic.more_answers(500)
    assert not traffic.refused
    assert not traffic.keyless.unknown
    await cluster.exact(traffic)
    assert cluster.logged("delivered again")


async def test_an_api_killed_under_load_has_lost_nothing_it_answered(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    traffic = Traffic(api.port)
    async with traffic.running(CLIENTS):
        for _ in range(4):
            await traffic.more_answers(400)
            api.kill()
            await asyncio.to_thread(api.start)
        await traffic.more_answers(400)
    assert traffic.keyless.unknown, "no kill hit a request"
    await cluster.exact(traffic)


async def test_a_worker_paused_past_its_heartbeat_and_lease_goes_on_and_all_is_exact(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    impatient = cluster.rabbitmq.url + "?heartbeat=1"  # the broker gives up who is silent for seconds, not for 30
    paused = cluster.worker(RABBITMQ_URL=impatient)
    traffic = Traffic(api.port)
    async with traffic.running(CLIENTS):
        await cluster.counts()
        async with cluster.flush_under_way():
            paused.pause()  # its flush will be committed
        cluster.worker()
        first = set((await cluster.owners()).values())
        await eventually(lambda: cluster.moved(range(PARTITIONS), first))
        await eventually(lambda: cluster.has_logged("delivered again"))
        paused.go_on()
        await traffic.more_answers(1_000)
    assert not traffic.refused
    await cluster.exact(traffic)
