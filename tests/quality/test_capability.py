"""Capability against published answers, with intervals; and what must not be leaned on is flagged or refused."""

from math import nan, sqrt
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from quality import spc
from quality.spc import capability
from tests.quality.reference import by, needs_reference, piston_rings, rows_of

RNG = Random(3)
VALUES = [RNG.gauss(10, 1) for _ in range(60)]


@needs_reference
def test_the_capability_of_the_piston_rings_is_as_published():
    published = {
        name: tuple(float(row[column]) for column in ("Value", "2.5%", "97.5%"))
        for name, row in by("qcc_pistonrings_capability", "").items()
    }
    wide = capability(piston_rings(), lower=73.95, upper=74.05, in_control=True)
    # The published bounds of one side are one-sided at 95 %: both together hold 90 %.
    one_sided = capability(piston_rings(), lower=73.95, upper=74.05, in_control=True, confidence=0.90)

    found = {
        "Cp": wide.cp,
        "Cp_l": one_sided.cpl,
        "Cp_u": one_sided.cpu,
        "Cp_k": wide.cpk,
    }
    assert {*found, "Cpm"} == set(published)
    assert wide.cpm.value == pytest.approx(published["Cpm"][0], abs=1e-12)
    for name, index in found.items():
        assert (index.value, index.low, index.high) == pytest.approx(published[name], abs=1e-8), name
    assert wide.within_source == "R̄/d2"
    assert wide.is_sound
    # The published interval of Cpm takes n(1+d²)/(1+2d²) degrees of freedom; Boyles has n(1+d²)²/(1+2d²), and so have we.
    off = ((wide.mean - 74) / wide.sigma_within) ** 2
    for freedom, bounds in (
        (125 * (1 + off) / (1 + 2 * off), published["Cpm"][1:]),
        (125 * (1 + off) ** 2 / (1 + 2 * off), (wide.cpm.low, wide.cpm.high)),
    ):
        assert bounds == pytest.approx(
            tuple(wide.cpm.value * sqrt(stats.chi2.ppf(tail, freedom) / freedom) for tail in (0.025, 0.975)),
            abs=1e-9,
        )


@needs_reference
def test_bottles_are_judged_by_the_overall_standard_deviation():
    volumes = [float(row["Volume"]) for row in rows_of("sixsigma_ca")]

    found = capability(volumes, lower=740, upper=760, in_control=True)

    assert found.n == 20
    assert found.pp.value == pytest.approx(1.58413633507089, rel=1e-12)
    assert found.ppk.value == pytest.approx(1.54651309711296, rel=1e-12)
    assert [flag.code for flag in found.flags] == ["few_values"]


def test_the_interval_of_cp_is_that_of_the_chi_squared_distribution():
    found = capability(VALUES, lower=5, upper=15, in_control=True)

    freedom = found.n - 1
    low, high = (found.pp.value * sqrt(stats.chi2.ppf(tail, freedom) / freedom) for tail in (0.025, 0.975))
    assert (found.pp.low, found.pp.high) == pytest.approx((low, high), rel=1e-9)


def test_about_95_of_100_intervals_hold_the_true_index():
    rng, held = Random(11), 0
    for _ in range(400):
        index = capability([rng.gauss(0, 1) for _ in range(60)], lower=-4, upper=4, in_control=True).ppk
        held += index.low <= 4 / 3 <= index.high

    assert 0.91 <= held / 400 <= 0.99


def test_one_limit_gives_the_index_of_its_side_alone():
    above = capability(VALUES, upper=13, in_control=True)
    below = capability(VALUES, lower=7, in_control=True)

    assert (above.cp, above.cpl, above.cpm, above.pp, above.ppl) == (None,) * 5
    assert above.cpk == above.cpu
    assert above.ppk == above.ppu
    assert (below.cpk, below.cpu) == (below.cpl, None)


def test_a_target_beside_the_middle_is_held_against_cpm():
    middle = capability(VALUES, lower=5, upper=15, in_control=True)
    aside = capability(VALUES, lower=5, upper=15, target=12, in_control=True)

    assert aside.cpm.value < middle.cpm.value <= middle.cp.value


def test_the_spread_within_is_from_ranges_standard_deviations_or_moving_ranges_as_asked():
    subgroups = [VALUES[i : i + 5] for i in range(0, 60, 5)]
    told = {
        source: capability(subgroups, upper=14, within=source, in_control=True) for source in ("range", "s")
    }

    assert told["range"].within_source == "R̄/d2"
    assert told["s"].within_source == "s̄/c4"
    assert told["range"].sigma_within != told["s"].sigma_within
    assert told["range"].sigma_overall == told["s"].sigma_overall
    assert capability(VALUES, upper=14, in_control=True).within_source == "MR̄/1.128"


@pytest.mark.parametrize(
    ("in_control", "codes"), [(True, []), (False, ["out_of_control"]), (None, ["not_judged"])]
)
def test_a_process_that_is_not_in_control_is_flagged(in_control, codes):
    found = capability(VALUES, lower=5, upper=15, in_control=in_control)

    assert [flag.code for flag in found.flags] == codes
    assert found.is_sound is (codes == [])


def test_few_values_are_flagged_and_very_few_are_refused():
    found = capability(VALUES[:30], lower=5, upper=15, in_control=True)
    assert [flag.code for flag in found.flags] == ["few_values"]
    assert "30 values" in found.flags[0].sentence

    with pytest.raises(spc.TooFewValues, match="at least 10"):
        capability(VALUES[:9], lower=5, upper=15)


@pytest.mark.parametrize(
    ("data", "asked", "told"),
    [
        (VALUES, {}, "Without a limit"),
        (VALUES, {"lower": 3, "upper": 3}, "below the upper"),
        (VALUES, {"lower": 1, "confidence": 1.0}, "between 0 and 1"),
        ([*VALUES, nan], {"lower": 1}, "not a number"),
        ([[1.0, 2.0], [1.0]] * 10, {"lower": 1}, "one size"),
        (VALUES, {"lower": 1, "within": "range"}, "moving ranges"),
        ([[1.0, 2.0]] * 10, {"lower": 1, "within": "moving_range"}, "ranges or standard"),
    ],
)
def test_what_has_no_capability_is_refused(data, asked, told):
    with pytest.raises(ValueError, match=told):
        capability(data, **asked)


def test_values_that_do_not_vary_have_no_capability():
    with pytest.raises(spc.NoVariation):
        capability([5.0] * 30, lower=1, upper=9)


@given(st.lists(st.floats(-100, 100), min_size=12, max_size=60), st.floats(0.1, 100), st.floats(0.5, 200))
def test_cpk_is_never_above_cp_and_every_index_lies_in_its_interval(values, half, scale):
    assume(max(values) - min(values) > 1e-3)
    found = capability(values, lower=-half, upper=half)
    scaled = capability([value * scale for value in values], lower=-half * scale, upper=half * scale)

    assert found.cpk.value <= found.cp.value + 1e-9 * abs(found.cp.value)
    assert found.cp.value == pytest.approx((found.cpl.value + found.cpu.value) / 2, rel=1e-6)
    for index in (found.cp, found.cpk, found.cpm, found.pp, found.ppk):
        assert index.low <= index.value <= index.high
    assert scaled.cpk.value == pytest.approx(found.cpk.value, rel=1e-6, abs=1e-9)
