"""Demand over the time that stock must bridge, from a forecast."""

import numpy as np

from forecasting.methods import LEVELS, SeriesForecast
from forecasting.policy.distributions import QuantileDemand

_LAST: int = 4  # buckets whose mean goes on beyond the horizon


def demand_over(forecast: SeriesForecast, buckets: float) -> QuantileDemand:
    """Demand over the first buckets of a forecast, in parts of a bucket where need be: from the errors of sums, not sums of quantiles.

    Beyond the horizon demand goes on as in its last buckets, and its spread grows as that of independent ones.
    """
    means = forecast.mean_sums
    spread = forecast.sums - means
    horizon = len(means)
    # The whole buckets that are over, and how far into the next.
    whole = min(int(buckets), horizon)
    part = min(buckets - whole, 1.0) if whole < horizon else 0.0
    before = float(means[whole - 1]) if whole else 0.0
    mean = before + part * (float(means[whole]) - before) if part else before
    if buckets > horizon:
        mean += float(forecast.mean[-_LAST:].mean()) * (buckets - horizon)
        around = spread[:, -1] * (buckets / horizon) ** 0.5
    elif buckets < 1:
        around = spread[:, 0] * buckets**0.5
    else:
        around = spread[:, whole - 1]
        if part:
            around = around + part * (spread[:, whole] - around)
    return QuantileDemand(np.array(LEVELS), np.maximum(mean + around, 0.0))
