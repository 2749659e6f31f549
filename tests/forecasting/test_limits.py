"""When more is asked for: which machine, warehouse or material gives way first, and when."""

import pytest

from forecasting.netting import Demand, Part, Plan, Rule, Supply, plan
from forecasting.netting.limits import Breaks, Means, Work, first_limits, hours_by_day

DAYS = 28


def lemonade(factor: float) -> Plan:
    """60 a day are sold; a bottle each, which take twelve days to come and of which 900 are there."""
    return plan(
        [Rule("lemonade", lead_days=1, cover_days=7), Rule("bottle", lead_days=12, cover_days=7)],
        parts=[Part("lemonade", "bottle", 1.0)],
        supplies=[Supply("lemonade", 0, 120), Supply("bottle", 0, 900)],
        demands=[Demand("lemonade", day, 60 * factor) for day in range(DAYS)],
        horizon=DAYS,
    )


def means(hours: float = 8.0, room: float = 1e9) -> Means:
    return Means(
        work=[Work("lemonade", "filler", hours_a_unit=0.05, hours_a_batch=1.0)],
        free_hours={"filler": [hours] * DAYS},
        rooms={"hall": room},
        stored={"lemonade": ("hall", 0.01)},
        bought=frozenset({"bottle"}),
        titles={"filler": "Filling line", "hall": "Hall 1", "bottle": "Bottle 1 l"},
    )


def test_demand_as_it_is_breaks_nothing():
    assert first_limits(lemonade(1), lemonade(1), means()) == []


def test_doubled_demand_says_what_breaks_first_and_when():
    found = first_limits(lemonade(2), lemonade(1), means(hours=6))

    assert [(limit.breaks, limit.what) for limit in found] == [
        (Breaks.MACHINE, "filler"),
        (Breaks.MATERIAL, "bottle"),
    ]
    machine, material = found
    assert machine.day == 0
    assert machine.needed > machine.available == 42
    assert machine.sentence.startswith("Filling line is full in the week from day 0: ")
    assert machine.sentence.endswith("hours of it are needed and 42 are free.")
    # 900 bottles go into the first two weeks' batches of 840; those of the second need more than are left.
    assert material.sentence.endswith("are missing, and what is ordered today comes in 12 days.")
    assert 0 <= material.day < 12


def test_what_gives_way_with_demand_as_it_is_says_so():
    found = {limit.what: limit for limit in first_limits(lemonade(2), lemonade(1), means(hours=1, room=4.0))}

    assert found["filler"].anyway
    assert found["filler"].sentence.endswith("are free. It is so with demand as it is.")
    usual = {limit.what for limit in first_limits(lemonade(1), lemonade(1), means(hours=1, room=4.0))}
    assert {what for what, limit in found.items() if limit.anyway} <= usual
    assert not found["bottle"].anyway


def test_a_full_warehouse_is_told_with_its_day_and_room():
    found = first_limits(lemonade(2), lemonade(1), means(room=5.0))

    hall = next(limit for limit in found if limit.breaks == Breaks.WAREHOUSE)
    assert hall.needed > 5
    assert (
        hall.sentence
        == f"Hall 1 is full on day {hall.day}: stock takes {hall.needed:.3g} m³ and there are 5."
    )


def test_hours_add_up_to_the_work_proposed():
    made = lemonade(1)

    (hours,) = hours_by_day(made, means().work).values()

    quantity = sum(p.quantity for p in made.proposals_of("lemonade"))
    assert hours.sum() == pytest.approx(0.05 * quantity + len(made.proposals_of("lemonade")))
