"""Days on which far more was asked for than on days like them, found robustly.

A day is compared with the same weekday of the eight weeks on either side. Square roots make the spread of counts much the
same at every level; median and median absolute deviation are not moved by the very days that are looked for (the modified
z-score of Iglewicz and Hoaglin, How to Detect and Handle Outliers, ASQ 1993, who cut at 3.5; people are asked here, so
only what is beyond doubt is worth their time). A day counts only if it changes its week: a wholesale order in a week
otherwise like others does, a good Friday does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

CUT: Final = 6.0
LEAST_OF_A_WEEK: Final = 0.5
_WEEKS_AROUND: Final = 8
_LEAST_ALIKE: Final = 6
_TO_SIGMA: Final = 0.6745


@dataclass(frozen=True, slots=True)
class Outlier:
    """On ``day`` ``amount`` was asked for where days like it have ``usual``; ``score`` is how far out it is."""

    day: int
    amount: float
    usual: float
    score: float


def outliers(
    days: IntArray,
    amounts: FloatArray,
    ignored: BoolArray | None = None,
    *,
    since: int | None = None,
    most: int = 3,
    cut: float = CUT,
) -> Sequence[Outlier]:
    """The days furthest out, the worst first; none where demand comes too rarely for a day to be unusual.

    :param days: rising day numbers; days left out were without demand.
    :param ignored: days known to be something else already; they are neither judged nor compared with.
    :param since: the first day that is judged.
    :param most: how many at most.
    """
    if days.size < _LEAST_ALIKE:
        return []
    first = int(days[0])
    dense = np.zeros(int(days[-1]) - first + 1)
    dense[days - first] = amounts
    open_days = np.ones(len(dense), dtype=np.bool_)
    if ignored is not None:
        open_days[days[ignored] - first] = False
    week = _usual_week(dense)
    found = []
    for place in np.flatnonzero((dense > 0) & open_days):
        if since is not None and place + first < since:
            continue
        around = place + 7 * np.arange(-_WEEKS_AROUND, _WEEKS_AROUND + 1)
        around = around[(around >= 0) & (around < len(dense)) & (around != place)]
        alike = dense[around[open_days[around]]]
        if alike.size < _LEAST_ALIKE or np.count_nonzero(alike) <= alike.size // 2:
            continue
        usual = float(np.median(alike))
        score = _score(float(dense[place]), alike)
        if score > cut and dense[place] - usual >= LEAST_OF_A_WEEK * week:
            found.append(Outlier(int(place) + first, float(dense[place]), usual, score))
    found.sort(key=lambda one: (-one.score, one.day))
    return found[:most]


def _score(amount: float, alike: FloatArray) -> float:
    roots = np.sqrt(alike)
    middle = float(np.median(roots))
    spread = float(np.median(np.abs(roots - middle)))
    # Counts that are all the same still vary: the root of a Poisson number has a standard deviation of a half.
    return float(_TO_SIGMA * (np.sqrt(amount) - middle) / max(spread, 0.5 * _TO_SIGMA))


def _usual_week(dense: FloatArray) -> float:
    whole = dense[len(dense) % 7 :]
    return float(np.median(whole.reshape(-1, 7).sum(axis=1))) if whole.size else float(dense.sum())
