"""How many pieces are inspected, and what they say of their lot."""

from decimal import Decimal

import pytest

from quality.sampling import Result, accepts, sample_size, tighter, within


@pytest.mark.parametrize(
    ("kind", "size", "lot", "counted", "pieces"),
    [
        ("all", None, "12", True, 12),
        ("all", None, "500.5", False, 1),
        ("fixed", "5", "12", True, 5),
        ("fixed", "5", "3", True, 3),
        ("fixed", "5", "0.5", False, 5),
        ("percent", "10", "25", True, 3),
        ("percent", "10", "4", True, 1),
        ("percent", "10", "500", False, 1),
    ],
)
def test_a_sample_has_at_least_one_piece_and_no_more_than_the_lot(kind, size, lot, counted, pieces):
    assert sample_size(kind, size and Decimal(size), Decimal(lot), counted=counted) == pieces


def test_a_limit_itself_conforms_and_an_absent_one_binds_nobody():
    assert within(Decimal(9), Decimal(9), None)
    assert within(Decimal("11.000001"), Decimal(9), Decimal(11)) is False
    assert within(Decimal(-5), None, Decimal(0))


def test_a_customer_may_ask_for_more_and_never_for_less():
    plan = (Decimal(9), Decimal(11))

    assert tighter(plan, (Decimal("9.5"), None)) == (Decimal("9.5"), Decimal(11))
    assert tighter(plan, (Decimal(8), Decimal(12))) == plan


def test_a_piece_is_nonconforming_once_however_many_of_its_characteristics_are():
    bad_twice = [Result(1, False), Result(1, False), Result(2, True)]

    assert accepts(bad_twice, 1)
    assert not accepts([*bad_twice, Result(2, False)], 1)


def test_no_acceptance_number_excuses_a_key_characteristic():
    assert not accepts([Result(1, False, is_key=True)], 5)
