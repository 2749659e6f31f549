"""What machines have booked from now on, read fast: published slots as lines of blocks in the machines' working time.

For questions that must be answered while somebody waits on the telephone: only the work centers that are asked for are read, as plain
values. Seconds count from `epoch`; a machine goes by its key, a work center without limit by its own key below zero, new work by
keys below zero and what is planned by its operation's.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

from django.db.models import BigIntegerField, Func, Q

from inventory.models import Item
from production.calendars import Stretch, load_calendars
from production.families import Key, load_families, setup_between
from production.insertion import Block, Family, Line, Pool, Quota, Use
from production.limits import Counted, load_counted, people_name, reserved_weeks, reserves_of
from production.models import Batch, Machine, Operation, SchedulingRules, Slot, Step, WorkCenter
from production.scheduling import Calendar

OVERRUN = timedelta(minutes=15)
"""How much longer an operation that should be done is taken to run."""


@dataclass(frozen=True, slots=True)
class Booked:
    """One published slot and what it is for. `is_movable`: it has not begun, and nobody pinned it or holds it."""

    machine: int
    block: Block
    batch: int
    sequence: int
    order: int
    parent: int | None
    priority: int
    strategy: str
    is_movable: bool


def family_of(step: Step) -> tuple[Key, int]:
    """The set-up family of a step and the set-up that it needs whatever ran before."""
    if step.setup_family:
        return (step.work_center_id, step.setup_family, step.setup_seconds), 0
    return (step.work_center_id, "", 0), step.setup_seconds


class Bookings:
    """Lines of the work centers opened so far, for new work that is made to order; nothing on them begins before `at`."""

    def __init__(self, *, at: datetime, until: datetime) -> None:
        self.strategy = Item.Strategy.TO_ORDER
        self.at = at
        self.until = until
        self.epoch = at.replace(minute=0, second=0, microsecond=0)
        self._since_1970 = int(self.epoch.timestamp())
        self._overrun = self.seconds(at + OVERRUN)
        self.lines: dict[int, Line] = {}
        self.machines: dict[int, Machine] = {}
        self.by_center: dict[int, list[Machine]] = {}
        self.booked: dict[int, Booked] = {}
        self._changeovers: dict[tuple[int, str, str], int] = {}

    def open(self, centers: Iterable[WorkCenter]) -> None:
        """Read what these work centers (their `site` loaded) have booked, in nine queries, unless they are open already."""
        new = {center.pk: center for center in centers if center.pk not in self.by_center}
        if not new:
            return
        calendars = load_calendars(new.values(), self.epoch, self.until, at=self.at)
        machines = list(
            Machine.objects.filter(work_center__in=new, work_center__is_unlimited=False).order_by(
                "code", "pk"
            )
        )
        families = load_families(new, machines, ())
        self._changeovers |= families.changeovers
        blocks = self._read(new)
        shared = {pk: self._calendar(calendars.of_work_center(center)) for pk, center in new.items()}
        for pk, center in new.items():
            self.by_center[pk] = []
            if center.is_unlimited:
                self.lines[-pk] = Line(shared[pk], is_unlimited=True)
        weeks = self._weeks(new.values())
        for machine in machines:
            machine.work_center = new[machine.work_center_id]
            self.machines[machine.pk] = machine
            self.by_center[machine.work_center_id].append(machine)
            down = calendars.down(machine.pk)
            self.lines[machine.pk] = Line(
                self._calendar(calendars.of_machine(machine)) if down else shared[machine.work_center_id],
                blocks.get(machine.pk, ()),
                family=families.last_on.get(machine.pk, (machine.work_center_id, "", 0)),
            )
            self.lines[machine.pk].quota = self._quota(machine, weeks)

    def pools(self, steps: Iterable[Step]) -> tuple[dict[str, Pool], dict[int, tuple[tuple[str, int], ...]]]:
        """The tools and people that some steps need, with what is taken of them, and by step which and how many."""
        counted, needs = load_counted({step.pk: step for step in steps}, self.at, self.until)
        uses = {each.name: self._away(each) for each in counted}
        if uses:
            for name, use in self._uses(uses.keys()):
                uses[name].append(use)
        return {each.name: Pool(each.quantity, uses[each.name]) for each in counted}, needs

    def lines_without(self, keys: Set[int] = frozenset()) -> dict[int, Line]:
        """The lines, for new work to be put on, as if these operations were not planned."""
        return {key: line.without(keys) for key, line in self.lines.items()}

    def changeover(self, before: Family, after: Family) -> int:
        """Set-up seconds from one family to the next."""
        if not isinstance(before, tuple) or not isinstance(after, tuple):
            return 0
        return setup_between(before, after, self._changeovers)

    def named(self, keys: Iterable[int]) -> dict[int, Operation]:
        """Operations with what they are called by."""
        rows = Operation.objects.filter(pk__in=list(keys)).select_related("batch__order", "step")
        return {row.pk: row for row in rows}

    def seconds(self, moment: datetime) -> int:
        return ceil((moment - self.epoch).total_seconds())

    def moment(self, seconds: int) -> datetime:
        return self.epoch + timedelta(seconds=seconds)

    def _calendar(self, stretches: Iterable[Stretch]) -> Calendar:
        return Calendar(tuple((self.seconds(start), self.seconds(end)) for start, end in stretches))

    def _read(self, centers: Iterable[int]) -> dict[int, list[Block]]:
        """The blocks of each machine; what was held and has run out is free."""
        slots = (
            Slot.objects.published()
            .filter(operation__step__work_center__in=list(centers))
            .filter(Q(ends_at__gt=self.at) | Q(operation__status=Operation.Status.RUNNING))
            .exclude(
                operation__batch__status=Batch.Status.TENTATIVE,
                operation__batch__order__held_until__lte=self.at,
            )
        )
        blocks: dict[int, list[Block]] = {}
        for row in slots.annotate(
            starts=Epoch("starts_at"), runs=Epoch("setup_ends_at"), ends=Epoch("ends_at")
        ).values_list(*SLOT):
            booked = self._booked(*row)
            self.booked[booked.block.key] = booked
            blocks.setdefault(booked.machine, []).append(booked.block)
        return blocks

    def _booked(
        self,
        operation: int,
        machine: int | None,
        starts: int,
        runs: int,
        ends: int,
        status: str,
        pinned: int | None,
        batch_status: str,
        center: int,
        family: str,
        setup_seconds: int,
        may_pause: bool,
        strategy: str,
        *place: int,
    ) -> Booked:
        least = self._overrun if status == Operation.Status.RUNNING else 0
        key = (center, family, setup_seconds if family else 0)
        since = self._since_1970
        block = Block(
            starts - since,
            max(ends - since, least),
            operation,
            key,
            may_pause,
            runs - since,
            0 if family else setup_seconds,
        )
        waits = status == Operation.Status.WAITING and batch_status != Batch.Status.TENTATIVE
        batch, sequence, order, parent, priority = place
        return Booked(
            machine or -center,
            block,
            batch,
            sequence,
            order,
            parent,
            priority,
            strategy,
            waits and pinned is None,
        )

    # --- what limits it beside machines ------------------------------------------------------------------------------

    def _away(self, counted: Counted) -> list[Use]:
        """All of a resource is taken while it is not there."""
        if counted.open is None:
            return []
        edges = [self.at, *(moment for stretch in counted.open for moment in stretch), self.until]
        gaps = zip(edges[::2], edges[1::2], strict=True)
        return [
            Use(self.seconds(start), self.seconds(end), counted.quantity)
            for start, end in gaps
            if start < end
        ]

    def _uses(self, names: Set[str]) -> Iterator[tuple[str, Use]]:
        """What published slots take of these tools and people."""
        slots = Slot.objects.published().filter(ends_at__gt=self.at)
        moments = slots.annotate(starts=Epoch("starts_at"), ends=Epoch("ends_at"))
        tools = moments.filter(operation__step__tool_needs__isnull=False).values_list(
            "operation__step__tool_needs__tool__code",
            "operation__step__tool_needs__quantity",
            "starts",
            "ends",
        )
        for code, quantity, starts, ends in tools:
            if (name := f"tool {code}") in names:
                yield name, Use(starts - self._since_1970, ends - self._since_1970, quantity)
        people = moments.filter(operation__step__work_center__is_limited_by_people=True).values_list(
            "operation__step__required_qualification",
            "operation__step__work_center__site__code",
            "starts",
            "ends",
        )
        for code, site, starts, ends in people:
            if (name := people_name(code, site)) in names:
                yield name, Use(starts - self._since_1970, ends - self._since_1970)

    def _weeks(self, centers: Iterable[WorkCenter]) -> list[int]:
        """The beginnings of the weeks in which shares are kept, and the end of the last."""
        reserving = [center for center in centers if center.reserved_shares]
        if not reserving:
            return []
        days = SchedulingRules.objects.current().reserves_released_days
        weeks = reserved_weeks(reserving, days, self.until, at=self.at)
        return [self.seconds(week) for week in (*weeks, self.until)]

    def _quota(self, machine: Machine, weeks: Sequence[int]) -> Quota | None:
        """What is made to order may take of a machine, where a share is kept for what is made to stock."""
        kept = sum(share for group, share in reserves_of(machine).items() if group != self.strategy)
        if not kept or len(weeks) < 2:
            return None
        line = self.lines[machine.pk]
        allowed = [
            int(line.calendar.worked_between(first, last) * (1 - kept)) for first, last in pairwise(weeks)
        ]
        taken: dict[int, int] = {}
        for block in line.blocks:
            week = bisect_right(weeks, block.start) - 1
            if week >= 0 and self.booked[block.key].strategy == self.strategy:
                seconds = line.calendar.worked_between(block.start, block.end)
                taken[week] = taken.get(week, 0) + seconds
        return Quota(weeks, allowed, taken)


class Epoch(Func):
    """Whole seconds since 1970, rounded up: read ten thousand times, a moment is dear."""

    template = "CEIL(EXTRACT(EPOCH FROM %(expressions)s))::bigint"
    output_field = BigIntegerField()


SLOT = (
    "operation",
    "machine",
    "starts",
    "runs",
    "ends",
    "operation__status",
    "operation__pinned_machine",
    "operation__batch__status",
    "operation__step__work_center",
    "operation__step__setup_family",
    "operation__step__setup_seconds",
    "operation__step__may_pause",
    "operation__batch__order__strategy",
    "operation__batch",
    "operation__sequence",
    "operation__batch__order",
    "operation__batch__order__parent",
    "operation__batch__order__priority",
)
