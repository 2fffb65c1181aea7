"""A command that runs until it is told to stop: signals, the event loop, the collector of garbage."""

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog
import uvloop

from hourmill import failpoints

GARBAGE_THRESHOLD = 50_000  # objects; a request makes no cycles, and the default of 700 costs a tenth of the CPU time

# A thread that computes lets another one have the interpreter after this long. With Python's 5 ms a view waits for that
# at each of the four hand-overs between the threads of Granian, the event loop and the writer, while a batch is parsed.
SWITCH_S = 0.0002

OPEN_FILES = 65_536  # at most: a connection is one, and no process of ours has more than a quarter as many

log = structlog.get_logger()


Body: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]


def run_until_told(body: Body, *, by_parent: bool = False) -> None:
    """Run the body; its event is set by SIGTERM and SIGINT (Ctrl-C).

    by_parent  also by the end of standard input: the process that holds its other end has died
    """
    _let_more_files_be_open()
    sys.setswitchinterval(SWITCH_S)
    uvloop.run(_run(body, by_parent=by_parent))


def _let_more_files_be_open() -> None:
    """Raise the soft limit, often 1,024, as far as the hard one lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _run(body: Body, *, by_parent: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    if by_parent:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    failpoints.confess()
    gc.collect()
    gc.freeze()  # what was made at the start stays: it need not be looked through again and again
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
    await body(stop)
    log.info("stopped")
