"""What is going on right now: one screen of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from hourmill.ports.probe import ApiFacts, ApiState
from hourmill.ports.progress import PartitionState
from hourmill.ports.watch import StoreFacts


class Broker(NamedTuple):
    """A broker as it answers now.

    trouble  why it does not; None: it does
    waiting  messages that nobody has yet, by partition
    dead     messages that were put aside
    """

    trouble: str | None
    waiting: Mapping[int, int]
    dead: int


class Status(NamedTuple):
    """Everything, as it is at `now`.

    api             what answers at the address of the settings
    store           None: it could not be asked, for the reason in `store_trouble`
    broker          None: there is none
    partitions      as workers noted them; empty without a broker
    complete_until  None: not known
    """

    now: datetime
    api: ApiFacts
    place: str
    store: StoreFacts | None
    store_trouble: str | None
    broker: Broker | None
    partitions: Sequence[PartitionState]
    complete_until: datetime | None

    @property
    def well(self) -> bool:
        """Whether everything answers and every partition is worked on."""
        broker_well = self.broker is None or (self.broker.trouble is None and bool(self.partitions))
        held = all(partition.worker is not None for partition in self.partitions)
        return self.api.state is ApiState.READY and self.store is not None and broker_well and held
