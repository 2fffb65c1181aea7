"""The dearest bodies that may be sent: each is answered as it should be, and single views are counted meanwhile."""

import asyncio
import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import NamedTuple

import aiohttp
import pytest
from tests.acceptance.routes import MULTI, MULTI_LIMIT, SINGLE, TEN
from tests.client import HOST
from tests.conftest import StartService
from tests.service import RunningService, running_service

MOST_ENTRIES = 20_000
AT_ONCE = 12
JSON = {"content-type": "application/json"}
HOURS = [f"2025-{n // 600 % 12 + 1:02}-{n // 24 % 25 + 1:02}T{n % 24:02}:00:00.{n}Z" for n in range(MOST_ENTRIES - 2)]


class Hostile(NamedTuple):
    """A body, and the status it gets."""

    name: str
    path: str
    body: Callable[[], bytes]
    status: int


def _empty(pages: int) -> bytes:
    return b'{"\\"":{},' + b",".join(b'"%d":{}' % n for n in range(pages)) + b"}"


def _hours(*more: str) -> bytes:
    return json.dumps({"a/hours": dict.fromkeys([*HOURS, *more], 1)}).encode()


def _long() -> bytes:
    return json.dumps({f"a/{n}{'x' * 2000}": {TEN: 1} for n in range(4_000)}).encode()


HOSTILE = [
    Hostile("700,000 empty pages", MULTI, lambda: _empty(700_000), 413),
    Hostile("as many empty pages as may be", MULTI, lambda: _empty(MOST_ENTRIES - 1), 200),
    Hostile("as many hours as may be", MULTI, _hours, 200),
    Hostile("as many hours and a fault", MULTI, lambda: _hours("?"), 400),
    Hostile("long pages", MULTI, _long, 200),
    Hostile("arrays for hours", MULTI, lambda: b'{"a":[' + b"[]," * (MULTI_LIMIT // 3 - 10) + b"1]}", 400),
    Hostile("a count of 8 MB", MULTI, lambda: b'{"a":{"%b":%b}}' % (TEN.encode(), b"9" * (MULTI_LIMIT - 99)), 400),
    Hostile("a page of 8 MB", MULTI, lambda: b'{"%b":{}}' % (b"\\u00e9" * (MULTI_LIMIT // 6 - 9)), 400),
    Hostile("values nobody asked for", SINGLE, lambda: b'{"x":[' + b"[]," * 5_000 + b"1]}", 400),
]  # fmt: skip


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running_service(tmp_path_factory.mktemp("attacked")) as running:
        yield running


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
async def test_single_views_are_counted_while_the_dearest_bodies_come(
    attacked: RunningService, page: str, hostile: Hostile
) -> None:
    body = hostile.body()
    statuses, views = await beside(attacked.port, hostile.path, body, page)
    assert set(statuses) <= {hostile.status, 503, None}
    assert hostile.status in statuses
    assert attacked.views(page, TEN) == views


async def test_they_are_on_postgresql(start_service: StartService, database_url: str, page: str) -> None:
    service = start_service({"DATABASE_URL": database_url})
    statuses, views = await beside(service.port, MULTI, _hours(), page)
    assert set(statuses) <= {200, 503, None}
    assert service.views(page, TEN) == views > 0
    assert sum(views for _, views in service.report("a/hours", now="2025-01-02T00:00:00Z")) > 0


async def beside(port: int, path: str, body: bytes, page: str) -> tuple[list[int | None], int]:
    """What AT_ONCE requests with this body are answered with, and how many single views were counted meanwhile."""
    url = f"http://{HOST}:{port}"
    async with aiohttp.ClientSession() as session:
        attack = asyncio.gather(*(status_of(session, url + path, body) for _ in range(AT_ONCE)))
        view = json.dumps({"page": page, "timestamp": TEN}).encode()
        views = 0
        while not attack.done():
            assert await status_of(session, url + SINGLE, view) == 200
            views += 1
        return await attack, views


async def status_of(session: aiohttp.ClientSession, url: str, body: bytes) -> int | None:
    """The status of a POST; None: it was refused before it was read, and the connection closed while we sent."""
    try:
        async with session.post(url, data=BytesIO(body), headers=JSON) as answer:
            await answer.read()
            return answer.status
    except aiohttp.ClientError:
        return None
