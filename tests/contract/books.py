"""Books that imports are counted in, logs to import, and what was counted of them."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, nullcontext
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from hourmill.adapters.postgres.ledger import PostgresLedger
from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.postgres.store import PostgresStore
from hourmill.adapters.sqlite.ledger import SqliteLedger
from hourmill.adapters.sqlite.reader import SqliteReader
from hourmill.adapters.sqlite.rehearsal import RehearsedLedger
from hourmill.core.hour import FIRST_HOUR, LAST_HOUR
from hourmill.core.page_view_rules import Judge, PageViewRules
from hourmill.ports.store import CounterReader, ImportLedger
from hourmill.services.import_log import LogImport, Summary
from hourmill.services.log_input import LogInput

PARTITIONS = 10
rehearsed = RehearsedLedger.of  # of a dry run

STRETCH_LINES = 4  # short, so that a test's input has several


class Books(NamedTuple):
    """Where imports are counted, and who reads what was counted."""

    ledger: ImportLedger
    reader: CounterReader


@asynccontextmanager
async def books_of_sqlite(folder: Path) -> AsyncIterator[Books]:
    path = folder / "hourmill.db"
    with SqliteLedger.open(path, PARTITIONS) as ledger, closing(SqliteReader(path)) as reader:
        yield Books(ledger, reader)


@asynccontextmanager
async def books_of_postgres(url: str) -> AsyncIterator[Books]:
    await migrate(url)
    async with PostgresLedger.open(url, PARTITIONS) as ledger, PostgresStore.open(url, PARTITIONS, 0) as reader:
        await reader.ready()
        yield Books(ledger, reader)


class Sips(BytesIO):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self._most = most

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self._most)


def line(number: int, target: str | None = None) -> bytes:
    clock = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    request = f"GET {target or f'/p{number}'} HTTP/1.1"
    return f'192.0.2.1 - - [17/May/2015:{clock} +0000] "{request}" 200 1 "-" "Firefox"'.encode()


def log_of(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


async def take(
    ledger: ImportLedger, *inputs: bytes, site: str = "", dry_run: bool = False, sip_bytes: int = 1 << 20
) -> Summary:
    with rehearsed(ledger) if dry_run else nullcontext(ledger) as written_to:
        log_import = LogImport(written_to, Judge(PageViewRules(site=site)), site, STRETCH_LINES)
        for data in inputs:
            await log_import.take(LogInput("a.log", Sips(data, sip_bytes), lambda _: None))
    return log_import.summary


async def counted(books: Books, page: str) -> dict[int, int]:
    return await books.reader.hours(page, FIRST_HOUR, LAST_HOUR)


async def views(books: Books, pages: Sequence[str]) -> Counter[str]:
    return Counter({page: sum(hours.values()) for page in pages if (hours := await counted(books, page))})


LINES = [line(number) for number in range(11)]
PAGES = [f"/p{number}" for number in range(11)]
ONCE = Counter(PAGES)
