"""Statistics behind a broker say how far the counting has come, and show all of before."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.acceptance.answers import success
from tests.acceptance.routes import SINGLE
from tests.cluster import Cluster, eventually
from tests.service import RunningService


async def test_what_waits_in_a_queue_is_said_to_be_missing(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    now = datetime.now(UTC)
    assert success(api.post(SINGLE, {"page": "example.com/a", "timestamp": now.isoformat()}))
    waiting = await totals(api)
    assert (waiting["views"], datetime.fromisoformat(waiting["complete_until"]) < now) == (0, True)
    series = api.get("/v1/timeseries?period=24h").json()
    assert all(bucket["partial"] for bucket in series["buckets"])

    cluster.worker()

    async def is_complete() -> bool:
        found = await totals(api)
        complete = datetime.fromisoformat(found["complete_until"]) > now
        assert found["views"] == 1 or not complete
        return complete

    await eventually(is_complete)
    assert (await totals(api))["views"] == 1


async def totals(api: RunningService) -> Any:
    answer = await asyncio.to_thread(api.get, "/v1/totals?period=24h&site=example.com")
    assert answer.status == 200, answer
    return answer.json()
