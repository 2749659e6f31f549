"""Two plans of the same operations side by side: what each achieves, what moves, and which orders feel it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any

from production.calendars import Calendars, clip
from production.models import Machine, Operation, ProductionOrder
from production.movements import A_MOVE, Place, differs

HOUR = 3600
TOLD_IN_DAYS = 48  # hours
WORTH_A_WORD = 24  # hours by which an order ends later and still in time
NAMED = 3  # orders that a sentence names


@dataclass(frozen=True)
class PlanFigures:
    """What a plan achieves, as its version says it too; hours late are summed over batches."""

    late_orders: int
    late: tuple[str, ...]  # numbers
    tardiness_hours: float
    setup_hours: float
    ends_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "late_orders": self.late_orders,
            "late": list(self.late),
            "tardiness_hours": self.tardiness_hours,
            "setup_hours": self.setup_hours,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
        }


@dataclass(frozen=True)
class OrderChange:
    """An order that ends at another time; an end of None: not all of it has a place."""

    order: int
    number: str
    item: str
    reason: str  # why it is made: whom it is for
    due_at: datetime
    was: datetime | None
    now: datetime | None

    @property
    def late_before_hours(self) -> float:
        return _late(self.was, self.due_at)

    @property
    def late_after_hours(self) -> float:
        return _late(self.now, self.due_at)

    @property
    def delay_hours(self) -> float:
        """How much later it ends; negative when sooner, infinite where an end is missing."""
        if self.now is None or self.was is None:
            return inf if self.now is None else -inf
        return (self.now - self.was).total_seconds() / HOUR

    def as_json(self) -> dict[str, Any]:
        return {
            "order": self.order,
            "number": self.number,
            "item": self.item,
            "reason": self.reason,
            "due_at": self.due_at.isoformat(),
            "was": self.was.isoformat() if self.was else None,
            "now": self.now.isoformat() if self.now else None,
            "late_before_hours": self.late_before_hours,
            "late_after_hours": self.late_after_hours,
        }


@dataclass(frozen=True)
class Comparison:
    """`moved` counts waiting operations that leave their machine or time; `orders` are those whose end moves, worst first.

    `unaided` is what as long a search achieves without the changes: no change is credited with that. None where nothing was searched.
    """

    before: PlanFigures
    after: PlanFigures
    moved: int
    orders: tuple[OrderChange, ...]
    unaided: PlanFigures | None = None

    @property
    def sentence(self) -> str:
        """The difference as a planner would tell it."""
        late = [order for order in self.orders if order.late_after_hours > order.late_before_hours]
        saved = [order for order in self.orders if order.late_before_hours > order.late_after_hours]
        told = [f"{self.moved} operation{'s move' if self.moved != 1 else ' moves'}"]
        if late:
            told.append(f"{_named(late)} {'end' if len(late) > 1 else 'ends'} {_most(late)} late")
        if saved:
            how = "less" if any(order.late_after_hours for order in saved) else "no longer"
            told.append(f"{_named(saved)} {'are' if len(saved) > 1 else 'is'} {how} late")
        rest = [order for order in self.orders if order not in late and order not in saved]
        if rest:
            ends = f"{len(rest)} other order{'s end' if len(rest) > 1 else ' ends'} at another time"
            told.append(f"{ends}{_worst_of(rest)}")
        if not self.orders:
            told.append("no order ends at another time")
        return "; ".join(told) + "."

    def as_json(self) -> dict[str, Any]:
        return {
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "moved": self.moved,
            "orders": [order.as_json() for order in self.orders],
            "unaided": self.unaided.as_json() if self.unaided else None,
        }


@dataclass(frozen=True)
class Side:
    """One of the two plans, with the state of the plant it is for: due dates may differ, and hours worked."""

    operations: Sequence[Operation]
    places: Sequence[Place]
    calendars: Calendars
    machines: Mapping[int, Machine]


def compare(before: Side, after: Side, unaided: Side | None = None) -> Comparison:
    """What becomes of the plan `before` in the plan `after`, and what a search alone makes of it (`unaided`).

    Operations come with batch, order and item loaded.
    """
    old, new = _ends(before), _ends(after)
    return Comparison(
        before=_figures(before, old),
        after=_figures(after, new),
        moved=_moved(before, after),
        orders=_orders(old, new),
        unaided=_figures(unaided, _ends(unaided)) if unaided is not None else None,
    )


@dataclass
class _End:
    """When an order ends, and by how much it is late: as much as the last of its batches, so that no split doubles it."""

    order: ProductionOrder
    at: datetime | None
    tardiness: timedelta


def _ends(side: Side) -> dict[int, _End]:
    """By order; sub-orders are left out, for what they delay is the order that waits for them."""
    last: dict[int, datetime] = {}
    for place in side.places:
        last[place.operation] = max(place.ends_at, last.get(place.operation, place.ends_at))
    batches: dict[int, datetime | None] = {}
    order_of: dict[int, ProductionOrder] = {}
    for operation in side.operations:
        if operation.batch.order.parent_id is not None:
            continue
        key, end = operation.batch_id, last.get(operation.pk)
        former = batches.get(key, end)
        batches[key] = max(former, end) if former is not None and end is not None else None
        order_of[key] = operation.batch.order
    ends: dict[int, _End] = {}
    for key, end in batches.items():
        order = order_of[key]
        late = max(end - order.due_at, timedelta()) if end is not None else timedelta()
        known = ends.get(order.pk)
        if known is None:
            ends[order.pk] = _End(order, end, late)
        else:
            known.at = max(known.at, end) if known.at is not None and end is not None else None
            known.tardiness = max(known.tardiness, late)
    return ends


def _figures(side: Side, ends: Mapping[int, _End]) -> PlanFigures:
    late = sorted(end.order.number for end in ends.values() if end.tardiness)
    tardiness = sum((end.tardiness for end in ends.values()), timedelta())
    return PlanFigures(
        late_orders=len(late),
        late=tuple(late),
        tardiness_hours=round(tardiness.total_seconds() / HOUR, 1),
        setup_hours=_setup_hours(side),
        ends_at=max((place.ends_at for place in side.places), default=None),
    )


def _setup_hours(side: Side) -> float:
    """Working hours of set-up: what of it falls into a closed night does not count."""
    seconds = 0.0
    for machine, places in _by_machine(side.places).items():
        row = side.machines.get(machine)
        stretches = side.calendars.of_machine(row) if row is not None else ()
        here = 0
        for place in places:
            while here < len(stretches) and stretches[here][1] <= place.starts_at:
                here += 1
            there = here
            while there < len(stretches) and stretches[there][0] < place.setup_ends_at:
                there += 1
            worked = clip(stretches[here:there], place.starts_at, place.setup_ends_at)
            seconds += sum((end - start).total_seconds() for start, end in worked)
    return round(seconds / HOUR, 1)


def _by_machine(places: Iterable[Place]) -> dict[int, list[Place]]:
    """Places with a set-up, by machine and start."""
    found: dict[int, list[Place]] = {}
    for place in sorted(places, key=lambda place: place.starts_at):
        if place.machine is not None and place.setup_ends_at > place.starts_at:
            found.setdefault(place.machine, []).append(place)
    return found


def _moved(before: Side, after: Side) -> int:
    waiting = {
        operation.pk for operation in before.operations if operation.status == Operation.Status.WAITING
    }
    former = {place.operation: place for place in before.places}
    moved = {
        place.operation
        for place in after.places
        if place.operation in waiting
        and place.operation in former
        and differs(former[place.operation], place)
    }
    return len(moved)


def _orders(old: Mapping[int, _End], new: Mapping[int, _End]) -> tuple[OrderChange, ...]:
    changes = [
        OrderChange(
            key, end.order.number, str(end.order.item), end.order.reason, end.order.due_at, was.at, end.at
        )
        for key, end in new.items()
        if (was := old.get(key)) is not None and _moves(was.at, end.at)
    ]
    # Worst: what becomes late or later before what is merely later, and that before what gains.
    return tuple(
        sorted(
            changes,
            key=lambda order: (
                order.late_before_hours - order.late_after_hours,
                -order.delay_hours,
                order.number,
            ),
        )
    )


def _moves(was: datetime | None, now: datetime | None) -> bool:
    if was is None or now is None:
        return was is not now
    return abs(now - was) >= A_MOVE


def _named(orders: Sequence[OrderChange]) -> str:
    """The first few by number, the rest counted."""
    names = [order.number for order in orders[:NAMED]]
    more = len(orders) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _most(orders: Sequence[OrderChange]) -> str:
    span = _span(max(order.late_after_hours for order in orders))
    return f"up to {span}" if len(orders) > 1 else span


def _worst_of(orders: Sequence[OrderChange]) -> str:
    """The one that is longest delayed, though in time; nothing where none is by as much as is worth a word."""
    worst = max(orders, key=lambda order: order.delay_hours)
    if not WORTH_A_WORD <= worst.delay_hours < inf:
        return ""
    span = _span(worst.delay_hours)
    return f", {worst.number} {f'most, {span} later' if len(orders) > 1 else f'{span} later'}"


def _span(hours: float) -> str:
    """As the board tells the same orders below the sentence: hours up to two days, then days, both to a tenth."""
    length, unit = (hours, "h") if hours < TOLD_IN_DAYS else (hours / 24, "days")
    return f"{length:.1f}".removesuffix(".0") + f" {unit}"


def _late(end: datetime | None, due: datetime) -> float:
    return round(max((end - due).total_seconds(), 0) / HOUR, 1) if end is not None else 0.0
