"""More than the service can take, at once: part of it is counted, the rest is refused, and nothing is in between."""

import asyncio
import json
import re
from collections import Counter

import aiohttp
from tests.acceptance.routes import MULTI, TEN
from tests.client import HOST
from tests.service import RunningService

AT_ONCE = 300
ENTRIES = 2_000  # those of 50 batches may wait, and 300 are more work than there is time for
BATCH = json.dumps({f"example.com/{number}": {TEN: 1} for number in range(ENTRIES)}).encode()


async def test_what_is_too_much_is_refused_and_all_else_is_counted(own_service: RunningService) -> None:
    answers = Counter[str]()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        while not (answers["counted"] and answers["refused"]):
            answers += Counter(await asyncio.gather(*[outcome(session, own_service.port) for _ in range(AT_ONCE)]))
    assert set(answers) <= {"counted", "refused", "broken"}
    assert own_service.views("example.com/0", TEN) == own_service.views("example.com/1999", TEN) == answers["counted"]
    told = re.findall(r'hourmill_refused_requests_total\{reason="Overloaded"\} (\d+)', metrics_of(own_service))
    assert answers["refused"] <= int(told[0]) <= answers["refused"] + answers["broken"]
    assert own_service.post(MULTI, {"example.com/0": {TEN: 1}}).status == 200


def metrics_of(service: RunningService) -> str:
    """What the service tells Prometheus."""
    return service.get("/metrics").body.decode()


async def outcome(session: aiohttp.ClientSession, port: int) -> str:
    """What becomes of a batch; broken: it was refused before it was read, and the connection closed while we sent."""
    try:
        async with session.post(
            f"http://{HOST}:{port}{MULTI}", data=BATCH, headers={"content-type": "application/json"}
        ) as response:
            answer = await response.json(content_type=None)
    except aiohttp.ClientError:
        return "broken"
    if response.status == 200:
        return "counted"
    assert (response.status, answer["outcome"]) == (503, "not_accepted")
    assert response.headers["retry-after"] == "1"
    return "refused"
