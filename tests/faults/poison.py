"""Class F: messages that nobody can read, and cells that no counter can hold."""

import random
from collections import Counter

import msgspec
from aiormq import spec
from tests.cluster import PARTITIONS
from tests.faults.distributed import Distributed
from tests.faults.fault import Fault, wait
from tests.faults.record import OK
from tests.traffic import FIRST_HOUR, Cell

MESSAGES = 10

Pages = dict[str, dict[int, int]]


async def unreadable_messages(system: Distributed, dice: random.Random) -> None:
    for _ in range(MESSAGES):
        await publish(system, dice.randrange(PARTITIONS), unreadable(system, dice))
        await wait(dice, 0, 0.1)


async def poison_cells(system: Distributed, dice: random.Random) -> None:
    for _ in range(MESSAGES):
        await publish(system, dice.randrange(PARTITIONS), with_poison_cell(system, dice))
        await wait(dice, 0, 0.1)


async def poison_delivered_twice(system: Distributed, dice: random.Random) -> None:
    for _ in range(MESSAGES):
        partition, body = dice.randrange(PARTITIONS), with_poison_cell(system, dice)
        await publish(system, partition, body)
        await publish(system, partition, body)


async def absurd_counts(system: Distributed, dice: random.Random) -> None:
    """Each as large as a counter can be; the cell that would pass its end keeps what it has, or is parked."""
    for number in range(MESSAGES):
        body = message(dice, system, {f"absurd/{number}": {FIRST_HOUR: 2**63 - 1}})
        await publish(system, dice.randrange(PARTITIONS), body)


def unreadable(system: Distributed, dice: random.Random) -> bytes:
    """A message that must be dead-lettered: random bytes, a truncated one, or one of a future version."""
    system.dead_letters += 1
    whole = _encoded(dice, {"never/counted": {FIRST_HOUR: 1}})
    kinds = [dice.randbytes(dice.randint(0, 300)), whole[: dice.randrange(len(whole))], b"\x02" + whole[1:]]
    return dice.choice(kinds)


def with_poison_cell(system: Distributed, dice: random.Random) -> bytes:
    """A message some of whose cells must be parked, the others counted."""
    mark = f"{dice.getrandbits(64):x}"
    bad: list[Pages] = [
        {f"poison/nul\0/{mark}": {FIRST_HOUR: 1}},
        {f"poison/negative/{mark}": {FIRST_HOUR: -1}},
        {f"poison/none/{mark}": {FIRST_HOUR: 0}},
        {f"poison/far/{mark}": {2**40: 1, -(2**40): 2, FIRST_HOUR: 3}},
    ]
    return message(dice, system, {f"poison/good/{mark}": {FIRST_HOUR: 5}} | dice.choice(bad))


def message(dice: random.Random, system: Distributed, cells: Pages) -> bytes:
    """A message of a producer of its own; the book says that it was accepted."""
    flat: Counter[Cell] = Counter(
        {(page, hour): views for page, hours in cells.items() for hour, views in hours.items()}
    )
    system.record.ended(system.record.sent(flat), OK)
    return _encoded(dice, cells)


def _encoded(dice: random.Random, cells: Pages) -> bytes:
    return b"\x01" + msgspec.msgpack.encode([dice.randbytes(16), 0, 1, cells, {}])


async def publish(system: Distributed, partition: int, body: bytes) -> None:
    """Put a message into the queue of a partition, past the API."""
    async with system.cluster.channel() as channel:
        properties = spec.Basic.Properties(delivery_mode=2)
        queue = f"{system.cluster.prefix}.views.{partition}"
        await channel.basic_publish(body, routing_key=queue, properties=properties, mandatory=True)


FAULTS = [
    Fault("unreadable messages", unreadable_messages, lambda evidence: evidence.dead_letters > 0),
    Fault("poison cells", poison_cells, lambda evidence: evidence.parked > 0),
    Fault("poison delivered twice", poison_delivered_twice, lambda evidence: evidence.parked > 0),
    Fault("absurd counts", absurd_counts, lambda _: True),
]
