"""Reading a query string: its parameters, by name or into the struct that describes them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec.inspect import IntType, LiteralType, Metadata, StrType, Type, UnionType, type_info

from hourmill.errors import BadQuery, Fault

MAX_QUERY_CHARS = 32 << 10  # a page, a search and a place to go on from, every byte percent-encoded, are half of it
MAX_NAME_CHARS = 64  # of a parameter that is named in an answer
MAX_PARAMETERS = 100  # no route has more than 12; others are ignored

_INTEGER = re.compile(r"[0-9]{1,18}")  # what is longer is above every limit

Parameters = TypeVar("Parameters", bound=msgspec.Struct)
Others = TypeVar("Others", bound=msgspec.Struct)


class Field(NamedTuple):
    """A field of such a struct: its name, that of its parameter, and what may stand there."""

    name: str
    parameter: str
    allowed: Type


class NoParameters(msgspec.Struct, frozen=True):
    """None at all."""


def given_in(query: str, names: Sequence[str]) -> tuple[dict[str, str], list[Fault]]:
    """The parameters of a query string, and the faults of those with one of the names.

    raises  BadQuery if it cannot be read
    """
    pairs = pairs_in(query)
    unreadable = [name for name, value in pairs if not _is_utf_8(name + value)]
    if unreadable:
        raise BadQuery([Fault("not UTF-8", parameter=_shown(name)) for name in unreadable])
    found = [name for name, _ in pairs]
    return dict(pairs), [Fault("may be given only once", parameter=name) for name in names if found.count(name) > 1]


def pairs_in(query: str) -> list[tuple[str, str]]:
    """Names and values of a query string, as they stand there; what is not UTF-8 as lone surrogates.

    raises  BadQuery if it is too long
    """
    if len(query) > MAX_QUERY_CHARS:
        raise BadQuery([Fault(f"a query string has at most {MAX_QUERY_CHARS:,} characters")])
    if query.count("&") >= MAX_PARAMETERS:
        raise BadQuery([Fault(f"a query string has at most {MAX_PARAMETERS} parameters")])
    return parse_qsl(query, keep_blank_values=True, errors="surrogateescape")


def parameters_of(kind: type[Parameters], query: str) -> Parameters:
    """A struct, filled from a query string: its fields are texts, integers or one of several texts.

    raises  BadQuery, with every fault named
    """
    return both_of(kind, NoParameters, query)[0]


def both_of(kind: type[Parameters], other: type[Others], query: str) -> tuple[Parameters, Others]:
    """Two structs, likewise."""
    names = [field.parameter for one in (kind, other) for field in _fields_of(one)]
    given, faults = given_in(query, names)
    values, others = _fields(kind, given, faults), _fields(other, given, faults)
    if faults:
        raise BadQuery(faults)
    return kind(**values), other(**others)


def _fields(kind: type[msgspec.Struct], given: dict[str, str], faults: list[Fault]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in _fields_of(kind):
        text = given.get(field.parameter)
        if text is None:
            continue
        try:
            values[field.name] = _value(text, field.allowed)
        except ValueError as error:
            faults.append(Fault(str(error), parameter=field.parameter))
    return values


@lru_cache(maxsize=64)  # as many as there are kinds; it takes longer than all the rest of reading a query
def _fields_of(kind: type[msgspec.Struct]) -> list[Field]:
    return [Field(field.name, field.encode_name, type_info(field.type)) for field in msgspec.structs.fields(kind)]


def _value(text: str, allowed: Type) -> str | int:
    match allowed:
        case Metadata(type=inner):
            return _value(text, inner)
        case UnionType(types=[inner, _]):  # the other is None: not given
            return _value(text, inner)
        case StrType():
            return text
        case LiteralType(values=texts):
            if text not in texts:
                raise ValueError(f"one of {', '.join(map(str, texts))}")
            return text
        case IntType(ge=least, le=most):
            if not _INTEGER.fullmatch(text) or not (least or 0) <= int(text) <= (most or int(text)):
                raise ValueError(f"an integer from {least} to {most}")
            return int(text)
    raise TypeError(f"a parameter is no {allowed}")


def _shown(name: str) -> str | None:
    return name[:MAX_NAME_CHARS] if _is_utf_8(name) else None


def _is_utf_8(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)
