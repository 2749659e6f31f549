"""The API's defaults: pages, order, tokens, and a schema without warnings."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers
from rest_framework.test import APIRequestFactory, force_authenticate

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from mes.core.models import Fact, FactDelivery, User
from tests.core.ground import NOON, a_user, client_of, ring

pytestmark = pytest.mark.django_db


def test_lists_come_in_pages_newest_first_with_a_count(django_assert_num_queries: Callable[[int], Any]):
    ring(*range(60))
    client = client_of(a_user("reader", "core.view_fact"))
    client.get("/api/v1/facts/")  # fills the user's cached permissions

    with django_assert_num_queries(2):
        first = client.get("/api/v1/facts/").json()
    second = client.get("/api/v1/facts/?page=2").json()

    assert first["count"] == 60
    assert [len(first["results"]), len(second["results"])] == [50, 10]
    numbers = [row["payload"]["number"] for row in first["results"] + second["results"]]
    assert numbers == list(reversed(range(60)))


def test_a_page_holds_five_hundred_rows_at_most():
    ring(*range(510))
    client = client_of(a_user("reader", "core.view_fact"))

    assert len(client.get("/api/v1/facts/?page_size=100000").json()["results"]) == 500
    assert len(client.get("/api/v1/facts/?page_size=7").json()["results"]) == 7


def test_the_log_can_be_followed_from_the_last_fact_seen():
    ring(1, 2, 3)
    client = client_of(a_user("reader", "core.view_fact"))
    seen = Fact.objects.order_by("id")[0].pk

    found = client.get(f"/api/v1/facts/?ordering=id&id__gt={seen}&name=core.BellRang").json()

    assert [row["payload"]["number"] for row in found["results"]] == [2, 3]


def test_a_token_opens_the_api_until_it_is_given_back():
    a_user("reader", "core.view_fact", password="correct horse battery")
    client = client_of()

    made = client.post(
        "/api/v1/tokens/", {"username": "reader", "password": "correct horse battery"}, format="json"
    )
    assert made.status_code == 201
    client.credentials(HTTP_AUTHORIZATION=f"Token {made.json()['token']}")

    assert client.get("/api/v1/facts/").status_code == 200
    assert client.delete("/api/v1/tokens/").status_code == 204
    assert client.get("/api/v1/facts/").status_code == 401


@pytest.mark.parametrize("credentials", [("reader", "wrong"), ("nobody", "correct horse battery")])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(credentials: tuple[str, str]):
    a_user("reader", password="correct horse battery")
    username, password = credentials

    response = client_of().post(
        "/api/v1/tokens/", {"username": username, "password": password}, format="json"
    )

    assert response.status_code == 401
    assert response.json()["code"] == "wrong_credentials"


def test_an_account_that_was_closed_gets_no_token():
    a_user("reader", password="correct horse battery", is_active=False)

    response = client_of().post(
        "/api/v1/tokens/", {"username": "reader", "password": "correct horse battery"}, format="json"
    )

    assert response.status_code == 401


class ParkInput(serializers.Serializer[Any]):
    error = serializers.CharField()


class CountOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class DeliverySerializer(serializers.ModelSerializer[FactDelivery]):
    class Meta:
        model = FactDelivery
        fields = ["id", "status", "error"]


def deliver_by_hand(*, error: str, by: User, at: object) -> FactDelivery:
    """Write a delivery down.

    More about it.

    :raises Nothing: ever.
    """
    return FactDelivery.objects.create(fact=Fact.objects.get(), subscriber=by.username, error=error)


def count_errors(delivery: FactDelivery, *, error: str, by: User, at: object) -> dict[str, int]:
    return {"count": len(error)}


def count_all(*, by: User, at: object) -> dict[str, int]:
    return {"count": FactDelivery.objects.count()}


class Desk(ReadViewSet[FactDelivery]):
    queryset = FactDelivery.objects.all()
    serializer_class = DeliverySerializer

    create = create_endpoint(deliver_by_hand, input=ParkInput)
    count_errors = service_endpoint(
        count_errors, input=ParkInput, output=CountOutput, permission="core.view_fact"
    )
    count_all = service_endpoint(count_all, output=CountOutput, detail=False)


def post(action: str, data: dict[str, Any], *permissions: str, **kwargs: Any) -> Any:
    request = APIRequestFactory().post("/", data, format="json")
    force_authenticate(request, a_user("ada", *permissions))
    options = (
        {"permission_classes": getattr(Desk, action).kwargs["permission_classes"]}
        if action != "create"
        else {}
    )
    return Desk.as_view({"post": action}, **options)(request, **kwargs)


def test_creating_through_a_service_answers_201_with_the_viewsets_serializer():
    ring(7)

    response = post("create", {"error": "torn"}, "core.add_factdelivery")

    assert response.status_code == 201
    assert response.data == {"id": FactDelivery.objects.get().pk, "status": "pending", "error": "torn"}


def test_creating_needs_the_add_permission_and_valid_input():
    ring(7)

    assert post("create", {"error": "torn"}, "core.change_factdelivery").status_code == 403
    User.objects.all().delete()
    assert post("create", {}, "core.add_factdelivery").status_code == 400
    assert not FactDelivery.objects.exists()


def test_a_service_may_answer_with_its_own_result():
    ring(7)
    delivery = FactDelivery.objects.create(fact=Fact.objects.get(), subscriber="x", due_at=NOON)

    response = post("count_errors", {"error": "four"}, "core.view_fact", pk=delivery.pk)

    assert response.data == {"count": 4}


def test_a_service_without_an_object_is_an_endpoint_of_the_list():
    assert post("count_all", {}, "core.change_factdelivery").data == {"count": 0}


def test_extra_routes_are_named_after_their_attributes_and_described_by_the_service():
    extras: list[Any] = Desk.get_extra_actions()
    assert {extra.url_path for extra in extras} == {"count_errors", "count_all"}
    assert Desk.create.__doc__ == "Write a delivery down.\n\n    More about it."


def test_an_endpoint_with_nothing_to_answer_is_a_mistake():
    with pytest.raises(TypeError, match="needs an output serializer"):
        service_endpoint(count_all, detail=False)


def test_the_schema_of_the_ground_has_no_warnings(settings: LazySettings):
    GENERATOR_STATS.reset()
    settings.ROOT_URLCONF = "mes.core.urls"

    generator: Any = SchemaGenerator
    schema: dict[str, Any] = generator(urlconf="mes.core.urls").get_schema(request=None, public=True)

    assert not GENERATOR_STATS
    assert {"/facts/", "/facts/{id}/", "/fact-deliveries/{id}/retry/", "/tokens/"} <= schema["paths"].keys()
    retry = schema["paths"]["/fact-deliveries/{id}/retry/"]["post"]
    assert "requestBody" not in retry
    assert retry["description"].startswith("Give a parked delivery a fresh set of attempts")


@pytest.mark.parametrize("page", ["docs", "try"])
def test_the_pages_about_the_api_ask_nothing_of_other_servers(page: str):
    response = client_of().get(f"/api/{page}/")

    assert response.status_code == 200
    assert "://" not in response.content.decode()
