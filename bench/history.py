"""A long history of views: 13 months, 20,000 pages of 50 sites, few of them read often, more by day than by night."""

import math
import random
from collections import Counter
from collections.abc import Iterator
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.shapes import SEED
from hourmill.core.batch import Cells
from hourmill.core.tally import cell_count, view_count
from hourmill.ports.store import ImportLedger, Stretch

DAYS = 395
PAGES = 20_000
SITES = 50
HOURS_OF_DAY = 24
PATTERNS = 12  # different hours for each hour of the day; a day is made of one of each


class History:
    """Hours of views; of a page that stands at place n of the ranks, about 1/n of what the first one has.

    cells_an_hour  pages read in an hour, on the average of a day
    """

    def __init__(self, cells_an_hour: int) -> None:
        self._chance = random.Random(SEED)
        self.pages = [f"site-{n % SITES}.example/{n // SITES // 20}/article-{n}" for n in range(PAGES)]
        self._weights = list(_sums(1 / rank for rank in range(1, PAGES + 1)))
        self._patterns = [[self._hour(cells_an_hour, hour) for _ in range(PATTERNS)] for hour in range(HOURS_OF_DAY)]

    def days(self, last_day: int) -> Iterator[Cells]:
        """The cells of each day, the oldest first; days since 1970."""
        for day in range(last_day - DAYS + 1, last_day + 1):
            cells: Cells = {}
            for hour, patterns in enumerate(self._patterns):
                for page, views in self._chance.choice(patterns).items():
                    cells.setdefault(page, {})[HOURS_OF_DAY * day + hour] = views
            yield cells

    def flush(self, views: int, hour: int) -> Cells:
        """What so many single views of an hour make."""
        return {page: {hour: number} for page, number in self._read(views).items()}

    def _hour(self, cells: int, hour: int) -> dict[str, int]:
        wanted = cells * (1 - 0.8 * math.cos(2 * math.pi * (hour - 3) / HOURS_OF_DAY))
        views = 0
        read: Counter[str] = Counter()
        while len(read) < wanted:
            read.update(self._read(250))
            views += 250
        return dict(read)

    def _read(self, views: int) -> Counter[str]:
        return Counter(self._chance.choices(self.pages, cum_weights=self._weights, k=views))


def _sums(weights: Iterator[float]) -> Iterator[float]:
    total = 0.0
    for weight in weights:
        total += weight
        yield total


async def filling(name: str, ledger: ImportLedger, history: History, last_day: int) -> tuple[int, int, float]:
    """Count the history as an import does; how many cells and views it had, and in how many seconds."""
    columns = (
        TextColumn(f"filling {name}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days, {task.fields[rate]:,.0f} cells/s"),
        TimeRemainingColumn(),
    )
    counted = views = 0
    took_s = 0.0
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=DAYS, rate=0.0)
        for number, cells in enumerate(history.days(last_day)):
            counted += cell_count(cells)
            views += view_count(cells)
            began_s = perf_counter()
            await ledger.count_stretch(cells, Stretch(b"%d" % number, b"%04d" % number))
            took_s += perf_counter() - began_s
            bar.update(task, advance=1, rate=counted / took_s)
    return counted, views, took_s
