"""What was looked at, and how it is."""

from enum import Enum
from typing import NamedTuple


class Level(Enum):
    """How bad it is."""

    WELL = "well"
    WARNING = "warning"
    FAULT = "fault"
    SKIPPED = "skipped"


class Finding(NamedTuple):
    """One thing that was looked at.

    about  setting, server or part
    do     the remedy; empty if all is well
    """

    level: Level
    about: str
    found: str
    do: str = ""


def well(about: str, found: str) -> Finding:
    """It is as it should be."""
    return Finding(Level.WELL, about, found)


def warning(about: str, found: str, do: str) -> Finding:
    """It works, and should be otherwise."""
    return Finding(Level.WARNING, about, found, do)


def fault(about: str, found: str, do: str) -> Finding:
    """It does not work."""
    return Finding(Level.FAULT, about, found, do)


def skipped(about: str, found: str, do: str) -> Finding:
    """It could not be looked at."""
    return Finding(Level.SKIPPED, about, found, do)
