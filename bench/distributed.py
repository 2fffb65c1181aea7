"""Measures the distributed system beside its floors: one API, one worker, RabbitMQ and PostgreSQL on one machine."""

from pathlib import Path
from typing import NamedTuple

import click
import msgspec
import psutil

from bench import backlog, bare
from bench.cluster import Cluster, cluster
from bench.load import Result, load
from bench.servers import free_port, running
from bench.shapes import Shape, multi, single

BACKLOG_VIEWS = 2_000_000
BACKLOG_CELLS = 1_000_000
FLOOR_S = 3.0


class Loaded(msgspec.Struct):
    """One load on the API, until all of it was counted."""

    floor: Result
    ours: Result
    cpu_us: dict[str, float]
    """Per request, by role, until everything was counted."""
    rss_mib: dict[str, float]


class Drained(msgspec.Struct):
    """A backlog that one worker has counted."""

    name: str
    cells: int
    views: int
    seconds: float
    cpu_us: dict[str, float]
    """Per cell, by role."""


class Measured(msgspec.Struct):
    """Everything of one run."""

    loads: dict[str, list[Loaded]]
    drains: list[Drained]
    confirmed_messages_s: list[float]
    upserted_rows_s: list[float]


class Load(NamedTuple):
    """A load: its name, what is sent, over how many connections."""

    name: str
    shape: Shape
    connections: int


def measure(folder: Path, rounds: int, seconds: int) -> Measured:
    """All loads in turns, then the backlogs."""
    one, many = single(folder), multi(folder)
    loads = [Load(f"{shape.name}, {n} connections", shape, n) for shape, n in ((one, 256), (one, 512), (many, 10))]
    measured = Measured({case.name: [] for case in loads}, [], [], [])
    floor_port = free_port()
    with cluster() as nodes, running(["-m", "bench.floor", str(floor_port)], folder, floor_port) as floor:
        for turn in range(rounds):
            _say(f"round {turn + 1} of {rounds}: bare broker and database")
            measured.confirmed_messages_s.append(bare.confirmed_messages_s(nodes.rabbitmq_url, FLOOR_S))
            measured.upserted_rows_s.append(bare.upserted_rows_s(nodes.database_url, FLOOR_S))
            with nodes.api(), nodes.worker():
                for case in loads:
                    _say(f"round {turn + 1} of {rounds}: distributed, {case.name}")
                    measured.loads[case.name].append(_loaded(nodes, floor, floor_port, case, seconds))
        for name, publish in (("single views", _views), ("batches", _batches)):
            _say(f"a backlog of {name}")
            measured.drains.append(_drained(nodes, name, publish(nodes)))
    return measured


def _loaded(nodes: Cluster, floor: psutil.Process, floor_port: int, case: Load, seconds: int) -> Loaded:
    bare_answers = load(floor, floor_port, case.shape, case.connections, seconds)
    nodes.settled()
    before = nodes.cpu_s()
    ours = load(nodes.running["API"], nodes.port, case.shape, case.connections, seconds)
    nodes.settled()
    used = {role: (cpu_s - before[role]) / ours.requests * 1e6 for role, cpu_s in nodes.cpu_s().items()}
    return Loaded(bare_answers, ours, used, nodes.rss_mib())


def _views(nodes: Cluster) -> backlog.Backlog:
    return backlog.of_views(nodes.rabbitmq_url, BACKLOG_VIEWS)


def _batches(nodes: Cluster) -> backlog.Backlog:
    return backlog.of_batches(nodes.rabbitmq_url, BACKLOG_CELLS)


def _drained(nodes: Cluster, name: str, waiting: backlog.Backlog) -> Drained:
    counted = nodes.settled()
    before = nodes.cpu_s() | {"worker": 0.0}
    with nodes.worker():
        nodes.wait_for(counted + 1)  # from its first flush on: how long a start takes is not asked
        seconds = nodes.wait_for(counted + waiting.views)
        used = {role: (cpu_s - before[role]) / waiting.cells * 1e6 for role, cpu_s in nodes.cpu_s().items()}
    return Drained(name, waiting.cells, waiting.views, seconds, used)


def _say(text: str) -> None:
    click.echo(text, err=True)
