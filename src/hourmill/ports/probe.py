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
    silent    it confirms nothing that is published; no more was found out then
    differing       arguments of queues that are not ours, in words; they can be used
    delivery_limit  how often a message is delivered, at most; None: as often as needed
    message_bytes   how large a message may be, if that is less than we publish
    """

    version: str
    refused: str | None
    unusable: Sequence[str]
    missing: Sequence[str]
    waiting: Mapping[int, int]
    dead: int | None
    silent: bool = False
    differing: Sequence[str] = ()
    delivery_limit: int | None = None
    message_bytes: int | None = None


class QueuePolicy(NamedTuple):
    """What the broker's administrators have set for a queue, past us.

    name        of the policy, or of both: of the operator's policy, too
    definition  what of it is in force
    """

    queue: str
    name: str
    definition: Mapping[str, object]


class FileFacts(NamedTuple):
    """A data file, or the place where one will be.

    unusable     why it cannot be used; None: it can
    on_network   type of the network's file system that it is on; None: on a local one
    free_bytes   on its file system
    is_anothers  it belongs to another user than its folder; only root is told, for others see unusable
    is_older     its schema is that of an earlier version
    is_open      others than its owner may read or write it, or what SQLite keeps beside it
    """

    path: str
    bytes: int
    unusable: str | None
    on_network: str | None
    free_bytes: int
    is_anothers: bool
    is_open: bool
    is_older: bool = False


class ApiState(Enum):
    """What answers at the address of the API."""

    READY = "ready"
    NOT_READY = "not ready"
    REFUSING = "accepts nothing"
    OTHER_CERTIFICATE = "another certificate"
    NOT_OURS = "another program"
    NOBODY = "nobody"


class ApiFacts(NamedTuple):
    """What answers there, and what it says of itself if it is not ready."""

    state: ApiState
    says: str = ""
