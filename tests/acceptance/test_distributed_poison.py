"""Messages that nobody can read are put aside once, cells that no counter can hold are parked, the rest is counted."""

import asyncio
from collections import Counter
from uuid import UUID

import msgspec
from aiormq import spec
from tests.cluster import Cluster, eventually
from tests.service import RunningService
from tests.traffic import FIRST_HOUR, timestamp

HOUR = timestamp(FIRST_HOUR)
PRODUCER = UUID(int=7)

Pages = dict[str, dict[int, int]]


def message(seq: int, cells: Pages, keyed: dict[bytes, Pages] | None = None, version: bytes = b"\x01") -> bytes:
    """As docs/counting.md has it travel: a version byte, then MessagePack."""
    return version + msgspec.msgpack.encode([PRODUCER.bytes, 0, seq, cells, keyed or {}])


async def test_messages_that_cannot_be_read_are_put_aside_once_and_the_others_go_on(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    whole = message(1, {"whole": {FIRST_HOUR: 5}})
    bad = [b"", b"\x00\xff\x17garbage", whole[:-3], whole + b"x", message(1, {}, version=b"\x02"), b"\x01"]
    await publish(cluster, *bad[:3], whole, *bad[3:])
    worker = cluster.worker()
    for number in range(20):
        assert await asyncio.to_thread(view, api, f"page/{number}") == 200
    expected = {("whole", FIRST_HOUR): 5} | {(f"page/{number}", FIRST_HOUR): 1 for number in range(20)}
    await eventually(lambda: cluster.holds(expected))
    await eventually(lambda: dead_letters(cluster, len(bad)))
    assert await asyncio.to_thread(worker.stop) == 0
    assert (await cluster.queued(), await cluster.counted()) == (0, expected)
    async with cluster.channel() as channel:
        got = [await channel.basic_get(f"{cluster.prefix}.dead") for _ in bad]
    assert Counter(letter.body for letter in got) == Counter(bad)


async def test_cells_that_no_counter_can_hold_are_parked_once_and_the_rest_is_counted(cluster: Cluster) -> None:
    cluster.migrate()
    await cluster.ready_api()
    key = b"k" * 16
    cells = {
        "good": {FIRST_HOUR: 3},
        "nul\0": {FIRST_HOUR: 1},
        "negative": {FIRST_HOUR: -1},
        "absurd": {FIRST_HOUR: 2**63 - 1},
        "far": {FIRST_HOUR: 2, 2**40: 1, -(2**40): 1},
    }
    poison = message(1, cells, {key: {"keyed": {FIRST_HOUR: 4}, "keyed\0": {FIRST_HOUR: 1}}})
    await publish(cluster, poison, message(2, {"other": {FIRST_HOUR: 1}}), poison)
    cluster.worker()
    expected = {("good", FIRST_HOUR): 3, ("far", FIRST_HOUR): 2, ("keyed", FIRST_HOUR): 4, ("other", FIRST_HOUR): 1}
    await eventually(lambda: cluster.holds(expected))
    await publish(cluster, poison)
    counted = await cluster.settle(expected)
    rows = await cluster.rows("SELECT producer, partition, seq, key_hash, page, hour, views, reason FROM parked_cells")
    parked = {(row["page"], int(row["hour"])): int(row["views"]) for row in rows}

    assert {cell: counted[cell] for cell in expected} == expected
    assert {(row["producer"], row["partition"], row["seq"]) for row in rows} == {(PRODUCER, 0, 1)}
    assert all(row["reason"] for row in rows)
    assert len(parked) == len(rows), "a cell was parked twice"
    assert parked[(b"nul\0", FIRST_HOUR)] == 1
    assert parked[(b"keyed\0", FIRST_HOUR)] == 1
    sent = Counter({(page, hour): views for page, hours in cells.items() for hour, views in hours.items()})
    held = {(page.decode(), hour): views for (page, hour), views in parked.items()} | dict(counted)
    assert {cell: held.get(cell) for cell in sent} == dict(sent), "accepted = counted + parked"


async def publish(cluster: Cluster, *bodies: bytes) -> None:
    """Put messages into the queue of partition 0, past the API."""
    async with cluster.channel() as channel:
        for body in bodies:
            properties = spec.Basic.Properties(delivery_mode=2)
            await channel.basic_publish(body, routing_key=f"{cluster.prefix}.views.0", properties=properties)


async def dead_letters(cluster: Cluster, number: int) -> bool:
    """Whether so many messages were put aside."""
    return await cluster.length("dead") == number


def view(service: RunningService, page: str) -> int:
    """Post one view of a page; the status."""
    return service.post("/page-views/single", {"page": page, "timestamp": HOUR}).status
