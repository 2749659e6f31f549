"""A link is shown to a person who may open it; anybody else reads what it names."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import strip_tags
from rest_framework.test import APIClient

from inventory.models import Item, Site
from mes.core.links import address_at, address_of, link_to, told_with_links
from mes.core.models import Fact, FactDelivery
from mes.core.problems import anticipated
from mes.core.refusals import DomainError
from production import planning
from production import services as production
from production.models import Batch, InstructionVersion, ProductionOrder, Schedule
from quality import services as quality
from tests.console.conftest import As
from tests.orders.desk import deliver_news
from tests.plant import MONDAY, grant, make_gauge, make_item, make_lot, make_user
from tests.records.people import PASSWORD
from tests.shop import make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
NOW = MONDAY


def browser(*permissions: str) -> Client:
    """Of somebody of the house with just these."""
    client = Client()
    client.force_login(grant(make_user(is_staff=True, password=PASSWORD), *permissions))
    return client


def a_shortage() -> Item:
    """A bar that nobody has ordered, for an order in the plan."""
    bar = make_item("TI-BAR", supply="buy", kind="raw")
    shaft = make_made_item([make_work_center(site=bar.site)], {bar: 1}, site=bar.site)
    plan_order(shaft, 10, at=NOW, due_at=NOW + timedelta(days=9))
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    return bar


def test_a_refusal_says_what_each_record_is_once():
    lot, gauge = make_lot(number="L-1"), make_gauge("MIC-1")
    calibration = quality.calibrate_gauge(
        gauge, found_in_tolerance=False, left_in_tolerance=True, by=make_user(), at=MONDAY
    )

    told = told_with_links(anticipated(DomainError("It waits.", see=[lot, calibration.review])))

    assert strip_tags(told) == "It waits. → lot L-1 → review of MIC-1"


def test_an_item_that_nobody_has_ordered_is_a_link_on_the_board_for_whoever_sees_forecasts(as_role: As):
    bar = a_shortage()
    link = f'href="/console/items/{bar.pk}/"'

    operator = as_role("operator").get("/console/board/").text
    other = browser("production.view_slot").get("/console/board/").text

    assert (link in operator, "TI-BAR" in operator) == (True, True)
    assert (link in other, "TI-BAR" in other) == (False, True)


def test_material_that_nobody_has_ordered_is_told_by_the_day_of_its_site(boss: Client):
    bar = a_shortage()
    another_day = "Pacific/Kiritimati" if NOW.hour >= 10 else "Pacific/Pago_Pago"
    Site.objects.update(time_zone=another_day)
    there = (NOW + timedelta(days=bar.lead_time_days)).astimezone(ZoneInfo(another_day))

    told = date_format(there.date(), "D j M Y")
    assert there.date() != (NOW + timedelta(days=bar.lead_time_days)).date()
    assert told in boss.get("/console/board/").text
    assert told in boss.get(str(address_of(Schedule.objects.get()))).text
    asked = {
        "item": str(ProductionOrder.objects.get().item),
        "quantity": "5",
        "hold_hours": "0",
        "priority": "2",
    }
    promise = boss.get(
        "/console/promise/", asked | {"wanted_date": str(NOW.date() + timedelta(days=40))}
    ).text
    assert f"Counted on for {date_format(there.date(), 'D j M')}." in promise


def test_the_card_of_a_bar_leads_only_where_its_reader_may_go(as_role: As):
    a_shortage()

    operator = as_role("operator").get("/console/board/data/").json()["links"]
    other = (
        browser("production.view_slot", "production.view_batch").get("/console/board/data/").json()["links"]
    )

    assert set(operator) == {"operation", "batch", "order", "lot", "item", "why"}
    assert set(other) == {"batch", "why"}


def test_the_chain_of_an_order_names_what_it_waits_for_and_links_what_its_reader_may_open(as_role: As):
    center = make_work_center("LATHE")
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site)
    rush = plan_order(item, 8, at=NOW, due_at=NOW + timedelta(hours=8), priority=1)
    late = plan_order(item, 2, at=NOW, due_at=NOW + timedelta(hours=5))
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    address = f"/console/orders/{late.pk}/why/"

    operator = as_role("operator").get(address).text
    other = browser("production.view_slot").get(address).text

    for page in (operator, other):
        assert f"is busy with {rush} (rush)" in page
    assert f"/admin/production/productionorder/{rush.pk}/change/" in operator
    assert "/admin/production/" not in other
    assert str(rush) in other


def test_a_promise_names_the_item_it_is_short_of_without_a_link_for_whoever_sees_no_forecasts(as_role: As):
    bar = make_item("TI-BAR", supply="buy", kind="raw")
    shaft = make_made_item([make_work_center(site=bar.site)], {bar: 1}, site=bar.site, strategy="mto")
    asked = {
        "item": str(shaft),
        "quantity": "5",
        "wanted_date": str(timezone.localdate() + timedelta(days=20)),
        "priority": "2",
        "hold_hours": "0",
    }

    operator = as_role("operator").get("/console/promise/", asked).text
    other = browser("orders.view_offer").get("/console/promise/", asked).text

    assert "Nobody has ordered" in operator
    assert "Nobody has ordered" in other
    assert (f"/console/items/{bar.pk}/" in operator, f"/console/items/{bar.pk}/" in other) == (True, False)
    assert "TI-BAR" in other


def test_an_operator_reads_which_message_is_parked_and_is_led_nowhere_he_may_not_go(as_role: As):
    fact = Fact.objects.create(name="inventory.LotHeld", payload={"lot": 1})
    FactDelivery.objects.create(fact=fact, subscriber="orders.claim", status="parked")
    page = f"/admin/core/fact/{fact.pk}/change/"

    operator, planner = (as_role(role).get("/console/runs/").text for role in ("operator", "planner"))

    assert (page in operator, f"inventory.LotHeld #{fact.pk}" in operator) == (False, True)
    assert page in planner


def a_batch_to_review() -> Batch:
    item = make_made_item()
    Item.objects.filter(pk=item.pk).update(is_regulated=True)
    (operation,) = operations_of(plan_order(item))
    worker = make_user()
    production.start_operation(operation, by=worker, at=MONDAY)
    production.finish_operation(operation, good=Decimal(10), by=worker, at=MONDAY)
    deliver_news()
    return Batch.objects.select_related("lot").get(pk=operation.batch_id)


def test_a_refusal_links_where_its_remedy_is_for_whoever_may_open_that(as_role: As):
    batch = a_batch_to_review()
    release = reverse("admin:inventory_lot_do_release", args=[batch.lot_id])
    page = f"/admin/production/batch/{batch.pk}/change/"
    given = {"_service_action": "1"}

    inspector = as_role("inspector").post(release, given).text
    other = (
        browser("inventory.view_lot", "inventory.change_lot", "inventory.judge_lot").post(release, given).text
    )

    assert "Sign the review on its page." in inspector
    assert "Sign the review on its page." in other
    assert (page in inspector, page in other) == (True, False)
    assert f"batch {batch}" in other


def test_the_api_names_the_records_of_a_refusal_that_its_caller_may_view():
    batch = a_batch_to_review()
    told = []
    for permissions in (("inventory.view_lot", "inventory.judge_lot"), ("production.view_batch",)):
        client = APIClient()
        client.force_authenticate(
            grant(make_user(), "inventory.view_lot", "inventory.judge_lot", *permissions)
        )
        refused = client.post(f"/api/v1/lots/{batch.lot_id}/release/", {}, format="json").json()
        assert refused["code"] == "quality.record_not_reviewed"
        told.append([each["name"] for each in refused.get("see", [])])

    assert told == [[], [batch.number]]


def test_a_version_of_an_instruction_that_is_over_is_no_link_for_an_operator(as_role: As):
    first = production.write_instruction("WI-7", "Deburring", text="By hand.", by=make_user(), at=MONDAY)
    production.approve_instruction(first, by=make_user(), at=MONDAY - timedelta(days=1))
    second = production.revise_instruction(
        first, revision="B", change="By machine", by=make_user(), at=MONDAY
    )
    production.approve_instruction(second, by=make_user(), at=MONDAY)
    pages = [f"/admin/production/instructionversion/{each.pk}/change/" for each in (first, second)]
    operator, planner = as_role("operator"), as_role("planner")
    document = reverse("admin:production_instruction_change", args=[first.instruction_id])

    assert [operator.get(page).status_code for page in pages] == [302, 200]
    shown = {
        who: [page in client.get(document).text for page in pages]
        for who, client in (("operator", operator), ("planner", planner))
    }

    assert shown == {"operator": [False, True], "planner": [True, True]}
    assert InstructionVersion.objects.count() == 2


def test_what_is_drawn_for_nobody_in_particular_links_everything():
    lot = make_lot()

    assert address_of(lot) == f"/admin/inventory/lot/{lot.pk}/change/"
    assert str(lot) in link_to(lot)
    assert address_at("console:board", query="find=P-1") == "/console/board/?find=P-1"
