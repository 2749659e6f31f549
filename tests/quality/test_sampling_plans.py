"""The plans of ANSI/ASQ Z1.4: against an independent transcription, known examples, and the shape of their OC curves."""

import csv
import os
from pathlib import Path

import pytest

from quality.sampling import (
    AQLS,
    CODE_LETTERS,
    NoSuchPlan,
    Plan,
    Sample,
    acceptance_probability,
    average_sample_size,
    code_letter,
    double_plan,
    lot_band,
    multiple_plan,
    quality_accepted_with,
    single_plan,
    zero_plan,
    zero_plan_for_quality,
)

REFERENCE = (
    Path(os.environ.get("MES_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    / "data/quality/z14_single_level_II.csv"
)
SEVERITIES = ("normal", "tightened", "reduced")
LOTS = (5, 12, 20, 40, 80, 120, 200, 400, 1000, 3000, 9000, 30_000, 100_000, 400_000, 600_000)


@pytest.mark.skipif(
    not REFERENCE.exists(), reason=f"No reference table of Z1.4 at {REFERENCE}; set MES_SHARED"
)
def test_every_single_plan_of_level_two_is_the_published_one():
    wrong = []
    with REFERENCE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for lot in {int(end) for end in row["lot_size"].replace("+", "").split("-")}:
            plan = single_plan(lot, aql=row["aql"], level=row["level"], severity=row["severity"])
            size = min(int(row["sample_size"]), lot)  # a sample as large as the lot means every piece
            if plan[1:] != (size, int(row["accept"]), int(row["reject"])):
                wrong.append((row, plan))

    assert len(rows) == 3 * 15 * 26
    assert wrong == []


@pytest.mark.parametrize(
    ("lot", "aql", "severity", "plan"),
    [
        (1000, 0.65, "normal", Plan("J", 80, 1, 2)),
        (1000, "1.0", "normal", Plan("J", 80, 2, 3)),
        (1000, 2.5, "normal", Plan("J", 80, 5, 6)),
        (1000, 4, "normal", Plan("J", 80, 7, 8)),
        (1000, 1, "tightened", Plan("J", 80, 1, 2)),
        (1000, 0.65, "tightened", Plan("K", 125, 1, 2)),
        (1000, 2.5, "tightened", Plan("J", 80, 3, 4)),
        (1000, 1, "reduced", Plan("J", 32, 1, 3)),
        (1000, 2.5, "reduced", Plan("J", 32, 2, 5)),
        # G at AQL 1.0 points down: the sample size is taken along with the numbers.
        (200, 1, "normal", Plan("H", 50, 1, 2)),
        (1, 1, "normal", Plan("E", 1, 0, 1)),
    ],
)
def test_a_single_plan_is_as_the_standards_tables_have_it(lot, aql, severity, plan):
    assert single_plan(lot, aql=aql, severity=severity) == plan


def test_an_arrow_out_of_the_largest_letter_leads_back_up_and_the_tightest_plan_is_s():
    assert single_plan(600_000, aql="0.015", level="III") == Plan("P", 800, 0, 1)
    assert single_plan(600_000, aql="0.025", level="III") == Plan("R", 2000, 1, 2)
    assert single_plan(600_000, aql="0.025", level="III", severity="tightened") == Plan("S", 3150, 1, 2)


@pytest.mark.parametrize(
    ("lot", "level", "letter"),
    [(1000, "II", "J"), (1200, "II", "J"), (1201, "II", "K"), (1000, "S-1", "C"), (1000, "S-4", "F"),
     (1000, "I", "G"), (1000, "III", "K"), (600_000, "S-3", "H"), (600_000, "III", "R"), (2, "S-1", "A")],
)  # fmt: skip
def test_a_lots_letter_depends_on_its_size_and_the_level(lot, level, letter):
    assert code_letter(lot, level) == letter


def test_a_higher_level_or_a_larger_lot_never_asks_for_a_smaller_letter():
    for lot in LOTS:
        letters = [code_letter(lot, level) for level in CODE_LETTERS]
        assert letters == sorted(letters)
    for level in CODE_LETTERS:
        letters = [code_letter(lot, level) for lot in LOTS]
        assert letters == sorted(letters)
    assert lot_band(1000) == "501 to 1,200"
    assert lot_band(600_000) == "more than 500,000"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"lot_size": 0, "aql": 1}, "at least one piece"),
        ({"lot_size": 10, "aql": 0.7}, "no AQL of 0.7; it has 0.010"),
        ({"lot_size": 10, "aql": "many"}, "no AQL of many"),
        ({"lot_size": 10, "aql": 1, "level": "IV"}, "no inspection level IV"),
        ({"lot_size": 10, "aql": 1, "severity": "lenient"}, "not lenient"),
    ],
)
def test_what_the_standard_does_not_have_is_refused_by_name(asked, told):
    with pytest.raises(NoSuchPlan, match=told):
        single_plan(**asked)


def test_a_double_plan_is_as_the_standards_tables_have_it():
    assert double_plan(1000, aql=2.5).samples == (Sample(50, 2, 5), Sample(50, 6, 7))
    assert double_plan(1000, aql=2.5, severity="tightened").samples == (Sample(50, 1, 4), Sample(50, 4, 5))
    assert double_plan(1000, aql=2.5, severity="reduced").samples == (Sample(20, 0, 4), Sample(20, 3, 6))


def test_a_known_multiple_plan_does_not_accept_on_its_first_sample():
    assert multiple_plan(1000, aql=1.5).samples == (
        Sample(20, None, 3), Sample(20, 0, 3), Sample(20, 1, 4), Sample(20, 2, 5), Sample(20, 3, 6), Sample(20, 4, 6),
        Sample(20, 6, 7),
    )  # fmt: skip


