"""Ways out for a late order: what the chain of its causes suggests, each tried against the plan, the cheapest first.

A cause suggests its remedies: a queue another machine or a higher priority, closed hours overtime, material a sooner delivery, long
work a split. What a remedy is worth nobody can say from the chain alone, because what else stands in the plan moves too; so each
is planned (`production.trials`), and what it saves is what the order is less late than planning again without it would make it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from inventory.quantities import plain
from production.causes import Cause, Kind
from production.changes import Change, MaterialBy, Overtime, Reprioritise, Split, Unpin, UseMachine
from production.comparison import OrderChange
from production.eligibility import eligible_machines
from production.explaining import Explanation, Place
from production.material import ARRIVAL, Awaited
from production.models import Batch, Machine, Operation, Priority
from production.movements import Place as Planned
from production.snapshot import Snapshot
from production.trials import try_out
from production.wording import sentences

Stretch = tuple[datetime, datetime]
SEARCH_SECONDS = 1.0
NOTICE = timedelta(hours=1)  # nobody is called in for the next minutes
A_SUPPLIERS_NOTICE = timedelta(days=1)  # nor delivers today what was for another day
HARDLY_SOONER = timedelta(hours=12)
A_SHIFT = timedelta(hours=8)
AN_EVENING = timedelta(hours=4)
A_BREAK = timedelta(hours=2)  # what closes for less is no time to call people in for
A_NIGHT = timedelta(hours=16)
DAY = timedelta(days=1)
MOST_OVERTIME = timedelta(hours=40)
SATURDAY = 5
MOST_MACHINES = 3
MOST_PINS = 3
MOST_PLACES = 3  # on which overtime is tried
LOST_THERE = {Kind.MACHINE, Kind.CLOSED}  # what overtime shortens
WORTH_IT = timedelta(hours=1)
TIMES_NAMED = 3
HELPS = 0.1  # hours


@dataclass(frozen=True)
class Proposal:
    """Something to try. `cost` None: up to somebody else, a supplier as a rule; `price` says what it is made of."""

    changes: tuple[Change, ...]
    what: str
    cost: Decimal | None = Decimal(0)
    price: str = ""
    awaited: Awaited | None = None
    by: datetime | None = None  # until when the material is wanted
    extra: "Extra | None" = None
    is_baseline: bool = False


@dataclass(frozen=True)
class Way:
    """A proposal that was tried: what it saves this order, whom it makes late, and why it cannot be where it cannot."""

    proposal: Proposal
    saved_hours: float = 0.0
    late_after_hours: float = 0.0
    harmed: tuple[OrderChange, ...] = ()
    moved: int = 0
    refusals: tuple[str, ...] = ()

    @property
    def harm_hours(self) -> float:
        """By how much other orders are later, in all."""
        return sum(order.late_after_hours - order.late_before_hours for order in self.harmed)

    @property
    def costs_others_more(self) -> bool:
        """Whether other orders lose more hours by it than this one wins."""
        return self.harm_hours > self.saved_hours

    @property
    def helps(self) -> bool:
        return not self.refusals and self.saved_hours >= HELPS


@dataclass
class Search:
    """Proposals for one order and what became of those tried so far; it can be put aside and taken up again."""

    order: int
    proposals: Sequence[Proposal]
    ways: list[Way] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return len(self.ways) == len(self.proposals)

    def try_next(self, plant: Snapshot, *, seconds: float = SEARCH_SECONDS) -> Way:
        """Try the next proposal on the plant."""
        way = _try(self.order, self.proposals[len(self.ways)], plant, seconds)
        self.ways.append(way)
        return way

    @property
    def found(self) -> list[Way]:
        """What helps more than planning again alone, and than cheaper overtime, the cheapest first; of the same price, what harms others least.

        What costs others more than it saves stands last, whatever its price.
        """
        alone = max((way.saved_hours for way in self.ways if way.proposal.is_baseline), default=0.0)
        helping = [
            way
            for way in self.ways
            if way.helps and (way.proposal.is_baseline or way.saved_hours >= alone + HELPS)
        ]
        worth_it = [way for way in helping if not any(_is_dearer(way, other) for other in helping)]
        return sorted(worth_it, key=_price)

    @property
    def idle(self) -> list[Way]:
        """What was tried and does not help, or no more than what is cheaper, or cannot be."""
        found = self.found
        return [way for way in self.ways if way not in found and not way.proposal.is_baseline]


def search_for(explanation: Explanation) -> Search:
    """What to try for an order, by its causes; nothing is tried yet. In about five queries."""
    return Search(explanation.order.pk, tuple(_Proposer(explanation).proposals()))


def extra_hours(closed: Iterable[Stretch], needed: timedelta, *, after: datetime) -> list[Stretch]:
    """Stretches of overtime within closed hours that make up for `needed`, the first ones first.

    At night up to four hours after the shift; on a day off a shift that begins when work begins on the day after.
    """
    found: list[Stretch] = []
    total = timedelta()
    for start, end in _chunks(closed, after):
        if total >= min(needed, MOST_OVERTIME):
            break
        length = min(end - start, _full_hours(min(needed, MOST_OVERTIME) - total))
        found.append((start, start + length))
        total += length
    return found


def _chunks(closed: Iterable[Stretch], after: datetime) -> Iterator[Stretch]:
    for start, end in closed:
        if end - start < A_BREAK:
            continue
        if end - start <= A_NIGHT:
            first = max(start, after)
            if end - first >= timedelta(hours=1):
                yield first, min(first + AN_EVENING, end)
            continue
        for days in range(int((end - start) / DAY), 0, -1):
            first = end - days * DAY
            if first >= after:
                yield first, first + A_SHIFT


def _full_hours(length: timedelta) -> timedelta:
    hours = -(-length // timedelta(hours=1))
    return timedelta(hours=max(hours, 1))


def _price(way: Way) -> tuple[bool, int, Decimal, float, float]:
    cost = way.proposal.cost
    unknown = cost is None
    return (
        way.costs_others_more,
        0 if cost == 0 else 1 if unknown else 2,
        cost if cost is not None else Decimal(0),
        way.harm_hours,
        -way.saved_hours,
    )


def _is_dearer(way: Way, other: Way) -> bool:
    """Whether it is overtime that costs more than other overtime and saves no more."""
    cost, others = way.proposal.cost, other.proposal.cost
    both = (*way.proposal.changes, *other.proposal.changes)
    if cost is None or others is None or not all(isinstance(change, Overtime) for change in both):
        return False
    return cost > others and way.saved_hours <= other.saved_hours


def _try(order: int, proposal: Proposal, plant: Snapshot, seconds: float) -> Way:
    trial = try_out(proposal.changes, at=plant.at, seconds=seconds, plant=plant, also_unaided=False)
    own = next((each for each in trial.comparison.orders if each.order == order), None)
    others = trial.comparison.orders
    return Way(
        _without_idle(proposal, trial.places) if own is not None else proposal,
        saved_hours=own.late_before_hours - own.late_after_hours if own is not None else 0.0,
        late_after_hours=own.late_after_hours if own is not None else 0.0,
        harmed=tuple(
            each for each in others if each.order != order and each.late_after_hours > each.late_before_hours
        ),
        moved=trial.comparison.moved,
        refusals=trial.refusals,
    )


def _without_idle(proposal: Proposal, places: Iterable[Planned]) -> Proposal:
    """The proposal without the overtime that the plan makes nothing of, and without what that would cost."""
    if proposal.extra is None:
        return proposal
    busy: dict[int | None, list[Stretch]] = {}
    for place in places:
        busy.setdefault(place.machine, []).append((place.starts_at, place.ends_at))
    used = [
        (place, tuple(_used(hours, busy.get(place.machine.pk, []))))
        for place, hours in proposal.extra.shifts
        if place.machine is not None
    ]
    worked = tuple((place, hours) for place, hours in used if hours)
    return replace(proposal.extra, shifts=worked).proposal() if worked else proposal


def _used(hours: Iterable[Stretch], busy: Sequence[Stretch]) -> Iterator[Stretch]:
    """Of overtime the part in which there is work, in full hours from its start."""
    for start, end in hours:
        ends = [min(last, end) for first, last in busy if first < end and last > start]
        if ends:
            yield start, min(start + _full_hours(max(ends) - start), end)


@dataclass(frozen=True)
class Extra:
    """Overtime on one machine or several."""

    shifts: tuple[tuple[Place, tuple[Stretch, ...]], ...]
    zone: tzinfo

    def proposal(self) -> Proposal:
        changes = tuple(
            Overtime(place.machine.pk, start, end)
            for place, hours in self.shifts
            if place.machine is not None
            for start, end in hours
        )
        costs = [(_hours(hours), place.work_center.hourly_cost) for place, hours in self.shifts]
        return Proposal(
            changes,
            f"Overtime on {'; on '.join(self._written(*shift) for shift in self.shifts)}",
            cost=sum((hours * rate for hours, rate in costs), Decimal(0)),
            price=" + ".join(f"{plain(hours)} h at {rate:.2f}" for hours, rate in costs),
            extra=self,
        )

    def _written(self, place: Place, hours: Sequence[Stretch]) -> str:
        told = [
            f"{start.astimezone(self.zone):%a %d %b %H:%M}–{end.astimezone(self.zone):%H:%M}"
            for start, end in hours[:TIMES_NAMED]
        ]
        more = len(hours) - len(told)
        return f"{place.name}: {', '.join(told)}{f' and {more} more' if more > 0 else ''}"


def _hours(stretches: Iterable[Stretch]) -> Decimal:
    return Decimal(str(round(sum((end - start) / timedelta(hours=1) for start, end in stretches), 2)))


class _Proposer:
    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation
        self.order = explanation.order
        self.lateness = explanation.lateness or timedelta()
        operations = Operation.objects.filter(pk__in={link.operation for link in explanation.links})
        self.operations = {
            row.pk: row
            for row in operations.select_related(
                "batch__order__item", "batch__plan__item", "step__work_center"
            ).prefetch_related("step__machines")
        }
        centers = {row.step.work_center_id for row in self.operations.values()}
        self.machines = list(
            Machine.objects.working()
            .filter(work_center__in=centers)
            .select_related("work_center__site")
            .order_by("code")
        )

    def proposals(self) -> Iterator[Proposal]:
        yield from self._plan_again()
        yield from self._let_go()
        yield from self._priority()
        for cause in self.explanation.causes:
            match cause.kind:
                case Kind.MACHINE:
                    yield from self._other_machines(cause)
                case Kind.MATERIAL:
                    yield from self._sooner(cause)
                case Kind.PROCESSING:
                    yield from self._split(cause)
        yield from self._overtime()

    def _named(
        self, *changes: Change, cost: Decimal | None = Decimal(0), price: str = "", what: str = ""
    ) -> Proposal:
        return Proposal(changes, what or "; ".join(sentences(changes)), cost, price)

    def _plan_again(self) -> Iterator[Proposal]:
        """What search alone finds, so that no remedy is praised for it."""
        free = [
            row.pk for row in self.operations.values() if self._may_move(row) and not row.pinned_machine_id
        ]
        if free:
            yield Proposal((Unpin(free[-1]),), "Plan again now", is_baseline=True)

    def _let_go(self) -> Iterator[Proposal]:
        """What a planner pinned, where the scheduler would have it: each pin of the chain, and all together."""
        pinned = [row for row in self.operations.values() if row.pinned_machine_id and self._may_move(row)]
        price = "a planner pinned it there"
        for operation in pinned[:MOST_PINS]:
            yield self._named(Unpin(operation.pk), price=price, what=f"Unpin {operation}")
        if len(pinned) > 1:
            every = tuple(Unpin(operation.pk) for operation in pinned)
            yield self._named(
                *every, price="a planner pinned them there", what=f"Unpin all {len(pinned)} of it"
            )

    def _priority(self) -> Iterator[Proposal]:
        if self.order.priority > Priority.RUSH:
            price = "the orders that make room pay for it"
            yield self._named(Reprioritise(self.order.pk, Priority.RUSH), price=price)

    def _other_machines(self, cause: Cause) -> Iterator[Proposal]:
        """The operation that queues longest there, on each of the other machines that may do it."""
        took: dict[int, timedelta] = {}
        for link in cause.links:
            took[link.operation] = took.get(link.operation, timedelta()) + link.span
        operation = self.operations[max(took, key=lambda key: (took[key], key))]
        if not self._may_move(operation):
            return
        own = self.explanation.places[cause.links[0].place].machine
        fitting = eligible_machines(operation.step, operation.batch.quantity, self.machines)
        for machine in [each for each in fitting if each != own][:MOST_MACHINES]:
            yield self._named(UseMachine(operation.pk, machine.pk), price="what stands there makes room")

    def _sooner(self, cause: Cause) -> Iterator[Proposal]:
        hold = cause.links[0].hold
        awaited = self.explanation.awaited.get(hold.key) if hold is not None else None
        if awaited is None or awaited.source is Awaited.Source.VERDICT:
            return
        zone = self.order.site.zone
        soonest = self.explanation.at + A_SUPPLIERS_NOTICE
        wanted = max(awaited.until - self.lateness, soonest)
        by = datetime.combine(wanted.astimezone(zone).date(), ARRIVAL, tzinfo=zone)
        if by > wanted and by - DAY >= soonest:
            by -= DAY
        while by.weekday() >= SATURDAY and by - DAY >= soonest:
            by -= DAY
        while by.weekday() >= SATURDAY:
            by += DAY
        if awaited.until - by < HARDLY_SOONER:
            return
        sooner = (awaited.until - by) / DAY
        deed = f"Expedite purchase {awaited.number}" if awaited.receipt is not None else "Order now"
        yield Proposal(
            (MaterialBy(awaited.item.pk, by, self.order.pk),),
            f"{deed}: {awaited.item} there by {by:%a %d %b}, {sooner:.0f} day{'' if round(sooner) == 1 else 's'} sooner",
            cost=None,
            price="the supplier's price",
            awaited=awaited,
            by=by,
        )

    def _split(self, cause: Cause) -> Iterator[Proposal]:
        """The batch whose work takes longest, as two side by side where machines are free for that."""
        longest = max(cause.links, key=lambda link: link.span)
        operation = self.operations[longest.operation]
        batch = operation.batch
        begun = Operation.objects.filter(batch=batch).exclude(status=Operation.Status.WAITING)
        fitting = eligible_machines(operation.step, batch.quantity, self.machines)
        is_planned = (
            batch.status in {Batch.Status.PLANNED, Batch.Status.RELEASED} and not batch.makes_nothing_new
        )
        if len(fitting) > 1 and is_planned and batch.quantity >= 2 and not begun.exists():
            price = "one more set-up for each part"
            yield self._named(Split(batch.pk, 2), price=price)

    def _overtime(self) -> Iterator[Proposal]:
        """On the machines on which the chain loses most to queues and closed hours: on all of them, on each, and just the first of it."""
        hours_on = {place: tuple(self._hours_on(place)) for place in self._worst_places()}
        shifts = [(place, hours) for place, hours in hours_on.items() if hours]
        zone = self.order.site.zone
        for shift in shifts:
            yield Extra((shift,), zone).proposal()
        if len(shifts) > 1:
            yield Extra(tuple(shifts), zone).proposal()
        for place, all_hours in shifts[:1]:
            if len(all_hours) > 1:
                yield Extra(((place, all_hours[:1]),), zone).proposal()

    def _hours_on(self, place: Place) -> list[Stretch]:
        """While the order is there; sooner only as far as it finds the machine busy when it comes: the rest is no use to it."""
        there = [link for link in self.explanation.links if link.place == place.key]
        stay = [link for link in there if not link.is_wait or link.kind in LOST_THERE]
        comes, leaves = min(link.starts_at for link in stay), max(link.ends_at for link in stay)
        soonest = self.explanation.at + NOTICE
        closed = [each for each in self.explanation.lanes[place.key].closed if each[0] < leaves]
        hours = extra_hours(closed, self.lateness, after=max(comes, soonest))
        missing = self.lateness - sum((end - start for start, end in hours), timedelta())
        queue = sum((link.span for link in stay if link.kind == Kind.MACHINE), timedelta())
        if min(missing, queue) > timedelta():
            before = [(start, min(end, comes)) for start, end in closed if start < comes]
            hours = extra_hours(before, min(missing, queue), after=soonest) + hours
        return hours

    def _worst_places(self) -> list[Place]:
        lost: dict[str, timedelta] = {}
        for link in self.explanation.links:
            if link.kind in LOST_THERE:
                lost[link.place] = lost.get(link.place, timedelta()) + link.span
        places = [self.explanation.places[key] for key in lost if key in self.explanation.places]
        limited = [place for place in places if place.machine is not None and lost[place.key] >= WORTH_IT]
        return sorted(limited, key=lambda place: (-lost[place.key], place.key))[:MOST_PLACES]

    def _may_move(self, operation: Operation) -> bool:
        return operation.status == Operation.Status.WAITING
