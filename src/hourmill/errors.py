"""Every error of Hourmill. The docstring of a class is its message.

HourmillError
├── BadRequest              what the caller sent cannot be taken
│   ├── Malformed           body, query or header, with every fault named
│   │   └── BadQuery        of a question: nothing was to be counted
│   │       └── TakesTooLong    more is to be read for it than is read for one question
│   ├── TooLarge            body over its limit
│   │   └── KeyedTooLarge   or over that of a request with a key
│   ├── TooManyEntries      batch over its limit
│   ├── TooSlow             body that does not come to its end
│   └── WrongMediaType      body of another content type
├── NoEntry                 the caller may not do this
│   ├── KeyNeeded           without an access key
│   ├── KeyUnknown          with this access key, which is none
│   └── KeyTooNarrow        with this access key, which is for something else
├── TooManyRequests         more than one client may send
├── TooManySignIns          more than may be under way
├── KeysAway                trouble behind us; access keys cannot be read or written
├── KeyTaken                an access key of this id is there
├── NotAccepted             trouble behind us; nothing was counted
│   ├── Overloaded          too much waits to be read, parsed or committed
│   │   └── TooManyBodies   too much is under way to us
│   └── Closing             the service is shutting down
├── OutcomeUnknown          trouble behind us; it may have been counted
├── Unconfirmed             messages that a queue has not confirmed
├── Poison                  cells that the store refuses
├── Scattered               batches that the store takes one by one only
├── Unreachable             a server behind us does not answer
├── Unreadable              trouble behind us; nothing could be read
│   └── ReadsFull           so many reads wait that this one cannot
├── TooManyReads            one client has more reads under way than it may
├── TooManyWatch            no more can watch at the same time
├── SettingsRefused         settings that cannot be used, every one named
├── DataFileInUse           another process does to the data file what only one may do
├── DataFileUnusable        not a data file of ours, damaged, or not to be opened
├── Undecodable             stored cells that this Hourmill cannot read
├── SchemaUnusable          the database is not ours, or of another version
├── AddressInUse            the port is taken or not ours to take
└── InputUnreadable         a file named on the command line cannot be read
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a request: where, and what is allowed instead."""

    detail: str
    pointer: str | None = None
    """JSON Pointer (RFC 6901, as a URI fragment) into the body."""
    parameter: str | None = None
    """Name of the query parameter."""
    header: str | None = None
    """Name of the header."""


@dataclass(frozen=True)
class Quota:
    """How many requests of a client are taken: so many at once, and as many again in a minute."""

    of: str
    """Whose they are: key or address."""
    per_minute: int
    left: int
    """At once, now."""
    next_in_s: int
    """Until one more is taken."""


class HourmillError(Exception):
    """Hourmill cannot go on with this."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or (type(self).__doc__ or "").strip())


class BadRequest(HourmillError):
    """The request cannot be taken; nothing was counted."""


class Malformed(BadRequest):
    """The request is malformed; nothing was counted."""

    def __init__(self, faults: list[Fault], detail: str = "") -> None:
        super().__init__(detail)
        self.faults = faults


class BadQuery(Malformed):
    """The query cannot be answered as it is."""


class TakesTooLong(BadQuery):
    """Answering takes longer than a question may take."""

    def __init__(self, within_s: float, faults: list[Fault]) -> None:
        super().__init__(faults, f"What is to be read for this takes longer than {within_s:g} s. Ask for less.")


class TooLarge(BadRequest):
    """The body is over its limit."""

    def __init__(self, limit_bytes: int, detail: str = "") -> None:
        super().__init__(detail or f"The body is over its limit of {limit_bytes:,} bytes; nothing was counted.")
        self.limit_bytes = limit_bytes


class KeyedTooLarge(TooLarge):
    """The body of a request with an Idempotency-Key is over its limit."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            limit_bytes,
            f"With an Idempotency-Key a body may have {limit_bytes:,} bytes, as it is counted in one piece; nothing "
            "was counted. Send it in parts, each with a key of its own.",
        )


