"""Shipping: usable stock first expired first, in parts, never more than ordered, closed when complete."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from inventory import services as inventory
from inventory.models import Lot, Move, Reservation
from mes.core.models import Fact
from orders import services
from orders.models import CustomOrder, OrderLine, Shipment
from orders.services import Pick
from production import services as production
from quality import services as quality
from tests.orders.desk import (
    FRIDAY,
    Asked,
    line_of,
    make_it,
    make_order,
    make_part,
    production_of,
    progress_of,
    put_in_doubt,
)
from tests.plant import MONDAY, make_item, make_lot, make_user
from tests.racing import at_once, wait_until_somebody_waits
from tests.shop import make_made_item

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(days=1)


def ship(order: CustomOrder, *picks: Pick) -> Shipment:
    return services.ship(order, lots=list(picks) or None, by=make_user(), at=LATER)


def test_an_order_ships_from_the_lot_that_expires_first_and_is_closed():
    item = make_item()
    late = make_lot(item, 6, expires_on=date(2027, 1, 1))
    soon = make_lot(item, 6, expires_on=date(2026, 6, 1))
    order = make_order((item, 8), confirmed=True)

    shipment = ship(order)

    left = {row.lot: row.quantity for row in shipment.lines.all()}
    assert left == {soon: 6, late: 2}
    assert {row.move.kind for row in shipment.lines.all()} == {Move.Kind.SHIPMENT}
    assert inventory.on_hand(late) == 4
    assert not Reservation.objects.open().exists()
    order.refresh_from_db()
    assert order.status == CustomOrder.Status.SHIPPED
    assert progress_of(order).state == "shipped"
    assert Fact.objects.get(name="orders.OrderShipped").payload["is_complete"] is True


def test_what_is_ready_leaves_now_and_the_rest_follows():
    item = make_item(supply="buy")
    make_lot(item, 3)
    order = make_order((item, 5), confirmed=True)

    ship(order)
    assert progress_of(order).shipped_quantity == 3
    assert progress_of(order).uncovered_quantity == 2

    with pytest.raises(services.NothingToShip, match="2 pcs wait for the purchase due 13 Mar"):
        ship(order)

    lot = make_lot(item, 10)
    services.claim_stock(lot, at=LATER)
    second = ship(order)

    assert second.lines.get().quantity == 2
    assert inventory.on_hand(lot) == 8


def test_a_line_that_grew_ships_all_that_one_lot_keeps_for_it():
    item = make_item()
    make_lot(item, 20)
    order = make_order((item, 12), confirmed=True)

    services.amend_line(line_of(order), quantity=Decimal(15), by=make_user(), at=MONDAY)

    assert ship(order).lines.get().quantity == 15


def test_a_lot_that_is_held_stays_and_the_line_says_so():
    item = make_item()
    lot = make_lot(item, 5)
    order = make_order((item, 5), confirmed=True)
    inventory.hold_lot(lot, "Customer complaint", by=make_user(), at=MONDAY)

    with pytest.raises(services.NothingToShip, match=f"Lot {lot} is held"):
        ship(order)

    assert progress_of(order).state == "held"
    assert progress_of(order).why == f"Lot {lot} is held: it waits for somebody's decision."
    assert not Shipment.objects.exists()


def test_somebody_may_say_which_lot_to_ship():
    item = make_item()
    make_lot(item, 5, expires_on=date(2026, 6, 1))
    fresh = make_lot(item, 5, expires_on=date(2027, 6, 1))
    order = make_order((item, 5), confirmed=True)

    ship(order, Pick(line_of(order), fresh, Decimal(5)))

    assert inventory.on_hand(fresh) == 0
    assert not Reservation.objects.open().exists(), "what was kept instead is free again"


def test_no_more_leaves_than_was_ordered():
    item = make_item()
    lot = make_lot(item, 50)
    order = make_order((item, 5), confirmed=True)

    with pytest.raises(services.WrongPick, match="2 pcs more than is left"):
        ship(order, Pick(line_of(order), lot, Decimal(4)), Pick(line_of(order), lot, Decimal(3)))

    assert inventory.on_hand(lot) == 50


def test_another_item_or_anothers_line_is_refused():
    item = make_item()
    lot = make_lot(item, 5)
    order, other = make_order((item, 1), confirmed=True), make_order((item, 1), confirmed=True)

    with pytest.raises(services.WrongPick, match="asks for"):
        ship(order, Pick(line_of(order), make_lot(), Decimal(1)))
    with pytest.raises(services.WrongPick, match="is no line of"):
        ship(order, Pick(line_of(other), lot, Decimal(1)))


def test_stock_kept_for_another_order_is_not_shipped_for_this_one():
    item = make_item()
    lot = make_lot(item, 5)
    make_order((item, 5), confirmed=True)
    order = make_order((item, 5, FRIDAY), confirmed=False)
    CustomOrder.objects.filter(pk=order.pk).update(status="confirmed", confirmed_at=MONDAY)

    with pytest.raises(inventory.StockReserved):
        ship(order, Pick(line_of(order), lot, Decimal(5)))

    assert inventory.on_hand(lot) == 5


def test_a_draft_does_not_ship():
    with pytest.raises(services.NotConfirmed):
        ship(make_order((make_item(), 1)))


def test_a_document_is_proven_by_a_person_before_anything_leaves():
    item = make_item()
    make_lot(item, 5)
    asked = Asked("document", "Certificate of conformity")
    order = make_order((item, 5, FRIDAY, 2, None, (asked,)), confirmed=True)
    requirement = line_of(order).requirements.get()

    with pytest.raises(services.RequirementUnproven, match="“Certificate of conformity”"):
        ship(order)
    with pytest.raises(services.EvidenceMissing):
        services.prove_requirement(requirement, " ", by=make_user(), at=MONDAY)
    services.prove_requirement(requirement, "CoC 2026-117", by=make_user(), at=MONDAY)
    with pytest.raises(services.AlreadyProven, match="CoC 2026-117"):
        services.prove_requirement(requirement, "CoC 2026-118", by=make_user(), at=MONDAY)

    assert ship(order).lines.get().quantity == 5


def test_what_a_gauge_out_of_tolerance_measured_leaves_once_its_review_has_decided_it():
    item = make_item(supply="buy")
    lot = make_lot(item, 5)
    order = make_order((item, 2), confirmed=True)
    review = put_in_doubt(lot)

    with pytest.raises(
        services.ResultsInDoubt, match=f"Lot {lot} was measured with MIC-7, found out of"
    ) as told:
        ship(order)
    assert "Decide the lot in the review of MIC-7" in told.value.remedy
    assert told.value.see == (review,)
    assert not Shipment.objects.exists()
    quality.clear_doubtful_lot(review, lot, "Measured again with MIC-9", by=make_user(), at=LATER)

    assert ship(order).lines.get().lot == lot


def test_what_is_made_of_a_lot_in_doubt_stays_too_also_while_its_nonconformance_is_undecided():
    part = make_part()
    bar = make_lot(part.bar, 100)
    order = make_order((part.item, 4, FRIDAY), confirmed=True)
    make_it(order)
    review = put_in_doubt(bar)

    with pytest.raises(services.ResultsInDoubt, match=f"Lot {bar} was measured with MIC-7"):
        ship(order)
    report = quality.doubt_lot(review, bar, by=make_user(), at=LATER)
    with pytest.raises(services.ResultsInDoubt, match=f"Nonconformance {report} of lot {bar}") as told:
        ship(order)
    assert told.value.remedy == f"Decide {report}."
    quality.decide_nonconformance(report, "use_as_is", "0.004 mm of 2 mm", by=make_user(), at=LATER)

    assert ship(order).lines.exists()


def test_lines_that_are_proven_leave_without_the_one_that_is_not():
    item = make_item()
    make_lot(item, 5)
    asked = Asked("document", "Certificate of conformity")
    order = make_order((item, 2), (item, 3, FRIDAY, 2, None, (asked,)), confirmed=True)

    with pytest.raises(services.RequirementUnproven):
        ship(order)
    shipment = services.ship(order, lines=[line_of(order)], by=make_user(), at=LATER)

    assert [(row.line.number, row.quantity) for row in shipment.lines.all()] == [(1, 2)]
    assert progress_of(order, 2).ready_quantity == 3


def test_a_choice_of_no_line_or_of_anothers_ships_nothing():
    item = make_item()
    make_lot(item, 5)
    order, other = make_order((item, 2), confirmed=True), make_order((item, 3), confirmed=True)

    with pytest.raises(services.NothingToShip, match="No line of order"):
        services.ship(order, lines=[], by=make_user(), at=LATER)
    with pytest.raises(services.WrongPick, match=f"{other}/1 is no line of order {order}"):
        services.ship(order, lines=[line_of(order), line_of(other)], by=make_user(), at=LATER)

    assert not Shipment.objects.exists()
    assert progress_of(order).ready_quantity == 2


def test_an_order_amended_down_to_what_was_shipped_is_closed():
    item = make_item(supply="buy")
    make_lot(item, 3)
    order = make_order((item, 5), (item, 1), confirmed=True)
    ship(order)
    services.amend_line(line_of(order), quantity=Decimal(3), by=make_user(), at=LATER)
    order.refresh_from_db()
    assert order.status == CustomOrder.Status.CONFIRMED, "its second line waits still"

    services.claim_stock(make_lot(item, 1), at=LATER)
    services.amend_line(line_of(order, 2), quantity=Decimal(2), by=make_user(), at=LATER)
    ship(order)
    services.amend_line(line_of(order, 2), quantity=Decimal(1), by=make_user(), at=LATER)

    order.refresh_from_db()
    assert order.status == CustomOrder.Status.SHIPPED
    assert not Reservation.objects.open().exists()


def test_an_order_whose_shipments_all_came_back_may_be_called_off():
    item = make_item(supply="buy")
    lot = make_lot(item, 3)
    order = make_order((item, 5), confirmed=True)
    shipment = ship(order)
    with pytest.raises(services.AlreadyShipped, match=f"{shipment} of order {order} left already"):
        services.cancel_order(order, by=make_user(), at=LATER)

    inventory.reverse(shipment.lines.get().move, "Refused at the gate", by=make_user(), at=LATER)
    services.cancel_order(order, "Refused", by=make_user(), at=LATER)

    order.refresh_from_db()
    assert order.status == CustomOrder.Status.CANCELLED
    assert inventory.reserved(lot) == 0


def test_goods_that_came_back_are_shipped_again_once_the_order_is_reopened():
    item = make_item()
    lot = make_lot(item, 5)
    order = make_order((item, 5), confirmed=True)
    shipment = ship(order)
    with pytest.raises(services.NothingMissing):
        services.reopen_order(order, by=make_user(), at=LATER)

    inventory.reverse(shipment.lines.get().move, "Wrong truck", by=make_user(), at=LATER)
    assert progress_of(order).shipped_quantity == 0
    services.reopen_order(order, "Wrong truck", by=make_user(), at=LATER)

    assert ship(order).lines.get().lot == lot
    assert progress_of(order).state == "shipped"


def test_who_waits_is_found_in_the_same_queries_however_many_wait(
    django_assert_max_num_queries: Callable[[int], Any],
):
    item = make_item(supply="buy")
    for _ in range(8):
        asked = Asked("material", "Melt stated", attribute="melt")
        make_order((item, 4, FRIDAY, 2, None, (asked,)), confirmed=True)
    lot = make_lot(item, 6)

    with django_assert_max_num_queries(14):
        assert services.claim_stock(lot, at=MONDAY) == []


def test_released_stock_goes_to_the_line_that_is_most_urgent():
    item = make_item(supply="buy")
    normal = make_order((item, 4, FRIDAY), confirmed=True)
    rush = make_order((item, 4, FRIDAY, 1), confirmed=True)

    lot = make_lot(item, 6)
    services.claim_stock(lot, at=MONDAY)
    services.claim_stock(lot, at=MONDAY)

    assert progress_of(rush).ready_quantity == 4
    assert progress_of(normal).ready_quantity == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_shipments_at_once_one_takes_all_and_the_other_is_told():
    item = make_item()
    lot = make_lot(item, 20)
    order = make_order((item, 5), confirmed=True)
    user = make_user()
    both = [CustomOrder.objects.get(pk=order.pk) for _ in range(2)]

    outcomes = at_once(*(partial(services.ship, own, by=user, at=LATER) for own in both))

    assert [isinstance(each, services.NotConfirmed) for each in outcomes].count(True) == 1
    assert inventory.on_hand(Lot.objects.select_related("item__site").get(pk=lot.pk)) == 15
    assert OrderLine.objects.with_progress(LATER).get(order=order).shipped_quantity == 5


@pytest.mark.django_db(transaction=True)
def test_a_shipment_that_waits_for_anothers_line_holds_none_of_its_own():
    item = make_made_item(supply="make", strategy="mts")
    first, second = make_order((item, 4), confirmed=True), make_order((item, 2), confirmed=True)
    make_it(second)
    user = make_user()
    production.cancel_order(production_of(first), "Machine down", by=user, at=MONDAY)
    inventory.release_reservation(Reservation.objects.open().get(), by=user, at=MONDAY)
    shipped: list[Decimal] = []

    def send() -> None:
        try:
            shipment = services.ship(CustomOrder.objects.get(pk=second.pk), by=user, at=LATER)
            shipped.append(shipment.lines.get().quantity)
        finally:
            connection.close()

    thread = threading.Thread(target=send)
    try:
        with transaction.atomic():
            OrderLine.objects.select_for_update(no_key=True).get(order=first)
            thread.start()
            wait_until_somebody_waits()
            OrderLine.objects.select_for_update(no_key=True, nowait=True).get(order=second)
    finally:
        thread.join()

    assert shipped == [2]
