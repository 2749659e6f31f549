"""How the values of a fact are written as JSON, and read back by what their fields are annotated with."""

import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

_READERS: dict[Any, Callable[[Any], Any]] = {
    Decimal: Decimal,
    UUID: UUID,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}


def as_json(value: Any) -> Any:
    """A field of a fact as a JSON value.

    :raises TypeError: for what is no plain value, nor a tuple of these.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    raise TypeError(f"A fact holds ids and plain values, not {type(value).__name__}: {value!r}")


def read_as(hint: Any, value: Any) -> Any:
    """What was written, as its annotation says; what that does not tell is left as it is."""
    if value is None:
        return None
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return read_as(next(argument for argument in arguments if argument is not types.NoneType), value)
    if typing.get_origin(hint) is tuple:
        return tuple(read_as(arguments[0], item) for item in value)
    return _READERS.get(hint, lambda plain: plain)(value)
