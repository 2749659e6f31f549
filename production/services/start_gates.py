"""The gates before an operation: looked at all together, so that whoever starts is told everything that is missing at once.

Each gate is open or shut for one operation, one person, one machine and one moment. A shut gate carries the refusal that it is when it
is the only one, and its `subject`: what exactly is wrong, which is what an override answers for. What nobody could do anyway (the batch's
turn, the machine, a tool that is not there) cannot be overridden.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from inventory.models import Lot, Reservation
from inventory.quantities import plain
from mes.core.models import User
from mes.core.refusals import DomainError
from production.bills import free_lots, free_stock, quantum
from production.doubts import lots_in_doubt
from production.explosion import round_up
from production.instructions import binding_instructions
from production.models import (
    Batch,
    Component,
    Gate,
    GateOverride,
    Machine,
    MaterialClaim,
    Operation,
    Qualification,
    Specification,
)
from production.services.claims import attributes_asked
from production.services.cleaning import demanded_cleaning, why_not_clean
from production.services.consuming import lots_there
from production.services.tooling import require_tools
from production.services.turns import choose_machine, require_turn
from quality.models import Characteristic, Gauge, InspectionPlan

NAMES_SHOWN = 5
LONGEST_SUBJECT = 200
OVERRIDABLE = (Gate.QUALIFICATION, Gate.INSTRUCTIONS, Gate.GAUGES, Gate.CLEANING, Gate.MATERIAL)
PERSONAL = (Gate.QUALIFICATION, Gate.INSTRUCTIONS)


class NotQualified(DomainError):
    code = "production.not_qualified"
    title = "A qualification is missing"


class InstructionUnread(DomainError):
    code = "production.instruction_unread"
    title = "A work instruction is not read, or none is in force"


class GaugeMissing(DomainError):
    code = "production.gauge_missing"
    title = "No gauge in calibration"


class NotClean(DomainError):
    code = "production.not_clean"
    title = "The machine is not cleaned for this"


class MaterialMissing(DomainError):
    code = "production.material_missing"
    title = "The material is not there"


class GatesShut(DomainError):
    code = "production.gates_shut"
    title = "Several things are missing"


@dataclass(frozen=True)
class Shut:
    """A gate that is shut: why, and what exactly an override of it would answer for."""

    gate: Gate
    refusal: DomainError
    subject: str = ""

    @property
    def may_be_overridden(self) -> bool:
        return self.gate in OVERRIDABLE


@dataclass(frozen=True)
class Start:
    """Who wants to start or go on with what, where and when."""

    operation: Operation
    batch: Batch
    machine: Machine | None
    by: User
    at: datetime
    locked: bool = True

    @property
    def today(self) -> date:
        """The day at the plant."""
        return self.at.astimezone(self.operation.step.work_center.site.zone).date()


Check = Callable[[Start], Iterator[Shut]]


def shut_gates(start: Start) -> tuple[Machine | None, list[Shut]]:
    """The machine that it would be, and every gate that is shut, in the order of `Gate`."""
    shut: list[Shut] = []
    machine = start.machine
    try:
        require_turn(start.operation, start.batch)
    except DomainError as refusal:
        shut.append(Shut(Gate.TURN, refusal))
    shut += [*_qualification(start), *_instructions(start)]
    try:
        machine = choose_machine(start.operation, start.machine, at=start.at, locked=start.locked)
    except DomainError as refusal:
        machine = None
        shut.append(Shut(Gate.MACHINE, refusal))
    try:
        require_tools(start.operation, at=start.at, locked=start.locked)
    except DomainError as refusal:
        shut.append(Shut(Gate.TOOLS, refusal))
    shut += _gauges(start)
    if machine is not None:
        shut += _cleaning(start, machine)
    if start.operation.status == Operation.Status.WAITING:
        shut += _material(start)
    return machine, shut


def require_open(operation: Operation, shut: Sequence[Shut]) -> list[GateOverride]:
    """See that no gate is shut that nobody answered for.

    :return: the overrides that this start relies on.
    :raises DomainError: the gate's own refusal when one is shut, `GatesShut` naming all of them when several are.
    """
    overrides = overrides_of(operation) if shut else {}
    left = [each for each in shut if (each.gate, each.subject) not in overrides]
    if len(left) == 1:
        raise left[0].refusal
    if left:
        sentences = [f"{number}. {each.refusal}" for number, each in enumerate(left, start=1)]
        raise GatesShut(
            f"{operation} cannot start, for {len(left)} reasons.\n{chr(10).join(sentences)}",
            errors={str(each.gate.value): [str(each.refusal)] for each in left},
        )
    return [overrides[each.gate, each.subject] for each in shut]


def overrides_of(operation: Operation) -> dict[tuple[str, str], GateOverride]:
    """What somebody answered for, by gate and subject."""
    given = GateOverride.objects.filter(operation=operation).select_related("by", "person")
    return {(each.gate, each.subject): each for each in given.order_by("pk")}


def subject_of(*parts: object) -> str:
    """What is wrong, short enough to be kept and the same whenever the same is wrong."""
    told = "/".join(map(str, parts))
    return told if len(told) <= LONGEST_SUBJECT else sha256(told.encode()).hexdigest()


# --- one gate each ------------------------------------------------------------------------------------------------------


def _qualification(start: Start) -> Iterator[Shut]:
    """Every qualification that the step, or a customer for this order, asks for is held today by whoever starts."""
    step = start.operation.step
    asked = {step.required_qualification: f"Step {step} asks"} if step.required_qualification else {}
    for code, source in qualifications_asked(start.batch.order_id, step.pk):
        asked.setdefault(code, f"{source} asks of step {step}")
    if not asked:
        return
    # Locked, so that a qualification which ends at this very moment ends before or after, and not in between.
    held = Qualification.objects.filter(code__in=asked).select_related("operator__user").order_by("pk")
    own = held.filter(operator__user=start.by)
    own = own.select_for_update(no_key=True, of=("self",)) if start.locked else own
    by_code = {row.code: row for row in own}
    valid = held.valid(start.today)
    lacking = [code for code in asked if code not in by_code or not by_code[code].is_valid(start.today)]
    if not lacking:
        return
    sentences, remedies = [], []
    for code in lacking:
        lapsed = f"; yours expired on {by_code[code].expires_on}" if code in by_code else ""
        sentences.append(
            f"{asked[code]} for qualification {code}, which {start.by} does not hold today{lapsed}."
        )
        others = ", ".join(
            str(row.operator.user)
            for row in valid.filter(code=code).exclude(operator__user=start.by)[:NAMES_SHOWN]
        )
        remedies.append(
            f"Ask one of: {others}." if others else "Nobody holds it today; have somebody qualified first."
        )
    refusal = NotQualified(" ".join(sentences), remedy=" ".join(remedies))
    yield Shut(Gate.QUALIFICATION, refusal, subject_of(*sorted(lacking), start.by.pk))


def _instructions(start: Start) -> Iterator[Shut]:
    """A version of every instruction is in force, and read where it must be."""
    bindings = binding_instructions(start.operation.step, reader=start.by, at=start.at)
    without = [each.instruction for each in bindings if each.version is None]
    unread = [each.version for each in bindings if each.version is not None and each.waits_for_reading]
    if not (without or unread):
        return
    sentences, remedies = [], []
    if without:
        sentences.append(f"No version is in force of {', '.join(map(str, without))}.")
        remedies.append("Have one approved.")
    if unread:
        sentences.append(f"{start.by} has not read {', '.join(map(str, unread))}.")
        remedies.append("Read it on the operation's page and confirm that you understood it.")
    subject = subject_of(*(f"{each.pk}:none" for each in without), *(each.pk for each in unread), start.by.pk)
    refusal = InstructionUnread(" ".join(sentences), remedy=" ".join(remedies))
    yield Shut(Gate.INSTRUCTIONS, refusal, subject)


def _gauges(start: Start) -> Iterator[Shut]:
    """Of every kind of gauge that the step's inspection asks for, one is in calibration here."""
    asked = start.operation.step.inspection_plan
    if asked is None:
        return
    plan = InspectionPlan.objects.effective().filter(code=asked.code).values("pk")
    kinds = Characteristic.objects.filter(plan__in=plan).exclude(gauge_kind="").order_by("gauge_kind")
    wanted = list(dict.fromkeys(kinds.values_list("gauge_kind", flat=True)))
    if not wanted:
        return
    site = start.operation.step.work_center.site
    there = Gauge.objects.live().filter(site=site).order_by("number")
    usable = {kind.casefold() for kind in there.usable(start.today).values_list("kind", flat=True)}
    lacking = [kind for kind in wanted if kind.casefold() not in usable]
    if not lacking:
        return
    lapsed = [
        f"{gauge} ({gauge.kind}, {gauge.get_status_display().lower()}"
        f"{f', due {gauge.due_date}' if gauge.due_date else ', never calibrated'})"
        for gauge in there
        if gauge.kind.casefold() in {kind.casefold() for kind in lacking}
    ]
    told = f": {', '.join(lapsed[:NAMES_SHOWN])}" if lapsed else ""
    refusal = GaugeMissing(
        f"Inspection {asked.code} after step {start.operation.step} asks for {', '.join(lacking)}, and none at {site} is "
        f"in calibration{told}.",
        remedy="Calibrate one, or bring another.",
    )
    yield Shut(Gate.GAUGES, refusal, subject_of(*lacking))


