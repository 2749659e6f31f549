"""The dynamic optimised theta model: a level by smoothing, and a line through all the data that bends as they come.

Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler 2016, IJF 32, equations 12 to 16. For given alpha and theta the
errors are linear in the first level, which is found by least squares from the fourth value on.
"""

import numpy as np

from forecasting.methods.kernel import compiled

_UNTOLD = 3  # values that the line itself hangs on


@compiled
def fit(values, alphas, shares):
    """Squared errors and first level for each row; ``shares`` is 1 - 1/theta, the weight of the line."""
    rows, count = len(alphas), len(values)
    errors, levels = np.empty(rows), np.empty(rows)
    intercepts, slopes, _ = lines(values)
    rest = np.empty(count)
    for row in range(rows):
        alpha, share = alphas[row], shares[row]
        level, gain, power = 0.0, 1.0, 1.0
        gains = products = 0.0
        for place in range(count):
            line = power * intercepts[place] + (1 - power * (1 - alpha)) / alpha * slopes[place]
            rest[place] = values[place] - level - share * line
            if place >= _UNTOLD:
                gains += gain * gain
                products += gain * rest[place]
            level = alpha * values[place] + (1 - alpha) * level
            gain *= 1 - alpha
            power *= 1 - alpha
        levels[row] = products / gains if gains > 1e-9 else values[0] / 2
        gain, total = 1.0, 0.0
        for place in range(count):
            if place >= _UNTOLD:
                total += (rest[place] - gain * levels[row]) ** 2
            gain *= 1 - alpha
        errors[row] = total
    return errors, levels


@compiled
def lines(values):
    """Intercept and slope of the line through the first 0, 1, 2, … values, and their mean."""
    count = len(values)
    intercepts, slopes, means = np.zeros(count + 1), np.zeros(count + 1), np.zeros(count + 1)
    for known in range(1, count + 1):
        value = values[known - 1]
        means[known] = means[known - 1] + (value - means[known - 1]) / known
        slopes[known] = ((known - 2) * slopes[known - 1] + 6 * (value - means[known - 1]) / known) / (
            known + 1
        )
        if known == 1:
            slopes[known] = 0.0
        intercepts[known] = means[known] - slopes[known] * (known + 1) / 2
    return intercepts, slopes, means


@compiled
def roll(values, weights, alphas, shares, levels, origins, horizon):
    """The weighted forecast from each origin: [origin, ahead]. Forecasts are fed back as if they had come."""
    made = np.zeros((len(origins), horizon))
    intercepts, slopes, means = lines(values)
    for row in range(len(weights)):
        weight = weights[row]
        if weight == 0:
            continue
        alpha, share, level = alphas[row], shares[row], levels[row]
        done = 0
        for place in range(len(values)):
            level = alpha * values[place] + (1 - alpha) * level
            while done < len(origins) and origins[done] == place + 1:
                intercept, slope, mean, ahead = (
                    intercepts[place + 1],
                    slopes[place + 1],
                    means[place + 1],
                    level,
                )
                power = (1 - alpha) ** (place + 1)
                for bucket in range(horizon):
                    known = place + 2 + bucket
                    line = power * intercept + (1 - power * (1 - alpha)) / alpha * slope
                    value = ahead + share * line
                    made[done, bucket] += weight * value
                    ahead = alpha * value + (1 - alpha) * ahead
                    power *= 1 - alpha
                    slope = ((known - 2) * slope + 6 * (value - mean) / known) / (known + 1)
                    mean += (value - mean) / known
                    intercept = mean - slope * (known + 1) / 2
                done += 1
    return made
