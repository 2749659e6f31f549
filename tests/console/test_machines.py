"""The terminal at a machine: what runs there, what comes next, what that waits for."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from production import services
from production.models import Downtime, Machine
from quality.models import Stage
from tests import plant, shop
from tests.console.conftest import As

pytestmark = pytest.mark.django_db
MACHINES = "/console/machines/"


def a_machine(count: int = 1, **step: Any) -> tuple[Machine, list[Any]]:
    """A machine and the operations that are pinned to it, one after the other."""
    site = plant.make_site()
    center = shop.make_work_center(site=site)
    machine = center.machines.get()
    item = shop.make_made_item([{"work_center": center} | step], site=site)
    planned = [shop.operations_of(shop.plan_order(item))[0] for _ in range(count)]
    for operation in planned:
        services.pin_operation(operation, machine=machine, by=plant.make_user(), at=plant.MONDAY)
    return machine, planned


def at(client: Client, machine: Machine) -> str:
    return client.get(f"{MACHINES}{machine.pk}/").text


def test_an_operator_starts_the_next_job_of_the_machine_and_reports_there(as_role: As):
    operator = as_role("operator")
    machine, (operation,) = a_machine()

    shown = at(operator, machine)
    assert "May start" in shown
    assert f"/admin/production/operation/{operation.pk}/do/start/?machine={machine.pk}" in shown

    dialog = operator.get(f"/admin/production/operation/{operation.pk}/do/start/?machine={machine.pk}").text
    assert f'<option value="{machine.pk}" selected' in dialog
    operator.post(f"/admin/production/operation/{operation.pk}/do/start/", {"machine": machine.pk})
    shown = at(operator, machine)
    assert f"/admin/production/operation/{operation.pk}/do/report/" in shown
    for good, scrap in ((3, 1), (2, 0)):
        operator.post(
            f"/admin/production/operation/{operation.pk}/do/report/", {"good": good, "scrap": scrap}
        )
    shown = at(operator, machine)
    assert f"{operation}: 3 good, 1 scrap" in shown
    assert "5 good, 1 scrap of 10 pcs" in shown
    finish = operator.get(f"/admin/production/operation/{operation.pk}/do/finish/").context["form"]
    assert (finish["good"].value(), finish["scrap"].value()) == ("9", "1")
    assert "In all, with the 5 good and 1 scrap that were reported so far." in finish["good"].help_text
    assert f"since {timezone.now():%a} {timezone.now().day} {timezone.now():%b} " in shown
    assert "Nothing is planned for this machine" in shown


def test_two_machines_at_one_batch_are_told_what_was_handed_on(boss: Client):
    site = plant.make_site()
    saw, mill = shop.make_work_center(site=site), shop.make_work_center(site=site)
    steps: list[Any] = [{"work_center": saw, "transfer_quantity": 4}, mill]
    first, second = shop.operations_of(shop.plan_order(shop.make_made_item(steps, site=site), 10))
    services.pin_operation(second, machine=mill.machines.get(), by=plant.make_user(), at=plant.MONDAY)
    who: dict[str, Any] = {"by": plant.make_user(), "at": plant.MONDAY}
    services.start_operation(first, **who)
    services.report_progress(first, good=Decimal(3), **who)

    assert f"step {first.step} has handed on 3 of 4 pcs; 1 more must" in at(boss, mill.machines.get())

    services.report_progress(first, good=Decimal(2), **who)
    assert f"5 handed on so far by step {first.step}" in at(boss, mill.machines.get())
    services.start_operation(second, **who)

    assert "Hand on 4 pcs at a time" in at(boss, saw.machines.get())
    assert f"Step {first.step} has handed on 5 pcs so far, and is running." in at(boss, mill.machines.get())
    services.pause_operation(first, **who)
    other = shop.operations_of(shop.plan_order(shop.make_made_item([saw], site=site), 10))[0]
    services.start_operation(other, machine=saw.machines.get(), **who)
    here = at(boss, saw.machines.get())
    assert here.index(f"batch {other.batch}") < here.index(f"batch {first.batch}"), (
        "what runs before what is paused"
    )
    page = boss.get(f"/admin/production/operation/{first.pk}/change/").text
    assert "5 pcs reported so far" in page
    batch = boss.get(f"/admin/production/batch/{first.batch_id}/change/").text
    cells = re.findall(r"<td[^>]*field-good[^>]*>(.*?)</td>", batch, re.DOTALL)
    assert [re.sub(r"<[^>]*>|\s", "", cell) for cell in cells] == ["5", "0"]


def test_what_keeps_the_reader_from_starting_is_told_gate_by_gate(as_role: As):
    machine, _ = a_machine(required_qualification="NDT-PT-II")

    shown = at(as_role("operator"), machine)

    assert "<strong>Qualification:</strong> Step" in shown
    assert "do/start/" not in shown


def test_a_first_piece_that_waits_is_told_where_it_runs(as_role: As):
    site = plant.make_site()
    center = shop.make_work_center(site=site)
    item = plant.make_item(site=site)
    plan = plant.make_inspection_plan(item, Stage.FIRST_PIECE)
    shop.make_plan(item, [{"work_center": center, "first_piece_plan": plan}])
    operation = shop.operations_of(shop.plan_order(item))[0]
    services.start_operation(operation, by=plant.make_user(), at=timezone.now())

    shown = at(as_role("operator"), center.machines.get())

    assert "First piece to be inspected" in shown
    assert f"/console/inspections/{operation.checkpoints.get().inspection_id}/" in shown


def test_the_terminal_remembers_its_machine_until_another_is_wanted(as_role: As):
    operator = as_role("operator")
    machine, _ = a_machine()
    assert "Which machine?" in operator.get(MACHINES).text

    at(operator, machine)

    assert operator.get(MACHINES).url == f"{MACHINES}{machine.pk}/"
    assert "Which machine?" in operator.get(f"{MACHINES}?other=1").text


def test_a_machine_that_is_down_says_since_when_and_why(boss: Client):
    machine, _ = a_machine()
    services.report_breakdown(machine, "Spindle", by=plant.make_user(), at=timezone.now())

    assert "Spindle" in at(boss, machine)
    assert "Down</span>" in boss.get(f"{MACHINES}?other=1").text


def test_whoever_may_not_work_there_is_offered_no_button(as_role: As):
    machine, _ = a_machine()
    assert "do/start/" not in at(as_role("inspector"), machine)


def test_the_terminal_takes_as_many_queries_for_many_jobs_as_for_few(boss: Client):
    few, _ = a_machine(2)
    many, _ = a_machine(6)
    counts = []
    for machine in (few, few, many):
        with CaptureQueriesContext(connection) as taken:
            at(boss, machine)
        counts.append(len(taken))
    assert counts[1] == counts[2]

    with CaptureQueriesContext(connection) as before:
        boss.get(f"{MACHINES}?other=1")
    a_machine()
    with CaptureQueriesContext(connection) as after:
        boss.get(f"{MACHINES}?other=1")
    assert len(before) == len(after)


def test_a_machine_that_is_down_is_said_to_run_again_where_its_breakdown_was_reported(as_role: As):
    operator = as_role("operator")
    machine, _ = a_machine()
    page = f"/admin/production/machine/{machine.pk}"
    assert "Runs again" not in at(operator, machine)
    assert "Runs again" not in operator.get(f"{page}/change/").text

    operator.post(f"{page}/do/report-breakdown/", {"reason": "Spindle"})
    (down,) = Downtime.objects.current(timezone.now())
    terminal = at(operator, machine)
    assert f'action="/console/do/end-downtime/{down.pk}/"' in terminal
    assert "Report breakdown…" not in terminal
    assert f"{page}/do/runs-again/" in operator.get(f"{page}/change/").text
    operator.post(f"{page}/do/runs-again/")

    assert not Downtime.objects.current(timezone.now()).exists()
    with pytest.raises(services.NotDown, match="is not down"):
        services.restart_machine(machine, by=plant.make_user(), at=timezone.now())
