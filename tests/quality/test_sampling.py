"""How many pieces are inspected, and what they say of their lot."""

from decimal import Decimal

import pytest

from quality.sampling import Result, Sample, accepts, sample_size, standing, tighter, within


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


SINGLE = [Sample(5, 1, 2)]
DOUBLE = [Sample(3, 0, 2), Sample(3, 1, 2)]


def seen(*conforms: bool, start: int = 1) -> list[Result]:
    return [Result(piece, good) for piece, good in enumerate(conforms, start=start)]


@pytest.mark.parametrize(
    ("results", "samples", "drawn", "verdict"),
    [
        (seen(True, True), SINGLE, 1, "open"),
        (seen(False, False), SINGLE, 1, "reject"),
        (seen(True, True, True, False, True), SINGLE, 1, "accept"),
        # Four good of five: the fifth cannot make it two.
        (seen(True, True, True, True), SINGLE, 1, "accept"),
        (seen(True, True, True, False), SINGLE, 1, "open"),
        (seen(True, True, True), DOUBLE, 1, "accept"),
        (seen(True, False, True), DOUBLE, 1, "more"),
        (seen(True, False, True, False), DOUBLE, 2, "reject"),
        (seen(True, False, True, True, True, True), DOUBLE, 2, "accept"),
    ],
)
def test_a_verdict_stands_as_soon_as_no_result_can_change_it(results, samples, drawn, verdict):
    assert standing(results, samples, drawn, characteristics=1).verdict == verdict


def test_between_the_numbers_of_a_reduced_plan_the_lot_is_accepted_and_that_is_told():
    found = standing(seen(True, False, True), [Sample(3, 0, 2)], 1, characteristics=1)

    assert (found.verdict, found.between) == ("accept", True)
    assert "next lot is inspected normally" in found.why


def test_where_nonconformities_are_counted_one_piece_may_bear_several():
    results = [Result(1, False, defects=3), Result(2, True, defects=0)]

    assert standing(results, [Sample(3, 2, 3)], 1, characteristics=1).found == 1
    assert standing(results, [Sample(3, 2, 3)], 1, characteristics=1, counts_defects=True).verdict == "reject"


def test_a_key_characteristic_rejects_at_once_and_is_waited_for():
    good = [Result(piece, True, is_key=True) for piece in range(1, 5)]

    assert standing(good, SINGLE, 1, characteristics=1, keys=1).verdict == "open"
    assert standing([Result(1, False, is_key=True)], SINGLE, 1, characteristics=1, keys=1).verdict == "reject"


def test_a_plan_that_accepts_with_none_says_so():
    told = standing(seen(True), [Sample(3, 0, 1)], 1, characteristics=1).why

    assert told == "0 nonconforming so far; accepted with none, rejected from 1 on. 2 results are missing."
