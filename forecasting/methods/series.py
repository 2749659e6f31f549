"""A demand series on an even grid of time buckets, and what kind of series it is.

Points arrive as (when, how much) in any order; ``gather`` lays them on the grid of hours, days, weeks, months, quarters
or years. A bucket without a point is a bucket without demand. Whatever in the input cannot be demand (not a number,
below zero) is left out and reported, never raised: one bad series must not stop the run of all others.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cycle:
    """A season that a series may have.

    :param length: in buckets, whole or not.
    :param blur: how many phases on either side share what is learnt of one.
    """

    length: float
    blur: int = 0


class Bucket(StrEnum):
    """The grain of a series."""

    HOUR = "H"
    DAY = "D"
    WEEK = "W"
    MONTH = "M"
    QUARTER = "Q"
    YEAR = "Y"

    @property
    def season(self) -> int:
        """Buckets in the season that this grain usually has: 24 hours, 7 days, 52 weeks, 12 months, 4 quarters."""
        return _SEASON[self]

    def cycles(self, season: int | None = None) -> tuple[Cycle, ...]:
        """The seasons that this grain may have, shortest first: day and week for hours, week and year for days.

        :param season: the shortest, where it is not the usual one; longer ones stay.
        """
        usual = _CYCLES[self]
        if season is None or season == self.season:
            return usual
        known = [cycle for cycle in usual if abs(cycle.length - season) < 1]
        longer = [cycle for cycle in usual if cycle.length > 1.5 * season and season > 1]
        return (*(known or [Cycle(season)]), *longer)

    @property
    def days(self) -> float:
        """Mean length of a bucket in days."""
        return _DAYS[self]

    @property
    def months(self) -> int:
        """Calendar months in a bucket; 0 of those that are counted in days or hours."""
        return _MONTHS.get(self, 0)

    @property
    def noun(self) -> str:
        return _NOUN[self]


_SEASON: Final = {
    Bucket.HOUR: 24,
    Bucket.DAY: 7,
    Bucket.WEEK: 52,
    Bucket.MONTH: 12,
    Bucket.QUARTER: 4,
    Bucket.YEAR: 1,
}
_CYCLES: Final = {
    Bucket.HOUR: (Cycle(24), Cycle(168)),
    Bucket.DAY: (Cycle(7), Cycle(365.25, blur=14)),
    Bucket.WEEK: (Cycle(365.25 / 7, blur=2),),
    Bucket.MONTH: (Cycle(12),),
    Bucket.QUARTER: (Cycle(4),),
    Bucket.YEAR: (),
}
_DAYS: Final = {
    Bucket.HOUR: 1 / 24,
    Bucket.DAY: 1.0,
    Bucket.WEEK: 7.0,
    Bucket.MONTH: 365.25 / 12,
    Bucket.QUARTER: 365.25 / 4,
    Bucket.YEAR: 365.25,
}
_MONTHS: Final = {Bucket.MONTH: 1, Bucket.QUARTER: 3, Bucket.YEAR: 12}
_NOUN: Final = {
    Bucket.HOUR: "hour",
    Bucket.DAY: "day",
    Bucket.WEEK: "week",
    Bucket.MONTH: "month",
    Bucket.QUARTER: "quarter",
    Bucket.YEAR: "year",
}


class Shape(StrEnum):
    """What kind of demand a series is, after Syntetos, Boylan and Croston (2005), J. Oper. Res. Soc. 56."""

    EMPTY = "empty"  # no demand at all
    TINY = "tiny"  # too few buckets for any back-test
    SMOOTH = "smooth"  # demand in nearly every bucket, sizes alike
    ERRATIC = "erratic"  # demand in nearly every bucket, sizes vary
    INTERMITTENT = "intermittent"  # often no demand, sizes alike
    LUMPY = "lumpy"  # often no demand, sizes vary

    @property
    def is_intermittent(self) -> bool:
        return self in {Shape.INTERMITTENT, Shape.LUMPY}


@dataclass(frozen=True, eq=False, slots=True)
class Series:
    """Demand of one thing, one value for each bucket from ``start`` (the first day of the first bucket) on.

    What people and the calendar know of single buckets comes beside the values. ``skip`` has an entry for each value;
    the others start with the first value and go on into the future as far as anything is known there.

    :param skip: buckets that say nothing of ordinary demand: the item was out of stock, the value is an outlier or was
        never known. Nothing is learnt from them; they are filled from their neighbours.
    :param lift: what known events multiply ordinary demand by, 1 where there is none: 1.5 for a promotion that sells
        half as much again. The past is divided by it before anything is learnt, the forecast multiplied.
    :param working: how much time demand has in each bucket, such as its working days. How far demand follows it is
        learnt from the series.
    :param events: by name, the buckets in which something happens that happens again (an annual sale, a holiday). By how
        much demand changes then is learnt from the series, cautiously.
    :raises ValueError: where ``skip`` does not fit the values, or another of them ends before they do.
    """

    id: str
    start: date
    values: FloatArray
    bucket: Bucket = Bucket.WEEK
    skip: BoolArray | None = None
    lift: FloatArray | None = None
    working: FloatArray | None = None
    events: Mapping[str, BoolArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.values)
        if self.skip is not None and len(self.skip) != count:
            raise ValueError(f"{self.id}: skip has {len(self.skip)} entries for {count} values.")
        ahead = {"lift": self.lift, "working": self.working, **self.events}
        for name, known in ahead.items():
            if known is not None and len(known) < count:
                raise ValueError(f"{self.id}: {name} has {len(known)} entries for {count} values.")

    @property
    def end(self) -> date:
        """First day after the history: the first day of the first bucket to forecast."""
        return step(self.start, self.bucket, len(self.values))


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in the input that was not taken as it stood, and what was done instead."""

    id: str
    text: str


