"""A published what-if plan is taken back at once: what it put in force goes, and what moved for it returns to where it was.

How is worked out just before it is published (`production.ways_back`). What somebody has changed since is nobody's to overrule: then
nothing is taken back, and the refusal names it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production import services
from production.board_changes import ChangedSince
from production.earlier import as_before
from production.facts import WhatIfTakenBack
from production.locks import Activity, wait_for_turn
from production.models import Batch, Machine, Operation, Overtime, ProductionOrder, Schedule, WhatIf
from production.planning import reschedule
from production.under_way import planning

Undo = Mapping[str, Any]


class NotInForce(DomainError):
    code = "production.what_if_not_in_force"
    title = "Nothing of this what-if plan is in force"


class NotAtOnce(DomainError):
    code = "production.not_taken_back_at_once"
    title = "This is taken back step by step"


def may_be_taken_back(what_if: WhatIf) -> bool:
    """Whether it is in force and all that it changed can be taken back at once."""
    is_in_force = what_if.status == WhatIf.Status.PUBLISHED and "taken_back" not in what_if.figures
    return is_in_force and _undoable(what_if) is not None


def take_back_what_if(what_if: WhatIf, *, by: User, at: datetime) -> WhatIf:
    """Take back all that a published what-if plan put in force, and plan with what moved for it where it was before.

    That holds where its former time has not passed and nothing else stands there now. Overtime that is over stays.

    :raises NotInForce: unless it was published, or when it was taken back before.
    :raises NotAtOnce: when it was published before this was kept.
    :raises ChangedSince: when a pin, priority or due date of it was changed otherwise since, or a part of a batch that it split is no
        more; then nothing is taken back.
    :raises AlreadyStarted: when an operation that it pinned has begun; then nothing is taken back.
    :raises BatchBegun: when a batch that it split, or a part of it, has begun; then nothing is taken back.
    """
    with planning():  # else what is taken back, once it is known, would make a version of its own
        _take_back(what_if, by=by, at=at)
        version = what_if.published_as.version if what_if.published_as is not None else 0
        before = Schedule.objects.filter(version__lt=version).order_by("-version").first()
        schedule = reschedule(
            reason=f"What-if plan “{what_if.name}” taken back",
            by=by,
            at=at,
            seconds=0,
            like=as_before(before, at=at),
            repair=True,
        )
    _say_so(what_if, by=by, at=at, schedule=schedule)
    return what_if


@transaction.atomic
def _take_back(what_if: WhatIf, *, by: User, at: datetime) -> None:
    # Whoever publishes locks the operations too, and waits for its turn first.
    wait_for_turn(Activity.PUBLISHING_A_SCHEDULE)
    what_if.refresh_from_db(from_queryset=WhatIf.objects.select_for_update(no_key=True, of=("self",)))
    _require_in_force(what_if)
    steps = _undoable(what_if)
    if steps is None:
        raise NotAtOnce(
            f"Not all of “{what_if}” can be taken back at once.",
            remedy="Its page says what to do for each of its changes, and where.",
        )
    for step in reversed(steps):
        match step["kind"]:
            case "pin":
                _restore_pin(step, by=by, at=at)
            case "turn":
                _restore_turn(step, by=by, at=at)
            case "overtime":
                _call_off(step, by=by, at=at)
            case "split":
                _join(step, by=by, at=at)
    _say_so(what_if, by=by, at=at)  # in the same transaction, so that nobody takes it back twice
    record(WhatIfTakenBack(what_if=what_if.pk, by=by.pk))


def _say_so(what_if: WhatIf, *, by: User, at: datetime, schedule: Schedule | None = None) -> None:
    """Say in its figures that it was taken back, and once it is planned with, in which version."""
    told: dict[str, Any] = {"by": str(by), "at": at.isoformat()}
    if schedule is not None:
        told |= {"schedule": schedule.pk, "version": schedule.version}
    what_if.figures = {**what_if.figures, "taken_back": told}
    WhatIf.objects.filter(pk=what_if.pk).update(figures=what_if.figures)


def _require_in_force(what_if: WhatIf) -> None:
    if what_if.status != WhatIf.Status.PUBLISHED:
        raise NotInForce(
            f"“{what_if}” is {what_if.get_status_display().lower()}, so nothing of it is in force.",
            remedy="Nothing is left to do.",
        )
    if (told := what_if.figures.get("taken_back")) is not None:
        raise NotInForce(f"“{what_if}” was taken back by {told['by']}.", remedy="Nothing is left to do.")


def _undoable(what_if: WhatIf) -> Sequence[Undo] | None:
    """What takes it back, step by step; None where a step is for people."""
    steps = [row.get("undo") for row in what_if.figures.get("back", ())]
    return [step for step in steps if step is not None] if steps and all(steps) else None


def _restore_pin(step: Undo, *, by: User, at: datetime) -> None:
    operations = Operation.objects.select_for_update(no_key=True, of=["self"])
    operation = operations.select_related("batch", "step__work_center", "pinned_machine").get(
        pk=step["operation"]
    )
    if operation.status == Operation.Status.WAITING and _pin_of(operation) != _read(step["to"]):
        raise ChangedSince(
            f"{operation} was pinned otherwise since.", remedy="Pin it where you want it instead."
        )
    machine, start = _read(step["former"])
    former = Machine.objects.get(pk=machine) if machine is not None else None
    services.restore_pin(operation, former, start, by=by, at=at)


def _pin_of(operation: Operation) -> tuple[int | None, datetime | None]:
    return operation.pinned_machine_id, operation.pinned_start_at


def _read(pin: Sequence[Any]) -> tuple[int | None, datetime | None]:
    machine, start = pin
    return machine, datetime.fromisoformat(start) if start else None


def _restore_turn(step: Undo, *, by: User, at: datetime) -> None:
    order = ProductionOrder.objects.select_for_update(no_key=True).get(pk=step["order"])
    given = {"priority": order.priority, "due_at": order.due_at.astimezone(UTC).isoformat()}
    if any(given[name] != value for name, value in step["to"].items()):
        raise ChangedSince(
            f"{order} was given another priority or due date since.", remedy="Reprioritise it instead."
        )
    former = step["former"]
    due_at = datetime.fromisoformat(former["due_at"]) if "due_at" in former else None
    services.reprioritise_order(order, former.get("priority"), due_at, by=by, at=at)


def _join(step: Undo, *, by: User, at: datetime) -> None:
    batch = Batch.objects.get(pk=step["batch"])
    others = list(Batch.objects.undone().filter(pk__in=step["others"]).order_by("pk"))
    if len(others) < len(step["others"]):
        raise ChangedSince(
            f"Not all parts that {batch} was split into are still to be made.",
            remedy="Join what is left of them on the batch's page, and take the rest back one by one.",
        )
    services.join_batches(batch, others, by=by, at=at)


def _call_off(step: Undo, *, by: User, at: datetime) -> None:
    """What is over, or was called off by hand, is left as it is."""
    starts_at, ends_at = (datetime.fromisoformat(step[name]) for name in ("starts_at", "ends_at"))
    extra = Overtime.objects.filter(
        machine=step["machine"], starts_at=starts_at, ends_at=ends_at, ends_at__gt=at
    )
    if (overtime := extra.order_by("-pk").first()) is not None:
        services.call_off_overtime(overtime, by=by, at=at)
