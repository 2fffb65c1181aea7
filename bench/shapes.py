"""The requests that are sent: made once from a seed, the same for every server."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SEED = 20_250_716
PAGES = 1_000
SINGLE_BODIES = 1_000
MULTI_BODIES = 500
LARGE_BODIES = 50


class Shape(NamedTuple):
    """A kind of request: where its bodies stand, and how many entries a request has on average."""

    name: str
    bodies: Path
    entries: float


def single(folder: Path) -> Shape:
    """Single views over 1,000 pages, all within one hour."""
    bodies = [
        {"page": f"example.com/page/{n % PAGES}", "timestamp": f"2025-07-16T10:{n % 60:02}:00Z"}
        for n in range(SINGLE_BODIES)
    ]
    return _written(Shape("single", folder / "single", 1.0), "/page-views/single", bodies)


def multi(folder: Path) -> Shape:
    """The load shape of the original: 3 to 5 pages (of 1,000), each with 24 hours of 50 to 500 views."""
    bodies = list(_batches(random.Random(SEED)))
    entries = sum(len(hours) for body in bodies for hours in body.values()) / len(bodies)
    return _written(Shape("multi", folder / "multi", entries), "/page-views/multi", bodies)


def large(folder: Path) -> Shape:
    """Batches of 42 of 1,000 pages with 24 hours each: 1,008 entries, 30 KB."""
    bodies = [
        {
            f"example.com/page/{(n * 42 + page) % PAGES}": {f"2025-07-16T{h:02}:00:00Z": 7 for h in range(24)}
            for page in range(42)
        }
        for n in range(LARGE_BODIES)
    ]
    return _written(Shape("batch of 1,008 entries", folder / "large", 1008.0), "/page-views/multi", bodies)


def _batches(chance: random.Random) -> Iterator[dict[str, dict[str, int]]]:
    for _ in range(MULTI_BODIES):
        pages = chance.sample(range(PAGES), chance.randint(3, 5))
        yield {
            f"example.com/page/{page}": {f"2025-07-16T{h:02}:00:00Z": chance.randint(50, 500) for h in range(24)}
            for page in pages
        }


def _written(shape: Shape, path: str, bodies: list[dict[str, str]] | list[dict[str, dict[str, int]]]) -> Shape:
    shape.bodies.write_text("\n".join([path, *map(json.dumps, bodies)]) + "\n")
    return shape
