"""When something could be made, asked before anybody has ordered it: capable to promise.

The demand is exploded through its bill of material as planning would; then every operation of every level finds its room
among what is planned (`production.insertion`), after its material and its sub-assemblies. Nothing is written;
`production.services.hold_production` keeps what was found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from inventory.models import Item
from inventory.quantities import plain
from mes.core.refusals import DomainError
from production import explosion
from production.bills import free_stock, recipes_for
from production.bookings import Bookings, family_of
from production.eligibility import eligible_machines, run_seconds
from production.feasible import Feasible, Piece, Planned, Shortage
from production.handing_on import share_until_handed_on
from production.insertion import After, Choice, Line, NoRoom, Room, Work, insert
from production.lack_of_room import why_no_room
from production.material import ASSUMED_VERDICT, Supply, uncommitted
from production.models import Component, Step
from production.services.orders import NotMadeHere
from production.services.trees import exploded
from production.waits import Way

HORIZONS = (timedelta(days=90), timedelta(days=500))
"""How far ahead room is looked for: first where it usually is, then as far as plans go."""


class NothingFits(DomainError):
    code = "production.nothing_fits"
    title = "There is no room for it"


class NoMachineForStep(DomainError):
    code = "production.no_machine_for_step"
    title = "No machine can do it"


@dataclass(frozen=True)
class _Material:
    """What a step waits for: there at a moment, or so long after it is ordered."""

    what: str
    at: datetime | None = None
    lead: timedelta = timedelta()

    def there(self, ordered_at: datetime) -> datetime:
        return self.at if self.at is not None else ordered_at + self.lead


class Inquiry:
    """A question about so much of a made item, with all that it takes to answer it from more than one point of view.

    :raises NotMadeHere: for a bought item.
    :raises NoProcessPlan: when it or a made component has no approved process plan.
    :raises CircularBill: when it would be made from itself.
    :raises NoBatchFits: when the batch maximum or the machines of something in the tree hold less than one of it.
    :raises TooManyBatches: when something in the tree would be made in more batches than one order takes.
    :raises NoMachineForStep: when no active machine may do a step with such a batch.
    """

    def __init__(self, item: Item, quantity: Decimal, *, at: datetime) -> None:
        if item.supply != Item.Supply.MAKE:
            raise NotMadeHere(f"{item} is bought, not made here.", remedy="Order it from its supplier.")
        self.item, self.quantity, self.at = item, quantity, at
        self.recipes = recipes_for(item)
        parts = [line.item for bill in self.recipes.bills.values() for line in bill.lines]
        free = free_stock(parts, at.astimezone(self.zone).date(), at=at)
        self.tree = exploded(explosion.Demand(item.pk, quantity, at), self.recipes, free)
        self.missing: list[tuple[Item, Decimal]] = []
        self.materials = self._look_for_material()
        self.pieces: dict[int, Piece] = {}
        self.works: list[Work] = []
        self._open(HORIZONS[0])

    @property
    def zone(self) -> tzinfo:
        return self.item.site.zone

    def earliest(self, start_at: datetime) -> Feasible:
        """The soonest it could be made without touching what is planned, if it begins no sooner than `start_at`.

        :raises NothingFits: when the calendars end before, naming the step and what it lacks.
        """
        lines = self.bookings.lines_without()
        rooms = self.find_room(lines, start_at)
        if rooms is None:
            self._open(HORIZONS[1])
            lines = self.bookings.lines_without()
            try:
                rooms = self._insert(lines, start_at)
            except NoRoom as lack:
                raise self._nothing_fits(lack.key) from lack
        return self.feasible(rooms, lines, start_at)

    def _nothing_fits(self, key: int) -> NothingFits:
        work = next(work for work in self.works if work.key == key)
        bookings = self.bookings
        why, remedy = why_no_room(self.pieces[key], work, bookings.machines, bookings.lines, self.pools)
        asked = f"{plain(self.quantity)} {self.item.unit} of {self.item}"
        return NothingFits(f"{asked} fit nowhere within {HORIZONS[1].days} days: {why}.", remedy=remedy)

    def find_room(self, lines: Mapping[int, Line], start_at: datetime) -> list[Room] | None:
        """Room on these lines, which is taken; None where the calendars end before."""
        try:
            return self._insert(lines, start_at)
        except NoRoom:
            return None

    def _insert(self, lines: Mapping[int, Line], start_at: datetime) -> list[Room]:
        works = [replace(work, release=self._release(work.key, start_at)) for work in self.works]
        floor = self.bookings.seconds(max(start_at, self.at))
        return insert(works, lines, self.bookings.changeover, floor=floor, pools=self.pools)

    def feasible(self, rooms: Sequence[Room], lines: Mapping[int, Line], start_at: datetime) -> Feasible:
        """Rooms in the plant's own terms, with the chain that leads to the last of them."""
        way = Way(
            self.bookings, self.pieces, rooms, {work.key: work for work in self.works}, lines, self.zone
        )
        chain = way.chain(self.at, start_at, {key: self._waits(key, start_at) for key in self.pieces})
        return Feasible(
            self.item,
            self.quantity,
            self.tree,
            self.recipes,
            tuple(self._planned(room) for room in rooms),
            tuple(rooms),
            self.bookings.moment(max(room.end for room in rooms)),
            tuple(chain),
            tuple(
                Shortage(item, quantity, start_at + timedelta(days=item.lead_time_days))
                for item, quantity in self.missing
            ),
        )

    def _planned(self, room: Room) -> Planned:
        bookings = self.bookings
        return Planned(
            self.pieces[room.key],
            bookings.machines.get(room.machine),
            bookings.moment(room.start),
            bookings.moment(room.run),
            bookings.moment(room.end),
            bookings.lines[room.machine].calendar.worked_between(room.start, room.end),
        )

    # --- material ----------------------------------------------------------------------------------------------------

    def _look_for_material(self) -> dict[tuple[int, int], list[_Material]]:
        """By the explosion's order and the step, what neither stock nor own making covers."""
        components = {part.pk: part for plan in self.recipes.plans.values() for part in plan.components.all()}
        lacking = [need for need in self.tree.needs if need.bought]
        items = {need.item: components[need.line].item for need in lacking}
        coming = uncommitted(items, at=self.at) if items else {}
        found: dict[tuple[int, int], list[_Material]] = {}
        for need in lacking:
            part, missing = components[need.line], need.bought
            waits = found.setdefault((need.order, part.step_id), [])
            for supply in coming[need.item]:
                taken = min(supply.quantity, missing) if supply.at > self.at else Decimal(0)
                if taken:
                    supply.quantity -= taken
                    missing -= taken
                    waits.append(_Material(f"{part.item} ({_source(supply)})", at=supply.at))
            if missing:
                days = part.item.lead_time_days
                what = f"{part.item}, of which nobody has ordered {plain(missing)} {part.item.unit} ({days} days' lead time)"
                waits.append(_Material(what, lead=timedelta(days=days)))
                self.missing.append((part.item, missing))
        return found

    def _waits(self, key: int, start_at: datetime) -> list[tuple[str, datetime]]:
        """Material that a piece of work waits for, and until when."""
        piece = self.pieces[key]
        rows = self.materials.get((piece.order, piece.step.pk), ())
        return [(row.what, row.there(start_at)) for row in rows]

    def _release(self, key: int, start_at: datetime) -> int:
        return max((self.bookings.seconds(there) for _, there in self._waits(key, start_at)), default=0)

    # --- work --------------------------------------------------------------------------------------------------------

    def _open(self, horizon: timedelta) -> None:
        """Read what is booked where it would be made, and write down the work."""
        steps = [step for key in {order.item for order in self.tree.orders} for step in self._steps(key)]
        self.bookings = Bookings(at=self.at, until=self.at + horizon)
        self.bookings.open(step.work_center for step in steps)
        self.pools, self.needs = self.bookings.pools(steps)
        self.pieces.clear()
        self.works = list(self._write_works())

    def _steps(self, item: int) -> Iterable[Step]:
        return self.recipes.plans[item].steps.all()

    def _write_works(self) -> Iterator[Work]:
        """Sub-assemblies before what they go into, batch by batch, step by step."""
        ends: dict[int, list[int]] = {}  # the last piece of each batch, by order
        for order in reversed(self.tree.orders):
            below = self._below(order)
            ends[order.number] = []
            for batch, quantity in enumerate(order.batches):
                former: Step | None = None
                for step in self._steps(order.item):
                    after = [After(end) for sub in below.get(step.pk, ()) for end in ends[sub]]
                    if former is not None:
                        after.append(_after_step(-len(self.pieces), former, quantity))
                    yield self._work(order.number, batch, step, quantity, after)
                    former = step
                ends[order.number].append(-len(self.pieces))

    def _work(self, order: int, batch: int, step: Step, quantity: Decimal, after: Iterable[After]) -> Work:
        """The next piece, which is counted down from -1."""
        key = -1 - len(self.pieces)
        self.pieces[key] = Piece(key, order, batch, step, quantity)
        family, own_setup = family_of(step)
        return Work(
            key,
            self._choices(step, quantity),
            tuple(after),
            family=family,
            own_setup=own_setup,
            may_pause=step.may_pause,
            needs=self.needs.get(step.pk, ()),
        )

    def _below(self, order: explosion.Order) -> dict[int, list[int]]:
        """By the step that takes them, the orders that make components of this one."""
        parts: Iterable[Component] = self.recipes.plans[order.item].components.all()
        step_of = {part.item_id: part.step_id for part in parts}
        found: dict[int, list[int]] = {}
        for sub in self.tree.orders:
            if sub.parent == order.number:
                found.setdefault(step_of[sub.item], []).append(sub.number)
        return found

    def _choices(self, step: Step, quantity: Decimal) -> tuple[Choice, ...]:
        center = step.work_center
        if center.is_unlimited:
            return (Choice(-center.pk, run_seconds(step, quantity, Decimal(1))),)
        fitting = eligible_machines(step, quantity, self.bookings.by_center[center.pk])
        if not fitting:
            raise NoMachineForStep(
                f"No active machine of {center} may do step {step} of {step.plan.item} with a batch of {plain(quantity)}.",
                remedy="Set a machine active, or revise the process plan.",
            )
        return tuple(Choice(machine.pk, run_seconds(step, quantity, machine.speed)) for machine in fitting)


def _after_step(key: int, former: Step, quantity: Decimal) -> After:
    """After the step before in a batch of that quantity, or after its first transfer batch."""
    if former.inspection_plan_id is not None:
        return After(key, int(ASSUMED_VERDICT.total_seconds()))
    transfer = former.transfer_quantity
    share = share_until_handed_on(former, transfer, quantity)
    amount = "" if transfer is None else f"{plain(transfer)} {former.plan.item.unit}"
    return After(key, share=share, amount=amount)


def _source(supply: Supply) -> str:
    return f"purchase {supply.number}" if supply.number else "in quarantine"
