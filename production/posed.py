"""A scheduling problem with the way back from its rows to those of the plant."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from production import scheduling
from production.models import Machine, Operation, WorkCenter


@dataclass(frozen=True)
class Unplanned:
    """An operation (or, without a sequence, a whole batch) that found no place, and why."""

    batch: str
    sequence: int | None
    reason: str


@dataclass(frozen=True)
class Posed:
    """A problem with the way back to the plant's own rows."""

    problem: scheduling.Problem
    weights: scheduling.Weights
    epoch: datetime
    operations: Mapping[tuple[str, str], Operation]
    machines: Mapping[str, Machine]
    present: tuple[scheduling.Assignment, ...]
    unplanned: tuple[Unplanned, ...]

    def moment(self, seconds: int) -> datetime:
        return self.epoch + timedelta(seconds=seconds)

    def seconds(self, moment: datetime) -> int:
        return ceil((moment - self.epoch).total_seconds())


def unlimited_name(center: WorkCenter) -> str:
    """What a work center without limit is called in the problem."""
    return f"{center.code} at {center.site.code}"


def in_our_words(reason: str) -> str:
    """The problem's jobs and tasks are batches and operations to a planner."""
    return re.sub(r"\btask\b", "operation", re.sub(r"\bjob\b", "batch", reason))
