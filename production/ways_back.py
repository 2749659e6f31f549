"""How what a what-if plan puts in force is taken back: worked out just before it is, while it can be seen what it replaces."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from production.altering import moment
from production.changes import Change, MaterialBy, Overtime, Pin, Reprioritise, Split, Unpin, UseMachine
from production.models import Machine, Operation, Priority, ProductionOrder
from production.wording import Names, names_in

Way = tuple[str, str, int, dict[str, Any] | None]


def ways_back(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """What to do to take each change back, as JSON values: a `sentence`, `kind` and `key` of the record at which it is done,
    and `undo`, the same for `production.taking_back`; None for what only people can do.

    Overtime is called off at its own page, which is not there yet; it is told by the key of its machine. The parts of a split batch are
    not there yet either: `with_parts` adds them.
    """
    names = names_in(changes)
    found = [row for change in changes for row in _ways_back(change, names)]
    return [{"sentence": told, "kind": kind, "key": key, "undo": undo} for told, kind, key, undo in found]


def with_parts(back: list[dict[str, Any]], parts: Mapping[int, Sequence[int]]) -> list[dict[str, Any]]:
    """The same, once batches were split; `parts` are the others that were made of each."""
    return [
        row | {"undo": undo | {"others": list(parts[undo["batch"]])}}
        if (undo := row["undo"]) is not None and undo["kind"] == "split"
        else row
        for row in back
    ]


def _ways_back(change: Change, names: Names) -> Iterator[Way]:
    match change:
        case Pin() | UseMachine() | Unpin():
            operation = names.operations[change.operation]
            start = change.start_at if isinstance(change, Pin) else None
            to = (None, None) if isinstance(change, Unpin) else (change.machine, _iso(start))
            former = operation.pinned_machine_id, _iso(operation.pinned_start_at)
            undo = {"kind": "pin", "operation": operation.pk, "former": former, "to": to}
            yield _former_pin(operation), "production.operation", operation.pk, undo
        case Overtime():
            for machine in machines_of(change):
                zone = machine.work_center.site.zone
                when = f"from {moment(change.starts_at, zone)} to {moment(change.ends_at, zone)}"
                hours = {"starts_at": _iso(change.starts_at), "ends_at": _iso(change.ends_at)}
                undo = {"kind": "overtime", "machine": machine.pk, **hours}
                yield f"Call off the overtime of {machine} {when}", "production.overtime", machine.pk, undo
        case Reprioritise():
            order = names.orders[change.order]
            undo = {"kind": "turn", "order": order.pk, **_turns(change, order)}
            yield _former_turn(change, order), "production.productionorder", order.pk, undo
        case Split():
            batch = names.batches[change.batch]
            undo = {"kind": "split", "batch": batch.pk, "others": []}
            yield f"Join {batch} with its parts again", "production.batch", batch.pk, undo
        case MaterialBy():
            return


def _turns(change: Reprioritise, order: ProductionOrder) -> dict[str, dict[str, Any]]:
    """What of its turn is changed: as it was, and as it becomes."""
    former: dict[str, Any] = {}
    to: dict[str, Any] = {}
    if change.priority is not None:
        former["priority"], to["priority"] = order.priority, change.priority
    if change.due_at is not None:
        former["due_at"], to["due_at"] = _iso(order.due_at), _iso(change.due_at)
    return {"former": former, "to": to}


def _iso(at: datetime | None) -> str | None:
    """In UTC, so that the same moment is always written the same."""
    return at.astimezone(UTC).isoformat() if at is not None else None


def _former_pin(operation: Operation) -> str:
    machine, start = operation.pinned_machine, operation.pinned_start_at
    if machine is None:
        return f"Unpin {operation}, which was not pinned"
    zone = operation.step.work_center.site.zone
    return f"Pin {operation} to {machine}{f' at {moment(start, zone)}' if start else ''} again"


def _former_turn(change: Reprioritise, order: ProductionOrder) -> str:
    told = []
    if change.priority is not None:
        told.append(f"priority {Priority(order.priority).label.lower()}")
    if change.due_at is not None:
        told.append(f"due {moment(order.due_at, order.site.zone)}")
    return f"Reprioritise {order}, which was {', '.join(told)}"


def machines_of(change: Overtime) -> list[Machine]:
    """The machines that are to work longer: one, or all of a work center."""
    machines = Machine.objects.select_related("work_center__site")
    if change.machine is not None:
        return [machines.get(pk=change.machine)]
    return list(machines.working().filter(work_center=change.work_center or 0).order_by("pk"))
