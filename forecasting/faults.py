"""Work on many items at once, of which a few may be beyond all numbers: these are found, left out and named, and the rest is done.

What fails for many is halved until what it fails for stands alone. A database that is gone or memory that is full is no fault of any item.
"""

import traceback
from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from django.db import InterfaceError, OperationalError

MOST_FAULTS: Final = 25
"""Where more than so many fail, it is not they that are wrong."""
_MOST_WORDS: Final = 200


One = TypeVar("One")
Done = TypeVar("Done")


class Apart(NamedTuple, Generic[One, Done]):
    """What was done, portion by portion in their order; and those that it fails for, each with why."""

    done: list[Done]
    faults: list[tuple[One, str]]


def carried_out(many: Sequence[One], work: Callable[[Sequence[One]], Done]) -> Apart[One, Done]:
    """Work on all at once if that goes, or else on portions, leaving out what fails by itself.

    :param work: leaves nothing half done when it fails.
    :raises Exception: what it last failed with, where it fails for every one, or for too many.
    """
    found: Apart[One, Done] = Apart([], [])
    waiting = [many] if many else []
    while waiting:
        some = waiting.pop()
        try:
            found.done.append(work(some))
        except (OperationalError, InterfaceError, MemoryError):
            raise
        except Exception as error:
            if len(some) > 1:
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]
                continue
            found.faults.append((some[0], told(error)))
            if len(found.faults) > MOST_FAULTS or not (found.done or waiting):
                raise
    return found


def told(error: Exception) -> str:
    """What went wrong and where, in a line."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error}".splitlines()[0][:_MOST_WORDS] + f" (in {where.name})"
