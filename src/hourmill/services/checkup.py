"""What is well and what is not, and what to do about it: judgements on what was found of servers and the machine."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from hourmill.core.plural import counted
from hourmill.ports.probe import ApiFacts, ApiState, DatabaseFacts, FileFacts, Schema
from hourmill.ports.progress import PartitionState
from hourmill.ports.watch import StoreFacts
from hourmill.services.findings import Finding, fault, warning, well

OLDEST_POSTGRES = 14_00_00
CLOCKS_APART = timedelta(seconds=2)  # "complete until" is as exact as that
CLOCKS_FAR_APART = timedelta(minutes=5)  # what is too old, and which hour runs, goes by the clock
FEW_CONNECTIONS = 12  # 6 for an API process, 6 for a worker
FEW_BYTES = 1 << 30
FEW_FILES = 4096
LAGS = timedelta(minutes=2)


def of_database(facts: DatabaseFacts) -> Iterator[Finding]:
    """Judge a PostgreSQL that answers."""
    yield well("PostgreSQL", f"version {facts.version} answers")
    yield _of_schema(facts)
    if facts.version_number < OLDEST_POSTGRES:
        yield fault("PostgreSQL", f"version {facts.version} is too old", "Use PostgreSQL 14 or newer.")
    if facts.encoding != "UTF8":
        yield fault("PostgreSQL", f"the database is encoded in {facts.encoding}",
                     "Make one in UTF-8: createdb --encoding=UTF8 --template=template0 NAME.")  # fmt: skip
    if facts.is_replica:
        yield fault("PostgreSQL", "this server is a replica and takes no writes", "Name the primary in DATABASE_URL.")
    elif facts.is_read_only:
        yield fault("PostgreSQL", "default_transaction_read_only is on: nothing can be counted",
                    "Reset it: ALTER DATABASE ... RESET, ALTER ROLE ... RESET, or postgresql.conf.")  # fmt: skip
    if not facts.may_create:
        yield fault("PostgreSQL", "our user may not create tables in its schema, and each month is one",
                     "GRANT CREATE ON SCHEMA public TO the user, or make it the owner of the schema.")  # fmt: skip
    if facts.owns is False:
        yield fault("PostgreSQL", "the tables belong to another user, so that old months cannot be dropped",
                     "Run as the user who ran hourmill migrate, or ALTER TABLE ... OWNER TO.")  # fmt: skip
    if not facts.keeps_what_it_confirms:
        yield fault("PostgreSQL", "fsync or full_page_writes is off: a crash loses counted views",
                     "Turn both on in postgresql.conf, and reload it.")  # fmt: skip
    if facts.connections - facts.connections_used < FEW_CONNECTIONS:
        yield warning("PostgreSQL", f"{facts.connections_used} of {facts.connections} connections are in use",
                       "Raise max_connections: 6 for each process, and 10 to spare.")  # fmt: skip
    yield from of_clock(facts.clock_ahead)


def _of_schema(facts: DatabaseFacts) -> Finding:
    match facts.schema:
        case Schema.STANDS:
            return well("schema", "is that of this version")
        case Schema.NEWER:
            return fault("schema", "is a newer Hourmill's", "Run that version, or restore the backup of before.")
        case Schema.DENIED:
            return fault("schema", "our user may not read the tables", "Run as the user who ran `hourmill migrate`.")
    return fault("schema", f"is {facts.schema.value}", "Run `hourmill migrate` with these settings.")


def of_clock(ahead: timedelta) -> Iterator[Finding]:
    """Judge the clock of this machine against the database's."""
    apart = abs(ahead)
    side = "behind" if ahead > timedelta() else "ahead of"
    found = f"this machine's is {apart.total_seconds():,.1f} s {side} the database's"
    remedy = "Have both machines set their clocks by NTP (timedatectl, chronyc tracking)."
    if apart > CLOCKS_FAR_APART:
        yield fault("clock", found, remedy)
    elif apart > CLOCKS_APART:
        yield warning("clock", found, remedy)
    else:
        yield well("clock", "agrees with the database's")


