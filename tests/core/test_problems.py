"""Every failure of the API has one shape, tells what to do, and leaks nothing."""

import logging
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.models import ProtectedError
from rest_framework import exceptions, serializers
from rest_framework.test import APIClient

from mes.core import outbox
from mes.core.models import Fact, FactDelivery, SignaturePolicy
from mes.core.problems import problem_of
from mes.core.refusals import DomainError, InvalidInput
from mes.core.tokens import LoginThrottle
from tests.core.ground import Subscribe, a_user, client_of, ring
from tests.plant import MONDAY

pytestmark = pytest.mark.django_db


class ShelfFull(DomainError):
    code = "inventory.shelf_full"
    title = "The shelf is full"


class Line(serializers.Serializer[Any]):
    quantity = serializers.DecimalField(max_digits=9, decimal_places=3)


class Order(serializers.Serializer[Any]):
    customer = serializers.CharField()
    lines = Line(many=True)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        raise serializers.ValidationError("Nothing to order.", code="empty")


def problem(response: Any, status: int) -> dict[str, Any]:
    """The body, once it is what RFC 9457 asks for."""
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert response.status_code == body["status"] == status
    assert {"type", "title", "status", "detail", "instance", "code", "remedy"} <= body.keys()
    assert body["type"] == f"urn:mes:problem:{body['code']}"
    return body


@pytest.fixture
def planner() -> APIClient:
    return client_of(
        a_user("planner", "core.view_fact", "core.view_factdelivery", "core.change_factdelivery")
    )


@pytest.fixture
def delivery(subscribe: Subscribe) -> FactDelivery:
    subscribe("door", lambda fact: None)
    ring(7)
    return FactDelivery.objects.get()


# --- over HTTP -------------------------------------------------------------------------------------------------------


def test_a_refusal_reaches_the_client_with_its_code_and_remedy(planner: APIClient, delivery: FactDelivery):
    response = planner.post(f"/api/v1/fact-deliveries/{delivery.pk}/retry/")

    assert problem(response, 409) == {
        "type": "urn:mes:problem:illegal_transition",
        "title": "Not possible in this status",
        "status": 409,
        "detail": f"{delivery} is pending already.",
        "instance": f"/api/v1/fact-deliveries/{delivery.pk}/retry/",
        "code": "illegal_transition",
        "remedy": "From here it can become: done, parked.",
    }
    assert FactDelivery.objects.get().status == "pending"


def test_a_wrong_filter_is_named_as_a_parameter(planner: APIClient):
    body = problem(planner.get("/api/v1/facts/?recorded_at__gte=soon"), 400)

    assert body["code"] == "invalid_input"
    assert [(error["parameter"], error["code"]) for error in body["errors"]] == [
        ("recorded_at__gte", "invalid")
    ]


def test_an_unknown_row_is_a_404(planner: APIClient):
    assert problem(planner.get("/api/v1/facts/999/"), 404)["code"] == "not_found"


def test_an_unknown_route_is_a_404_in_json_too():
    body = problem(client_of().post("/api/v1/no-such-thing/"), 404)

    assert (body["detail"], body["remedy"]) == (
        "There is no such route.",
        "See /api/docs/ for those that there are.",
    )


def test_a_page_too_far_is_a_404(planner: APIClient):
    told = problem(planner.get("/api/v1/facts/?page=99"), 404)

    assert told["detail"] == "There is no such page."
    assert told["remedy"].startswith("Begin with the first and follow `next`")


def test_a_write_to_a_read_only_list_is_a_405(planner: APIClient):
    adder = client_of(a_user("adder", "core.add_fact"))

    assert problem(adder.post("/api/v1/facts/", {}), 405)["code"] == "method_not_allowed"


def test_a_body_that_is_no_json_is_a_400():
    response = client_of().post("/api/v1/tokens/", "{broken", content_type="application/json")

    body = problem(response, 400)
    assert body["code"] == "parse_error"
    assert body["remedy"].startswith("Send a body that is well-formed")


