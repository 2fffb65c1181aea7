"""Measures single views while the dearest legal requests come in: are they late, and is /health?

For each store, and each attack of bench/attacks.py: single views over 32 connections, alone and while 50 others send
the attack. The mark: their p99 within three times the quiet one, and no GET /health that takes 100 ms.
"""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import NamedTuple

import msgspec
import psutil

from bench.attacks import ATTACKS, Attack
from bench.cluster import cluster
from bench.load import Result, load
from bench.servers import free_port, running
from bench.shapes import Shape, single

SEND = Path(__file__).with_name("attack.lua")
SINGLES, ATTACKERS = 32, 50  # connections
SECONDS = 4
SOON_S = 1.0  # until the attack is under way, and until it has passed
HEALTH_EVERY_S = 0.01
HEALTH_WITHIN_S = 30.0
STORES = ("SQLite", "PostgreSQL", "RabbitMQ")


class Target(NamedTuple):
    """A service, and how single views fare there when nobody attacks."""

    store: str
    process: psutil.Process
    port: int
    quiet: Result


class Attacked(msgspec.Struct, frozen=True):
    """Single views beside one attack, and what became of it; the slowest GET /health in ms."""

    store: str
    attack: str
    quiet: Result
    loaded: Result
    health_ms: float
    sent: int
    refused: int
    rss_mib: float

    @property
    def ratio(self) -> float:
        """How many times as late single views are."""
        return self.loaded.p99_ms / self.quiet.p99_ms


def measure(folder: Path, attacks: str = "") -> list[Attacked]:
    """attacks: a part of the names of those that are tried."""
    wanted = [attack for attack in ATTACKS if attacks in f"{attack.path} {attack.name}"]
    found = []
    for store in STORES:
        here = [attack for attack in wanted if attack.stores is None or store in attack.stores]
        if here:
            with _service(store, folder) as (process, port):
                views = single(folder)
                target = Target(store, process, port, load(process, port, views, SINGLES, SECONDS))
                found += [_attacked(target, attack, views) for attack in here]
    return found


@contextmanager
def _service(store: str, folder: Path) -> Iterator[tuple[psutil.Process, int]]:
    if store == "SQLite":
        port = free_port()
        serve = ["-m", "hourmill", "serve", "--port", str(port), "--database", f"sqlite:///{folder / 'attacked.db'}"]
        with running(serve, folder, port) as process:
            yield process, port
        return
    with cluster() as nodes:
        if store == "RabbitMQ":
            with nodes.api(), nodes.worker():
                yield nodes.running["API"], nodes.port
        else:
            serve = ["-m", "hourmill", "serve", "--port", str(nodes.port)]
            with running(serve, folder, nodes.port, {"DATABASE_URL": nodes.database_url}) as process:
                yield process, nodes.port


def _attacked(target: Target, attack: Attack, views: Shape) -> Attacked:
    request = attack.written(views.bodies.parent)
    command = ["wrk", "-t1", f"-c{ATTACKERS}", f"-d{SECONDS + SOON_S:.0f}s", "--timeout", "60s", "-s", str(SEND)]
    attacking = subprocess.Popen(
        [*command, f"http://127.0.0.1:{target.port}/", "--", str(request)], stdout=subprocess.PIPE
    )
    sleep(SOON_S)
    with _Health(target.port) as health:
        loaded = load(target.process, target.port, views, SINGLES, SECONDS)
    said = attacking.communicate()[0].decode()
    sleep(SOON_S)
    return Attacked(
        store=target.store,
        attack=attack.name,
        quiet=target.quiet,
        loaded=loaded,
        health_ms=health.slowest_ms,
        sent=_number(r"(\d+) requests in", said),
        refused=_number(r"Non-2xx or 3xx responses: (\d+)", said),
        rss_mib=loaded.rss_mib,
    )


def _number(pattern: str, text: str) -> int:
    match = re.search(pattern, text)
    return int(match[1]) if match else 0


class _Health:
    """Asks for /health every HEALTH_EVERY_S, on one connection, as long as the block lasts."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ended = Event()
        self._thread = Thread(target=self._ask)
        self.slowest_ms = 0.0

    def __enter__(self) -> "_Health":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        with socket.create_connection(("127.0.0.1", self._port), timeout=HEALTH_WITHIN_S) as connection:
            while not self._ended.wait(HEALTH_EVERY_S):
                began_s = perf_counter()
                connection.sendall(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
                answer = b""
                while not answer.endswith(b"}"):
                    answer += connection.recv(4096)
                self.slowest_ms = max(self.slowest_ms, (perf_counter() - began_s) * 1000)
