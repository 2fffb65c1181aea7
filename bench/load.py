"""One load on one server: wrk's figures, and the CPU time and memory of the server meanwhile."""

import re
import subprocess
from pathlib import Path

import msgspec
import psutil

from bench.shapes import Shape

REPLAY = Path(__file__).with_name("replay.lua")
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Result(msgspec.Struct, frozen=True):
    """What one load on one server gave; cpu_us is that of the server alone, per request."""

    requests: int
    requests_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    cpu_us: float
    rss_mib: float


def load(server: psutil.Process, port: int, shape: Shape, connections: int, seconds: int) -> Result:
    """Put the server under load with one thread of wrk."""
    before = server.cpu_times()
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(REPLAY)]
    url = f"http://127.0.0.1:{port}/"
    done = subprocess.run([*command, url, "--", str(shape.bodies)], capture_output=True, text=True, check=True)
    after = server.cpu_times()
    requests = int(_found(r"(\d+) requests in", done.stdout))
    cpu_s = after.user + after.system - before.user - before.system
    return Result(
        requests=requests,
        requests_s=float(_found(r"Requests/sec:\s+([\d.]+)", done.stdout)),
        p50_ms=_latency("50", done.stdout),
        p99_ms=_latency("99", done.stdout),
        errors=_errors(done.stdout),
        cpu_us=cpu_s / max(requests, 1) * 1e6,
        rss_mib=server.memory_info().rss / 2**20,
    )


def _errors(text: str) -> int:
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return (int(refused[1]) if refused else 0) + (sum(map(int, sockets.groups())) if sockets else 0)


def _latency(percent: str, text: str) -> float:
    match = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)\s*$", text, re.MULTILINE)
    assert match, text
    return float(match[1]) * _MS[match[2]]


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]
