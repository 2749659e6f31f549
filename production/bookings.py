"""What machines have booked from now on, read fast: published slots as lines of blocks in the machines' working time.

For questions that must be answered while somebody waits on the telephone: only the work centers that are asked for are read, as plain
values. Seconds count from `epoch`; a machine goes by its key, a work center without limit by its own key below zero, new work by
keys below zero and what is planned by its operation's.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import BigIntegerField, Func, Q

from production.calendars import Stretch, load_calendars
from production.families import Key, load_families, setup_between
from production.insertion import Block, Family, Line
from production.models import Batch, Machine, Operation, Slot, Step, WorkCenter
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
    is_movable: bool


def family_of(step: Step) -> tuple[Key, int]:
    """The set-up family of a step and the set-up that it needs whatever ran before."""
    if step.setup_family:
        return (step.work_center_id, step.setup_family, step.setup_seconds), 0
    return (step.work_center_id, "", 0), step.setup_seconds


class Bookings:
    """Lines of the work centers opened so far; nothing on them begins before `at`."""

    def __init__(self, *, at: datetime, until: datetime) -> None:
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
        for row in slots.annotate(starts=Epoch("starts_at"), ends=Epoch("ends_at")).values_list(*SLOT):
            booked = self._booked(*row)
            self.booked[booked.block.key] = booked
            blocks.setdefault(booked.machine, []).append(booked.block)
        return blocks

    def _booked(
        self,
        operation: int,
        machine: int | None,
        starts: int,
        ends: int,
        status: str,
        pinned: int | None,
        batch_status: str,
        center: int,
        family: str,
        setup_seconds: int,
        may_pause: bool,
        *place: int,
    ) -> Booked:
        least = self._overrun if status == Operation.Status.RUNNING else 0
        key = (center, family, setup_seconds if family else 0)
        since = self._since_1970
        block = Block(starts - since, max(ends - since, least), operation, key, may_pause)
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
            waits and pinned is None,
        )


class Epoch(Func):
    """Whole seconds since 1970, rounded up: read ten thousand times, a moment is dear."""

    template = "CEIL(EXTRACT(EPOCH FROM %(expressions)s))::bigint"
    output_field = BigIntegerField()


SLOT = (
    "operation",
    "machine",
    "starts",
    "ends",
    "operation__status",
    "operation__pinned_machine",
    "operation__batch__status",
    "operation__step__work_center",
    "operation__step__setup_family",
    "operation__step__setup_seconds",
    "operation__step__may_pause",
    "operation__batch",
    "operation__sequence",
    "operation__batch__order",
    "operation__batch__order__parent",
    "operation__batch__order__priority",
)
