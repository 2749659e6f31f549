"""Where a requirement of a line may bind: what its form suggests, so that nobody has to know the names by heart."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from inventory.on_paper import PROVENANCE
from inventory.quantities import plain
from orders.handdown import inspected_of, plans_of
from orders.models import OrderLine
from production.bills import NoProcessPlan
from production.models import Qualification


@dataclass(frozen=True)
class Place:
    """One value to choose, and what it is."""

    value: str
    told: str = ""


def places_for(line: OrderLine) -> dict[str, list[Place]]:
    """By field of the requirement, what the plans in force of the line's item have; nothing where it is not made here.

    :param line: with its item loaded.
    """
    try:
        plans = plans_of(line.item)
    except NoProcessPlan:
        return {}
    if not plans:
        return {}
    parts = [part.item for plan in plans for part in plan.components.all()]
    inspected = inspected_of(line.item, plans, None).select_related("plan").order_by("plan__code", "number")
    holders = Qualification.objects.filter(operator__site=line.item.site_id)
    steps = [Place(str(each.sequence), each.name) for each in plans[0].steps.all()]
    return {
        "component_number": _each(Place(item.number, item.description) for item in parts),
        "attribute": [Place(name) for name in PROVENANCE],
        "step_sequence": steps,
        "qualification": [
            Place(code) for code in holders.order_by("code").values_list("code", flat=True).distinct()
        ],
        "characteristic_name": _each(
            Place(each.name, f"{each.plan.code}, {_limits(each.lower_limit, each.upper_limit, each.uom)}")
            for each in inspected
        ),
    }


def _each(places: Iterable[Place]) -> list[Place]:
    """The first of each value."""
    return list({place.value: place for place in reversed(list(places))}.values())[::-1]


def _limits(lower: Decimal | None, upper: Decimal | None, unit: str) -> str:
    if lower is None and upper is None:
        return "no limits"
    least, most = (plain(limit) if limit is not None else "…" for limit in (lower, upper))
    return f"{least} to {most} {unit}".strip()
