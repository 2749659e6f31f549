"""Machines that stand still: breakdowns, planned maintenance, and coming back."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from production.calendars import downtime_end
from production.facts import DowntimePlanned, MachineBroken, MachineRestored
from production.models import Batch, Downtime, Machine, Operation
from production.services.starting import lock_batch, pause_operation


class AlreadyDown(DomainError):
    code = "production.already_down"
    title = "The machine is down already"


class AlreadyOver(DomainError):
    code = "production.already_over"
    title = "This downtime is over"


class NotDown(DomainError):
    code = "production.not_down"
    title = "The machine is not down"


class WrongTime(InvalidInput):
    code = "production.wrong_time"
    title = "These times do not go together"


@transaction.atomic
def report_breakdown(
    machine: Machine, reason: str, *, expected_until: datetime | None = None, by: User, at: datetime
) -> Downtime:
    """A machine has stopped. What runs on it is paused; the plan is made anew.

    :param expected_until: when it should run again, as far as anybody knows.
    :raises AlreadyDown: while it is down.
    :raises WrongTime: when that is not in the future.
    """
    running = Operation.objects.running().filter(machine=machine).select_related("batch", "step")
    # Batches before the machine, as whoever starts an operation locks them.
    begun = Batch.objects.filter(pk__in=running.values("batch")).order_by("pk")
    list(begun.select_for_update(no_key=True))
    _lock(machine)
    if expected_until is not None and expected_until <= at:
        raise _wrong("expected_until", "it is expected back before now")
    _require_clear(machine, at, at, at)
    downtime = Downtime.objects.create(
        machine=machine,
        kind=Downtime.Kind.BREAKDOWN,
        starts_at=at,
        expected_until=expected_until,
        reason=reason,
    )
    for operation in running.order_by("pk"):
        lock_batch(operation)
        if operation.status != Operation.Status.RUNNING or operation.machine_id != machine.pk:
            continue  # finished or paused since we looked
        pause_operation(operation, reason=f"{machine} broke down: {reason}", by=by, at=at)
    record(MachineBroken(machine=machine.pk, downtime=downtime.pk))
    return downtime


@transaction.atomic
def plan_downtime(
    machine: Machine, starts_at: datetime, ends_at: datetime, reason: str, *, by: User, at: datetime
) -> Downtime:
    """Keep a machine free for maintenance.

    :raises WrongTime: unless it ends after it starts, and in the future.
    :raises AlreadyDown: when another downtime of the machine covers part of that time.
    """
    _lock(machine)
    if ends_at <= starts_at or ends_at <= at:
        raise _wrong("ends_at", "it ends before it starts, or in the past")
    _require_clear(machine, starts_at, ends_at, at)
    downtime = Downtime.objects.create(
        machine=machine, kind=Downtime.Kind.PLANNED, starts_at=starts_at, ends_at=ends_at, reason=reason
    )
    record(DowntimePlanned(machine=machine.pk, downtime=downtime.pk))
    return downtime


@transaction.atomic
def end_downtime(downtime: Downtime, *, by: User, at: datetime) -> Downtime:
    """The machine works again from now on; maintenance that has not begun is called off.

    :raises AlreadyOver: when it has ended, or was called off.
    """
    _lock(downtime.machine)
    if not Downtime.objects.filter(pk=downtime.pk).exists():
        raise AlreadyOver(f"{downtime} was called off already.", remedy="Nothing is left to call off.")
    downtime.refresh_from_db()
    if downtime.ends_at is not None and downtime.ends_at <= at:
        raise AlreadyOver(
            f"{downtime.machine} is working again since {timezone.localtime(downtime.ends_at):%Y-%m-%d %H:%M %Z}.",
            remedy="Report a new breakdown if it stands still again.",
        )
    if downtime.starts_at >= at:
        key = downtime.pk
        downtime.delete()
        downtime.pk = key  # whoever asked still holds the row that was called off
    else:
        downtime.ends_at = at
        downtime.save(update_fields=["ends_at"])
    record(MachineRestored(machine=downtime.machine_id, downtime=downtime.pk))
    return downtime


@transaction.atomic
def restart_machine(machine: Machine, *, by: User, at: datetime) -> Downtime:
    """A machine that is down works again from now on.

    :raises NotDown: when it is not.
    """
    downtime = Downtime.objects.current(at).filter(machine=machine).order_by("starts_at", "pk").first()
    if downtime is None:
        raise NotDown(f"{machine} is not down.", remedy="Nothing is left to end; the plan counts on it.")
    return end_downtime(downtime, by=by, at=at)


def _lock(machine: Machine) -> None:
    Machine.objects.select_for_update(no_key=True).get(pk=machine.pk)


def _require_clear(machine: Machine, starts_at: datetime, ends_at: datetime, at: datetime) -> None:
    """No other downtime overlaps, by what is known now of when open ones end."""
    others = Downtime.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=starts_at), machine=machine)
    for other in others.order_by("starts_at", "pk"):
        begins_before = other.starts_at <= starts_at or other.starts_at < ends_at
        if begins_before and downtime_end(other, at) > starts_at:
            raise AlreadyDown(
                f"{other}: {other.reason}.", remedy="End that downtime first, or choose another time."
            )


def _wrong(field: str, sentence: str) -> WrongTime:
    return WrongTime(f"These times do not go together: {sentence}.", errors={field: [sentence]})
