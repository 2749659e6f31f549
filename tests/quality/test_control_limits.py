"""Control limits against published answers, and against constants integrated anew."""

from math import inf, sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from quality import spc
from quality.spc.constants import c4
from tests.quality.reference import by, needs_reference, piston_rings, rows_of

DECIMALS = 1e-7  # the published constants are good to seven decimals
values = st.floats(-1e6, 1e6, allow_nan=False)


@needs_reference
def test_the_constants_are_the_published_ones():
    published = rows_of("control_chart_constants")

    assert [int(row["n"]) for row in published] == list(range(2, 26))
    for row in published:
        ours = spc.constants(int(row["n"]))
        for name, value in row.items():
            assert getattr(ours, name) == pytest.approx(float(value), abs=DECIMALS), (name, row["n"])


@pytest.mark.parametrize("n", range(2, 26))
def test_the_constants_are_what_integration_gives(n: int):
    """Moments of the range, from its density, on a grid fine enough for twelve digits."""
    x, step = np.linspace(-9, 9, 1201, retstep=True)
    r, width = np.linspace(0, 14, 701, retstep=True)
    ends, starts = x[None, :] + r[:, None], x[None, :]
    inside = (special.ndtr(ends) - special.ndtr(starts)) ** (n - 2)
    density = n * (n - 1) * (inside * np.exp(-(ends**2 + starts**2) / 2) / (2 * np.pi)).sum(axis=1) * step
    first, second = (float(integrate.simpson(density * r**power, dx=width)) for power in (1, 2))

    assert spc.constants(n).d2 == pytest.approx(first, abs=1e-7)
    assert spc.constants(n).d3 == pytest.approx(sqrt(second - first**2), abs=1e-7)
    # The mean of a chi variable, in units of its degrees of freedom.
    assert c4(n) == pytest.approx(stats.chi.mean(n - 1) / sqrt(n - 1), rel=1e-10)


@pytest.mark.parametrize("n", [1, 26, 0, -3])
def test_there_are_constants_for_subgroups_of_2_to_25(n: int):
    with pytest.raises(ValueError, match="2 to 25"):
        spc.constants(n)


@needs_reference
def test_means_ranges_and_standard_deviations_of_piston_rings():
    published = by("qcc_pistonrings_limits", "type")
    means, deviations = (spc.limits(kind, piston_rings()) for kind in ("xbar_r", "xbar_s"))

    xbar, ranges, sigmas = published["xbar"], published["R"], published["S"]
    assert means.center == pytest.approx(float(xbar["center"]), abs=1e-12)
    assert means.sigma == pytest.approx(float(xbar["std.dev"]), abs=1e-9)
    assert means.lower() == pytest.approx(float(xbar["lcl"]), abs=1e-9)
    assert means.upper() == pytest.approx(float(xbar["ucl"]), abs=1e-9)
    assert means.spread == pytest.approx(float(ranges["center"]), abs=1e-12)
    assert (means.spread_lower, means.spread_upper) == pytest.approx(
        (float(ranges["lcl"]), float(ranges["ucl"])),
        abs=2e-7,  # published with a d3 good to five decimals
    )
    assert deviations.sigma == pytest.approx(float(sigmas["std.dev"]), abs=1e-12)
    assert deviations.spread == pytest.approx(float(sigmas["center"]), abs=1e-12)
    assert (deviations.spread_lower, deviations.spread_upper) == pytest.approx(
        (float(sigmas["lcl"]), float(sigmas["ucl"])), abs=1e-12
    )


