"""Failpoints: named steps at which a process can be told to fail, so that tests can hit the moment between two of them.

Off unless HOURMILL_FAILPOINTS names some; then passing a step costs a look into an empty table. docs/faults.md.
"""

import os
import re
import signal
import time
from enum import StrEnum
from typing import Literal, NamedTuple, cast

import structlog

log = structlog.get_logger()

_PLAN = re.compile(r"(?P<step>\w+)=(?P<action>kill|raise|pause)(?::(?P<pause_s>\d+(?:\.\d+)?))?(?:@(?P<at>[1-9]\d*))?")


class Step(StrEnum):
    """Where a process can fail: each is the moment after what its line says."""

    GROUP_TAKEN = "group_taken"  # API: a group is closed, nothing of it has gone anywhere
    PUBLISHING = "publishing"  # API: its messages are made, none is sent
    PUBLISHED = "published"  # API: they are with the system's TCP, none is confirmed
    CONFIRMED = "confirmed"  # API: RabbitMQ has confirmed all of them
    GROUP_COUNTED = "group_counted"  # API: the group is durable, none of its requests is answered
    GATHERED = "gathered"  # worker: messages were delivered
    STORING = "storing"  # worker: they are added up, the store is about to be called
    STORED = "stored"  # worker: the store has committed, nothing is acknowledged
    ACKED = "acked"  # worker: they are acknowledged
    ISOLATED = "isolated"  # worker: the cells that the store refuses are found, not parked
    REJECTING = "rejecting"  # worker: a message cannot be read, the broker does not know yet
    LEASED = "leased"  # worker: partitions were leased, they are not consumed yet
    LET_GO = "let_go"  # worker: partitions are not consumed any more, their leases are not given back
    JOURNALLING = "journalling"  # SQLite: a group's transaction has claimed its keys, the group is not written
    JOURNALLED = "journalled"  # SQLite: the group is committed
    FOLDING = "folding"  # SQLite: the counters are raised and the journal is emptied, not committed
    FOLDED = "folded"  # SQLite: that is committed
    RECOVERING = "recovering"  # SQLite: the file is open after a start, what the journal holds is not folded


class Plan(NamedTuple):
    """What happens at a step: at the n-th pass of the process, once.

    pause_s  for how long the thread stands still (the whole process, but for SQLite's writer, is that one thread)
    """

    action: Literal["kill", "raise", "pause"]
    at: int = 1
    pause_s: float = 0.0


class FailpointReached(Exception):
    """A failpoint raised this. It is no HourmillError: it stands for a fault of ours that nobody has thought of."""


_plans: dict[Step, Plan] = {}
_passes: dict[Step, int] = {}


def parse(text: str) -> dict[Step, Plan]:
    """Plans as HOURMILL_FAILPOINTS has them: STEP=kill@N, STEP=raise@N or STEP=pause:SECONDS@N, parted by commas.

    raises  ValueError
    """
    plans: dict[Step, Plan] = {}
    for part in filter(None, text.split(",")):
        found = _PLAN.fullmatch(part)
        if found is None or found["step"] not in list(Step) or (found["action"] == "pause") != bool(found["pause_s"]):
            raise ValueError(f"{part} is not STEP=kill, STEP=raise or STEP=pause:SECONDS of a step there is")
        action = cast(Literal["kill", "raise", "pause"], found["action"])
        plans[Step(found["step"])] = Plan(action, int(found["at"] or 1), float(found["pause_s"] or 0))
    return plans


def arm(text: str) -> None:
    """Carry out these plans from now on; raises as parse()."""
    _plans.clear()
    _passes.clear()
    _plans.update(parse(text))


def confess() -> None:
    """Say so in the log if anything is armed."""
    if _plans:
        log.warning("failpoints are armed: this process will fail on purpose", steps=list(_plans))


def armed(step: Step) -> bool:
    """Whether something will happen at a step."""
    return step in _plans


def reached(step: Step) -> None:
    """Pass a step; raises FailpointReached if that is the plan."""
    if _plans and step in _plans:
        _carry_out(step, _plans[step])


def _carry_out(step: Step, plan: Plan) -> None:
    _passes[step] = _passes.get(step, 0) + 1
    if _passes[step] != plan.at:
        return
    log.warning("failpoint", step=step, action=plan.action)
    if plan.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if plan.action == "raise":
        raise FailpointReached(step)
    time.sleep(plan.pause_s)
