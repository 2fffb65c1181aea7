"""The options of commands that ask for statistics: one for each parameter of the question."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
import msgspec
from msgspec.inspect import IntType, LiteralType, Metadata, Type, UnionType, type_info

from hourmill.errors import Malformed
from hourmill.services.stats.question import Question

Command = TypeVar("Command", bound=Callable[..., Any])


def asking(kind: type[Question], *, without: tuple[str, ...] = ()) -> Callable[[Command], Command]:
    """Call the command with the `question` that its options make.

    without  parameters that there is no option for
    """
    fields = [field for field in msgspec.structs.fields(kind) if field.name not in without]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def wrapped(**options: Any) -> None:
            given = {field.name: options.pop(field.name) for field in fields}
            question = kind(**{name: value for name, value in given.items() if value is not None})
            try:
                command(question=question, **options)
            except Malformed as error:
                raise click.UsageError("\n".join(map(_said, error.faults))) from None

        asked: Any = wrapped
        for field in reversed(fields):
            asked = _option(field)(asked)
        return asked  # type: ignore[no-any-return]  # click's options keep what they are put on

    return decorate


def _said(fault: Any) -> str:
    return f"--{fault.parameter}: {fault.detail}" if fault.parameter else fault.detail


def _option(field: msgspec.structs.FieldInfo) -> Callable[[Command], Command]:
    kind, meaning = _type(type_info(field.type))
    default = f"  [{field.default}]" if isinstance(field.default, str | int) and field.default != "" else ""
    return click.option(
        f"--{field.encode_name}",
        field.name,
        type=kind,
        metavar=None if isinstance(kind, click.Choice) else field.encode_name.upper(),
        help=meaning.replace("`", "") + default,
    )


def _type(info: Type) -> tuple[click.ParamType[Any], str]:
    """What click takes for a type, and what it means."""
    match info:
        case Metadata(type=inner, extra_json_schema=schema):
            return _type(inner)[0], (schema or {}).get("description", "")
        case UnionType(types=[inner, _]):
            return _type(inner)
        case LiteralType(values=values):
            return click.Choice([str(value) for value in values]), ""
        case IntType(ge=least, le=most):
            return click.IntRange(least, most), ""
    return click.STRING, ""
