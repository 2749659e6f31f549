"""Complex exponential smoothing: a level that may drift either way without a trend of its own (Svetunkov 2022, eq. 3).

The first states come from filtering the series forwards and backwards once (backcasting): free first states would let
the drift of a short series run away.
"""

import numpy as np

from forecasting.methods.kernel import compiled

_RAN_AWAY = 1e15


@compiled
def fit(values, reals, imaginaries, first):
    """Squared errors, first level and first content for each row of parameters, starting from a level of ``first``."""
    rows, count = len(reals), len(values)
    errors, levels, contents = np.empty(rows), np.empty(rows), np.empty(rows)
    for row in range(rows):
        real, imaginary = reals[row], imaginaries[row]
        level, content, total = first, first / 1.1, 0.0
        for way in range(3):  # there, back, and there again with errors counted
            if way == 2:
                levels[row], contents[row] = level, content
            for step in range(count):
                value = values[count - 1 - step] if way == 1 else values[step]
                error = value - level
                level, content = (
                    level - (1 - imaginary) * content + (real - imaginary) * error,
                    level + (1 - real) * content + (real + imaginary) * error,
                )
                if way == 2:
                    total += error * error
                if not abs(level) < _RAN_AWAY:
                    total = np.inf
                    break
        errors[row] = total
    return errors, levels, contents


@compiled
def roll(values, weights, reals, imaginaries, levels, contents, origins, horizon):
    """The weighted forecast from each origin: [origin, ahead]."""
    made = np.zeros((len(origins), horizon))
    for row in range(len(weights)):
        weight = weights[row]
        if weight == 0:
            continue
        real, imaginary, level, content = reals[row], imaginaries[row], levels[row], contents[row]
        done = 0
        for place in range(len(values)):
            error = values[place] - level
            level, content = (
                level - (1 - imaginary) * content + (real - imaginary) * error,
                level + (1 - real) * content + (real + imaginary) * error,
            )
            while done < len(origins) and origins[done] == place + 1:
                ahead, drift = level, content
                for bucket in range(horizon):
                    made[done, bucket] += weight * ahead
                    ahead, drift = ahead - (1 - imaginary) * drift, ahead + (1 - real) * drift
                done += 1
    return made
