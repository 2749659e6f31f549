"""Process plans: approving them, and revising what is in force."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from inventory.models import Item
from inventory.quantities import plain
from mes.core import signing
from mes.core.facts import record
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError
from mes.core.regulated import reason_kept
from mes.core.states import require_draft_revision
from production.calendars import longest_stretch
from production.eligibility import eligible_machines, run_seconds
from production.explosion import find_circle
from production.facts import ProcessPlanApproved
from production.models import Component, ProcessPlan, Step, StepInstruction, ToolNeed, WorkCenter
from quality.models import RELEASING, InspectionPlan, Stage

INSPECTED_BY = ("inspection_plan_id", "first_piece_plan_id", "periodic_plan_id")


class PlanIncomplete(DomainError):
    code = "production.plan_incomplete"
    title = "The process plan cannot be worked to"


class CircularBill(DomainError):
    code = "production.circular_bill"
    title = "An item cannot be made from itself"


class RevisionTaken(DomainError):
    code = "production.revision_taken"
    title = "There is a plan of this revision"


class PlanInForce(DomainError):
    code = "production.plan_in_force"
    title = "Only a draft can be changed"


def require_draft(plan: ProcessPlan) -> None:
    """:raises PlanInForce: unless the plan is a draft; how batches are made does not change under them."""
    require_draft_revision(plan, PlanInForce)


@transaction.atomic
def approve_process_plan(
    plan: ProcessPlan, *, credentials: signing.Credentials | None = None, by: User, at: datetime
) -> ProcessPlan:
    """Put a plan in force, by signature where the rules demand it; the one before it is superseded.

    Batches that exist keep the plan they were planned under.

    :raises PlanIncomplete: naming everything that keeps the plan from being worked to.
    :raises CircularBill: when the item would, at some level, be made from itself.
    :raises IllegalTransition: when the plan is not a draft.
    :raises SignatureMissing: and whatever else `mes.core.signing.sign_as_demanded` raises.
    """
    item = Item.objects.select_for_update(no_key=True).get(pk=plan.item_id)
    plan.refresh_from_db(fields=["status"])
    if plan.may_move_to(ProcessPlan.Status.APPROVED):
        _require_complete(plan, item)
        _require_no_circle(plan, set(plan.components.values_list("item", flat=True)))
        signing.sign_as_demanded(plan, Meaning.APPROVE, credentials=credentials, by=by, at=at)
        for former in ProcessPlan.objects.effective().filter(item=item):
            former.move_to(ProcessPlan.Status.SUPERSEDED)
    plan.move_to(ProcessPlan.Status.APPROVED, approved_by=by, approved_at=at)
    record(ProcessPlanApproved(plan=plan.pk, item=item.pk, by=by.pk))
    return plan


@transaction.atomic
def revise_process_plan(
    plan: ProcessPlan, revision: str, *, reason: str = "", by: User, at: datetime
) -> ProcessPlan:
    """Copy a plan with its steps and components to a draft of another revision, to be changed and approved.

    :param reason: what is going to be different, and why; the history keeps it.
    :raises RevisionTaken: when the item has a plan of that revision.
    :raises ChangeReasonMissing: without a reason, where the item is regulated.
    """
    if ProcessPlan.objects.filter(item=plan.item_id, revision=revision).exists():
        raise RevisionTaken(
            f"{plan.item} already has a process plan {revision}.",
            remedy="Change that draft, or choose another revision.",
            errors={"revision": ["There is a plan of this revision."]},
        )
    with reason_kept(plan, reason):
        return copied_plan(plan, plan.item_id, revision)


def copied_plan(
    plan: ProcessPlan, item: int, revision: str, *, inspected_by: Mapping[int, int] | None = None
) -> ProcessPlan:
    """A draft with the steps, tools, instructions and components of a plan.

    :param item: key of the item that it makes.
    :param inspected_by: keys of inspection plans, by those of the ones that they stand in for.
    """
    draft = ProcessPlan.objects.create(item_id=item, revision=revision, batch_maximum=plan.batch_maximum)
    others = inspected_by or {}
    copies = {}
    for step in plan.steps.prefetch_related("machines").order_by("sequence"):
        values = {field.attname: getattr(step, field.attname) for field in Step._meta.concrete_fields}
        values |= {name: others.get(values[name], values[name]) for name in INSPECTED_BY}
        copies[step.pk] = copy = Step.objects.create(**values | {"id": None, "plan_id": draft.pk})
        copy.machines.set(step.machines.all())
    ToolNeed.objects.bulk_create(
        ToolNeed(plan=draft, step=copies[need.step_id], tool_id=need.tool_id, quantity=need.quantity)
        for need in plan.tool_needs.order_by("pk")
    )
    StepInstruction.objects.bulk_create(
        StepInstruction(plan=draft, step=copies[each.step_id], instruction_id=each.instruction_id)
        for each in plan.step_instructions.order_by("pk")
    )
    Component.objects.bulk_create(
        Component(
            plan=draft,
            step=copies[component.step_id],
            item_id=component.item_id,
            quantity_per=component.quantity_per,
        )
        for component in plan.components.order_by("pk")
    )
    return draft


def _require_complete(plan: ProcessPlan, item: Item) -> None:
    steps = list(
        plan.steps.select_related(
            "plan", "work_center__site", "inspection_plan", "first_piece_plan", "periodic_plan"
        )
        .prefetch_related(
            "machines",
            "work_center__machines",
            "work_center__shifts",
            "work_center__exceptions",
            "tool_needs__tool",
        )
        .order_by("sequence")
    )
    faults = [
        *_plan_faults(plan, item, steps),
        *(fault for step in steps for fault in _step_faults(step, item)),
        *(fault for step in steps for fault in _tool_faults(step, item)),
        *(fault for step in steps for fault in _shift_faults(step, item)),
        *(fault for step in steps for fault in _gate_faults(step, item, is_last=step == steps[-1])),
        *(fault for step in steps for fault in _transfer_faults(step, is_last=step == steps[-1])),
    ]
    if faults:
        raise PlanIncomplete(
            f"{plan} cannot be approved: {'; '.join(faults)}.", remedy="Put that right, then approve it."
        )


def _plan_faults(plan: ProcessPlan, item: Item, steps: list[Step]) -> Iterator[str]:
    if not steps:
        yield "it has no steps"
    if item.supply != Item.Supply.MAKE:
        yield f"{item} is bought, not made here"
    strangers = plan.components.exclude(step__plan=plan).select_related("item").order_by("pk")
    for component in strangers:
        yield f"component {component.item} is taken by a step of another plan"


def _step_faults(step: Step, item: Item) -> Iterator[str]:
    center = step.work_center
    own = {machine.pk for machine in center.machines.all()}
    named = list(step.machines.all())
    if center.site_id != item.site_id:
        yield f"step {step} is done at {center}, which is at another site"
    for machine in named:
        if machine.pk not in own:
            yield f"step {step} names {machine}, which is not at {center}"
    if not center.is_unlimited and not any(machine.is_active for machine in named or center.machines.all()):
        yield f"step {step} has no active machine at {center}"


def _tool_faults(step: Step, item: Item) -> Iterator[str]:
    for need in step.tool_needs.all():
        if need.tool.site_id != item.site_id:
            yield f"step {step} needs {need.tool}, which is at another site"
        elif need.quantity > need.tool.quantity:
            yield f"step {step} needs {need.quantity} of {need.tool}, of which there are {need.tool.quantity}"


def _shift_faults(step: Step, item: Item) -> Iterator[str]:
    """A step that must not pause fits into the longest stretch that its work center ever works, at its fastest machine."""
    center = step.work_center
    if step.may_pause or center.kind == WorkCenter.Kind.OUTSIDE:
        return
    longest = longest_stretch(center)
    quantity = step.plan.batch_maximum or max(item.order_minimum, Decimal(1))
    machines = eligible_machines(step, Decimal(0), center.machines.all())
    fastest = max((machine.speed for machine in machines), default=Decimal(1))
    needed = timedelta(seconds=run_seconds(step, quantity, fastest))
    if longest is None or needed <= longest:
        return
    if not longest:
        yield f"step {step} is done at {center}, whose shifts leave no working time: state when it works"
    else:
        yield (
            f"step {step} must not pause, but a batch of {plain(quantity)} {item.unit} takes {_hours(needed)} and "
            f"{center} never works longer than {_hours(longest)} on end: let it pause, lower the batch maximum or lengthen a shift"
        )


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"


def _gate_faults(step: Step, item: Item, *, is_last: bool) -> Iterator[str]:
    stages = {Stage.IN_PROCESS, Stage.FINAL} if is_last else {Stage.IN_PROCESS}
    yield from _plan_of_step_faults(step, item, step.inspection_plan, stages)
    yield from _plan_of_step_faults(step, item, step.first_piece_plan, {Stage.FIRST_PIECE})
    yield from _plan_of_step_faults(step, item, step.periodic_plan, {Stage.PERIODIC})


def _transfer_faults(step: Step, *, is_last: bool) -> Iterator[str]:
    if fault := step.why_not_handed_on():
        yield f"step {step} hands on {plain(step.transfer_quantity or Decimal(0))}: {fault.rstrip('.')}"
    elif step.transfer_quantity is not None and is_last:
        yield (
            f"step {step} hands on {plain(step.transfer_quantity)} at a time, but no step follows it: clear its transfer quantity"
        )


def _plan_of_step_faults(
    step: Step, item: Item, gate: InspectionPlan | None, stages: set[Stage]
) -> Iterator[str]:
    if gate is None:
        return
    if gate.status == InspectionPlan.Status.SUPERSEDED:
        # Gates are opened by the revision in force, so that is the one to look at.
        gate = InspectionPlan.objects.effective().filter(code=gate.code).first() or gate
    if gate.status != InspectionPlan.Status.APPROVED:
        first = ": approve that first" if gate.status == InspectionPlan.Status.DRAFT else ""
        yield f"step {step} asks for inspection plan {gate}, which is {gate.get_status_display().lower()}{first}"
    if gate.item_id != item.pk:
        yield f"step {step} asks for inspection plan {gate}, which is for another item"
    if gate.stage not in stages:
        why = ", which would release an unfinished lot" if gate.stage in RELEASING else " at the wrong moment"
        yield f"step {step} asks for a {gate.get_stage_display().lower()} inspection{why}"


def require_no_circle_by(plan: ProcessPlan, part: Item) -> None:
    """Of a component that is about to be taken into a draft, as the bills in force stand.

    :raises CircularBill: when the part is made, at some level, from what the plan makes.
    """
    _require_no_circle(plan, {part.pk})


def _require_no_circle(plan: ProcessPlan, parts: set[int]) -> None:
    components: dict[int, set[int]] = {}
    lines = Component.objects.filter(plan__status=ProcessPlan.Status.APPROVED).exclude(
        plan__item=plan.item_id
    )
    for product, part in lines.values_list("plan__item", "item"):
        components.setdefault(product, set()).add(part)
    components[plan.item_id] = parts
    circle = find_circle(plan.item_id, components)
    if circle:
        names = {item.pk: str(item) for item in Item.objects.filter(pk__in=circle)}
        path = " → ".join(names[key] for key in circle)
        raise CircularBill(
            f"{plan.item} would be made from itself: {path}.", remedy="Remove one of these components."
        )
