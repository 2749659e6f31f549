"""A new item's history, lent by items that it is like.

Until the new item has enough weeks of its own, those before them are the mean of its like items, brought to its own level:
as stated, or by what the weeks say that both have. An item with fewer than `WEEKS_TO_COMPARE` weeks cannot be told apart from chance by them;
it is forecast from its like items outright (`forecasting.methods.beginning`).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

ENOUGH_WEEKS: Final = 52
WEEKS_TO_COMPARE: Final = 4
"""Own weeks that tell an item's level against that of others."""


def joined(own: FloatArray, likes: Sequence[FloatArray], factor: float | None) -> tuple[FloatArray, float]:
    """The history by week with the like items' before its own, and the factor that brought them to its level.

    :param own: its own weeks, the newest last; may be none.
    :param likes: those of the items it is like, each ending with the same week.
    :param factor: what its demand is of theirs; None to be told by its own weeks, 1 where there are too few.
    """
    usable = [like for like in likes if like.size and like.sum() > 0]
    if not usable or len(own) >= ENOUGH_WEEKS:
        return own, 1.0
    length = max(len(like) for like in usable)
    laid = np.zeros((len(usable), length))
    present = np.zeros((len(usable), length), dtype=np.bool_)
    for row, like in enumerate(usable):
        laid[row, length - len(like) :] = like
        present[row, length - len(like) :] = True
    lent = laid.sum(axis=0) / present.sum(axis=0)
    if factor is None:
        factor = _level(own, lent)
    before = lent[: max(length - len(own), 0)] * factor
    return np.concatenate([before, own]), float(factor)


def _level(own: FloatArray, lent: FloatArray) -> float:
    both = min(len(own), len(lent))
    if both < WEEKS_TO_COMPARE:
        return 1.0
    theirs = float(lent[len(lent) - both :].sum())
    return float(own[len(own) - both :].sum()) / theirs if theirs > 0 else 1.0
