"""What the board asks while a planner works on it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory.models import Site
from production.models import Operation, Schedule, Slot, WhatIf
from production.planning import reschedule
from production.services import start_operation
from tests.console.conftest import As
from tests.plant import make_site, make_user
from tests.shop import make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BOARD = "/console/board"


@pytest.fixture
def operation() -> Operation:
    """Four hours of work on either of two machines, planned."""
    site = make_site()
    center = make_work_center(site=site, machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    now = timezone.now()
    order = plan_order(item, 4, at=now, due_at=now + 6 * HOUR, reason="Order SO-7 of Fiat")
    reschedule(reason="test", at=now, seconds=0)
    return operations_of(order)[0]


def change(operation: Operation, hours: float = 3) -> dict[str, Any]:
    machine = operation.step.work_center.machines.order_by("pk").first()
    start = (timezone.now().replace(microsecond=0) + hours * HOUR).isoformat()
    return {"kind": "pin", "operation": operation.pk, "machine": machine.pk, "start_at": start}


def ask(browser: Client, address: str, body: object = None, *, expect: int = 200) -> dict[str, Any]:
    answer = browser.post(f"{BOARD}/{address}/", body or {}, content_type="application/json")
    assert answer.status_code == expect, answer.content
    told: dict[str, Any] = answer.json()
    return told


def test_a_trial_shows_what_moves_and_what_it_costs(boss: Client, operation):
    before = list(Slot.objects.order_by("pk").values())
    asked = change(operation)

    found = ask(boss, "trial", {"changes": [asked], "what_if": None})

    assert found["feasible"] is True
    assert (found["before"]["late_orders"], found["after"]["late_orders"], found["moved"]) == (0, 1, 1)
    (order,) = found["orders"]
    assert (order["number"], order["customer"]) == (operation.batch.order.number, "Order SO-7 of Fiat")
    assert order["now"] > order["due"] > order["was"]
    (slot,) = found["slots"]
    assert (slot["id"], slot["row"]) == (operation.pk, f"m-{asked['machine']}")
    assert slot["end"] - slot["start"] == 4 * 3600e3
    assert list(Slot.objects.order_by("pk").values()) == before


def test_a_pin_moves_the_operation_and_undo_brings_it_back(boss: Client, operation):
    former = Slot.objects.published().get()

    done = ask(boss, "pin", {"changes": [change(operation)]})

    assert done["version"] == 2
    assert done["undo"]["label"].startswith(f"Pin {operation} to ")
    operation.refresh_from_db()
    assert Slot.objects.published().get().starts_at == operation.pinned_start_at
    listed = boss.get(f"{BOARD}/what-ifs/").json()
    assert listed["undo"] == done["undo"]  # a board that is loaded again offers it, too
    back = ask(boss, "undo")
    assert (back["version"], back["undo"]) == (3, None)
    operation.refresh_from_db()
    assert operation.pinned_machine is None
    assert Slot.objects.published().get().starts_at - former.starts_at < 3 * HOUR
    assert ask(boss, "undo", expect=409)["code"] == "production.nothing_to_undo"


def test_what_was_pinned_in_the_time_of_a_plant_far_from_greenwich_is_taken_back(boss: Client, operation):
    Site.objects.update(time_zone="Asia/Tokyo")
    ask(boss, "pin", {"changes": [change(operation)]})
    ask(boss, "pin", {"changes": [change(operation, 5)]})

    for _ in range(2):
        ask(boss, "undo")

    operation.refresh_from_db()
    assert (operation.pinned_machine, operation.pinned_start_at) == (None, None)


def test_undo_of_what_has_started_is_refused_in_a_sentence(boss: Client, operation):
    ask(boss, "pin", {"changes": [change(operation)]})
    operation.refresh_from_db()
    start_operation(operation, machine=operation.pinned_machine, by=make_user(), at=timezone.now())

    problem = ask(boss, "undo", expect=409)

    assert problem["code"] == "production.already_started"
    assert "Only operations that wait are pinned." in problem["remedy"]


def test_only_pins_are_put_in_force_at_once(boss: Client, operation):
    split = {"kind": "split", "batch": operation.batch_id, "parts": 2}

    problem = ask(boss, "pin", {"changes": [split]}, expect=400)

    assert problem["errors"][0]["pointer"] == "#/changes"
    assert "make a what-if plan" in problem["errors"][0]["detail"]
    assert Schedule.objects.count() == 1


def test_a_what_if_plan_from_the_first_change_to_its_publication(boss: Client, operation):
    made = ask(boss, "what-ifs", {"name": "Later", "changes": [change(operation)]}, expect=201)
    assert (made["name"], made["based_on_version"], made["is_stale"], made["moved"]) == ("Later", 1, False, 1)
    asked = {"kind": "split", "batch": operation.batch_id, "parts": 2}
    added = ask(boss, f"what-ifs/{made['id']}/change", {"changes": [asked]})
    assert len(added["changes"]) == 2
    (listed,) = boss.get(f"{BOARD}/what-ifs/").json()["what_ifs"]
    assert (listed["id"], listed["changes"], listed["by"]) == (made["id"], added["changes"], "boss")
    compared = boss.get(f"{BOARD}/what-ifs/{made['id']}/comparison/").json()
    assert compared["orders"][0]["number"] == operation.batch.order.number
    tried = ask(boss, "trial", {"changes": [change(operation, 5)], "what_if": made["id"]})
    assert len(tried["slots"]) == 2  # both parts of the batch that the what-if plan splits

    drawn = boss.get(f"{BOARD}/data/?what_if={made['id']}").json()
    flags = [bar[8] for bar in drawn["bars"] if bar[0] == operation.pk]
    assert len(flags) == 2
    assert all(flag & 8 for flag in flags)  # moved
    assert not any(bar[8] & 8 for bar in boss.get(f"{BOARD}/data/").json()["bars"])
    assert boss.get(f"{BOARD}/data/?what_if=999").status_code == 404

    done = ask(boss, f"what-ifs/{made['id']}/publish")

    assert (done["version"], done["sentence"]) == (2, "“Later” is published: Version 2.")
    assert boss.get(f"{BOARD}/what-ifs/").json()["what_ifs"] == []


def test_a_what_if_plan_is_dropped(boss: Client, operation):
    made = ask(boss, "what-ifs", {"name": "Later", "changes": [change(operation)]}, expect=201)

    assert ask(boss, f"what-ifs/{made['id']}/drop")["sentence"] == "“Later” is dropped."

    assert WhatIf.objects.get().status == "dropped"
    problem = ask(boss, f"what-ifs/{made['id']}/publish", expect=409)
    assert problem["code"] == "illegal_transition"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/changes"),
        ({"changes": [{"kind": "pin"}]}, "#/changes/0/operation"),
        ({"changes": [{"kind": "dance"}]}, "#/changes/0/kind"),
        ({"changes": [{"kind": "unpin", "operation": 999_999}]}, "#/changes/0/operation"),
        ({"changes": [{"kind": "unpin", "operation": 999_999}], "what_if": 7}, "#/what_if"),
        ([], "#"),
    ],
)
def test_bad_input_is_refused_naming_the_field(boss: Client, body, pointer):
    answer = boss.post(f"{BOARD}/trial/", body, content_type="application/json")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]], answer.json()


def test_what_is_no_json_and_a_plan_that_does_not_exist_are_refused(boss: Client):
    broken = boss.post(f"{BOARD}/trial/", "{", content_type="application/json")
    missing = boss.post(f"{BOARD}/what-ifs/999/publish/", {}, content_type="application/json")

    assert (broken.status_code, missing.status_code) == (400, 404)
    assert broken["Content-Type"] == missing["Content-Type"] == "application/problem+json"


def test_operators_look_but_do_not_plan_and_strangers_do_neither(as_role: As, operation):
    operator = as_role("operator")

    assert operator.get(f"{BOARD}/what-ifs/").status_code == 200
    for address in ("trial", "pin", "undo", "what-ifs"):
        ask(operator, address, {"changes": [change(operation)]}, expect=403)
    assert Client().get(f"{BOARD}/what-ifs/").status_code == 403
    assert Schedule.objects.count() == 1


def test_a_request_from_elsewhere_is_refused(operation):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_user(is_staff=True, is_superuser=True))

    answer = browser.post(f"{BOARD}/pin/", {"changes": [change(operation)]}, content_type="application/json")

    assert answer.status_code == 403
    assert Schedule.objects.count() == 1


def test_the_list_takes_as_many_queries_for_four_plans_as_for_one(
    boss: Client, operation, django_assert_max_num_queries
):
    for number in range(4):
        ask(boss, "what-ifs", {"name": f"Plan {number}", "changes": [change(operation)]}, expect=201)

    with django_assert_max_num_queries(6):
        assert len(boss.get(f"{BOARD}/what-ifs/").json()["what_ifs"]) == 4
