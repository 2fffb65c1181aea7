"""How Granian hands requests over: to a call or to a task, and what comes of a fault of ours in either."""

import asyncio
import json
import select
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from time import monotonic

import pytest
from tests.acceptance.routes import GOOD, SINGLE
from tests.client import HOST, JSON, PATIENCE_S, Answer, Connection, head
from tests.service import free_port

from hourmill.core.batch import Batch
from hourmill.core.figures import RequestFigures
from hourmill.core.time_bounds import TimeBounds
from hourmill.http.body import BodyReader, ReadingLimits
from hourmill.http.collect import BodyLimits, Collect, Rules, Ways
from hourmill.http.rsgi import Body, HTTPProtocol, Scope
from hourmill.http.server import READ_WITHIN, Address, serve
from hourmill.http.shortcut import Shortcut
from hourmill.http.trouble import TroubleLog
from hourmill.services.collect import Limits
from hourmill.services.collect_on_loop import LoopCollector
from hourmill.services.large_batches import LargeBatches
from hourmill.services.time_slices import TimeSlices
from hourmill.services.turnstile import Turnstile

LONG_BYTES = 32 << 20
Take = Callable[[Scope, HTTPProtocol], bool]


class Told(Exception):
    """What goes wrong on purpose."""


class Served:
    """Takes requests as it is told; a task answers with the body, or fails."""

    def __init__(self, take: Take) -> None:
        self.take = take

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        if scope.path == "/fails":
            raise Told
        protocol.response_bytes(200, [], b"did " + await protocol())

    def drain(self) -> None:
        """Nothing to say."""

    def give_up(self) -> None:
        """Nothing to give up."""


class Nowhere:
    """A CounterWriter that keeps nothing."""

    async def count(self, batch: Batch) -> None:
        """Takes it."""


def echo(scope: Scope, protocol: HTTPProtocol) -> bool:
    """Take what is to be called."""
    if scope.path == "/taking-fails":
        raise Told
    if scope.path == "/call":
        protocol().add_done_callback(partial(_came, protocol))
    return scope.path == "/call"


def _came(protocol: HTTPProtocol, body: Body) -> None:
    protocol.response_bytes(200, [], b"called " + body.result())


def answer_at_length(_: Scope, protocol: HTTPProtocol) -> bool:
    """Answer with more than the kernel keeps of what is not read."""
    protocol.response_bytes(200, [], bytes(LONG_BYTES))
    return True


def fails() -> TimeBounds:
    """Bounds that cannot be told."""
    raise Told


@asynccontextmanager
async def served(take: Take, read_within: timedelta = READ_WITHIN) -> AsyncIterator[int]:
    """The port of a server that takes requests so."""
    port, stop, listening = free_port(), asyncio.Event(), asyncio.Event()
    where = Address(HOST, port, read_within=read_within)
    serving = asyncio.create_task(serve(Served(take), where, stop, listening.set))
    await listening.wait()
    yield port
    stop.set()
    await serving


def ask(port: int, path: str, body: bytes = b"it") -> Answer:
    with Connection(port) as connection:
        return connection.request("POST", path, body, JSON)


@pytest.mark.parametrize(("path", "body"), [("/call", b"called it"), ("/task", b"did it")])
async def test_a_request_is_answered_by_a_call_or_by_a_task(path: str, body: bytes) -> None:
    async with served(echo) as port:
        assert (await asyncio.to_thread(ask, port, path)).body == body


@pytest.mark.parametrize("path", ["/taking-fails", "/fails"])
async def test_a_fault_of_ours_is_answered_with_500_and_the_next_request_is_served(path: str) -> None:
    async with served(echo) as port:
        assert (await asyncio.to_thread(ask, port, path)).status == 500
        assert (await asyncio.to_thread(ask, port, "/call")).body == b"called it"


def lost(connection: Connection) -> bool:
    """Wait, without reading, until the kernel says that there is nobody at the other end; false: there still is."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for seconds in socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL:
        connection.socket.setsockopt(socket.IPPROTO_TCP, seconds, 1)
    poll = select.poll()
    poll.register(connection.socket, 0)  # errors only
    return poll.poll(PATIENCE_S * 1000) != []


async def test_a_client_that_does_not_read_its_answer_loses_its_connection() -> None:
    async with served(answer_at_length, timedelta(seconds=1)) as port:
        with Connection(port) as connection:
            connection.send(head("GET", "/", []))
            assert await asyncio.to_thread(lost, connection)


async def test_a_fault_of_ours_after_the_body_is_answered_and_told() -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    bodies, limits = BodyReader(ReadingLimits(1000, 5)), BodyLimits(1000, 1000, 10, lambda: 1000)
    turnstile = Turnstile(LoopCollector(Nowhere(), Limits(1000, 1000)), monotonic)
    ways = Ways(turnstile, turnstile.collector, LargeBatches(1000), TimeSlices(monotonic))
    collect = Collect(ways, bodies, limits, Rules(fails))
    shortcut = Shortcut({SINGLE: collect.quick_single()}, bodies, RequestFigures(), TroubleLog(monotonic))
    async with served(shortcut.take) as port:
        answer = await asyncio.to_thread(ask, port, SINGLE, GOOD)
    assert (answer.status, json.loads(answer.body)["status"]) == (500, 500)
    assert [type(error) for error in told] == [Told]
