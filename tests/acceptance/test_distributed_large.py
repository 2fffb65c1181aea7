"""Batches larger than the broker takes, or than we do with a key: refused, and nothing else is held up by them."""

import asyncio

from tests.client import HeaderLines
from tests.cluster import Cluster, eventually
from tests.service import RunningService
from tests.traffic import FIRST_HOUR, timestamp

HOUR = timestamp(FIRST_HOUR)
MULTI, SINGLE = "/page-views/multi", "/page-views/single"
MIB = 1 << 20
KEY = [("Idempotency-Key", "nightly")]


def batch(mebibytes: float) -> dict[str, dict[str, int]]:
    """About so large as JSON, and as a message."""
    return {f"{page:07d}{'x' * 1990}": {HOUR: 1} for page in range(int(mebibytes * MIB / 2030))}


def view(api: RunningService, page: str) -> int:
    return api.post(SINGLE, {"page": page, "timestamp": HOUR}).status


def sent(api: RunningService, views: dict[str, dict[str, int]], headers: HeaderLines = ()) -> None:
    """Sent until it is taken; it is counted once, even if a slow broker confirms it too late for its answer."""
    while (answer := api.post(MULTI, views, headers)).status != 200:
        assert answer.status == 503, answer
        if answer.json()["outcome"] == "unknown":
            break


async def test_a_keyed_batch_larger_than_every_broker_takes_is_refused_and_one_without_a_key_is_cut(
    cluster: Cluster,
) -> None:
    cluster.migrate()
    large = {"HOURMILL_MAX_MULTI_BODY_BYTES": str(64 * MIB), "HOURMILL_MAX_ENTRIES": "1000000"}
    api = await cluster.ready_api(**large)
    cluster.worker()
    views = batch(21)
    refused = await asyncio.to_thread(api.post, MULTI, views, KEY)
    assert (refused.status, "Idempotency-Key" in refused.json()["detail"]) == (413, True)
    await asyncio.to_thread(sent, api, batch(7.5), KEY)  # more than is cut without a key
    await asyncio.to_thread(sent, api, views)
    await eventually(lambda: asyncio.to_thread(lambda: view(api, "after") == 200))
    least = {(page, FIRST_HOUR): 1 for page in views} | {("after", FIRST_HOUR): 1}
    least |= {(page, FIRST_HOUR): 2 for page in batch(7.5)}
    assert await cluster.settle(least) == least


async def test_a_broker_that_takes_less_refuses_what_is_too_large_for_it_and_takes_everything_else(
    cluster: Cluster,
) -> None:
    cluster.migrate()
    with cluster.rabbitmq.taking_no_more_than(MIB):
        api = await cluster.ready_api(NUM_PARTITIONS="1")
        cluster.worker(NUM_PARTITIONS="1")
        assert await asyncio.to_thread(view, api, "before") == 200
        first = await asyncio.to_thread(api.post, MULTI, batch(2), KEY)
        assert (first.status, first.json()["outcome"]) == (503, "not_accepted")
        assert any("message size" in line["reason"] for line in api.logged("requests fail"))
        await eventually(lambda: asyncio.to_thread(lambda: view(api, "after") == 200))
        again = await asyncio.to_thread(api.post, MULTI, batch(2), KEY)
        assert again.status == 413
        await asyncio.to_thread(sent, api, batch(0.9), KEY)
        await asyncio.to_thread(sent, api, batch(2))  # cut to what the broker takes
    least = {("before", FIRST_HOUR): 1, ("after", FIRST_HOUR): 1}
    least |= {(page, FIRST_HOUR): 1 for page in batch(2)} | {(page, FIRST_HOUR): 2 for page in batch(0.9)}
    assert await cluster.settle(least) == least
