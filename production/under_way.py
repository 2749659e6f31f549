"""That somebody is making a plan just now: whoever would make another for the same reason waits for that one first."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache

_UNDER_WAY = "production.replanning"
_AT_MOST = 600  # seconds; a worker that was killed lets the next one plan after that


@contextmanager
def planning() -> Iterator[bool]:
    """Lets others know while a plan is made; tells whether nobody else was at it."""
    is_alone = cache.add(_UNDER_WAY, True, timeout=_AT_MOST)
    try:
        yield is_alone
    finally:
        if is_alone:
            cache.delete(_UNDER_WAY)


def is_under_way() -> bool:
    """Whether somebody is making a plan just now."""
    return bool(cache.get(_UNDER_WAY))
