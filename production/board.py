"""What the schedule looks like: rows, the bars on them and closed hours.

For the console's Gantt and for anybody else who draws it; moments are aware datetimes.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Max, Q, QuerySet

from inventory.models import Item, Site
from mes.core.rows import rows_of
from production.calendars import Calendars, Stretch, clip, load_calendars
from production.eligibility import eligible_machines, named_machines
from production.models import Batch, Machine, Operation, ProductionOrder, Slot, Step, WorkCenter
from production.movements import A_MOVE, Place


class Row(NamedTuple):
    """A line of the board: a machine (`m-<id>`), or all of a work center without limit (`wc-<id>`, and no machine)."""

    key: str
    name: str
    machine: int | None
    center: WorkCenter
    is_down: bool


class Bar(NamedTuple):
    """Where and when an operation is planned, and how it stands."""

    operation: int
    row: str
    batch: int
    step: int
    starts_at: datetime
    setup_ends_at: datetime
    ends_at: datetime
    status: str
    is_pinned: bool
    is_ready: bool
    is_blocked: bool
    is_moved: bool


class Run(NamedTuple):
    """A batch that has bars."""

    number: str
    order: int
    quantity: Decimal
    lot: int | None
    status: str

    @property
    def is_held(self) -> bool:
        """Whether it is only kept for somebody who has not ordered yet; its order's reason says for whom."""
        return self.status == Batch.Status.TENTATIVE


class Wanted(NamedTuple):
    """An order that has bars; `lateness` is that of whoever waits for it in the end, None where nobody can tell."""

    number: str
    item: str
    item_id: int
    unit: str
    due_at: datetime
    parent: str | None
    priority: int
    reason: str
    lateness: timedelta | None
    campaign: str = ""

    @property
    def is_late(self) -> bool:
        return self.lateness is not None and self.lateness > timedelta()


@dataclass(frozen=True)
class Board:
    """The schedule between two moments; bars by start, everything they name by key.

    :ivar closed: when a machine's shifts do not work, by the key of its row; nothing for work centers without limit.
    :ivar down: when a machine does not work although its work center does, by the key of its row.
    :ivar eligible: keys of the rows on which a step may run with a batch of that quantity.
    """

    start: datetime
    end: datetime
    at: datetime
    rows: list[Row]
    bars: list[Bar]
    batches: Mapping[int, Run]
    orders: Mapping[int, Wanted]
    steps: Mapping[int, Step]
    closed: Mapping[str, tuple[Stretch, ...]]
    down: Mapping[str, list[Stretch]]
    eligible: Mapping[tuple[int, Decimal], tuple[str, ...]]


def board(
    start: datetime,
    end: datetime,
    *,
    at: datetime,
    site: Site | None = None,
    instead: Sequence[Place] | None = None,
) -> Board:
    """The schedule between two moments, in a fixed number of queries.

    :param instead: places to show in place of the published ones: a plan that is only tried. What differs from the
        published plan `is_moved`.
    """
    centers = list(_centers(site).select_related("site").order_by("site__code", "code"))
    machines = _machines(centers)
    calendars = load_calendars(centers, start, end, at=at)
    published = _published()
    places = published if instead is None else instead
    operations = _operations()
    batches = _batches({known.batch for known in operations.values()})
    bars = _bars(start, end, places, published, operations, {center.pk for center in centers})
    steps = Step.objects.in_bulk({bar.step for bar in bars})
    shown = {bar.batch for bar in bars}
    return Board(
        start=start,
        end=end,
        at=at,
        rows=_rows(centers, machines, calendars, at),
        bars=bars,
        batches={pk: run for pk, run in batches.items() if pk in shown},
        orders=_orders({batches[pk].order for pk in shown}, _ends(places, operations, batches)),
        steps=steps,
        closed=_closed(machines, calendars),
        down={
            _key(machine): stretches
            for machine in machines
            if (stretches := clip(calendars.down(machine.pk), start, end))
        },
        eligible=_eligible(bars, batches, steps, machines),
    )


