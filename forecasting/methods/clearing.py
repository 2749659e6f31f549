"""Ordinary demand: a history without what is known to have disturbed it, and what to do to the future instead.

1. Values that cannot be demand (not a number, below zero in a series that has no such values otherwise, beyond all
   measure) are not known.
2. Events with a stated factor are divided out; the effect of working days and of events that recur is estimated and
   divided out.
3. Buckets that are not known are filled from their neighbours, in the light of the season.

Effects are estimated on logarithms against the buckets around, by ridge regression: the prior says "no effect, give or
take a half", so what was seen once in a noisy series counts for little and what was seen often for what it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods import seasonal
from forecasting.methods.series import ABSURD, BoolArray, Cycle, FloatArray, Series
from forecasting.methods.words import counted

_PRIOR_SPREAD: Final = 0.5
_AROUND: Final = 2  # buckets on each side that say what was to be expected
_LEAST_TO_LEARN_FROM: Final = 8
_LEAST_FACTOR: Final = 0.02
_BEYOND_MEASURE: Final = 1_000.0
_TELLING: Final = 1.0  # an effect smaller than its own standard error is none


@dataclass(frozen=True, eq=False, slots=True)
class Cleared:
    """A series as the methods see it.

    :param values: ordinary demand by bucket, the unknown ones filled.
    :param known: which of them were seen.
    :param ahead: what ordinary demand of each bucket ahead is multiplied by.
    :param notes: sentences on what was not taken as it stood.
    """

    values: FloatArray
    known: BoolArray
    ahead: FloatArray
    notes: tuple[str, ...] = ()


def clear(series: Series, horizon: int, cycles: Sequence[Cycle]) -> Cleared:
    """The ordinary demand of a series; never raises for what is in the data."""
    values = np.asarray(series.values, dtype=np.float64)
    known, notes = _usable(values, series.bucket.noun)
    if series.skip is not None and series.skip.any():
        known = known & ~series.skip
        notes.append(
            f"Not learnt from: {counted(int(series.skip.sum()), series.bucket.noun)} marked as not ordinary."
        )
    if not known.any():
        return Cleared(np.zeros(len(values)), known, np.ones(horizon), tuple(notes))
    plain = np.where(known, values, 0.0)
    factors = np.ones(len(values) + horizon)
    if series.lift is not None:
        factors = np.maximum(_reaching(series.lift, len(factors), 1.0), _LEAST_FACTOR)
    if series.working is not None or series.events:
        learnt, told = _effects(series, plain / factors[: len(plain)], known, len(factors), cycles)
        factors = factors * learnt
        notes += told
    plain = plain / factors[: len(plain)]
    return Cleared(fill(plain, known, cycles), known, factors[len(plain) :], tuple(notes))


def _usable(values: FloatArray, noun: str) -> tuple[BoolArray, list[str]]:
    """Which values can be demand, and a sentence on those that cannot."""
    notes = []
    known = np.abs(values) <= ABSURD  # false for what is not a number
    below = known & (values < 0)
    if below.any() and below.sum() <= 0.1 * len(values):
        known &= ~below
    if not known.all():
        notes.append(
            f"Not learnt from: {counted(int((~known).sum()), noun)} without a quantity that can be demand."
        )
    sizes = values[known & (values > 0)]
    if sizes.size >= _LEAST_TO_LEARN_FROM:
        wild = known & (values > _BEYOND_MEASURE * np.quantile(sizes, 0.75))
        if 0 < wild.sum() <= 0.05 * len(values):
            known &= ~wild
            notes.append(
                f"Not learnt from: {counted(int(wild.sum()), noun)} more than a thousand times the usual demand."
            )
    return known, notes


def _reaching(given: FloatArray, length: int, beyond: float) -> FloatArray:
    """An array of known length, neutral where nothing is known or what is known is no number."""
    reached = np.full(length, beyond)
    part = np.asarray(given[:length], dtype=np.float64)
    reached[: len(part)] = np.where(np.isfinite(part), part, beyond)
    return reached


def fill(values: FloatArray, known: BoolArray, cycles: Sequence[Cycle]) -> FloatArray:
    """Values with the unknown ones put on a line between the means of three known ones on either side, in season.

    Buckets before the first known one and after the last take the mean of the three nearest.
    """
    if known.all():
        return values
    filled = _bridged(values, known)
    pattern = seasonal.find(filled, cycles)
    if pattern is seasonal.NONE:
        return filled
    plain = _bridged(pattern.remove(filled), known)
    return np.where(known, values, np.maximum(pattern.put_back(plain, 0), min(0.0, float(values.min()))))


def _bridged(values: FloatArray, known: BoolArray) -> FloatArray:
    places = np.flatnonzero(known)
    filled = values.copy()
    for place in np.flatnonzero(~known):
        cut = int(np.searchsorted(places, place))
        before, after = places[max(cut - 3, 0) : cut], places[cut : cut + 3]
        if not before.size or not after.size:
            filled[place] = values[before if before.size else after].mean()
            continue
        share = (place - before[-1]) / (after[0] - before[-1])
        filled[place] = (1 - share) * values[before].mean() + share * values[after].mean()
    return filled


def _effects(
    series: Series, plain: FloatArray, known: BoolArray, length: int, cycles: Sequence[Cycle]
) -> tuple[FloatArray, list[str]]:
    """What working days and recurring events multiply demand by, past and ahead, and sentences that say so."""
    names, columns = [], []
    if series.working is not None:
        time = np.maximum(np.asarray(series.working, dtype=np.float64), 0.25)
        usual = float(time[: len(plain)].mean())
        names.append("working days")
        columns.append(np.log(_reaching(time, length, usual) / usual))
    for name, flags in series.events.items():
        names.append(name)
        columns.append(_reaching(flags.astype(np.float64), length, 0.0))
    design = np.array(columns).T
    effects: FloatArray = np.zeros(len(names))
    positive = known & (plain > 0)
    if positive.sum() < max(_LEAST_TO_LEARN_FROM, 0.7 * len(plain)):
        return np.ones(length), ["Demand comes too rarely to learn what working days or events do to it."]
    for _ in range(2):  # the season is seen better without the effects, and they without the season
        ordinary = fill(plain / np.exp(design[: len(plain)] @ effects), positive, cycles)
        pattern = seasonal.find(ordinary, cycles)
        steady = pattern.remove(plain) if pattern.multiplies else plain
        effects = _regressed(np.log(np.where(positive, steady, 1.0)), design[: len(plain)], positive)
    return np.exp(np.clip(design @ effects, np.log(_LEAST_FACTOR), np.log(50))), _told(names, effects)


def _regressed(logs: FloatArray, design: FloatArray, usable: BoolArray) -> FloatArray:
    """Ridge regression of each bucket's logarithm on its regressors, both against the buckets around it."""
    against = _against_neighbours(len(logs), usable)
    left, right = against @ design, against @ logs
    fitted: FloatArray = np.zeros(design.shape[1])
    errors = np.ones_like(fitted)
    noise = float(np.median(np.abs(right - np.median(right))) * 1.4826) ** 2 + 1e-6
    for _ in range(2):  # the noise is known once the effects are
        precision = left.T @ left / noise + np.eye(design.shape[1]) / _PRIOR_SPREAD**2
        fitted = np.asarray(np.linalg.solve(precision, left.T @ right / noise), dtype=np.float64)
        errors = np.sqrt(np.diag(np.linalg.inv(precision)))
        rest = right - left @ fitted
        noise = float(np.median(np.abs(rest)) * 1.4826) ** 2 + 1e-6
    return np.where(np.abs(fitted) > _TELLING * errors, fitted, 0.0)


def _against_neighbours(length: int, usable: BoolArray) -> FloatArray:
    """Rows that take from each usable bucket the mean of the usable ones around it."""
    places = np.flatnonzero(usable)
    rows: FloatArray = np.zeros((len(places), length))
    for row, place in zip(rows, places, strict=True):
        around = np.arange(max(int(place) - _AROUND, 0), min(int(place) + _AROUND + 1, length))
        around = around[usable[around] & (around != place)]
        if around.size:
            row[around] = -1 / around.size
            row[place] = 1.0
    return rows


def _told(names: list[str], effects: FloatArray) -> list[str]:
    sentences = []
    for name, effect in zip(names, effects, strict=True):
        if name == "working days" and effect:
            sentences.append(
                f"A tenth more working days bring {np.exp(effect * np.log(1.1)) - 1:+.0%} demand."
            )
        elif effect:
            sentences.append(f"{name[0].upper() + name[1:]}: {np.exp(effect) - 1:+.0%} demand.")
    return sentences
