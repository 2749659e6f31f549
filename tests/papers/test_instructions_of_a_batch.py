"""The record of a batch says which version of each work instruction was in force when each of its steps was begun."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from mes.core.models import User
from mes.papers import services as papers
from production import services
from production.instructions import worked_to
from production.models import Batch, InstructionVersion, Operation, StepInstruction
from tests.papers.reading import cells_of, pages_of
from tests.plant import MONDAY, make_item, make_user
from tests.shop import make_plan, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TOLD = "instructions"


def write(number: str = "WI-7", **fields: Any) -> InstructionVersion:
    given: dict[str, Any] = {
        "title": "Deburring",
        "text": "By hand.",
        "by": make_user(),
        "at": MONDAY - 2 * HOUR,
    }
    return services.write_instruction(number, **given | fields)


def approve(version: InstructionVersion, at: Any = MONDAY - HOUR, **fields: Any) -> InstructionVersion:
    return services.approve_instruction(version, by=make_user(), at=at, **fields)


def revise(version: InstructionVersion, revision: str = "B") -> InstructionVersion:
    return services.revise_instruction(
        version, revision=revision, change="By machine", by=make_user(), at=MONDAY
    )


def a_batch(*versions: InstructionVersion, steps: int = 2) -> Batch:
    """Released, of so many steps that are each worked to the same instructions."""
    center = make_work_center(name="Deburring bench")
    item = make_item(site=center.site)
    plan = make_plan(item, [center] * steps, approved=False)
    for step in plan.steps.order_by("sequence"):
        for version in versions:
            StepInstruction.objects.create(plan=plan, step=step, instruction=version.instruction)
    services.approve_process_plan(plan, by=make_user(), at=MONDAY - HOUR)
    return plan_order(item).batches.get()


def work(operation: Operation, at: Any, *, by: User | None = None, hours: int = 1) -> None:
    by = by or make_user()
    operation = Operation.objects.get(pk=operation.pk)
    services.start_operation(operation, by=by, at=at)
    services.finish_operation(operation, good=operation.batch.quantity, by=by, at=at + hours * HOUR)


def told(batch: Batch) -> list[list[str]]:
    paper = services.issue_batch_record(Batch.objects.get(pk=batch.pk), by=make_user(), at=MONDAY + 9 * HOUR)
    return cells_of(paper.content, TOLD)


def test_a_version_that_comes_into_force_between_two_steps_is_told_of_the_second_alone():
    first = approve(write())
    batch = a_batch(first)
    one, two = operations_of(batch.order)
    work(one, MONDAY)
    approve(revise(first), at=MONDAY + HOUR, effective_from=MONDAY + 2 * HOUR)
    work(two, MONDAY + 3 * HOUR)

    rows = told(batch)

    assert [row[:4] for row in rows] == [
        ["10 Step 10", "2 Mar 2026, 08:00", "WI-7 Deburring", "A"],
        ["20 Step 20", "2 Mar 2026, 11:00", "WI-7 Deburring", "B"],
    ]
    assert rows[0][4] == "from 2 Mar 2026, 07:00 until 2 Mar 2026, 10:00"
    assert rows[1][4] == "from 2 Mar 2026, 10:00"


def test_one_that_comes_into_force_while_a_step_is_under_way_is_told_below_the_one_it_was_begun_with():
    first = approve(write())
    batch = a_batch(first, steps=1)
    approve(revise(first), at=MONDAY, effective_from=MONDAY + HOUR)
    work(operations_of(batch.order)[0], MONDAY, hours=2)

    (row,) = told(batch)

    assert row[3] == "A\nB"
    assert row[4] == "from 2 Mar 2026, 07:00 until 2 Mar 2026, 09:00\nfrom 2 Mar 2026, 09:00"


def test_one_that_was_withdrawn_before_its_time_was_never_in_force():
    first = approve(write())
    batch = a_batch(first, steps=1)
    second = approve(revise(first), at=MONDAY, effective_from=MONDAY + HOUR)
    services.withdraw_instruction(second, "Wrong tool named", by=make_user(), at=MONDAY + HOUR / 2)
    work(operations_of(batch.order)[0], MONDAY + 2 * HOUR)

    (row,) = told(batch)

    assert row[3] == "A"


def test_who_worked_and_had_read_it_is_named_and_nobody_else():
    version = approve(write(must_be_read=True))
    ann, bystander = (
        make_user(first_name="Ann", last_name="Baker"),
        make_user(first_name="Cy", last_name="Dent"),
    )
    for reader in (ann, bystander):
        services.acknowledge(version, by=reader, at=MONDAY)
    batch = a_batch(version, steps=1)
    work(operations_of(batch.order)[0], MONDAY + HOUR, by=ann)

    (row,) = told(batch)

    assert row[5] == "Ann Baker, 2 Mar 2026, 08:00"


def test_a_step_that_was_begun_without_any_version_in_force_says_so():
    batch = a_batch(write(), steps=1)
    (operation,) = operations_of(batch.order)
    Operation.objects.filter(pk=operation.pk).update(
        status="running", started_at=MONDAY, running_since=MONDAY
    )

    (row,) = worked_to([Operation.objects.select_related("step").get(pk=operation.pk)])

    assert (row.version, row.later, row.readings) == (None, [], [])


def test_the_pages_and_the_batch_itself_show_it_and_a_batch_without_instructions_has_no_such_table():
    first = approve(write())
    batch = a_batch(first, steps=1)
    bare = a_batch(steps=1)
    for each in (batch, bare):
        work(operations_of(each.order)[0], MONDAY)

    paper = services.issue_batch_record(Batch.objects.get(pk=batch.pk), by=make_user(), at=MONDAY + 9 * HOUR)
    pages = "\n".join(pages_of(papers.printed(paper)))
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    pages_of_batches = [
        client.get(reverse("admin:production_batch_change", args=[each.pk])).content.decode()
        for each in (batch, bare)
    ]
    without = services.issue_batch_record(Batch.objects.get(pk=bare.pk), by=make_user(), at=MONDAY + 9 * HOUR)

    assert "Work instructions in force when each step was begun" in pages
    assert "WI-7 Deburring" in pages
    assert ["WI-7 Deburring" in page for page in pages_of_batches] == [True, False]
    assert TOLD not in [
        part["key"] for section in without.content["document"]["sections"] for part in section["parts"]
    ]


def test_the_api_tells_it_by_step_in_the_order_of_the_steps():
    first = approve(write())
    batch = a_batch(first)
    one, two = operations_of(batch.order)
    work(one, MONDAY)
    second = approve(revise(first), at=MONDAY + 2 * HOUR)
    work(two, MONDAY + 3 * HOUR)
    client = APIClient()
    client.force_authenticate(make_user(is_superuser=True))

    rows = client.get(f"/api/v1/batches/{batch.pk}/instructions/").json()

    assert [(row["sequence"], row["instruction"]["number"], row["version"]["revision"]) for row in rows] == [
        (10, "WI-7", "A"),
        (20, "WI-7", "B"),
    ]
    assert [row["version"]["id"] for row in rows] == [first.pk, second.pk]
    assert rows[0]["operation"] == one.pk


def test_it_takes_as_many_queries_for_many_steps_as_for_one():
    counts = []
    for steps, names in ((1, ["WI-1"]), (6, ["WI-2", "WI-3", "WI-4"])):
        batch = a_batch(*(approve(write(name)) for name in names), steps=steps)
        for number, operation in enumerate(operations_of(batch.order)):
            work(operation, MONDAY + number * HOUR)
        operations = list(batch.operations.select_related("step").order_by("sequence"))
        with CaptureQueriesContext(connection) as seen:
            assert len(worked_to(operations)) == steps * len(names)
        counts.append(len(seen))

    assert counts == [4, 4]
