"""The time zones of the IANA database, by name."""

from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo


def zone_named(name: str) -> ZoneInfo | None:
    """A zone, or None: there is no such name."""
    return ZoneInfo(name) if name in zone_names() else None  # nothing else gets near a path: "../../etc/passwd"


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The names of the tzdata package; the zones themselves are the system's where it has them, they may be newer."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())
