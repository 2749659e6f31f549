"""Exponential smoothing with additive errors: a level, with or without a damped trend (ETS(A,N,N) and (A,Ad,N)).

For given parameters the errors are linear in the first level and trend, so these two are found by least squares and
only the parameters need a grid.
"""

import numpy as np

from forecasting.methods.kernel import compiled

_SINGULAR = 1e-12


@compiled
def fit(values, alphas, betas, dampings, trended):
    """Squared errors, first level and first trend for each row of parameters."""
    rows = len(alphas)
    errors, levels, slopes = np.empty(rows), np.empty(rows), np.zeros(rows)
    for row in range(rows):
        alpha, beta, damping = alphas[row], betas[row], dampings[row]
        level = slope = 0.0  # the filter of the data from nothing
        by_level, slope_by_level = 1.0, 0.0  # what a first level of 1 does to each forecast
        by_slope, slope_by_slope = 0.0, 1.0  # and a first trend of 1
        ll = ls = ss = le = se = 0.0
        for value in values:
            error = value - level - damping * slope
            level, slope = value - (1 - alpha) * error, damping * slope + beta * error
            gain = by_level + damping * slope_by_level
            by_level, slope_by_level = gain * (1 - alpha), damping * slope_by_level - beta * gain
            ll += gain * gain
            le += gain * error
            if trended[row]:
                lean = by_slope + damping * slope_by_slope
                by_slope, slope_by_slope = lean * (1 - alpha), damping * slope_by_slope - beta * lean
                ls += gain * lean
                ss += lean * lean
                se += lean * error
        determinant = ll * ss - ls * ls
        if trended[row] and determinant > _SINGULAR:
            levels[row] = (ss * le - ls * se) / determinant
            slopes[row] = (ll * se - ls * le) / determinant
        else:
            levels[row] = le / ll if ll > 0 else values[0]
        level, slope, total = levels[row], slopes[row], 0.0
        for value in values:
            error = value - level - damping * slope
            level, slope = value - (1 - alpha) * error, damping * slope + beta * error
            total += error * error
        errors[row] = total
    return errors, levels, slopes


@compiled
def roll(values, weights, alphas, betas, dampings, levels, slopes, origins, horizon):
    """The weighted forecast from each origin: [origin, ahead]."""
    made = np.zeros((len(origins), horizon))
    for row in range(len(weights)):
        weight = weights[row]
        if weight == 0:
            continue
        alpha, beta, damping = alphas[row], betas[row], dampings[row]
        level, slope = levels[row], slopes[row]
        done = 0
        for place in range(len(values)):
            error = values[place] - level - damping * slope
            level, slope = values[place] - (1 - alpha) * error, damping * slope + beta * error
            while done < len(origins) and origins[done] == place + 1:
                ahead, step = level, slope
                for bucket in range(horizon):
                    step *= damping
                    ahead += step
                    made[done, bucket] += weight * ahead
                done += 1
    return made
