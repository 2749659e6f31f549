"""Why an order ends when the published plan says so: the plant read around one order, and the chain that leads to its end.

A sub-order is as late as the order that waits for it in the end, so that is the one explained. Nothing is remembered from the
planning: what the order waits for is worked out afresh, in a fixed number of queries, from its slots and from what is known now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from inventory.models import Lot
from inventory.quantities import plain
from production.calendars import Calendars, clip, load_calendars, subtract
from production.causes import Before, Busy, Hold, Kind, Lack, Lane, Work, causes, chain
from production.explanation import Explanation, Named, Place
from production.handing_on import share_until_handed_on, transfer_between
from production.kept import Reserving, used_up
from production.limits import reserved_weeks, reserves_of
from production.material import ASSUMED_VERDICT, Availability, Awaited
from production.models import (
    Operation,
    ProductionOrder,
    SchedulingRules,
    Slot,
)
from production.order_tree import (
    Tree,
    gates_of,
    lacks_a_place,
    load_tree,
    material_of,
    root_of,
    slots_of,
    why_unplanned,
)
from production.scarcity import load_lacks

Status = Operation.Status


def explain(order: ProductionOrder, *, at: datetime) -> Explanation:
    """The chain from `at` to the end of an order, or of the order that waits for it in the end."""
    root = root_of(order)
    tree = load_tree(root)
    slots = {slot.operation_id: slot for slot in slots_of(tree)}
    own = [slot for slot in slots.values() if slot.operation.batch.order_id == root.pk]
    reasons = why_unplanned(tree) if not own or lacks_a_place(tree, slots) else []
    if reasons or not own:
        return Explanation(root, at, reasons=tuple(reasons))
    last = max(own, key=lambda slot: (slot.ends_at, slot.operation_id))
    return _Explainer(root, at, tree, slots, last).explain()


class _Explainer:
    def __init__(
        self, root: ProductionOrder, at: datetime, tree: Tree, slots: Mapping[int, Slot], last: Slot
    ) -> None:
        self.root = root
        self.at = at
        self.tree = tree
        self.slots = slots
        self.last = last
        self.awaited: dict[str, Awaited] = {}
        self.lots: dict[str, Lot] = {}
        self.operations: dict[int, Named] = {}
        self.beside: set[int] = set()  # operations that have tools or people that these wait for

    def explain(self) -> Explanation:
        end = max(self.last.ends_at, self.at)
        places = {place.key: place for slot in self.slots.values() for place in [_place_of(slot)]}
        works = self._works(end)
        calendars, busy = self._calendars(places, end), self._busy(places, end)
        lanes = {key: _lane(place, calendars, busy.get(key, [])) for key, place in places.items()}
        works = self._with_kept(works, places, calendars, busy)
        links = chain(self.last.operation_id, works, lanes, origin=self.at)
        return Explanation(
            self.root,
            self.at,
            ends_at=self.last.ends_at,
            links=links,
            causes=tuple(causes(links, self.last.ends_at - self.root.due_at)),
            operations=self.operations,
            places=places,
            lanes=lanes,
            awaited=self.awaited,
            lots=self.lots,
        )

    # --- what each operation waits for -------------------------------------------------------------------------------

    def _works(self, end: datetime) -> dict[int, Work]:
        lacks = self._lacks(end)
        material = material_of(self.tree, self.at)
        gates = gates_of(self.tree, self.at)
        works = {}
        for batch, operations in self.tree.items():
            former: Operation | None = None
            for operation in operations:
                self.operations[operation.pk] = _named(operation)
                slot = self.slots.get(operation.pk)
                if slot is not None:
                    before = [*_step_before(operation, former), *self._makers(operation, material)]
                    holds = self._holds(operation, material)
                    if former is None or former.status == Status.DONE:
                        holds += self._gate(operation, gates.get(batch))
                    works[operation.pk] = _work(slot, before, holds, lacks.get(operation.pk, ()))
                former = operation
        return works

    def _lacks(self, end: datetime) -> dict[int, tuple[Lack, ...]]:
        waiting = [
            operation
            for operations in self.tree.values()
            for operation in operations
            if operation.pk in self.slots and operation.status == Status.WAITING
        ]
        found = load_lacks(waiting, self.at, end)
        self.beside = {lack.by for own in found.values() for lack in own if lack.by is not None}
        return found

    def _makers(self, operation: Operation, material: Availability) -> Iterable[Before]:
        if operation.status != Status.WAITING:
            return
        for maker in sorted(material.after.get((operation.batch_id, operation.step_id), ())):
            steps = [each.pk for each in self.tree.get(maker, ()) if each.pk in self.slots]
            if steps:
                yield Before(max(steps, key=lambda pk: self.slots[pk].ends_at))

    def _holds(self, operation: Operation, material: Availability) -> list[Hold]:
        if operation.status != Status.WAITING:
            return []
        holds = []
        for awaited in material.awaited.get((operation.batch_id, operation.step_id), ()):
            key = f"{awaited.source}-{awaited.receipt or awaited.item.pk}"
            self.awaited[key] = awaited
            holds.append(Hold(Kind.MATERIAL, awaited.until, key))
        earliest = operation.batch.order.earliest_start_at
        if earliest is not None:
            holds.append(Hold(Kind.RELEASE, earliest, f"order-{operation.batch.order_id}"))
        return holds

    def _gate(self, operation: Operation, opens: datetime | None) -> list[Hold]:
        lot = operation.batch.lot
        if opens is None or lot is None or operation.status != Status.WAITING:
            return []
        key = f"lot-{lot.pk}"
        self.lots[key] = lot
        return [Hold(Kind.HOLD if lot.status == Lot.Status.HELD else Kind.INSPECTION, opens, key)]

    # --- machines ----------------------------------------------------------------------------------------------------

    def _calendars(self, places: Mapping[str, Place], end: datetime) -> Calendars:
        centers = {place.work_center.pk: place.work_center for place in places.values()}
        return load_calendars(centers.values(), self.at, end, at=self.at)

    def _busy(self, places: Mapping[str, Place], end: datetime) -> dict[str, list[Busy]]:
        """Whom the machines of this order work for meanwhile, in one query; it names those, too, who have its tools."""
        machines = [place.machine.pk for place in places.values() if place.machine is not None]
        rows = Slot.objects.published().filter(ends_at__gt=self.at, starts_at__lt=end)
        rows = rows.filter(Q(machine__in=machines) | Q(operation__in=self.beside))
        busy: dict[str, list[Busy]] = {}
        named: list[Any]  # as `Named` has them
        for key, operation, starts_at, ends_at, *named in rows.order_by("starts_at", "pk").values_list(
            "machine",
            "operation",
            "starts_at",
            "ends_at",
            "operation__batch__number",
            "operation__step__name",
            "operation__batch__order",
            "operation__batch__order__number",
            "operation__batch__order__item__number",
            "operation__batch__order__priority",
            "operation__batch__order__strategy",
        ):
            busy.setdefault(f"m-{key}", []).append(Busy(operation, starts_at, ends_at))
            self.operations.setdefault(operation, Named(operation, *named))
        return busy

    def _with_kept(
        self,
        works: Mapping[int, Work],
        places: Mapping[str, Place],
        calendars: Calendars,
        busy: Mapping[str, Sequence[Busy]],
    ) -> dict[int, Work]:
        """Works with the weeks in which their machines had no time left but what is kept for others."""
        centers = [place.work_center for place in places.values() if place.work_center.reserved_shares]
        if not centers:
            return dict(works)
        released = SchedulingRules.objects.current().reserves_released_days
        weeks = reserved_weeks(centers, released, calendars.end, at=self.at)
        groups = {operation: named.strategy for operation, named in self.operations.items()}
        machines = {
            key: Reserving(reserves_of(place.machine), calendars.hours_of(place.machine), busy.get(key, ()))
            for key, place in places.items()
            if place.machine is not None
        }
        return {
            key: replace(
                work,
                kept=used_up(machines[work.place], groups, Busy(key, work.starts_at, work.ends_at), weeks),
            )
            if work.place in machines
            else work
            for key, work in works.items()
        }


def _work(slot: Slot, before: Iterable[Before], holds: Iterable[Hold], lacks: Sequence[Lack]) -> Work:
    return Work(
        slot.operation_id,
        _place_of(slot).key,
        slot.starts_at,
        slot.setup_ends_at,
        slot.ends_at,
        tuple(before),
        tuple(holds),
        tuple(lacks),
    )


def _step_before(operation: Operation, former: Operation | None) -> Iterable[Before]:
    """What an operation waits for, or, while that hands on, what its first and last pieces come from."""
    if former is None or former.status == Status.DONE:
        return
    if former.step.inspection_plan_id is not None:
        yield Before(former.pk, ASSUMED_VERDICT)
        return
    batch = operation.batch
    is_whole = former.status == Status.PAUSED  # it is planned so, for nobody knows when it goes on
    transfer = None if is_whole else transfer_between(former, operation, batch)
    share = share_until_handed_on(former.step, transfer, batch.quantity)
    unit = batch.order.item.unit
    yield Before(former.pk, share=share, amount="" if transfer is None else f"{plain(transfer)} {unit}")


def _lane(place: Place, calendars: Calendars, busy: Sequence[Busy]) -> Lane:
    whole = ((calendars.start, calendars.end),)
    working = (
        calendars.hours_of(place.machine)
        if place.machine is not None
        else calendars.of_work_center(place.work_center)
    )
    closed = subtract(whole, working)
    down = calendars.down(place.machine.pk) if place.machine is not None else []
    return Lane(tuple(busy), closed, tuple(clip(down, calendars.start, calendars.end)))


def _place_of(slot: Slot) -> Place:
    center = slot.operation.step.work_center
    if slot.machine is None:
        return Place(f"wc-{center.pk}", center.name, center)
    slot.machine.work_center = center
    return Place(f"m-{slot.machine_id}", slot.machine.name, center, slot.machine)


def _named(operation: Operation) -> Named:
    order = operation.batch.order
    return Named(
        operation.pk,
        operation.batch.number,
        operation.step.name,
        order.pk,
        order.number,
        order.item.number,
        order.priority,
        order.strategy,
        is_pinned=operation.pinned_machine_id is not None,
    )
