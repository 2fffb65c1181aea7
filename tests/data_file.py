"""What a data file holds, read beside the service that writes it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from hourmill.core.batch import decode_cells
from hourmill.core.hour import moment_of

TRUTH = "SELECT page, view_hour, SUM(views) FROM page_views GROUP BY 1, 2"


class Held(NamedTuple):
    """Everything that counts.

    views  (page, UTC hour like 2025-07-16 10:00:00) -> views; of the table and of the journal before it
    keys   how many Idempotency-Keys are claimed
    """

    views: dict[tuple[str, str], int]
    keys: int


def held(data_file: Path) -> Held:
    """What the file holds, in one snapshot."""
    with closing(sqlite3.connect(f"{data_file.as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        views = {(page, hour): count for page, hour, count in connection.execute(TRUTH)}
        for (blob,) in connection.execute("SELECT cells FROM journal"):
            for page, hours in decode_cells(blob).items():
                for hour, count in hours.items():
                    cell = (page, f"{moment_of(hour):%Y-%m-%d %H:%M:%S}")
                    views[cell] = views.get(cell, 0) + count
        (keys,) = connection.execute("SELECT count(*) FROM idempotency_keys").fetchone()
    return Held(views, keys)
