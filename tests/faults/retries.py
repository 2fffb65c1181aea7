"""Class H: one key sent a hundred times at once, again and again, while something else is killed or cut off."""

import asyncio
import random
from functools import partial
from uuid import UUID

import aiohttp
from tests.client import HOST
from tests.faults import kills, links
from tests.faults.distributed import Distributed
from tests.faults.fault import Fault, Strike
from tests.faults.record import OK, UNKNOWN
from tests.traffic import FIRST_HOUR, multi

REPEATS = 100
KEYS = 5
PAUSE_S = 0.05
ANSWER_WITHIN_S = 30


async def hammered(strike: Strike, system: Distributed, dice: random.Random) -> None:
    """Strike while a few keys are sent a hundred times each, every one of them until it was answered with success."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session, asyncio.TaskGroup() as group:
        for number in range(KEYS):
            key = str(UUID(int=dice.getrandbits(128)))
            for _ in range(REPEATS):
                group.create_task(_until_taken(session, system, key, number))
        await strike(system, dice)


async def _until_taken(session: aiohttp.ClientSession, system: Distributed, key: str, number: int) -> None:
    route, data, cells = multi({(f"hammered/{key}/{number}", FIRST_HOUR): 3, (f"hammered/{number}", FIRST_HOUR + 1): 2})
    headers = {"content-type": "application/json", "idempotency-key": key}
    timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
    outcome = UNKNOWN
    while outcome != OK:
        url = f"http://{HOST}:{random.choice(system.traffic.ports)}{route}"
        sent = system.record.sent(cells, key)
        try:
            async with session.post(url, data=data, headers=headers, timeout=timeout) as response:
                outcome = OK if response.status == 200 else UNKNOWN
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            outcome = UNKNOWN
        system.record.ended(sent, outcome)
        if outcome != OK:
            await asyncio.sleep(PAUSE_S)


FAULTS = [
    Fault(f"100 repeats of a key, {fault.name}", partial(hammered, fault.strike), fault.bites)
    for fault in [*kills.FAULTS[:4], *(fault for fault in links.FAULTS if fault.name.endswith((": reset", ": mute")))]
]
