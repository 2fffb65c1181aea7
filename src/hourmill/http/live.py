"""GET /v1/live: what is viewed now, as server-sent events, or once as JSON or CSV."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal

import msgspec
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # Granian exports it unmarked
from msgspec import Meta

from hourmill.core.scope import Scope as Of
from hourmill.errors import TooManyWatch, Unreadable
from hourmill.http.answer import Answer, Headers, fresh
from hourmill.http.query import both_of
from hourmill.http.rsgi import HTTPProtocol, Scope, Stream
from hourmill.http.stats_tables import live_table
from hourmill.http.tables import csv_answer, preferred
from hourmill.services.stats.answer import LiveViews
from hourmill.services.stats.asked import scope_of
from hourmill.services.stats.live import LOOKS_EVERY, Live, Pulse
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

    def __init__(self, live: Live) -> None:
        self._live = live
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every stream, let none begin."""
        self._closing.set()

    async def live(self, scope: Scope, protocol: HTTPProtocol) -> Answer | None:
        """What is viewed now, every few seconds or once."""
        question, form = both_of(ScopeQuestion, LiveForm, scope.query_string)
        of = scope_of(question)
        written = form.format or preferred(scope.headers.get("accept") or "", MEDIA_TYPES)
        if written != "events":
            return await self._once(of, as_csv=written == "csv")
        if scope.method == "HEAD":
            return Answer(200, EVENTS, b"")
        if self._closing.is_set():
            raise TooManyWatch
        with self._live.watched(of) as pulse:
            seen = await pulse.look()  # what fails now can still be answered with a problem
            await self._tell(pulse, seen, protocol)
        return None

    async def _once(self, of: Of, *, as_csv: bool) -> Answer:
        with self._live.watched(of) as pulse:
            seen = await pulse.look()
        name = f"hourmill-live-{seen.minutes[-1].start:%Y%m%dT%H%M}.csv"
        plain = csv_answer(name, live_table(seen), seen.complete_until) if as_csv else fresh(seen)
        return plain._replace(headers=[*plain.headers, ("vary", "accept")])

    async def _tell(self, pulse: Pulse, seen: LiveViews, protocol: HTTPProtocol) -> None:
        stream = protocol.response_stream(200, EVENTS)
        ends = [asyncio.ensure_future(protocol.client_disconnect()), asyncio.ensure_future(self._closing.wait())]
        try:
            with suppress(ProtocolClosed):  # the client went away meanwhile
                await _send_all(stream, pulse, seen, ends)
        finally:
            for end in ends:
                end.cancel()


async def _send_all(stream: Stream, pulse: Pulse, seen: LiveViews, ends: "Sequence[asyncio.Future[Any]]") -> None:
    events, sent_bytes = RETRY + _event(seen), 0
    while True:
        await stream.send_bytes(events)
        sent_bytes += len(events)
        done, _ = await asyncio.wait(ends, timeout=LOOKS_EVERY.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
        if done or sent_bytes > MAX_STREAM_BYTES:
            return
        try:
            events = _event(await pulse.look())
        except Unreadable:  # the next look may show something again
            events = COMMENT


def _event(seen: LiveViews) -> bytes:
    return b"event: live\ndata: " + msgspec.json.encode(seen) + b"\n\n"
