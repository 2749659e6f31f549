"""Batches of one order are made as one again: what a split is taken back by, and what cannot be joined."""

from decimal import Decimal

import pytest
from django.test import Client

from inventory.models import Item, Lot, Reservation
from production import services
from production.models import Batch, Operation, ProcessPlan, ProductionOrder, Slot
from production.news import news_since
from production.planning import reschedule
from production.replanning import replan_if_needed
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.shop import make_machine, make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db


def join(batch: Batch, *others: Batch) -> Batch:
    return services.join_batches(batch, others, by=make_user(), at=MONDAY)


def split(order: ProductionOrder, parts: int = 3) -> list[Batch]:
    batch = order.batches.exclude(status="cancelled").get()
    return services.split_batch(batch, parts, by=make_user(), at=MONDAY)


def test_the_parts_of_a_split_batch_are_one_again_with_what_was_kept_for_them():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    make_lot(bar, 100)
    order = plan_order(make_made_item(components={bar: 2}, site=site), 9)
    first, *others = split(order)

    joined = join(first, *others)

    assert (joined.number, joined.quantity, joined.status) == (f"{order}-01", 9, "released")
    assert [each.status for each in Batch.objects.filter(pk__in=[other.pk for other in others])] == [
        "cancelled"
    ] * 2
    kept = Reservation.objects.filter(status="open")
    assert [(row.purpose, row.quantity) for row in kept] == [(joined.number, 18)]
    assert set(Lot.objects.filter(number__in=[other.number for other in others]).values_list("status")) == {
        ("rejected",)
    }
    order.refresh_from_db()
    assert (order.quantity, order.status) == (9, "released")
    assert split(order, 2)[1].number == f"{order}-04", "and it may be split again"


def test_the_plan_follows_and_says_why():
    order = plan_order(make_made_item(), 9)
    reschedule(reason="test", at=MONDAY, seconds=0)
    first, *others = split(order)
    plan = reschedule(reason="test", at=MONDAY, seconds=0)

    join(first, *others)

    assert f"Batches were joined in {first}" in [news.text for news in news_since(plan)]
    replan_if_needed(at=MONDAY, seconds=0)
    (operation,) = Operation.objects.filter(batch=first)
    assert [slot.operation for slot in Slot.objects.published()] == [operation]


def test_some_of_them_are_joined_and_the_rest_stays():
    order = plan_order(make_made_item(), 9)
    first, second, third = split(order)

    join(third, second)

    quantities = Batch.objects.filter(order=order).order_by("number").values_list("quantity", "status")
    assert list(quantities) == [(3, "released"), (3, "cancelled"), (6, "released")]
    assert first.pk != third.pk


def test_what_has_begun_is_not_joined():
    order = plan_order(make_made_item(), 9)
    first, second, third = split(order)
    begun = Operation.objects.get(batch=second)
    services.start_operation(begun, by=make_user(), at=MONDAY)

    with pytest.raises(services.BatchBegun, match="has begun or is over") as refused:
        join(first, second, third)

    assert "Only a batch that has not begun is joined." in str(refused.value.remedy)
    assert list(Batch.objects.filter(order=order).values_list("quantity", flat=True)) == [3, 3, 3]


def test_batches_of_two_orders_are_not_joined_nor_is_one_with_itself():
    item = make_made_item()
    one, other = (plan_order(item, 4).batches.get() for _ in range(2))

    with pytest.raises(
        services.NotTogether, match=f"{other} is made for {other.order}, {one} for {one.order}"
    ):
        join(one, other)
    with pytest.raises(services.WrongJoin, match="cannot be joined with nothing"):
        join(one, one)


def test_batches_by_two_process_plans_are_not_joined():
    order = plan_order(make_made_item(), 9)
    first, second, _ = split(order)
    plan = ProcessPlan.objects.get(pk=second.plan_id)
    plan.pk, plan.revision, plan.status = None, "ZZ", ProcessPlan.Status.SUPERSEDED
    plan.save(force_insert=True)
    Batch.objects.filter(pk=second.pk).update(plan=plan)

    with pytest.raises(services.NotTogether, match="is made by"):
        join(first, second)


def test_no_more_is_joined_than_a_machine_holds():
    center = make_work_center(machines=0)
    for limit in (4, 6):
        make_machine(center, batch_limit=limit)
    order = plan_order(make_made_item([center], site=center.site), 12)
    first, second = order.batches.order_by("pk")

    with pytest.raises(services.TooLargeTogether, match=r"12 .* are more than the 6 that"):
        join(first, second)

    assert set(order.batches.values_list("quantity", flat=True)) == {Decimal(6)}


def test_the_button_offers_what_may_be_joined_with_all_of_it_ticked(client: Client):
    client.force_login(make_user("planner", is_staff=True, is_superuser=True))
    order = plan_order(make_made_item(), 9)
    alone = f"/admin/production/batch/{order.batches.get().pk}/change/"
    assert "Join…" not in client.get(alone).text
    first, second, third = split(order)

    assert "Join…" in client.get(alone).text
    dialog = client.get(f"/admin/production/batch/{first.pk}/do/join/").text
    assert f"{second}: 3 " in dialog
    assert dialog.count("checked") == 2
    client.post(f"/admin/production/batch/{first.pk}/do/join/", {"others": [second.pk, third.pk]})

    assert Batch.objects.get(pk=first.pk).quantity == 9
    assert [operation.batch for operation in operations_of(order) if operation.status == "waiting"] == [first]


def test_batches_are_joined_over_the_api(client: Client):
    client.force_login(make_user("planner", is_superuser=True))
    first, second, third = split(plan_order(make_made_item(), 9))
    address = f"/api/v1/batches/{first.pk}/join/"

    nothing = client.post(address, {"others": []}, content_type="application/json")
    joined = client.post(address, {"others": [second.pk, third.pk]}, content_type="application/json")
    again = client.post(address, {"others": [second.pk]}, content_type="application/json")

    assert (nothing.status_code, joined.status_code, joined.json()["quantity"]) == (400, 200, "9.0000")
    assert (again.status_code, again.json()["code"]) == (409, "production.batch_begun")
