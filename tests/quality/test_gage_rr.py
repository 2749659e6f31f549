"""Gauge studies by analysis of variance: against a published answer, and against a plain least-squares calculation."""

from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quality import spc
from quality.spc import Reading, gage_rr
from tests.quality.reference import needs_reference, rows_of


def study(parts=5, appraisers=3, trials=2, *, part=1.0, appraiser=0.1, noise=0.2, seed=1):
    rng = Random(seed)
    of_part = [rng.gauss(0, part) for _ in range(parts)]
    of_appraiser = [rng.gauss(0, appraiser) for _ in range(appraisers)]
    return [
        Reading(f"P{i}", f"A{j}", of_part[i] + of_appraiser[j] + rng.gauss(0, noise))
        for i, j, _ in product(range(parts), range(appraisers), range(trials))
    ]


@needs_reference
def test_the_published_battery_study():
    readings = [
        Reading(row["prototype"], row["operator"], float(row["time1"])) for row in rows_of("sixsigma_gage_rr")
    ]

    found = gage_rr(readings, pool_above=None)

    squares = {row.name: round(row.squares, 4) for row in found.table}
    assert squares == {
        "part": 1.2007,
        "appraiser": 0.0529,
        "interaction": 0.0834,
        "repeatability": 0.3854,
        "total": 1.7225,
    }
    assert (found.parts, found.appraisers, found.trials) == (3, 3, 3)
    assert sum(row.freedom for row in found.table[:4]) == found.table[4].freedom == 26


def test_sums_of_squares_are_those_of_least_squares():
    readings = study(seed=5)
    parts, appraisers = (sorted({getattr(r, name) for r in readings}) for name in ("part", "appraiser"))
    y = np.array([each.value for each in readings])
    a = np.array([[r.part == p for p in parts] for r in readings], float)
    b = np.array([[r.appraiser == o for o in appraisers] for r in readings], float)
    cells = np.array(
        [[r.part == p and r.appraiser == o for p, o in product(parts, appraisers)] for r in readings], float
    )

    def residual(design):
        return float(((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).sum())

    additive = np.hstack([a, b])
    table = {row.name: row for row in gage_rr(readings).table}
    assert table["part"].squares == pytest.approx(residual(b) - residual(additive))
    assert table["appraiser"].squares == pytest.approx(residual(a) - residual(additive))
    assert table["interaction"].squares == pytest.approx(residual(additive) - residual(cells))
    assert table["repeatability"].squares == pytest.approx(residual(cells))
    interaction, repeat = table["interaction"], table["repeatability"]
    assert interaction.p == pytest.approx(stats.f.sf(interaction.f, interaction.freedom, repeat.freedom))


def test_an_interaction_that_may_be_chance_is_pooled_and_one_that_is_not_stays():
    readings = study(seed=2)
    twisted = [
        Reading(r.part, r.appraiser, r.value + (5 if (r.part, r.appraiser) == ("P0", "A0") else 0))
        for r in readings
    ]

    assert gage_rr(readings).pooled
    assert gage_rr(readings).components["interaction"].variance == 0
    assert not gage_rr(readings, pool_above=None).pooled
    assert not gage_rr(twisted).pooled
    assert gage_rr(twisted).components["interaction"].variance > 0


def test_a_large_study_finds_what_it_was_drawn_from():
    found = gage_rr(study(60, 30, 3, part=2.0, appraiser=0.5, noise=0.4, seed=9), tolerance=12)

    sigma = {name: each.sigma for name, each in found.components.items()}
    assert sigma["repeatability"] == pytest.approx(0.4, rel=0.05)
    assert sigma["appraiser"] == pytest.approx(0.5, rel=0.3)
    assert sigma["part"] == pytest.approx(2.0, rel=0.2)
    assert found.gauge.tolerance_percent == pytest.approx(100 * 6 * sigma["gage_rr"] / 12)


def test_shares_of_variance_add_up_and_classes_are_truncated():
    found = gage_rr(study(10, 3, 3, noise=0.3))
    parts = found.components

    assert parts["gage_rr"].contribution_percent + parts["part"].contribution_percent == pytest.approx(100)
    assert parts["repeatability"].variance + parts["reproducibility"].variance == pytest.approx(
        parts["gage_rr"].variance
    )
    assert found.categories == int(2**0.5 * parts["part"].sigma / parts["gage_rr"].sigma)


@pytest.mark.parametrize(("noise", "verdict"), [(0.02, "good"), (0.2, "marginal"), (2.0, "poor")])
def test_the_verdict_follows_the_share_of_what_is_seen(noise, verdict):
    assert gage_rr(study(10, 3, 3, appraiser=0.0, noise=noise)).verdict == verdict


def test_a_gauge_that_never_varies_tells_any_number_of_classes_apart():
    readings = [Reading(f"P{i}", f"A{j}", float(i)) for i, j, _ in product(range(3), range(2), range(2))]

    found = gage_rr(readings, tolerance=1)

    assert (found.categories, found.verdict) == (None, "good")


@pytest.mark.parametrize(
    ("readings", "told"),
    [
        (study()[:-1], "equally often"),
        ([r for r in study() if (r.part, r.appraiser) != ("P1", "A1")], "equally often"),
        (study(trials=1), "at least twice"),
        (study(appraisers=1), "two appraisers"),
        (study(parts=1), "two parts"),
    ],
)
def test_an_unbalanced_study_is_refused(readings, told):
    with pytest.raises(spc.UnbalancedStudy, match=told):
        gage_rr(readings)


def test_readings_that_are_no_numbers_or_do_not_vary_are_refused():
    with pytest.raises(ValueError, match="not a number"):
        gage_rr([*study(), Reading("P0", "A0", float("nan"))])
    with pytest.raises(ValueError, match="do not vary"):
        gage_rr([Reading(r.part, r.appraiser, 1.0) for r in study()])
    with pytest.raises(ValueError, match="above zero"):
        gage_rr(study(), tolerance=0)


@given(st.integers(2, 6), st.integers(2, 4), st.integers(2, 4), st.integers(0, 10**6), st.floats(-1e4, 1e4))
def test_squares_add_up_and_an_offset_changes_nothing(parts, appraisers, trials, seed, offset):
    readings = study(parts, appraisers, trials, seed=seed)
    found = gage_rr(readings)
    moved = gage_rr([Reading(r.part, r.appraiser, r.value + offset) for r in readings])

    *sources, total = found.table
    assert sum(row.squares for row in sources) == pytest.approx(total.squares)
    assert all(each.variance >= 0 for each in found.components.values())
    assert moved.components["gage_rr"].variance == pytest.approx(
        found.components["gage_rr"].variance, rel=1e-4, abs=1e-9
    )
