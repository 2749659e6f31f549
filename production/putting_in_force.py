"""What a what-if plan changes, put in force by the services that do so at other times: pins, overtime, priorities, splits."""

from datetime import datetime

from django.db import transaction

from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import Stale
from production import services
from production.altering import in_order
from production.changes import MaterialBy, Overtime, Pin, Reprioritise, Split, Unpin, UseMachine, from_json
from production.facts import WhatIfPublished
from production.locks import Activity, wait_for_turn
from production.models import Batch, Machine, Operation, ProductionOrder, WhatIf
from production.ways_back import machines_of


@transaction.atomic
def put_in_force(what_if: WhatIf, *, by: User, at: datetime) -> dict[int, list[int]]:
    """Do everything that its changes say and that lasts, or nothing of it; it counts as published from here on.

    :return: the batches that were made of each that is split.
    :raises Stale: when it was worked out again since it was looked at.
    :raises IllegalTransition: when it was published or dropped.

    And what the services raise that do so at other times.
    """
    # Whoever publishes locks the operations too, and waits for its turn first.
    wait_for_turn(Activity.PUBLISHING_A_SCHEDULE)
    looked_at = what_if.worked_out_at
    locked = WhatIf.objects.select_for_update(no_key=True).get(pk=what_if.pk)
    if locked.status == WhatIf.Status.OPEN and locked.worked_out_at != looked_at:
        raise Stale(f"{what_if} was changed by somebody else.", remedy="Compare it again, then publish it.")
    locked.move_to(WhatIf.Status.PUBLISHED, decided_by=by, decided_at=at)
    what_if.status, what_if.decided_by, what_if.decided_at = locked.status, by, at
    parts: dict[int, list[int]] = {}
    for change in in_order(from_json(row) for row in what_if.changes):
        if isinstance(change, Split):
            parts[change.batch] = _split(change, by=by, at=at)
        else:
            _apply(change, because=f"What-if plan “{what_if.name}”"[:200], by=by, at=at)
    record(WhatIfPublished(what_if=what_if.pk, by=by.pk))
    return parts


def _split(change: Split, *, by: User, at: datetime) -> list[int]:
    _, *others = services.split_batch(Batch.objects.get(pk=change.batch), change.parts, by=by, at=at)
    return [other.pk for other in others]


def _apply(
    change: Pin | UseMachine | Unpin | Overtime | Reprioritise | MaterialBy,
    *,
    because: str,
    by: User,
    at: datetime,
) -> None:
    match change:
        case Pin():
            _pin(change.operation, change.machine, change.start_at, by=by, at=at)
        case UseMachine():
            _pin(change.operation, change.machine, None, by=by, at=at)
        case Unpin():
            services.unpin_operation(Operation.objects.get(pk=change.operation), by=by, at=at)
        case Overtime():
            for machine in machines_of(change):
                services.plan_overtime(machine, change.starts_at, change.ends_at, because, by=by, at=at)
        case Reprioritise():
            order = ProductionOrder.objects.get(pk=change.order)
            services.reprioritise_order(order, change.priority, change.due_at, by=by, at=at)
        case MaterialBy():
            pass  # a supplier's word, not ours: `caveats` says so before


def _pin(key: int, machine: int, start_at: datetime | None, *, by: User, at: datetime) -> None:
    operation = Operation.objects.select_related("batch", "step__work_center").get(pk=key)
    services.pin_operation(operation, Machine.objects.get(pk=machine), start_at, by=by, at=at)
