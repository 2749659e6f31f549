"""Rework of what is finished: the goods go back into production under an order of their own and come out as the lot that they were."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from inventory import services as inventory
from inventory.balancing import balances_of
from inventory.genealogy import trace_down, trace_up
from inventory.models import Lot, Reservation
from mes.core.models import Fact
from production import services, what_ifs
from production.changes import Split
from production.models import Batch, Operation, Slot
from production.papers.batch_record import batch_record
from production.papers.batch_records import gather, lots_of
from production.planning import reschedule
from production.review import oddities
from quality import services as quality
from quality.models import Inspection, Nonconformance
from tests.clean_slate import Stand
from tests.orders.desk import deliver_news
from tests.plant import MONDAY, make_inspection_plan, make_item, make_lot, make_site, make_user, measure_all
from tests.shop import make_plan, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db


def news() -> None:
    deliver_news()


def work(operation: Operation, good: int, scrap: int = 0) -> Operation:
    operation = Operation.objects.get(pk=operation.pk)
    services.start_operation(operation, by=make_user(), at=MONDAY)
    services.finish_operation(operation, good=Decimal(good), scrap=Decimal(scrap), by=make_user(), at=MONDAY)
    news()
    return operation


def a_finished_batch(*, final: bool = False, **item: Any) -> Batch:
    """Ten pieces of two steps, of which the first took a bar; released unless there is a final inspection."""
    site = make_site()
    made = make_item(site=site, **item)
    bar = make_item(site=site, supply="buy", kind="raw")
    make_lot(bar, 100)
    if final:
        make_inspection_plan(made)
    center = make_work_center(site=site)
    make_plan(made, [center, center], {bar: 1})
    operations = operations_of(plan_order(made))
    for operation in operations:
        work(operation, 10)
    return Batch.objects.select_related("plan__item__site", "lot").get(pk=operations[0].batch_id)


@pytest.fixture(scope="module")
def finished(standing: Stand) -> int:
    return standing(lambda: int(a_finished_batch().pk))


@pytest.fixture
def batch(finished: int) -> Batch:
    """Such a batch, which most of these tests begin with."""
    return Batch.objects.select_related("plan__item__site", "lot").get(pk=finished)


def lot_of(batch: Batch) -> Lot:
    assert batch.lot_id is not None
    return Lot.objects.select_related("item__site").get(pk=batch.lot_id)


def to_be_reworked(lot: Lot, quantity: int) -> Nonconformance:
    found = quality.open_nonconformance(lot, Decimal(quantity), "Burr", by=make_user(), at=MONDAY)
    quality.decide_nonconformance(found, "rework", "Deburr", by=make_user(), at=MONDAY)
    news()
    return found


def rework(batch: Batch, found: Nonconformance) -> list[Operation]:
    steps = [batch.plan.steps.get(sequence=20)]
    made = services.plan_rework(batch, found, steps, by=make_user(), at=MONDAY)
    news()
    return made


def figures(lot: Lot) -> dict[str, int]:
    balance = balances_of([lot.pk])[lot.pk]
    assert not balance.difference
    return {name: int(getattr(balance, name)) for name in ("made", "used", "scrapped", "on_hand")}


def test_the_lot_comes_out_as_itself_less_what_was_lost_and_the_batch_keeps_its_yield(batch: Batch):
    lot = lot_of(batch)
    found = to_be_reworked(lot, 4)
    (again,) = rework(batch, found)

    assert (again.batch.quantity, again.batch.lot_id, again.rework_of) == (4, lot.pk, found)
    assert again.batch.order.reason == f"Rework of {batch} for {found}"
    assert lot_of(batch).status == "in_process"
    work(again, good=3, scrap=1)

    batch.refresh_from_db()
    reworked = Batch.objects.get(pk=again.batch_id)
    assert (batch.good_quantity, batch.scrap_quantity) == (10, 0)
    assert (reworked.status, reworked.good_quantity, reworked.scrap_quantity) == ("done", 3, 1)
    assert reworked.order.status == "done"
    assert figures(lot) == {"made": 14, "used": 4, "scrapped": 1, "on_hand": 9}
    assert lot_of(batch).status == "released"
    assert Fact.objects.filter(name="quality.ReworkEnded", payload__is_done=True).exists()


def test_rework_leaves_the_genealogy_and_the_shelf_life_as_they_were():
    batch = a_finished_batch(shelf_life_days=30)
    lot = lot_of(batch)
    above, age = [link.parent for link in trace_up(lot)], (lot.made_at, lot.expires_on)
    (again,) = rework(batch, to_be_reworked(lot, 10))
    work(again, good=10)

    assert [link.parent for link in trace_up(lot)] == above
    assert trace_down(lot) == []
    after = lot_of(batch)
    assert (after.made_at, after.expires_on) == age
    assert inventory.on_hand(lot) == 10


def test_nothing_of_the_lot_is_issued_released_or_closed_while_it_is_being_reworked(batch: Batch):
    lot = lot_of(batch)
    found = to_be_reworked(lot, 4)
    (again,) = rework(batch, found)

    for when in ("planned", "begun"):
        with pytest.raises(quality.NotJudged):
            quality.release_lot(lot, by=make_user(), at=MONDAY)
        with pytest.raises(quality.StillOpen, match="is being reworked"):
            quality.close_nonconformance(found, by=make_user(), at=MONDAY)
        with pytest.raises(inventory.LotNotUsable):
            inventory.ship(lot, Decimal(1), reference="SH-1", by=make_user(), at=MONDAY)
        assert lot_of(batch).status == "in_process", when
        if when == "planned":
            services.start_operation(again, by=make_user(), at=MONDAY)
    assert inventory.on_hand(lot) == 6

    services.finish_operation(again, good=Decimal(4), by=make_user(), at=MONDAY)
    news()
    assert quality.close_nonconformance(found, by=make_user(), at=MONDAY).status == "closed"
    assert lot_of(batch).status == "released"


def test_what_a_final_inspection_found_is_inspected_again_after_the_rework_and_not_before():
    batch = a_finished_batch(final=True)
    measure_all(Inspection.objects.open().get(), 20)
    news()
    found = Nonconformance.objects.get()
    quality.decide_nonconformance(found, "rework", "Turn again", by=make_user(), at=MONDAY)
    news()
    (again,) = rework(batch, found)
    repetition = Inspection.objects.open().get()

    with pytest.raises(quality.StillReworked):
        quality.record_measurement(
            repetition, repetition.plan.characteristics.get(), value=Decimal(10), by=make_user(), at=MONDAY
        )
    work(again, good=10)
    assert lot_of(batch).status == "quarantine"
    assert Inspection.objects.open().get() == repetition
    measure_all(repetition, 10)
    news()

    assert lot_of(batch).status == "released"


def test_what_was_found_otherwise_gets_a_final_inspection_after_the_rework():
    batch = a_finished_batch(final=True)
    measure_all(Inspection.objects.open().get(), 10)
    news()
    (again,) = rework(batch, to_be_reworked(lot_of(batch), 4))
    work(again, good=4)

    judged = Inspection.objects.open().get()
    assert (judged.lot_id, judged.reference) == (batch.lot_id, again.batch.number)
    assert lot_of(batch).status == "quarantine"
    measure_all(judged, 10)
    news()
    assert lot_of(batch).status == "released"


def test_a_serial_number_is_reworked_as_the_number_that_it_is():
    batch = a_finished_batch(tracking="serial")
    piece = Lot.objects.filter(is_serial=True).select_related("item__site").order_by("pk")[0]
    other = Lot.objects.filter(is_serial=True).order_by("pk")[1]
    (again,) = rework(batch, to_be_reworked(piece, 1))
    work(again, good=1)

    piece.refresh_from_db()
    assert (piece.status, inventory.on_hand(piece), other.status) == ("released", 1, "released")
    assert Lot.objects.filter(item=piece.item, is_serial=True).count() == 10
    assert {link.parent for link in trace_up(piece)} >= {batch.lot_id}


def test_all_that_is_lost_by_rework_rejects_the_lot_and_of_a_part_only_that_part_is_gone(batch: Batch):
    lot = lot_of(batch)
    (first,) = rework(batch, to_be_reworked(lot, 4))
    work(first, good=0, scrap=4)
    assert (lot_of(batch).status, figures(lot)["on_hand"]) == ("released", 6)

    (second,) = rework(batch, to_be_reworked(lot_of(batch), 6))
    work(second, good=0, scrap=6)

    assert lot_of(batch).status == "rejected"
    assert figures(lot) == {"made": 20, "used": 10, "scrapped": 10, "on_hand": 0}


@pytest.mark.parametrize(("good", "scrap"), [(3, 0), (4, 1), (5, 0)])
def test_what_went_in_comes_out_or_is_scrap(good: int, scrap: int, batch: Batch):
    (again,) = rework(batch, to_be_reworked(lot_of(batch), 4))
    services.start_operation(again, by=make_user(), at=MONDAY)

    with pytest.raises(services.WrongQuantity, match="went in to be reworked"):
        services.finish_operation(again, good=Decimal(good), scrap=Decimal(scrap), by=make_user(), at=MONDAY)

    assert figures(lot_of(batch)) == {"made": 10, "used": 4, "scrapped": 0, "on_hand": 6}


def test_rework_that_is_cancelled_gives_the_goods_back_and_can_be_planned_anew(batch: Batch):
    lot, found = lot_of(batch), to_be_reworked(lot_of(batch), 4)
    (again,) = rework(batch, found)
    services.start_operation(again, by=make_user(), at=MONDAY)
    with pytest.raises(services.StillRunning):
        services.cancel_order(again.batch.order, "No tool", by=make_user(), at=MONDAY)
    services.pause_operation(again, by=make_user(), at=MONDAY)
    services.resume_operation(again, by=make_user(), at=MONDAY)
    work_done = services.finish_operation(again, good=Decimal(3), scrap=Decimal(1), by=make_user(), at=MONDAY)
    assert work_done.status == "done"
    news()
    assert figures(lot)["on_hand"] == 9

    other = to_be_reworked(lot_of(batch), 9)
    (planned,) = rework(batch, other)
    services.cancel_order(planned.batch.order, "No tool", by=make_user(), at=MONDAY)
    news()

    assert (lot_of(batch).status, figures(lot)["on_hand"]) == ("held", 9)
    assert "rework given up" in lot_of(batch).hold_reason
    (once_more,) = rework(batch, other)
    work(once_more, good=9)
    assert (lot_of(batch).status, inventory.on_hand(lot)) == ("released", 9)


def test_rework_in_two_steps_that_is_cancelled_between_them_brings_back_what_is_good():
    center = make_work_center()
    item = make_item(site=center.site)
    make_plan(item, [center, center])
    operations = operations_of(plan_order(item))
    for operation in operations:
        work(operation, 10)
    batch = operations[0].batch
    found = to_be_reworked(lot_of(batch), 5)
    first, _ = services.plan_rework(
        batch, found, [each.step for each in operations], by=make_user(), at=MONDAY
    )
    work(first, good=4, scrap=1)

    services.cancel_order(first.batch.order, "Given up", by=make_user(), at=MONDAY)

    assert figures(lot_of(batch)) == {"made": 15, "used": 5, "scrapped": 1, "on_hand": 9}
    assert lot_of(batch).status == "held"


def test_a_rejected_lot_ends_its_planned_rework(batch: Batch):
    lot = lot_of(batch)
    (again,) = rework(batch, to_be_reworked(lot, 4))
    inventory.reject_lot(lot_of(batch), "Cracks", by=make_user(), at=MONDAY)
    news()

    assert Batch.objects.get(pk=again.batch_id).status == "cancelled"
    assert (lot_of(batch).status, inventory.on_hand(lot)) == ("rejected", 10)


def test_a_customer_who_had_reserved_more_than_is_left_is_told(batch: Batch):
    lot = lot_of(batch)
    inventory.reserve(lot, Decimal(8), "SO-1/1", by=make_user(), at=MONDAY)
    (again,) = rework(batch, to_be_reworked(lot, 4))
    services.start_operation(again, by=make_user(), at=MONDAY)

    assert Reservation.objects.get(lot=lot).quantity == 6
    assert Fact.objects.filter(name="inventory.ReservationCut", payload__purpose="SO-1/1").exists()


def test_the_plan_finds_it_a_place_and_takes_no_material_for_it(batch: Batch):
    (again,) = rework(batch, to_be_reworked(lot_of(batch), 4))

    reschedule(reason="Rework", seconds=0, at=MONDAY)

    slot = Slot.objects.published().get(operation=again)
    assert slot.ends_at - slot.starts_at == (slot.ends_at - slot.setup_ends_at)
    assert (slot.ends_at - slot.starts_at).total_seconds() == 4 * 60
    assert not again.batch.claims.exists()


def test_the_batch_record_and_its_review_tell_of_the_rework(batch: Batch):
    (again,) = rework(batch, to_be_reworked(lot_of(batch), 4))
    work(again, good=3, scrap=1)
    batch = Batch.objects.select_related("plan__item__site", "lot", "order", "plan__approved_by").get(
        pk=batch.pk
    )

    sheet = batch_record(gather(batch, lots_of(batch)))
    yields = next(part for section in sheet.sections if section.key == "yields" for part in section.parts)
    told = {row[0]: row[1:4] for row in yields.rows}

    assert told[f"20 Step 20 again ({again.batch.number})"] == ["4", "3", "1"]
    assert [each.what for each in oddities(batch) if each.kind == "Reworked"] == [
        f"4 of lot {batch.lot} for {again.rework_of} by {again.batch.number}: 3 good, 1 scrap"
    ]


def test_goods_that_are_gone_and_steps_that_take_material_are_refused(batch: Batch):
    lot = lot_of(batch)
    found = to_be_reworked(lot, 4)
    first = batch.plan.steps.get(sequence=10)
    with pytest.raises(Exception, match="takes material"):
        services.plan_rework(batch, found, [first], by=make_user(), at=MONDAY)
    other = make_lot(make_item(), 10)
    with pytest.raises(services.NoRework, match="another lot"):
        services.plan_rework(
            batch, to_be_reworked(other, 1), [batch.plan.steps.get(sequence=20)], by=make_user(), at=MONDAY
        )
    inventory.scrap(lot_of(batch), Decimal(10), reason="Lost", by=make_user(), at=MONDAY)
    with pytest.raises(services.NoRework, match="Nothing of lot"):
        rework(batch, found)

    assert not Batch.objects.filter(rework_of__isnull=False).exists()


def test_it_is_planned_over_http_by_the_same_call_as_for_a_running_batch(batch: Batch):
    found = to_be_reworked(lot_of(batch), 4)
    client = APIClient()
    client.force_authenticate(make_user(is_superuser=True))
    step = batch.plan.steps.get(sequence=20)

    answer = client.post(
        f"/api/v1/batches/{batch.pk}/rework/", {"nonconformance": found.pk, "steps": [step.pk]}, format="json"
    )
    again = client.get("/api/v1/batches/", {"lot": str(batch.lot_id), "status": "released"}).json()["results"]

    assert answer.status_code == 200, answer.content
    assert [(each["rework_of"], each["quantity"]) for each in again] == [(found.pk, "4.0000")]


def test_either_batch_leads_to_the_other_and_to_the_report_between_them(batch: Batch):
    found = to_be_reworked(lot_of(batch), 4)
    (again,) = rework(batch, found)
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    reworking, made = (
        client.get(reverse("admin:production_batch_change", args=[key])).content.decode()
        for key in (again.batch_id, batch.pk)
    )

    report = reverse("admin:quality_nonconformance_change", args=[found.pk])
    assert report in made
    assert report in reworking
    assert reverse("admin:production_batch_change", args=[again.batch_id]) in made
    assert reverse("admin:production_batch_change", args=[batch.pk]) in reworking.partition("Rework")[2]


def test_rework_of_a_lot_stays_one_batch_wherever_a_split_is_asked_for(batch: Batch):
    (again,) = rework(batch, to_be_reworked(lot_of(batch), 4))
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    with pytest.raises(services.ReworkNotSplit, match="comes out of it as the lot that it was") as refused:
        services.split_batch(again.batch, 2, by=make_user(), at=MONDAY)
    reschedule(reason="Rework", at=MONDAY, seconds=0)
    plan = what_ifs.create_what_if("Two", [Split(again.batch_id, 2)], seconds=0, by=make_user(), at=MONDAY)
    page = client.get(reverse("admin:production_batch_change", args=[again.batch_id])).content.decode()

    assert f"cancel order {again.batch.order}" in refused.value.remedy
    assert "it is not split" in " ".join(plan.refusals)
    assert "Split…" not in page
    assert Batch.objects.filter(rework_of__isnull=False).count() == 1
    assert Batch.objects.get(pk=again.batch_id).quantity == 4
