"""The rules of Nelson and of Western Electric: 0 differences from a published implementation, and their conventions one by one."""

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality import spc
from quality.spc import Conventions, rule_violations
from tests.quality.reference import needs_reference, rows_of

points = st.lists(st.sampled_from([-3.5, -2.5, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.5, 3.5]), max_size=40)


def marked(values, rule, **convention):
    found = rule_violations(values, center=0, sigma=1, rules=(rule,), conventions=Conventions(**convention))
    return [index for index, _ in found]


@needs_reference
@pytest.mark.parametrize(
    ("column", "rule", "convention"),
    [
        ("r1", 1, {}),
        ("r2", 2, {}),
        ("r3_6pts", 3, {"trend": 6}),
        ("r3_7pts", 3, {"trend": 7}),
        ("r4_14pts", 4, {"alternating": 14}),
        ("r4_15pts", 4, {"alternating": 15}),
        ("r5", 5, {}),
        ("r6", 6, {}),
        ("r7", 7, {}),
        ("r8", 8, {}),
    ],
)
def test_every_point_of_every_published_series_is_decided_alike(column, rule, convention):
    series: dict[str, list[dict[str, str]]] = {}
    for row in rows_of("nelson_rules"):
        series.setdefault(row["set"], []).append(row)
    differing = []

    for name, rows in series.items():
        found = set(marked([float(row["x"]) for row in rows], rule, **convention))
        differing += [(name, i) for i, row in enumerate(rows) if (i in found) != (row[column] == "1")]

    assert len(series) == 10
    assert sum(map(len, series.values())) == 600
    assert differing == []


def test_the_defaults_are_nelsons():
    assert spc.NELSON.rules == (1, 2, 3, 4, 5, 6, 7, 8)
    assert (spc.NELSON.conventions.same_side, spc.NELSON.conventions.trend) == (9, 6)
    assert spc.NELSON.conventions.alternating == 14


def test_one_point_beyond_three_sigma_is_a_signal():
    assert marked([0, 3.0, 3.01, -3.01], 1) == [2, 3]


def test_nine_on_one_side_and_a_point_on_the_line_ends_the_row():
    assert marked([0.1] * 10, 2) == [8, 9]
    assert marked([0.1] * 8 + [0.0] + [0.1] * 8, 2) == []
    assert marked([0.1] * 8 + [-0.1], 2) == []
    assert marked([-0.1] * 8, 2, same_side=8) == [7]


def test_six_points_rising_or_falling_and_equal_neighbours_end_the_row():
    rising = [0.1 * i for i in range(7)]
    assert marked(rising, 3) == [5, 6]
    assert marked(rising, 3, trend=7) == [6]
    assert marked([-value for value in rising], 3) == [5, 6]
    assert marked([0, 0.1, 0.2, 0.2, 0.3, 0.4, 0.5], 3) == []


def test_fourteen_points_up_and_down():
    zigzag = [0.5 * (-1) ** i for i in range(15)]
    assert marked(zigzag, 4) == [13, 14]
    assert marked(zigzag, 4, alternating=15) == [14]
    assert marked([*zigzag[:7], zigzag[6], *zigzag[7:]], 4) == []


def test_two_of_three_beyond_two_sigma_mark_only_a_point_that_is_itself_beyond():
    assert marked([2.1, 0, 2.1, 0], 5) == [2]
    assert marked([2.1, 2.1, 0], 5) == [1]
    assert marked([2.1, -2.1, 0], 5) == []
    assert marked([2.0, 2.0, 2.0], 5) == []


def test_four_of_five_beyond_one_sigma_mark_only_a_point_that_is_itself_beyond():
    assert marked([1.1, 1.1, 0, 1.1, 1.1, 0], 6) == [4]
    assert marked([1.1, 1.1, 1.1, 1.1, 0], 6) == [3]
    assert marked([1.1, 1.1, -1.1, -1.1, 1.1], 6) == []


def test_fifteen_within_one_sigma_are_a_signal_and_the_line_counts_as_within():
    assert marked([1.0, -1.0, 0] * 5, 7) == [14]
    assert marked([1.0] * 14 + [1.01], 7) == []


def test_eight_beyond_one_sigma_on_either_side_are_a_signal():
    assert marked([1.1, -1.1] * 4, 8) == [7]
    assert marked([1.1, -1.1] * 3 + [1.0, -1.1], 8) == []


def test_western_electric_is_four_of_the_rules_with_eight_on_one_side():
    values = [0.1] * 8
    rules = spc.WESTERN_ELECTRIC

    found = rule_violations(values, center=0, sigma=1, rules=rules.rules, conventions=rules.conventions)

    assert found == [(7, 2)]
    assert rules.rules == (1, 2, 5, 6)


def test_points_with_sigmas_of_their_own_are_judged_by_them():
    assert rule_violations([10, 10], center=4, sigma=[1.9, 2.1], rules=(1,)) == [(0, 1)]
    assert rule_violations([10, 10], center=[4, 3.5], sigma=2.1, rules=(1,)) == [(1, 1)]


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ({"sigma": 0}, "above zero"),
        ({"sigma": nan}, "above zero"),
        ({"rules": (9,)}, "no rule 9"),
        ({"sigma": [1, 1]}, "for each value"),
        ({"center": nan}, "not a number"),
    ],
)
def test_what_cannot_be_judged_is_refused(given_, told):
    with pytest.raises(ValueError, match=told):
        rule_violations([1, 2, 3], **({"center": 0, "sigma": 1} | given_))


@given(points, st.floats(-100, 100), st.floats(0.01, 100))
def test_rules_look_at_zones_not_at_units(values, center, sigma):
    # Zones of the grid are half a sigma wide and more, so that rounding moves no point across a line, but for points on one.
    off_the_lines = [value for value in values if value not in {0.0, 1.0, -1.0}]
    moved = [center + sigma * value for value in off_the_lines]

    assert rule_violations(moved, center=center, sigma=sigma, rules=(1, 2, 5, 6, 7, 8)) == rule_violations(
        off_the_lines, center=0, sigma=1, rules=(1, 2, 5, 6, 7, 8)
    )


@given(points)
def test_rules_are_the_same_upside_down(values):
    assert rule_violations(values, center=0, sigma=1) == rule_violations(
        [-value for value in values], center=0, sigma=1
    )


@given(points, points)
def test_what_comes_later_changes_no_verdict_on_what_was_before(before, after):
    whole = rule_violations([*before, *after], center=0, sigma=1)

    assert [each for each in whole if each[0] < len(before)] == rule_violations(before, center=0, sigma=1)


@given(points)
def test_the_longest_row_is_enough_to_judge_the_last_point(values):
    reach = Conventions().longest
    whole = [rule for index, rule in rule_violations(values, center=0, sigma=1) if index == len(values) - 1]
    last = values[-reach:]

    assert whole == [
        rule for index, rule in rule_violations(last, center=0, sigma=1) if index == len(last) - 1
    ]
