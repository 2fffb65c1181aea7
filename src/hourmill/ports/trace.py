"""Who follows what takes how long."""

from typing import Protocol


class Tracer(Protocol):
    """Takes spans; never raises, and never keeps its caller waiting."""

    def span(self, name: str, took_s: float, **figures: int) -> None:
        """Something that has ended now, after so many seconds."""
