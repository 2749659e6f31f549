"""Rates of intermittent demand after each bucket: the loops of `intermittent.py`."""

import numpy as np

from forecasting.methods.kernel import compiled


@compiled
def croston(values, alpha):
    """Smoothed size over smoothed interval, both updated when a demand comes."""
    made = np.zeros(len(values) + 1)
    size = interval = 0.0
    since = 0
    for place in range(len(values)):
        since += 1
        if values[place] > 0:
            size = values[place] if size == 0 else size + alpha * (values[place] - size)
            interval = since if interval == 0 else interval + alpha * (since - interval)
            since = 0
        made[place + 1] = size / interval if interval > 0 else 0.0
    return made


@compiled
def teunter(values, alpha, beta, chance, size):
    """Smoothed chance of a demand times smoothed size, from the given ones on; size 0 begins with the first demand's."""
    made = np.zeros(len(values) + 1)
    for place in range(len(values)):
        chance += beta * ((1.0 if values[place] > 0 else 0.0) - chance)
        if values[place] > 0:
            size = values[place] if size == 0 else size + alpha * (values[place] - size)
        made[place + 1] = chance * size
    return made


@compiled
def smoothed(values, alpha, level):
    """Exponential smoothing of all buckets from the given level on."""
    made = np.zeros(len(values) + 1)
    for place in range(len(values)):
        level += alpha * (values[place] - level)
        made[place + 1] = level
    return made


@compiled
def aggregated(values, alpha, widest):
    """Mean over block lengths 1 … ``widest`` of the smoothed means of whole blocks, which end with the last bucket."""
    count = len(values)
    made, sums = np.zeros(count + 1), np.zeros(count + 1)
    for place in range(count):
        sums[place + 1] = sums[place] + values[place]
    for known in range(1, count + 1):
        total = 0.0
        used = min(widest, known)
        for width in range(1, used + 1):
            end = known - (known // width - 1) * width
            level = (sums[end] - sums[end - width]) / width
            while end < known:
                end += width
                level += alpha * ((sums[end] - sums[end - width]) / width - level)
            total += level
        made[known] = total / used
    return made
