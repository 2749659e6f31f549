"""Trials and what-if plans over the API: what is asked wrongly is named, what is tried changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from production.models import Operation, Schedule, Slot, WhatIf
from production.planning import reschedule
from tests.plant import make_site, make_user
from tests.production.test_api import client_of, user_with
from tests.shop import make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
ROOT = "/api/v1"
HOUR = timedelta(hours=1)


@pytest.fixture
def planner() -> APIClient:
    return client_of(make_user(is_superuser=True))


@pytest.fixture
def operation() -> Operation:
    """Four hours of work on either of two machines, planned."""
    site = make_site()
    center = make_work_center(site=site, machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    now = timezone.now()
    order = plan_order(item, 4, at=now, due_at=now + 6 * HOUR)
    reschedule(reason="test", at=now, seconds=0)
    return operations_of(order)[0]


def machine_of(operation: Operation) -> int:
    return operation.step.work_center.machines.order_by("pk").first().pk


def pin(operation: Operation, hours: float = 3) -> dict[str, Any]:
    start = (timezone.now() + hours * HOUR).isoformat()
    return {"kind": "pin", "operation": operation.pk, "machine": machine_of(operation), "start_at": start}


def test_a_trial_answers_what_it_costs_and_changes_nothing(planner, operation):
    before = list(Slot.objects.order_by("pk").values())

    answer = planner.post(f"{ROOT}/schedules/trial/", {"changes": [pin(operation)]}, format="json")

    assert answer.status_code == 200, answer.json()
    found = answer.json()
    assert found["feasible"]
    assert found["sentence"].startswith("Possible: 1 operation moves")
    assert found["comparison"]["after"]["late_orders"] == 1
    assert [place["operation"] for place in found["places"]] == [operation.pk]
    assert list(Slot.objects.order_by("pk").values()) == before
    assert (Schedule.objects.count(), WhatIf.objects.count()) == (1, 0)


def test_a_what_if_plan_is_made_changed_compared_and_published(planner, operation):
    made = planner.post(f"{ROOT}/what-ifs/", {"name": "Later", "changes": [pin(operation)]}, format="json")
    assert made.status_code == 201, made.json()
    key = made.json()["id"]
    split = {"kind": "split", "batch": operation.batch_id, "parts": 2}
    changed = planner.post(f"{ROOT}/what-ifs/{key}/change/", {"changes": [split]}, format="json")
    assert [change["kind"] for change in changed.json()["changes"]] == ["pin", "split"]
    compared = planner.get(f"{ROOT}/what-ifs/{key}/comparison/").json()
    assert (compared["feasible"], compared["is_stale"]) == (True, False)
    assert compared["orders"][0]["number"] == operation.batch.order.number

    published = planner.post(f"{ROOT}/what-ifs/{key}/publish/")

    assert published.status_code == 200, published.json()
    assert published.json()["status"] == "published"
    assert Schedule.objects.get(pk=published.json()["published_as"]).version == 2
    assert operation.batch.order.batches.count() == 2
    again = planner.post(f"{ROOT}/what-ifs/{key}/drop/")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "wish"}, "#/changes/0/kind"),
        ({"operation": 1}, "#/changes/0/kind"),
        ({"kind": "pin"}, "#/changes/0/operation"),
        ({"kind": "pin", "operation": 999_999}, "#/changes/0/operation"),
        ({"kind": "unpin", "operation": "first"}, "#/changes/0/operation"),
        ({"kind": "split", "parts": 2}, "#/changes/0/batch"),
        ({"kind": "split", "parts": 1}, "#/changes/0/parts"),
        ({"kind": "overtime", "starts_at": "2026-03-02T08:00Z"}, "#/changes/0/ends_at"),
        (
            {"kind": "overtime", "starts_at": "2026-03-02T08:00Z", "ends_at": "2026-03-02T09:00Z"},
            "#/changes/0/machine",
        ),
        ({"kind": "reprioritise", "priority": 9}, "#/changes/0/priority"),
        ({"kind": "material_by", "at": "tomorrow"}, "#/changes/0/at"),
        ("pin", "#/changes/0"),
    ],
)
def test_bad_changes_are_refused_naming_the_field(planner, change, pointer):
    for address, body in (("schedules/trial", {}), ("what-ifs", {"name": "Bad"})):
        answer = planner.post(f"{ROOT}/{address}/", body | {"changes": [change]}, format="json")

        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert pointer in [error["pointer"] for error in answer.json()["errors"]], answer.json()
    assert WhatIf.objects.count() == 0


def test_a_field_that_the_kind_does_not_have_is_named(planner, operation):
    wrong = {"kind": "unpin", "operation": operation.pk, "start_at": "2026-03-02T08:00Z"}

    answer = planner.post(f"{ROOT}/schedules/trial/", {"changes": [wrong]}, format="json")

    assert answer.json()["errors"] == [
        {
            "pointer": "#/changes/0/start_at",
            "detail": "A change of kind unpin has no such field.",
            "code": "invalid",
        }
    ]


def test_no_changes_and_far_too_many_are_refused(planner, operation):
    for changes in ([], [pin(operation)] * 101, None, {"kind": "pin"}):
        answer = planner.post(f"{ROOT}/schedules/trial/", {"changes": changes}, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/changes")


def test_whoever_may_look_neither_tries_nor_publishes(operation, planner):
    key = planner.post(
        f"{ROOT}/what-ifs/", {"name": "Later", "changes": [pin(operation)]}, format="json"
    ).json()["id"]
    onlooker = client_of(user_with("view_whatif", "view_schedule", "view_slot"))

    assert onlooker.get(f"{ROOT}/what-ifs/").json()["results"][0]["name"] == "Later"
    assert onlooker.get(f"{ROOT}/what-ifs/{key}/comparison/").status_code == 200
    for address in (
        "schedules/trial",
        "what-ifs",
        f"what-ifs/{key}/change",
        f"what-ifs/{key}/publish",
        f"what-ifs/{key}/drop",
    ):
        answer = onlooker.post(
            f"{ROOT}/{address}/", {"name": "Mine", "changes": [pin(operation)]}, format="json"
        )
        assert answer.status_code == 403
    assert WhatIf.objects.get().status == "open"


def test_the_list_takes_as_many_queries_for_four_plans_as_for_one(
    planner, operation, django_assert_max_num_queries
):
    for number in range(4):
        planner.post(
            f"{ROOT}/what-ifs/", {"name": f"Plan {number}", "changes": [pin(operation)]}, format="json"
        )

    with django_assert_max_num_queries(5):
        assert len(planner.get(f"{ROOT}/what-ifs/").json()["results"]) == 4


def test_an_order_is_put_first_a_batch_split_and_overtime_planned(planner, operation):
    order = operation.batch.order
    urgent = planner.post(
        f"{ROOT}/production-orders/{order.pk}/reprioritise/", {"priority": 1}, format="json"
    )
    assert urgent.json()["priority"] == 1
    nothing = planner.post(f"{ROOT}/production-orders/{order.pk}/reprioritise/", {}, format="json")
    assert nothing.status_code == 400
    split = planner.post(f"{ROOT}/batches/{operation.batch_id}/split/", {"parts": 4}, format="json")
    assert (split.status_code, split.json()["quantity"]) == (200, "1.0000")

    now = timezone.now()
    extra = {"machine": machine_of(operation), "reason": "Rush"}
    extra |= {"starts_at": (now + HOUR).isoformat(), "ends_at": (now + 3 * HOUR).isoformat()}
    planned = planner.post(f"{ROOT}/overtime/", extra, format="json")
    assert planned.status_code == 201, planned.json()
    assert planner.post(f"{ROOT}/overtime/{planned.json()['id']}/call_off/").status_code == 200
    assert planner.get(f"{ROOT}/overtime/").json()["results"] == []
