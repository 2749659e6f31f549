"""Load and capacity: what each work center is asked by day and week, what is left, what cannot be had."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from inventory.models import Item
from production import services
from production.capacity import Capacity, capacity_by_day, capacity_by_week
from production.load import HOURS, Load, by_week, load_by_day
from production.models import CalendarException, Operator, ProductionOrder, Qualification, WorkCenter
from production.planning import reschedule
from tests.plant import MONDAY, grant, make_site, make_user
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TODAY = MONDAY.date()
DAY = timedelta(days=1)
ADDRESS = "/api/v1/capacity/"


def make_mill(**fields) -> WorkCenter:
    """A work center of one machine, open on weekdays from eight to four."""
    center = make_work_center(site=make_site(), **fields)
    make_shift(center, "08:00", "16:00")
    return center


def order_on(
    center: WorkCenter, hours: int, *, setup: int = 0, strategy: str = "mto", **fields
) -> ProductionOrder:
    step = {"work_center": center, "run_seconds": 3600, "setup_seconds": setup * 3600}
    return plan_order(make_made_item([step], site=center.site, strategy=strategy), hours, **fields)


def plan(at: datetime = MONDAY) -> None:
    reschedule(reason="test", at=at, seconds=0)


def load_of(center: WorkCenter, days: int = 1, *, at: datetime = MONDAY) -> list[Load]:
    own = WorkCenter.objects.filter(pk=center.pk)
    return load_by_day(TODAY, TODAY + (days - 1) * DAY, at=at, centers=own)


def test_orders_stock_set_up_and_free_hours_are_told_apart():
    mill = make_mill()
    order_on(mill, 3, setup=1, due_at=MONDAY + 5 * HOUR)
    order_on(mill, 2, strategy=Item.Strategy.TO_STOCK)
    plan()

    (load,) = load_of(mill)

    assert (load.to_order_hours, load.to_stock_hours, load.setup_hours, load.free_hours) == (3, 2, 1, 2)
    assert (load.planned_hours, load.available_hours, load.share) == (6, 8, 0.75)


def test_what_is_down_closed_or_gone_by_is_no_room():
    mill = make_mill()
    machine = mill.machines.get()
    services.plan_downtime(machine, MONDAY + 4 * HOUR, MONDAY + 6 * HOUR, "Oil", by=make_user(), at=MONDAY)
    CalendarException.objects.create(work_center=mill, date=TODAY + DAY, reason="Holiday")
    CalendarException.objects.create(
        work_center=mill, date=TODAY + 5 * DAY, starts="08:00", ends="12:00", reason="Overtime"
    )

    monday, tuesday, *_, saturday = load_of(mill, 6, at=MONDAY + 3 * HOUR)

    assert (monday.total_hours, monday.down_hours, monday.past_hours, monday.free_hours) == (8, 2, 3, 3)
    assert (tuesday.total_hours, tuesday.closed_hours, tuesday.available_hours) == (8, 8, 0)
    assert (saturday.total_hours, saturday.available_hours) == (4, 4)


def test_weeks_begin_on_the_sites_monday_and_add_up():
    site = make_site(time_zone="Pacific/Auckland")
    center = make_work_center(site=site)
    days = load_by_day(date(2026, 3, 29), date(2026, 4, 6), at=datetime(2026, 3, 28, tzinfo=UTC))

    weeks = by_week(days)

    assert [week.day for week in weeks] == [date(2026, 3, 23), date(2026, 3, 30), date(2026, 4, 6)]
    # On Sunday 5 April clocks go back an hour in Auckland.
    assert [week.total_hours for week in weeks] == [24, 169, 24]
    assert center in {week.work_center for week in weeks}


def test_the_load_takes_as_many_queries_for_many_slots_as_for_few(django_assert_num_queries):
    mill = make_mill()
    for _ in range(9):
        order_on(mill, 2)
    plan()

    with django_assert_num_queries(7):
        load_by_day(TODAY, TODAY + 13 * DAY, at=MONDAY)


def add_up(capacity: Capacity) -> bool:
    parts = capacity.committed_hours + capacity.available_hours + capacity.unattainable_hours
    return parts == pytest.approx(capacity.total_hours, abs=0.01)


def test_total_hours_are_committed_available_or_unattainable():
    mill = make_mill()
    order = order_on(mill, 10)
    (operation,) = operations_of(order)
    services.start_operation(operation, by=make_user(), at=MONDAY)
    CalendarException.objects.create(work_center=mill, date=TODAY + 2 * DAY, reason="Holiday")
    plan()

    days = capacity_by_day(TODAY, TODAY + 6 * DAY, at=MONDAY + HOUR)

    assert all(map(add_up, days))
    assert [day.total_hours for day in days] == [8, 8, 8, 8, 8, 0, 0]
    assert [day.committed_hours for day in days[:3]] == [8, 2, 0]
    assert [day.running_hours for day in days[:3]] == [8, 2, 0]
    assert [day.available_hours for day in days] == [0, 6, 0, 8, 8, 0, 0]
    assert [day.unattainable_hours for day in days] == [0, 0, 8, 0, 0, 0, 0]
    (week,) = capacity_by_week(TODAY, TODAY + 6 * DAY, at=MONDAY + HOUR)
    assert add_up(week)
    assert (week.day, week.total_hours, week.committed_hours, week.available_hours) == (TODAY, 40, 10, 22)


def test_hours_for_which_nobody_is_qualified_cannot_be_had():
    mill = make_mill()
    step = {"work_center": mill, "run_seconds": 3600, "required_qualification": "5-AXIS"}
    make_made_item([step], site=mill.site)
    ann = Operator.objects.create(user=make_user(), site=mill.site, badge="A")

    def unstaffed() -> list[float]:
        return [day.unstaffed_hours for day in capacity_by_day(TODAY, TODAY + DAY, at=MONDAY)]

    assert unstaffed() == [8, 8]
    Qualification.objects.create(operator=ann, code="5-AXIS", expires_on=TODAY)
    assert unstaffed() == [0, 8], "it lapses"
    make_made_item([mill], site=mill.site)
    assert unstaffed() == [0, 0], "other work can be done there by anybody"


def test_where_people_are_the_limit_no_more_machines_count_than_there_are_people():
    center = make_work_center(site=make_site(), machines=4, is_limited_by_people=True)
    make_made_item([{"work_center": center, "required_qualification": "NDT"}], site=center.site)
    ann = Operator.objects.create(user=make_user(), site=center.site, badge="A")
    Qualification.objects.create(operator=ann, code="NDT")

    (day,) = capacity_by_day(TODAY, TODAY, at=MONDAY - 8 * HOUR)

    assert (day.total_hours, day.unstaffed_hours, day.available_hours) == (96, 72, 24)


@settings(max_examples=40)
@given(
    st.lists(st.floats(0, 8), min_size=4, max_size=4),
    st.floats(0, 1),
)
def test_however_hours_are_lost_they_add_up(parts, staffed):
    total = sum(parts) + 8
    load = Load(WorkCenter(pk=1), TODAY, total, parts[0], parts[1], parts[2], parts[3])
    unstaffed = min(load.available_hours * (1 - staffed), load.free_hours)
    row = Capacity(
        load.work_center,
        TODAY,
        total,
        load.planned_hours,
        0,
        load.down_hours,
        load.closed_hours,
        load.past_hours,
        unstaffed,
    )
    assert add_up(row)
    assert set(HOURS) <= set(Load.__annotations__)


# --- over HTTP -------------------------------------------------------------------------------------------------------


def reader() -> APIClient:
    client = APIClient()
    client.force_authenticate(grant(make_user(), "production.view_workcenter"))
    return client


def test_another_system_asks_for_capacity_by_day_and_by_week(django_assert_max_num_queries):
    mill, other = make_mill(), make_mill()
    client = reader()
    asked = {"from": "2030-03-04", "to": "2030-03-17"}

    with django_assert_max_num_queries(12):
        days = client.get(ADDRESS, asked).json()
    weeks = client.get(ADDRESS, asked | {"by": "week", "work_center": mill.pk}).json()
    here = client.get(ADDRESS, asked | {"site": other.site_id}).json()

    assert len(days) == 28
    assert [(week["day"], week["week"], week["total_hours"]) for week in weeks] == [
        ("2030-03-04", "2030-W10", 40),
        ("2030-03-11", "2030-W11", 40),
    ]
    assert {row["work_center"] for row in here} == {other.pk}
    assert days[0]["available_hours"] == 8
    assert days[0]["unattainable"] == {
        "down_hours": 0,
        "closed_hours": 0,
        "unstaffed_hours": 0,
        "past_hours": 0,
    }


@pytest.mark.parametrize(
    ("asked", "parameter", "told"),
    [
        ({"to": "2026-03-02"}, "from", "required"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to", "before from"),
        ({"from": "2026-03-02", "to": "2027-03-02"}, "to", "more than 180"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "from", "Ask for days of this age"),
        ({"from": "2999-12-30", "to": "9999-12-31"}, "to", "not between 1970-01-01 and 2999-12-31"),
        ({"from": "soon", "to": "2026-03-02"}, "from", "Date"),
        ({"from": "2026-03-02", "to": "2026-03-02", "by": "month"}, "by", "month"),
        ({"from": "2026-03-02", "to": "2026-03-02", "site": "0"}, "site", "does not exist"),
        ({"from": "2026-03-02", "to": "2026-03-02", "work_center": "x"}, "work_center", "Incorrect"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(asked, parameter, told):
    answer = reader().get(ADDRESS, asked)

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    (error,) = answer.json()["errors"]
    assert error["parameter"] == parameter
    assert told in error["detail"]


def test_a_work_center_of_another_site_or_without_limit_is_refused():
    mill, other = make_mill(), make_site()
    heat = make_work_center(site=other, kind="outside", is_unlimited=True)
    day = {"from": "2026-03-02", "to": "2026-03-02"}

    wrong = reader().get(ADDRESS, day | {"site": other.pk, "work_center": mill.pk})
    endless = reader().get(ADDRESS, day | {"work_center": heat.pk})

    assert (wrong.status_code, endless.status_code) == (400, 400)
    assert "is not at" in wrong.json()["errors"][0]["detail"]


def test_capacity_is_for_those_who_may_see_work_centers():
    client = APIClient()
    assert client.get(ADDRESS, {"from": "2026-03-02", "to": "2026-03-02"}).status_code == 401
    client.force_authenticate(make_user())
    assert client.get(ADDRESS, {"from": "2026-03-02", "to": "2026-03-02"}).status_code == 403


def test_the_load_by_day_refuses_a_period_that_ends_before_it_begins_or_is_too_long():
    for start, end in (
        ("2026-03-02", "2026-03-01"),
        ("2026-03-02", "2027-03-02"),
        ("2999-12-30", "9999-12-31"),
    ):
        answer = reader().get(f"/api/v1/work-centers/load/?start={start}&end={end}")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["parameter"] == "end"


def test_a_quantity_of_hours_is_never_made_up():
    mill = make_mill()
    order_on(mill, 3)
    plan()
    assert Decimal(str(sum(load.planned_hours for load in load_of(mill, 5)))) == 3
