"""PostgreSQL's and asyncpg's errors as ours."""

import asyncpg

from hourmill.errors import HourmillError, NotAccepted, OutcomeUnknown, Poison, Scattered

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, ValueError)
"""What a call to the driver raises. OSError: lost connections and, since Python 3.11, what took too long;
ValueError: values that no PostgreSQL type holds."""

_ONE_BY_ONE = "HMONE"  # functions.sql, apply_batches
# 22: data no type holds; 23: a constraint is broken; 54: a text too long for its index
_POISON_CLASSES = {"22", "23", "54"}
# 08: the connection went, or the driver gave up; 40003: the server says so; 57P02: it died of another's crash, at
# whatever point; 57P01: with synchronous replication it may stop after the commit. With any other error the server
# says that it has rolled back.
_UNKNOWN = ("08", "40003", "57P01", "57P02")


def translate(error: Exception) -> HourmillError:
    """What an error means for a call that was sent, one statement in a transaction of its own."""
    match error:
        case asyncpg.PostgresError():
            return _translate_answer(error)
        case ValueError():  # UnicodeEncodeError is one, and so is what asyncpg cannot encode
            return Poison(f"A value that PostgreSQL cannot hold ({error}).")
    return OutcomeUnknown()


def _translate_answer(error: asyncpg.PostgresError) -> HourmillError:
    state = error.sqlstate or ""
    if state == _ONE_BY_ONE:
        return Scattered()
    if state.startswith(_UNKNOWN):
        return OutcomeUnknown()
    if state[:2] in _POISON_CLASSES:
        return Poison(f"PostgreSQL refuses a cell: {error} (SQLSTATE {state}).")
    return NotAccepted(f"PostgreSQL refused ({error}, SQLSTATE {state}); nothing was counted. Send it again later.")
