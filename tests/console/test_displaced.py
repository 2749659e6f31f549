"""A stock batch that gave way is told of where planners look: Today, the version's page, the board, a trial."""

from datetime import timedelta

import pytest
from django.test import Client

from forecasting.models import Displacement
from mes.console.board import board_json
from mes.console.decisions import decisions
from production.models import Batch, ProductionOrder, Slot
from production.planning import reschedule
from tests.forecasting.stock import make_history, plan_stock
from tests.plant import MONDAY, make_lot, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = MONDAY


@pytest.fixture
def soap() -> ProductionOrder:
    """Three days of stock, and a batch that is planned to be done within a day."""
    center = make_work_center()
    item = make_made_item([{"work_center": center, "run_seconds": 864}], site=center.site, strategy="mts")
    make_history(item, until=NOW.date())
    make_lot(item, 30, at=NOW)
    order = plan_order(item, 50, at=NOW, due_at=NOW + DAY, priority=3)
    plan_stock(at=NOW)
    reschedule(reason="test", at=NOW, seconds=0)
    return order


def give_way(soap: ProductionOrder) -> Displacement:
    schedule = reschedule(reason="Order X confirmed", at=NOW, seconds=0)
    batch = Batch.objects.get(order=soap)
    end = Slot.objects.published().get(operation__batch=batch).ends_at
    return Displacement.objects.create(
        schedule=schedule,
        batch=batch,
        was_at=end - 4 * DAY,
        ends_at=end,
        probability_before=0.02,
        probability=0.6,
        units_short=20,
        days_short=1.5,
        why="It comes 4 days later.",
    )


def test_today_tells_of_it_and_leads_to_the_board_and_the_version(soap):
    noted = give_way(soap)

    (told,) = [
        each for each in decisions(NOW, make_user(is_superuser=True), []) if each.status == "Displaced"
    ]

    assert (told.level, told.why) == ("late", "It comes 4 days later.")
    assert f"{soap.item} {soap.item.description} × 50 gave way: Order X confirmed" in told.what
    assert told.url == f"/admin/production/schedule/{noted.schedule_id}/change/"


def test_what_hardly_risks_anything_needs_nobody_today(soap):
    give_way(soap)
    Displacement.objects.update(probability=0.05)

    assert not [
        each for each in decisions(NOW, make_user(is_superuser=True), []) if each.status == "Displaced"
    ]


def test_the_page_of_the_version_shows_it_in_figures_and_in_words(
    boss: Client, soap, django_assert_max_num_queries
):
    noted = give_way(soap)

    with django_assert_max_num_queries(8):
        shown = boss.get(f"/console/versions/{noted.schedule_id}/displaced/").text

    assert "2% → 60%" in shown
    assert "It comes 4 days later." in shown
    other = reschedule(reason="test", at=NOW, seconds=0)
    calm = boss.get(f"/console/versions/{other.pk}/displaced/").text
    assert "No stock batch comes on a later day" in calm


def test_the_board_knows_the_risk_of_a_bar(soap):
    noted = give_way(soap)

    assert board_json(NOW)["risks"] == {noted.batch_id: "It comes 4 days later."}


def test_a_trial_tells_which_stock_batch_would_come_later_and_what_that_risks(boss: Client, soap):
    operation = soap.batches.get().operations.get()
    start = NOW + 5 * DAY
    pin = {
        "kind": "pin",
        "operation": operation.pk,
        "machine": operation.step.work_center.machines.get().pk,
        "start_at": start.isoformat(),
    }

    answer = boss.post("/console/board/trial/", {"changes": [pin]}, content_type="application/json")

    (told,) = answer.json()["stock"]
    assert told["batch"] == str(soap.batches.get())
    assert told["chance"] > 0.9
    assert "by then stock has run out with a chance of" in told["why"]
