"""Granian in this process: listens, and on stop finishes what is in flight."""

import asyncio
import errno
import resource
import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

import structlog
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels

from hourmill.errors import AddressInUse
from hourmill.http import intake
from hourmill.http.intake import Intake

BACKLOG = 1024  # connections the kernel holds until they are accepted
MAX_CONNECTIONS = 16_384  # served at once; further ones wait in the backlog
OTHER_FILES = 64  # that are open beside connections: data file, journal, log, servers behind us
HEADERS_WITHIN_MS = 5_000  # of a request; a head that never ends delays a stop by no more
MAX_HEAD_BYTES = 64 << 10  # of a request, and what is read ahead of a body: x 16,384 connections it is 1 GiB
READ_WITHIN = timedelta(seconds=60)  # as long as a body has to come in
DRAIN_S = 6.0  # for requests in flight when the service stops, then bodies that never end are given up
SWITCH_S = (
    0.0005  # a view passes three threads: with Python's 5 ms it would wait three times as long beside one that works
)
CONNECTS_EVERY_S = 0.005  # until the port answers
LOGGING = {"loggers": {"_granian": {"propagate": True}}}  # to the root logger, like everything else

log = structlog.get_logger()


class Application(intake.Application, Protocol):
    """What can be served, and stopped."""

    def drain(self) -> None:
        """Say that no further requests are wanted."""

    def give_up(self) -> None:
        """End the requests whose bodies have not arrived."""


class Address(NamedTuple):
    """Where to listen, and how.

    shared       with other processes of ours, the kernel spreads connections over them
    read_within  a client that takes nothing of its answers for so long loses its connection; on Linux
    """

    host: str
    port: int
    shared: bool = False
    read_within: timedelta = READ_WITHIN


class Tls(NamedTuple):
    """Files of a server, PEM: its certificate with the chain, its private key."""

    certificate: Path
    private_key: Path


async def serve(
    app: Application,
    where: Address,
    stop: asyncio.Event,
    listening: Callable[[], None],
    tls: Tls | None = None,
) -> None:
    """Serve until `stop` is set and what was in flight then is answered.

    tls     None: HTTP in clear text
    raises  AddressInUse
    """
    sys.setswitchinterval(SWITCH_S)
    address, port = numeric_address(where), where.port
    server = Intake(
        app,
        address,
        port,
        read_within=where.read_within,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=most_connections(),
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS, max_buffer_size=MAX_HEAD_BYTES),
        ssl_cert=tls and tls.certificate,
        ssl_key=tls and tls.private_key,
        ssl_protocol_min=SSLProtocols.tls12,
        log_level=LogLevels.error,
        log_dictconfig=LOGGING,
    )
    serving = asyncio.create_task(server.serve())
    await _reachable(address, port, serving)
    if not serving.done():
        listening()
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, serving], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        app.drain()
        server.stop()  # type: ignore[no-untyped-call]  # Granian leaves it untyped
        await asyncio.wait([serving], timeout=DRAIN_S)  # Granian ends when the last request in flight is answered
        app.give_up()
    await serving


def most_connections() -> int:
    """How many are served at once: fewer than MAX_CONNECTIONS where the process may not open as many files."""
    # one more than that, and Granian would try to accept it again and again, with all of a core
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY or files >= MAX_CONNECTIONS + OTHER_FILES:
        return MAX_CONNECTIONS
    connections = max(1, files - OTHER_FILES)
    log.warning("few files may be open at once", files=files, connections=connections)
    return connections


async def _reachable(host: str, port: int, serving: "asyncio.Task[None]") -> None:
    while not serving.done():  # Granian does not tell when it listens
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(CONNECTS_EVERY_S)
        else:
            writer.close()
            return


def numeric_address(where: Address) -> str:
    """The numeric address of the host; nobody listens on the port there, but those we share it with.

    raises  AddressInUse
    """
    # Granian listens with SO_REUSEPORT: without this, a second server would share the port and take half the views
    host, port, shared, _ = where
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            probe.bind(address)
            return str(address[0])
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: "another process listens there; choose another port (--port, PORT)",
            errno.EACCES: "ports below 1024 need privileges; choose another port (--port, PORT)",
        }
        reason = reasons.get(error.errno or 0, error.strerror)
        raise AddressInUse(f"{host}:{port} cannot be listened on: {reason}.") from error