def of_partitions(states: Sequence[PartitionState], now: datetime) -> Iterator[Finding]:
    """Judge how far workers are."""
    idle = [state.partition for state in states if state.worker is None]
    if not states or len(idle) == len(states):
        yield fault("workers", "none is alive: nothing of what is accepted is counted", "Start `hourmill worker`.")
        return
    if idle:
        yield warning("workers", f"nobody holds {len(idle)} of {counted(len(states), 'partition')}",
                       "Look again in 15 s; then see the workers' logs for `leases not renewed`.")  # fmt: skip
    late = [one for one in states if one.counted_until is not None and now - one.counted_until > LAGS]
    if late:
        worst = max(now - one.counted_until for one in late if one.counted_until is not None)
        yield warning("workers", f"{counted(len(late), 'partition')} behind, one by {worst.total_seconds():,.0f} s",
                       "See `flushed` and `flush failed` in the workers' logs; start more workers.")  # fmt: skip
    elif not idle:
        workers = len({state.worker for state in states})
        yield well("workers", f"{workers} {'counts' if workers == 1 else 'count'} {counted(len(states), 'partition')}")


def of_store(facts: StoreFacts, now: datetime, clean_every: timedelta) -> Iterator[Finding]:
    """Judge what the store says of itself."""
    if facts.parked_cells:
        yield warning("parked cells", f"{counted(facts.parked_cells, 'cell')} waiting for somebody to decide",
                       "docs/operating.md, \"Parked cells\", says how to look at them.")  # fmt: skip
    cleaned = facts.cleaned
    late_after = max(3 * clean_every, timedelta(hours=1))
    if cleaned is not None and now - cleaned.began_at > late_after:
        yield warning("janitor", f"last came to its end at {cleaned.began_at:%Y-%m-%d %H:%M} UTC",
                       "See `not cleaned` in the logs; `hourmill clean` does it, or says what is wrong.")  # fmt: skip
    elif cleaned is not None:
        yield well("janitor", f"came to its end at {cleaned.began_at:%Y-%m-%d %H:%M} UTC")


def of_file(facts: FileFacts) -> Iterator[Finding]:
    """Judge a data file and its place."""
    if facts.unusable is not None:
        yield fault("data file", facts.unusable, "Name another one in DATABASE_URL, or give it to the service's user.")
    elif facts.is_older:
        yield fault("schema", f"that of {facts.path} is older than this version",
                     "Make a backup and start `hourmill serve`: it brings the file up to date.")  # fmt: skip
    else:
        yield well(
            "data file",
            f"{facts.path} can be used" if facts.bytes else f"{facts.path} is not there yet, and can be made",
        )
    if facts.is_anothers:
        yield warning("data file", "it belongs to another user than its folder",
                      "chown it, and the files beside it that begin like it, to the service's user.")  # fmt: skip
    if facts.is_open and facts.unusable is None:
        yield warning("data file", "others than its owner may read or write it, or the files beside it",
                      "chmod 600 it, and the files beside it that begin like it, unless that is meant.")  # fmt: skip
    if facts.on_network is not None:
        yield fault("data file", f"it is on a network's file system ({facts.on_network}), whose locks fail",
                     "Put it on a local disk, or use PostgreSQL.")  # fmt: skip
    if facts.free_bytes < FEW_BYTES:
        yield warning("disk", f"{facts.free_bytes / 1e6:,.0f} MB are free beside the data file",
                       "Make room, or set a retention: docs/on-sqlite.md, \"Disk full\".")  # fmt: skip


def of_limits(open_files: int) -> Iterator[Finding]:
    """Judge what the system lets a process do."""
    if open_files < FEW_FILES:
        yield warning("limits", f"{open_files:,} files and connections may be open",
                       "Raise the hard limit: LimitNOFILE=32768 in the unit, ulimit -Hn.")  # fmt: skip


def of_api(facts: ApiFacts, place: str) -> Finding:
    """Judge what answers at the address of the settings."""
    match facts.state:
        case ApiState.READY:
            return well("API", f"is ready at {place}")
        case ApiState.NOT_READY:
            return warning("API", f"answers at {place}: {facts.says}", "See its log for what it waits for.")
        case ApiState.REFUSING:
            return fault("API", f"answers at {place}: {facts.says}",
                         "Views get 503 until that is mended: docs/operating.md, \"Nothing is accepted\".")  # fmt: skip
        case ApiState.OTHER_CERTIFICATE:
            found = f"at {place} another certificate than the file's is shown, or one that is not valid now"
            return fault("API", found, "Renew it if it has expired; restart the service, so that it reads the files.")
        case ApiState.NOT_OURS:
            return fault("API", f"another program answers at {place}", "Stop it, or choose another PORT.")
    return warning("API", f"nobody answers at {place}", "Start it, if it is to run on this machine.")


def away(about: str, reason: str, remedy: str) -> Finding:
    """A server that does not answer."""
    return fault(about, reason, remedy)


def broken_off(about: str, reason: str) -> Finding:
    """Looking at a part came to no end."""
    return fault(about, f"could not be looked at to the end: {reason}", "Mend what it says, and look again.")
