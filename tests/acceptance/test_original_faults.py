"""Each known fault of the original service, and that ours has it not.

Where another test shows it already:
- no broker confirm before the answer: test_distributed_servers.py, a broker killed under load
- counts doubled when a worker dies between database commit and ack: test_distributed.py, workers killed
- one poison message requeued for ever: test_distributed_poison.py, put aside once
- no reconnect: test_distributed_servers.py and test_roles.py, servers that go and come
"""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cluster import Cluster, eventually
from tests.traffic import FIRST_HOUR, Cell, Traffic, timestamp

from hourmill.core.hour import hour_of_moment
from hourmill.settings import Settings, is_secret

HOUR = timestamp(FIRST_HOUR)
MOST_HELD = 200  # messages of a partition that a worker holds at most, whose BATCH_SIZE is half of it
ROOT = Path(__file__).parents[2]
TOKEN = re.compile(r"\b(?=\w*[a-z])(?=\w*[A-Z])\w{24,}\b")  # the original's, of Logz.io, is 32 mixed letters


async def test_many_views_travel_in_few_messages_over_one_connection(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    traffic = Traffic(api.port)
    async with traffic.running(64):
        await traffic.more_answers(3_000)
    assert await cluster.queued() < traffic.least().total() / 3
    connections = await asyncio.to_thread(cluster.rabbitmq.ctl, "list_connections", "-q", "name")
    assert connections.count("->") <= 1


async def test_a_worker_that_cannot_write_holds_a_bounded_number_of_messages(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api(NUM_PARTITIONS="1")
    traffic = Traffic(api.port)
    async with traffic.running(2):
        await traffic.more_answers(600)
    waiting = await cluster.length("views.0")
    assert waiting > MOST_HELD
    async with cluster.flush_under_way(lambda: started(cluster)):
        await eventually(lambda: taken(cluster, waiting))
        assert waiting - await cluster.length("views.0") <= MOST_HELD
    await cluster.exact(traffic)


async def test_long_pages_and_sums_beyond_32_bits_are_counted_and_hold_up_nothing(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    long, most = "example.com/" + "é" * 1_018, 2**31 - 1
    for page in (long, "example.com/sum", "example.com/sum", "example.com/sum"):
        assert api.post("/page-views/multi", {page: {HOUR: most}, "beside": {HOUR: 1}}).status == 200
    expected: dict[Cell, int] = {
        (long, FIRST_HOUR): most,
        ("example.com/sum", FIRST_HOUR): 3 * most,
        ("beside", FIRST_HOUR): 4,
    }
    assert len(long.encode()) == 2_048
    await eventually(lambda: cluster.holds(expected))
    assert api.views("example.com/sum", HOUR) == 3 * most
    assert await cluster.settle(expected) == expected


async def test_an_invalid_timestamp_is_the_callers_fault_and_nothing_is_queued(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    answer = api.post("/page-views/single", {"page": "a", "timestamp": "yesterday"})
    assert answer.status == 400
    assert answer.json()["errors"][0]["pointer"] == "#/timestamp"
    assert await cluster.queued() == 0


async def test_old_months_can_be_dropped_while_it_counts(cluster: Cluster) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    cluster.worker()
    old = datetime.now(UTC) - timedelta(days=100)  # in a month of its own: docs/schema.md, "Partitions"
    for timestamp_of_month in (f"{old:%Y-%m-%dT%H}:00Z", HOUR):
        assert api.post("/page-views/single", {"page": "a", "timestamp": timestamp_of_month}).status == 200
    await eventually(lambda: cluster.holds({("a", FIRST_HOUR): 1, ("a", hour_of_moment(old)): 1}))
    await cluster.rows(f"DROP TABLE page_views_{old:%Y_%m}")
    assert await cluster.settle({("a", FIRST_HOUR): 1}) == {("a", FIRST_HOUR): 1}


def test_no_setting_has_credentials_by_default() -> None:
    secrets = {field.alias: field.default for field in Settings.model_fields.values() if is_secret(field)}
    given = {name: value.get_secret_value() for name, value in secrets.items() if value is not None}
    assert given == {"DATABASE_URL": "sqlite:///hourmill.db"}
    assert Settings.model_fields["postgres_user"].default is None


def test_the_readme_holds_no_token() -> None:
    assert TOKEN.findall((ROOT / "README.md").read_text()) == []


def started(cluster: Cluster) -> None:
    """Start a worker for one partition."""
    cluster.worker(NUM_PARTITIONS="1", BATCH_SIZE=str(MOST_HELD // 2))


async def taken(cluster: Cluster, before: int) -> bool:
    """Whether a worker has taken messages."""
    return await cluster.length("views.0") < before
