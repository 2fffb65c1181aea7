"""What is found of the servers and the machine when somebody looks."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import NamedTuple


class Schema(Enum):
    """Whose schema a database has."""

    MISSING = "missing"
    OLDER = "older"
    STANDS = "stands"
    NEWER = "newer"
    DENIED = "denied"


class DatabaseFacts(NamedTuple):
    """A PostgreSQL that answers.

    clock_ahead             of ours
    owns                    whether our user owns the tables; None: there are none
    keeps_what_it_confirms  fsync and full_page_writes
    is_read_only            by default_transaction_read_only
    """

    version: str
    version_number: int
    encoding: str
    schema: Schema
    clock_ahead: timedelta
    may_create: bool
    owns: bool | None
    keeps_what_it_confirms: bool
    is_replica: bool
    is_read_only: bool
    connections: int
    connections_used: int


class BrokerFacts(NamedTuple):
    """A RabbitMQ that answers.

    version   of the server
    refused   what our user may not do, in the words of the server; None: all is allowed
    unusable  queues that are there and not to be trusted, and why
    missing   queues that are not there
    waiting   messages that are ready, by partition
    dead      messages that were put aside; None: there is no such queue
    """

    version: str
    refused: str | None
    unusable: Sequence[str]
    missing: Sequence[str]
    waiting: Mapping[int, int]
    dead: int | None


class FileFacts(NamedTuple):
    """A data file, or the place where one will be.

    unusable     why it cannot be used; None: it can
    on_network   type of the network's file system that it is on; None: on a local one
    free_bytes   on its file system
    is_anothers  it belongs to another user than its folder; only root is told, for others see unusable
    """

    path: str
    bytes: int
    unusable: str | None
    on_network: str | None
    free_bytes: int
    is_anothers: bool


class ApiState(Enum):
    """What answers at the address of the API."""

    READY = "ready"
    NOT_READY = "not ready"
    OTHER_CERTIFICATE = "another certificate"
    NOT_OURS = "another program"
    NOBODY = "nobody"
