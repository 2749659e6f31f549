"""Gates, cleanings and overrides as they are told: over HTTP, at the terminal and in the console."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from mes.core.roles import ensure_roles
from production.models import (
    Operator,
)
from production.standing import gates_standing
from tests.plant import MONDAY, make_site, make_user, next_name
from tests.production.gated import DAY, answer, clean, line, needing, start
from tests.records.conftest import _attempts_do_not_outlive_the_test, _throttles_forget  # noqa: F401 - autouse: signing
from tests.records.people import PASSWORD, a_signer
from tests.shop import (
    make_machine,
    make_made_item,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db


def role(name: str):
    user = a_signer(is_staff=True)
    user.groups.set([group for group in ensure_roles() if group.name == name])
    return user


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_the_gates_of_an_operation_stand_in_order_for_who_would_start_it():
    operation, worker = needing(), make_user()

    standing = {each.gate.value: each for each in gates_standing(operation, person=worker, at=MONDAY)}

    assert [each.state for each in standing.values()].count("open") == 7
    assert standing["qualification"].may_be_overridden
    answer(operation, "qualification", person=worker)
    standing = {each.gate.value: each for each in gates_standing(operation, person=worker, at=MONDAY)}
    assert standing["qualification"].state == "overridden"
    assert gates_standing(start(operation, by=worker), person=worker, at=MONDAY) == []


def test_a_terminal_asks_for_the_gates_and_an_inspector_answers_for_one():
    now = timezone.now()
    site = make_site()
    center = make_work_center(site=site)
    step = {"work_center": center, "required_qualification": "WELD"}
    item = make_made_item([step], site=site)
    (operation,) = operations_of(plan_order(item, at=now, due_at=now + DAY))
    worker = role("operator")
    inspector = role("inspector")
    floor, desk = client_of(worker), client_of(inspector)
    address = f"/api/v1/operations/{operation.pk}/"

    shut = [each for each in floor.get(address + "gates/").json() if each["state"] == "shut"]
    assert [(each["gate"], each["may_be_overridden"]) for each in shut] == [("qualification", True)]
    machine = make_machine(center)
    there = floor.get(f"{address}gates/?person={inspector.pk}&machine={machine.pk}")
    assert there.status_code == 200, there.content
    assert floor.get(f"{address}gates/?machine=0").json()["errors"][0]["parameter"] == "machine"
    machine.is_active = False
    machine.save()
    refused = floor.post(address + "start/", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "production.not_qualified")
    body = {"gate": "qualification", "reason": "Under supervision", "person": worker.pk}
    assert floor.post(address + "override_gate/", body, format="json").status_code == 403
    unsigned = desk.post(address + "override_gate/", body, format="json")
    assert (unsigned.status_code, unsigned.json()["code"]) == (422, "core.signature_missing")
    body["signature"] = {"username": inspector.username, "password": PASSWORD}
    bad = desk.post(address + "override_gate/", body | {"gate": "weather"}, format="json")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "#/gate")
    given = desk.post(address + "override_gate/", body, format="json")
    assert given.status_code == 200, given.content
    assert floor.post(address + "start/", {}, format="json").json()["status"] == "running"
    listed = desk.get(f"/api/v1/gate-overrides/?operation__batch={operation.batch_id}").json()
    assert [each["reason"] for each in listed["results"]] == ["Under supervision"]


def test_a_cleaning_is_recorded_and_checked_over_http():
    _, _, machine = line()
    cleaner, checker = client_of(role("operator")), client_of(role("operator"))

    made = cleaner.post(
        "/api/v1/cleanings/", {"machine": machine.pk, "kind": "Allergen wet clean"}, format="json"
    )
    assert made.status_code == 201, made.content
    address = f"/api/v1/cleanings/{made.json()['id']}/"
    own = cleaner.post(address + "inspect/", {"is_clean": True}, format="json")
    assert (own.status_code, own.json()["code"]) == (409, "production.own_cleaning")
    assert checker.post(address + "inspect/", {"is_clean": True}, format="json").status_code == 200
    assert checker.get(address).json()["check"]["is_clean"] is True


def test_the_console_shows_the_gates_on_the_operation_and_the_override_on_the_batch():
    operation, worker = needing(), make_user()
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = client.get(reverse("admin:production_operation_change", args=[operation.pk])).content.decode()
    assert "May it start?" in page
    assert "Nobody holds it today" in page
    answer(operation, "qualification", person=worker, reason="Under supervision")

    batch = client.get(reverse("admin:production_batch_change", args=[operation.batch_id])).content.decode()

    assert "Started in spite of" in batch
    assert "Under supervision" in batch


def test_whoever_answers_for_a_gate_chooses_among_those_that_are_shut():
    operation = needing()
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:production_operation_do_answer_for_a_gate", args=[operation.pk])

    shown = client.get(address).content.decode()

    assert '<option value="qualification"' in shown
    assert '<option value="cleaning"' not in shown
    assert "What is shut for" in shown


@pytest.mark.parametrize("name", ["cleaning", "gateoverride"])
def test_lists_take_a_fixed_number_of_queries(name: str):
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse(f"admin:production_{name}_changelist")

    def add() -> None:
        answer(needing(), "qualification", person=make_user())
        clean(line()[2])

    add()
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(3):
        add()
    with CaptureQueriesContext(connection) as many:
        assert client.get(address).status_code == 200
    assert len(many) == len(few)


def test_the_page_of_an_operation_tells_who_may_answer_for_a_gate_and_lets_them_look_for_whoever_starts():
    operation = needing()
    worker, inspector = role("operator"), role("inspector")
    Operator.objects.create(user=worker, site=operation.step.work_center.site, badge=next_name("BADGE"))
    floor, desk = Client(), Client()
    floor.force_login(worker)
    desk.force_login(inspector)
    address = reverse("admin:production_operation_change", args=[operation.pk])
    button = "do/answer-for-a-gate/?gate=qualification"

    seen_by_worker = floor.get(address, {"starter": inspector.pk}).content.decode()
    own = desk.get(address).content.decode()
    for_worker = desk.get(address, {"starter": worker.pk}).content.decode()
    dialog = desk.get(
        reverse("admin:production_operation_do_answer_for_a_gate", args=[operation.pk]),
        {"gate": "qualification", "person": worker.pk},
    ).content.decode()

    assert f"which {worker} does not hold today" in seen_by_worker
    assert f"answered for, by signature: {inspector}" in seen_by_worker
    assert button not in seen_by_worker
    assert f"which {inspector} does not hold today" in own
    assert button not in own
    assert f"which {worker} does not hold today" in for_worker
    assert f"{button}&amp;person={worker.pk}" in for_worker
    assert f'<option value="{worker.pk}" selected' in dialog
    assert '<option value="qualification" selected' in dialog
