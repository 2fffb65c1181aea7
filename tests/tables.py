"""What PostgreSQL holds of a Hourmill, read past it."""

from collections import Counter
from collections.abc import Container, Iterable
from typing import Any

import asyncpg
from tests.client import PATIENCE_S
from tests.traffic import Cell


class Tables:
    """In the database of the settings."""

    settings: dict[str, str]

    async def rows(self, statement: str, *arguments: Any) -> list[Any]:
        """What a statement gives."""
        connection = await asyncpg.connect(self.settings["DATABASE_URL"], timeout=PATIENCE_S)
        try:
            found: list[Any] = await connection.fetch(statement, *arguments)
            return found
        finally:
            await connection.close()

    async def counted(self) -> Counter[Cell]:
        """The truth, as the documentation gives it: SUM(views) of every page and hour."""
        rows = await self.rows("SELECT page, view_hour, SUM(views)::bigint AS views FROM page_views GROUP BY 1, 2")
        return Counter({(row["page"], round(row["view_hour"].timestamp() / 3600)): row["views"] for row in rows})

    async def parked(self) -> Counter[Cell]:
        """What was accepted and refused by the store."""
        rows = await self.rows("SELECT page, hour, SUM(views) AS views FROM parked_cells GROUP BY 1, 2")
        return Counter({(row["page"].decode(), int(row["hour"])): int(row["views"]) for row in rows})

    async def owners(self) -> dict[int, str]:
        """Who holds which partition, by lease."""
        rows = await self.rows("SELECT partition, worker::text FROM leases WHERE expires_at > now()")
        return {row["partition"]: row["worker"] for row in rows}

    async def moved(self, partitions: Iterable[int], former: Container[str]) -> bool:
        """Whether these partitions have owners, and other ones."""
        owners = await self.owners()
        return all(partition in owners and owners[partition] not in former for partition in partitions)

    async def forget_leases(self) -> None:
        """Let the leases of killed workers end at once, not after their 10 seconds. Those who live take new ones."""
        await self.rows("WITH gone AS (DELETE FROM leases RETURNING 1) DELETE FROM workers")
