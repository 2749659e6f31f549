"""What past reviews would have served, had they ordered by their curves: how far curves can be believed.

A curve promises a fill rate from a distribution. Distributions err in their tails, seasons move levels, and lost demand is not
asked for again; together that is worth points of service. So the last reviews are lived through once more with the positions that
their own curves named, one life for each of `CHANCES`, and what was missed is compared with what the curves had said. The ratio,
pooled over the items of a class, corrects today's curves. Nothing in it is known before the day on which it is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray
from forecasting.policy.curves import CHANCES

PRIOR: Final = 2.0
"""Whole reviews' demand of items that were missed as foretold, before anything is seen."""


REVIEWS_LOOKED_BACK: Final = 24


@dataclass(frozen=True, eq=False, slots=True)
class Past:
    """Reviews that are over, of items reviewed alike; periods are days, or whatever lead and review are counted in.

    :ivar levels: position that each review's curve names, [review, item, chance]; :ivar foretold: share of demand that it
        says is missed, likewise; :ivar weights: what each review of an item counted for in its class, [review, item];
    :ivar demand: what was asked for from the first review on, [period, item]; :ivar lead: and :ivar review: in periods;
    :ivar waits: whether what is missed is asked for again.
    """

    levels: FloatArray
    foretold: FloatArray
    weights: FloatArray
    demand: FloatArray
    lead: int
    review: int
    waits: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Experience:
    """What was missed over what had been foretold, at each of `CHANCES`; and on how many reviews of items that rests."""

    ratios: FloatArray
    reviews: int = 0


UNTRIED: Final = Experience(np.ones(len(CHANCES)))


def experience(pasts: Sequence[Past]) -> Experience:
    """What those reviews teach; `UNTRIED` where there are none."""
    missed, foretold, reviews = np.full(len(CHANCES), PRIOR), np.full(len(CHANCES), PRIOR), 0
    for past in pasts:
        lived = past.demand[past.lead :]
        told = lived.sum(axis=0) > 0
        count = len(lived) / past.review
        if count < 1 or not told.any():
            continue
        asked = lived.sum(axis=0)[told, None]
        share = missed_in(past)[past.lead :].sum(axis=0)[told] / asked
        weights = past.weights[:, told, None]
        said = (past.foretold[:, told] * weights).sum(axis=(0, 1)) / max(float(weights.sum()), 1e-12)
        missed += np.minimum(share, 1.0).sum(axis=0) * count
        foretold += said * told.sum() * count
        reviews += int(told.sum() * count)
    return Experience(missed / foretold, reviews) if reviews else UNTRIED


def missed_in(past: Past) -> FloatArray:
    """Demand missed, [period, item, chance], when every review orders up to its level; stock begins at the first."""
    stock = past.levels[0].copy()
    due = np.zeros((past.lead + 1, *stock.shape))
    missed = np.zeros((len(past.demand), *stock.shape))
    for period, asked in enumerate(past.demand[:, :, None]):
        if period % past.review == 0:
            level = past.levels[min(period // past.review, len(past.levels) - 1)]
            due[(period + past.lead) % len(due)] += np.maximum(level - stock - due.sum(axis=0), 0.0)
        stock += due[period % len(due)]
        due[period % len(due)] = 0.0
        owed = np.maximum(-stock, 0.0)
        stock -= asked
        missed[period] = np.minimum(np.maximum(-stock - owed, 0.0), asked)
        if not past.waits:
            stock = np.maximum(stock, 0.0)
    return missed
