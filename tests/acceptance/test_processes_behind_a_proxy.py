"""`hourmill api --workers` behind nginx, as it is shipped: over TLS, with keys, while its processes are killed."""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import count, takewhile
from pathlib import Path

import aiohttp
import psutil
from tests.acceptance.access_keys import bearer, make_key
from tests.acceptance.routes import SINGLE, TEN
from tests.client import HOST, Connection
from tests.cluster import Cluster, eventually
from tests.metrics import read
from tests.servers.keys import keys_for
from tests.servers.proxies import behind_nginx, running_proxy
from tests.service import RunningService, free_port
from tests.traffic import Cell

HOUR = int(datetime.fromisoformat(TEN).timestamp()) // 3600
CLIENTS = 8
SCRAPES = 8  # the kernel picks which process is asked
AGAIN_AFTER_S = 0.02
SETTINGS = {"HOURMILL_ACCESS": "both", "HOURMILL_TRUSTED_PROXIES": HOST}
ACCEPTED = "hourmill_accepted_requests_total"
REPEATED = "hourmill_repeated_requests_total"


class Clients:
    """They post single views over TLS, each under a key of its own until it is answered with success."""

    def __init__(self, session: aiohttp.ClientSession, port: int, key: str) -> None:
        self._session = session
        self._url = f"https://localhost:{port}{SINGLE}"
        self._headers = {"authorization": f"Bearer {key}"}
        self._running = True
        self.answered: Counter[tuple[int, int]] = Counter()  # by client and number
        self.refused: Counter[int] = Counter()  # by status; 0: the connection was lost

    async def post(self, numbers: Iterable[int]) -> None:
        """Views under these numbers, from every client; until stop(), if they do not end."""
        async with asyncio.TaskGroup() as group:
            for client in range(CLIENTS):
                group.create_task(self._post_all(client, numbers))

    async def more_answers(self, number: int) -> None:
        """Wait until so many more views were answered with success."""
        goal = self.answered.total() + number

        async def came() -> bool:
            return self.answered.total() >= goal

        await eventually(came)

    def stop(self) -> None:
        """Post nothing more; what was begun comes to its end."""
        self._running = False

    def views(self) -> Counter[Cell]:
        """What must be counted: each view that was answered, once."""
        return Counter((page_of(client), HOUR) for client, _ in self.answered)

    async def _post_all(self, client: int, numbers: Iterable[int]) -> None:
        for number in takewhile(lambda _: self._running, numbers):
            while (status := await self._post(page_of(client), f"{client}-{number}")) != 200:
                self.refused[status] += 1
                await asyncio.sleep(AGAIN_AFTER_S)
            self.answered[client, number] += 1

    async def _post(self, page: str, idempotency_key: str) -> int:
        headers = self._headers | {"idempotency-key": idempotency_key}
        with suppress(aiohttp.ClientError, ConnectionError):
            async with self._session.post(self._url, json={"page": page, "timestamp": TEN}, headers=headers) as answer:
                return answer.status
        return 0


def page_of(client: int) -> str:
    """The page that a client views."""
    return f"page-{client}"


class Told:
    """What the processes tell, whichever is asked, and their worker."""

    def __init__(self, api: RunningService, key: str, worker_port: int) -> None:
        self._api = api
        self._key = key
        self._worker_port = worker_port
        self.accepted = 0.0  # as was told last

    async def by_all(self, accepted: float, repeated: float = 0) -> None:
        """Wait until two processes tell as one that they accepted so many, and all together that so many repeated."""
        await eventually(lambda: self._agreed(accepted, repeated))

    async def both_live(self) -> None:
        """Wait until two processes are told, whoever is asked."""
        await eventually(self._agreed)

    async def _agreed(self, accepted: float | None = None, repeated: float | None = None) -> bool:
        with suppress(ConnectionError):  # the kernel had picked the one that was killed
            answers = [await asyncio.to_thread(self._api.get, "/metrics", bearer(self._key)) for _ in range(SCRAPES)]
            for answer in answers:
                if answer.status != 200:  # who has just begun cannot ask for keys yet: 503
                    return False
                told = read(answer.body.decode())
                assert told.value(ACCEPTED) >= self.accepted, "a sum fell"
                self.accepted = told.value(ACCEPTED)
                of_worker = 0.0 if repeated is None else await self._repeated_for_worker()
                if (
                    told.value("hourmill_processes") != 2
                    or accepted not in {None, self.accepted}
                    or repeated not in {None, told.value(REPEATED) + of_worker}
                ):
                    return False
            return True
        return False

    async def _repeated_for_worker(self) -> float:
        def ask() -> float:
            with Connection(self._worker_port) as connection:
                answer = connection.request("GET", "/metrics", None, bearer(self._key))
            return read(answer.body.decode()).value(REPEATED)

        return await asyncio.to_thread(ask)


@asynccontextmanager
async def behind_proxy(api: RunningService, folder: Path, key: str) -> AsyncIterator[Clients]:
    """Clients of nginx in front of an API."""
    keys = keys_for(folder / "keys", "localhost")
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=str(keys.authority)))
    (folder / "proxy").mkdir()
    with running_proxy(behind_nginx, folder / "proxy", api.port, keys) as ports:
        async with aiohttp.ClientSession(connector=connector) as session:
            yield Clients(session, ports.tls, key)


def kill_one(api: RunningService) -> None:
    """Kill (SIGKILL) the oldest of its processes; another is started."""
    psutil.Process(api.pid).children()[0].kill()


async def test_processes_that_are_killed_cost_no_view_and_no_figure(cluster: Cluster, tmp_path: Path) -> None:
    cluster.migrate()
    worker_port = free_port()
    api = await cluster.ready_api("--workers", "2", **SETTINGS)
    cluster.worker(**SETTINGS, HOURMILL_WORKER_PORT=str(worker_port))
    key = make_key(api, "--scope", "read", "--scope", "write")
    told = Told(api, key, worker_port)
    await told.both_live()
    async with behind_proxy(api, tmp_path, key) as clients:
        await clients.post(range(20))
        await told.by_all(accepted=20 * CLIENTS)
        await clients.post(range(10))
        await told.by_all(accepted=30 * CLIENTS, repeated=10 * CLIENTS)
        kill_one(api)
        await told.by_all(accepted=30 * CLIENTS, repeated=10 * CLIENTS)
        posting = asyncio.create_task(clients.post(count(20)))
        for _ in range(2):
            await clients.more_answers(50 * CLIENTS)
            kill_one(api)
            await told.both_live()
        clients.stop()
        await posting
        assert clients.refused.keys() <= {0, 502, 503}
    assert await cluster.settle(clients.views()) == clients.views()
