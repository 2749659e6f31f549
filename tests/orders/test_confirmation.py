"""Confirming an order: stock first, production for the rest, requirements handed down, a date promised."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest

from inventory.models import ExpectedReceipt, Item, Reservation
from mes.core.models import Fact
from orders import services
from orders.models import CustomOrder, Peg, Promise
from production.bills import NoProcessPlan
from production.models import ProductionOrder, Specification
from tests.orders.desk import FRIDAY, Asked, line_of, make_order, make_part, production_of, progress_of
from tests.plant import MONDAY, make_item, make_lot, make_user
from tests.racing import at_once, held_up
from tests.shop import make_made_item

pytestmark = pytest.mark.django_db


def test_stock_that_expires_first_is_reserved_first():
    item = make_item()
    late = make_lot(item, 6, expires_on=date(2027, 1, 1))
    soon = make_lot(item, 6, expires_on=date(2026, 6, 1))

    order = make_order((item, 8), confirmed=True)

    kept = Reservation.objects.open().filter(purpose=f"{order}/1")
    assert {claim.lot: claim.quantity for claim in kept} == {soon: 6, late: 2}
    assert progress_of(order).state == "ready"
    assert Promise.objects.get().binding.startswith("The day asked for; possible from 02 Mar 2026 (In stock")


def test_what_stock_does_not_cover_is_planned_by_the_end_of_the_day_it_is_due():
    item = make_made_item()
    make_lot(item, 3)

    order = make_order((item, 10), confirmed=True)

    planned = production_of(order)
    assert planned.quantity == 7
    assert planned.due_at.isoformat() == "2026-03-13T23:59:00+00:00"
    assert planned.reason == f"{order}/1 for Aero Structures"


def test_what_is_made_to_order_is_not_taken_from_stock_made_for_somebody_else():
    part = make_part()
    make_lot(part.item, 10)

    order = make_order((part.item, 4), confirmed=True)

    assert production_of(order).quantity == 4
    assert not Peg.objects.filter(reservation__isnull=False).exists()


def test_what_is_bought_is_expected_unless_open_purchases_cover_it():
    item = make_item(supply="buy")

    make_order((item, 5), confirmed=True)
    receipt = ExpectedReceipt.objects.get()
    assert (receipt.quantity, receipt.due_date) == (5, FRIDAY)

    receipt.quantity = Decimal(12)
    receipt.save()
    make_order((item, 10), confirmed=True)

    assert sorted(ExpectedReceipt.objects.values_list("quantity", flat=True)) == [3, 12]


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_once_do_not_count_on_the_same_purchase():
    item = make_item(supply="buy")
    make_order((item, 8), confirmed=True)
    ExpectedReceipt.objects.update(quantity=16)  # eight of them for nobody yet
    first, second = make_order((item, 8)), make_order((item, 8))
    user = make_user()

    held_up(
        lambda: services.confirm_order(CustomOrder.objects.get(pk=second.pk), by=user, at=MONDAY),
        by=lambda: services.confirm_order(first, by=user, at=MONDAY),
    )

    assert sorted(ExpectedReceipt.objects.values_list("quantity", flat=True)) == [8, 16]


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_the_same_bought_items_the_other_way_round_do_not_block_each_other():
    bolt, nut = make_item(supply="buy"), make_item(supply="buy")
    order, user = make_order((nut, 8), (bolt, 8)), make_user()

    def lock(item: Item) -> None:
        Item.objects.select_for_update(no_key=True).get(pk=item.pk)

    held_up(
        lambda: services.confirm_order(CustomOrder.objects.get(pk=order.pk), by=user, at=MONDAY),
        by=lambda: lock(bolt),
        then=lambda: lock(nut),
    )

    assert ExpectedReceipt.objects.count() == 2


def test_requirements_are_handed_down_to_where_they_bind():
    part = make_part()
    asked = (
        Asked(
            "material",
            "TIMET titanium only",
            component_number=part.bar.number,
            attribute="melt",
            expected="TIMET",
        ),
        Asked("process", "Saw without coolant", step_sequence=10),
        Asked("characteristic", "36 to 40 HRC", characteristic_name="hardness", upper_limit=Decimal(40)),
        Asked("document", "Certificate of conformity"),
    )

    order = make_order((part.item, 2, FRIDAY, 1, None, asked), confirmed=True)

    rows = {each.kind: each for each in Specification.objects.filter(order=production_of(order))}
    assert rows["material"].component is not None
    assert rows["material"].component.item == part.bar
    assert rows["process"].step is not None
    assert rows["process"].step.name == "Saw"
    assert rows["characteristic"].characteristic is not None
    assert (rows["characteristic"].lower_limit, rows["characteristic"].upper_limit) == (36, 40)
    assert rows["document"].source == f"{order}/1"


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (Asked("material", "Mill certificate", component_number="UNOBTAINIUM"), "component UNOBTAINIUM"),
        (Asked("process", "Peen", step_sequence=99), "step 99"),
        (Asked("characteristic", "Colour", characteristic_name="Colour"), "characteristic Colour"),
    ],
)
def test_a_requirement_of_something_unknown_is_refused_by_name_and_nothing_is_planned(
    asked: Asked, named: str
):
    order = make_order((make_part().item, 2, FRIDAY, 2, None, (asked,)))

    with pytest.raises(services.UnknownBinding, match=named):
        services.confirm_order(order, by=make_user(), at=MONDAY)

    order.refresh_from_db()
    assert order.status == CustomOrder.Status.DRAFT
    assert not ProductionOrder.objects.exists()
    assert not Promise.objects.exists()


def test_limits_that_the_drawing_excludes_are_refused():
    asked = Asked(
        "characteristic", "50 HRC at least", characteristic_name="Hardness", lower_limit=Decimal(50)
    )
    order = make_order((make_part().item, 2, FRIDAY, 2, None, (asked,)))

    with pytest.raises(services.ImpossibleLimits, match="allows Hardness 36 to 42 only"):
        services.confirm_order(order, by=make_user(), at=MONDAY)


def test_an_item_that_nobody_knows_how_to_make_is_refused():
    order = make_order((make_item(strategy="mto"), 2))

    with pytest.raises(NoProcessPlan):
        services.confirm_order(order, by=make_user(), at=MONDAY)

    assert not Fact.objects.filter(name="orders.OrderConfirmed").exists()


def test_a_promise_names_the_lead_time_when_nothing_is_scheduled_yet():
    part = make_part(lead_time_days=30)

    order = make_order((part.item, 2), confirmed=True)

    promise = Promise.objects.get()
    assert promise.promised_date == MONDAY.date() + timedelta(days=30)
    assert promise.binding == f"The usual lead time of {part.item}, 30 days: not in the schedule yet"
    assert progress_of(order).state == "on_time"


def test_an_order_without_lines_is_refused():
    with pytest.raises(services.NothingOrdered):
        services.confirm_order(make_order(), by=make_user(), at=MONDAY)


def test_confirming_twice_is_refused_and_plans_nothing_twice():
    order = make_order((make_made_item(), 5), confirmed=True)
    stale = CustomOrder.objects.get(pk=order.pk)
    stale.status = CustomOrder.Status.DRAFT

    with pytest.raises(services.AlreadyConfirmed, match="confirmed on 02 Mar 2026"):
        services.confirm_order(stale, by=make_user(), at=MONDAY)

    assert ProductionOrder.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_confirm_at_once_one_is_told_and_one_plan_is_made():
    order = make_order((make_made_item(), 5))
    user = make_user()
    both = [CustomOrder.objects.get(pk=order.pk) for _ in range(2)]

    outcomes = at_once(*(partial(services.confirm_order, own, by=user, at=MONDAY) for own in both))

    assert [isinstance(each, services.AlreadyConfirmed) for each in outcomes].count(True) == 1
    assert ProductionOrder.objects.count() == 1
    assert line_of(order).promises.count() == 1