def _centers(site: Site | None) -> QuerySet[WorkCenter]:
    return WorkCenter.objects.filter(site=site) if site is not None else WorkCenter.objects.all()


def _machines(centers: Iterable[WorkCenter]) -> list[Machine]:
    by_key = {center.pk: center for center in centers}
    in_use = Slot.objects.published().filter(machine__isnull=False).values("machine")
    machines = list(Machine.objects.filter(Q(is_active=True) | Q(pk__in=in_use), work_center__in=by_key))
    for machine in machines:
        machine.work_center = by_key[machine.work_center_id]
    rank = {key: number for number, key in enumerate(by_key)}
    return sorted(machines, key=lambda machine: (rank[machine.work_center_id], machine.code, machine.pk))


def _rows(
    centers: Iterable[WorkCenter], machines: Iterable[Machine], calendars: Calendars, at: datetime
) -> list[Row]:
    by_center: dict[int, list[Machine]] = {}
    for machine in machines:
        by_center.setdefault(machine.work_center_id, []).append(machine)
    rows = []
    for center in centers:
        if center.is_unlimited:
            rows.append(Row(f"wc-{center.pk}", center.name, None, center, is_down=False))
            continue
        for machine in by_center.get(center.pk, ()):
            is_down = any(start <= at < end for start, end in calendars.down(machine.pk))
            rows.append(Row(_key(machine), machine.name, machine.pk, center, is_down))
    return rows


def _key(machine: Machine) -> str:
    return f"m-{machine.pk}"


def _published() -> list[Place]:
    slots = Slot.objects.published().in_order()
    columns = ("operation", "machine", "starts_at", "setup_ends_at", "ends_at")
    return [Place(*row) for row in rows_of(slots.values_list(*columns))]


class _Known(NamedTuple):
    status: str
    batch: int
    step: int
    center: int
    pinned: int | None


def _bars(
    start: datetime,
    end: datetime,
    places: Sequence[Place],
    published: Sequence[Place],
    operations: Mapping[int, _Known],
    centers: set[int],
) -> list[Bar]:
    """A place whose operation is gone since the plan was tried has no bar."""
    ready = frozenset(Operation.objects.ready().values_list("pk", flat=True))
    blocked = frozenset(Operation.objects.blocked().values_list("pk", flat=True))
    former = {place.operation: place for place in published} if places is not published else {}
    bars = []
    for place in places:
        found = operations.get(place.operation)
        if found is None or found.center not in centers or place.starts_at >= end or place.ends_at <= start:
            continue
        bars.append(
            Bar(
                place.operation,
                f"wc-{found.center}" if place.machine is None else f"m-{place.machine}",
                found.batch,
                found.step,
                place.starts_at,
                place.setup_ends_at,
                place.ends_at,
                found.status,
                found.pinned is not None,
                place.operation in ready,
                place.operation in blocked,
                place.operation in former and _differs(former[place.operation], place),
            )
        )
    return sorted(bars, key=lambda bar: (bar.starts_at, bar.operation))


def _shown() -> QuerySet[Operation]:
    """Whatever a plan may have a place for: what is not finished, and what the published plan still shows."""
    published = Slot.objects.published().values("operation")
    return Operation.objects.filter(Q(pk__in=Operation.objects.unfinished()) | Q(pk__in=published))


def _operations() -> dict[int, _Known]:
    columns = ("pk", "status", "batch", "step", "step__work_center", "pinned_machine")
    return {pk: _Known._make(known) for pk, *known in rows_of(_shown().values_list(*columns))}


def _batches(keys: Iterable[int]) -> dict[int, Run]:
    made = Batch.objects.filter(pk__any_of=keys)
    columns = ("pk", "number", "order", "quantity", "lot", "status")
    return {pk: Run._make(run) for pk, *run in rows_of(made.values_list(*columns))}