def test_a_body_of_an_unknown_kind_is_a_415():
    response = client_of().post("/api/v1/tokens/", "<a/>", content_type="application/xml")

    assert problem(response, 415)["code"] == "unsupported_media_type"


def test_missing_fields_are_pointed_at():
    body = problem(client_of().post("/api/v1/tokens/", {"username": "ada"}, format="json"), 400)

    assert body["errors"] == [
        {"pointer": "#/password", "detail": "This field is required.", "code": "required"}
    ]


def test_an_unknown_caller_is_asked_to_show_a_token():
    response = client_of().get("/api/v1/facts/")

    body = problem(response, 401)
    assert body["code"] == "not_authenticated"
    assert "/api/v1/tokens/" in body["remedy"]
    assert response["WWW-Authenticate"] == "Token"


def test_reading_needs_the_view_permission():
    assert problem(client_of(a_user()).get("/api/v1/facts/"), 403)["code"] == "permission_denied"


def test_a_service_needs_its_permission(delivery: FactDelivery):
    delivery.move_to("parked")
    reader = client_of(a_user("reader", "core.view_factdelivery"))

    problem(reader.post(f"/api/v1/fact-deliveries/{delivery.pk}/retry/"), 403)

    assert FactDelivery.objects.get().status == "parked"


def test_who_guesses_passwords_is_told_when_to_come_back_whatever_address_is_made_up(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(LoginThrottle, "THROTTLE_RATES", {"login": "2/min"})
    client = client_of()
    guess = {"username": "ada", "password": "guess"}
    for made_up in ("192.0.2.1", "192.0.2.2"):
        client.post("/api/v1/tokens/", guess, format="json", headers={"X-Forwarded-For": made_up})

    response = client.post("/api/v1/tokens/", guess, format="json", headers={"X-Forwarded-For": "192.0.2.3"})

    assert problem(response, 429)["code"] == "throttled"
    assert 0 < int(response["Retry-After"]) <= 60


def test_a_bug_is_logged_and_told_without_details(
    planner: APIClient,
    delivery: FactDelivery,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(FactDelivery, "move_to", lambda *_, **__: 1 // 0)
    planner.raise_request_exception = False

    with caplog.at_level(logging.ERROR, logger="mes.core.problems"):
        response = planner.post(f"/api/v1/fact-deliveries/{delivery.pk}/retry/")

    body = problem(response, 500)
    assert body["detail"] == "The server failed to handle this request. It has been logged."
    assert "ZeroDivisionError" not in response.content.decode()
    assert "ZeroDivisionError" in caplog.text


# --- one by one ------------------------------------------------------------------------------------------------------


def test_errors_of_nested_input_point_into_the_body():
    order = Order(data={"customer": "a/b", "lines": [{"quantity": "1"}, {"quantity": "many"}]})
    order.is_valid()

    found = problem_of(exceptions.ValidationError(order.errors))

    assert found is not None
    assert found.errors == [
        {"pointer": "#/lines/1/quantity", "detail": "A valid number is required.", "code": "invalid"}
    ]


def test_an_error_of_the_whole_input_points_at_its_root_and_odd_names_are_escaped():
    order = Order(data={"customer": "Ada", "lines": []})
    order.is_valid()

    whole = problem_of(exceptions.ValidationError(order.errors))
    odd = problem_of(exceptions.ValidationError({"a/b~c": ["No."]}))

    assert whole is not None
    assert odd is not None
    assert whole.errors == [{"pointer": "#", "detail": "Nothing to order.", "code": "empty"}]
    assert odd.errors[0]["pointer"] == "#/a~1b~0c"


def test_a_model_that_refuses_its_values_is_invalid_input():
    found = problem_of(ValidationError({"quantity": ["Above zero, please."]}))

    assert found is not None
    assert (found.status, found.code) == (400, "invalid_input")
    assert found.errors == [{"pointer": "#/quantity", "detail": "Above zero, please.", "code": "invalid"}]


def test_a_model_that_would_break_a_rule_says_it_in_words():
    with pytest.raises(ValidationError) as failure:
        SignaturePolicy(kind="core.fact", meaning="review", before="review", count=1).full_clean()

    found = problem_of(failure.value)

    assert found is not None
    assert [error["detail"] for error in found.errors] == [
        "It would break a rule: a signature does not go before itself."
    ]


def test_a_refusal_may_blame_fields_and_choose_its_status():
    found = problem_of(InvalidInput("No such shelf.", errors={"shelf": ["Unknown shelf."]}))

    assert found is not None
    assert found.status == 422
    assert found.errors == [{"pointer": "#/shelf", "detail": "Unknown shelf.", "code": "invalid_input"}]


def test_a_refusal_reads_as_one_sentence_after_another():
    found = problem_of(ShelfFull("Shelf 7 holds 3 crates.", remedy="Use shelf 8."))

    assert found is not None
    assert found.sentence == "Shelf 7 holds 3 crates. Use shelf 8."


def test_a_rule_of_the_database_is_read_out_by_its_name(delivery: FactDelivery):
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        FactDelivery.objects.create(fact=delivery.fact, subscriber=delivery.subscriber)

    found = problem_of(failure.value)

    assert found is not None
    assert (found.status, found.code) == (409, "conflict")
    assert found.detail == "It would break a rule: one delivery per fact and subscriber."


def test_an_unnamed_rule_is_told_without_the_values():
    a_user("ada")
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        a_user("ada")

    found = problem_of(failure.value)

    assert found is not None
    assert found.detail == "Another row already has these values."


def test_what_a_trigger_refuses_is_a_conflict():
    ring(7)
    with pytest.raises(DatabaseError) as failure, transaction.atomic():
        Fact.objects.update(name="rewritten")

    found = problem_of(failure.value)

    assert found is not None
    assert (found.status, found.code) == (409, "conflict")
    assert "core_fact" not in found.sentence


def test_a_row_that_others_refer_to_is_still_in_use(delivery: FactDelivery):
    with pytest.raises(ProtectedError) as failure:
        delivery.fact.delete()

    found = problem_of(failure.value)

    assert found is not None
    assert (found.status, found.code) == (409, "still_in_use")
    assert found.detail == "This cannot be deleted: fact deliveries refer to it."


@pytest.mark.django_db(transaction=True)
def test_a_row_locked_by_another_is_busy_and_may_be_tried_again(delivery: FactDelivery, subscribe: Subscribe):
    with transaction.atomic():
        FactDelivery.objects.select_for_update().get()
        other = connection.copy()
        try:
            with (
                pytest.raises(OperationalError) as failure,
                other.wrap_database_errors,
                other.cursor() as cursor,
            ):
                cursor.execute("SELECT 1 FROM core_factdelivery FOR UPDATE NOWAIT")
        finally:
            other.close()

    found = problem_of(failure.value)

    assert found is not None
    assert (found.status, found.code, found.headers) == (503, "busy", {"Retry-After": "1"})


def test_a_mistake_in_our_own_sql_is_a_bug():
    with pytest.raises(DatabaseError) as failure, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column FROM core_fact")

    assert problem_of(failure.value) is None
    assert problem_of(KeyError("x")) is None


def test_a_service_endpoint_answers_with_the_row_read_afresh(planner: APIClient, delivery: FactDelivery):
    delivery.move_to("parked", attempts=8)

    response = planner.post(f"/api/v1/fact-deliveries/{delivery.pk}/retry/")

    assert response.status_code == 200
    assert (response.json()["status"], response.json()["attempts"]) == ("pending", 0)
    assert outbox.dispatch_facts(at=MONDAY).delivered == 0  # due from the moment it was asked for, not before


def test_wrong_credentials_are_told_what_happens_after_too_many():
    body = problem(
        client_of().post("/api/v1/tokens/", {"username": "ada", "password": "guess"}, format="json"), 401
    )

    assert (body["code"], body["remedy"].partition(";")[0]) == (
        "wrong_credentials",
        "Check both and try again",
    )