class TooManyEntries(BadRequest):
    """The batch has too many entries."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"A batch may have {limit:,} entries (page and hour); nothing was counted. Send it in parts.")


class TooSlow(BadRequest):
    """The body did not come in time."""

    def __init__(self, within_s: float) -> None:
        super().__init__(f"The body did not come to its end within {within_s:g} s; nothing was counted.")


class WrongMediaType(BadRequest):
    """Send the body as application/json (or text/plain holding JSON), UTF-8, not compressed."""


class NoEntry(HourmillError):
    """This is not for everybody."""


class KeyNeeded(NoEntry):
    """An access key is needed here. Send it in a header: Authorization: Bearer hm_..."""


class KeyUnknown(NoEntry):
    """There is no such access key. It may have been revoked, or have expired."""


class KeyTooNarrow(NoEntry):
    """The access key is not for this."""

    def __init__(self, needed: str, faults: Sequence[Fault] = (), detail: str = "") -> None:
        super().__init__(detail)
        self.needed = needed
        """The scope that is needed."""
        self.faults = faults


class TooManyRequests(HourmillError):
    """You have sent too many requests; this one was not taken."""

    def __init__(self, quota: Quota) -> None:
        super().__init__()
        self.quota = quota


class TooManySignIns(HourmillError):
    """Too many are signing in at this moment; try again in a second."""


class KeysAway(HourmillError):
    """The access keys cannot be read or written now; try again later."""


class KeyTaken(HourmillError):
    """There is an access key of this id."""


class NotAccepted(HourmillError):
    """Nothing of this request was counted; send it again later."""


class Overloaded(NotAccepted):
    """Too much is waiting; nothing of this request was counted. Send it again later."""


class TooManyBodies(Overloaded):
    """Too many bodies are under way to us; nothing of this request was counted. Send it again later."""


class Closing(NotAccepted):
    """The service is shutting down; nothing of this request was counted. Send it again later."""


class OutcomeUnknown(HourmillError):
    """The commit was not confirmed: it may have been counted. Repeat it with the same Idempotency-Key to be sure."""


class Unconfirmed(HourmillError):
    """The queue has not confirmed all messages."""

    def __init__(self, places: Sequence[int], reason: str, *, sent: bool, too_large: Sequence[int] = ()) -> None:
        super().__init__(reason)
        self.places = places
        """Where they stand among the messages of the attempt."""
        self.sent = sent
        """Whether any message of the attempt can have reached the queue."""
        self.too_large = too_large
        """Those of the places whose messages the queue will never take."""


class Poison(HourmillError):
    """The store refuses a cell."""


class Scattered(HourmillError):
    """Batches of many days are counted one by one."""


class Unreachable(HourmillError):
    """A server behind us does not answer."""


class SchemaUnusable(HourmillError):
    """The database cannot be used as it is."""


class Unreadable(HourmillError):
    """The counters cannot be read now; try again later."""


class ReadsFull(Unreadable):
    """Too many reads wait already, or the service is shutting down; try again later."""


class TooManyReads(HourmillError):
    """A client has too many reads under way."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} reads of yours are under way; send the next one when one of them is answered.")


class TooManyWatch(HourmillError):
    """Too many watch already, or the service is shutting down; try again later."""


class NotCleaned(HourmillError):
    """The store was away or busy while it was cleaned; what was not done is done the next time."""


class SettingsRefused(HourmillError):
    """Settings that cannot be used."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class DataFileInUse(HourmillError):
    """Another Hourmill holds this data file."""


class DataFileUnusable(HourmillError):
    """The data file cannot be opened."""


class Undecodable(HourmillError):
    """Stored cells that this Hourmill cannot read."""


class AddressInUse(HourmillError):
    """The address cannot be listened on."""


class InputUnreadable(HourmillError):
    """The file cannot be read."""
