"""Planted bugs, each of which the rounds must find: a harness that finds none of them proves nothing.

SQLite without its fsyncs (synchronous=OFF) is not among them: only a power cut shows it, and a killed process is none.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from uuid import uuid4

import msgspec
from aiormq import spec
from pamqp.common import FieldTable
from tests.service import COMMAND

from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.rabbitmq import lane
from hourmill.adapters.rabbitmq.publisher import RabbitPublisher
from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.adapters.sqlite.journal import Journal
from hourmill.adapters.sqlite.store import SqliteStore
from hourmill.core.batch import Batch
from hourmill.core.message import Claim, Message
from hourmill.core.partition import split
from hourmill.errors import HourmillError
from hourmill.failpoints import Step, reached
from hourmill.ports.queue import Delivery
from hourmill.ports.store import ParkedCell
from hourmill.services.mill import Mill, Sum


class Mutant(NamedTuple):
    """A planted bug, and a fault that must show it.

    plant  changes the program in this process
    """

    plant: Callable[[], None]
    letter: str
    fault: str


def ack_before_commit() -> None:
    """A worker acknowledges, then counts."""
    flush = Mill._flush

    async def mutated(self: Mill, deliveries: Sequence[Delivery], added_up: Sum) -> None:
        await self._consumer.ack(deliveries)
        await flush(self, deliveries, added_up)

    Mill._flush = mutated  # type: ignore[method-assign]


def no_claim_check() -> None:
    """What is delivered again is counted again."""
    apply = PostgresStore.apply

    async def mutated(
        self: PostgresStore, claims: Sequence[Claim], batch: Batch, parked: Sequence[ParkedCell] = ()
    ) -> Sequence[Claim]:
        return await apply(self, others(claims), batch, parked and ())

    PostgresStore.apply = mutated  # type: ignore[method-assign]


def claims_apart() -> None:
    """The claims are made in one transaction, the counters raised in the next."""
    apply = PostgresStore.apply

    async def mutated(
        self: PostgresStore, claims: Sequence[Claim], batch: Batch, parked: Sequence[ParkedCell] = ()
    ) -> Sequence[Claim]:
        return await apply(self, claims, Batch({}, {})) or await apply(self, others(claims), batch)

    PostgresStore.apply = mutated  # type: ignore[method-assign]


def new_number_on_republish() -> None:
    """What was not confirmed is published again under another number."""
    publish = RabbitPublisher.publish
    tried: set[Claim] = set()

    async def mutated(self: RabbitPublisher, messages: Sequence[Message]) -> None:
        again = [Message(other(claim) if claim in tried else claim, batch) for claim, batch in messages]
        tried.update(message.claim for message in messages)
        await publish(self, again)

    RabbitPublisher.publish = mutated  # type: ignore[method-assign]


def answer_before_confirm() -> None:
    """Success is answered when a message has left."""
    publish = RabbitPublisher.publish
    under_way: set[asyncio.Task[None]] = set()

    async def attempted(self: RabbitPublisher, messages: Sequence[Message]) -> None:
        try:
            await publish(self, messages)
        except HourmillError:
            return

    async def mutated(self: RabbitPublisher, messages: Sequence[Message]) -> None:
        under_way.add(asyncio.create_task(attempted(self, messages)))

    RabbitPublisher.publish = mutated  # type: ignore[method-assign]


def drop_head() -> None:
    """A full queue drops its oldest messages."""
    bounded = Topology._bounded

    def mutated(self: Topology) -> FieldTable:
        return bounded(self) | {"x-overflow": "drop-head"}

    Topology._bounded = mutated  # type: ignore[method-assign]
    Topology.arguments = mutated  # type: ignore[method-assign]


def not_mandatory() -> None:
    """A message for which there is no queue is confirmed."""
    basic = SimpleNamespace(
        Properties=spec.Basic.Properties,
        Publish=lambda mandatory, **where: spec.Basic.Publish(**where),
    )
    lane.spec = SimpleNamespace(Basic=basic)  # type: ignore[assignment, attr-defined]


def answer_before_journal() -> None:
    """SQLite: success is answered before the commit."""
    write = SqliteStore.write

    def mutated(self: SqliteStore, batch: Batch) -> None:
        self.submit(lambda: write(self, batch))

    SqliteStore.write = mutated  # type: ignore[method-assign]


def no_key_check() -> None:
    """SQLite: a key is claimed, and it does not matter whether it was before."""
    claim = Journal._claim

    def mutated(self: Journal, *arguments: object) -> bool:
        claim(self, *arguments)  # type: ignore[arg-type]
        return True

    Journal._claim = mutated  # type: ignore[assignment]


def journal_emptied_apart() -> None:
    """SQLite: the counters are raised in one transaction, the journal is emptied in the next."""

    def mutated(self: Journal) -> bool:
        self._folded_at_s = self._clocks.monotonic_s()
        if not self._unfolded:
            return False
        with self._writing() as connection:
            part = self._unfolded[0]
            connection.execute("BEGIN IMMEDIATE")
            for partition, cells in split(part.cells, self._partitions).items():
                named = {"cells": msgspec.json.encode(cells).decode(), "partition": partition, "shard_key": 0}
                connection.execute(self._sql["raise_counters"], named)
            connection.execute("COMMIT")
            reached(Step.FOLDING)
            connection.execute(self._sql["take_out_of_journal"], {"last": part.last_seq})
        self._unfolded.popleft()
        self._unfolded_bytes -= part.journal_bytes
        return bool(self._unfolded)

    Journal.fold_part = mutated  # type: ignore[method-assign]


def other(claim: Claim) -> Claim:
    """A claim that nobody has made."""
    return claim._replace(producer=uuid4().bytes)


def others(claims: Sequence[Claim]) -> list[Claim]:
    """As many."""
    return [other(claim) for claim in claims]


MUTANTS = {
    "ack_before_commit": Mutant(ack_before_commit, "B", "storing: kill"),
    "no_claim_check": Mutant(no_claim_check, "B", "stored: kill"),
    "claims_apart": Mutant(claims_apart, "B", "storing: kill"),
    "new_number_on_republish": Mutant(new_number_on_republish, "D", "API to broker: mute"),
    "answer_before_confirm": Mutant(answer_before_confirm, "D", "API to broker: deaf"),
    "drop_head": Mutant(drop_head, "E", "full queues"),
    "not_mandatory": Mutant(not_mandatory, "G", "a queue deleted"),
    "answer_before_journal": Mutant(answer_before_journal, "b", "journalling: kill"),
    "no_key_check": Mutant(no_key_check, "a", "service"),
    "journal_emptied_apart": Mutant(journal_emptied_apart, "b", "folding: kill"),
}


def program_of(mutant: str | None) -> Sequence[str]:
    """What is run instead of hourmill."""
    if mutant is None:
        return (COMMAND,)
    return (sys.executable, str(Path(__file__).with_name("mutated.py")), mutant)
