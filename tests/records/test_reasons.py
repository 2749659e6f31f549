"""What is regulated changes only with a reason: in the console, on the API, and kept in the trail."""

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from inventory.models import Item
from mes.core.trail import Asked, entries
from tests.plant import make_item, make_user

pytestmark = pytest.mark.django_db


def an_api() -> APIClient:
    client = APIClient()
    client.force_authenticate(make_user(is_superuser=True))
    return client


def cost_of(item: Item) -> str:
    return f"{Item.objects.get(pk=item.pk).lead_time_days}"


def test_the_api_refuses_a_change_of_a_regulated_item_without_a_reason():
    item = make_item(is_regulated=True)

    refused = an_api().patch(f"/api/v1/items/{item.pk}/", {"lead_time_days": 9}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (422, "core.change_reason_missing")
    assert cost_of(item) == "7"


def test_with_a_reason_it_is_changed():
    item = make_item(is_regulated=True)

    answer = an_api().patch(
        f"/api/v1/items/{item.pk}/",
        {"lead_time_days": 9},
        format="json",
        headers={"X-Change-Reason": "New supplier"},
    )

    assert answer.status_code == 200
    assert entries(Asked(kind="inventory.item", key=item.pk))[0].why == "New supplier"


def test_any_other_item_needs_none():
    item = make_item()

    assert (
        an_api().patch(f"/api/v1/items/{item.pk}/", {"lead_time_days": 9}, format="json").status_code == 200
    )


def test_nobody_takes_the_mark_off_without_a_reason():
    item = make_item(is_regulated=True)

    refused = an_api().patch(f"/api/v1/items/{item.pk}/", {"is_regulated": False}, format="json")

    assert refused.status_code == 422
    assert Item.objects.get(pk=item.pk).is_regulated


def test_the_console_asks_for_it_and_keeps_what_was_typed():
    item = make_item(is_regulated=True)
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:inventory_item_delete", args=[item.pk])

    client.post(address, {"post": "yes"})

    assert Item.objects.filter(pk=item.pk).exists()
