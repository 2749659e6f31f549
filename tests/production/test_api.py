"""Production over HTTP: an integrator plans, an operator works, everybody sees the schedule."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.models import Item
from mes.core.models import User
from mes.core.refusals import DomainError
from production.api.plans import StepViewSet
from production.models import (
    Component,
    Downtime,
    Operation,
    ProcessPlan,
    ProductionOrder,
    Schedule,
    SchedulingRules,
    Step,
    ToolAbsence,
)
from production.planning import reschedule
from tests.plant import make_inspection_plan, make_item, make_lot, make_site, make_user
from tests.shop import (
    make_made_item,
    make_operator,
    make_plan,
    make_tool,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db
ROOT = "/api/v1"


@pytest.fixture(autouse=True)
def _fresh_throttles():
    cache.clear()


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def user_with(*permissions: str) -> User:
    user = make_user()
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="production", codename__in=permissions)
    )
    return user


@pytest.fixture
def manager() -> APIClient:
    return client_of(make_user(is_superuser=True))


def test_an_order_is_planned_released_started_and_finished(manager):
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    lot = make_lot(bar, 20, at=timezone.now())
    item = make_made_item(components={bar: 1}, site=site)

    planned = manager.post(
        f"{ROOT}/production-orders/",
        {"item": item.pk, "quantity": "10", "due_at": timezone.now() + timedelta(days=5), "reason": "By API"},
        format="json",
    )
    assert planned.status_code == 201, planned.json()
    order = planned.json()["id"]
    assert manager.post(f"{ROOT}/production-orders/{order}/release/").json()["status"] == "released"
    (operation,) = manager.get(f"{ROOT}/operations/?order={order}&is_ready=true").json()["results"]
    started = manager.post(f"{ROOT}/operations/{operation['id']}/start/")
    assert (started.status_code, started.json()["status"]) == (200, "running")
    finished = manager.post(
        f"{ROOT}/operations/{operation['id']}/finish/",
        {"good": "9", "scrap": "1", "consumed": [{"lot": lot.pk, "quantity": "10"}]},
        format="json",
    )

    assert finished.status_code == 200, finished.json()
    assert Decimal(finished.json()["good_quantity"]) == 9
    assert ProductionOrder.objects.get(pk=order).status == "done"


def test_a_refusal_says_what_to_do_and_carries_its_code(manager):
    (operation,) = operations_of(plan_order(make_made_item(), released=False))

    answer = manager.post(f"{ROOT}/operations/{operation.pk}/start/")

    assert (answer.status_code, answer.json()["code"]) == (409, "production.not_ready")
    assert "Release its order first." in str(answer.json())
    assert Operation.objects.get(pk=operation.pk).status == "waiting"


def test_an_operator_may_start_but_neither_pin_nor_plan():
    operator = client_of(user_with("view_operation", "change_operation"))
    (operation,) = operations_of(plan_order(make_made_item()))
    machine = operation.step.work_center.machines.get()

    pinned = operator.post(f"{ROOT}/operations/{operation.pk}/pin/", {"machine": machine.pk}, format="json")
    assert pinned.status_code == 403
    assert operator.post(f"{ROOT}/schedules/", {"reason": "me"}, format="json").status_code == 403
    assert operator.post(f"{ROOT}/operations/{operation.pk}/start/").status_code == 200


def test_operators_are_listed_by_name_in_the_same_queries_however_many(manager, django_assert_num_queries):
    operators = [make_operator(make_site()) for _ in range(3)]

    with django_assert_num_queries(2):  # how many, and who they are
        rows = manager.get(f"{ROOT}/operators/").json()["results"]

    assert {(row["user"], row["name"]) for row in rows} == {
        (each.user_id, str(each.user)) for each in operators
    }


def test_planning_over_the_api_publishes_a_version(manager):
    order = plan_order(make_made_item(), at=timezone.now(), due_at=timezone.now() + timedelta(days=3))

    answer = manager.post(f"{ROOT}/schedules/", {"reason": "Rush", "seconds": 0}, format="json")

    assert answer.status_code == 201, answer.json()
    assert answer.json()["figures"]["operations"] == 1
    (slot,) = manager.get(f"{ROOT}/slots/?is_published=true").json()["results"]
    assert slot["schedule"] == Schedule.objects.get().pk
    found = manager.get(f"{ROOT}/production-orders/{order.pk}/").json()
    assert found["projected_end"] == slot["ends_at"]
    assert found["lateness_seconds"] < 0
    assert manager.get(f"{ROOT}/production-orders/?is_late=true").json()["results"] == []


def test_the_steps_of_a_plan_in_force_do_not_change(manager):
    plan = make_plan(make_item())
    step = plan.steps.get()

    changed = manager.patch(f"{ROOT}/steps/{step.pk}/", {"name": "Other"}, format="json")
    removed = manager.delete(f"{ROOT}/steps/{step.pk}/")

    assert (changed.status_code, changed.json()["code"]) == (409, "production.plan_in_force")
    assert removed.status_code == 409
    assert Step.objects.get(pk=step.pk).name == step.name


def test_what_a_step_hands_on_is_stated_over_the_api_where_it_makes_sense(manager):
    item = make_item()
    center = make_work_center(site=item.site)
    step = make_plan(item, [center, center], approved=False).steps.earliest("sequence")
    url = f"{ROOT}/steps/{step.pk}/"

    stated = manager.patch(url, {"transfer_quantity": "20"}, format="json")
    judged = manager.patch(
        url, {"inspection_plan": make_inspection_plan(item, "in_process").pk}, format="json"
    )
    broken = manager.patch(url, {"transfer_quantity": "2.5"}, format="json")
    cleared = manager.patch(url, {"transfer_quantity": None}, format="json")

    assert (stated.status_code, stated.json()["transfer_quantity"]) == (200, "20.0000")
    assert (judged.status_code, broken.status_code) == (400, 400)
    (judged_as_a_whole,), (not_whole,) = judged.json()["errors"], broken.json()["errors"]
    assert judged_as_a_whole["pointer"] == "#/transfer_quantity"
    assert "judges the whole batch" in judged_as_a_whole["detail"]
    assert "whole numbers" in not_whole["detail"]
    assert cleared.json()["transfer_quantity"] is None


def test_a_plan_is_revised_changed_and_approved(manager):
    plan = make_plan(make_item(), revision="A")

    draft = manager.post(f"{ROOT}/process-plans/{plan.pk}/revise/", {"revision": "B"}, format="json").json()
    step = draft["steps"][0]["id"]
    manager.patch(f"{ROOT}/steps/{step}/", {"run_seconds": "30"}, format="json")
    approved = manager.post(f"{ROOT}/process-plans/{draft['id']}/approve/")

    assert approved.json()["status"] == "approved"
    assert ProcessPlan.objects.get(pk=plan.pk).status == "superseded"


def test_steps_and_components_of_a_plan_are_told_in_their_order_whichever_was_written_last(manager):
    item = make_item()
    center = make_work_center(site=item.site)
    part = make_item(site=item.site)
    plan = make_plan(item, [center, center, center], {part: 1}, approved=False)
    first = plan.steps.get(sequence=10)
    plan.steps.filter(sequence=30).update(sequence=5)
    Component.objects.create(plan=plan, step=plan.steps.get(sequence=5), item=part, quantity_per=Decimal(1))

    told = manager.get(f"{ROOT}/process-plans/{plan.pk}/").json()

    assert [step["sequence"] for step in told["steps"]] == [5, 10, 20]
    assert told["components"][1]["step"] == first.pk


def test_a_component_of_another_plans_step_is_refused(manager):
    draft = make_plan(make_item(), approved=False)
    stranger = make_plan(make_item(), approved=False).steps.get()

    answer = manager.post(
        f"{ROOT}/components/",
        {"plan": draft.pk, "step": stranger.pk, "item": make_item().pk, "quantity_per": "1"},
        format="json",
    )

    assert answer.status_code == 400
    assert "same plan" in str(answer.json())


def test_a_breakdown_is_reported_at_the_machine_and_ended(manager):
    machine = make_work_center().machines.get()

    broken = manager.post(f"{ROOT}/machines/{machine.pk}/break_down/", {"reason": "Spindle"}, format="json")
    assert broken.status_code == 200, broken.json()
    ended = manager.post(f"{ROOT}/downtimes/{broken.json()['id']}/end/")

    assert ended.json()["ends_at"] is not None
    assert Downtime.objects.get().kind == "breakdown"


def test_the_load_of_work_centers_is_told_by_day(manager):
    site = make_site()
    center = make_work_center(site=site)
    now = timezone.now()
    order = plan_order(make_made_item([{"work_center": center, "run_seconds": 360}], site=site), at=now)
    reschedule(reason="test", at=now, seconds=0)
    slot = operations_of(order)[0].slots.get()

    answer = manager.get(
        f"{ROOT}/work-centers/load/?start={slot.starts_at.date()}&end={slot.ends_at.date()}"
    ).json()

    own = [row for row in answer if row["work_center"] == center.pk]
    assert sum(row["planned_hours"] for row in own) == pytest.approx(1, abs=0.02)
    assert own[0]["available_hours"] == 24


@pytest.mark.parametrize(
    "path",
    [
        "operations",
        "production-orders",
        "batches",
        "slots",
        "process-plans",
        "tools",
        "tool-absences",
        "tool-needs",
    ],
)
def test_lists_take_as_many_queries_for_ten_rows_as_for_one(manager, django_assert_max_num_queries, path):
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site)
    for _ in range(10):
        plan_order(item, 1)
        tool = make_tool(site)
        ToolAbsence.objects.create(tool=tool, starts_at=timezone.now())
        make_made_item([{"work_center": make_work_center(site=site), "tools": {tool: 1}}], site=site)
    reschedule(reason="test", at=timezone.now(), seconds=0)

    with django_assert_max_num_queries(8):
        answer = manager.get(f"{ROOT}/{path}/")

    assert len(answer.json()["results"]) >= 10


def test_a_setting_is_written_whole_or_not_at_all(monkeypatch, manager):
    plan = make_plan(make_item(), approved=False)
    step = plan.steps.get()

    def fall_over(view, serializer):
        serializer.save()
        raise NotAllowedAfterAll("Something else refuses it.")

    monkeypatch.setattr(StepViewSet, "perform_update", fall_over)
    refused = manager.patch(f"{ROOT}/steps/{step.pk}/", {"name": "Other"}, format="json")

    assert refused.status_code == 409
    assert Step.objects.get(pk=step.pk).name == step.name


def refused_fields(answer) -> set[str]:
    assert answer.status_code == 400, answer.json()
    return {error["pointer"] for error in answer.json()["errors"]}


def test_capacity_is_reserved_over_http_and_too_much_of_it_is_refused_by_field(manager):
    center = make_work_center()

    refused = manager.patch(
        f"{ROOT}/work-centers/{center.pk}/", {"order_share": "0.7", "stock_share": "0.4"}, format="json"
    )
    negative = manager.patch(f"{ROOT}/work-centers/{center.pk}/", {"order_share": "-0.1"}, format="json")
    kept = manager.patch(f"{ROOT}/work-centers/{center.pk}/", {"order_share": "0.6"}, format="json")

    assert refused_fields(refused) == {"#/stock_share"}
    assert refused_fields(negative) == {"#/order_share"}
    assert (kept.status_code, kept.json()["order_share"], kept.json()["never_closes"]) == (200, "0.600", True)


def test_a_tool_is_stated_needed_and_sent_to_calibration_over_http(manager):
    site = make_site()
    plan = make_plan(make_item(site=site), [make_work_center(site=site)], approved=False)
    step = plan.steps.get()

    tool = manager.post(
        f"{ROOT}/tools/", {"site": site.pk, "code": "FX-9", "name": "Vice", "quantity": 2}, format="json"
    ).json()
    needed = manager.post(
        f"{ROOT}/tool-needs/", {"plan": plan.pk, "step": step.pk, "tool": tool["id"]}, format="json"
    )
    away = manager.post(
        f"{ROOT}/tool-absences/", {"tool": tool["id"], "starts_at": timezone.now()}, format="json"
    )
    manager.post(f"{ROOT}/process-plans/{plan.pk}/approve/")

    assert (needed.status_code, needed.json()["quantity"]) == (201, 1)
    assert (away.status_code, away.json()["kind"]) == (201, "calibration")
    assert refused_fields(manager.patch(f"{ROOT}/tools/{tool['id']}/", {"quantity": 0}, format="json")) == {
        "#/quantity"
    }
    in_force = manager.delete(f"{ROOT}/tool-needs/{needed.json()['id']}/")
    assert (in_force.status_code, in_force.json()["code"]) == (409, "production.plan_in_force")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"quantity": 3}, "#/quantity"),
        ({"quantity": 0}, "#/quantity"),
        ({"ends_at": "2020-01-01T00:00Z"}, "#/ends_at"),
    ],
)
def test_an_absence_that_cannot_be_is_refused_by_field(manager, body, field):
    tool = make_tool(make_site(), 2)

    answer = manager.post(
        f"{ROOT}/tool-absences/", {"tool": tool.pk, "starts_at": timezone.now()} | body, format="json"
    )

    assert refused_fields(answer) == {field}


def test_the_rules_of_scheduling_are_read_and_changed_over_http(manager):
    changed = manager.patch(f"{ROOT}/scheduling-rules/1/", {"rush_weight": 12}, format="json")
    refused = manager.patch(f"{ROOT}/scheduling-rules/1/", {"setup_weight": -1}, format="json")

    assert (changed.status_code, changed.json()["rush_weight"]) == (200, 12)
    assert refused_fields(refused) == {"#/setup_weight"}
    assert manager.post(f"{ROOT}/scheduling-rules/", {}, format="json").status_code == 405


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"rush_weight": 2}, "#/rush_weight"),
        ({"normal_weight": 11}, "#/rush_weight"),
        ({"fill_in_weight": 4}, "#/normal_weight"),
        ({"setup_weight": 1e9}, "#/setup_weight"),
        ({"tardiness_weight": 1001}, "#/tardiness_weight"),
    ],
)
def test_rules_by_which_rush_orders_would_come_last_or_lateness_count_for_nothing_are_refused(
    manager, asked, field
):
    answer = manager.patch(f"{ROOT}/scheduling-rules/1/", asked, format="json")

    assert answer.status_code == 400
    assert refused_fields(answer) == {field}
    rules = SchedulingRules.objects.current()
    assert (rules.rush_weight, rules.normal_weight, rules.fill_in_weight) == (10, 3, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        SchedulingRules.objects.filter(pk=1).update(rush_weight=2)


class NotAllowedAfterAll(DomainError):
    code = "production.not_allowed_after_all"
    title = "Not allowed after all"
