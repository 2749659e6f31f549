"""The time that the plant takes for the present.

A verdict that depended on the hour of the run would change over midnight, at weekends and when clocks change. So each
test begins on Monday at eight, and the clock runs on from there.
"""

import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django.utils import timezone

_began = time.monotonic()
_shown = datetime.now(UTC)


def set_clock(at: datetime) -> None:
    """It is so late now, until the next test begins."""
    global _began, _shown
    _began, _shown = time.monotonic(), at


class _Datetime(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, datetime)


class _Shown(datetime, metaclass=_Datetime):
    """What Django reads its clock by. To replace `timezone.now` would not reach columns whose default it is."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return (_shown + timedelta(seconds=time.monotonic() - _began)).astimezone(tz)


timezone.datetime = _Shown
