"""Autoregression of changes on earlier changes, iterated ahead."""

import numpy as np

from forecasting.methods.kernel import compiled

_RAN_AWAY = 8.0  # deviations of the series; no demand goes there from where it was


@compiled
def moments(values, lags):
    """Cross products of the regression of each change on: the changes at ``lags``, a constant, the last value.

    :returns: products [regressor, regressor], products with the change, and the sum of squared changes.
    """
    count, size = len(lags), len(lags) + 2
    first = lags.max() + 1
    products, right, squares = np.zeros((size, size)), np.zeros(size), 0.0
    row = np.empty(size)
    for place in range(first, len(values)):
        for number in range(count):
            row[number] = values[place - lags[number]] - values[place - lags[number] - 1]
        row[count], row[count + 1] = 1.0, values[place - 1]
        change = values[place] - values[place - 1]
        squares += change * change
        for one in range(size):
            right[one] += row[one] * change
            for other in range(size):
                products[one, other] += row[one] * row[other]
    return products, right, squares


@compiled
def roll(values, weights, lags, coefficients, origins, horizon):
    """The weighted forecast from each origin; rows that run away from it are left out there: [origin, ahead]."""
    count, longest = len(lags), lags.max() + 1
    made = np.zeros((len(origins), horizon))
    path = np.empty(longest + horizon)
    for number in range(len(origins)):
        known, total = origins[number], 0.0
        for row in range(len(weights)):
            if weights[row] == 0:
                continue
            for place in range(longest):
                path[place] = values[max(known - longest + place, 0)]
            steady = True
            for place in range(longest, longest + horizon):
                change = coefficients[row, count] + coefficients[row, count + 1] * path[place - 1]
                for lag in range(count):
                    change += coefficients[row, lag] * (path[place - lags[lag]] - path[place - lags[lag] - 1])
                path[place] = path[place - 1] + change
                steady = steady and abs(path[place]) < _RAN_AWAY
            if steady:
                total += weights[row]
                made[number] += weights[row] * path[longest:]
        if total > 0:
            made[number] /= total
        else:
            made[number] = values[known - 1]
    return made
