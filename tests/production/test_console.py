"""The console of production: every list in a fixed number of queries, every action a service, refusals in words."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Item
from production import services
from production.admin.resources import OperatorAdmin
from production.changes import Split, Unpin
from production.forms.operations import FinishForm
from production.models import (
    Batch,
    Downtime,
    Machine,
    Operation,
    Operator,
    Overtime,
    ProcessPlan,
    ProductionOrder,
    Qualification,
    Schedule,
    SchedulingRules,
    Slot,
    ToolAbsence,
    WhatIf,
    WorkCenter,
)
from production.planning import reschedule
from production.what_ifs import create_what_if
from tests.clean_slate import Stand
from tests.counting import queries_of
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.shop import (
    make_made_item,
    make_operator,
    make_plan,
    make_shift,
    make_tool,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def planner() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def page(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def order_now(item, quantity=10, **fields) -> ProductionOrder:
    now = timezone.now()
    return plan_order(item, quantity, **{"at": now, "due_at": now + timedelta(days=3)} | fields)


def build_everything():
    """One row and more of everything that has a page."""
    now = timezone.now()
    site = make_site()
    center = make_work_center(site=site)
    part = make_made_item(site=site)
    item = make_made_item([center, make_work_center(site=site)], {part: 1}, site=site)
    make_lot(part, 3, at=now)
    order = order_now(item)
    begun = order_now(make_made_item([make_work_center(site=site)], site=site))
    (operation,) = operations_of(begun)
    machine = operation.step.work_center.machines.get()
    services.start_operation(operation, by=make_user(), at=now)
    services.pause_operation(operation, by=make_user(), at=now)
    services.report_breakdown(machine, "Spindle", by=make_user(), at=now)
    operator = Operator.objects.create(user=make_user(), site=site, badge=f"B-{order.pk}")
    Qualification.objects.create(operator=operator, code="NDT", expires_on=now.date() - timedelta(days=1))
    tool = make_tool(site, 2)
    ToolAbsence.objects.create(tool=tool, starts_at=now)
    make_made_item([{"work_center": make_work_center(site=site), "tools": {tool: 1}}], site=site)
    reschedule(reason="test", at=now, seconds=0)
    services.plan_overtime(machine, now, now + timedelta(hours=9), "Rush", by=make_user(), at=now)
    create_what_if("Split", [Split(order.batches.get().pk, 2)], seconds=0, by=make_user(), at=now)


def test_lots_used_are_one_a_line_with_their_quantity():
    (operation,) = operations_of(order_now(make_made_item()))
    typed = {"good": "10", "scrap": "0"}

    for line in ("5", "H-17", ": 5", "H-17: five"):
        form = FinishForm(typed | {"consumed": line}, objects=[operation])
        assert form.errors == {"consumed": [f"“{line}” is not lot: quantity."]}


def test_a_qualification_lapses_when_its_day_is_over_where_its_holder_works(monkeypatch):
    now = MONDAY  # in Honolulu it is Sunday, 22:00
    operator = make_operator(make_site(time_zone="Pacific/Honolulu"), "NDT", expires_on=now.date() - DAY)
    pages = OperatorAdmin(Operator, admin.site)
    monkeypatch.setattr(timezone, "now", lambda: now)

    assert pages.shown_qualifications(operator) == "NDT"
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=2))
    assert pages.shown_qualifications(operator) == "NDT (lapsed)"


LISTS = [
    "productionorder",
    "batch",
    "operation",
    "timeentry",
    "processplan",
    "workcenter",
    "machine",
    "downtime",
    "operator",
    "schedule",
    "tool",
    "schedulingrules",
    "whatif",
    "overtime",
]


def asked(client: Client, name: str) -> int:
    """How often a list asks the database."""
    return queries_of(client, page(apps.get_model("production", name), "changelist") + "?all=1")


@pytest.fixture(scope="class")
def few(standing_for_class: Stand) -> dict[str, int]:
    """How often each list asked when there was little; by now there is five times as much of everything."""

    def fill():
        client = Client()
        client.force_login(make_user(is_staff=True, is_superuser=True))
        build_everything()
        few = {name: asked(client, name) for name in LISTS}
        for _ in range(4):
            build_everything()
        return few

    return standing_for_class(fill)


class TestEveryList:
    @pytest.mark.parametrize("name", LISTS)
    def test_takes_as_many_queries_for_many_rows_as_for_few_and_every_row_opens(self, few, planner, name):
        model = apps.get_model("production", name)

        assert asked(planner, name) <= few[name] + 1
        for row in model.objects.all()[:3]:
            assert planner.get(page(model, "change", row.pk)).status_code == 200


@pytest.fixture(scope="class")
def everything(standing_for_class: Stand) -> None:
    standing_for_class(build_everything)


@pytest.mark.usefixtures("everything")
class TestByStanding:
    @pytest.mark.parametrize("stands", ["unfinished", "ready", "running", "blocked", "late", "done", "all"])
    def test_operations_are_shown_by_how_they_stand(self, planner, stands):
        assert planner.get(page(Operation, "changelist"), {"standing": stands}).status_code == 200

    @pytest.mark.parametrize("stands", ["open", "late", "unscheduled", "closed", "all"])
    def test_orders_are_shown_by_how_they_stand(self, planner, stands):
        assert planner.get(page(ProductionOrder, "changelist"), {"standing": stands}).status_code == 200


def test_a_planner_plans_production_by_its_form(planner):
    part = make_made_item()
    item = make_made_item(components={part: 2}, site=part.site)

    answer = planner.post(
        page(ProductionOrder, "add"),
        {
            "item": item.pk,
            "quantity": "5",
            "due_at_0": "2030-01-07",
            "due_at_1": "12:00",
            "priority": "1",
            "reason": "Trade fair",
        },
        follow=True,
    )

    order = ProductionOrder.objects.get(item=item)
    assert answer.status_code == 200
    assert (order.priority, order.reason, order.sub_orders.get().quantity) == (1, "Trade fair", 10)


def test_what_the_service_refuses_is_said_in_the_form_and_what_was_typed_stays(planner):
    bought = make_item(supply=Item.Supply.BUY)

    answer = planner.post(
        page(ProductionOrder, "add"),
        {"item": bought.pk, "quantity": "5", "due_at_0": "2030-01-07", "due_at_1": "12:00", "priority": "2"},
    )

    assert f"{bought} is bought, not made here." in answer.content.decode()
    assert not ProductionOrder.objects.exists()


@pytest.mark.parametrize(("quantity", "told"), [("0", "a quantity is above zero"), ("1.5", "whole numbers")])
def test_a_quantity_that_cannot_be_made_is_refused_at_its_field_in_words(planner, quantity, told):
    item = make_made_item()

    answer = planner.post(
        page(ProductionOrder, "add"),
        {
            "item": item.pk,
            "quantity": quantity,
            "due_at_0": "2030-01-07",
            "due_at_1": "12:00",
            "priority": "2",
        },
    )

    assert told in " ".join(answer.context["adminform"].form.errors["quantity"])
    assert "Constraint" not in answer.content.decode()
    assert not ProductionOrder.objects.exists()


def test_orders_are_released_from_the_list(planner):
    orders = [order_now(make_made_item(), released=False) for _ in range(2)]

    answer = planner.post(
        page(ProductionOrder, "changelist"),
        {"action": "do_release", "_selected_action": [order.pk for order in orders]},
    )

    assert said(answer)[0].startswith("Release: 2 done")
    assert set(ProductionOrder.objects.values_list("status", flat=True)) == {"released"}


def test_an_operation_is_started_and_finished_with_the_lots_that_were_used(planner):
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    lot = make_lot(bar, 20, at=timezone.now())
    (operation,) = operations_of(order_now(make_made_item(components={bar: 1}, site=site)))

    assert planner.get(page(Operation, "do_start", operation.pk)).status_code == 200
    planner.post(page(Operation, "do_start", operation.pk), {"machine": ""})
    planner.post(
        page(Operation, "do_finish", operation.pk),
        {"good": "9", "scrap": "1", "consumed": f"{lot.number}: 10,5"},
    )
    operation.refresh_from_db()
    assert operation.status == "running"  # pieces are counted in whole numbers

    planner.post(
        page(Operation, "do_finish", operation.pk),
        {"good": "9", "scrap": "1", "consumed": f"{lot.number}: 10"},
    )

    operation.refresh_from_db()
    assert (operation.status, operation.good_quantity) == ("done", 9)
    assert inventory.on_hand(lot) == 10


def test_a_refused_start_says_why_in_the_dialog(planner):
    (operation,) = operations_of(order_now(make_made_item(), released=False))

    shown = planner.get(page(Operation, "do_start", operation.pk)).content.decode()
    refused = planner.post(page(Operation, "do_start", operation.pk), {"machine": ""}).content.decode()

    assert "It cannot start yet: batch" in shown
    assert "Release its order first." in refused


def test_an_operation_is_pinned_to_a_machine_and_a_time(planner):
    (operation,) = operations_of(order_now(make_made_item()))
    machine = operation.step.work_center.machines.get()

    planner.post(
        page(Operation, "do_pin", operation.pk), {"machine": machine.pk, "start_at": "2030-01-07T12:00"}
    )

    operation.refresh_from_db()
    assert operation.pinned_machine == machine
    assert f"{operation.pinned_start_at:%Y-%m-%d %H:%M}" == "2030-01-07 12:00"


def test_a_breakdown_is_reported_on_the_machines_page_and_ended_on_its_own(planner):
    machine = make_work_center().machines.get()

    planner.post(page(Machine, "do_report_breakdown", machine.pk), {"reason": "Spindle"})
    downtime = Downtime.objects.get()
    assert "Down" in planner.get(page(Machine, "changelist")).content.decode()
    planner.post(page(Downtime, "do_end", downtime.pk))

    downtime.refresh_from_db()
    assert downtime.ends_at is not None


def test_overtime_is_planned_on_the_machines_page_and_called_off_on_its_own(planner):
    machine = make_work_center().machines.get()
    times = {"starts_at": "2030-01-07T18:00", "ends_at": "2030-01-07T22:00"}

    planner.post(page(Machine, "do_plan_overtime", machine.pk), times | {"reason": "Rush"})
    overtime = Overtime.objects.get()
    assert f"{overtime.starts_at:%Y-%m-%d %H:%M}" == "2030-01-07 18:00"
    planner.post(page(Overtime, "do_call_off", overtime.pk))

    assert not Overtime.objects.exists()


def test_a_batch_is_split_and_its_order_put_first(planner):
    order = order_now(make_made_item(), 9)
    batch = order.batches.get()

    planner.post(page(Batch, "do_split", batch.pk), {"parts": "3"})
    nothing = planner.post(page(ProductionOrder, "do_reprioritise", order.pk), {"priority": "", "due_at": ""})
    planner.post(page(ProductionOrder, "do_reprioritise", order.pk), {"priority": "1", "due_at": ""})

    assert [batch.quantity for batch in order.batches.all()] == [3, 3, 3]
    assert "Give a priority, a due date or both." in nothing.content.decode()
    order.refresh_from_db()
    assert order.priority == 1


def test_a_what_if_plan_is_read_worked_out_again_and_dropped(planner):
    order = order_now(make_made_item(), 9)
    reschedule(reason="first", at=timezone.now(), seconds=0)
    (operation,) = operations_of(order)
    plan = create_what_if(
        "Side by side",
        [Unpin(operation.pk), Split(operation.batch_id, 2)],
        seconds=0,
        by=make_user(),
        at=timezone.now(),
    )
    reschedule(reason="second", at=timezone.now(), seconds=0)
    assert "Open, older plan" in planner.get(page(WhatIf, "changelist")).content.decode()

    planner.post(page(WhatIf, "do_work_out_again", plan.pk))
    shown = planner.get(page(WhatIf, "change", plan.pk)).content.decode()
    planner.post(page(WhatIf, "do_drop", plan.pk))

    assert f"Split {operation.batch} into 2" in shown
    assert f"?what_if={plan.pk}" in shown
    plan.refresh_from_db()
    assert (plan.status, plan.based_on.version) == ("dropped", 2)


def test_a_what_if_plan_is_published_from_the_list(planner):
    order = order_now(make_made_item(), 9)
    reschedule(reason="first", at=timezone.now(), seconds=0)
    plan = create_what_if(
        "Side by side", [Split(order.batches.get().pk, 2)], seconds=0, by=make_user(), at=timezone.now()
    )

    planner.post(page(WhatIf, "do_publish", plan.pk))

    plan.refresh_from_db()
    assert (plan.status, plan.published_as.version) == ("published", 2)
    assert order.batches.count() == 2


def test_a_plan_in_force_is_read_only_and_its_revision_is_edited_and_approved(planner):
    plan = make_plan(make_item(), revision="A")

    assert 'name="steps-0-name"' not in planner.get(page(ProcessPlan, "change", plan.pk)).content.decode()
    planner.post(page(ProcessPlan, "do_revise", plan.pk), {"revision": "B"})
    draft = ProcessPlan.objects.get(item=plan.item, revision="B")
    assert 'name="steps-0-name"' in planner.get(page(ProcessPlan, "change", draft.pk)).content.decode()
    planner.post(page(ProcessPlan, "do_approve", draft.pk))

    draft.refresh_from_db()
    assert draft.status == "approved"


def test_a_schedule_shows_what_it_moved_and_what_it_could_not_place(planner):
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site)
    late = order_now(item)
    steel = make_item(site=site, supply=Item.Supply.BUY)
    order_now(make_made_item(components={steel: 4}, site=site))
    reschedule(reason="first", at=timezone.now(), seconds=0)
    order_now(item, priority=1, due_at=timezone.now() + timedelta(minutes=11))

    schedule = reschedule(reason="second", at=timezone.now(), seconds=0)

    shown = planner.get(page(Schedule, "change", schedule.pk)).content.decode()
    assert f"{late.number}-01" in shown
    assert "Material that nobody has ordered" in shown
    assert steel.number in shown


def test_a_version_tells_long_delays_in_days_and_its_reason_without_examples(planner):
    site = make_site()
    order = order_now(make_made_item([make_work_center(site=site)], site=site))
    reschedule(reason="first", at=timezone.now(), seconds=0)
    (operation,) = operations_of(order)
    machine = operation.step.work_center.machines.get()
    start = Slot.objects.published().get(operation=operation).starts_at + timedelta(days=3.5)
    services.pin_operation(operation, machine, start, by=make_user(), at=timezone.now())

    schedule = reschedule(reason="second", at=timezone.now(), seconds=0)

    shown = planner.get(page(Schedule, "change", schedule.pk)).content.decode()
    assert ">3.5 days</span>" in shown
    assert "nightly, breakdown of" not in shown


def test_a_work_center_without_shifts_says_that_it_works_around_the_clock(planner):
    make_work_center(code="OPEN")
    make_shift(make_work_center(code="DAY", order_share="0.6", stock_share="0.2"), pause=("12:00", "12:30"))

    shown = planner.get(page(WorkCenter, "changelist")).content.decode()

    assert "Around the clock: no shifts are stated" in shown
    assert "37.5" in shown
    assert "60% / 20%" in shown


def test_a_form_with_too_much_reserved_names_the_field_and_keeps_what_was_typed(planner):
    center = make_work_center()
    formsets = {
        f"{name}-{count}_FORMS": 0
        for name in ("machines", "shifts", "exceptions", "changeover_set")
        for count in ("TOTAL", "INITIAL")
    }

    answer = planner.post(
        page(WorkCenter, "change", center.pk),
        {
            "site": center.site_id,
            "code": center.code,
            "name": center.name,
            "kind": center.kind,
            "hourly_cost": "0",
            "order_share": "0.7",
            "stock_share": "0.4",
            **formsets,
        },
    )

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["stock_share"] == [
        "With 0.7 kept to order, no more than 0.3 is left to keep."
    ]
    assert WorkCenter.objects.get(pk=center.pk).reserved_shares == {}


def test_planners_change_the_one_row_of_rules(planner):
    values = {
        "tardiness_weight": "1",
        "setup_weight": "0.02",
        "flow_weight": "0.0001",
        "move_minutes": "10",
        "rush_weight": "20",
        "normal_weight": "3",
        "fill_in_weight": "1",
        "reserves_released_days": "5",
    }

    assert planner.get(page(SchedulingRules, "add")).status_code == 403
    planner.post(page(SchedulingRules, "change", 1), values)

    rules = SchedulingRules.objects.current()
    assert (rules.setup_weight, rules.rush_weight, rules.reserves_released_days) == (0.02, 20, 5)
