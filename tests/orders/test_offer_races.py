"""Two salespeople at once, with real threads on PostgreSQL: what one was offered, the other is not."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db.models import Sum

from inventory.models import Item, Reservation
from mes.core.refusals import DomainError
from orders import services
from orders.models import CustomOrder, Offer
from production import planning
from production.models import ProductionOrder, Slot
from tests.orders.desk import make_customer
from tests.orders.test_offers import EXPIRY, IN_TWO_WEEKS
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.racing import at_once
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db(transaction=True)


def offering(item: Item, quantity: int, **fields: Any) -> Callable[[], Any]:
    by, key = make_user(), item.pk

    def act() -> Offer:
        mine = Item.objects.select_related("site").get(pk=key)
        return services.make_offer(
            item=mine, quantity=Decimal(quantity), wanted_date=IN_TWO_WEEKS, by=by, at=MONDAY, **fields
        )

    return act


def test_two_who_ask_for_the_last_stock_are_not_both_offered_it():
    item = make_item(strategy="mts", supply="buy")
    make_lot(item, 10)

    offers = at_once(offering(item, 8), offering(item, 8))

    kept = Reservation.objects.open().aggregate(total=Sum("quantity"))["total"]
    assert kept == 10
    assert sorted(Decimal(each.answer["from_stock"]) for each in offers) == [2, 8]


def test_who_finds_stock_that_would_have_done_taken_meanwhile_is_offered_what_can_be_made():
    site = make_site()
    center = make_work_center(site=site)
    item = make_made_item([{"work_center": center, "run_seconds": 60}], site=site, strategy="mts")
    make_lot(item, 10)
    planning.reschedule(reason="first", at=MONDAY, seconds=0)

    offers = at_once(*(offering(item, 8) for _ in range(3)))

    assert not [each for each in offers if isinstance(each, DomainError)]
    assert sum(Decimal(each.answer["from_stock"]) for each in offers) == 10
    assert sum(Decimal(each.answer["to_make"]) for each in offers) == 14


def test_an_inquiry_that_is_sent_twice_at_once_is_refused_the_second_time_by_name():
    site, customer = make_site(), make_customer()
    item = make_made_item(
        [{"work_center": make_work_center(site=site), "run_seconds": 3600}], site=site, strategy="mto"
    )
    planning.reschedule(reason="first", at=MONDAY, seconds=0)

    offers = at_once(*(offering(item, 5, customer=customer, inquiry="RFQ-7") for _ in range(3)))

    refused = [each for each in offers if isinstance(each, DomainError)]
    assert [each.code for each in refused] == ["orders.duplicate_inquiry"] * 2
    assert all(f"has offer {Offer.objects.get()}" in str(each) for each in refused)


def test_two_who_ask_for_the_same_gap_are_not_both_offered_it():
    site = make_site()
    item = make_made_item(
        [{"work_center": make_work_center(site=site), "run_seconds": 3600}], site=site, strategy="mto"
    )
    planning.reschedule(reason="first", at=MONDAY, seconds=0)

    offers = at_once(*(offering(item, 5) for _ in range(4)))

    slots = Slot.objects.published().filter(
        operation__batch__order__in=[each.production_order for each in offers]
    )
    starts = sorted(slots.values_list("starts_at", flat=True))
    assert starts == [EXPIRY + timedelta(hours=5 * number) for number in range(4)]


def test_two_who_ask_for_the_last_material_are_not_both_offered_it():
    site = make_site()
    bar = make_item(site=site, supply="buy", lead_time_days=30)
    make_lot(bar, 10)
    item = make_made_item(components={bar: 1}, site=site, strategy="mto")
    planning.reschedule(reason="first", at=MONDAY, seconds=0)

    offers = at_once(offering(item, 8), offering(item, 8))

    assert Reservation.objects.open().aggregate(total=Sum("quantity"))["total"] == 10
    assert sorted(len(each.answer["shortages"]) for each in offers) == [0, 1]


def test_an_offer_made_while_a_plan_is_published_is_not_double_booked():
    site = make_site()
    item = make_made_item(
        [{"work_center": make_work_center(site=site), "run_seconds": 3600}], site=site, strategy="mto"
    )
    planning.reschedule(reason="first", at=MONDAY, seconds=0)
    for _ in range(6):
        plan_order(item, 20)

    made, *_ = at_once(
        offering(item, 5),
        lambda: planning.reschedule(reason="race", at=MONDAY, seconds=0),
        lambda: planning.reschedule(reason="race", at=MONDAY, seconds=0),
    )

    slots = list(Slot.objects.published().in_order())
    held = next(slot for slot in slots if slot.operation.batch.order_id == made.production_order_id)
    assert held.starts_at >= EXPIRY
    assert held.operation.pinned_start_at == held.starts_at
    assert all(one.ends_at <= other.starts_at for one, other in pairwise(slots))


def test_of_two_who_accept_one_offer_one_is_told_and_there_is_one_order():
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site, strategy="mto")
    made = offering(item, 5)()
    customer, by = make_customer(), make_user()

    def accepting() -> Offer:
        mine = Offer.objects.get(pk=made.pk)
        return services.accept_offer(mine, customer=customer, by=by, at=MONDAY)

    outcomes = at_once(accepting, accepting)

    (refusal,) = [each for each in outcomes if isinstance(each, DomainError)]
    assert isinstance(refusal, services.OfferNotOpen)
    assert CustomOrder.objects.count() == 1
    assert ProductionOrder.objects.get().status == "planned"


def test_an_offer_accepted_while_it_expires_is_either_an_order_or_free_again():
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site, strategy="mto")
    made = offering(item, 5)()
    customer, by = make_customer(), make_user()
    last_moment = EXPIRY - timedelta(seconds=1)

    accepted, _ = at_once(
        lambda: services.accept_offer(
            Offer.objects.get(pk=made.pk), customer=customer, by=by, at=last_moment
        ),
        lambda: services.expire_offers(at=EXPIRY),
    )

    status = Offer.objects.get(pk=made.pk).status
    order = ProductionOrder.objects.get()
    if isinstance(accepted, DomainError):
        assert (status, order.status, CustomOrder.objects.count()) == ("expired", "cancelled", 0)
    else:
        assert (status, order.status, CustomOrder.objects.count()) == ("accepted", "planned", 1)
