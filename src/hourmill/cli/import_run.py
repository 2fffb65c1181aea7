"""Running an import: file after file, and what is said when it breaks off."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing, suppress
from functools import partial
from typing import TypeVar

from hourmill.cli.import_files import opened
from hourmill.errors import HourmillError, InputUnreadable, NotAccepted, OutcomeUnknown
from hourmill.services.log_input import LogInput

Imported = TypeVar("Imported")

BROKE_OFF = "The import broke off ({}). Run the same command again: what is counted is remembered."


def run(importing: Coroutine[None, None, Imported]) -> Imported:
    """What an import gives; one that breaks off says so in one sentence.

    raises  HourmillError
    """
    # not asyncio.run(): it turns Ctrl-C into a cancellation, which waits for an await that waits; a read does not
    with closing(asyncio.new_event_loop()) as loop:
        task = loop.create_task(importing)
        try:
            return loop.run_until_complete(task)
        except (NotAccepted, OutcomeUnknown) as error:
            raise type(error)(BROKE_OFF.format(str(error.__cause__ or "") or type(error.__cause__).__name__)) from error
        except KeyboardInterrupt:
            if task.done():
                task.exception()  # the interrupt itself, which asyncio would complain of as never looked at
            else:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    loop.run_until_complete(task)  # to close what it has opened
            raise HourmillError(BROKE_OFF.format("Ctrl-C")) from None


async def take_all(
    files: tuple[str, ...], take: Callable[[LogInput], Awaitable[None]], on_read: Callable[[str, int], None]
) -> list[str]:
    """Have each file taken; a line for each that could not be read to its end."""
    unreadable = []
    for name in files:
        try:
            with opened(name) as stream:
                await take(LogInput(name, stream, partial(on_read, name)))
        except InputUnreadable as error:
            unreadable.append(str(error))
    return unreadable
