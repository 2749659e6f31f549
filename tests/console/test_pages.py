"""The console's own pages: who may open them, what they say when there is nothing, how few queries they take."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from forecasting.models import ForecastRun, ForecastShard
from inventory import services as inventory
from mes.core.links import address_of
from mes.core.models import Fact, FactDelivery
from production import planning
from tests.console.conftest import As
from tests.forecasting.stock import make_history, make_stocked_item, plan_stock
from tests.orders.desk import make_order
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db

NOW = MONDAY
PAGES = ["/console/board/", "/console/portfolio/", "/console/runs/"]


def make_stock_plan(count: int = 3) -> None:
    """Items that are forecast as of today, each with a little stock."""
    site = make_site()
    for number in range(count):
        item = make_stocked_item(days=0, site=site)
        make_history(item, days=120, until=NOW.date(), seed=number)
        make_lot(item, 40 * (number + 1))
    plan_stock(at=NOW)


@pytest.mark.parametrize("address", ["/admin/", *PAGES])
def test_an_empty_plant_has_calm_pages(boss: Client, address: str):
    answer = boss.get(address)
    assert answer.status_code == 200
    assert "mes-calm" in answer.text
    assert "<tbody>" not in answer.text


@pytest.mark.parametrize("address", PAGES)
def test_strangers_are_sent_to_the_login(client: Client, address: str):
    answer = client.get(address)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize("address", [*PAGES, "/console/board/data/"])
def test_staff_without_a_role_are_refused(address: str):
    browser = Client()
    browser.force_login(make_user(is_staff=True))
    assert browser.get(address).status_code == 403


def test_staff_without_a_role_are_told_so_at_home():
    browser = Client()
    browser.force_login(make_user(is_staff=True))
    assert "no role lets you see the plant" in browser.get("/admin/").text


@pytest.mark.parametrize("role", ["planner", "operator", "inspector", "manager"])
def test_every_role_can_open_every_page(as_role: As, role: str):
    browser = as_role(role)
    assert [browser.get(address).status_code for address in ["/admin/", *PAGES]] == [200] * 4


def test_home_counts_lines_load_and_stock(boss: Client):
    center = make_work_center()
    item = make_made_item([center], site=center.site)
    plan_order(item, 60, at=NOW, due_at=NOW + timedelta(days=5))
    planning.reschedule(reason="A first plan", at=NOW, seconds=0)
    make_order((item, 3, NOW.date() + timedelta(days=9)), confirmed=True, at=NOW)

    answer = boss.get("/admin/")

    assert answer.context["lines"]["open"] == 1
    assert answer.context["plan"].reason == "A first plan"
    assert [row.work_center for row in answer.context["load"].rows] == [center]
    assert "Bottleneck" in answer.text


def test_home_takes_no_more_queries_for_many_lines(boss: Client, django_assert_num_queries):
    item = make_item()
    make_lot(item, 24)
    last_week = NOW - timedelta(days=7)
    make_order((item, 2, last_week.date()), confirmed=True, at=last_week)
    boss.get("/admin/")
    with CaptureQueriesContext(connection) as one_line:
        boss.get("/admin/")
    for _ in range(11):
        make_order((item, 2, last_week.date()), confirmed=True, at=last_week)
    with django_assert_num_queries(len(one_line)):
        answer = boss.get("/admin/")
    assert answer.context["lines"]["late"] == 12
    assert len(one_line) < 50


def test_the_board_says_what_found_no_place(boss: Client):
    center = make_work_center()
    order = plan_order(make_made_item([center], site=center.site), 5, at=NOW)
    center.machines.update(is_active=False)
    planning.reschedule(reason="Test", at=NOW, seconds=0)

    answer = boss.get("/console/board/")
    (told,) = [each for each in boss.get("/admin/").context["decisions"] if each.status == "No place"]

    assert "Without a place (1)" in answer.text
    assert f'{address_of(order)}">{order}</a>' in answer.text
    assert told.what == f"{order}-01: not in the plan"
    assert told.why.startswith(f"No active machine of {center} may do step 10")
    assert told.url == "/console/board/#tray"


def test_an_item_shows_its_forecast_target_and_proposals(boss: Client, django_assert_max_num_queries):
    make_stock_plan(1)
    item = ForecastRun.objects.get().items.get().item

    with django_assert_max_num_queries(68):
        answer = boss.get(f"/console/items/{item.pk}/")

    found = answer.context["cockpit"]
    assert found.is_forecast
    assert found.target["reorder_point"] > 0
    assert found.proposals
    assert [row.is_chosen for row in found.errors].count(True) == 1
    drawn = answer.context["drawn"]["projection"]
    assert len(drawn["with_proposals"]["stock"]) == len(drawn["days"]) == 42


def test_an_item_that_is_never_forecast_says_what_asks_for_it(boss: Client):
    bar = make_item(supply="buy")
    product = make_made_item(components={bar: 2}, site=bar.site)

    answer = boss.get(f"/console/items/{bar.pk}/")

    assert "It is not sold by itself" in answer.text
    assert str(product) in answer.text


def test_the_arithmetic_of_free_stock_adds_up(boss: Client):
    item = make_item()
    lot = make_lot(item, 30)
    make_lot(item, 5, status="quarantine")
    inventory.reserve(lot, Decimal(8), "SO-1", at=NOW)

    stock = boss.get(f"/console/items/{item.pk}/").context["cockpit"].stock

    assert (stock.on_hand, stock.waiting, stock.reserved, stock.free) == (35, 5, 8, 22)


def test_the_portfolio_begins_with_what_runs_out_first(boss: Client, django_assert_max_num_queries):
    make_stock_plan(4)

    with django_assert_max_num_queries(44):
        answer = boss.get("/console/portfolio/")

    rows = list(answer.context["holdings"].object_list)
    assert [row.free for row in rows] == [40, 80, 120, 160]
    assert rows[0].runs_out <= rows[1].runs_out
    assert answer.context["totals"]["below"] == 4


def test_the_portfolio_is_ordered_by_any_column_and_searched(boss: Client):
    make_stock_plan(3)
    item = ForecastRun.objects.get().items.order_by("pk").first().item

    by_stock = boss.get("/console/portfolio/?order=capital").context["holdings"].object_list
    found = boss.get(f"/console/portfolio/?term={item.number}").context["holdings"].object_list
    nothing = boss.get("/console/portfolio/?term=no-such-item")

    assert [row.capital for row in by_stock] == sorted((row.capital for row in by_stock), reverse=True)
    assert item in [row.item for row in found]
    assert "No item with a target is found" in nothing.text
    assert boss.get("/console/portfolio/?order=; drop table").status_code == 200


def test_the_portfolio_shows_how_far_a_run_is(boss: Client):
    ForecastRun.objects.create(
        started_at=NOW, as_of=NOW.date(), horizon_days=91, items_total=200, items_done=50
    )
    text = boss.get("/console/portfolio/").text
    assert 'aria-valuenow="25"' in text
    assert "Forecast now" not in text
    assert 'hx-get="/console/portfolio/?view=risk&amp;order=risk&amp;months=6&amp;watched=yes"' in text


def test_whoever_watched_a_run_is_offered_its_numbers_when_it_is_done(boss: Client):
    plan_stock(NOW)

    watched = boss.get("/console/portfolio/?view=stale&watched=yes").text
    opened = boss.get("/console/portfolio/?view=stale").text

    link = (
        '<a class="mes-button main" href="?view=stale&amp;order=stake&amp;months=6">Show the new numbers</a>'
    )
    assert link in watched
    assert "Show the new numbers" not in opened


def test_a_run_made_as_of_another_day_does_not_say_how_long_it_took(boss: Client):
    for took in (timedelta(seconds=7), timedelta(days=7)):
        ForecastRun.objects.create(
            started_at=NOW - took, finished_at=NOW, as_of=NOW.date(), horizon_days=91, status="done"
        )

    rows = boss.get("/console/runs/").context["runs"]

    assert [row["took"] for row in rows] == [timedelta(seconds=7), None]


def test_a_genealogy_is_drawn_and_told_as_a_table(boss: Client):
    lot = make_lot(make_item(tracking="serial"), 3, number="B-7")
    piece = inventory.serialise(lot, numbers=["S-1", "S-2", "S-3"], by=make_user(), at=NOW)[1]

    text = boss.get(f"/console/lots/{lot.pk}/genealogy/").text

    assert f"/console/lots/{piece.pk}/genealogy/" in text
    assert "Serialisation" in text
    assert text.count("<svg") == 1


def test_jobs_are_late_when_they_missed_their_time(boss: Client):
    every = IntervalSchedule.objects.create(every=5, period="minutes")
    jobs = {
        "on time": timedelta(minutes=1),
        "due": timedelta(minutes=5, seconds=5),
        "a minute late": timedelta(minutes=6),
        "new": None,
    }
    for name, ago in jobs.items():
        last = timezone.now() - ago if ago else None
        PeriodicTask.objects.create(name=name, task="x", interval=every, last_run_at=last)

    answer = boss.get("/console/runs/")
    found = answer.context["jobs"]

    assert "<td>now</td>" in answer.text
    assert {job.name: job.state[1] for job in found} == {
        "a minute late": "Late",
        "due": "On time",
        "new": "Not yet",
        "on time": "On time",
    }


def test_a_run_of_which_a_shard_failed_is_marked_and_leads_to_its_page(boss: Client):
    runs = [
        ForecastRun.objects.create(
            started_at=timezone.now() - timedelta(days=day),
            as_of=timezone.localdate(),
            horizon_days=91,
            status="done",
        )
        for day in range(3)
    ]
    ForecastShard.objects.create(run=runs[1], number=1, items=[], status="failed")
    ForecastShard.objects.create(
        run=runs[2],
        number=1,
        items=[],
        status="done",
        finished_at=timezone.now(),
        left_out={"7": "OverflowError"},
    )

    answer = boss.get("/console/runs/")

    assert [(row["state"], row["level"]) for row in answer.context["runs"]] == [
        ("Done", "done"),
        ("Done in part", "risk"),
        ("Done in part", "risk"),
    ]
    page = f"/admin/forecasting/forecastrun/{runs[1].pk}/change/"
    assert page in answer.text
    assert boss.get(page).status_code == 200


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ({"hour": "2", "minute": "10"}, "every day at 02:10 UTC"),
        ({"hour": "6-20/2", "minute": "45"}, "every 2 hours from 06:45 to 20:45 UTC"),
        ({"hour": "7-20/2", "minute": "5"}, "every 2 hours from 07:05 to 19:05 UTC"),
        ({"hour": "2", "minute": "10", "day_of_week": "1"}, "10 2 * * 1 (m/h/dM/MY/d) UTC"),
    ],
)
def test_how_often_a_job_is_due_is_told_in_words(boss: Client, schedule: dict[str, str], told: str):
    PeriodicTask.objects.create(name="job", task="x", crontab=CrontabSchedule.objects.create(**schedule))

    assert [job.every for job in boss.get("/console/runs/").context["jobs"]] == [told]


@pytest.mark.parametrize(
    ("seconds", "told"), [(20, "every 20 seconds"), (60, "every minute"), (300, "every 5 minutes")]
)
def test_seconds_are_told_as_minutes_where_they_are(boss: Client, seconds: int, told: str):
    every = IntervalSchedule.objects.create(every=seconds, period="seconds")
    PeriodicTask.objects.create(name="job", task="x", interval=every)

    assert [job.every for job in boss.get("/console/runs/").context["jobs"]] == [told]


def test_plan_versions_say_what_moved(boss: Client, django_assert_max_num_queries):
    center = make_work_center()
    item = make_made_item([center], site=center.site)
    plan_order(item, 60, at=NOW, due_at=NOW + timedelta(days=5))
    planning.reschedule(reason="First", at=NOW, seconds=0)
    planning.reschedule(reason="An hour later", at=NOW + timedelta(hours=3), seconds=0)

    with django_assert_max_num_queries(25):
        versions = boss.get("/console/runs/").context["versions"]

    assert [version["plan"].reason for version in versions] == ["An hour later", "First"]
    (move,) = versions[0]["moved"]
    assert (move["shift"], move["way"], move["level"]) == ("3.0 h", "later", "risk")


def test_a_parked_delivery_shows_the_last_line_of_its_error(boss: Client):
    park()
    text = boss.get("/console/runs/").text
    assert "ValueError: no such lot" in text
    assert "Traceback" not in text
    assert "Try all again" in text


def park() -> FactDelivery:
    fact = Fact.objects.create(name="test.Bell", payload={})
    return FactDelivery.objects.create(
        fact=fact,
        subscriber="a.b",
        status=FactDelivery.Status.PARKED,
        attempts=8,
        due_at=timezone.now(),
        error='Traceback:\n  File "x"\nValueError: no such lot',
    )
