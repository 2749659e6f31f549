"""Demand over the time that stock must bridge, from a forecast."""

import numpy as np

from forecasting.methods import LEVELS, SeriesForecast
from forecasting.policy.distributions import QuantileDemand

_LAST: int = 4  # buckets whose mean goes on beyond the horizon


def demand_over(forecast: SeriesForecast, buckets: float) -> QuantileDemand:
    """Demand over the first buckets of a forecast, in parts of a bucket where need be: from the errors of sums, not sums of quantiles.

    Beyond the horizon demand goes on as in its last buckets, and its spread grows as that of independent ones.
    """
    means = np.concatenate([[0.0], forecast.mean_sums])
    known = np.arange(len(means))
    mean = float(np.interp(buckets, known, means))
    spread = forecast.sums - forecast.mean_sums
    horizon = len(forecast.mean)
    if buckets > horizon:
        mean += float(forecast.mean[-_LAST:].mean()) * (buckets - horizon)
        around = spread[:, -1] * (buckets / horizon) ** 0.5
    elif buckets < 1:
        around = spread[:, 0] * buckets**0.5
    else:
        around = np.array([np.interp(buckets, known[1:], row) for row in spread])
    return QuantileDemand(np.array(LEVELS), np.maximum(mean + around, 0.0))
