"""Changes in words, for what-if plans and for the board's undo."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from inventory.models import ExpectedReceipt, Item
from production.altering import moment
from production.changes import (
    Change,
    MaterialBy,
    Overtime,
    Pin,
    Reprioritise,
    Split,
    Unpin,
    UseMachine,
)
from production.models import Batch, Machine, Operation, Priority, ProductionOrder, WorkCenter


@dataclass
class Names:
    """The rows that changes speak of, read at once for all of them: six queries at most, whatever their number."""

    operations: dict[int, Operation] = field(default_factory=dict)
    machines: dict[int, Machine] = field(default_factory=dict)
    centers: dict[int, WorkCenter] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)
    batches: dict[int, Batch] = field(default_factory=dict)
    orders: dict[int, ProductionOrder] = field(default_factory=dict)


def names_in(changes: Sequence[Change]) -> Names:
    """The rows that these changes speak of."""

    def keys(attribute: str) -> set[int]:
        return {key for change in changes if (key := getattr(change, attribute, None)) is not None}

    operations = Operation.objects.filter(pk__in=keys("operation"))
    return Names(
        operations={
            row.pk: row
            for row in operations.select_related("batch", "step__work_center__site", "pinned_machine")
        },
        machines=Machine.objects.select_related("work_center__site").in_bulk(keys("machine")),
        centers=WorkCenter.objects.select_related("site").in_bulk(keys("work_center")),
        items=Item.objects.select_related("site").in_bulk(keys("item")),
        batches=Batch.objects.in_bulk(keys("batch")),
        orders=ProductionOrder.objects.select_related("site").in_bulk(keys("order")),
    )


def sentences(changes: Sequence[Change], names: Names | None = None) -> list[str]:
    """Each change in words: “Pin P-0042-01 / 20 Turn to Lathe 2 at Mon 02 Mar 07:30”."""
    names = names or names_in(changes)
    return [_sentence(change, names) for change in changes]


def _sentence(change: Change, names: Names) -> str:
    match change:
        case Pin():
            machine = names.machines[change.machine]
            at = f" at {moment(change.start_at, machine.work_center.site.zone)}" if change.start_at else ""
            return f"Pin {names.operations[change.operation]} to {machine}{at}"
        case UseMachine():
            return f"Do {names.operations[change.operation]} on {names.machines[change.machine]}"
        case Unpin():
            return f"Let {names.operations[change.operation]} go"
        case Overtime():
            return _overtime(change, names)
        case MaterialBy():
            item = names.items[change.item]
            whom = f" for {names.orders[change.order]}" if change.order is not None else ""
            return f"{item}{whom} there by {moment(change.at, item.site.zone)}"
        case Split():
            return f"Split {names.batches[change.batch]} into {change.parts}"
        case Reprioritise():
            return _reprioritise(change, names)


def _overtime(change: Overtime, names: Names) -> str:
    if change.machine is not None:
        machine = names.machines[change.machine]
        who, zone = str(machine), machine.work_center.site.zone
    else:
        center = names.centers[change.work_center or 0]
        who, zone = str(center), center.site.zone
    return f"Overtime on {who} from {moment(change.starts_at, zone)} to {moment(change.ends_at, zone)}"


def _reprioritise(change: Reprioritise, names: Names) -> str:
    order = names.orders[change.order]
    told = []
    if change.priority is not None:
        told.append(f"priority {Priority(change.priority).label.lower()}")
    if change.due_at is not None:
        told.append(f"due {moment(change.due_at, order.site.zone)}")
    return f"{order}: {', '.join(told)}"


def caveats(changes: Sequence[Change]) -> list[str]:
    """What publishing cannot put in force, said before anybody publishes: material comes when its supplier sends it."""
    wanted = [change for change in changes if isinstance(change, MaterialBy)]
    if not wanted:
        return []
    names = names_in(wanted)
    receipts = ExpectedReceipt.objects.open().filter(item__in=names.items).order_by("due_date", "pk")
    by_item: dict[int, list[ExpectedReceipt]] = {}
    for receipt in receipts:
        by_item.setdefault(receipt.item_id, []).append(receipt)
    return [_caveat(names.items[change.item], change.at, by_item.get(change.item, ())) for change in wanted]


def _caveat(item: Item, at: datetime, receipts: Iterable[ExpectedReceipt]) -> str:
    by = f"{at.astimezone(item.site.zone):%a %d %b}"
    later = [receipt for receipt in receipts if receipt.due_date > at.astimezone(item.site.zone).date()]
    if later:
        purchases = ", ".join(f"{receipt} (due {receipt.due_date:%d %b})" for receipt in later)
        remedy = f"agree it with the supplier and change the date of {purchases}"
    else:
        remedy = "order it and note the purchase"
    return f"Publishing does not bring {item} by {by}: {remedy}. Until then the plan waits for it."
