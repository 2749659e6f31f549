"""The lead time that stock must bridge is the one that was seen, as far as enough of it was seen."""

import numpy as np
import pytest

from forecasting import policy
from forecasting.policy import QuantileDemand, demand_during, measured, stated
from forecasting.policy.lead_times import STATED_COUNTS

LEVELS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99])


def over(days: float) -> QuantileDemand:
    """Independent normal days of ten on average."""
    normal = policy.NormalDemand(10 * days, 3 * days**0.5)
    return QuantileDemand(LEVELS, np.array([normal.quantile(level) for level in LEVELS]))


def test_a_lead_time_that_nobody_has_seen_is_the_stated_one():
    lead = measured(14, [])

    assert (lead.days, lead.weights, lead.seen) == ((14,), (1.0,), 0)
    assert lead == stated(14)
    assert demand_during(over, lead, review=7).quantile(0.9) == over(21).quantile(0.9)


def test_few_sightings_move_it_a_little_and_many_a_lot():
    once, often = measured(14, [24]), measured(14, [24] * 36)

    assert once.mean == pytest.approx((STATED_COUNTS * 14 + 24) / (STATED_COUNTS + 1))
    assert often.mean == pytest.approx((STATED_COUNTS * 14 + 36 * 24) / (STATED_COUNTS + 36))


def test_its_deviation_is_that_of_what_was_seen():
    seen = np.random.default_rng(3).normal(20, 5, size=40).clip(1).tolist()

    lead = measured(20, seen)

    assert lead.mean == pytest.approx(20, abs=1.5)
    assert lead.deviation == pytest.approx(np.std(seen), rel=0.15)
    assert sum(lead.weights) == pytest.approx(1)
    assert list(lead.days) == sorted(lead.days)


def test_a_purchase_that_was_forgotten_is_no_lead_time():
    assert measured(10, [9, 10, 11, 400]).days[-1] == 11
    assert measured(10, [-3]).seen == 0


def test_the_newest_forty_count():
    assert measured(10, [50.0] * 60 + [10.0] * 40).mean == pytest.approx(10)


def test_demand_over_a_varying_lead_time_has_the_variance_of_the_textbook():
    seen = np.random.default_rng(3).normal(20, 5, size=40).clip(1).tolist()
    lead = measured(20, seen)

    found = demand_during(over, lead, review=7)

    # Var = E[L + R] σ² + μ² Var(L) (Silver, Pyke and Thomas 2017, eq. 6.17)
    variance = (lead.mean + 7) * 9 + 100 * lead.deviation**2
    assert found.mean == pytest.approx(10 * (lead.mean + 7), rel=0.015)
    assert found.deviation == pytest.approx(variance**0.5, rel=0.1)
    assert found.quantile(0.95) > over(lead.mean + 7).quantile(0.95) + 30
