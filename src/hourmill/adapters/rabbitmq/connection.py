"""Staying connected to RabbitMQ: connecting again and again, and saying so; what its client library raises, as ours."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import NoReturn

import structlog
from aiormq import Channel, Connection, InvalidFrameError
from yarl import URL

from hourmill.adapters.rabbitmq.sieve import SievedConnection
from hourmill.errors import HourmillError, Unreachable

log = structlog.get_logger()

HEARTBEAT_S = 10  # a broker that is gone without a word is found out after three missed ones
CONNECTED_WITHIN_S = 10.0
CLOSED_WITHIN_S = 5.0  # a broker that stands still does not answer the close
AGAIN_AFTER_S = 0.1
AGAIN_AFTER_AT_MOST_S = 5.0
SAID_AGAIN_AFTER_S = 10.0


def reason_of(error: BaseException) -> str:
    """What an error of the client library says, for people."""
    if isinstance(error.__cause__, OSError):
        return str(error.__cause__)  # the library shows its arguments as a tuple
    if isinstance(error, InvalidFrameError) and "Connection.OpenOk" in str(error):  # it does not look at the reason
        return "the virtual host that the URL names is not there, or our user may not use it"
    return (str(error) or type(error).__name__).removesuffix(".")


def how_it_ended(closing: "asyncio.Future[None]") -> str:
    """Why a connection or channel of the client library is closed, for people."""
    error = None if closing.cancelled() else closing.exception()
    return "the connection was lost" if error is None else reason_of(error)


@contextmanager
def reachable() -> Iterator[None]:
    """Within: talking to the broker; whatever fails there is Unreachable.

    A caller that is cancelled meanwhile is cancelled, also where the library lets that go under: on Python 3.11,
    asyncio.wait_for(), which it uses, returns as if nothing had been when its answer comes at the same moment.
    """
    task = asyncio.current_task()
    cancelled_before = task.cancelling() if task is not None else 0
    try:
        yield
    except HourmillError:
        raise
    except asyncio.CancelledError as error:
        if task is not None and task.cancelling() > cancelled_before:
            raise
        raise Unreachable("the connection was lost") from error  # the library's word for that, not our caller's
    except Exception as error:
        # All of it: besides AMQPError, aiormq lets RuntimeError, OSError, ValueError, AttributeError and
        # StopAsyncIteration through when a connection is lost at an awkward moment.
        raise Unreachable(reason_of(error)) from error
    finally:
        if task is not None and task.cancelling() > cancelled_before:
            raise asyncio.CancelledError


@asynccontextmanager
async def throwaway_channel(connection: Connection) -> AsyncIterator[Channel]:
    """A channel for questions whose answer may be that the broker closes it."""
    channel = await plain_channel(connection)
    try:
        yield channel
    finally:
        await close_channel(channel)


async def plain_channel(connection: Connection, *, publisher_confirms: bool = False) -> Channel:
    """A new channel."""
    channel = await connection.channel(publisher_confirms=publisher_confirms)
    assert isinstance(channel, Channel)
    return channel


async def close_channel(channel: Channel) -> None:
    """Close a channel, closed already or not; what was delivered on it and not acked goes back to its queue."""
    with suppress(Unreachable), reachable():
        await channel.close(timeout=CLOSED_WITHIN_S)


async def connect(url: str, name: str) -> Connection:
    """A connection of its own; when it says nothing for some 30 s it dies, whatever the URL says.

    raises  Unreachable
    """
    quiet_library()
    parsed = URL(url)
    heartbeat = parsed.query.get("heartbeat", "")
    if not heartbeat.isdigit() or not 0 < int(heartbeat) <= HEARTBEAT_S:
        parsed = parsed.update_query(heartbeat=HEARTBEAT_S)
    connection = Connection(parsed, client_properties={"connection_name": name})
    try:
        with reachable():
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                await connection.connect()
    except BaseException:  # also if who connects is cancelled: nobody else would close it
        await disconnect(connection)
        raise
    return connection


async def disconnect(connection: Connection, within_s: float = CLOSED_WITHIN_S) -> None:
    """Close a connection, closed already or not."""
    with suppress(Unreachable), reachable():
        await connection.close(timeout=within_s)


@asynccontextmanager
async def opened(url: str, name: str, closed_within_s: float = CLOSED_WITHIN_S) -> AsyncIterator[Connection]:
    """A connect()ed one for a while.

    raises  Unreachable, also for what fails within
    """
    connection = await connect(url, name)
    try:
        with reachable():
            yield connection
    finally:
        await disconnect(connection, closed_within_s)


class Link:
    """A connection that is made again whenever it is lost.

    url   amqp:// or amqps://, with aiormq's options in its query: cafile, capath, cadata, certfile, keyfile,
          no_verify_ssl, auth, heartbeat
    name  the connection's, as the broker's tools show it
    """

    def __init__(self, url: str, name: str) -> None:
        parsed = URL(url)
        self._url = parsed if "heartbeat" in parsed.query else parsed.update_query(heartbeat=HEARTBEAT_S)
        self._name = name
        self._said_s: float | None = None
        self._pause_s = AGAIN_AFTER_S
        self.reason = "not connected yet"
        """Why there is no connection, when there is none."""

    @asynccontextmanager
    async def kept(self, serve: Callable[[SievedConnection], Awaitable[None]]) -> AsyncIterator[None]:
        """Within: keep() in the background, ended on leaving."""
        keeping = asyncio.create_task(self.keep(serve))
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def keep(self, serve: Callable[[SievedConnection], Awaitable[None]]) -> NoReturn:
        """Serve one connection after the other; serve() returns or raises Unreachable when one is lost."""
        quiet_library()
        while True:
            connection = SievedConnection(self._url, client_properties={"connection_name": self._name})
            try:
                with reachable():
                    async with asyncio.timeout(CONNECTED_WITHIN_S):
                        await connection.connect()
                    await serve(connection)
                    raise Unreachable(how_it_ended(connection.closing))
            except Unreachable as error:
                self.reason = f"RabbitMQ: {error}"
            finally:
                await disconnect(connection)
            self._say_waiting(connection)
            await asyncio.sleep(self._pause_s * random.uniform(0.5, 1.0))  # noqa: S311 not for secrets
            self._pause_s = min(2 * self._pause_s, AGAIN_AFTER_AT_MOST_S)

    def established(self, connection: Connection) -> None:
        """Say that the connection is of use."""
        self._pause_s = AGAIN_AFTER_S
        self._said_s = None
        log.info("connected to RabbitMQ", **self._place(connection))

    def _say_waiting(self, connection: Connection) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._said_s is None or now_s - self._said_s >= SAID_AGAIN_AFTER_S:
            self._said_s = now_s
            log.warning("waiting for RabbitMQ", **self._place(connection), reason=self.reason)

    def _place(self, connection: Connection) -> dict[str, str | int | None]:
        return {"connection": self._name, "host": self._url.host, "port": connection.url.port,
                "vhost": connection.vhost}  # fmt: skip


def quiet_library() -> None:
    """Have the client library say nothing, unless somebody wants it to."""
    logger = logging.getLogger("aiormq")
    if logger.level == logging.NOTSET:  # a level that somebody has set stays
        logger.setLevel(logging.CRITICAL)  # its lines say, with tracebacks and at every attempt, what ours say once
