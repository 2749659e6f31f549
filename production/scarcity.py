"""When too few tools or people are free for an operation, as the published plan uses them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.db.models import QuerySet

from production.causes import Lack
from production.limits import Counted, load_counted, people_name, tool_name
from production.models import Operation, Slot, Step


@dataclass(frozen=True, slots=True)
class Use:
    """An operation has so many of something between two moments."""

    operation: int
    starts_at: datetime
    ends_at: datetime
    quantity: int


def load_lacks(
    operations: Sequence[Operation], start: datetime, end: datetime
) -> dict[int, tuple[Lack, ...]]:
    """By operation, when too few of what it needs are free between two moments; in at most five queries.

    :param operations: with their steps' `work_center__site` and `tool_needs__tool` loaded.
    """
    counted, needs = load_counted({operation.step_id: operation.step for operation in operations}, start, end)
    if not needs:
        return {}
    uses = _load_uses(operations, start, end)
    by_name = {each.name: each for each in counted}
    return {
        operation.pk: tuple(
            lack
            for name, quantity in needs.get(operation.step_id, ())
            for lack in lacks(by_name[name], quantity, _others(uses.get(name, ()), operation.pk), start, end)
        )
        for operation in operations
    }


def lacks(counted: Counted, quantity: int, uses: Sequence[Use], start: datetime, end: datetime) -> list[Lack]:
    """When fewer than `quantity` of something are free beside what others use of it, in order."""
    there = counted.open if counted.open is not None else ((start, end),)
    edges = {start, end, *(edge for stretch in there for edge in stretch)}
    edges |= {edge for use in uses for edge in (use.starts_at, use.ends_at)}
    found: list[Lack] = []
    for first, last in pairwise(sorted(edge for edge in edges if start <= edge <= end)):
        if not any(opens <= first and last <= closes for opens, closes in there):
            found.append(Lack(counted.name, first, last))
            continue
        beside = [use for use in uses if use.starts_at < last and use.ends_at > first]
        if beside and sum(use.quantity for use in beside) + quantity > counted.quantity:
            longest = max(beside, key=lambda use: (use.ends_at, use.operation))
            found.append(Lack(counted.name, first, last, by=longest.operation))
    return found


def _others(uses: Iterable[Use], operation: int) -> list[Use]:
    return [use for use in uses if use.operation != operation]


def _load_uses(operations: Sequence[Operation], start: datetime, end: datetime) -> dict[str, list[Use]]:
    """What the published plan has of the tools and people that these need, by name."""
    slots = Slot.objects.published().filter(starts_at__lt=end, ends_at__gt=start)
    steps = [operation.step for operation in operations]
    found: dict[str, list[Use]] = {}
    for name, use in [*_tools_in_use(steps, slots), *_people_at_work(steps, slots)]:
        found.setdefault(name, []).append(use)
    return found


def _tools_in_use(steps: Iterable[Step], slots: QuerySet[Slot]) -> Iterable[tuple[str, Use]]:
    names = {need.tool_id: tool_name(need.tool) for step in steps for need in step.tool_needs.all()}
    if not names:
        return
    rows = slots.filter(operation__step__tool_needs__tool__in=names).values_list(
        "operation__step__tool_needs__tool",
        "operation",
        "starts_at",
        "ends_at",
        "operation__step__tool_needs__quantity",
    )
    for tool, operation, starts_at, ends_at, quantity in rows:
        yield names[tool], Use(operation, starts_at, ends_at, quantity)


def _people_at_work(steps: Iterable[Step], slots: QuerySet[Slot]) -> Iterable[tuple[str, Use]]:
    names = {
        (step.required_qualification, step.work_center.site_id): people_name(
            step.required_qualification, step.work_center.site.code
        )
        for step in steps
        if step.required_qualification and step.work_center.is_limited_by_people
    }
    if not names:
        return
    rows = slots.filter(
        operation__step__required_qualification__in={code for code, _ in names},
        operation__step__work_center__is_limited_by_people=True,
    ).values_list(
        "operation__step__required_qualification",
        "operation__step__work_center__site",
        "operation",
        "starts_at",
        "ends_at",
    )
    for code, site, operation, starts_at, ends_at in rows:
        if (code, site) in names:
            yield names[code, site], Use(operation, starts_at, ends_at, 1)
