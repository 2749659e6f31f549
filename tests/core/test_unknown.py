"""What a client names that there is not is refused with its name, on every endpoint, and never passed over in silence."""

from typing import Any

import pytest
from rest_framework import exceptions, serializers
from rest_framework.test import APIClient

from inventory.models import Site
from mes.core.models import FactDelivery
from mes.core.unknown import MOST_TOLD, refuse_unknown_fields
from mes.urls import router
from tests.core.ground import Subscribe, a_user, client_of, ring

pytestmark = pytest.mark.django_db
SCHEDULE = r"(?P<schedule_id>\d+)"


@pytest.fixture
def keeper() -> APIClient:
    return client_of(a_user("keeper", is_superuser=True))


def errors(response: Any) -> list[dict[str, str]]:
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    told: list[dict[str, str]] = response.json()["errors"]
    return told


def lists() -> list[str]:
    return [prefix for prefix, _, _ in router.registry] + ["facts", "fact-deliveries", "signatures"]


@pytest.mark.parametrize("prefix", lists())
def test_no_list_passes_over_a_parameter_that_it_does_not_know(keeper: APIClient, prefix: str):
    address = f"/api/v1/{prefix.replace(SCHEDULE, '7')}/"

    (told,) = errors(keeper.get(address, {"no_such_thing": "7"}))

    assert (told["parameter"], told["code"]) == ("no_such_thing", "unknown_parameter")


def test_a_misspelt_filter_is_told_with_those_near_it(keeper: APIClient):
    (told,) = errors(keeper.get("/api/v1/orders/?custommer=7"))

    assert (
        told["detail"]
        == "There is no parameter “custommer” here. Did you mean “customer” or “customer_code”?"
    )


@pytest.mark.parametrize("address", ["machines/?is_active", "items/?is_under_rules", "lots/?in_stock"])
def test_what_is_neither_true_nor_false_does_not_answer_with_every_row(keeper: APIClient, address: str):
    (told,) = errors(keeper.get(f"/api/v1/{address}=maybe"))

    assert told["parameter"] == address.split("?")[1]
    assert told["detail"] == "“maybe” is neither true nor false. Give one of them, or leave it out."
    for value in ("true", "False", "1", "0", ""):
        assert keeper.get(f"/api/v1/{address}={value}").status_code == 200


def test_what_is_asked_for_by_its_key_takes_no_parameters(keeper: APIClient):
    ring(7)
    fact = keeper.get("/api/v1/facts/").json()["results"][0]["id"]

    (told,) = errors(keeper.get(f"/api/v1/facts/{fact}/?name=x"))

    assert told["detail"] == "There is no parameter “name” here: none is asked for. Leave it out."


def test_an_order_that_a_list_does_not_know_is_refused_and_one_that_it_knows_is_kept(keeper: APIClient):
    (told,) = errors(keeper.get("/api/v1/facts/?ordering=-recorded_at,colour"))

    assert (told["parameter"], told["code"]) == ("ordering", "unknown_order")
    assert told["detail"] == (
        "This list is not put in order by “colour”. Give some of: id, recorded_at; with a minus, descending."
    )
    assert keeper.get("/api/v1/facts/?ordering=-recorded_at").status_code == 200


@pytest.mark.parametrize("size", ["0", "-1", "many", "1.5", ""])
def test_a_page_of_no_rows_is_refused(keeper: APIClient, size: str):
    (told,) = errors(keeper.get("/api/v1/facts/", {"page_size": size}))

    assert (told["parameter"], told["detail"]) == ("page_size", "Give 1 to 500 rows.")


def test_a_service_that_asks_for_nothing_takes_nothing(keeper: APIClient, subscribe: Subscribe):
    subscribe("door", lambda fact: None)
    ring(7)
    delivery = FactDelivery.objects.get()
    FactDelivery.objects.update(status=FactDelivery.Status.PARKED)
    address = f"/api/v1/fact-deliveries/{delivery.pk}/retry/"

    (told,) = errors(keeper.post(address, {"attempts": 3}, format="json"))
    listed = errors(keeper.post(address, [3], format="json"))

    assert told["pointer"] == "#/attempts"
    assert told["detail"] == "There is no field “attempts” here: none is asked for. Leave it out."
    assert listed[0]["detail"] == "Nothing is asked for here: send no body."
    assert keeper.post(address, {}, format="json").status_code == 200


def test_settings_are_sent_back_as_they_were_read_but_no_further_field(keeper: APIClient):
    made = keeper.post("/api/v1/sites/", {"code": "S1", "name": "Works"}, format="json").json()
    address = f"/api/v1/sites/{made['id']}/"

    assert keeper.put(address, made | {"name": "Old works"}, format="json").status_code == 200
    (told,) = errors(keeper.patch(address, {"nmae": "New works"}, format="json"))
    (added,) = errors(
        keeper.post("/api/v1/sites/", {"code": "S2", "name": "X", "colour": "red"}, format="json")
    )

    assert told["detail"] == "There is no field “nmae” here. Did you mean “name”?"
    assert added["pointer"] == "#/colour"
    assert list(Site.objects.values_list("code", "name")) == [("S1", "Old works")]


class Line(serializers.Serializer[Any]):
    quantity = serializers.IntegerField()


class Order(serializers.Serializer[Any]):
    customer = serializers.CharField()
    lines = Line(many=True)
    rows = serializers.ListField(child=Line())
    sizes = serializers.DictField(child=Line())


def refused(body: Any) -> Any:
    with pytest.raises(exceptions.ValidationError) as refusal:
        refuse_unknown_fields(Order(), body)
    return refusal.value.detail


def test_an_unknown_field_is_found_however_deep_it_stands():
    found = refused(
        {
            "customer": "Acme",
            "lines": [{"quantity": 1}, {"quantity": 2, "quantiti": 3}],
            "rows": [{"x": 1}],
            "sizes": {"small": {"y": 1}},
        }
    )

    assert set(found) == {"lines", "rows", "sizes"}
    assert found["lines"] == {
        "1": {"quantiti": ["There is no field “quantiti” here. Did you mean “quantity”?"]}
    }
    assert "Known are: quantity." in found["rows"]["0"]["x"][0]
    assert set(found["sizes"]["small"]) == {"y"}


def test_of_very_many_unknown_fields_some_are_told():
    assert len(refused({f"x{number}": 1 for number in range(MOST_TOLD * 3)})) == MOST_TOLD


@pytest.mark.parametrize(
    "body", [None, "text", 7, [], [{"x": 1}], {"lines": "text", "rows": {"x": 1}, "sizes": [1]}]
)
def test_what_has_another_shape_is_left_to_whoever_reads_it(body: Any):
    refuse_unknown_fields(Order(), body)


def test_a_form_writes_what_is_nested_into_the_name(keeper: APIClient):
    body = {"code": "S1", "name": "Works", "csrfmiddlewaretoken": "x"}
    assert keeper.post("/api/v1/sites/", body).status_code == 201

    (told,) = errors(keeper.post("/api/v1/sites/", body | {"place[0]street": "x"}))

    assert told["pointer"] == "#/place"
