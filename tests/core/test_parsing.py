"""Text that no column can hold is refused wherever in a body it stands, with the place named; nothing of it is written."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from inventory.models import Lot
from mes.core.models import User
from tests.core.ground import client_of
from tests.plant import make_item

pytestmark = pytest.mark.django_db
NUL, HALF = "\\u0000", "\\ud800"


@pytest.fixture
def client() -> APIClient:
    return client_of(User.objects.create_superuser("boss"))


def send(client: APIClient, path: str, body: str) -> Any:
    client.raise_request_exception = False
    return client.generic("POST", f"/api/v1/{path}", body, content_type="application/json")


@pytest.mark.parametrize("bad", [NUL, HALF, HALF.upper().replace("U", "u", 1)])
@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ('{"he%sat": "H-7"}', "#/attributes"),
        ('{"heat": "H-7%s"}', "#/attributes/heat"),
    ],
)
def test_a_lot_is_not_received_with_a_character_that_no_column_holds(
    client: APIClient, attributes: str, pointer: str, bad: str
):
    item = make_item()

    refused = send(
        client, "lots/", f'{{"item": {item.pk}, "quantity": "1", "attributes": {attributes % bad}}}'
    )

    assert refused.status_code == 400, refused.content
    (error,) = refused.json()["errors"]
    assert error["pointer"] == pointer
    assert "cannot be stored" in error["detail"]
    assert not Lot.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"na%sme": "x"}', "#"),
        ('["%s"]', "#/0"),
        ('"%s"', "#"),
        ('{"changes": [{"kind": "%s"}]}', "#/changes/0/kind"),
    ],
)
@pytest.mark.parametrize("path", ["what-ifs/", "tokens/", "schedules/trial/", "items/"])
def test_wherever_it_stands_the_place_is_named(client: APIClient, path: str, body: str, pointer: str):
    refused = send(client, path, body % NUL)

    assert refused.status_code == 400, refused.content
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


def test_a_whole_surrogate_pair_and_an_escaped_backslash_are_text_like_any_other(client: APIClient):
    item = make_item()

    body = {"item": item.pk, "quantity": "1", "attributes": {"note": "\U0001f600 \\u0000"}}
    received = send(client, "lots/", json.dumps(body))

    assert received.status_code == 201, received.content
    assert Lot.objects.get().attributes == body["attributes"]
