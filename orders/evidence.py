"""What proves that a customer's requirements were met, requirement by requirement and lot by lot.

A characteristic is proven by the passed inspection of the very lots, every measured value within the limits asked for. A material is proven by
the attributes of the lots that went into them; a step by its operation, done and, where it has a gate, passed. Documents, packaging
and whatever else no record shows are proven by a person, who may also prove any other requirement, say by a concession.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Prefetch
from django.utils import timezone

from inventory.models import Lot, Reservation
from inventory.quantities import plain
from orders.known import Reading, Records, Work, records_of
from orders.models import CustomOrder, Evidence, Peg, Requirement, ShipmentLine
from production.bills import carries
from production.models import Specification

NOTHING_YET = "Nothing has been made or reserved for it yet."
FOR_CERTIFICATE = (
    "Waits for our certificate of conformity: issue it for the line once everything else is proven. "
    "It proves this itself."
)
NAMED = 5
CONFORMITY = ("conformity", "conformance", "coc", "c of c")


@dataclass(frozen=True)
class Proof:
    """One requirement, where it binds, and what shows that it was met; `warning` says what keeps it from ever being met as things are."""

    requirement: Requirement
    binds: str
    evidence: str
    is_open: bool
    is_automatic: bool
    is_violated: bool = False
    shown: tuple[Evidence, ...] = ()
    warning: str = ""

    @property
    def waits_for_certificate(self) -> bool:
        """Whether the paper that we issue ourselves is all that is missing."""
        return self.is_open and not self.is_automatic and asks_for_certificate(self.requirement)


class Finding(NamedTuple):
    """What the records say of one requirement and some lots; `is_violated` when it is not met and nothing to come will change that."""

    is_met: bool
    told: str
    is_violated: bool = False


def matrix(
    order: CustomOrder, *, lots: Mapping[int, Sequence[int]] | None = None, at: datetime | None = None
) -> list[Proof]:
    """Every requirement of an order with its proof, in the order of the lines; the number of queries does not depend on theirs.

    :param lots: the lots to judge by, ids by line id; lines it does not name are left out. By default all that
        was made, reserved or shipped for each line so far.
    :param at: when it is asked who holds a qualification; by default now.
    """
    requirements = (
        Requirement.objects.filter(line__order=order)
        .in_force()
        .select_related("line__item__site", "proven_by", "stated_in")
        .prefetch_related(Prefetch("shown", Evidence.objects.in_order()))
    )
    if lots is not None:
        requirements = requirements.filter(line__in=lots)
    asked = list(requirements.in_order())
    judged = (lots if lots is not None else lots_so_far({each.line_id for each in asked})) if asked else {}
    records = records_of({lot for found in judged.values() for lot in found}, asked)
    when = at or timezone.now()
    return [_prove(each, judged.get(each.line_id, ()), records, when) for each in asked]


def lots_so_far(lines: Iterable[int]) -> dict[int, list[int]]:
    """Lots made, reserved or shipped for each line; of a serialised batch its serial numbers, where there are some."""
    pegs = Peg.objects.filter(line__in=lines)
    kept = pegs.exclude(reservation__status=Reservation.Status.RELEASED).filter(reservation__isnull=False)
    made = pegs.filter(production_order__batches__lot__isnull=False).exclude(
        production_order__batches__lot__status=Lot.Status.REJECTED
    )
    found = [
        *kept.values_list("line", "reservation__lot"),
        *made.values_list("line", "production_order__batches__lot"),
        *ShipmentLine.objects.standing().filter(line__in=lines).values_list("line", "lot"),
    ]
    by_line: dict[int, list[int]] = {}
    for line, lot in dict.fromkeys(found):
        by_line.setdefault(line, []).append(lot)
    return by_line


def asks_for_certificate(requirement: Requirement) -> bool:
    """Whether what the customer asks for is the certificate of conformity, which we issue ourselves."""
    words = requirement.text.casefold()
    return requirement.kind == Specification.Kind.DOCUMENT and any(word in words for word in CONFORMITY)


def _prove(requirement: Requirement, lots: Sequence[int], records: Records, at: datetime) -> Proof:
    found = _judged(requirement, lots, records)
    warning = _unheld(requirement, records, at) if found.is_open and not found.is_violated else ""
    return replace(found, shown=tuple(requirement.shown.all()), warning=warning)


def _unheld(requirement: Requirement, records: Records, at: datetime) -> str:
    """That nobody may do the step, in a sentence; empty where somebody holds what is asked of them, or nothing is."""
    code = requirement.qualification
    today = at.astimezone(requirement.line.item.site.zone).date()
    if not code or any(end is None or end >= today for end in records.holders.get(code, {}).values()):
        return ""
    return (
        f"Nobody holds {code}: step {requirement.step_sequence} cannot start. Train somebody and enter it on the page of an "
        "operator, or amend the requirement."
    )


def _judged(requirement: Requirement, lots: Sequence[int], records: Records) -> Proof:
    judges = _judges(requirement)
    if requirement.proven_at is not None:
        told = f"{requirement.evidence} ({requirement.proven_by}, {requirement.proven_at:%d %b %Y})"
        return Proof(requirement, _binds(requirement), told, is_open=False, is_automatic=False)
    if not judges:
        ours = asks_for_certificate(requirement)
        told = FOR_CERTIFICATE if ours else "Waits for a person to name the evidence."
        return Proof(requirement, _binds(requirement), told, is_open=True, is_automatic=False)
    if not lots:
        return Proof(requirement, _binds(requirement), NOTHING_YET, is_open=True, is_automatic=True)
    findings = [judge(requirement, lots, records) for judge in judges]
    return Proof(
        requirement,
        _binds(requirement),
        " ".join(finding.told for finding in findings),
        is_open=not all(finding.is_met for finding in findings),
        is_automatic=True,
        is_violated=any(finding.is_violated for finding in findings),
    )


def _judges(requirement: Requirement) -> list[Callable[[Requirement, Sequence[int], Records], Finding]]:
    judges: list[Callable[[Requirement, Sequence[int], Records], Finding]] = []
    if requirement.component_number or requirement.attribute:
        judges.append(_by_material)
    if requirement.characteristic_name:
        judges.append(_by_inspection)
    if requirement.step_sequence is not None and (
        requirement.qualification or not requirement.characteristic_name
    ):
        judges.append(_by_operation)
    return judges


def _by_material(requirement: Requirement, lots: Sequence[int], records: Records) -> Finding:
    """Each lot holds material of the item asked for, and all of it carries the attribute."""
    wanted = {requirement.attribute: requirement.expected} if requirement.attribute else {}
    seen: list[str] = []
    for lot in lots:
        name = records.numbers[lot]
        material = [
            each
            for root in records.roots[lot]
            for each in records.ingredients[root]
            if _is_of(each, requirement, lot)
        ]
        if not material:
            return Finding(False, f"Lot {name} holds no {requirement.component_number} yet.")
        if failing := next((each for each in material if not carries(each.attributes, wanted)), None):
            there = failing.attributes.get(requirement.attribute) or "nothing"
            asked = requirement.expected or "a value"
            return Finding(
                False,
                f"Lot {failing} in {name} has {requirement.attribute} {there}; {asked} was asked for.",
                is_violated=True,
            )
        seen += [_described(each, requirement.attribute) for each in material]
    return Finding(True, f"From {_listed(seen)}.")


def _by_inspection(requirement: Requirement, lots: Sequence[int], records: Records) -> Finding:
    """Each lot has a passed inspection of the characteristic, with every value within the limits asked for."""
    wanted = requirement.characteristic_name.casefold()
    proven: dict[
        int, list[Reading]
    ] = {}  # by lot, for serial numbers have what their batch was found to be in common
    for lot in lots:
        readings = {
            root: [each for each in records.readings.get(root, ()) if each.name.casefold() == wanted]
            for root in records.roots[lot] | {lot}
        }
        if not any(readings.values()):
            if found := _accepted_outside(requirement, records.roots[lot] | {lot}, records):
                return Finding(
                    False, f"Lot {records.numbers[lot]}: {found}; it is used as it is.", is_violated=True
                )
            return Finding(
                False,
                f"Lot {records.numbers[lot]} has no passed inspection of {requirement.characteristic_name} yet.",
            )
        failing = next(
            (each for found in readings.values() for each in found if not _is_within(each, requirement)), None
        )
        if failing:
            return Finding(False, f"Lot {records.numbers[lot]}: {_outside(failing)}.", is_violated=True)
        proven |= readings
    plans = [each.plan for found in proven.values() for each in found]
    values = [each.value for found in proven.values() for each in found if each.value is not None]
    measured = f" {plain(min(values))} to {plain(max(values))} in {_counted(len(values))}" if values else ""
    return Finding(True, f"{_listed(plans)} passed:{measured or ' all conform'}.")


def _accepted_outside(requirement: Requirement, roots: Iterable[int], records: Records) -> str:
    """What a failed inspection found of the characteristic outside what was asked, where that was accepted; else nothing."""
    wanted = requirement.characteristic_name.casefold()
    found = (each for root in roots for each in records.accepted.get(root, ()))
    outside = (each for each in found if each.name.casefold() == wanted and not _is_within(each, requirement))
    failing = next(outside, None)
    return _outside(failing) if failing else ""


def _outside(reading: Reading) -> str:
    told = plain(reading.value) if reading.value is not None else "a piece that does not conform"
    return f"{reading.plan} has {told}, outside what was asked"


def _counted(measurements: int) -> str:
    return "1 measurement" if measurements == 1 else f"{measurements} measurements"


def _by_operation(requirement: Requirement, lots: Sequence[int], records: Records) -> Finding:
    """The step is done in every batch that the lots come from, its gate passed."""
    seen: list[str] = []
    for lot in lots:
        work = [
            each
            for root in records.roots[lot]
            for each in records.work.get(root, ())
            if each.sequence == requirement.step_sequence
        ]
        if not work:
            return Finding(
                False,
                f"Lot {records.numbers[lot]} comes from no batch with step {requirement.step_sequence}.",
            )
        if unqualified := _without(requirement.qualification, work, records):
            return Finding(False, unqualified, is_violated=True)
        if waiting := next((each for each in work if not each.is_done), None):
            return Finding(False, f"{waiting.name} of batch {waiting.batch} is not done and passed yet.")
        seen += [f"{each.name} of batch {each.batch}{_who(requirement, each)}" for each in work]
    return Finding(True, f"Done: {_listed(seen)}.")


def _without(qualification: str, work: Sequence[Work], records: Records) -> str:
    """Who worked without the qualification asked for, in a sentence; empty when nobody did. What expired later was held then."""
    held = records.holders.get(qualification, {})
    for each in work if qualification else ():
        for person, name, day in each.done_by:
            until = held.get(person)
            if person not in held or (until is not None and until < day):
                return f"{each.name} of batch {each.batch} was done by {name} without {qualification}."
    return ""


def _who(requirement: Requirement, work: Work) -> str:
    people = list(dict.fromkeys(name for _, name, _ in work.done_by)) if requirement.qualification else []
    return f" by {_listed(people)} ({requirement.qualification})" if people else ""


def _is_of(material: Lot, requirement: Requirement, lot: int) -> bool:
    """Whether this ingredient is what the requirement is about; without a component it is the lot itself."""
    wanted = requirement.component_number.casefold()
    if not wanted:
        return material.item_id == requirement.line.item_id
    return wanted in {material.item.number.casefold(), str(material.item).casefold()}


def _is_within(reading: Reading, requirement: Requirement) -> bool:
    if reading.value is None:
        return reading.conforms
    low, high = requirement.lower_limit, requirement.upper_limit
    return (
        reading.conforms and (low is None or reading.value >= low) and (high is None or reading.value <= high)
    )


def _binds(requirement: Requirement) -> str:
    places = []
    if requirement.component_number:
        places.append(f"Material {requirement.component_number}")
    if requirement.step_sequence is not None:
        who = f" by {requirement.qualification}" if requirement.qualification else ""
        places.append(f"Step {requirement.step_sequence}{who}")
    if requirement.characteristic_name:
        ends = [requirement.lower_limit, requirement.upper_limit]
        limits = (
            " to ".join(plain(end) if end is not None else "…" for end in ends)
            if ends != [None, None]
            else "as drawn"
        )
        places.append(f"{requirement.characteristic_name} {limits}")
    if requirement.attribute:
        places.append(f"{requirement.attribute} {requirement.expected or 'stated'}")
    return ", ".join(places) or "The delivery"


def _described(lot: Lot, attribute: str) -> str:
    return f"lot {lot} ({attribute} {lot.attributes.get(attribute)})" if attribute else f"lot {lot}"


def _listed(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more