def _cleaning(start: Start, machine: Machine) -> Iterator[Shut]:
    demand = demanded_cleaning(start.operation, machine)
    lack = why_not_clean(demand, machine) if demand is not None else ""
    if demand is None or not lack:
        return
    remedy = "Record the cleaning on the machine's page" + (
        ", and have a second person check it." if demand.is_checked else "."
    )
    refusal = NotClean(f"{demand.why}; “{demand.kind}” {lack}.", remedy=remedy)
    after = demand.after.pk if demand.after else 0
    yield Shut(Gate.CLEANING, refusal, subject_of(machine.pk, after, demand.kind))


def _material(start: Start) -> Iterator[Shut]:
    """Usable stock that nobody doubts, kept for this batch or free, covers what the step takes for the whole batch."""
    batch = start.batch
    components = list(start.operation.step.components.select_related("item").order_by("pk"))
    if not components:
        return
    asked = attributes_asked([batch.order_id])
    items = [component.item_id for component in components]
    doubtful = lots_in_doubt(free_lots(items, start.today, start.at).values_list("pk", flat=True))
    kept: dict[int, Decimal] = {}
    claims = MaterialClaim.objects.filter(
        batch=batch,
        reservation__status=Reservation.Status.OPEN,
        reservation__lot__in=Lot.objects.usable(start.today).exclude(pk__in=doubtful),
    )
    for key, quantity in claims.values_list("component", "reservation__quantity"):
        kept[key] = kept.get(key, Decimal(0)) + quantity
    missing, lacking = [], []
    for component in components:
        need = round_up(batch.quantity * component.quantity_per, quantum(component.item))
        carrying = {component.item_id: asked.get((batch.order_id, component.pk), {})}
        there = kept.get(component.pk, Decimal(0))
        if there < need:
            free = free_stock([component.item_id], start.today, carrying=carrying, at=start.at, but=doubtful)
            there += free.get(component.item_id, Decimal(0))
        if there < need:
            lacking.append(component.pk)
            missing.append(_lack(component, need, there, carrying[component.item_id], start.today))
    if missing:
        refusal = MaterialMissing(
            f"{start.operation} lacks {'; '.join(missing)}.",
            remedy="Receive or release the material, or give it back from other batches."
            + (" Or decide the reviews of gauges that leave lots in doubt." if doubtful else ""),
        )
        yield Shut(Gate.MATERIAL, refusal, subject_of(*lacking))


def _lack(
    component: Component, need: Decimal, there: Decimal, attributes: dict[str, str], today: date
) -> str:
    asked = ", ".join(f"{name} {value}".strip() for name, value in attributes.items())
    with_what = f" with {asked}" if asked else ""
    return (
        f"{component.item}{with_what}: {plain(need)} {component.item.unit} needed, {plain(there)} usable "
        f"({lots_there(component.item, today).rstrip('.')})"
    )


def qualifications_asked(order: int, step: int) -> list[tuple[str, str]]:
    """What customers ask of whoever does this step for this order: (qualification, whose requirement)."""
    rows = Specification.objects.filter(order=order, step=step).exclude(qualification="")
    return list(rows.order_by("pk").values_list("qualification", "source"))
