"""The floors of the distributed system: what its broker and its database do with nothing of ours around them."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from time import perf_counter

import aiormq
import asyncpg

MESSAGES = 10  # published together, as for one group
MESSAGE_BYTES = 500
ROWS = 5_000  # of an upsert
TABLE_ROWS = 50_000
UPSERT = """
INSERT INTO bare (page, view_hour, views)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::bigint[])
ON CONFLICT (page, view_hour) DO UPDATE SET views = bare.views + excluded.views
"""


def confirmed_messages_s(url: str, seconds: float) -> float:
    """Messages a second into ten quorum queues, ten at a time, each ten confirmed before the next."""
    return asyncio.run(_confirmed_messages_s(url, seconds))


def upserted_rows_s(url: str, seconds: float) -> float:
    """Rows a second raised in a plain table, 5,000 at a time on one connection."""
    return asyncio.run(_upserted_rows_s(url, seconds))


async def _confirmed_messages_s(url: str, seconds: float) -> float:
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    queues = [f"bare.{number}" for number in range(MESSAGES)]
    for queue in queues:
        await channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    properties = aiormq.spec.Basic.Properties(delivery_mode=2)
    body = bytes(MESSAGE_BYTES)
    done, began_s = 0, perf_counter()
    while perf_counter() - began_s < seconds:
        await asyncio.gather(
            *(channel.basic_publish(body, routing_key=queue, mandatory=True, properties=properties) for queue in queues)
        )
        done += MESSAGES
    took_s = perf_counter() - began_s
    for queue in queues:
        await channel.queue_delete(queue)
    await connection.close()
    return done / took_s


async def _upserted_rows_s(url: str, seconds: float) -> float:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE TABLE bare (page text, view_hour timestamptz, views bigint, PRIMARY KEY (page, view_hour))"
        " WITH (fillfactor = 70)"
    )
    first = datetime(2025, 7, 16, tzinfo=UTC)
    cells = [(f"example.com/page/{n // 24}", first + timedelta(hours=n % 24), 1) for n in range(TABLE_ROWS)]
    cells.sort()
    chance = random.Random(1)
    done, began_s = 0, perf_counter()
    while perf_counter() - began_s < seconds:
        start = chance.randrange(TABLE_ROWS - ROWS)
        await connection.execute(UPSERT, *zip(*cells[start : start + ROWS], strict=True))
        done += ROWS
    took_s = perf_counter() - began_s
    await connection.execute("DROP TABLE bare")
    await connection.close()
    return done / took_s
