"""What a handler gives back."""

from typing import NamedTuple, TypeAlias

import msgspec

Headers: TypeAlias = list[tuple[str, str]]

JSON: Headers = [("content-type", "application/json")]
NOT_SNIFFED = ("x-content-type-options", "nosniff")  # what holds texts of others is never taken for a page
JSON_NOW: Headers = [*JSON, ("cache-control", "no-store"), NOT_SNIFFED]


class Answer(NamedTuple):
    """Status, headers and body of a response."""

    status: int
    headers: Headers
    body: bytes


COUNTED = Answer(200, JSON, b'{"success":true}')


def counted(day_only: int) -> Answer:
    """Success; day_only: how many of the views count in their day only."""
    return Answer(200, JSON, b'{"success":true,"day_only":%d}' % day_only) if day_only else COUNTED


def fresh(value: object) -> Answer:
    """200 with the value as JSON, not to be cached."""
    return Answer(200, JSON_NOW, msgspec.json.encode(value))
