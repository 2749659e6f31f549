"""Machines that work longer than their shifts."""

from datetime import datetime

from django.db import transaction

from mes.core.facts import record
from mes.core.models import User
from production.facts import OvertimePlanned
from production.models import Machine, Overtime
from production.services.machines import AlreadyOver, WrongTime


@transaction.atomic
def plan_overtime(
    machine: Machine, starts_at: datetime, ends_at: datetime, reason: str, *, by: User, at: datetime
) -> Overtime:
    """Let a machine work beside its shifts; where it does anyway, this adds nothing.

    :raises WrongTime: unless it ends after it starts, and in the future.
    """
    if ends_at <= starts_at or ends_at <= at:
        sentence = "it ends before it starts, or in the past"
        raise WrongTime(f"These times do not go together: {sentence}.", errors={"ends_at": [sentence]})
    overtime = Overtime.objects.create(
        machine=machine, starts_at=starts_at, ends_at=ends_at, reason=reason, by=by
    )
    record(OvertimePlanned(machine=machine.pk, overtime=overtime.pk, ends=ends_at))
    return overtime


@transaction.atomic
def call_off_overtime(overtime: Overtime, *, by: User, at: datetime) -> Overtime:
    """The machine keeps to its shifts from now on.

    :raises AlreadyOver: when it has ended, or was called off.
    """
    if Overtime.objects.select_for_update(of=["self"]).filter(pk=overtime.pk).first() is None:
        raise AlreadyOver(f"{overtime} was called off already.", remedy="Nothing is left to call off.")
    overtime.refresh_from_db()
    if overtime.ends_at <= at:
        raise AlreadyOver(f"{overtime} is over.", remedy="Only overtime to come is called off.")
    key = overtime.pk
    if overtime.starts_at >= at:
        overtime.delete()
        overtime.pk = key  # whoever asked still holds the row that was called off
    else:
        overtime.ends_at = at
        overtime.save(update_fields=["ends_at"])
    record(OvertimePlanned(machine=overtime.machine_id, overtime=key, ends=None))
    return overtime
