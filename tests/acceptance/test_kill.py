"""kill -9 in the middle of load: what was answered with success is there, once."""

import asyncio
import sqlite3
from contextlib import closing

from tests.load import HOUR, Load
from tests.service import RunningService

CLIENTS = 12  # of each kind
KILLS = 5


def counted(service: RunningService) -> dict[str, int]:
    """The views of every page in the table."""
    with closing(sqlite3.connect(service.data_file)) as connection:
        return dict(connection.execute("SELECT page, sum(views) FROM page_views GROUP BY page"))


def test_a_killed_service_has_every_answered_view_and_no_keyed_one_twice(own_service: RunningService) -> None:
    async def kill_again_and_again(load: Load) -> None:
        for _ in range(KILLS):
            await load.more_answers(400)
            own_service.kill()
            await asyncio.to_thread(own_service.start)
        await load.more_answers(400)

    async def under_load() -> Load:
        load = Load(own_service.port)
        await load.run(CLIENTS, kill_again_and_again)
        return load

    load = asyncio.run(under_load())
    own_service.stop()
    views = counted(own_service)

    assert load.keyless.unknown.total() + load.keyed.unknown.total() > 0, "no kill hit a request"
    assert {page: views[page] for page in load.keyed.ok} == dict(load.keyed.ok)
    for page, ok in load.keyless.ok.items():
        assert ok <= views[page] <= ok + load.keyless.unknown[page]


def test_views_answered_before_a_kill_are_in_the_report_after_it(own_service: RunningService) -> None:
    answers = [own_service.post("/page-views/multi", {"kept": {HOUR: 1000 + n}}) for n in range(20)]
    own_service.kill()
    own_service.start()

    assert {answer.status for answer in answers} == {200}
    assert own_service.views("kept", HOUR) == sum(1000 + n for n in range(20))
