"""Orders over HTTP: the same services, the same refusals, lists of a constant number of queries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Lot
from orders.models import CustomOrder, Offer, OrderLine
from tests.clock import set_clock
from tests.core.ground import a_user, client_of
from tests.orders.desk import FRIDAY, Asked, line_of, make_customer, make_order, make_part
from tests.plant import MONDAY, make_item, make_lot, make_site
from tests.shop import make_made_item, make_operator, make_work_center

pytestmark = pytest.mark.django_db
MAY_SELL = (
    "orders.add_customorder",
    "orders.change_customorder",
    "orders.view_customorder",
    "orders.change_orderline",
    "orders.delete_orderline",
    "orders.view_orderline",
    "orders.change_requirement",
    "orders.view_requirement",
    "orders.view_promise",
    "orders.view_offer",
    "orders.add_offer",
    "orders.change_offer",
    "orders.view_shipment",
    "orders.add_shipment",
)


@pytest.fixture
def client() -> Any:
    return client_of(a_user("seller", *MAY_SELL))


def test_an_order_is_entered_with_its_lines_and_what_they_require(client: Any):
    part = make_part()
    body = {
        "customer": make_customer().pk,
        "customer_reference": "4500-17",
        "lines": [
            {
                "item": part.item.pk,
                "quantity": "4",
                "due_date": str(FRIDAY),
                "requirements": [{"kind": "document", "text": "Certificate of conformity"}],
            }
        ],
    }

    answer = client.post("/api/v1/orders/", body, format="json")

    assert answer.status_code == 201, answer.json()
    made = answer.json()
    assert made["state"] == "draft"
    assert [line["quantity"] for line in made["lines"]] == ["4.0000"]
    assert made["tracking_url"].startswith("http://testserver/track/")
    again = client.post("/api/v1/orders/", body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "orders.duplicate_reference")
    assert CustomOrder.objects.count() == 1


def test_an_order_is_confirmed_amended_and_called_off(client: Any):
    order = make_order((make_part().item, 4))

    confirmed = client.post(f"/api/v1/orders/{order.pk}/confirm/").json()
    assert (confirmed["status"], confirmed["state"]) == ("confirmed", "on_time")
    refused = client.post(f"/api/v1/orders/{order.pk}/confirm/")
    assert (refused.status_code, refused.json()["code"]) == (409, "orders.already_confirmed")

    line = line_of(order)
    amended = client.post(f"/api/v1/order-lines/{line.pk}/amend/", {"quantity": "6"}, format="json").json()
    assert (amended["quantity"], amended["uncovered_quantity"]) == ("6.0000", "0.0000")

    cancelled = client.post(
        f"/api/v1/orders/{order.pk}/cancel/", {"reason": "No budget"}, format="json"
    ).json()
    assert (cancelled["status"], cancelled["state"]) == ("cancelled", "cancelled")


def test_evidence_is_read_proven_and_then_shipped(client: Any):
    item = make_item()
    lot = make_lot(item, 5)
    order = make_order((item, 5, FRIDAY, 2, None, (Asked("document", "Test report"),)), confirmed=True)

    (open_proof,) = client.get(f"/api/v1/orders/{order.pk}/evidence/").json()
    assert open_proof["is_open"] is True
    refused = client.post(f"/api/v1/orders/{order.pk}/ship/", {}, format="json").json()
    assert refused["code"] == "orders.requirement_unproven"

    requirement = open_proof["requirement"]["id"]
    client.post(f"/api/v1/requirements/{requirement}/prove/", {"evidence": "TR-9"}, format="json")
    picks = [{"line": line_of(order).pk, "lot": lot.pk, "quantity": "2"}]
    shipped = client.post(
        f"/api/v1/orders/{order.pk}/ship/", {"lots": picks, "carrier": "DHL"}, format="json"
    ).json()

    assert [(row["lot_number"], row["quantity"]) for row in shipped["lines"]] == [(lot.number, "2.0000")]
    assert client.get(f"/api/v1/shipments/?order={order.pk}").json()["count"] == 1
    assert client.get(f"/api/v1/order-lines/{line_of(order).pk}/").json()["shipped_quantity"] == "2.0000"
    assert Lot.objects.with_on_hand().get(pk=lot.pk).on_hand == 3


def test_the_matrix_warns_of_a_qualification_that_nobody_holds_until_somebody_does(client: Any):
    part = make_part()
    asked = Asked("process", "Turned by a level II", step_sequence=20, qualification="TURN-II")
    order = make_order(
        (part.item, 4, FRIDAY, 2, None, (asked, Asked("document", "Test report"))), confirmed=True
    )

    def warnings() -> list[str]:
        return [each["warning"] for each in client.get(f"/api/v1/orders/{order.pk}/evidence/").json()]

    of_step, of_paper = warnings()
    assert of_step.startswith("Nobody holds TURN-II: step 20 cannot start. Train somebody and enter it")
    assert of_paper == ""
    make_operator(part.item.site, "TURN-II")

    assert warnings() == ["", ""]


def test_an_empty_choice_of_what_to_ship_and_a_negative_price_are_refused(client: Any):
    item = make_item()
    make_lot(item, 5)
    order = make_order((item, 5), confirmed=True)

    for name in ("lines", "lots"):
        refused = client.post(f"/api/v1/orders/{order.pk}/ship/", {name: []}, format="json")
        assert (refused.status_code, name in str(refused.json()["errors"])) == (400, True)
    line = f"/api/v1/order-lines/{line_of(order).pk}/amend/"
    refused = client.post(line, {"unit_price": "-1"}, format="json")
    assert (refused.status_code, "unit_price" in str(refused.json()["errors"])) == (400, True)

    order.refresh_from_db()
    assert order.status == "confirmed"


def test_a_promise_is_made_over_http(client: Any):
    order = make_order((make_item(supply="buy"), 5), confirmed=True)
    line = line_of(order)

    answer = client.post(
        f"/api/v1/order-lines/{line.pk}/promise/", {"promised_date": "2099-01-01"}, format="json"
    )

    assert answer.json()["binding"] == "Agreed with the customer"
    assert client.get(f"/api/v1/promised-dates/?line={line.pk}").json()["count"] == 2
    past = client.post(
        f"/api/v1/order-lines/{line.pk}/promise/", {"promised_date": "2020-01-01"}, format="json"
    )
    assert (past.status_code, past.json()["code"]) == (422, "orders.promised_in_the_past")


def test_a_line_leaves_its_draft_and_no_other(client: Any):
    order = make_order((make_item(supply="buy"), 5), (make_item(supply="buy"), 1))
    line = line_of(order)

    assert client.delete(f"/api/v1/order-lines/{line.pk}/").status_code == 204
    client.post(f"/api/v1/orders/{order.pk}/confirm/")
    refused = client.delete(f"/api/v1/order-lines/{line_of(order, 2).pk}/")

    assert (refused.status_code, refused.json()["code"]) == (409, "orders.not_draft")
    assert OrderLine.objects.count() == 1


def test_lists_filter_by_state_and_take_the_same_queries_however_long(
    client: Any, django_assert_max_num_queries: Callable[[int], Any]
):
    for _ in range(6):
        make_order((make_part().item, 2), (make_item(supply="buy"), 2), confirmed=True)
    make_order((make_item(), 2))
    client.get("/api/v1/orders/")  # fills the user's cached permissions

    with django_assert_max_num_queries(4):
        assert client.get("/api/v1/orders/").json()["count"] == 7
    with django_assert_max_num_queries(2):
        assert client.get("/api/v1/order-lines/").json()["count"] == 13
    assert client.get("/api/v1/orders/?state=draft").json()["count"] == 1
    set_clock(MONDAY + timedelta(days=30))
    assert client.get("/api/v1/order-lines/?state=late").json()["count"] == 12, "they were due in March"


def test_who_may_only_look_may_not_confirm():
    order = make_order((make_item(supply="buy"), 5))
    looking = client_of(a_user("looker", "orders.view_customorder"))

    assert looking.get(f"/api/v1/orders/{order.pk}/").status_code == 200
    assert looking.post(f"/api/v1/orders/{order.pk}/confirm/").status_code == 403

    order.refresh_from_db()
    assert order.status == "draft"


def test_a_promise_is_asked_for_held_and_accepted_over_http(client: Any):
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site, strategy="mto")
    wanted = str(timezone.localdate() + timedelta(days=20))
    question = {"item": item.pk, "quantity": "5", "wanted_date": wanted, "priority": 1}

    asked = client.post("/api/v1/promises/ask/", question, format="json")
    assert (asked.status_code, asked.json()["promised_date"], Offer.objects.count()) == (200, wanted, 0)

    answer = client.post("/api/v1/promises/", question | {"inquiry": "RFQ-7"}, format="json")
    made = answer.json()
    assert (answer.status_code, made["status"], made["promised_date"]) == (201, "open", wanted)
    assert made["answer"]["binding_kind"] == "hold"
    assert made["answer"]["if_others_move"] is None
    assert len(made["held"]) == 1
    again = client.post("/api/v1/promises/", question | {"inquiry": "RFQ-7"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "orders.duplicate_inquiry")

    body = {"customer": make_customer().pk, "customer_reference": "4500-9"}
    accepted = client.post(f"/api/v1/promises/{made['id']}/accept/", body, format="json").json()
    assert accepted["status"] == "accepted"
    order = client.get(f"/api/v1/orders/{accepted['order']}/").json()
    assert (order["status"], order["lines"][0]["promised_date"]) == ("confirmed", wanted)
    twice = client.post(f"/api/v1/promises/{made['id']}/accept/", body, format="json")
    assert (twice.status_code, twice.json()["code"]) == (409, "orders.offer_not_open")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"item": 0}, 400, "#/item"),
        ({"quantity": "many"}, 400, "#/quantity"),
        ({"quantity": "0.5"}, 422, "#/quantity"),
        ({"quantity": "-1"}, 422, "#/quantity"),
        ({"wanted_date": "2020-01-01"}, 422, "#/wanted_date"),
        ({"wanted_date": "soon"}, 400, "#/wanted_date"),
        ({"priority": 7}, 400, "#/priority"),
        ({"hold_hours": "0"}, 422, "#/hold_hours"),
        ({"customer": 0}, 400, "#/customer"),
    ],
)
def test_a_question_is_refused_at_the_field_that_is_wrong(client: Any, change, status, field):
    wanted = str(timezone.localdate() + timedelta(days=20))
    question = {"item": make_made_item().pk, "quantity": "5", "wanted_date": wanted}

    refused = client.post("/api/v1/promises/", question | change, format="json")

    assert (refused.status_code, refused["Content-Type"]) == (status, "application/problem+json")
    assert [error["pointer"] for error in refused.json()["errors"]] == [field]
    assert not Offer.objects.exists()


def test_a_list_of_offers_takes_the_same_queries_however_long(
    client: Any, django_assert_max_num_queries: Callable[[int], Any]
):
    item = make_made_item(strategy="mto")
    wanted = str(timezone.localdate() + timedelta(days=20))
    for _ in range(6):
        client.post(
            "/api/v1/promises/", {"item": item.pk, "quantity": "1", "wanted_date": wanted}, format="json"
        )

    with django_assert_max_num_queries(12):
        rows = client.get("/api/v1/promises/?status=open").json()["results"]

    assert [len(row["held"]) for row in rows] == [1] * 6
