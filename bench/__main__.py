"""Measures the embedded service and the distributed system beside their floors, in turns: `make bench`.

The floor is the same server answering after it has decoded the JSON. Machines are noisy: each load runs in rounds,
floor and service one after the other; medians, and the ratios within a round, are what counts. Nothing here is a test.
"""

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import msgspec
import psutil

from bench import distributed, growth, hostile, overload, picture, reports
from bench.load import load
from bench.servers import free_port, running
from bench.shapes import Shape, multi, single
from bench.table import Case, ratio, show, show_distributed, show_growth, show_hostile, show_overload, show_reports

RESULTS = Path(__file__).with_name("results")
PARTS = ("embedded", "overload", "hostile", "distributed", "growth", "reports")
AT_256 = "single, 256 connections"


@click.command()
@click.option("--rounds", default=5, help="Rounds of every load.  [5]")
@click.option("--seconds", default=4, help="Seconds of each load.  [4]")
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Measure only that; repeatable.  [all]")
@click.option(
    "--cells-an-hour", default=2_150, help="Growth and reports: 2,150 make 20 million rows in 13 months.  [2150]"
)
@click.option("--attacks", default="", help="Hostile: only attacks in whose path or name this stands.  [all]")
def bench(rounds: int, seconds: int, only: tuple[str, ...], cells_an_hour: int, attacks: str) -> None:
    """Measure views/s, latency, CPU and memory beside the floor, and what a full store costs; print tables, write JSON.

    Growth and reports each fill 13 months of hours into PostgreSQL, a tenth of it into SQLite: a quarter of an hour.
    """
    _need_wrk()
    with TemporaryDirectory(prefix="hourmill-bench-") as name:
        folder = Path(name)
        parts = only or PARTS
        if "embedded" in parts:
            cases = _embedded(folder, rounds, seconds)
            show(cases)
            found = [{**case._asdict(), "ratio": ratio(case, cases)} for case in cases.values()]
            click.echo(f"written to {_write('embedded', {'cases': found})}")
        if "overload" in parts:
            overloaded = overload.measure(folder)
            show_overload(overloaded)
            written = _write("overload", {"loads": overloaded})
            picture.draw(overloaded, written.with_suffix(".svg"))
            click.echo(f"written to {written} and, as a picture, {written.with_suffix('.svg')}")
        if "hostile" in parts:
            attacked = hostile.measure(folder, attacks)
            show_hostile(attacked)
            click.echo(f"written to {_write('hostile', {'attacked': attacked})}")
        if "distributed" in parts:
            measured = distributed.measure(folder, rounds, seconds)
            show_distributed(measured)
            click.echo(f"written to {_write('distributed', {'measured': measured})}")
        if "growth" in parts:
            grown = growth.measure(folder, cells_an_hour)
            show_growth(grown)
            click.echo(f"written to {_write('growth', {'stores': grown})}")
        if "reports" in parts:
            reported = reports.measure(folder, cells_an_hour)
            show_reports(reported)
            click.echo(f"written to {_write('reports', {'reports': reported})}")


def _embedded(folder: Path, rounds: int, seconds: int) -> dict[str, Case]:
    with ExitStack() as stack:
        ports = free_port(), free_port()
        data_file = folder / "views.db"
        serve = ["-m", "hourmill", "serve", "--port", str(ports[1]), "--database", f"sqlite:///{data_file}"]
        floor = stack.enter_context(running(["-m", "bench.floor", str(ports[0])], folder, ports[0]))
        ours = stack.enter_context(running(serve, folder, ports[1]))
        cases = _cases(single(folder), multi(folder))
        for turn in range(rounds):
            for case, shape in cases:
                click.echo(f"round {turn + 1} of {rounds}: {case.name}", err=True)
                case.floor.append(load(floor, ports[0], shape, case.connections, seconds))
                case.ours.append(load(ours, ports[1], shape, case.connections, seconds))
    return {case.name: case for case, _ in cases}


def _cases(one: Shape, many: Shape) -> list[tuple[Case, Shape]]:
    def case(shape: Shape, connections: int, mark: float | None, above: str | None = None) -> tuple[Case, Shape]:
        name = f"{shape.name}, {connections} connections"
        return Case(name, connections, shape.entries, mark, above, [], []), shape

    return [case(one, 32, 0.5), case(one, 64, None), case(one, 256, 0.6), case(many, 10, 0.1, AT_256)]


def _write(what: str, measured: dict[str, Any]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    file = RESULTS / f"{what}-{now:%Y%m%dT%H%M%SZ}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode({"measured": now, "machine": _machine(), **measured})))
    return file


def _machine() -> dict[str, str | int]:
    with closing(sqlite3.connect(":memory:")) as connection:
        sqlite = connection.execute("SELECT sqlite_version()").fetchone()[0]
    return {
        "system": platform.platform(),
        "cores": psutil.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "sqlite": sqlite,
    }


def _need_wrk() -> None:
    if shutil.which("wrk"):
        return
    install = ["apt-get", "install", "--yes", "--quiet", "wrk"]
    if shutil.which("apt-get") and os.geteuid() == 0:
        click.echo("wrk is not here; installing it: " + " ".join(install), err=True)
        subprocess.run(["apt-get", "update", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
        return
    sys.exit("wrk, the load generator, is not here. Install it: apt-get install wrk, or brew install wrk.")


if __name__ == "__main__":
    bench()
