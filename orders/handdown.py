"""From what a customer asks to where it binds: specifications of production.

A requirement names a component by item number, a step by sequence, a characteristic by name. Each is looked up in the process plan in
force, level by level down the bill of material, and in the inspection plans of its steps and items. A name that is found at
several places binds at each.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import Q, QuerySet

from inventory.models import Item
from mes.core.refusals import DomainError
from orders.models import OrderLine, Requirement
from production.bills import recipes_for
from production.models import Component, ProcessPlan, Specification, Step
from quality.models import Characteristic, InspectionPlan, Stage


class UnknownBinding(DomainError):
    code = "orders.unknown_binding"
    title = "A requirement binds something that is not there"


class ImpossibleLimits(DomainError):
    code = "orders.impossible_limits"
    title = "Customer's and drawing's limits exclude each other"


def specifications_for(line: OrderLine) -> list[Specification]:
    """What production must keep to for this line: unsaved specifications, one for each place a requirement binds.

    :raises UnknownBinding: naming the component, step or characteristic that no plan in force has.
    :raises ImpossibleLimits: when no value meets both the requirement and the inspection plan.
    :raises NoProcessPlan: when the item is made and nobody has said how.
    """
    requirements = list(line.requirements.in_force().in_order())
    if not requirements:
        return []
    plans = plans_of(line.item) if any(_is_bound(each) for each in requirements) else []
    return [each for requirement in requirements for each in _handed_down(requirement, line, plans)]


def _is_bound(requirement: Requirement) -> bool:
    """Whether it binds a place in the plans, and not the delivery as a whole."""
    places = (requirement.component_number, requirement.characteristic_name, requirement.step_sequence)
    return any(place not in {"", None} for place in places)


def plans_of(item: Item) -> list[ProcessPlan]:
    """Plans in force of a made item, its own first, then those of what it is made of."""
    if item.supply != Item.Supply.MAKE:
        return []
    plans = recipes_for(item).plans
    return [plans[item.pk], *(plan for key, plan in plans.items() if key != item.pk)]


def _handed_down(
    requirement: Requirement, line: OrderLine, plans: Sequence[ProcessPlan]
) -> Iterable[Specification]:
    places: list[dict[str, Component | Step | Characteristic]] = []
    if requirement.component_number:
        places += [{"component": each} for each in _components(requirement, line, plans)]
    if requirement.characteristic_name:
        places += [{"characteristic": each} for each in _characteristics(requirement, line, plans)]
    if requirement.step_sequence is not None and (
        requirement.qualification or not requirement.characteristic_name
    ):
        places.append({"step": _step(requirement, line, plans)})
    for place in places or [{}]:
        yield _specification(requirement, line, place)


def _components(requirement: Requirement, line: OrderLine, plans: Sequence[ProcessPlan]) -> list[Component]:
    wanted = requirement.component_number.casefold()
    parts = [part for plan in plans for part in plan.components.all()]
    found = [part for part in parts if wanted in {part.item.number.casefold(), str(part.item).casefold()}]
    if not found:
        raise _unknown(
            requirement, line, "component", requirement.component_number, (str(p.item) for p in parts)
        )
    return found


def _step(requirement: Requirement, line: OrderLine, plans: Sequence[ProcessPlan]) -> Step:
    steps = list(plans[0].steps.all()) if plans else []
    for step in steps:
        if step.sequence == requirement.step_sequence:
            return step
    raise _unknown(requirement, line, "step", str(requirement.step_sequence), (str(each) for each in steps))


def _characteristics(
    requirement: Requirement, line: OrderLine, plans: Sequence[ProcessPlan]
) -> list[Characteristic]:
    step = _step(requirement, line, plans) if requirement.step_sequence is not None else None
    known = list(inspected_of(line.item, plans, step).select_related("plan").order_by("plan__code", "number"))
    wanted = requirement.characteristic_name.casefold()
    # The item's own inspections come before those of its parts: a hole of the same name in a part is another hole.
    own = [each for each in known if each.name.casefold() == wanted and each.plan.item_id == line.item_id]
    found = own or [each for each in known if each.name.casefold() == wanted]
    if not found:
        names = (f"{each.name} ({each.plan.code})" for each in known)
        raise _unknown(requirement, line, "characteristic", requirement.characteristic_name, names)
    return found


def inspected_of(item: Item, plans: Sequence[ProcessPlan], step: Step | None) -> QuerySet[Characteristic]:
    """Characteristics of the inspection plans in force: of one step, or of all steps and of every item's own inspection."""
    characteristics = Characteristic.objects.filter(plan__status=InspectionPlan.Status.APPROVED)
    # A step names an inspection plan; what it opens is the revision of it that is in force.
    gates = (
        [step.inspection_plan_id]
        if step
        else [each.inspection_plan_id for plan in plans for each in plan.steps.all()]
    )
    gated = Q(
        plan__code__in=InspectionPlan.objects.filter(pk__in=[gate for gate in gates if gate]).values("code")
    )
    if step is not None:
        return characteristics.filter(gated)
    final = Q(plan__item__in=[plan.item_id for plan in plans], plan__stage=Stage.FINAL)
    receiving = Q(plan__item=item, plan__stage=Stage.RECEIVING)
    return characteristics.filter(gated | final | receiving)


def _specification(
    requirement: Requirement, line: OrderLine, place: dict[str, Component | Step | Characteristic]
) -> Specification:
    characteristic = place.get("characteristic")
    lower, upper = requirement.lower_limit, requirement.upper_limit
    if isinstance(characteristic, Characteristic):
        lower, upper = _tightest(requirement, line, characteristic)
    return Specification(
        kind=requirement.kind,
        text=requirement.text,
        source=str(line),
        attribute=requirement.attribute,
        expected=requirement.expected,
        qualification=requirement.qualification if "step" in place else "",
        lower_limit=lower,
        upper_limit=upper,
        **place,
    )


def _tightest(
    requirement: Requirement, line: OrderLine, characteristic: Characteristic
) -> tuple[Decimal | None, Decimal | None]:
    """The limits that meet both customer and inspection plan."""
    lows = [each for each in (requirement.lower_limit, characteristic.lower_limit) if each is not None]
    highs = [each for each in (requirement.upper_limit, characteristic.upper_limit) if each is not None]
    lower, upper = max(lows, default=None), min(highs, default=None)
    if lower is not None and upper is not None and lower > upper:
        raise ImpossibleLimits(
            f"{line} asks “{requirement.text}”, but {characteristic.plan} allows {characteristic.name} "
            f"{_span(characteristic.lower_limit, characteristic.upper_limit)} only: no value meets both.",
            remedy="Agree on other limits with the customer, or revise the inspection plan.",
        )
    return lower, upper


def _span(lower: Decimal | None, upper: Decimal | None) -> str:
    ends = [f"{end.normalize():f}" if end is not None else "…" for end in (lower, upper)]
    return " to ".join(ends)


def _unknown(
    requirement: Requirement, line: OrderLine, what: str, name: str, known: Iterable[str]
) -> UnknownBinding:
    there = ", ".join(dict.fromkeys(known))
    return UnknownBinding(
        f"{line} asks “{requirement.text}” of {what} {name}, but how {line.item} is made and inspected knows no such {what}.",
        remedy=f"There are: {there}. Correct the requirement, or the plan."
        if there
        else "Correct the requirement, or add it to the plan.",
    )
