"""Whether forecasts get better: months of accuracy are kept when the runs are gone, and added up by item, family and person."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from forecasting import services
from forecasting.models import ForecastRun, ItemForecast, MonthlyAccuracy
from forecasting.track_record import TrackRecord, track_record
from inventory.models import Item
from mes.core.models import User
from tests.forecasting.test_accuracy import make_run, override, sell
from tests.forecasting.test_edges import as_role
from tests.plant import MONDAY, make_item, make_site, make_user

pytestmark = pytest.mark.django_db

MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)


def judged(weeks_later: int = 0) -> None:
    services.judge_forecasts(at=MONDAY + timedelta(weeks=weeks_later))


def record_of(*items: Item, **asked: Any) -> TrackRecord:
    return track_record(Item.objects.filter(pk__in=[item.pk for item in items]), **asked)


def make_measured(
    weeks: int = 3, *, sold: int = 10, forecast: float = 77, site: Any = None, **fields: Any
) -> Item:
    """An item sold so many a day in each of the last weeks, forecast so many a week."""
    item = make_item(site=site or make_site(), **fields)
    for back in range(weeks, 0, -1):
        sell(item, back, sold)
        make_run(item, weeks_ago=back, means=[forecast])
    return item


def make_month(
    item: Item, month: date, *, off: float, over: float = 0.0, owner: User | None = None, **sums: Any
) -> None:
    """100 a month asked for, and the number that counted off by so much."""
    zeros = dict.fromkeys(
        (
            "override_actual",
            "override_off",
            "override_over",
            "consensus_actual",
            "consensus_off",
            "consensus_over",
        ),
        0.0,
    )
    MonthlyAccuracy.objects.create(
        item=item,
        owner=owner,
        month=month,
        first_week=1,
        last_week=1,
        measured_at=MONDAY,
        worth=float(item.unit_cost or 1),
        weeks=4,
        **{
            "actual": 100,
            "naive_off": 50,
            "off": off,
            "over": over,
            "final_off": off,
            "final_over": over,
            "touched_actual": 0,
            "touched_off": 0,
            "touched_final_off": 0,
            **zeros,
            **sums,
        },
    )


def months_back(count: int) -> date:
    month = MARCH
    for _ in range(count):
        month = (month - timedelta(days=1)).replace(day=1)
    return month


def test_a_week_counts_in_the_month_in_which_it_began_and_its_errors_are_added_up():
    item = make_measured(weeks=5)  # four weeks that began in February and one in January, today being 2 March

    judged()

    rows = {row.month: row for row in MonthlyAccuracy.objects.filter(item=item, first_week=1)}
    assert {month: row.weeks for month, row in rows.items()} == {date(2026, 1, 1): 1, FEBRUARY: 4}
    february = rows[FEBRUARY]
    assert (february.actual, february.off, february.over) == (280, pytest.approx(28), pytest.approx(28))
    (*_, last) = record_of(item).months
    assert last.errors.final == last.errors.final_bias == pytest.approx(0.1)


def february(item: Item) -> float:
    return MonthlyAccuracy.objects.get(item=item, first_week=1, month=FEBRUARY).actual


def test_a_month_is_measured_anew_until_the_next_one_is_over_and_then_stands():
    item = make_measured(weeks=2)
    judged()
    assert february(item) == 140

    sell(item, 1, 20)  # a correction
    judged(weeks_later=1)
    assert february(item) == 210

    sell(item, 2, 90)
    judged(weeks_later=5)  # in April
    assert february(item) == 210


def test_months_stay_when_the_runs_they_were_of_are_gone():
    item = make_measured(weeks=2)
    judged()
    ForecastRun.objects.all().delete()

    judged(weeks_later=60)

    assert february(item) == 140
    assert [month.first_date for month in record_of(item).months] == [FEBRUARY]


def test_what_a_person_added_is_kept_by_month():
    item, ann = make_item(), make_user("ann")
    sell(item, 1, 20)
    make_run(item, weeks_ago=1, means=[70])
    override(item, weeks_ago=1, quantity=126, by=ann, said_weeks_ago=1)

    judged()

    whole, own = record_of(item), record_of(item, owner=ann.pk)
    assert own.months[-1].errors.override == pytest.approx(0.1)
    assert own.months[-1].errors.added == whole.months[-1].errors.added == pytest.approx(0.4)
    assert [(course.name, course.who) for course in whole.owners] == [("ann", ann.pk)]
    assert whole.people == {ann.pk: "ann"}


def test_a_past_that_is_made_in_hindsight_adds_the_months_that_are_not_known_and_changes_none():
    item, other = make_measured(weeks=2), make_item()
    judged()
    before = list(MonthlyAccuracy.objects.values_list("pk", "month"))
    for back in range(10, 2, -1):
        sell(item, back, 10)
        sell(other, back, 10)
        make_run(other, weeks_ago=back, means=[70])
    judged()

    assert MonthlyAccuracy.objects.filter(item=other).values("month").distinct().count() == 3
    assert len(before) == MonthlyAccuracy.objects.filter(item=item, month=FEBRUARY).count()


def test_the_newest_three_months_are_held_against_the_three_before_by_family():
    drinks, tools = make_item(family="drinks"), make_item(family="tools")
    for back in range(6):
        make_month(drinks, months_back(back), off=20 if back < 3 else 40, over=-10)
        make_month(tools, months_back(back), off=30)

    found = record_of(drinks, tools)

    assert (found.earlier, found.later) == (
        (months_back(5), months_back(3)),
        (months_back(2), MARCH),
    )
    by_family = {course.name: course for course in found.families}
    assert by_family["drinks"].better_by == pytest.approx(0.2)
    assert by_family["drinks"].lately.final_bias == pytest.approx(-0.1)
    assert by_family["tools"].better_by == pytest.approx(0)
    assert found.whole is not None
    assert found.whole.better_by == pytest.approx(0.1)


def test_several_items_weigh_what_they_are_worth():
    cheap, dear = make_item(unit_cost=1), make_item(unit_cost=9)
    make_month(cheap, MARCH, off=100)
    make_month(dear, MARCH, off=0)

    assert record_of(cheap, dear).months[0].errors.final == pytest.approx(0.1)
    assert record_of(cheap).months[0].errors.final == pytest.approx(1)


def test_months_without_demand_have_no_error():
    item = make_item()
    make_month(item, MARCH, off=10, actual=0)

    (month,) = record_of(item).months

    assert (month.errors.final, month.errors.added) == (None, None)


@pytest.fixture
def planner() -> Client:
    return as_role("planner")


def test_the_page_tells_in_a_sentence_whether_it_got_better(client):
    item = make_item(family="drinks")
    for back in range(6):
        make_month(item, months_back(back), off=20 if back < 3 else 40, over=12)
    client.force_login(make_user(is_superuser=True, is_staff=True))

    page = client.get(reverse("console:track-record"), {"item": item.pk}).content.decode()
    nobody = client.get(reverse("console:track-record"), {"item": make_item().pk}).content.decode()
    odd = client.get(
        reverse("console:track-record"), {"item": "x", "ahead": "-1", "owner": "٣", "class": "Q"}
    )

    assert "off by <strong>20 %</strong> of demand" in page
    assert "better by 20.0 points" in page
    assert "12 % too much was forecast" in page
    assert "No week of a kept forecast is over yet" in nobody
    assert odd.status_code == 200


def test_months_are_taken_out_as_csv_and_as_a_workbook_with_every_item_behind_them(client):
    item = make_item(family="drinks")
    make_month(item, MARCH, off=25)
    client.force_login(make_user(is_superuser=True, is_staff=True))

    csv = client.get(reverse("console:track-record-csv")).content.decode("utf-8-sig").splitlines()
    xlsx = client.get(reverse("console:track-record-xlsx"), {"family": "drinks"})
    own = client.get(reverse("console:item-xlsx", args=[item.pk]))

    assert csv[0].startswith("Month,Weeks,Items,Naive %")
    assert csv[1].startswith("2026-03-01,4,1,50.0,25.0")
    book = load_workbook(BytesIO(xlsx.content))
    assert book.sheetnames == ["Accuracy by month", "By family", "By person", "By item"]
    assert book["By item"]["A2"].value == item.number
    assert load_workbook(BytesIO(own.content))["Accuracy by month"]["E2"].value == 25


def test_the_api_tells_rows_and_the_course_and_refuses_by_field(planner):
    item = make_item(family="drinks")
    for back in range(4):
        make_month(item, months_back(back), off=10 * (1 + back))

    rows = planner.get(
        "/api/v1/forecast-accuracy-months/", {"item": item.pk, "month__gte": "2026-02-01"}
    ).json()
    course = planner.get("/api/v1/forecast-accuracy-months/course/", {"family": "drinks"}).json()
    wrong = planner.get("/api/v1/forecast-accuracy-months/course/", {"first_week": 3, "item": 0})

    assert [row["final_off"] for row in rows["results"]] in ([20, 10], [10, 20])
    assert [month["shares"]["final"] for month in course["months"]] == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert course["whole"]["better_by"] == pytest.approx(0.2)
    assert wrong.status_code == 400
    assert {error["parameter"] for error in wrong.json()["errors"]} == {"first_week", "item"}


def test_who_is_not_of_the_house_does_not_see_how_good_forecasts_were(client):
    assert client.get("/api/v1/forecast-accuracy-months/course/").status_code == 401
    assert client.get(reverse("console:track-record")).status_code == 302


@pytest.mark.parametrize("count", [3, 30])
def test_the_course_takes_as_many_queries_for_thirty_items_as_for_three(count):
    site = make_site()
    items = [make_item(site=site, family=f"family {number}") for number in range(count)]
    for item in items:
        for back in range(4):
            make_month(item, months_back(back), off=10)
            make_month(item, months_back(back), off=10, owner=make_user())

    with CaptureQueriesContext(connection) as seen:
        found = record_of(*items)

    assert len(found.families) == len(found.owners) / 4 == count
    assert len(seen) == 4


def test_measuring_takes_as_many_queries_for_thirty_items_as_for_three():
    site = make_site()
    run = make_run(make_item(site=site), weeks_ago=1, means=[70])
    like = ItemForecast.objects.get(run=run)

    def measured(count: int) -> int:
        for _ in range(count):
            like.pk, like.item = None, make_item(site=site)
            like.save(force_insert=True)
            sell(like.item, 1, 10)
        with CaptureQueriesContext(connection) as seen:
            judged()
        return len(seen)

    assert measured(3) == measured(27)
    assert MonthlyAccuracy.objects.count() == 31
