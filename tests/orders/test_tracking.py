"""What customers see, and what they never do."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders import services
from orders.models import OrderLine
from orders.tracking import tracked
from production import services as production
from tests.orders.desk import Asked, line_of, make_customer, make_order, make_part, production_of
from tests.plant import MONDAY, make_item, make_lot, make_site, make_supplier, make_user
from tests.shop import make_made_item, make_work_center, operations_of

pytestmark = pytest.mark.django_db
SOON = MONDAY.date() + timedelta(days=60)


def page_of(token: str) -> Any:
    return Client().get(f"/track/{token}/")


def test_the_page_is_public_and_stays_out_of_search_engines_and_caches():
    order = make_order(
        (make_item(supply="buy", description="Steel pin"), 5, SOON), confirmed=True, at=timezone.now()
    )

    page = page_of(order.tracking_token)

    assert page.status_code == 200
    assert "Steel pin" in page.text
    assert "noindex" in page["X-Robots-Tag"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "private, no-store"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_a_link_that_leads_nowhere_is_told_kindly():
    order = make_order((make_item(), 5))
    old = order.tracking_token
    services.renew_tracking_link(order, by=make_user(), at=MONDAY)

    for token in (old, "made-up"):
        page = page_of(token)
        assert page.status_code == 404
        assert "This link shows no order" in page.text
        assert "noindex" in page["X-Robots-Tag"]


def test_nothing_of_the_inside_is_told():
    supplier = make_supplier(name="Secret Forge")
    part = make_part(supplier=supplier, unit_cost=777, unit_price=888)
    make_lot(part.bar, 10, supplier=supplier)
    other = make_order(
        (part.item, 1, SOON), customer=make_customer("Rival"), confirmed=True, at=timezone.now()
    )
    asked = (Asked("material", "From Secret Forge", component_number=part.bar.number),)
    order = make_order((part.item, 4, SOON, 2, None, asked), confirmed=True, at=timezone.now())

    told = page_of(order.tracking_token).text

    inside = [
        "Secret Forge",
        "Rival",
        other.number,
        production_of(order).number,
        part.bar.number,
    ]
    assert [word for word in inside if word in told] == []
    assert re.findall(r"\b(?:777|888)\b", told) == []  # what it costs; digits of a token are no price


def test_stages_tell_the_way_from_material_to_shipment():
    part = make_part()
    order = make_order((part.item, 4, SOON), confirmed=True)

    (line,) = tracked(order, MONDAY).lines

    assert [stage.name for stage in line.stages] == ["Material", "Saw", "Turn", "Inspection", "Shipped"]
    assert (line.now, line.done_count) == ("Material", 0)
    assert line.sentence.startswith("We expect to ship on ")
    assert line.sentence.endswith("as promised.")


def test_two_steps_that_are_under_way_at_once_are_both_where_it_is():
    site = make_site()
    steps: list[Any] = [
        {"work_center": make_work_center(site=site), "name": "Saw", "transfer_quantity": 1},
        {"work_center": make_work_center(site=site), "name": "Turn"},
    ]
    item = make_made_item(steps, site=site, strategy="mto")
    order = make_order((item, 4, SOON), confirmed=True)
    who: dict[str, Any] = {"by": make_user(), "at": MONDAY}
    production.release_order(production_of(order), **who)
    saw, turn = operations_of(production_of(order))
    production.start_operation(saw, **who)
    production.report_progress(saw, good=Decimal(1), **who)
    production.start_operation(turn, **who)

    (line,) = tracked(order, MONDAY).lines

    assert (line.now, line.done_count) == ("Saw and Turn", 1)
    assert [stage.status for stage in line.stages] == ["done", "now", "now", "next", "next"]
    assert "1 of 5 stages done" in page_of(order.tracking_token).text
    production.pause_operation(saw, **who)
    standing = OrderLine.objects.with_progress(MONDAY).get(order=order)
    assert (standing.next_step, standing.is_step_running) == ("Turn", True)


def test_stock_is_set_aside_and_then_shipped_with_its_lot_number():
    item = make_item()
    make_lot(item, 5, number="L-77")
    order = make_order((item, 5, SOON), confirmed=True)
    assert tracked(order, MONDAY).sentence == "What is left of your order is packed and ready to leave."

    services.ship(order, carrier="DHL", carrier_reference="JD01", by=make_user(), at=MONDAY)

    shown = tracked(order, MONDAY)
    assert shown.sentence == "Everything you ordered has left our plant."
    assert [stage.status for stage in shown.lines[0].stages] == ["done", "done"]
    assert [(lot.number, lot.quantity) for lot in shown.shipments[0].lots] == [("L-77", "5 pieces")]
    assert "JD01" in page_of(order.tracking_token).text


def test_a_unit_without_words_of_its_own_is_written_as_people_write_it():
    sheet, pin = make_item(uom="MTQ"), make_item()
    order = make_order((sheet, 12), (pin, 1))

    assert [line.quantity for line in tracked(order, MONDAY).lines] == ["12 m³", "1 piece"]


def test_a_late_line_says_how_late_and_since_when():
    order = make_order((make_item(supply="buy"), 5), confirmed=True)

    told = tracked(order, MONDAY + timedelta(days=20))

    assert told.word == "Later than promised"
    assert told.sentence == "Your order is later than promised. We now expect to ship on Sunday 22 March."
    assert told.lines[0].sentence == (
        "We expect to ship on Sunday 22 March, 9 days after the promised date. We are sorry for the wait."
    )


def test_a_draft_and_a_cancelled_order_say_what_they_are():
    order = make_order((make_item(), 5))
    assert "will confirm it" in tracked(order, MONDAY).sentence

    services.cancel_order(order, "", by=make_user(), at=MONDAY)
    assert "was cancelled" in tracked(order, MONDAY).sentence
    assert "was cancelled" in page_of(order.tracking_token).text


def test_the_page_takes_the_same_queries_however_large_the_order(
    django_assert_num_queries: Callable[[int], Any],
):
    part, stock = make_part(), make_item()
    make_lot(stock, 10)
    order = make_order(*[(part.item, 2, SOON)] * 3, *[(stock, 1, SOON)] * 4, confirmed=True)
    services.ship(order, by=make_user(), at=MONDAY)

    with django_assert_num_queries(7):
        assert page_of(order.tracking_token).status_code == 200
    assert line_of(order).pegs.count() == 1
