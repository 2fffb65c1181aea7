"""SIGTERM and SIGINT: what is in flight is finished, nothing else is waited for, the exit code is 0."""

import asyncio
import signal
import sqlite3
from contextlib import closing

import pytest
from tests.load import HOUR, Load
from tests.service import RunningService


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_service_has_counted_exactly_what_it_answered(
    own_service: RunningService, signal_number: signal.Signals
) -> None:
    async def under_load() -> tuple[Load, int]:
        load = Load(own_service.port)
        codes = []

        async def stop(load: Load) -> None:
            await load.more_answers(500)
            codes.append(await asyncio.to_thread(own_service.end, signal_number))
            own_service.start()  # the keyed clients go on until they succeed

        await load.run(8, stop)
        return load, codes[0]

    load, code = asyncio.run(under_load())
    own_service.stop()
    with closing(sqlite3.connect(own_service.data_file)) as connection:
        views = dict(connection.execute("SELECT page, sum(views) FROM page_views GROUP BY page"))

    assert code == 0
    assert set(load.keyless.refused) | set(load.keyed.refused) <= {503}
    assert {page: views[page] for page in load.keyless.ok} == dict(load.keyless.ok)
    assert {page: views[page] for page in load.keyed.ok} == dict(load.keyed.ok)


def test_a_body_that_never_ends_does_not_hold_up_the_stop(own_service: RunningService) -> None:
    with own_service.connection() as connection:
        connection.send(
            b"POST /page-views/single HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b'Content-Length: 100\r\n\r\n{"page"'
        )
        own_service.get("/health")
        assert own_service.end(signal.SIGTERM) == 0
        assert not connection.everything().startswith(b"HTTP/1.1 408")  # which it is only after a minute


def test_a_head_that_never_ends_does_not_hold_up_the_stop(own_service: RunningService) -> None:
    with own_service.connection() as connection:
        connection.send(b"GET /health HTTP/1.1\r\nHo")
        own_service.get("/health")
        assert own_service.end(signal.SIGTERM) == 0


def test_an_idle_connection_does_not_hold_up_the_stop(own_service: RunningService) -> None:
    with own_service.connection() as connection:
        connection.request("GET", "/health")
        assert own_service.end(signal.SIGTERM) == 0


def test_a_stopped_service_leaves_one_file_with_everything_in_the_table(own_service: RunningService) -> None:
    own_service.post("/page-views/single", {"page": "last", "timestamp": HOUR})
    own_service.stop()

    files = [file.name for file in own_service.folder.glob("hourmill.db*") if file.suffix != ".lock"]
    assert files == ["hourmill.db"]
    with closing(sqlite3.connect(own_service.data_file)) as connection:
        assert connection.execute("SELECT page, view_hour, views FROM page_views").fetchall() == [
            ("last", "2026-01-02 03:00:00", 1)
        ]
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,)
