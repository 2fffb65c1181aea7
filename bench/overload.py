"""Measures the service under ten times the load that it can take, and whether it is itself again at once.

First what it can take: a closed loop, which asks for no more than is answered. Then an open loop (bench/offer.py): a
third of that, ten times that, a third of it again.
"""

import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import msgspec
import psutil

from bench.cluster import cluster
from bench.offer import Second
from bench.servers import free_port, running
from bench.shapes import Shape, large, single

OFFERERS = 2  # processes
TIMES = 10
CONNECTIONS = 12_000  # of both together
CLOSED_S = 4
QUIET_S, OVERLOADED_S, AFTERWARDS_S = 4, 10, 6
SOON_S = 1.5  # until the offerers have started


class Moment(msgspec.Struct):
    """One second: what became of the requests that were due in it; the memory (RSS) and CPU time of the service."""

    due: int
    unsent: int
    broken: int
    given_up: int
    unknown: int
    counted_ms: list[float]
    refused_ms: list[float]
    rss_mib: float
    cpu_s: float


class Overloaded(msgspec.Struct):
    """One kind of request: how many a second were counted in a closed loop, and the seconds of the open one."""

    name: str
    entries: float
    can_take: float
    connections: int
    moments: list[Moment]


def measure(folder: Path) -> list[Overloaded]:
    """Large batches, of which most are refused, and single views, which wait; embedded, and with a broker."""
    loads = [(large(folder), 16), (single(folder), 256)]
    return [_embedded(*one) for one in loads] + [_distributed(*one) for one in loads]


def _embedded(shape: Shape, clients: int) -> Overloaded:
    port = free_port()
    serve = ["-m", "hourmill", "serve", "--port", str(port), "--database", f"sqlite:///{shape.bodies}.db"]
    with running(serve, shape.bodies.parent, port) as service:
        return _overload(shape.name, service, port, shape, clients)


def _distributed(shape: Shape, clients: int) -> Overloaded:
    """One API process; RabbitMQ, a worker and PostgreSQL beside it."""
    with cluster() as nodes, nodes.api(), nodes.worker():
        return _overload(f"{shape.name}, with a broker", nodes.running["API"], nodes.port, shape, clients)


def _overload(name: str, service: psutil.Process, port: int, shape: Shape, clients: int) -> Overloaded:
    """clients: connections of the closed loop; few for requests that are much work."""
    closed = _offered(service, port, shape, clients, [(100_000.0, CLOSED_S)])
    can_take = sum(len(moment.counted_ms) for moment in closed[1:]) / (CLOSED_S - 1)
    pieces = [(can_take / 3, QUIET_S), (can_take * TIMES, OVERLOADED_S), (can_take / 3, AFTERWARDS_S)]
    moments = _offered(service, port, shape, CONNECTIONS, pieces)
    return Overloaded(name, shape.entries, can_take, CONNECTIONS, moments)


def _offered(
    service: psutil.Process, port: int, shape: Shape, connections: int, pieces: list[tuple[float, int]]
) -> list[Moment]:
    begins_s = monotonic() + SOON_S
    files = [shape.bodies.with_name(f"offered-{number}.json") for number in range(OFFERERS)]
    plan = [f"{rate / OFFERERS}:{seconds}" for rate, seconds in pieces]
    arguments = [str(port), str(shape.bodies)]
    offerers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.offer", *arguments, file, str(begins_s), str(connections // OFFERERS), *plan]
        )
        for file in files
    ]
    watched = _watched(service, begins_s, sum(seconds for _, seconds in pieces))
    for offerer in offerers:
        if offerer.wait() != 0:
            raise SystemExit("a load generator failed")
    parts = [msgspec.json.decode(file.read_bytes(), type=list[Second]) for file in files]
    return [_moment(seconds, *seen) for seconds, seen in zip(zip(*parts, strict=True), watched, strict=True)]


def _watched(service: psutil.Process, begins_s: float, seconds: int) -> list[tuple[float, float]]:
    """The memory in MiB at the end of each second, and the CPU time within it."""
    found, before_s = [], _cpu_s(service)
    for number in range(1, seconds + 1):
        sleep(max(0.0, begins_s + number - monotonic()))
        now_s = _cpu_s(service)
        found.append((service.memory_info().rss / 2**20, now_s - before_s))
        before_s = now_s
    return found


def _cpu_s(service: psutil.Process) -> float:
    times = service.cpu_times()
    return times.user + times.system


def _moment(seconds: tuple[Second, ...], rss_mib: float, cpu_s: float) -> Moment:
    assert not any(second.other for second in seconds), "an answer that is neither 200 nor 503"
    return Moment(
        due=sum(second.due for second in seconds),
        unsent=sum(second.unsent for second in seconds),
        broken=sum(second.broken for second in seconds),
        given_up=sum(second.given_up for second in seconds),
        unknown=sum(second.unknown for second in seconds),
        counted_ms=sorted(took for second in seconds for took in second.counted_ms),
        refused_ms=sorted(took for second in seconds for took in second.refused_ms),
        rss_mib=rss_mib,
        cpu_s=cpu_s,
    )
