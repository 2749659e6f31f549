"""Rows as people keep them, laid on the even grid that the methods need; what was not taken as it stood is said.

* Rows without a name or a readable date are left out, as are those whose date is far from all others of their series.
* Rows of one bucket add up.
* Where a bucket has no row, a series with zeros or with many gaps has no demand; any other does not know, and the gap
  is bridged.
* What is not a number is not known.

Values that cannot be demand are left to ``clearing.py``, which says what it did in the forecast's ``why``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from forecasting.methods.series import Bucket, FloatArray, IntArray, Remark, Series
from forecasting.methods.words import counted

_STAYS_AWAY: Final = 1 / 3  # share of buckets without a row, from which on that means no demand
_FAR: Final = 10  # times as many buckets as rows
_ALLOWED: Final = 400  # buckets that are not far in any case
_SECONDS: Final = {Bucket.HOUR: 3_600, Bucket.DAY: 86_400, Bucket.WEEK: 604_800}


@dataclass(frozen=True, eq=False)
class Laid:
    """Series on the grid, in the order in which their names first come, and remarks on what was not taken as it stood."""

    series: list[Series]
    remarks: list[Remark]


def lay(
    ids: Sequence[object], when: npt.NDArray[np.datetime64], values: npt.ArrayLike, bucket: Bucket
) -> Laid:
    """Lay rows on the grid, each series from its own first row to its own last.

    :param ids: name of each row's series; ``None`` where it has none.
    :param when: the moment of each row, ``NaT`` where it cannot be read.
    :param values: quantity of each row, not a number where there is none.
    """
    amounts = np.asarray(values, dtype=np.float64)
    moments = when.astype("datetime64[s]")
    rows: dict[str, list[int]] = {}
    lost: Counter[str] = Counter()
    for row, (name, moment) in enumerate(zip(ids, moments, strict=True)):
        if name is None or name != name or np.isnat(moment):
            lost["" if name is None or name != name else str(name)] += 1
        else:
            rows.setdefault(str(name), []).append(row)
    remarks = [
        Remark(name or "(no name)", f"{counted(count, 'row')} without a name or a readable date left out.")
        for name, count in lost.items()
    ]
    series = []
    for name, own in rows.items():
        chosen = np.array(own)
        made, told = _series(name, moments[chosen], amounts[chosen], bucket)
        series.append(made)
        remarks += [Remark(name, text) for text in told]
    return Laid(series, remarks)


def _series(
    name: str, moments: npt.NDArray[np.datetime64], amounts: FloatArray, bucket: Bucket
) -> tuple[Series, list[str]]:
    number, offset = _numbers(moments, bucket)
    usual = int(np.sort(number)[len(number) // 2])
    near = np.abs(number - usual) <= max(_FAR * len(number), _ALLOWED)
    told = (
        [] if near.all() else [f"{counted(int((~near).sum()), 'row')} far from all others in time left out."]
    )
    number, moments, amounts = number[near], moments[near], amounts[near]
    places = number - number.min()
    count = int(places.max()) + 1
    known = np.isfinite(amounts)
    rows = np.bincount(places, minlength=count)
    stated = np.bincount(places[known], minlength=count) > 0
    values = np.bincount(places[known], weights=amounts[known], minlength=count).astype(np.float64)
    told += _told(rows, int((~known).sum()), bucket)
    unknown = ~stated & (rows > 0)
    if (rows == 0).any():
        rare = (rows == 0).mean() > _STAYS_AWAY or bool(np.any(values[stated] == 0))
        told.append(_of_gaps(int((rows == 0).sum()), bucket, rare=rare))
        if not rare:
            unknown |= rows == 0
    start = moments.min() if bucket.months else _moment(int(number.min()), offset, bucket)
    return Series(name, _day(start, bucket), values, bucket, skip=unknown if unknown.any() else None), told


def _told(rows: IntArray, missing: int, bucket: Bucket) -> Iterator[str]:
    if (rows > 1).any():
        yield f"{counted(int((rows > 1).sum()), bucket.noun)} with several rows, which were added up."
    if missing:
        yield f"{counted(missing, 'row')} without a number; it counts as not known."


def _of_gaps(count: int, bucket: Bucket, *, rare: bool) -> str:
    taken = "no demand" if rare else "not known and bridged"
    return f"{counted(count, bucket.noun)} without a row, taken as {taken}."


def _numbers(moments: npt.NDArray[np.datetime64], bucket: Bucket) -> tuple[IntArray, int]:
    """The bucket of each moment, and for hours, days and weeks the seconds since 1970 that number 0 begins at.

    Weeks begin on the weekday of the middle row.
    """
    if bucket.months:
        return np.asarray(moments.astype("datetime64[M]").astype(np.int64) // bucket.months), 0
    seconds = moments.astype(np.int64)
    offset = int(np.sort(seconds)[len(seconds) // 2] % _SECONDS[bucket])
    return np.asarray((seconds - offset) // _SECONDS[bucket]), offset


def _moment(number: int, offset: int, bucket: Bucket) -> np.datetime64:
    return np.datetime64(number * _SECONDS[bucket] + offset, "s")


def _day(moment: np.datetime64, bucket: Bucket) -> date:
    """A whole day unless the grid is one of hours."""
    found: datetime = moment.astype("datetime64[s]").item()
    return found if bucket is Bucket.HOUR else found.date()
