"""Delays foreseen: habits measured, and carried through the plan as far as gaps let them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from production.foresight import Arc, Delay, Habit, Step, foresee, habit, path

MILL, SAW = 1, 2
SLOW = {MILL: Habit(count=50, overrun=0.2, spread=0.0)}


def test_a_habit_is_measured_over_planned_hours_and_trusted_the_more_the_more_was_done():
    often = habit([(10, 12)] * 45)
    assert (often.count, often.spread) == (45, 0)
    assert often.overrun == pytest.approx(0.2 * 45 / 50)
    assert habit([(10, 12)] * 5).overrun == pytest.approx(0.1)
    assert habit([]) == habit([(0, 3)]) == Habit()
    assert habit([(1, 2), (3, 3)] * 20).overrun == pytest.approx(0.25 * 40 / 45)


def test_overruns_add_up_on_a_machine_without_a_gap():
    steps = [Step(1, MILL, 10), Step(2, MILL, 10, (Arc(1, 0),)), Step(3, MILL, 10, (Arc(2, 0),))]
    delays = foresee(steps, SLOW)
    assert [delays[key].hours for key in (1, 2, 3)] == pytest.approx([2, 4, 6])
    assert path(3, delays) == [1, 2, 3]


def test_a_gap_absorbs_a_delay_and_ends_its_path():
    delays = foresee(
        [Step(1, MILL, 10), Step(2, MILL, 10, (Arc(1, 1.5),)), Step(3, SAW, 5, (Arc(2, 9),))], SLOW
    )
    assert [delays[key].hours for key in (1, 2, 3)] == pytest.approx([2, 2.5, 0])
    assert path(3, delays) == [3]


def test_of_two_things_waited_for_the_one_expected_last_counts():
    steps = [Step(1, MILL, 10), Step(2, MILL, 30), Step(3, SAW, 1, (Arc(1, 0), Arc(2, 3)))]
    delays = foresee(steps, SLOW)
    assert (delays[3].hours, delays[3].because) == (pytest.approx(3), 2)


def test_work_that_goes_quicker_than_planned_makes_up_for_a_delay_and_is_never_early():
    habits = SLOW | {SAW: Habit(count=50, overrun=-0.5)}
    delays = foresee(
        [Step(1, MILL, 10), Step(2, SAW, 2, (Arc(1, 0),)), Step(3, SAW, 9, (Arc(2, 0),))], habits
    )
    assert [delays[key].hours for key in (2, 3)] == pytest.approx([1, 0])


def test_the_risk_grows_as_slack_shrinks():
    delay = Delay(hours=4, variance=4, own_hours=1)
    assert delay.risk(4) == pytest.approx(0.5)
    assert delay.risk(8) == pytest.approx(0.0228, abs=1e-3)
    assert delay.risk(0) == pytest.approx(0.9772, abs=1e-3)
    assert Delay(0, 0, 0).risk(1) < 0.001


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 5)), min_size=1, max_size=8))
def test_no_operation_is_delayed_by_more_than_all_overruns_before_it(rows):
    steps = [
        Step(key, MILL, hours, (Arc(key - 1, gap),) if key else ()) for key, (hours, gap) in enumerate(rows)
    ]
    delays = foresee(steps, SLOW)
    for key in range(len(rows)):
        assert 0 <= delays[key].hours <= 0.2 * sum(hours for hours, _ in rows[: key + 1]) + 1e-9