MINIMUM_FOR_BACKTEST: Final = 8
ABSURD: Final = 1e12
"""No plant is asked for more than this in a bucket; beyond it a number is a mistake."""
_INTERVAL_CUT: Final = 1.32
_VARIATION_CUT: Final = 0.49


def shape_of(values: FloatArray) -> Shape:
    """Classify by mean interval between demands (cut 1.32) and squared variation of their sizes (cut 0.49)."""
    sizes = values[values > 0]
    if not sizes.size:
        return Shape.EMPTY
    if values.size < MINIMUM_FOR_BACKTEST:
        return Shape.TINY
    first = int(np.argmax(values > 0))
    interval = (values.size - first) / sizes.size
    variation = float((sizes.std() / sizes.mean()) ** 2)
    if interval < _INTERVAL_CUT:
        return Shape.SMOOTH if variation < _VARIATION_CUT else Shape.ERRATIC
    return Shape.INTERMITTENT if variation < _VARIATION_CUT else Shape.LUMPY


def step(day: date, bucket: Bucket, count: int) -> date:
    """The first day of the bucket ``count`` after the one that starts on ``day``.

    Buckets of months that are named by the last day of a month go on with the last days of months.
    """
    if bucket is Bucket.HOUR:
        return day + timedelta(hours=count)
    if bucket in {Bucket.DAY, Bucket.WEEK}:
        return day + timedelta(days=count * (7 if bucket is Bucket.WEEK else 1))
    months = count * bucket.months
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return day.replace(year=year, month=month + 1, day=last if is_last else min(day.day, last))


def gather(
    ids: Sequence[str],
    days: npt.ArrayLike,
    quantities: npt.ArrayLike,
    *,
    bucket: Bucket,
    until: date,
) -> tuple[list[Series], list[Remark]]:
    """Lay demand points on the grid, one series for each id, all ending on the day before ``until``.

    Several points in one bucket add up. Weeks are counted back from ``until`` so that the newest is whole; months,
    quarters and years are those of the calendar and the one that ``until`` cuts is left out. A series begins with
    its first demand.

    :param ids: the item of each point.
    :param days: date of each point (anything that NumPy reads as ``datetime64[D]``).
    :param quantities: demand of each point, in the item's unit.
    """
    names, which = np.unique(np.asarray(ids, dtype=object), return_inverse=True)
    when = np.asarray(days, dtype="datetime64[D]")
    amounts = np.asarray(quantities, dtype=np.float64)
    usable, remarks = _judge(names, which, amounts)
    places, count = _places(when, bucket, until)
    usable &= (places >= 0) & (places < count)
    flat = np.bincount(
        which[usable] * count + places[usable], weights=amounts[usable], minlength=len(names) * count
    ).reshape(len(names), count)
    series = []
    first_day = step(_end(bucket, until), bucket, -count)
    for name, row in zip(names, flat, strict=True):
        begin = int(np.argmax(row > 0)) if row.any() else 0
        series.append(
            Series(str(name), step(first_day, bucket, begin), row[begin:].astype(np.float64), bucket)
        )
    return series, remarks


def _judge(
    names: npt.NDArray[np.object_], which: IntArray, amounts: FloatArray
) -> tuple[npt.NDArray[np.bool_], list[Remark]]:
    usable = (amounts >= 0) & (amounts <= ABSURD)
    counts = np.bincount(which[~usable], minlength=len(names))
    remarks = [
        Remark(
            str(names[i]),
            f"{counts[i]} points are negative, beyond 10¹² or not a number; they were left out.",
        )
        for i in np.flatnonzero(counts)
    ]
    return usable, remarks


def _end(bucket: Bucket, until: date) -> date:
    if bucket is Bucket.MONTH:
        return until.replace(day=1)
    if bucket is Bucket.QUARTER:
        return until.replace(month=(until.month - 1) // 3 * 3 + 1, day=1)
    if bucket is Bucket.YEAR:
        return until.replace(month=1, day=1)
    return until


def _places(
    when: npt.NDArray[np.datetime64], bucket: Bucket, until: date
) -> tuple[npt.NDArray[np.int64], int]:
    """The bucket of each day, numbered from 0, and how many buckets there are."""
    if not when.size:
        return np.zeros(0, dtype=np.int64), 0
    end = np.datetime64(_end(bucket, until), "D")
    if bucket in {Bucket.DAY, Bucket.WEEK}:
        length = 7 if bucket is Bucket.WEEK else 1
        back = (when - end).astype(np.int64) // length
    else:
        months = bucket.months
        number = when.astype("datetime64[M]").astype(np.int64) // months
        back = number - end.astype("datetime64[M]").astype(np.int64) // months
    count = max(int(-back.min()), 0)
    return back + count, count


def weekday_profile(days: npt.ArrayLike, quantities: npt.ArrayLike) -> FloatArray:
    """Share of a week's demand that falls on each weekday, Monday first; sums to 1.

    With fewer than four weeks' worth of points the profile is even: a pattern seen once is not a pattern.
    """
    when = np.asarray(days, dtype="datetime64[D]").astype(np.int64)
    amounts = np.asarray(quantities, dtype=np.float64)
    totals = np.bincount((when + 3) % 7, weights=amounts, minlength=7)  # 1970-01-01 was a Thursday
    if when.size < 4 or np.ptp(when) < 28 or totals.sum() <= 0:
        return np.full(7, 1 / 7)
    return np.asarray(totals / totals.sum(), dtype=np.float64)