def test_where_there_is_no_staged_plan_the_next_simpler_one_is_used():
    assert double_plan(1000, aql="0.15").samples == (
        Sample(80, 0, 1),
    )  # one that accepts with none stays single
    assert multiple_plan(1000, aql="0.15").samples == (Sample(80, 0, 1),)
    assert len(multiple_plan(20, aql=10).samples) == 2  # letter C has no multiple plan
    assert double_plan(3, aql=10).samples == (Sample(3, 1, 2),)  # and a lot of three no two samples


def test_staged_plans_take_their_single_plans_place():
    """Tables X of the standard print single, double and multiple plans in one column, for their OC curves nearly agree."""
    for severity, tolerated in (("normal", 0.09), ("tightened", 0.09), ("reduced", 0.19)):
        compared = 0
        for lot in LOTS:
            for aql in (each for each in AQLS if float(each) <= 10):
                single = single_plan(lot, aql=aql, severity=severity)
                for staged in (
                    double_plan(lot, aql=aql, severity=severity),
                    multiple_plan(lot, aql=aql, severity=severity),
                ):
                    assert staged.code_letter == single.code_letter
                    if len(staged.samples) > 1 and single.sample_size >= 8:
                        compared += 1
                        for probability in (0.95, 0.5, 0.1):
                            quality = quality_accepted_with([Sample(*single[1:])], probability)
                            close = acceptance_probability(staged.samples, quality)
                            assert close == pytest.approx(probability, abs=tolerated), (
                                severity,
                                lot,
                                aql,
                                staged,
                            )
        assert compared > 100


def test_the_numbers_of_staged_plans_close_upon_each_other():
    for severity in SEVERITIES:
        for lot in LOTS:
            for aql in AQLS:
                for plan in (
                    double_plan(lot, aql=aql, severity=severity),
                    multiple_plan(lot, aql=aql, severity=severity),
                ):
                    accepts = [sample.accept for sample in plan.samples if sample.accept is not None]
                    rejects = [sample.reject for sample in plan.samples]
                    assert accepts == sorted(accepts)
                    assert rejects == sorted(rejects)
                    assert all(
                        sample.accept is None or sample.accept < sample.reject for sample in plan.samples
                    )
                    assert severity == "reduced" or plan.samples[-1].accept == plan.samples[-1].reject - 1
                    assert sum(sample.size for sample in plan.samples) <= lot


def test_good_lots_take_fewer_pieces_by_several_samples():
    single = single_plan(1000, aql=1.5)
    double, multiple = double_plan(1000, aql=1.5), multiple_plan(1000, aql=1.5)

    pieces = [average_sample_size(plan.samples, 0.005) for plan in (double, multiple)]

    assert 50 <= pieces[0] < single.sample_size
    assert pieces[1] < pieces[0]


def test_an_oc_curve_is_that_of_the_textbook():
    """Montgomery, Introduction to Statistical Quality Control: n = 89, c = 2, p = 0.01 is accepted with 0.9397."""
    samples = [Sample(89, 2, 3)]

    assert acceptance_probability(samples, 0.01) == pytest.approx(0.9397, abs=0.0001)
    assert acceptance_probability(samples, 0) == 1
    assert acceptance_probability(samples, 1) == 0
    assert acceptance_probability(samples, 0.01, distribution="poisson") == pytest.approx(0.9389, abs=0.0002)
    whole = acceptance_probability([Sample(100, 2, 3)], 0.03, distribution="hypergeometric", lot_size=100)
    assert whole == 0


def test_a_curve_without_sense_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        acceptance_probability([Sample(5, 0, 1)], 1.5)
    with pytest.raises(ValueError, match="how large the lot is"):
        acceptance_probability([Sample(5, 0, 1)], 0.1, distribution="hypergeometric")


@pytest.mark.parametrize(("aql", "squeglia"), [("0.65", 47), ("1.0", 34), ("2.5", 19), ("4.0", 15)])
def test_plans_that_accept_with_none_have_squeglias_sample_sizes_to_a_piece(aql, squeglia):
    plan = zero_plan(1200, aql=aql)

    assert (plan.accept, plan.reject) == (0, 1)
    assert abs(plan.sample_size - squeglia) <= 1


def chance_in_lot(size: int, quality: float, lot: int) -> float:
    """Of a lot with this fraction nonconforming to be accepted with none in the sample."""
    return acceptance_probability([Sample(size, 0, 1)], quality, distribution="hypergeometric", lot_size=lot)


def test_a_plan_that_accepts_with_none_protects_as_well_as_the_one_it_replaces():
    for lot in LOTS[2:]:
        for aql in AQLS[5:16]:
            single, zero = single_plan(lot, aql=aql), zero_plan(lot, aql=aql)
            ltpd = quality_accepted_with([Sample(*single[1:])], 0.1)
            assert zero.sample_size <= single.sample_size
            if zero.sample_size < single.sample_size:
                bad = -int(-ltpd * lot // 1) / lot
                assert chance_in_lot(zero.sample_size, bad, lot) <= 0.1


def test_a_zero_plan_for_a_quality_is_the_smallest_that_protects():
    plan = zero_plan_for_quality(100, quality=0.05)

    assert chance_in_lot(plan.sample_size, 0.05, 100) <= 0.1
    assert chance_in_lot(plan.sample_size - 1, 0.05, 100) > 0.1
    for refused in (
        {"lot_size": 0, "quality": 0.1},
        {"lot_size": 9, "quality": 0},
        {"lot_size": 9, "quality": 0.1, "risk": 1},
    ):
        with pytest.raises(NoSuchPlan):
            zero_plan_for_quality(**refused)
    with pytest.raises(NoSuchPlan, match="at most 10"):
        zero_plan(100, aql=15)
