"""What a fault is, and what several of them do."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from tests.faults.evidence import Evidence

Strike: TypeAlias = Callable[[Any, random.Random], Awaitable[None]]
"""Strikes a System and heals it again; what is random in it comes from the dice."""


def any_trace(evidence: Evidence) -> bool:
    """Whether the fault left any trace at all."""
    return any(evidence)


class Fault(NamedTuple):
    """One way to trouble a system.

    bites     whether that is the evidence of a fault that hit something; else its round does not count
    settings  that the system's processes need for it
    dies      whether processes of ours may end by themselves
    """

    name: str
    strike: Strike
    bites: Callable[[Evidence], bool] = any_trace
    settings: Mapping[str, str] = {}
    dies: bool = False


async def wait(dice: random.Random, least_s: float, most_s: float) -> None:
    """For a random time."""
    await asyncio.sleep(dice.uniform(least_s, most_s))
