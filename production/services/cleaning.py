"""Cleanings of machines: which is demanded before an operation, whether it was done, and recording it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput, require_said
from production.facts import CleaningChecked, MachineCleaned
from production.models import Changeover, Cleaning, CleaningCheck, Machine, Operation, WorkCenter

CLEARANCE = "Line clearance"


class OwnCleaning(DomainError):
    code = "production.own_cleaning"
    title = "A cleaning is checked by somebody else"


class CleaningAlreadyChecked(DomainError):
    code = "production.cleaning_already_checked"
    title = "It was checked before"


class MachineNotIdle(DomainError):
    code = "production.machine_not_idle"
    title = "Something runs on the machine"


@dataclass(frozen=True)
class Demand:
    """A cleaning that must be done on a machine before an operation."""

    kind: str
    is_checked: bool
    after: Operation | None
    why: str


@dataclass(frozen=True)
class LastRun:
    """What ran on a machine last, and until when."""

    operation: Operation
    until: datetime


@transaction.atomic
def record_cleaning(machine: Machine, kind: str, *, note: str = "", by: User, at: datetime) -> Cleaning:
    """Note that a machine was cleaned or its line cleared; it counts until something runs on it again.

    :param kind: as the changeover or work center calls it.
    :raises InvalidInput: without saying what was done.
    :raises MachineNotIdle: while something runs on it.
    """
    require_said(kind, "Say what was done, as the changeover calls it", field="kind")
    machine = Machine.objects.select_for_update(no_key=True).get(pk=machine.pk)
    running = Operation.objects.running().filter(machine=machine).select_related("batch", "step").first()
    if running is not None:
        raise MachineNotIdle(
            f"{machine} is working on {running}.", remedy="Pause or finish that, then clean."
        )
    last = last_run_on(machine)
    cleaning = Cleaning.objects.create(
        machine=machine,
        kind=kind.strip(),
        after=last.operation if last else None,
        note=note.strip(),
        by=by,
        at=at,
    )
    record(MachineCleaned(cleaning=cleaning.pk, machine=machine.pk, kind=cleaning.kind, by=by.pk))
    return cleaning


@transaction.atomic
def check_cleaning(
    cleaning: Cleaning, *, is_clean: bool, note: str = "", by: User, at: datetime
) -> CleaningCheck:
    """Say, as a second person, whether a machine is clean. What is not clean is cleaned again.

    :raises OwnCleaning: for whoever cleaned it.
    :raises CleaningAlreadyChecked: when somebody did before.
    :raises InvalidInput: for one that is not clean without saying what was found.
    """
    if not is_clean and not note.strip():
        raise InvalidInput.at_field("note", "Say what was found.")
    Machine.objects.select_for_update(no_key=True).get(pk=cleaning.machine_id)
    if cleaning.by_id == by.pk:
        raise OwnCleaning(f"You recorded the {cleaning} yourself.", remedy="Ask somebody else to look at it.")
    earlier = CleaningCheck.objects.filter(cleaning=cleaning).select_related("by").first()
    if earlier is not None:
        raise CleaningAlreadyChecked(
            f"{earlier}, said {earlier.by}.", remedy="Clean it again if that is no longer so."
        )
    check = CleaningCheck.objects.create(
        cleaning=cleaning, is_clean=is_clean, note=note.strip(), by=by, at=at
    )
    record(CleaningChecked(cleaning=cleaning.pk, machine=cleaning.machine_id, is_clean=is_clean, by=by.pk))
    return check


def last_run_on(machine: Machine, *, but: Operation | None = None) -> LastRun | None:
    """What ran on a machine last, finished or paused; None for one that nothing has run on yet.

    :param but: an operation to overlook.
    """
    ran = Operation.objects.filter(machine=machine).select_related("step", "batch__plan__item")
    if but is not None:
        ran = ran.exclude(pk=but.pk)
    done = ran.filter(finished_at__isnull=False).order_by("-finished_at", "-pk").first()
    paused: Any = (
        ran.filter(status__in=[Operation.Status.PAUSED, Operation.Status.CANCELLED])
        .annotate(until=Max("time_entries__ended_at"))
        .filter(until__isnull=False)
        .order_by("-until", "-pk")
        .first()
    )
    runs = [LastRun(done, done.finished_at)] if done is not None and done.finished_at else []
    runs += [LastRun(paused, paused.until)] if paused is not None else []
    return max(runs, key=lambda run: run.until, default=None)


def demanded_cleaning(operation: Operation, machine: Machine) -> Demand | None:
    """The cleaning that must lie between what ran on the machine last and this operation; None where none must.

    An operation that goes on after a pause needs none unless something else ran there meanwhile.
    """
    last = last_run_on(machine, but=operation)
    step, center = operation.step, operation.step.work_center
    if operation.started_at is not None and (last is None or not _ran_since(operation, last)):
        return None
    before = last.operation if last else None
    if before is not None:
        change = Changeover.objects.filter(
            work_center=center,
            from_family=before.step.setup_family,
            to_family=step.setup_family,
        ).exclude(cleaning="")
        if found := change.first():
            why = f"{before.step.setup_family or before.batch.plan.item} ran on {machine} before"
            return Demand(found.cleaning, found.cleaning_is_checked, before, why)
    name = center.clearance_name or CLEARANCE
    if center.clearance == WorkCenter.Clearance.BATCH and (
        before is None or before.batch_id != operation.batch_id
    ):
        why = f"{center} is cleared before every batch"
        return Demand(name, center.clearance_is_checked, before, why)
    other_item = before is not None and before.batch.plan.item_id != operation.batch.plan.item_id
    if center.clearance == WorkCenter.Clearance.PRODUCT and before is not None and other_item:
        why = f"{before.batch.plan.item} ran on {machine} before"
        return Demand(name, center.clearance_is_checked, before, why)
    return None


def why_not_clean(demand: Demand, machine: Machine) -> str:
    """What is missing of a cleaning that is demanded, as the rest of a sentence; empty when nothing is."""
    done = Cleaning.objects.filter(machine=machine, kind__iexact=demand.kind)
    if demand.after is not None:
        last = last_run_on(machine)
        done = done.filter(at__gte=last.until) if last is not None else done
    cleaning = done.select_related("check_of_it__by", "by").order_by("-at", "-pk").first()
    if cleaning is None:
        return "is not recorded since"
    check = getattr(cleaning, "check_of_it", None)
    if check is not None and not check.is_clean:
        return f"was found not clean by {check.by}: {check.note}"
    if demand.is_checked and check is None:
        return f"by {cleaning.by} was not checked by a second person yet"
    return ""


def _ran_since(operation: Operation, last: LastRun) -> bool:
    own = operation.time_entries.aggregate(until=Max("ended_at"))["until"]
    return own is None or last.until > own
