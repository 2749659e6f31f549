"""What may help a late order, by the causes in its chain: remedies to be tried, each with what it costs and who pays.

A queue suggests another machine or a higher priority, closed hours overtime, material a sooner delivery, long work a split.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import groupby

from inventory.quantities import plain
from production.calendars import join
from production.causes import Cause, Kind, Link
from production.changes import Change, MaterialBy, Overtime, Reprioritise, Split, Unpin, UseMachine
from production.eligibility import eligible_machines
from production.explanation import Explanation, Place
from production.material import ARRIVAL, Awaited
from production.models import Batch, Machine, Operation, Priority
from production.wording import sentences

Stretch = tuple[datetime, datetime]
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
LEFT_TO_DO = {Kind.SETUP, Kind.PROCESSING, Kind.INSPECTION}
LOST_THERE = {Kind.MACHINE, Kind.CLOSED}  # what overtime shortens
WORTH_IT = timedelta(hours=1)
TIMES_NAMED = 3


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


def proposals_for(explanation: Explanation) -> tuple[Proposal, ...]:
    """What to try for an order, by its causes. In about five queries."""
    return tuple(_Proposer(explanation).proposals())


def extra_hours(closed: Iterable[Stretch], needed: timedelta, *, after: datetime) -> list[Stretch]:
    """Stretches of overtime within closed hours that make up for `needed`, the first ones first.

    At night up to four hours after the shift; on a day off a shift that begins when work begins on the day after, or what is left of it.
    """
    found: list[Stretch] = []
    total = timedelta()
    for start, end in _chunks(closed, after):
        if total >= min(needed, MOST_OVERTIME):
            break
        length = min(end - start, full_hours(min(needed, MOST_OVERTIME) - total))
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
            if first + A_SHIFT - timedelta(hours=1) >= after:
                yield max(first, after), first + A_SHIFT


def _worked_at(link: Link) -> str:
    return "" if link.kind == Kind.INSPECTION else link.place


def _full_hour(moment: datetime) -> datetime:
    """The next one, unless it is one."""
    over = timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    return moment + timedelta(hours=1) - over if over else moment


def full_hours(length: timedelta) -> timedelta:
    """The length in full hours, one at least."""
    hours = -(-length // timedelta(hours=1))
    return timedelta(hours=max(hours, 1))


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
        if shifts_through := tuple(self._through()):
            yield Extra(shifts_through, zone).proposal()

    def _through(self) -> Iterator[tuple[Place, tuple[Stretch, ...]]]:
        """Overtime for all that is left after the longest wait for closed hours, machine after machine, where there is time for it.

        One machine alone would only have the order wait for the next one, which is closed as well.
        """
        links = self.explanation.links
        closed = [link for link in links if link.is_wait and link.kind == Kind.CLOSED]
        wait = max(closed, key=lambda link: link.span, default=None)
        if wait is None or wait.place not in self.explanation.lanes:
            return
        rest = [link for link in links if link.starts_at >= wait.ends_at and link.kind in LEFT_TO_DO]
        stays = [
            (place, full_hours(sum((link.span for link in own), timedelta())))
            for (_, place), own in groupby(rest, lambda link: (link.operation, _worked_at(link)))
        ]
        machines = {place for place, _ in stays if place}
        if len(machines) < 2 or any(self.explanation.places[key].machine is None for key in machines):
            return
        after = _full_hour(max(wait.starts_at, self.explanation.at + NOTICE))
        for start, end in _chunks(self.explanation.lanes[wait.place].closed, after):
            if start < wait.ends_at and end - start >= sum((span for _, span in stays), timedelta()):
                yield from self._one_after_another(stays, start)
                return

    def _one_after_another(
        self, stays: Iterable[tuple[str, timedelta]], at: datetime
    ) -> Iterator[tuple[Place, tuple[Stretch, ...]]]:
        """Overtime for stays on machines (or, with no name, in an inspection) from a moment on, where they are closed then."""
        hours: dict[str, list[Stretch]] = {}
        for place, span in stays:
            closed = self.explanation.lanes[place].closed if place else ()
            extra = [(max(at, start), min(at + span, end)) for start, end in closed]
            hours.setdefault(place, []).extend((start, end) for start, end in extra if end > start)
            at += span
        for key, stretches in hours.items():
            if stretches:
                yield self.explanation.places[key], tuple(join(stretches))

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
