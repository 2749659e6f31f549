"""Values as they stand in a file, told apart from what they might have been meant to be.

Whoever writes 3600.5 seconds or "duedate" means something, and a plan that leaves it out unseen is a plan of another problem.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from math import inf, nan
from typing import Any, NamedTuple

from production.scheduling.rows import NO_SETUP, Job, Machine, Setup

Json = Mapping[str, Any]
LARGEST = 10**12  # larger numbers would not go through the scheduler's arithmetic
NAMED = 3
FOR_PEOPLE = frozenset({"name", "comment"})  # may stand in every row and are not read


class Stated(NamedTuple):
    """The rows that a file states, each well formed; whether they can be planned together is not looked at yet."""

    machines: tuple[Machine, ...]
    jobs: tuple[Job, ...]
    setup: Setup = NO_SETUP
    now: int = 0
    fence: int = 0


def row_of(value: Any, where: str, names: Iterable[str]) -> Json:
    """A row of a file that holds nothing but what is known.

    :raises TypeError: where it is no row.
    :raises ValueError: naming the row and the names that are not known, with those that are like them.
    """
    row = _row(value, where)
    known = {*names}
    unknown = row.keys() - known - FOR_PEOPLE
    if unknown:
        named = [_unknown(name, known) for name in sorted(unknown)[:NAMED]]
        more = f", and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        raise ValueError(f"{where} holds {', '.join(named)}{more}")
    return row


def name_of(value: Any, what: str) -> str:
    """What a row is called; without a name nothing could be told of it.

    :raises TypeError: where it is no row, or its `id` no name.
    :raises ValueError: where it has none.
    """
    return field_of(_row(value, what), "id", what)


def field_of(row: Json, name: str, where: str) -> str:
    """The text, or number that serves as one, that a row must have under a name.

    :raises ValueError: where it has nothing there.
    :raises TypeError: for all else.
    """
    return label(given(row, name, where), f"{name} of {where}")


def _row(value: Any, where: str) -> Json:
    if not isinstance(value, Mapping):
        raise TypeError(f"{where} is {_short(value)}, not a row of names and values")
    return value


def given(row: Json, name: str, where: str) -> Any:
    """What a row has under a name that it must have.

    :raises ValueError: where it has nothing there.
    """
    value = row.get(name)
    if value is None:
        raise ValueError(f"'{name}' is missing in {where}")
    return value


def listed(value: Any, what: str) -> Sequence[Any]:
    """What is listed; the letters of a single name, or the names of a row, would otherwise be taken for as many.

    :raises TypeError: where it is no list.
    """
    if not isinstance(value, list | tuple):
        raise TypeError(f"{what} is {_short(value)}, not a list")
    return value


def label(value: Any, what: str) -> str:
    """What something is called: a text, or a number that serves as one.

    :raises TypeError: for all else, which would be called as it is written in Python.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"{what} is {_short(value)}, not a name")
    return str(value)


def _unknown(name: str, known: set[str]) -> str:
    near = get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.5)
    advice = f"is it {near[0]}?" if near else f"there may be {', '.join(sorted(known))}"
    return f"{_short(name)}, which is not known there ({advice})"


def whole(value: Any, what: str) -> int:
    """A whole number, however it is written.

    :raises ValueError: for a fraction, which would be rounded unseen, for what is no number, and for one that is too large.
    """
    try:
        number = int(value)
    except ValueError:
        number = _int(value, what)
    except TypeError:
        raise ValueError(f"{what} is {_short(value)}; give a whole number") from None
    except OverflowError:
        raise ValueError(f"{what} of {_short(value)} is too large a number") from None
    if isinstance(value, bool) or (isinstance(value, float) and number != value):
        raise ValueError(f"{what} is {_short(value)}; give a whole number")
    if abs(number) > LARGEST:
        raise ValueError(f"{what} of {_short(value)} is too large a number")
    return number


def _int(value: Any, what: str) -> int:
    """What is written like 5.0."""
    try:
        number = float(value)
    except ValueError:
        number = nan
    if not number.is_integer():
        raise ValueError(f"{what} is {_short(value)}; give a whole number")
    return int(number)


def flag(row: Json, name: str, default: bool) -> bool:
    """True or false; the word "false" in quotes would otherwise count as true.

    :raises ValueError: for all else.
    """
    value = row.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false, not {_short(value)}")
    return value


def number_of(value: Any, what: str) -> float:
    """A number, fractions too.

    :raises ValueError: for all else, truth values included, and for one that is too large.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{what} is a number, not {_short(value)}")
    if LARGEST < abs(value) < inf:
        raise ValueError(f"{what} of {_short(value)} is too large a number")
    return value


def _short(value: Any) -> str:
    return repr(value)[:40]
