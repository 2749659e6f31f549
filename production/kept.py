"""Weeks in which what a machine may give to an order is used up, because the rest of its time is kept for other work."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from production.calendars import clip
from production.causes import Busy, Stretch


@dataclass(frozen=True)
class Reserving:
    """A machine that keeps shares of its time: `shares` by whom for, `hours` when it works, `busy` what it works on in the plan."""

    shares: Mapping[str, float]
    hours: Sequence[Stretch]
    busy: Collection[Busy]


def used_up(
    machine: Reserving, groups: Mapping[int, str], operation: Busy, weeks: Sequence[datetime]
) -> tuple[Stretch, ...]:
    """Whole weeks before an operation starts in which others' shares left no room for it.

    As the scheduler counts (`production.scheduling.check`): an operation belongs to the week in which it starts, and what is kept
    for one group is open to no other.

    :param groups: for whom each operation of the plan is.
    :param weeks: between which shares count, ascending.
    """
    own = groups[operation.operation]
    needed = _worked(machine.hours, operation.starts_at, operation.ends_at)
    return tuple(
        (opens, closes)
        for opens, closes in pairwise(weeks[: bisect_right(weeks, operation.starts_at)])
        if any(
            _room(machine, groups, group, share, (opens, closes)) < needed
            for group, share in machine.shares.items()
            if group != own
        )
    )


def _room(
    machine: Reserving, groups: Mapping[int, str], group: str, share: float, week: Stretch
) -> timedelta:
    """What a week has left for all that is not of a group, whose share is kept."""
    given = sum(
        (
            _worked(machine.hours, busy.starts_at, busy.ends_at)
            for busy in machine.busy
            if week[0] <= busy.starts_at < week[1] and groups[busy.operation] != group
        ),
        timedelta(),
    )
    return _worked(machine.hours, *week) * (1 - share) - given


def _worked(hours: Iterable[Stretch], start: datetime, end: datetime) -> timedelta:
    return sum((last - first for first, last in clip(hours, start, end)), timedelta())
