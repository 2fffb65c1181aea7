"""What somebody may send to do harm within a handful of requests, and what each is answered."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import uuid4

import aiohttp
from tests.acceptance.access_keys import bearer, keys
from tests.acceptance.routes import MULTI, MULTI_LIMIT, SINGLE
from tests.acceptance.target import KEY_NAME, NEW_PAGES, Target
from tests.client import HOST, PATIENCE_S
from tests.cluster import eventually

MOST_DAYS = 19_999  # a batch has at most 20,000 entries, and its page is one
AHEAD = timedelta(hours=26)  # 25 are taken
EMPTY_PAGES = 700_000  # as many as the largest body has room for
BAD_PARAMETERS = 16_000  # as many as a request line of 64 KiB has room for
MOST_ERRORS = 20
MOST_REFUSAL_BYTES = 16 << 10
SIGN_INS = 150
MOST_SESSIONS = 100  # of a key
READS = 50
MADE_UP = 4 * NEW_PAGES
DEAREST_READ = "/v1/timeseries?from=2024-01-01&to=2026-04-01&interval=hour&compare=previous"
HELD_BACK = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

Attack = Callable[[Target], Awaitable[None]]


async def months(target: Target) -> None:
    """One view in each month since 1970, three times."""
    now = datetime.now(UTC)
    hours = [f"{year}-{month:02}-15T10:00:00Z" for year in range(1970, now.year) for month in range(1, 13)]
    for number in range(3):
        await _counted(target, {f"months/{number}": dict.fromkeys(hours, 1)})


async def days(target: Target) -> None:
    """One view in each of nearly 20,000 days."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = [f"{today - timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}" for number in range(MOST_DAYS)]
    await _counted(target, {"days/x": dict.fromkeys(hours, 1)})


async def future(target: Target) -> None:
    """Months up to 2200, and one view that is an hour too far ahead."""
    ahead = f"{datetime.now(UTC) + AHEAD:%Y-%m-%dT%H:%M:%SZ}"
    years = [f"{year}-{month:02}-15T10:00:00Z" for year in range(1970, 2201) for month in range(1, 13)]
    for route, value in [
        (SINGLE, {"page": "future/x", "timestamp": ahead}),
        (MULTI, {"future/x": {ahead: 1}}),
        (MULTI, {"future/x": dict.fromkeys(years, 1)}),
    ]:
        answer = await asyncio.to_thread(target.service.post, route, value)
        assert answer.status == HTTPStatus.BAD_REQUEST, answer
        assert 1 <= len(answer.json()["errors"]) <= MOST_ERRORS
    assert not [page for page, _ in await target.counted() if page == "future/x"]


async def empty_pages(target: Target) -> None:
    """As many pages without an entry as a body has room for, with and without a reason for the thorough parser."""
    pages = ",".join(f'"{number:x}":{{}}' for number in range(EMPTY_PAGES))
    for body in (f"{{{pages}}}".encode(), f'{{"\\"":{{}},{pages}}}'.encode()):
        assert len(body) <= MULTI_LIMIT
        answer = await asyncio.to_thread(target.service.post, MULTI, body)
        assert answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE, answer.status


async def bad_parameters(target: Target) -> None:
    """As many parameters that are no UTF-8 as a request line has room for."""
    answer = await asyncio.to_thread(target.service.get, b"/report?" + b"%ff&" * BAD_PARAMETERS, bearer(target.key))
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert len(answer.json()["errors"]) <= MOST_ERRORS
    assert len(answer.body) <= MOST_REFUSAL_BYTES


async def sign_ins(target: Target) -> None:
    """More than the sessions that a key may have, all at once, and as many with a wrong secret."""
    wrong = f"{target.key[:-1]}{'0' if target.key[-1] != '0' else '1'}"
    bodies = [json.dumps({"key": key}).encode() for key in (target.key, wrong) for _ in range(SIGN_INS)]
    statuses = await _at_once(target, [("POST", "/session", body) for body in bodies])
    assert statuses.keys() <= {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED, *HELD_BACK}, statuses
    assert 0 < statuses[HTTPStatus.OK] <= SIGN_INS
    told = json.loads(await asyncio.to_thread(keys, target.service, "list", "--json"))
    (held,) = [key["signed_in"] for key in told["keys"] if key["name"] == KEY_NAME]
    assert held <= MOST_SESSIONS


async def dear_reads(target: Target) -> None:
    """The dearest question there is, over many connections at once."""
    statuses = await _at_once(target, [("GET", DEAREST_READ, b"")] * READS)
    assert statuses.keys() <= {HTTPStatus.OK, *HELD_BACK}, statuses
    assert statuses[HTTPStatus.OK]


async def made_up_pages(target: Target) -> None:
    """Four times as many pages as may be new in an hour: no view is lost, but most of the pages get no counter."""
    hour = f"{datetime.now(UTC):%Y-%m-%dT%H:00:00Z}"
    for first in range(0, MADE_UP, NEW_PAGES):
        await _counted(target, {f"made-up/{number}": {hour: 1} for number in range(first, first + NEW_PAGES)})
    named = {page for page, _ in await target.counted() if page.startswith("made-up/")}
    assert len(named) <= 2 * NEW_PAGES + 1  # an hour of the clock may end meanwhile; and (other)


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (months, days, future, empty_pages, bad_parameters, sign_ins, dear_reads, made_up_pages)
}


async def _counted(target: Target, batch: dict[str, dict[str, int]]) -> None:
    """Send a batch until it is taken, as an honest client would, and wait until exactly its views are counted, too."""
    key = [("idempotency-key", str(uuid4()))]
    before = await target.views()
    site = next(iter(batch)).partition("/")[0]
    goal = before[site] + sum(sum(hours.values()) for hours in batch.values())

    async def taken() -> bool:
        answer = await asyncio.to_thread(target.service.post, MULTI, batch, key)
        assert answer.status in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}, answer
        return answer.status == HTTPStatus.OK

    async def there() -> bool:
        return (await target.views())[site] == goal

    await eventually(taken)
    await eventually(there)


async def _at_once(target: Target, requests: Sequence[tuple[str, str, bytes]]) -> Counter[int]:
    """How many of the requests got which status, all sent at the same time; who is held back is told for how long."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {target.key}"}
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)

    async def one(session: aiohttp.ClientSession, method: str, path: str, body: bytes) -> int:
        url = f"http://{HOST}:{target.service.port}{path}"
        async with session.request(method, url, data=body or None, headers=headers) as response:
            await response.read()
            assert response.status not in HELD_BACK or "retry-after" in response.headers
            return response.status

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        return Counter(await asyncio.gather(*(one(session, *request) for request in requests)))
