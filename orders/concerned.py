"""Whom a version of the schedule concerns: customers' lines that are projected for another day than before.

Production knows no customers; it keeps with each version the orders whose end changes, and the pegs lead from there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max

from orders.models import CustomOrder, OrderLine, Peg, Promise
from production.models import Schedule, Slot


@dataclass(frozen=True)
class Concern:
    """A line with its projected day in the version before and in this one; None where it had, or has, no place in the plan."""

    line: OrderLine
    wanted: date  # the day last promised, else the day asked for
    was: date | None
    now: date | None

    @property
    def was_late(self) -> bool:
        return self.was is not None and self.was > self.wanted

    @property
    def is_late(self) -> bool:
        return self.now is not None and self.now > self.wanted

    @property
    def delay_days(self) -> int | None:
        return (self.now - self.was).days if self.now is not None and self.was is not None else None


def concerned_by(schedule: Schedule) -> list[Concern]:
    """The lines of open orders that a version projects for another day than the one before, those it makes late first.

    In three queries, however many there are.
    """
    changed = {row["order"]: row for row in schedule.orders}
    touched = Peg.objects.standing().filter(production_order__any_of=changed).values("line")
    pegs = list(
        Peg.objects.standing()
        .of_production()
        .filter(line__in=touched, line__order__status=CustomOrder.Status.CONFIRMED)
        .select_related("line__order__customer", "line__item__site")
        .order_by("line", "pk")
    )
    lines = {peg.line_id: peg.line for peg in pegs}
    made_by: dict[int, set[int]] = {}
    for peg in pegs:
        if peg.production_order_id is not None:
            made_by.setdefault(peg.line_id, set()).add(peg.production_order_id)
    others = _ends({order for orders in made_by.values() for order in orders} - changed.keys(), schedule)
    promised = _promised(lines)
    concerns = []
    for key, line in lines.items():
        zone = line.item.site.zone
        was, now = (_last(made_by[key], changed, others, end) for end in ("was", "now"))
        was_on, now_on = (end.astimezone(zone).date() if end is not None else None for end in (was, now))
        if was_on != now_on:
            concerns.append(Concern(line, promised.get(key, line.due_date), was_on, now_on))
    return sorted(concerns, key=_most_felt_first)


def _most_felt_first(concern: Concern) -> tuple[bool, bool, int, str]:
    becomes_late = concern.is_late and not concern.was_late
    return not becomes_late, not concern.is_late, -(concern.delay_days or 0), str(concern.line)


def _last(
    orders: Iterable[int], changed: Mapping[int, Mapping[str, Any]], others: Mapping[int, datetime], end: str
) -> datetime | None:
    """When the last of some orders ends, before the version or with it."""
    told = [changed[order][end] for order in orders if order in changed]
    if None in told:
        return None  # part of the line has no place in the plan
    ends = [datetime.fromisoformat(moment) for moment in told]
    return max([*ends, *(others[order] for order in orders if order in others)], default=None)


def _ends(orders: Iterable[int], schedule: Schedule) -> dict[int, datetime]:
    """Ends of orders that the version leaves as they were."""
    slots = Slot.objects.of(schedule).filter(operation__batch__order__any_of=orders)
    return dict(slots.values_list("operation__batch__order").annotate(end=Max("ends_at")).order_by())


def _promised(lines: Iterable[int]) -> dict[int, date]:
    """The day last promised for each line."""
    rows = Promise.objects.filter(line__any_of=lines).order_by("made_at", "pk")
    return dict(rows.values_list("line", "promised_date"))
