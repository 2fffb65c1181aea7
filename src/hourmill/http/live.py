"""GET /v1/live: what is viewed now, as server-sent events, or once as JSON or CSV."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # Granian exports it unmarked
from msgspec import Meta

from hourmill.core.scope import Scope as Of
from hourmill.errors import TooManyReads, TooManyWatch, Unreadable
from hourmill.http.answer import Answer, Headers, fresh
from hourmill.http.query import both_of
from hourmill.http.reads import Lane, Reads, refused_late
from hourmill.http.rsgi import Handler, HTTPProtocol, Scope, Stream
from hourmill.http.stats_tables import live_table
from hourmill.http.tables import csv_answer, preferred
from hourmill.services.stats.answer import LiveViews
from hourmill.services.stats.asked import scope_of
from hourmill.services.stats.live import LOOKS_EVERY, Live
from hourmill.services.stats.question import ScopeQuestion

# Granian queues what is sent to a client that does not read, without bound. So a stream ends after so much; a
# browser comes back by itself. That is some 25 minutes.
MAX_STREAM_BYTES = 1 << 20
RETRY = b"retry: 1000\n\n"  # milliseconds until a browser comes back
COMMENT = b":\n\n"  # keeps proxies from giving up
EVENTS: Headers = [
    ("content-type", "text/event-stream"),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),  # nginx would hold events back
    ("vary", "accept"),
]

Look: TypeAlias = Callable[[], Awaitable[LiveViews]]
LiveFormName = Literal["events", "json", "csv"]
MEDIA_TYPES: dict[LiveFormName, str] = {"events": "text/event-stream", "json": "application/json", "csv": "text/csv"}


class LiveForm(msgspec.Struct, frozen=True):
    """How it is written."""

    format: Annotated[
        LiveFormName | None,
        Meta(
            description="`events` go on; `json` and `csv` say once what is viewed now. "
            "Without: what the `Accept` header prefers, else `events`."
        ),
    ] = None


class LiveRoute:
    """Streams that go on until the client goes, enough was sent, or the service closes."""

    def __init__(self, live: Live, reads: Reads) -> None:
        self._live = live
        self._reads = reads
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every stream, let none begin."""
        self._closing.set()

    def of_client(self, client: Hashable) -> Handler:
        """What answers a client: what is viewed now, every few seconds or once."""
        return partial(self._live_of, client)

    async def _live_of(self, client: Hashable, scope: Scope, protocol: HTTPProtocol) -> Answer | None:
        question, form = both_of(ScopeQuestion, LiveForm, scope.query_string)
        of = scope_of(question)
        written = form.format or preferred(scope.headers.get("accept") or "", MEDIA_TYPES)
        if written != "events":
            once = self._reads.in_turn(Lane.LIVE, client, partial(self._once, of, client, written))
            return await once(scope, protocol)
        if scope.method == "HEAD":
            return Answer(200, EVENTS, b"")
        if self._closing.is_set():
            raise TooManyWatch
        async with refused_late():
            await self._stream(of, client, protocol)
        return None

    async def _stream(self, of: Of, client: Hashable, protocol: HTTPProtocol) -> None:
        with self._live.stream(client) as given_up, self._live.watched(of) as pulse:
            look = partial(pulse.look, client)
            seen = await look()  # what fails now can still be answered with a problem
            stream = protocol.response_stream(200, EVENTS)
            waits = protocol.client_disconnect(), self._closing.wait(), given_up.wait()
            ends = list(map(asyncio.ensure_future, waits))
            try:
                with suppress(ProtocolClosed):  # the client went away meanwhile
                    await _send_all(stream, look, seen, ends)
            finally:
                for end in ends:
                    end.cancel()

    async def _once(self, of: Of, client: Hashable, written: LiveFormName, *_: object) -> Answer:
        with self._live.watched(of) as pulse:
            seen = await pulse.look(client)
        name = f"hourmill-live-{seen.minutes[-1].start:%Y%m%dT%H%M}.csv"
        plain = await csv_answer(name, live_table(seen), seen.complete_until) if written == "csv" else fresh(seen)
        return plain._replace(headers=[*plain.headers, ("vary", "accept")])


async def _send_all(stream: Stream, look: Look, seen: LiveViews, ends: "Sequence[asyncio.Future[Any]]") -> None:
    events, sent_bytes = RETRY + _event(seen), 0
    while True:
        await stream.send_bytes(events)
        sent_bytes += len(events)
        done, _ = await asyncio.wait(ends, timeout=LOOKS_EVERY.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
        if done or sent_bytes > MAX_STREAM_BYTES:
            return
        try:
            events = _event(await look())
        except (Unreadable, TooManyReads):  # the next look may show something again
            events = COMMENT


def _event(seen: LiveViews) -> bytes:
    return b"event: live\ndata: " + msgspec.json.encode(seen) + b"\n\n"
