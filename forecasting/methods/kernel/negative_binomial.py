"""Quantiles of counts."""

import numpy as np

from forecasting.methods.kernel import compiled

_FINEST = 300.0  # larger means are counted in larger pieces
_LEAST_SPREAD = 1e-4


@compiled
def quantiles(means, spreads, levels):
    """Mid-quantiles of negative binomial counts: [level, mean].

    Variance is mean + spread · mean². The mid-distribution function puts half of each step's height below it (Ma, Genton,
    Parzen 2011, Ann. Inst. Stat. Math. 63), so intervals of counts cover on the average what they say, not more.

    :param levels: rising.
    """
    made = np.zeros((len(levels), len(means)))
    for place in range(len(means)):
        mean, spread, unit = means[place], spreads[place], 1.0
        if mean <= 0:
            continue
        if mean > _FINEST:
            unit, spread, mean = mean / _FINEST, spread + 1 / mean - 1 / _FINEST, _FINEST
        size = 1 / max(spread, _LEAST_SPREAD)
        share = mean / (size + mean)
        chance = np.exp(-size * np.log1p(mean / size))
        below, middle, number, level = chance, chance / 2, 0, 0
        while level < len(levels) and levels[level] <= middle:
            level += 1  # nothing at all
        while level < len(levels):
            chance *= (number + size) / (number + 1) * share
            higher = below + chance / 2
            while level < len(levels) and (levels[level] <= higher or (chance < 1e-14 and number > mean)):
                step = (levels[level] - middle) / (higher - middle) if higher > middle else 1.0
                made[level, place] = (number + min(step, 1.0)) * unit
                level += 1
            below += chance
            middle = higher
            number += 1
    return made
