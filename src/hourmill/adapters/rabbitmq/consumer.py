"""Consuming from RabbitMQ: a tap for each queue of the held partitions, one basket for all."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import count
from typing import NamedTuple, TypeAlias

import structlog
from aiormq import Connection

from hourmill.adapters.rabbitmq.basket import Basket
from hourmill.adapters.rabbitmq.connection import Link, reachable, throwaway_channel
from hourmill.adapters.rabbitmq.dead_letters import DeadLetterLog
from hourmill.adapters.rabbitmq.generations import Generations, adopt, find_all, make
from hourmill.adapters.rabbitmq.notes import Notes, made, retired, strike
from hourmill.adapters.rabbitmq.reckoning import together
from hourmill.adapters.rabbitmq.retiring import Retirement
from hourmill.adapters.rabbitmq.sieve import SievedConnection
from hourmill.adapters.rabbitmq.source import Source
from hourmill.adapters.rabbitmq.tap import Pipes, Tap
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.errors import Unreachable
from hourmill.ports.progress import Level
from hourmill.ports.queue import Delivery

log = structlog.get_logger()

PREFETCH = 200  # messages of a queue that are here and not acked; more would only wait in memory
ANSWERED_WITHIN_S = 10.0
RETIRES_EVERY_S = 5.0  # one question to the broker for each leftover queue

Key: TypeAlias = tuple[int, int]
"""Partition and generation."""


class _Running(NamedTuple):
    tap: Tap
    task: asyncio.Task[None]


class RabbitConsumer:
    """A Consumer and Gauge, for one caller at a time; open() makes one.

    The tag of a delivery is the number of its channel, never used twice, and the broker's delivery tag on it.
    """

    def __init__(self, url: str, link: Link, notes: Notes, topology: Topology, prefetch: int) -> None:
        self._url = url
        self._link = link
        self._notes = notes
        self._topology = topology
        self._connection: SievedConnection | None = None
        self._held: frozenset[int] = frozenset()
        self._found: dict[int, Generations] = {}
        self._knows_all = False
        self._looking = asyncio.Lock()
        self._running: dict[Key, _Running] = {}
        self._sources: dict[int, Source] = {}
        self._basket = Basket()
        self._dead_letters = DeadLetterLog()
        self._pipes = Pipes(self._basket, self._sources, count(1), self._dead_letters, prefetch)
        self._was_ready = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, topology: Topology, prefetch: int = PREFETCH) -> AsyncIterator["RabbitConsumer"]:
        """Returns at once and connects in the background, as long as it takes.

        url       as connection.Link
        prefetch  how many messages of each queue can be here and not acked; more than a flush takes at most
        """
        link = Link(url, "hourmill consumer")
        async with Notes.open(url, topology) as notes:
            consumer = cls(url, link, notes, topology, prefetch)
            async with link.kept(consumer._serve):
                yield consumer

    @property
    def dead_letters(self) -> int:
        """How many messages were put aside."""
        return self._dead_letters.messages

    async def ready(self) -> None:
        await self._was_ready.wait()

    async def partitions(self) -> frozenset[int]:
        if self._connection is None:
            raise Unreachable(self._link.reason)
        await self._look()
        if self._connection is not None:
            self._start(self._connection)
        return frozenset(self._found)

    async def hold(self, partitions: frozenset[int]) -> None:
        self._held = partitions
        await self._stop([key for key in self._running if key[0] not in partitions])
        if self._connection is not None:
            self._start(self._connection)

    async def gather(self, most: int, within_s: float) -> list[Delivery]:
        return await self._basket.gather(most, within_s)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        highest: dict[int, int] = {}
        for delivery in deliveries:
            number, tag = delivery.tag
            highest[number] = max(tag, highest.get(number, 0))
        for number, tag in highest.items():
            source = self._sources.get(number)
            if source is not None:  # else its channel is gone, and the broker delivers again
                with suppress(Unreachable), reachable():
                    await source.ack(tag)

    async def levels(self, now: datetime) -> dict[int, Level]:
        taps = [running.tap for running in self._running.values()]
        seen = await asyncio.gather(*[self._level(tap, now) for tap in taps])
        by_partition: dict[int, list[Level | None]] = {}
        for tap, level in zip(taps, seen, strict=True):
            by_partition.setdefault(tap.partition, []).append(level)
        levels = {partition: together(levels) for partition, levels in by_partition.items()}
        return {partition: self._told(level) for partition, level in levels.items() if level is not None}

    def _told(self, level: Level) -> Level:
        """A level of the queues that are known; if there may be others, no moment can be told."""
        return level if self._knows_all else level._replace(counted_until=None)

    async def _level(self, tap: Tap, now: datetime) -> Level | None:
        with suppress(Unreachable), reachable():
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                return await tap.level(now)
        return None

    async def _look(self) -> None:
        """Find the queues there are; if the notes cannot be read, those that are known are all there are to consume."""
        async with self._looking:
            try:
                ask = self._notes.noted if self._found else self._notes.noted_anyhow
                self._found = await find_all(ask, self._topology.partitions)
            except Unreachable as error:
                if not self._found or self._connection is None:
                    raise
                await self._answers(self._connection)  # else others had better have what is held
                if self._knows_all:
                    log.warning("new queues are not looked for", reason=str(error))
                self._knows_all = False
            else:
                self._knows_all = True

    async def _answers(self, connection: Connection) -> None:
        with reachable():
            async with asyncio.timeout(ANSWERED_WITHIN_S), throwaway_channel(connection):
                pass

    async def _serve(self, connection: SievedConnection) -> None:
        await make(self._url, self._topology, self._notes, range(self._topology.partitions))
        self._found = {}  # another broker may be there now, or this one without what it had
        await self._look()
        await adopt(connection, self._topology, self._found)
        self._connection = connection
        self._start(connection)
        self._link.established(connection)
        self._was_ready.set()
        retiring = asyncio.create_task(self._retire(connection))
        try:
            await asyncio.wait([connection.closing])
        finally:
            self._connection = None
            retiring.cancel()
            await asyncio.wait([retiring])
            await self._stop(list(self._running))

    def _start(self, connection: SievedConnection) -> None:
        for partition in self._held & self._found.keys():
            for generation in self._found[partition].made:
                if (partition, generation) not in self._running:
                    queue = self._topology.queue(partition, generation)
                    tap = Tap(partition, generation, queue, self._pipes)
                    task = asyncio.create_task(tap.run(connection, self._gone))
                    self._running[partition, generation] = _Running(tap, task)

    async def _stop(self, keys: Iterable[Key]) -> None:
        stopping = [self._running.pop(key).task for key in keys]
        for task in stopping:
            task.cancel()
        if stopping:
            await asyncio.wait(stopping)

    async def _gone(self, tap: Tap) -> bool:
        """A queue is not there. One that is retired was deleted by another worker, which died before it had struck its
        note; every other one was deleted by hand and is made again."""
        connection = self._connection
        if connection is None:
            return False
        if await self._notes.noted([retired(tap.partition, tap.generation)]):
            await strike(connection, self._topology, made(tap.partition, tap.generation))
            log.info("leftover queue is gone", partition=tap.partition, queue=tap.queue)
            self._forget(tap)
            return False
        await make(self._url, self._topology, self._notes, [tap.partition])
        return True

    async def _retire(self, connection: Connection) -> None:
        """Give up what is left over, until cancelled."""
        retirements: dict[Tap, Retirement] = {}
        while True:
            await asyncio.sleep(RETIRES_EVERY_S)
            leftover = [running.tap for running in self._running.values() if self._is_leftover(running.tap)]
            retirements = {tap: retirements.get(tap) or Retirement(tap, connection, self._topology) for tap in leftover}
            for tap, retirement in retirements.items():
                try:
                    with reachable():
                        async with asyncio.timeout(ANSWERED_WITHIN_S):
                            if await retirement.advance(is_retired=self._is_retired(tap)):
                                await self._delete(tap, retirement)
                except Unreachable as error:
                    log.debug("leftover queue not retired", queue=tap.queue, reason=str(error))
                except Exception:  # a fault of ours; nothing that is left over would ever go
                    log.error("retiring failed", queue=tap.queue, exc_info=True)

    async def _delete(self, tap: Tap, retirement: Retirement) -> None:
        async with self._looking:  # or what was seen before would have it consumed again
            key = (tap.partition, tap.generation)
            if key in self._running and self._running[key].tap is tap:
                await self._stop([key])
                self._forget(tap)
                await retirement.delete()

    def _forget(self, tap: Tap) -> None:
        """A queue is gone for good."""
        self._running.pop((tap.partition, tap.generation), None)
        generations = self._found.get(tap.partition)
        if generations is not None:
            made = tuple(generation for generation in generations.made if generation != tap.generation)
            self._found[tap.partition] = generations._replace(made=made)
            if not made and tap.partition >= self._topology.partitions:
                del self._found[tap.partition]

    def _is_leftover(self, tap: Tap) -> bool:
        return tap.partition >= self._topology.partitions or self._is_retired(tap)

    def _is_retired(self, tap: Tap) -> bool:
        generations = self._found.get(tap.partition)
        return generations is not None and tap.generation < generations.current
