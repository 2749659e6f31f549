"""What stands between an operation and its start: every gate that is shut is named."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from inventory import services as inventory
from mes.core.refusals import DomainError
from production import services
from production.models import (
    Operation,
    Qualification,
    Specification,
    StepInstruction,
)
from quality.models import Gauge
from tests.plant import MONDAY, make_inspection_plan, make_item, make_lot, make_site, make_user
from tests.production.gated import DAY, HOUR, TODAY, finish, first_of, instructed, needing, start, status_of
from tests.racing import at_once
from tests.shop import (
    make_made_item,
    make_operator,
    make_plan,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db


def test_everything_that_is_missing_is_named_at_once_each_with_what_to_do():
    site = make_site()
    bar = make_item(site=site, uom="MTR", supply="buy")
    center = make_work_center(site=site)
    item = make_item(site=site)
    plan = make_plan(
        item,
        [{"work_center": center, "required_qualification": "WELD"}],
        {bar: 2},
        approved=False,
    )
    version = services.write_instruction(
        "WI-1", "Welding", text="Weld.", must_be_read=True, by=make_user(), at=MONDAY
    )
    services.approve_instruction(version, by=make_user(), at=MONDAY)
    StepInstruction.objects.create(plan=plan, step=plan.steps.get(), instruction=version.instruction)
    services.approve_process_plan(plan, by=make_user(), at=MONDAY)
    operation = first_of(item)

    with pytest.raises(services.GatesShut) as refusal:
        start(operation)

    assert refusal.value.code == "production.gates_shut"
    assert refusal.value.errors.keys() == {"qualification", "instructions", "material"}
    assert "for 3 reasons" in refusal.value.detail
    for sentence in (
        "have somebody qualified first",
        "Read it on the operation's page",
        "Receive or release",
    ):
        assert sentence in refusal.value.detail
    assert status_of(operation) == "waiting"


def test_each_gate_that_is_shut_is_told_in_a_line_of_its_own():
    site = make_site()
    part = make_item(site=site, supply="buy")
    step = {"work_center": make_work_center(site=site), "required_qualification": "NDT-PT-II"}
    operation = first_of(make_made_item([step], {part: 1}, site=site))

    with pytest.raises(services.GatesShut) as refused:
        start(operation)

    assert [line[:3] for line in str(refused.value).splitlines()[1:]] == ["1. ", "2. "]


def test_a_single_gate_that_is_shut_keeps_its_own_code():
    with pytest.raises(services.NotQualified, match="NDT-PT-II"):
        start(needing())


def test_an_instruction_that_must_be_read_is_read_before_the_start():
    operation, version = instructed()
    reader = make_user()

    with pytest.raises(services.InstructionUnread, match=f"has not read {version}"):
        start(operation, by=reader)
    services.acknowledge(version, by=reader, at=MONDAY)

    assert start(operation, by=reader).status == "running"


def test_a_step_whose_instruction_is_not_in_force_yet_waits():
    operation, version = instructed(effective_from=MONDAY + DAY)

    with pytest.raises(services.InstructionUnread, match=f"No version is in force of {version.instruction}"):
        start(operation)


def test_a_new_version_is_read_before_the_work_goes_on():
    operation, version = instructed()
    reader = make_user()
    services.acknowledge(version, by=reader, at=MONDAY)
    start(operation, by=reader)
    services.pause_operation(operation, by=reader, at=MONDAY + HOUR)
    newer = services.revise_instruction(version, revision="B", change="Torque", by=make_user(), at=MONDAY)
    services.approve_instruction(newer, by=make_user(), at=MONDAY + HOUR)

    with pytest.raises(services.InstructionUnread, match=str(newer)):
        services.resume_operation(operation, by=reader, at=MONDAY + HOUR)

    assert status_of(operation) == "paused"


def gauged(**gauge) -> Operation:
    site = make_site()
    item = make_item(site=site)
    asked = {"lower_limit": 9, "upper_limit": 11, "gauge_kind": "micrometer"}
    inspection = make_inspection_plan(item, "in_process", characteristics=[asked])
    center = make_work_center(site=site)
    make_plan(item, [{"work_center": center, "inspection_plan": inspection}, center])
    if gauge:
        Gauge.objects.create(number="M-1", kind="Micrometer", site=site, interval_days=365, **gauge)
    return first_of(item)


@pytest.mark.parametrize(
    ("gauge", "told"),
    [
        ({}, "none at .* is in calibration"),
        ({"due_date": TODAY - DAY}, "M-1 .*due 2026-03-01"),
        ({"due_date": TODAY, "status": "blocked"}, "M-1 .*blocked"),
    ],
)
def test_a_step_that_is_measured_waits_for_a_gauge_in_calibration(gauge: dict[str, Any], told: str):
    operation = gauged(**gauge)

    with pytest.raises(services.GaugeMissing, match=told):
        start(operation)


def test_gauges_that_lapsed_are_listed():
    operation = gauged(due_date=TODAY - DAY)
    site = operation.step.work_center.site
    Gauge.objects.create(number="M-2", kind="micrometer", site=site, interval_days=365)

    with pytest.raises(services.GaugeMissing, match=r"due 2026-03-01\), M-2 \(micrometer, in use, never"):
        start(operation)


def test_a_gauge_is_good_on_its_last_day():
    assert start(gauged(due_date=TODAY)).status == "running"


def test_a_qualification_that_a_customer_asks_for_is_needed_for_that_order_alone():
    site = make_site()
    item = make_made_item([make_work_center(site=site), make_work_center(site=site)], site=site)
    asked, other = plan_order(item), plan_order(item)
    operation = operations_of(asked)[0]
    Specification.objects.create(
        order=asked,
        kind="process",
        text="By a level II",
        source="SO-7/1",
        step=operation.step,
        qualification="PT-II",
    )

    with pytest.raises(services.NotQualified, match=r"SO-7/1 asks of step .* for qualification PT-II"):
        start(operation)

    assert start(operations_of(other)[0]).status == "running"
    holder = make_operator(item.site, "PT-II").user
    second = operations_of(plan_order(item))[0]
    Specification.objects.create(
        order=second.batch.order,
        kind="process",
        text="…",
        source="SO-8/1",
        step=second.step,
        qualification="PT-II",
    )
    finish(Operation.objects.get(pk=operations_of(other)[0].pk))
    assert start(second, by=holder).status == "running"


def test_material_that_is_held_is_named_with_why_it_cannot_be_used():
    site = make_site()
    bar = make_item(site=site, supply="buy")
    item = make_made_item(components={bar: 1}, site=site)
    lot = make_lot(bar, 10)
    inventory.hold_lot(lot, "Wrong heat", by=make_user(), at=MONDAY)

    with pytest.raises(services.MaterialMissing, match=f"{lot}: 10 .*Wrong heat"):
        start(first_of(item))


@pytest.mark.django_db(transaction=True)
def test_a_hold_at_the_moment_of_the_start_comes_before_it_or_after_it():
    operation = needing(qualification="")
    lot = operation.batch.lot
    by = make_user()

    outcomes = at_once(
        lambda: services.start_operation(Operation.objects.get(pk=operation.pk), by=by, at=MONDAY),
        lambda: inventory.hold_lot(type(lot).objects.get(pk=lot.pk), "Doubt", by=by, at=MONDAY),
    )

    refused = [each for each in outcomes if isinstance(each, DomainError)]
    assert type(lot).objects.get(pk=lot.pk).status == "held"
    assert status_of(operation) == ("waiting" if refused else "running")
    assert all(each.code == "production.not_ready" for each in refused)


@pytest.mark.django_db(transaction=True)
def test_a_start_waits_for_whoever_is_ending_the_qualification_and_is_then_refused():
    operation = needing("WELD")
    holder = make_operator(operation.step.work_center.site, "WELD").user

    def end_it() -> str:
        with transaction.atomic():
            held = Qualification.objects.select_for_update().get(code="WELD", operator__user=holder)
            held.expires_on = date(2026, 3, 1)
            held.save()
        return "ended"

    outcomes = at_once(
        end_it, lambda: services.start_operation(Operation.objects.get(pk=operation.pk), by=holder, at=MONDAY)
    )

    assert outcomes[0] == "ended"
    if isinstance(outcomes[1], DomainError):
        assert outcomes[1].code == "production.not_qualified"
        assert status_of(operation) == "waiting"
    else:
        assert status_of(operation) == "running"
