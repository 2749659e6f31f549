"""A recall by the API alone, and what the API says to bad input."""

from copy import deepcopy
from typing import Any

import pytest
from rest_framework.test import APIClient

from inventory.models import Lot
from mes.core.roles import ensure_roles
from quality.models import Recall
from tests.clean_slate import Stand
from tests.plant import make_user
from tests.recalls.case import Case, make_case
from tests.records.people import PASSWORD, a_signer

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made_case(standing: Stand) -> Case:
    return standing(make_case)


@pytest.fixture
def case(made_case: Case) -> Case:
    return deepcopy(made_case)


@pytest.fixture
def api() -> APIClient:
    client = APIClient()
    client.force_authenticate(make_user(is_superuser=True))
    return client


def post(client: APIClient, path: str, **body: Any) -> tuple[int, Any]:
    response = client.post(f"/api/v1/{path}/", body, format="json")
    return response.status_code, response.json()


def start(client: APIClient, **body: Any) -> tuple[int, Any]:
    given = {"basis": "supplier_lot", "supplier_lot": "H-66", "reason": "Wrong alloy"} | body
    return post(client, "recalls", **given)


def test_a_recall_is_opened_held_told_decided_and_closed(case: Case, api: APIClient):
    code, recall = start(api)
    assert (code, recall["status"], recall["runs"][0]["lots"]) == (201, "open", 2)
    path = f"recalls/{recall['id']}"

    assert post(api, f"{path}/hold")[1]["status"] == "held"
    assert post(api, f"{path}/balance")[1]["balanced_at"] is not None
    affected = api.get(f"/api/v1/{path}/affected/").json()
    parts = next(row for row in affected["lots"] if row["lot"] == case.parts.pk)
    assert (parts["status"], parts["held_from"], parts["balance"]["made"]) == ("held", "released", "20.0000")
    assert {row["customer"] for row in affected["customers"]} == {case.alpha.pk, case.beta.pk}
    assert affected["effectiveness"] == "0.0"

    code, notices = post(api, f"{path}/prepare_notices")
    assert (code, len(notices)) == (200, 2)
    for notice in notices:
        assert post(api, f"recall-notices/{notice['id']}/send", channel="phone", sent_to="Quality")[0] == 200
        assert post(api, f"recall-notices/{notice['id']}/acknowledge")[1]["status"] == "acknowledged"
        for line in notice["lines"]:
            path_of_line = f"recall-notice-lines/{line['id']}/account_for"
            assert post(api, path_of_line, destroyed=line["quantity"])[0] == 200
    assert post(api, f"{path}/decide", decision="reject", justification="Wrong alloy") == (200, {"lots": 2})
    assert api.get(f"/api/v1/{path}/affected/").json()["effectiveness"] == "100.0"

    code, problem = post(api, f"{path}/close", conclusion="All told")
    assert (code, problem["code"]) == (422, "core.signature_missing")
    signer = a_signer(is_superuser=True)
    api.force_authenticate(signer)
    signature = {"username": signer.username, "password": PASSWORD}
    code, closed = post(api, f"{path}/close", conclusion="All told", signature=signature)
    assert (code, closed["status"], closed["effectiveness"]) == (200, "closed", "100.00")
    assert Lot.objects.get(pk=case.parts.pk).status == "rejected"


def test_a_notice_of_a_recall_that_was_called_off_is_not_changed_over_http(case: Case, api: APIClient):
    _, recall = start(api)
    _, (notice, _) = post(api, f"recalls/{recall['id']}/prepare_notices")
    post(api, f"recalls/{recall['id']}/cancel", reason="Wrong heat number")

    for step, body in (("edit", {"subject": "Other", "text": "words"}), ("withdraw", {})):
        code, problem = post(api, f"recall-notices/{notice['id']}/{step}", **body)

        assert (code, problem["code"]) == (409, "quality.recall_closed")
        assert problem["remedy"].startswith("Its notices stand as they were then. Open another recall")

    assert api.get(f"/api/v1/recall-notices/{notice['id']}/").json()["subject"] == notice["subject"]
    assert api.get(f"/api/v1/recalls/{recall['id']}/affected/").json()["effectiveness"] is None


def test_what_comes_back_is_taken_back_against_its_shipment(case: Case, api: APIClient):
    shipped = case.orders[0].shipments.get().lines.get()

    code, row = post(api, "customer-returns", shipped=shipped.pk, quantity="2", reason="Dented")
    assert code == 201
    lot = Lot.objects.get(pk=row["lot"])
    assert (lot.status, lot.number) == ("quarantine", f"{case.parts}-R1")
    code, problem = post(api, "customer-returns", shipped=shipped.pk, quantity="9", reason="Dented")
    assert (code, problem["code"], problem["errors"][0]["pointer"]) == (
        409,
        "orders.nothing_to_return",
        "#/quantity",
    )


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"basis": "mood"}, 400, "#/basis"),
        ({"reason": " "}, 400, "#/reason"),
        ({"supplier_lot": ""}, 400, "#/supplier_lot"),
        ({"basis": "lot"}, 422, "#/lots"),
        ({"basis": "lot", "lots": [987654]}, 400, "#/lots"),
        ({"basis": "machine", "since": "yesterday"}, 400, "#/since"),
        ({"basis": "gauge"}, 422, "#/gauge"),
    ],
)
def test_a_bad_start_is_refused_naming_the_field(case: Case, api: APIClient, body, code, pointer):
    answered, problem = start(api, **body)

    assert answered == code
    assert pointer in problem["errors"][0]["pointer"]
    assert not Recall.objects.exists()


def test_what_there_is_not_is_refused_and_nothing_is_opened(case: Case, api: APIClient):
    code, problem = start(api, supplier_lot="H-99")

    assert (code, problem["code"]) == (409, "quality.nothing_affected")
    assert not Recall.objects.exists()


def test_steps_that_make_no_sense_are_refused(case: Case, api: APIClient):
    _, drill = start(api, is_mock=True)
    path = f"recalls/{drill['id']}"

    for step, body, code in (
        ("hold", {}, "quality.mock_holds_nothing"),
        ("decide", {"decision": "release", "justification": "x"}, "quality.not_held"),
        ("close", {"conclusion": "Done"}, "quality.recall_unfinished"),
    ):
        answered, problem = post(api, f"{path}/{step}", **body)
        assert (answered, problem["code"]) == (409, code)
        assert problem["remedy"]
    assert post(api, f"{path}/close")[0] == 400


def test_who_may_only_look_changes_nothing(case: Case):
    groups = {group.name: group for group in ensure_roles()}
    answers = {}
    for role in ("operator", "planner", "inspector"):
        user = make_user()
        user.groups.add(groups[role])
        client = APIClient()
        client.force_authenticate(user)
        answers[role] = start(client)[0]
        assert client.get("/api/v1/recalls/").status_code == 200

    assert answers == {"operator": 403, "planner": 403, "inspector": 201}


def test_lists_take_as_many_queries_for_many_as_for_few(
    case: Case, api: APIClient, django_assert_max_num_queries
):
    for _ in range(4):
        start(api)
    with django_assert_max_num_queries(6):
        assert len(api.get("/api/v1/recalls/").json()["results"]) == 4
    recall = Recall.objects.latest("pk")
    with django_assert_max_num_queries(14):
        api.get(f"/api/v1/recalls/{recall.pk}/affected/")
