"""What of this app's records is signed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from django.apps import apps
from django.db.models import Model, QuerySet

from inventory.models import Item
from mes.core.history import writers_of
from mes.core.signing import Content, signable, told_fields
from production.models import (
    Batch,
    Component,
    GateOverride,
    InstructionVersion,
    ProcessPlan,
    Step,
    StepInstruction,
    TimeEntry,
    ToolNeed,
)
from production.review import oddities
from quality.models import ExceptionAnswer

P = TypeVar("P", Component, ToolNeed, StepInstruction)


@signable(ProcessPlan, title="Process plan")
def process_plan(keys: Collection[int]) -> dict[int, Content]:
    """Bill of material and routing, as the shop works to them."""
    plans = (
        ProcessPlan.objects.filter(pk__in=keys)
        .select_related("item")
        .prefetch_related(
            "steps__work_center",
            "steps__machines",
            "steps__inspection_plan",
            "steps__first_piece_plan",
            "steps__periodic_plan",
            "components__item",
            "components__step",
            "tool_needs__tool",
            "tool_needs__step",
            "step_instructions__step",
            "step_instructions__instruction",
        )
    )
    return {
        plan.pk: {
            "item": str(plan.item),
            "revision": plan.revision,
            "batch maximum": plan.batch_maximum,
            "steps": [_step(step) for step in sorted(plan.steps.all(), key=lambda step: step.sequence)],
            "components": [_component(each) for each in _in_order(plan.components.all())],
            "tools": [_tool(each) for each in _in_order(plan.tool_needs.all())],
            "instructions": [
                {"step": each.step.sequence, "instruction": str(each.instruction)}
                for each in _in_order(plan.step_instructions.all())
            ],
        }
        for plan in plans
    }


@process_plan.regulated
def _regulated(keys: Collection[int]) -> Collection[int]:
    return ProcessPlan.objects.filter(pk__in=keys, item__in=Item.objects.under_rules()).values_list(
        "pk", flat=True
    )


@process_plan.authors
def _authors(key: int) -> Collection[int]:
    """Whoever drafted the plan or changed it, a step, a component or a tool of it while it was a draft."""
    own = _history(ProcessPlan).filter(pgh_obj=key, status=ProcessPlan.Status.DRAFT)
    parts = [_history(model).filter(plan=key) for model in (Step, Component, ToolNeed)]
    return writers_of(own, *parts)


@signable(Batch, title="Batch record")
def batch(keys: Collection[int]) -> dict[int, Content]:
    """What a batch yielded, and everything unusual about it with what was found: what its reviewer signs.

    One more exception, or one more answer, makes the review void.
    """
    given = ExceptionAnswer.objects.filter(review__kind=Batch._meta.label_lower, review__key__in=keys)
    answers: defaultdict[int, list[str]] = defaultdict(list)
    for each in given.select_related("review", "by").order_by("pk"):
        answers[each.review.key].append(str(each))
    rows = Batch.objects.filter(pk__in=keys).select_related("order", "plan__item", "lot")
    return {
        row.pk: {
            "batch": row.number,
            "order": row.order.number,
            "plan": str(row.plan),
            "lot": row.lot.number if row.lot else None,
            "quantity": row.quantity,
            "good": row.good_quantity,
            "scrap": row.scrap_quantity,
            "exceptions": [each.sentence for each in oddities(row)],
            "answers": answers.get(row.pk, []),
        }
        for row in rows
    }


@batch.regulated
def _regulated_batches(keys: Collection[int]) -> Collection[int]:
    return Batch.objects.filter(pk__in=keys, plan__item__in=Item.objects.under_rules()).values_list(
        "pk", flat=True
    )


@batch.exceptions
def _unusual_of(key: int) -> Sequence[str]:
    return [each.sentence for row in Batch.objects.filter(pk=key) for each in oddities(row)]


@batch.authors
def _made_by(key: int) -> Collection[int]:
    """Whoever worked on it."""
    workers = TimeEntry.objects.filter(operation__batch=key).values_list("by", flat=True)
    return set(workers.distinct())


def _history(model: type[Model]) -> QuerySet[Any]:
    history: QuerySet[Any] = apps.get_model("production", f"{model.__name__}Event")._default_manager.all()
    return history


def _in_order(rows: Iterable[P]) -> list[P]:
    return sorted(rows, key=lambda row: (row.step.sequence, row.pk))


def _step(step: Step) -> Content:
    return told_fields(step, without={"plan", "work_center", "inspection_plan"}) | {
        "work center": step.work_center.code,
        "machines": sorted(machine.code for machine in step.machines.all()),
        "inspection": step.inspection_plan.code if step.inspection_plan else None,
    }


def _component(component: Component) -> Content:
    return {
        "step": component.step.sequence,
        "item": str(component.item),
        "quantity per unit": component.quantity_per,
    }


def _tool(need: ToolNeed) -> Content:
    return {"step": need.step.sequence, "tool": str(need.tool), "quantity": need.quantity}


@signable(InstructionVersion, title="Work instruction")
def instruction_version(keys: Collection[int]) -> dict[int, Content]:
    """What people at the machines are told, with the hash of every file."""
    versions = InstructionVersion.objects.filter(pk__in=keys).select_related("instruction")
    return {
        version.pk: {
            "instruction": str(version.instruction),
            "revision": version.revision,
            "text": version.text,
            "change": version.change,
            "must be read": version.must_be_read,
            "files": {each.name: each.file.sha256 for each in version.files.all()},
        }
        for version in versions.prefetch_related("files__file")
    }


@instruction_version.regulated
def _regulated_instructions(keys: Collection[int]) -> Collection[int]:
    """Those that a step of a regulated item is worked to."""
    steps = StepInstruction.objects.filter(plan__item__in=Item.objects.under_rules())
    return InstructionVersion.objects.filter(
        pk__in=keys, instruction__in=steps.values("instruction")
    ).values_list("pk", flat=True)


@instruction_version.authors
def _authors_of_instruction(key: int) -> Collection[int]:
    own = _history(InstructionVersion).filter(pgh_obj=key, status=InstructionVersion.Status.DRAFT)
    return {
        *writers_of(own),
        *InstructionVersion.objects.filter(pk=key).values_list("written_by", flat=True),
    }


@signable(GateOverride, title="Override")
def gate_override(keys: Collection[int]) -> dict[int, Content]:
    """What was wrong, who may start in spite of it, and why."""
    rows = GateOverride.objects.filter(pk__in=keys).select_related(
        "operation__batch", "operation__step", "person", "machine"
    )
    return {
        row.pk: {
            "operation": str(row.operation),
            "gate": row.gate,
            "what was wrong": row.refusal,
            "reason": row.reason,
            "person": str(row.person),
            "machine": row.machine.code if row.machine else None,
        }
        for row in rows
    }
