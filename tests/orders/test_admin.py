"""The planner's console of orders: what is typed goes through the services, and lists stay quick."""

import html
import json
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from inventory import services as inventory
from inventory.models import Reservation
from orders import services
from orders.models import CustomOrder, OrderLine
from production.models import ProductionOrder
from quality import services as quality
from tests.core.ground import a_user
from tests.orders.desk import (
    FRIDAY,
    Asked,
    line_of,
    lots_of,
    make_customer,
    make_it,
    make_order,
    make_part,
    production_of,
)
from tests.plant import MONDAY, make_item, make_lot, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/customorder/"


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(make_user("boss", is_staff=True, is_superuser=True))
    return found


def typed(order: CustomOrder | None = None, *rows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A form of an order page as a browser sends it."""
    known = sum("id" in row for row in rows)
    body: dict[str, Any] = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": known} | fields
    for number, row in enumerate(rows):
        body |= {f"lines-{number}-order": order.pk if order else ""}
        body |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return body


def test_an_order_is_typed_in_with_its_lines(client: Client):
    item = make_item(unit_price=3)
    row = {"item": item.pk, "quantity": "5", "due_date": "2026-03-13", "priority": "2", "unit_price": "3"}

    answer = client.post(
        f"{LIST}add/", typed(None, row, customer=make_customer().pk, customer_reference="PO-1")
    )

    assert answer.status_code == 302, answer.text
    order = CustomOrder.objects.get()
    assert order.number.startswith("SO-")
    assert (line_of(order).item, line_of(order).number, line_of(order).quantity) == (item, 1, 5)


def test_a_new_order_begins_with_a_line_to_fill_in_and_a_draft_has_its_own(client: Client):
    order = make_order((make_item(), 1))

    new, draft = client.get(f"{LIST}add/"), client.get(f"{LIST}{order.pk}/change/")

    for answer, lines in ((new, 1), (draft, 1)):
        assert f'name="lines-TOTAL_FORMS" value="{lines}"' in answer.text


def test_the_production_order_tells_what_the_customer_asks_and_where_it_binds(client: Client):
    part = make_part()
    asked = (
        Asked("process", "Sawn by a level 2", step_sequence=10, qualification="LEVEL-2"),
        Asked("material", "Certified", component_number=part.bar.number, attribute="certificate"),
        Asked("characteristic", "Soft", characteristic_name="Hardness", upper_limit=Decimal(40)),
    )
    make_order((part.item, 4, FRIDAY, 2, None, asked), confirmed=True)
    made = ProductionOrder.objects.get()

    told = client.get(f"/admin/production/productionorder/{made.pk}/change/").text

    for place in ("10 Saw", "LEVEL-2", f"Material {part.bar}", "Hardness"):
        assert place in told


def test_what_a_service_refuses_is_said_and_what_was_typed_is_kept(client: Client):
    customer = make_customer()
    make_order((make_item(), 1), customer=customer, customer_reference="PO-1")

    answer = client.post(f"{LIST}add/", typed(None, customer=customer.pk, customer_reference="PO-1"))

    assert answer.status_code == 200
    assert "is already our order" in answer.text
    assert CustomOrder.objects.count() == 1


def test_lines_of_a_draft_are_changed_and_struck_out(client: Client):
    item = make_item()
    order = make_order((item, 1), (item, 2))
    first, second = line_of(order), line_of(order, 2)
    rows = [
        {
            "id": line.pk,
            "item": item.pk,
            "quantity": "7",
            "due_date": "2026-03-13",
            "priority": "2",
            "unit_price": "0",
        }
        for line in (first, second)
    ]

    answer = client.post(f"{LIST}{order.pk}/change/", typed(order, rows[0], rows[1] | {"DELETE": "on"}))

    assert answer.status_code == 302, answer.text
    assert [line.quantity for line in order.lines.all()] == [7]


def test_a_line_keeps_its_item(client: Client):
    item = make_item()
    order = make_order((item, 1))
    line = line_of(order)
    row = {"id": line.pk, "quantity": "1", "due_date": "2026-03-13", "priority": "2", "unit_price": "0"}

    answer = client.post(f"{LIST}{order.pk}/change/", typed(order, row | {"item": make_item().pk}))

    assert "Strike this line out" in answer.text
    assert line_of(order).item == item


def test_an_order_page_shows_what_is_unproven_where_it_comes_from_and_the_customers_link(client: Client):
    item = make_item()
    lot = make_lot(item, 5)
    asked = (Asked("document", "Certificate of conformity"),)
    order = make_order((item, 5, FRIDAY, 2, None, asked), confirmed=True)

    page = client.get(f"{LIST}{order.pk}/change/").text

    for told in (
        "Certificate of conformity",
        "Waits for our certificate of conformity: issue it for the line once everything else is proven.",
        f"/admin/orders/orderline/{line_of(order).pk}/do/certificate-of-conformity/",
        lot.number,
        order.tracking_token,
        "Prove…",
        "<td>Set aside</td>",
    ):
        assert told in page


def test_the_certificate_is_the_thing_to_do_once_nothing_keeps_it_waiting(client: Client):
    part = make_part()
    make_lot(part.bar, 100)
    asked = [Asked("document", "Certificate of conformity")]
    order = make_order((part.item, 4, FRIDAY, 2, None, asked), confirmed=True)
    button = f'hx-get="/admin/orders/orderline/{line_of(order).pk}/do/certificate-of-conformity/"'

    def offered() -> tuple[str, str]:
        """The page, and the button's own tag."""
        page = client.get(f"{LIST}{order.pk}/change/").text
        end = page.index(button)
        return page, page[page.rindex("<a ", 0, end) : end]

    page, tag = offered()
    assert 'class="mes-button"' in tag
    assert "Nothing is set aside for it yet." in page
    make_it(order)
    page, tag = offered()
    assert 'class="mes-button main"' in tag
    assert "Nothing is set aside" not in page
    (lot,) = lots_of(production_of(order))
    quality.open_nonconformance(lot, Decimal(1), "Scratch", by=make_user(), at=MONDAY)
    page, tag = offered()
    assert 'class="mes-button"' in tag
    assert f"of lot {lot} is undecided." in page


def test_an_order_is_confirmed_shipped_and_proven_by_its_buttons(client: Client):
    item = make_item()
    make_lot(item, 5)
    order = make_order((item, 5, FRIDAY, 2, None, (Asked("document", "Certificate"),)))
    requirement = line_of(order).requirements.get()

    client.post(f"{LIST}{order.pk}/do/confirm/")
    refused = client.post(f"{LIST}{order.pk}/do/ship/", {"carrier": "DHL"})
    assert "“Certificate”" in refused.text
    client.post(f"/admin/orders/requirement/{requirement.pk}/do/prove/", {"evidence": "CoC 7"})
    client.post(f"{LIST}{order.pk}/do/ship/", {"carrier": "DHL"})

    order.refresh_from_db()
    assert order.status == CustomOrder.Status.SHIPPED
    assert order.shipments.get().carrier == "DHL"


def test_a_requirement_is_stated_and_a_line_amended_by_their_buttons(client: Client):
    order = make_order((make_part().item, 2))
    line = line_of(order)

    client.post(f"/admin/orders/orderline/{line.pk}/do/require/", {"kind": "packaging", "text": "VCI bag"})
    client.post(f"/admin/orders/orderline/{line.pk}/do/amend/", {"quantity": "3", "reason": "Phone"})

    assert line.requirements.get().text == "VCI bag"
    assert line_of(order).quantity == 3


@pytest.mark.parametrize(
    ("page", "queries"),
    [("customorder", 9), ("orderline", 9), ("requirement", 8), ("shipment", 8), ("customer", 9)],
)
def test_lists_take_the_same_queries_however_long(
    client: Client, page: str, queries: int, django_assert_max_num_queries: Callable[[int], Any]
):
    item = make_item()
    make_lot(item, 50)
    for _ in range(5):
        order = make_order(
            (item, 1, FRIDAY, 2, None, (Asked("document", "X"),)), (make_part().item, 1), confirmed=True
        )
        services.prove_requirement(line_of(order).requirements.get(), "Y", by=make_user(), at=MONDAY)
        services.ship(order, by=make_user(), at=MONDAY)
    client.get("/admin/orders/customer/")

    with django_assert_max_num_queries(queries):
        assert client.get(f"/admin/orders/{page}/").status_code == 200


def test_the_list_of_lines_writes_units_as_people_do(client: Client):
    make_order((make_item(uom="KGM"), 7))

    assert "7 kg" in client.get("/admin/orders/orderline/").text


def test_who_may_change_lines_may_cover_them_from_the_console(client: Client):
    item = make_item(supply="buy")
    lot = make_lot(item, 3)
    order = make_order((item, 3), confirmed=True)
    inventory.release_reservation(Reservation.objects.get(lot=lot), by=make_user(), at=MONDAY)
    covering = f"/console/do/cover/{line_of(order).pk}/"

    for number, permission in enumerate(("orders.change_customorder", "orders.change_orderline")):
        client.force_login(a_user(f"planner{number}", permission, is_staff=True))
        client.post(covering)
        assert Reservation.objects.open().filter(lot=lot).exists() == (
            permission == "orders.change_orderline"
        )


def test_who_begins_an_amendment_goes_on_to_its_page(client: Client):
    order = make_order((make_item(supply="buy"), 3), confirmed=True)
    here = f"http://testserver{LIST}{order.pk}/change/"

    answer = client.post(
        f"{LIST}{order.pk}/do/amend-what-is-asked/",
        {"reason": "Change note 7"},
        headers={"HX-Request": "true", "HX-Current-URL": here},
    )

    assert answer["HX-Redirect"] == f"/admin/orders/amendment/{order.amendments.get().pk}/change/"
    assert "stays as it is; this is" in client.get(answer["HX-Redirect"]).text


def test_what_is_put_in_the_place_of_a_requirement_begins_as_that_requirement(client: Client):
    asked = [Asked("characteristic", "Tight bore", characteristic_name="Bore", lower_limit=Decimal("9.5"))]
    order = make_order((make_part().item, 4, FRIDAY, 2, None, asked), confirmed=True)
    amendment = services.propose_amendment(order, "Change note 7", by=make_user(), at=MONDAY)

    dialog = client.get(f"/admin/orders/amendment/{amendment.pk}/do/ask/").text

    found = re.search(r'data-fills="([^"]*)"', dialog)
    assert found is not None
    line = line_of(order)
    filled = json.loads(html.unescape(found[1]))[str(line.requirements.get().pk)]
    assert (filled["line"], filled["kind"], filled["text"]) == (str(line.pk), "characteristic", "Tight bore")
    assert (filled["characteristic_name"], filled["lower_limit"], filled["upper_limit"]) == (
        "Bore",
        "9.5",
        "",
    )
    assert (filled["component_number"], filled["step_sequence"]) == ("", "")


def test_a_concession_begins_with_what_the_customer_agreed_to_of_these_goods(client: Client):
    part = make_part()
    make_lot(part.bar, 100)
    order = make_order((part.item, 4, FRIDAY, 2, None, [Asked("marking", "Engraved")]), confirmed=True)
    make_it(order)
    dialog = f"/admin/orders/requirement/{line_of(order).requirements.get().pk}/do/concession/"
    assert "MRB-3" not in client.get(dialog).text
    (lot,) = lots_of(production_of(order))
    who: dict[str, Any] = {"by": make_user(), "at": MONDAY}
    report = quality.open_nonconformance(lot, Decimal(1), "Printed, not engraved", **who)
    quality.decide_nonconformance(report, "use_as_is", "Readable", customer_agreement="MRB-3", **who)

    assert re.search(
        r'name="customer_agreement" value="MRB-3"|value="MRB-3"[^>]*name="customer_agreement"',
        client.get(dialog).text,
    )


def test_orders_are_found_by_state(client: Client):
    make_order((make_item(), 1))
    month_ago, yesterday = MONDAY - timedelta(days=30), MONDAY.date() - timedelta(days=1)
    late = make_order((make_item(supply="buy"), 1, yesterday), confirmed=True, at=month_ago)

    page = client.get(f"{LIST}?state=late").text

    assert f">{late}<" in page
    assert "1 " in page
    assert OrderLine.objects.with_progress().filter(state="late").get().order == late


def test_what_a_requirement_may_bind_is_suggested_from_the_plans_in_force(client: Client):
    part = make_part()
    line = line_of(make_order((part.item, 1)))

    dialog = client.get(f"/admin/orders/orderline/{line.pk}/do/require/").content.decode()

    assert f'<option value="{part.bar.number}">' in dialog
    assert '<option value="20">Turn</option>' in dialog
    assert "Hardness" in dialog
    assert "36 to 42" in dialog
    assert 'list="places-step_sequence"' in dialog


def test_a_requirement_of_what_nobody_has_said_how_to_make_is_typed_without_suggestions(client: Client):
    line = line_of(make_order((make_item(supply="make"), 1)))

    assert client.get(f"/admin/orders/orderline/{line.pk}/do/require/").status_code == 200
