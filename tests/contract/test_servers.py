"""What the servers of the tests keep when they are killed: what was promised before."""

import aiormq
import asyncpg
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitMQNode


async def test_a_commit_survives_the_kill_of_postgresql(postgres: PostgresServer, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE kept (value int); INSERT INTO kept VALUES (42)")
    postgres.kill()
    postgres.start()
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT value FROM kept") == 42
    await connection.close()


async def test_a_confirmed_message_survives_the_kill_of_the_broker(rabbitmq: RabbitMQNode, queue_prefix: str) -> None:
    queue = f"{queue_prefix}-kept"
    connection = await aiormq.connect(rabbitmq.url)
    channel = await connection.channel()
    await channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    rabbitmq.keep_names()
    await channel.basic_publish(b"views", routing_key=queue)  # returns when it is confirmed
    rabbitmq.kill()
    rabbitmq.start()
    connection = await aiormq.connect(rabbitmq.url)
    channel = await connection.channel()
    assert (await channel.basic_get(queue)).body == b"views"
    await connection.close()
