"""Granian's embedded server, but that a request may be taken before a task is made for it, and answers must be read.

Granian hands each request to a scheduler; this one asks the application first. All else is Granian's own way, and
follows granian/server/embed.py, granian/server/common.py and granian/_futures.py of 2.8.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from granian import _futures, _granian
from granian.server.embed import AsyncWorker, Server

from hourmill.http.rsgi import HTTPProtocol, Scope

rust: Any = _granian  # its stub lacks what follows, and tells of other arguments
python: Any = _futures


class Application(Protocol):
    """What is served."""

    def take(self, scope: Scope, protocol: HTTPProtocol) -> bool:
        """Whether the request needs no task; it is answered then. Runs on Granian's thread, beside the event loop."""

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""


class _Watcher(Protocol):
    """A request, as Granian hands it over."""

    scope: Scope
    proto: HTTPProtocol

    def err(self, error: Exception) -> None: ...


class Intake(Server):
    """Granian, with an intake before its tasks."""

    def __init__(self, app: Application, address: str, port: int, *, read_within: timedelta, **options: Any) -> None:
        """read_within: a client that takes nothing of its answers for so long loses its connection."""
        super().__init__(app, address, port, **options)
        self._read_within = read_within

    def _init_shared_socket(self) -> None:
        # Granian has no setting for the time of an answer; its connections have what the listening socket has
        listener = rust.ListenerSpec(self.bind_addr, self.bind_port, self.backlog).build()
        if sys.platform == "linux":
            with socket.socket(fileno=os.dup(listener.get_fd())) as same:
                read_within_ms = int(self._read_within / timedelta(milliseconds=1))
                same.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, read_within_ms)
        self._shd = listener

    @staticmethod
    @AsyncWorker.wrap_target  # type: ignore[untyped-decorator]  # Granian leaves it untyped
    async def _spawn_rsgi_worker(
        number: int, stop: Any, app: Application, sock: Any, loop: asyncio.AbstractEventLoop, *options: Any
    ) -> None:
        *threads, backpressure, _, mode, http1, http2, websockets, static, _, tls, _ = options
        ended = loop.create_future()
        stop.add_cb(lambda: loop.call_soon_threadsafe(ended.set_result, None))
        http = (mode, http1, http2, websockets, static)
        worker = rust.RSGIWorker(number, sock, None, *threads, backpressure, *http, *tls, (None, None))
        worker.serve_async(_scheduler(loop, app), loop, stop)
        await ended


def _scheduler(loop: asyncio.AbstractEventLoop, app: Application) -> Any:
    watch = python._future_watcher_wrapper(app.__rsgi__)
    scheduler = rust.CallbackScheduler(loop, watch, None, None, None)
    in_a_task: Callable[[_Watcher], None] = python._cbsched_aioschedule(loop, scheduler._ctx, watch)

    def schedule(request: _Watcher) -> None:
        try:
            taken = app.take(request.scope, request.proto)
        except Exception as error:  # noqa: BLE001 a fault of ours: it is logged and answered with 500
            request.err(error)
            return
        if not taken:
            in_a_task(request)

    scheduler._schedule_fn = schedule
    return scheduler
