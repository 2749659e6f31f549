"""What a schedule says of itself: kept with every version, read by planners and shown beside the board."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from inventory.models import Item
from inventory.quantities import plain
from production.material import Shortage
from production.models import Schedule
from production.posed import Posed, in_our_words
from production.scheduling import Result
from production.snapshot import Snapshot

HOUR = 3600


def figures_of(plant: Snapshot, posed: Posed, result: Result, *, attempts: int) -> dict[str, Any]:
    """Figures of a result as JSON values; times in the hours and seconds that their names say."""
    due = {batch.batch.number: batch.order for batch in plant.batches}
    whole = {job: seconds for job, seconds in result.lateness.items() if due[job].parent_id is None}
    lateness: dict[str, int] = {}
    for job, seconds in whole.items():
        lateness[due[job].number] = max(seconds, lateness.get(due[job].number, 0))
    late = [number for number, seconds in lateness.items() if seconds > 0]
    return {
        "operations": len(result.assignments),
        "orders": len(lateness),
        "late_orders": len(late),
        "late": sorted(late),
        "tardiness_hours": round(sum(max(seconds, 0) for seconds in lateness.values()) / HOUR, 1),
        "setup_hours": round(result.setup_seconds / HOUR, 1),
        "ends_at": posed.moment(result.makespan).isoformat() if result.assignments else None,
        "utilisation": {
            name: round(share, 3) for name, share in result.utilisation.items() if name in posed.machines
        },
        "status": str(result.status),
        "objective": result.objective,
        "value": round(result.value),
        "bound": result.bound,
        "solver_seconds": round(result.seconds, 2),
        "first_plan_seconds": round(result.first_seconds, 3),
        "rule": result.rule,
        "attempts": attempts,
        "broken_pins": [
            {"batch": remark.job, "sequence": _sequence(remark.task), "reason": remark.reason}
            for remark in result.broken_pins
            # What is merely frozen nobody wished: it had its start when it was planned, and has not begun.
            if posed.operations[remark.key].pinned_machine_id is not None
        ],
        "shortages": _shortages(plant),
        "counted": [
            {"name": row.name, "planned": row.quantity, "most": row.most, "always": row.open is None}
            for row in plant.limits.counted
            if row.is_cautious
        ],
    }


def unplanned_rows(plant: Snapshot, posed: Posed, result: Result) -> list[dict[str, Any]]:
    """Everything that found no place, with its order and the reason."""
    orders = {batch.batch.number: batch.order for batch in plant.batches}
    too_late = _material_too_late(plant)
    reasons = [
        *((row.batch, row.sequence, row.reason) for row in posed.unplanned),
        *((remark.job, _sequence(remark.task), in_our_words(remark.reason)) for remark in result.unplanned),
    ]
    return [
        {
            "batch": batch,
            "sequence": sequence,
            "order": orders[batch].number if batch in orders else None,
            "item": str(orders[batch].item) if batch in orders else None,
            "reason": too_late.get((batch, sequence), reason),
        }
        for batch, sequence, reason in reasons
    ]


def _material_too_late(plant: Snapshot) -> dict[tuple[str, int | None], str]:
    """By batch and sequence, the material that comes after the plan's calendars have ended."""
    told: dict[tuple[str, int | None], str] = {}
    for batch in plant.batches:
        for operation in batch.unfinished:
            awaited = plant.material.awaited.get((batch.batch.pk, operation.step_id), ())
            last = max(awaited, key=lambda each: each.until, default=None)
            if last is not None and last.until >= plant.end:
                day = last.until.astimezone(last.item.site.zone).date()
                told[batch.batch.number, operation.sequence] = (
                    f"it waits for {last.item} until {day:%d %b %Y}, longer than plans look ahead; have it sooner"
                )
    return told


def _shortages(plant: Snapshot) -> list[dict[str, Any]]:
    """Material that nobody has, makes or ordered, summed up by item and order."""
    totals: dict[tuple[int, int], Decimal] = {}
    example: dict[tuple[int, int], Shortage] = {}
    for shortage in plant.material.shortages:
        key = shortage.item.pk, shortage.batch.order_id
        totals[key] = totals.get(key, Decimal(0)) + shortage.quantity
        example[key] = shortage
    return [
        {
            "item": str(shortage.item),
            "item_id": shortage.item.pk,
            "order": shortage.batch.order.number,
            "quantity": plain(totals[key]),
            "expected_at": shortage.expected_at.isoformat(),
        }
        for key, shortage in example.items()
    ]


def shortages_of(schedule: Schedule, most: int | None = None) -> list[dict[str, Any]]:
    """The first `most` rows of material that nobody has ordered, each with the `day` at the item's site on which the plan has it."""
    rows: list[dict[str, Any]] = schedule.figures.get("shortages", [])[:most]
    items = Item.objects.select_related("site").in_bulk({row["item_id"] for row in rows})
    return [{**row, "day": _day_at(items.get(row["item_id"]), row["expected_at"])} for row in rows]


def _day_at(item: Item | None, moment: str) -> date:
    there = datetime.fromisoformat(moment)
    return there.astimezone(item.site.zone).date() if item is not None else there.date()


def _sequence(task: str) -> int | None:
    return int(task) if task else None
