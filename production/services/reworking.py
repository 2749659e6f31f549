"""Rework of a running batch: steps are done once more, as operations of their own, before the batch goes on.

A reworked operation is what opens the way for the repeated inspection, so it does not wait for the verdict that called for it; whatever follows
waits for the rework and for the repeated inspection.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from production.facts import ReworkPlanned
from production.models import Batch, Operation, Step
from quality.models import Nonconformance


class NoRework(DomainError):
    code = "production.no_rework"
    title = "This batch cannot be reworked so"


@transaction.atomic
def plan_rework(
    batch: Batch, nonconformance: Nonconformance, steps: Sequence[Step], *, by: User, at: datetime
) -> list[Operation]:
    """Do steps of a running batch once more because a nonconformance of its lot was decided so; the plan finds them a place.

    :param steps: of the batch's own plan, done before; in the order of the plan, whatever the order here. Steps that take material are not
        repeated: what they put in is in already.
    :raises NoRework: when the batch is over, the decision was another, or rework was planned for it before.
    :raises InvalidInput: for steps that are not the batch's, are not done yet, or take material; and for none.
    """
    batch = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    _require_decided(batch, nonconformance)
    operations = list(batch.operations.select_related("step").order_by("sequence"))
    done = [each for each in operations if each.status == Operation.Status.DONE]
    waiting = [each for each in operations if each.status == Operation.Status.WAITING]
    if batch.status != Batch.Status.RUNNING or not done or not waiting:
        raise NoRework(
            f"Nothing of {batch} is left to be done, so nothing can be put before it.",
            remedy="Plan a production order that reworks the lot, or decide otherwise.",
        )
    wanted = _checked(batch, steps, {each.step_id for each in done})
    last, following = done[-1].sequence, waiting[0].sequence
    if following - last <= len(wanted):
        raise NoRework(
            f"Between steps {last} and {following} of {batch} there is room for {following - last - 1} more.",
            remedy="Repeat fewer steps.",
        )
    made = Operation.objects.bulk_create(
        Operation(batch=batch, step=step, sequence=last + number, rework_of=nonconformance)
        for number, step in enumerate(wanted, start=1)
    )
    record(
        ReworkPlanned(
            batch=batch.pk,
            nonconformance=nonconformance.pk,
            operations=tuple(each.pk for each in made),
            by=by.pk,
        )
    )
    return made


def _require_decided(batch: Batch, nonconformance: Nonconformance) -> None:
    nonconformance.refresh_from_db(fields=["status", "disposition"])
    if nonconformance.lot_id != batch.lot_id:
        raise NoRework(f"{nonconformance} is of another lot.", remedy="Choose one of the batch's own lot.")
    if (
        nonconformance.disposition != Nonconformance.Disposition.REWORK
        or nonconformance.status != Nonconformance.Status.DECIDED
    ):
        raise NoRework(f"{nonconformance} is not to be reworked.", remedy="Decide on rework first.")
    if Operation.objects.filter(rework_of=nonconformance).exists():
        raise NoRework(f"Rework for {nonconformance} is planned already.", remedy="Work it off.")


def _checked(batch: Batch, steps: Sequence[Step], done: set[int]) -> list[Step]:
    wanted = sorted({step.pk: step for step in steps}.values(), key=lambda step: step.sequence)
    if not wanted:
        raise _invalid("Choose at least one step.")
    for step in wanted:
        if step.plan_id != batch.plan_id or step.pk not in done:
            raise _invalid(f"{step} is not a step that {batch} has done.")
        if step.components.exists():
            raise _invalid(f"{step} takes material, which is in already: it cannot be repeated.")
    return wanted


def _invalid(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, errors={"steps": [sentence]})