@needs_reference
def test_shares_counts_and_individuals():
    published = by("qcc_attribute_and_individuals_limits", "type")
    juice = [row for row in rows_of("orangejuice") if row["trial"] == "TRUE"]
    faulty, sizes = [int(row["D"]) for row in juice], [int(row["size"]) for row in juice]
    boards = [int(row["x"]) for row in rows_of("circuit") if row["trial"] == "TRUE"]
    computers = rows_of("pcmanufact")
    found = {
        "p": (spc.limits("p", faulty, sizes=sizes), 50),
        "np": (spc.limits("np", faulty, sizes=50), 1),
        "c": (spc.limits("c", boards), 1),
        "u": (
            spc.limits(
                "u", [int(row["x"]) for row in computers], sizes=[int(row["size"]) for row in computers]
            ),
            5,
        ),
        "xbar.one": (
            spc.limits("i_mr", [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]),
            1,
        ),
    }

    assert set(found) == set(published)
    for kind, (ours, size) in found.items():
        row = published[kind]
        told = (ours.center, ours.sigma, ours.lower(size), ours.upper(size))
        wanted = tuple(float(row[name]) for name in ("center", "std.dev", "lcl", "ucl"))
        assert told == pytest.approx(wanted, abs=1e-9), kind


def test_where_sizes_differ_each_point_has_limits_of_its_own():
    found = spc.limits("p", [3, 8, 10], sizes=[50, 100, 150])

    assert found.center == pytest.approx(21 / 300)
    assert found.upper(50) > found.upper(100) > found.upper(150) > found.center
    assert found.lower(50) == 0.0
    assert found.upper(100) == pytest.approx(0.07 + 3 * sqrt(0.07 * 0.93 / 100))


def test_a_share_has_no_limit_above_one_and_a_count_none_above_its_subgroup():
    assert spc.limits("p", [9, 10, 8], sizes=10).upper(10) == 1.0
    assert spc.limits("np", [9, 10, 8], sizes=10).upper() == 10.0


@pytest.mark.parametrize(
    ("kind", "data", "sizes", "told"),
    [
        ("p", [1, 2], None, "needs the size"),
        ("np", [1, 2], [10, 20], "one size"),
        ("np", [11, 2], 10, "No more pieces"),
        ("c", [-1, 2], None, "not below zero"),
        ("u", [1, 2], [1, 0], "above zero"),
        ("u", [1, 2], [1], "above zero"),
        ("xbar_r", [[1, 2], [1, 2, 3]], None, "one size"),
        ("xbar_r", [[1], [2]], None, "2 to 25"),
        ("i_mr", [1.0, inf], None, "not a number"),
        ("cusum", [1, 2], None, "A chart is one of"),
    ],
)
def test_what_is_no_chart_is_refused(kind, data, sizes, told):
    with pytest.raises(ValueError, match=told):
        spc.limits(kind, data, sizes=sizes)


def test_one_subgroup_and_subgroups_all_alike_give_no_limits():
    with pytest.raises(spc.TooFewSubgroups):
        spc.limits("i_mr", [1.0])
    with pytest.raises(spc.NoVariation):
        spc.limits("xbar_r", [[5, 5], [5, 5], [5, 5]])
    with pytest.raises(spc.NoVariation):
        spc.limits("p", [0, 0], sizes=10)


@given(
    st.integers(2, 25).flatmap(
        lambda n: st.lists(st.lists(values, min_size=n, max_size=n), min_size=2, max_size=12)
    ),
    st.floats(-1000, 1000),
)
def test_limits_stand_about_their_center_and_move_with_the_data(subgroups, shift):
    try:
        found = spc.limits("xbar_s", subgroups)
        moved = spc.limits("xbar_s", [[value + shift for value in each] for each in subgroups])
    except spc.NoVariation:
        return
    scale = max(1.0, *(abs(value) for each in subgroups for value in each))

    assert found.upper() - found.center == pytest.approx(found.center - found.lower(), abs=1e-9 * scale)
    assert moved.center - found.center == pytest.approx(shift, abs=1e-9 * scale)
    assert moved.sigma == pytest.approx(found.sigma, abs=1e-6 * scale)


def test_of_a_process_that_only_varies_by_chance_about_three_means_in_a_thousand_are_outside():
    rng = Random(7)
    drawn = [[rng.gauss(100, 2) for _ in range(5)] for _ in range(4000)]
    found = spc.limits("xbar_r", drawn)

    outside = sum(not found.lower() <= sum(each) / 5 <= found.upper() for each in drawn)

    assert found.sigma == pytest.approx(2, rel=0.02)
    assert 2 <= outside <= 25
