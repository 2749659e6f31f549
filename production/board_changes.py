"""What a planner does on the board: pins set by hand, the plan made anew at once, and the way back, step by step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from mes.core.models import User
from mes.core.refusals import DomainError
from production import services
from production.changes import Pin, Unpin, UseMachine
from production.earlier import as_before
from production.locks import Activity, wait_for_turn
from production.models import BoardChange, Machine, Operation, Schedule
from production.movements import Place
from production.planning import reschedule
from production.under_way import planning
from production.wording import sentences

PinChange = Pin | Unpin | UseMachine


class NothingToUndo(DomainError):
    code = "production.nothing_to_undo"
    title = "Nothing to take back"


class ChangedSince(DomainError):
    code = "production.changed_since"
    title = "Changed by somebody else since"


@dataclass(frozen=True)
class OnBoard:
    """What came of a change on the board: the new version of the plan, and what can be taken back next."""

    schedule: Schedule
    change: BoardChange
    undo: BoardChange | None

    @property
    def sentence(self) -> str:
        """What was done, what moved for it and what of it does not hold."""
        moved = len(self.schedule.moved)
        told = f"{self.change}. {moved} operation{'' if moved == 1 else 's'} moved"
        late = self.schedule.figures["late_orders"]
        told += f", {late} order{'' if late == 1 else 's'} late in all."
        names = {
            (row["batch"], row["sequence"]): row["reason"] for row in self.schedule.figures["broken_pins"]
        }
        pinned = Operation.objects.filter(pk__in=[row["operation"] for row in self.change.pins])
        broken = [
            f"{operation} cannot be where it was pinned: {names[key]}."
            for operation in pinned.select_related("batch", "step").order_by("pk")
            if (key := (operation.batch.number, operation.sequence)) in names
        ]
        return " ".join([told, *broken])


def pin_on_board(changes: Sequence[PinChange], *, by: User, at: datetime) -> OnBoard:
    """Set (or lift) the pins of some operations and plan anew at once.

    :raises AlreadyStarted, MachineNotEligible, WrongTime: as `pin_operation` does; then nothing is changed.
    """
    with planning():  # else the pin, once it is known, would make a version of its own
        change = _set_pins(changes, by=by, at=at)
        return _planned(change, by=by, at=at)


def undo_on_board(*, by: User, at: datetime) -> OnBoard:
    """Take back the latest change of this planner that stands: every operation gets the pin that it had before, or none.

    What had to move for it moves back too, where its former time has not passed and nothing else stands there now.

    :raises NothingToUndo: when none is left.
    :raises AlreadyStarted: when an operation of it has started meanwhile.
    :raises ChangedSince: when one was pinned otherwise since.
    """
    with planning():
        change = _take_back(by=by, at=at)
        return _planned(change, like=as_before(_before(change), at=at), by=by, at=at)


def _before(undoing: BoardChange) -> Schedule | None:
    return undoing.reverses.before if undoing.reverses is not None else None


def latest_change(by: User) -> BoardChange | None:
    """What this planner could take back next."""
    return BoardChange.objects.standing().filter(by=by).order_by("-pk").first()


def _planned(change: BoardChange, *, like: Sequence[Place] = (), by: User, at: datetime) -> OnBoard:
    schedule = reschedule(reason=str(change), by=by, at=at, seconds=0, like=like, repair=True)
    return OnBoard(schedule, change, latest_change(by))


@transaction.atomic
def _set_pins(changes: Sequence[PinChange], *, by: User, at: datetime) -> BoardChange:
    # Whoever publishes locks the operations too, and waits for its turn first.
    wait_for_turn(Activity.PUBLISHING_A_SCHEDULE)
    locked = _lock(change.operation for change in changes)
    pins = []
    for change in changes:
        operation = locked[change.operation]
        former = _pin_of(operation)
        match change:
            case Unpin():
                services.unpin_operation(operation, by=by, at=at)
            case Pin():
                machine = Machine.objects.get(pk=change.machine)
                services.pin_operation(operation, machine, change.start_at, by=by, at=at)
            case UseMachine():
                services.pin_operation(operation, Machine.objects.get(pk=change.machine), by=by, at=at)
        pins.append({"operation": operation.pk, "former": former, "to": _pin_of(operation)})
    told = sentences(changes)
    label = told[0] + (f" and {len(told) - 1} more" if len(told) > 1 else "")
    return BoardChange.objects.create(
        by=by, made_at=at, label=label[:200], pins=pins, before=Schedule.objects.order_by("-version").first()
    )


@transaction.atomic
def _take_back(*, by: User, at: datetime) -> BoardChange:
    # One planner at several screens, too: whoever comes second takes back the change before.
    wait_for_turn(Activity.PUBLISHING_A_SCHEDULE)
    change = latest_change(by)
    if change is None:
        raise NothingToUndo(
            "You have changed nothing on the board that is not taken back.",
            remedy="To take back what somebody else pinned, unpin the operation.",
        )
    locked = _lock(row["operation"] for row in change.pins)
    for row in reversed(change.pins):
        operation = locked[row["operation"]]
        machine, start_at = _read(row["to"])
        is_as_left = (operation.pinned_machine, operation.pinned_start_at) == (machine, start_at)
        if operation.status == Operation.Status.WAITING and not is_as_left:
            raise ChangedSince(
                f"{operation} was pinned otherwise since “{change}”.",
                remedy="Pin it where you want it instead.",
            )
        machine, start_at = _read(row["former"])
        services.restore_pin(operation, machine, start_at, by=by, at=at)
    pins = [{"operation": row["operation"], "former": row["to"], "to": row["former"]} for row in change.pins]
    return BoardChange.objects.create(
        by=by, made_at=at, label=f"Taken back: {change}"[:200], pins=pins, reverses=change
    )


def _lock(keys: Iterable[int]) -> dict[int, Operation]:
    rows = Operation.objects.select_for_update(no_key=True, of=["self"]).filter(pk__in=list(keys))
    rows = rows.select_related("batch", "step__work_center", "pinned_machine").order_by("pk")
    return {row.pk: row for row in rows}


def _pin_of(operation: Operation) -> dict[str, Any] | None:
    if operation.pinned_machine_id is None:
        return None
    start = operation.pinned_start_at
    # Always in UTC: the console types and reads moments in the plant's own time.
    start_at = start.astimezone(UTC).isoformat() if start else None
    return {"machine": operation.pinned_machine_id, "start_at": start_at}


def _read(pin: Mapping[str, Any] | None) -> tuple[Machine | None, datetime | None]:
    if pin is None:
        return None, None
    start = pin["start_at"]
    return Machine.objects.get(pk=pin["machine"]), datetime.fromisoformat(start) if start else None
