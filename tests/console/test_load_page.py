"""The Load page: bottlenecks named with their reason, hours by day and week, delays before they happen."""

from datetime import timedelta

import pytest
from django.test import Client

from mes.console import workload
from production import planning
from production.foresight import Habit
from production.models import ProductionOrder, WorkCenter
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db
NOW = MONDAY
PART = {"HX-Request": "true"}


def full_lathe(days: int = 13) -> WorkCenter:
    """A lathe that works around the clock, with so many days of work, each due two hours after it ends."""
    lathe = make_work_center("LATHE", site=make_site("NORTH"))
    item = make_made_item([{"work_center": lathe, "run_seconds": 3600}], site=lathe.site, strategy="mto")
    for day in range(days):
        plan_order(item, 24, at=NOW, due_at=NOW + timedelta(days=day + 1, hours=2))
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    return lathe


def test_a_bottleneck_is_named_with_its_reason_and_leads_to_the_board_and_its_operations(
    boss: Client, django_assert_max_num_queries
):
    lathe = full_lathe()
    late = ProductionOrder.objects.order_by("pk").last()
    ProductionOrder.objects.filter(pk=late.pk).update(due_at=NOW)

    with django_assert_max_num_queries(28):
        text = boss.get("/console/load/outlook/", headers=PART).text

    assert "LATHE" in text
    assert "hours until" in text
    assert "1 late order passes it." in text
    assert f"/console/orders/{late.pk}/why/" in text
    assert "/console/board/?find=LATHE" in text
    assert f"/admin/production/operation/?step__work_center__id__exact={lathe.pk}" in text


def test_orders_that_are_likely_late_are_listed_before_they_are(boss: Client, monkeypatch):
    lathe = full_lathe()
    monkeypatch.setattr(workload, "remembered", lambda *, at: {lathe.pk: Habit(30, overrun=0.3, spread=0.1)})

    text = boss.get("/console/load/outlook/", headers=PART).text

    assert "On time by the plan, likely late" in text
    assert "work at LATHE takes 30% longer than planned" in text


def test_the_load_is_shown_by_day_and_by_week_and_by_site(boss: Client, django_assert_max_num_queries):
    lathe = full_lathe()
    make_work_center("MILL", site=make_site("SOUTH"))

    with django_assert_max_num_queries(16):
        days = boss.get("/console/load/")
    weeks = boss.get("/console/load/?by=week&site=NORTH")
    elsewhere = boss.get("/console/load/?site=SOUTH")

    assert len(days.context["table"].days) == 14
    assert days.context["data"]["rows"][0]["name"] == str(lathe)
    assert len(weeks.context["table"].days) == 10
    assert all(day.weekday() == 0 for day in weeks.context["table"].days)
    planned = [sum(answer.context["data"]["rows"][0]["order"]) for answer in (days, weeks)]
    assert planned[0] == pytest.approx(planned[1], abs=1)
    assert elsewhere.context["table"].rows == []
    assert "mes-calm" in elsewhere.text


def test_a_week_that_is_full_is_a_bottleneck_however_empty_those_after_it_are(boss: Client):
    full_lathe()
    text = boss.get("/console/load/outlook/?by=week", headers=PART).text
    assert "It is full in week" in text


def test_an_empty_plant_and_a_stranger_get_a_calm_answer_and_none(boss: Client, client: Client):
    assert "mes-calm" in boss.get("/console/load/").text
    assert "Nothing is planned" in boss.get("/console/load/outlook/", headers=PART).text
    assert client.get("/console/load/").status_code == 302
    browser = Client()
    browser.force_login(make_user(is_staff=True))
    assert browser.get("/console/load/").status_code == 403
