"""The date that something more important could have if others made way, and who pays for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from production.bookings import Booked, Bookings
from production.feasible import Feasible, Planned
from production.insertion import After, Block
from production.making_way import make_way
from production.material import ASSUMED_VERDICT
from production.models import Operation, Priority, ProductionOrder, Slot, WorkCenter
from production.promising import Inquiry
from production.publishing import A_MOVE, Place

WORTH_ASKING = timedelta(hours=1)
"""Nobody is disturbed for less."""


@dataclass(frozen=True)
class Payer:
    """An order that would end later than planned."""

    order: ProductionOrder
    was: datetime
    will_be: datetime

    @property
    def delay(self) -> timedelta:
        return self.will_be - self.was

    @property
    def becomes_late(self) -> bool:
        return self.was <= self.order.due_at < self.will_be


@dataclass(frozen=True)
class Overtaking:
    """What could be had, which orders would end later (the longest delay first), and how many operations would move."""

    feasible: Feasible
    payers: tuple[Payer, ...]
    moved: Mapping[int, tuple[datetime, datetime, datetime]]  # operation -> start, run and end where it is

    @property
    def operations(self) -> int:
        return len(self.moved)

    def plan(self, new: Iterable[tuple[Operation, Planned]]) -> list[Place]:
        """The published plan with these moves and the new work in its places: what a plan made anew is to stay close to."""
        slots = Slot.objects.published().values_list(
            "operation", "machine", "starts_at", "setup_ends_at", "ends_at"
        )
        return [
            *(self._moved(Place(*slot)) for slot in slots),
            *(
                Place(
                    operation.pk,
                    place.machine.pk if place.machine is not None else None,
                    place.starts_at,
                    place.setup_ends_at,
                    place.ends_at,
                )
                for operation, place in new
            ),
        ]

    def _moved(self, place: Place) -> Place:
        if place.operation not in self.moved:
            return place
        return Place(place.operation, place.machine, *self.moved[place.operation])


def overtake(
    inquiry: Inquiry, undisturbed: Feasible, *, priority: int, start_at: datetime, wanted_at: datetime
) -> Overtaking | None:
    """Let what is less important than `priority` make way: waiting operations that nobody pinned or holds.

    The least important first: others are asked only while it would be later than `wanted_at`. Each operation keeps its machine; a plan
    made anew may do better. None where nothing is gained, or something would be pushed that may not move.
    """
    bookings = inquiry.bookings
    bookings.open(WorkCenter.objects.select_related("site"))
    followers = _followers(bookings.booked)
    best: Overtaking | None = None
    for least in sorted((each for each in Priority if each > priority), reverse=True):
        found = _let_pass(inquiry, undisturbed, followers, least, start_at)
        best = found or best
        if found is not None and found.feasible.ends_at <= wanted_at:
            break
    return best


def _let_pass(
    inquiry: Inquiry,
    undisturbed: Feasible,
    followers: Mapping[int, list[After]],
    least: int,
    start_at: datetime,
) -> Overtaking | None:
    """Let what has this priority, or less, make way."""
    bookings = inquiry.bookings
    may_move = {key for key, slot in bookings.booked.items() if slot.is_movable and slot.priority >= least}
    lines = bookings.lines_without(may_move)
    rooms = inquiry.find_room(lines, start_at)
    if rooms is None:
        return None
    feasible = inquiry.feasible(rooms, lines, start_at)
    if undisturbed.ends_at - feasible.ends_at < WORTH_ASKING:
        return None
    planned = {key: (slot.machine, slot.block) for key, slot in bookings.booked.items()}
    families = {work.key: work.family for work in inquiry.works}
    moved = make_way(rooms, families, bookings.lines, planned, may_move, followers, bookings.changeover)
    if moved is None:
        return None
    moment = bookings.moment
    places = {
        key: (moment(block.start), moment(block.run), moment(block.end)) for key, block in moved.items()
    }
    return Overtaking(feasible, tuple(_payers(bookings, moved)), places)


def _followers(booked: Mapping[int, Booked]) -> dict[int, list[After]]:
    """By operation, what waits for its end: the next of its batch, and what waits for its order."""
    batches: dict[int, list[Booked]] = {}
    for slot in booked.values():
        batches.setdefault(slot.batch, []).append(slot)
    of_order: dict[int, list[list[Booked]]] = {}
    found: dict[int, list[After]] = {}
    for slots in batches.values():
        slots.sort(key=lambda slot: slot.sequence)
        of_order.setdefault(slots[0].order, []).append(slots)
        for slot, after in pairwise(slots):
            # Where the two overlap it is less than none: they keep the distance that the plan has between them.
            wait = min(after.block.start - slot.block.end, int(ASSUMED_VERDICT.total_seconds()))
            found.setdefault(slot.block.key, []).append(After(after.block.key, wait))
    for slots in batches.values():
        last = slots[-1]
        for waiting in of_order.get(last.parent or 0, ()):
            found.setdefault(last.block.key, []).extend(_first_after(last, waiting))
    return found


def _first_after(last: Booked, waiting: Iterable[Booked]) -> list[After]:
    """Of a batch that waits for another, the first operation that begins once that is done: it takes what was made, or comes before."""
    return [After(slot.block.key) for slot in waiting if slot.block.start >= last.block.end][:1]


def _payers(bookings: Bookings, moved: Mapping[int, Block]) -> list[Payer]:
    """Orders that nobody else waits for and that end later, the longest delay first."""
    concerned = {bookings.booked[key].order for key in moved if bookings.booked[key].parent is None}
    was: dict[int, int] = {}
    now: dict[int, int] = {}
    for key, slot in bookings.booked.items():
        if slot.order in concerned:
            was[slot.order] = max(slot.block.end, was.get(slot.order, 0))
            now[slot.order] = max(moved.get(key, slot.block).end, now.get(slot.order, 0))
    orders = ProductionOrder.objects.filter(pk__in=concerned).select_related("item")
    payers = [
        Payer(order, bookings.moment(was[order.pk]), bookings.moment(now[order.pk])) for order in orders
    ]
    return sorted(
        (payer for payer in payers if payer.delay >= A_MOVE), key=lambda each: (-each.delay, each.order.pk)
    )
