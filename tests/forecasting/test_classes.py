"""ABC by value, XYZ by forecast error."""

import pytest

from forecasting.policy import Usage, classify


def names(*usages: tuple[float, float]) -> list[str]:
    return [one.name for one in classify([Usage(value, error) for value, error in usages])]


def test_the_first_80_percent_of_value_are_a_and_up_to_95_percent_b():
    values = (4, 60, 20, 11, 3, 2)  # in order of value 60, 80, 91, 95, 98, 100 %

    assert names(*((value, 0.1) for value in values)) == ["BX", "AX", "AX", "BX", "CX", "CX"]


def test_the_item_that_crosses_a_cut_belongs_to_the_better_class():
    assert names((90, 0.1), (10, 0.1)) == ["AX", "BX"]
    assert names((100, 0.1)) == ["AX"]


def test_what_nobody_asks_for_is_c():
    assert names((0, 2.0), (0, 0.1)) == ["CZ", "CX"]
    assert names() == []


@pytest.mark.parametrize(
    ("error", "name"), [(0.0, "X"), (0.249, "X"), (0.25, "Y"), (0.599, "Y"), (0.6, "Z"), (9.0, "Z")]
)
def test_what_can_be_foreseen_is_x(error, name):
    assert names((10, error)) == [f"A{name}"]


def test_a_class_says_why():
    [first, second] = classify([Usage(750, 0.1), Usage(250, 0.7)])

    assert first.why == (
        "A: asked for 750 a year, with the items above it 75% of all value; X: the forecast of 28 days errs by 10%."
    )
    assert (second.share, second.name) == (1.0, "AZ")
