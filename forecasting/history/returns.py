"""What came back was not wanted: returns reduce the demand of the day they came, and of the days before it.

Goods that come back were shipped earlier, so a return larger than its own day's demand takes the rest from the days
before, the nearest first, as far back as a return is still put down to a delivery.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DAYS_BACK: Final = 91


@dataclass(frozen=True, eq=False, slots=True)
class Netted:
    """Demand by day less what came back, never below zero; ``left`` is what no day's demand could take."""

    amounts: FloatArray
    left: float


def less_returns(
    days: IntArray, asked: FloatArray, returned: FloatArray, days_back: int = DAYS_BACK
) -> Netted:
    """Net each day's returns against demand.

    :param days: day numbers, rising; gaps are days without demand.
    :param asked: what was asked for on each of them.
    :param returned: what came back on each of them.
    """
    net = np.array(asked, dtype=np.float64)
    left = 0.0
    for place in np.flatnonzero(returned > 0):
        owed = float(returned[place])
        for earlier in range(int(place), -1, -1):
            if owed <= 0 or days[place] - days[earlier] > days_back:
                break
            taken = min(owed, net[earlier])
            net[earlier] -= taken
            owed -= taken
        left += max(owed, 0.0)
    return Netted(net, left)
