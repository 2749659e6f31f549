"""Writing orders down: drafts, their lines, and what customers ask beyond the drawing."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from inventory.quantities import InvalidQuantity
from mes.core.dates import DateOutOfReach
from mes.core.refusals import DomainError
from orders import services
from orders.models import CustomOrder, Requirement
from tests.orders.desk import FRIDAY, Asked, line_of, make_customer, make_order
from tests.plant import MONDAY, make_item, make_user
from tests.racing import at_once

pytestmark = pytest.mark.django_db


def test_lines_are_numbered_and_priced_as_the_item_unless_said_otherwise():
    nut, bolt = make_item(unit_price=Decimal("0.10")), make_item(unit_price=2)

    order = make_order((nut, 100), (bolt, 5, FRIDAY, 1, Decimal("1.75")))

    lines = order.lines.order_by("number").values_list("number", "item", "unit_price", "priority")
    assert list(lines) == [(1, nut.pk, Decimal("0.1"), 2), (2, bolt.pk, Decimal("1.75"), 1)]
    assert order.number.startswith("SO-")
    assert order.status == CustomOrder.Status.DRAFT


def test_the_same_purchase_order_is_entered_once():
    customer = make_customer()
    first = make_order((make_item(), 1), customer=customer, customer_reference="4500-17")

    with pytest.raises(services.DuplicateReference, match=f"already our order {first}"):
        make_order((make_item(), 1), customer=customer, customer_reference="4500-17")
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomOrder.objects.create(
            number="X", customer=customer, customer_reference="4500-17", ordered_at=MONDAY
        )
    make_order((make_item(), 1), customer=make_customer("Other"), customer_reference="4500-17")

    services.cancel_order(first, "typed twice", by=make_user(), at=MONDAY)
    make_order((make_item(), 1), customer=customer, customer_reference="4500-17")


@pytest.mark.django_db(transaction=True)
def test_two_who_enter_the_same_purchase_order_at_once_enter_it_once_and_are_told():
    customer, item = make_customer(), make_item()
    make_user()

    entered = at_once(
        *(lambda: make_order((item, 1), customer=customer, customer_reference="4500-17") for _ in range(3))
    )

    refused = [each for each in entered if isinstance(each, DomainError)]
    assert [each.code for each in refused] == ["orders.duplicate_reference"] * 2


def test_a_due_date_in_a_year_that_nobody_plans_for_is_refused_by_its_line_and_field():
    item = make_item()

    with pytest.raises(DateOutOfReach, match="See to the year") as refusal:
        make_order((item, 1), (item, 1, date(9999, 12, 31)))
    assert list(refusal.value.errors) == ["lines/1/due_date"]
    order = make_order((item, 1))
    with pytest.raises(DateOutOfReach):
        services.amend_line(line_of(order), due_date=date(1, 1, 1), by=make_user(), at=MONDAY)


def test_half_a_piece_is_no_quantity_and_nothing_is_entered():
    with pytest.raises(InvalidQuantity) as refusal:
        make_order((make_item(), 1), (make_item(), "2.5"))
    assert list(refusal.value.errors) == ["lines/1/quantity"]

    assert not CustomOrder.objects.exists()


def test_an_item_that_is_no_longer_made_is_not_sold():
    with pytest.raises(services.ItemNotSold):
        make_order((make_item(is_active=False), 1))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked("wish", "Be nice"), "kind"),
        (Asked("document", "  "), "text"),
        (Asked("characteristic", "Harder"), "characteristic_name"),
        (Asked("process", "Slowly", lower_limit=Decimal(1)), "characteristic_name"),
        (
            Asked(
                "characteristic",
                "Odd",
                characteristic_name="Bore",
                lower_limit=Decimal(2),
                upper_limit=Decimal(1),
            ),
            "lower_limit",
        ),
        (Asked("material", "VAR", component_number="BAR", expected="VAR"), "attribute"),
    ],
)
def test_a_requirement_says_what_it_asks(asked: Asked, field: str):
    with pytest.raises(services.UnclearRequirement) as refusal:
        make_order((make_item(), 1, FRIDAY, 2, None, (asked,)))

    assert f"lines/0/requirements/0/{field}" in refusal.value.errors
    assert not Requirement.objects.exists()


def test_a_confirmed_order_takes_no_lines_and_no_requirements_any_more():
    order = make_order((make_item(supply="buy"), 1), confirmed=True)

    with pytest.raises(services.NotDraft):
        services.add_line(
            order, item=make_item(), quantity=Decimal(1), due_date=FRIDAY, by=make_user(), at=MONDAY
        )
    with pytest.raises(services.NotDraft):
        services.state_requirement(line_of(order), "document", "Certificate", by=make_user())
    with pytest.raises(services.NotDraft):
        services.remove_line(line_of(order), by=make_user(), at=MONDAY)

    assert order.lines.count() == 1
    assert not Requirement.objects.exists()


def test_a_tracking_link_is_unguessable_and_can_be_renewed():
    first, second = make_order((make_item(), 1)), make_order((make_item(), 1))
    old = first.tracking_token
    assert len(old) == 32
    assert old != second.tracking_token

    services.renew_tracking_link(first, by=make_user(), at=MONDAY)

    first.refresh_from_db()
    assert first.tracking_token != old