def _ends(
    places: Iterable[Place], operations: Mapping[int, _Known], batches: Mapping[int, Run]
) -> dict[int, datetime]:
    """When orders end by these places."""
    ends: dict[int, datetime] = {}
    for place in places:
        if place.operation in operations:
            order = batches[operations[place.operation].batch].order
            ends[order] = max(ends.get(order, place.ends_at), place.ends_at)
    return ends


def _differs(one: Place, other: Place) -> bool:
    return (
        one.machine != other.machine
        or abs(one.starts_at - other.starts_at) >= A_MOVE
        or abs(one.ends_at - other.ends_at) >= A_MOVE
    )


def _orders(shown: set[int], ends: Mapping[int, datetime]) -> dict[int, Wanted]:
    of_plan = ProductionOrder.objects.with_projection().filter(pk__any_of=shown)
    named = ("pk", "number", "item", "due_at", "parent__number", "priority", "reason", "campaign", "waits")
    rows = rows_of(of_plan.values_list(*named))
    due = {pk: due_at for pk, _, _, due_at, *_ in rows}
    elsewhere = {waits for *_, waits in rows if waits not in due or waits not in ends}
    lateness: dict[int, timedelta] = {pk: ends[pk] - due[pk] for pk in due.keys() & ends.keys()}
    lateness |= _lateness_elsewhere(elsewhere, ends)
    items = Item.objects.in_bulk({row[2] for row in rows})
    return {
        pk: Wanted(
            number,
            str(items[item]),
            item,
            items[item].unit,
            due_at,
            parent,
            priority,
            reason,
            lateness.get(waits),
            campaign,
        )
        for pk, number, item, due_at, parent, priority, reason, campaign, waits in rows
    }


def _lateness_elsewhere(orders: set[int], ends: Mapping[int, datetime]) -> dict[int, timedelta]:
    """How much later than due orders end that have no bars of their own: by places beyond the board, or when they did end."""
    rows = ProductionOrder.objects.filter(pk__in=orders).annotate(ended=Max("batches__finished_at"))
    return {
        pk: end - due_at
        for pk, due_at, ended in rows.values_list("pk", "due_at", "ended")
        if (end := ends.get(pk, ended)) is not None
    }


def _closed(machines: Iterable[Machine], calendars: Calendars) -> dict[str, tuple[Stretch, ...]]:
    """Machines with the same hours share what is worked out of them."""
    known: dict[tuple[Stretch, ...], tuple[Stretch, ...]] = {}
    found = {}
    for machine in machines:
        if machine.work_center.is_unlimited:
            continue
        hours = calendars.hours_of(machine)
        if hours not in known:
            known[hours] = tuple(_gaps(hours, calendars.start, calendars.end))
        found[_key(machine)] = known[hours]
    return found


def _gaps(working: Sequence[Stretch], start: datetime, end: datetime) -> list[Stretch]:
    """The time between two moments that lies in none of the stretches, which are sorted and never touch."""
    edges = [start, *(moment for stretch in working for moment in stretch), end]
    return [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2) if edges[i] < edges[i + 1]]


def _eligible(
    bars: Iterable[Bar],
    batches: Mapping[int, Run],
    steps: Mapping[int, Step],
    machines: Iterable[Machine],
) -> dict[tuple[int, Decimal], tuple[str, ...]]:
    by_center: dict[int, list[Machine]] = {}
    for machine in machines:
        by_center.setdefault(machine.work_center_id, []).append(machine)
    named = named_machines(steps.keys())
    limits = sorted({machine.batch_limit for machine in machines if machine.batch_limit is not None})
    known: dict[tuple[int, int], tuple[str, ...]] = {}
    found = {}
    for step, quantity in {(bar.step, batches[bar.batch].quantity) for bar in bars}:
        # Quantities between the same two limits fit into the same machines.
        alike = step, bisect_left(limits, quantity)
        if alike not in known:
            around = by_center.get(steps[step].work_center_id, ())
            known[alike] = tuple(
                _key(machine)
                for machine in eligible_machines(steps[step], quantity, around, named=named.get(step, ()))
            )
        found[step, quantity] = known[alike]
    return found
