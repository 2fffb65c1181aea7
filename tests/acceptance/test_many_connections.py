"""More connections than anybody needs, and more than the process may have."""

import resource
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import SINGLE, TEN
from tests.client import JSON, head
from tests.service import COMMAND, RunningService, log_lines

IDLE = 10_000
LIVE = 200
MOST_MIB = (
    256  # more than without them, half of them in the middle of a head; measured: 103, and 160 when they come again
)
FILES = 100
SERVED = FILES - 64


@pytest.fixture
def many_files() -> None:
    """This process may open a file for each connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = IDLE + 1_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), max(hard, needed)))


@pytest.mark.usefixtures("many_files")
def test_10000_idle_connections_disturb_nobody_and_cost_little(own_service: RunningService, page: str) -> None:
    process = psutil.Process(own_service.pid)
    resident = [process.memory_info().rss]
    for _ in range(3):
        with ExitStack() as stack:
            idle = [stack.enter_context(own_service.connection()) for _ in range(IDLE)]
            for connection in idle[::2]:
                connection.send(b"POST /page-views/single HTTP/1.1\r\nhost: a\r\ncontent-le")
            for _ in range(LIVE):
                assert success(own_service.post(SINGLE, {"page": page, "timestamp": TEN}))
            resident.append(process.memory_info().rss)
    assert own_service.views(page, TEN) == 3 * LIVE
    mib = [size / 2**20 for size in resident]
    assert max(mib) - mib[0] < MOST_MIB, mib


def test_where_few_files_may_be_open_further_connections_wait_for_their_turn(tmp_path: Path, page: str) -> None:
    service = RunningService(tmp_path)
    service.program = ("sh", "-c", f'ulimit -n {FILES} && exec "$0" "$@"', COMMAND)
    service.start()
    view = f'{{"page": "{page}", "timestamp": "{TEN}"}}'.encode()
    with ExitStack() as stack:
        for _ in range(3 * FILES):
            stack.enter_context(service.connection())
        with service.connection() as waiting:
            waiting.send(head("POST", SINGLE, [*JSON, ("content-length", str(len(view)))]) + view)
            stack.close()
            assert success(waiting.answer())
        assert service.views(page, TEN) == 1
    told = [line for line in log_lines(service.log_file) if line["event"] == "few files may be open at once"]
    assert [(line["files"], line["connections"]) for line in told] == [(FILES, SERVED)]
    assert service.stop() == 0
