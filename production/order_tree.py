"""The plant read around one order: the open batches of it and of everything made for it, their slots, and what they wait for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from inventory.models import Lot
from production.material import ASSUMED_VERDICT, Availability, availability
from production.models import Batch, Operation, ProductionOrder, Schedule, Slot
from production.services.claims import gaps
from production.snapshot import ASSUMED_DECISION
from quality.models import Inspection, Nonconformance

Status = Operation.Status
Tree = Mapping[int, Sequence[Operation]]  # operations of each batch, in sequence
PARENTS = tuple(
    "parent__" * level for level in range(4)
)  # how many levels of orders wait for one another at the most


def root_of(order: ProductionOrder) -> ProductionOrder:
    """The order that waits for this one in the end, with its item and site; itself where none does."""
    parts = [f"{parents}{part}" for parents in PARENTS for part in ("item__site", "site")]
    top: ProductionOrder = ProductionOrder.objects.select_related(*parts).get(pk=order.pk)
    while top.parent is not None:
        top = top.parent
    return top


def load_tree(root: ProductionOrder) -> dict[int, list[Operation]]:
    """Operations of the open batches of an order and of everything made for it, in sequence, by batch."""
    tree: Q = Q()
    for parents in PARENTS:
        tree |= Q(**{f"batch__order__{parents}pk": root.pk})
    operations = (
        Operation.objects.filter(tree, batch__in=Batch.objects.open())
        .exclude(status=Status.CANCELLED)
        .select_related("batch__order__item", "batch__lot", "step__work_center__site", "inspection")
        .prefetch_related("step__tool_needs__tool")
        .order_by("batch", "sequence")
    )
    found: dict[int, list[Operation]] = {}
    for operation in operations:
        found.setdefault(operation.batch_id, []).append(operation)
    return found


def slots_of(tree: Tree) -> Iterable[Slot]:
    """Where the published plan has what is not done of it, each slot with its operation and machine."""
    by_key = {operation.pk: operation for operations in tree.values() for operation in operations}
    unfinished = [key for key, operation in by_key.items() if operation.status != Status.DONE]
    slots = Slot.objects.published().filter(operation__in=unfinished).select_related("machine")
    for slot in slots:
        slot.operation = by_key[slot.operation_id]
        yield slot


def lacks_a_place(tree: Tree, slots: Mapping[int, Slot]) -> bool:
    """Whether an operation that waits stands nowhere in the plan.

    :param slots: by operation.
    """
    return any(row.status == Status.WAITING and row.pk not in slots for rows in tree.values() for row in rows)


def why_unplanned(tree: Tree) -> list[str]:
    """What the last version of the plan says of batches that found no place."""
    numbers = {operations[0].batch.number for operations in tree.values()}
    schedule = Schedule.objects.order_by("-version").only("unplanned").first()
    rows = schedule.unplanned if schedule is not None else []
    return [f"{row['batch']}: {row['reason']}" for row in rows if row["batch"] in numbers]


def material_of(tree: Tree, at: datetime) -> Availability:
    """What the order's batches lack, with everybody who competes for the same items, and nobody else."""
    own = [operations[0].batch for operations in tree.values()]
    items = {gap.component.item_id for gap in gaps(own)}
    if not items:
        return Availability()
    concerned = Q(plan__components__item__in=items) | Q(order__item__in=items, order__parent__isnull=False)
    batches = Batch.objects.open().filter(concerned).exclude(lot__status=Lot.Status.REJECTED)
    return availability(list(batches.select_related("order").distinct()), at=at, items=items)


def gates_of(tree: Tree, at: datetime) -> dict[int, datetime]:
    """When a batch may go on that waits for a verdict on what is done, or for a decision on its lot."""
    held = {
        operations[0].batch.lot_id: batch
        for batch, operations in tree.items()
        if operations[0].batch.lot is not None and operations[0].batch.lot.status == Lot.Status.HELD
    }
    opens = dict.fromkeys(held.values(), at + ASSUMED_DECISION)
    lots = [lot for lot in held if lot is not None]
    for lot, due_at in Nonconformance.objects.decisions_due(lots, at).items():
        opens[held[lot]] = due_at
    judged = {
        operation.inspection_id: operation
        for operations in tree.values()
        for operation in operations
        if operation.status == Status.DONE and operation.inspection_id is not None
    }
    cleared = set(Inspection.objects.cleared().filter(pk__in=judged).values_list("pk", flat=True))
    for key, operation in judged.items():
        if key not in cleared and operation.inspection is not None and operation.batch_id not in opens:
            opens[operation.batch_id] = operation.inspection.opened_at + ASSUMED_VERDICT
    return opens
