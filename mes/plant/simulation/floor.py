"""Operators and machines: what is started next, how long it takes, what comes of it, and what breaks down."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from inventory.quantities import COUNTED_UNITS
from mes.core.models import User
from mes.plant.simulation.bench import pass_first_piece
from mes.plant.simulation.office import schedule_anew
from mes.plant.simulation.world import World
from production.calendars import Calendars, Stretch, load_calendars
from production.handing_on import came_in, former_of, share_until_handed_on, transfer_quantity_of
from production.models import (
    Downtime,
    Machine,
    Operation,
    Operator,
    Qualification,
    Slot,
    Step,
    WorkCenter,
)
from production.models.execution import OperationQuerySet
from production.services import (
    end_downtime,
    finish_operation,
    report_breakdown,
    report_progress,
    resume_operation,
    start_operation,
)

EARLY = timedelta(hours=2)  # an operation may start before its slot when its machine is free
RETRIED_AFTER = timedelta(hours=4)  # what was refused, for want of material as a rule
KEPT_WAITING = timedelta(minutes=30)  # by a step before that has not handed on all of it
HORIZON = timedelta(days=21)
BREAKS_DOWN_A_DAY = 0.12  # at each site
SCRAPS = 0.004  # share of counted pieces lost at a step
TROUBLES = (
    "spindle vibration alarm",
    "coolant pump tripped",
    "tool changer jammed",
    "drive fault",
    "sensor lost",
)


class Floor:
    """The shop floor between two looks; what runs is known from the database, so it can be taken up at any time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calendars: Calendars | None = None
        self.users = _operators(world)
        self.tried_again_at: dict[int, datetime] = {}

    def take_up(self, now: datetime) -> None:
        """Operations that were running when the simulation began are finished when their slots end."""
        for operation in self._operations(Operation.objects.running()):
            slot = Slot.objects.published().filter(operation=operation).first()
            self._finish_at(operation, max(now, slot.ends_at) if slot else now)

    def begin_day(self, now: datetime) -> None:
        """Read the calendars of the days to come, and perhaps let a machine break down."""
        centers = WorkCenter.objects.filter(site__in=self.world.sites).select_related("site")
        self.calendars = load_calendars(centers, now, now + HORIZON, at=now)
        for site in self.world.sites:
            if self.world.chance(BREAKS_DOWN_A_DAY):
                machines = list(Machine.objects.working().filter(work_center__site=site).order_by("code"))
                moment = now + timedelta(hours=self.world.rng.uniform(1, 14))
                machine = self.world.rng.choice(machines) if machines else None
                if machine is not None:
                    self.world.at(moment, partial(self._break_down, machine))

    def start_what_is_next(self, now: datetime) -> None:
        """Start, on every machine that stands free, the ready operation whose slot comes first."""
        running = Operation.objects.running().filter(machine__isnull=False)
        taken: set[int | None] = set(running.values_list("machine", flat=True))
        taken |= set(Downtime.objects.current(now).values_list("machine", flat=True))
        self._resume(now, taken)
        slots = (
            Slot.objects.published()
            .filter(
                operation__in=Operation.objects.ready().filter(step__work_center__site__in=self.world.sites),
                starts_at__lte=now + EARLY,
            )
            .select_related("machine", "operation__step__work_center__site", "operation__batch__plan__item")
        )
        for slot in slots.in_order():
            if slot.machine_id not in taken and self._may_try(slot, now) and self._start(slot, now):
                taken |= {slot.machine_id} - {None}

    def _start(self, slot: Slot, now: datetime) -> bool:
        operation = slot.operation
        by = self._somebody(operation.step, now)
        act = partial(start_operation, operation, machine=slot.machine, at=now)
        started = self.world.attempt("operations started", act, by=by)
        if started:
            pass_first_piece(self.world, operation, now)
            ends_at = self._end_of(slot, now)
            self._hand_on(operation, now, ends_at)
            self._finish_at(operation, ends_at)
        else:
            self.tried_again_at[operation.pk] = now + RETRIED_AFTER
        return started

    def _resume(self, now: datetime, taken: set[int | None]) -> None:
        """Go on with what was interrupted, where its machine works again."""
        for operation in self._operations(Operation.objects.filter(status=Operation.Status.PAUSED)):
            act, by = partial(resume_operation, operation, at=now), self._somebody(operation.step, now)
            if operation.machine_id not in taken and self.world.attempt("operations resumed", act, by=by):
                taken.add(operation.machine_id)
                self._finish_at(operation, self.world.soon(now, 120))

    def _hand_on(self, operation: Operation, now: datetime, ends_at: datetime) -> None:
        """Report the first transfer batch of a step that hands on before its batch is done, when about so much is made."""
        quantity = transfer_quantity_of(operation, operation.batch)
        if quantity is None:
            return
        share = share_until_handed_on(operation.step, quantity, operation.batch.quantity)
        self.world.at(now + share * (ends_at - now), partial(self._report, operation.pk, quantity))

    def _report(self, key: int, good: Decimal, now: datetime) -> None:
        operation = self._operations(Operation.objects.running().filter(pk=key)).first()
        if operation is not None:
            act = partial(report_progress, operation, good=good, at=now)
            self.world.attempt("transfer batches handed on", act, by=self._somebody(operation.step, now))

    def _finish_at(self, operation: Operation, moment: datetime) -> None:
        self.world.at(moment, lambda now: self._finish(operation.pk, now))

    def _finish(self, key: int, now: datetime) -> None:
        """Finish an operation, unless it was interrupted or finished meanwhile."""
        operation = self._operations(Operation.objects.running().filter(pk=key)).first()
        if operation is None:
            return
        former = former_of(operation)
        if former is not None and former.status != Operation.Status.DONE:
            self._finish_at(operation, now + KEPT_WAITING)
            return
        came = came_in(operation)
        scrap = _scrap(self.world, operation, came)
        by = self._somebody(operation.step, now)
        act = partial(finish_operation, operation, good=came - scrap, scrap=scrap, at=now)
        if self.world.attempt("operations finished", act, by=by):
            self.world.tally["pieces scrapped"] += int(scrap)
        else:
            self._finish_at(operation, now + RETRIED_AFTER)

    def _end_of(self, slot: Slot, now: datetime) -> datetime:
        """When work that starts now will be done: as long as planned, give or take, on the machine's calendar."""
        center = slot.operation.step.work_center
        if slot.machine is None or self.calendars is None or center.is_unlimited:
            return now + (slot.ends_at - slot.starts_at)
        stretches = self.calendars.of_machine(slot.machine)
        planned = _working_seconds(stretches, slot.starts_at, slot.ends_at) or 60.0
        return _after_work(stretches, now, planned * self.world.rng.lognormvariate(-0.02, 0.1))

    def _may_try(self, slot: Slot, now: datetime) -> bool:
        """Whether its place is open now, and nobody was turned away from it in the last hours."""
        if self.tried_again_at.get(slot.operation_id, now) > now:
            return False
        if slot.machine is None or self.calendars is None:
            return slot.starts_at <= now
        return any(starts <= now < ends for starts, ends in self.calendars.of_machine(slot.machine))

    def _somebody(self, step: Step, now: datetime) -> User:
        """An operator of the site who may do this today, if there is one."""
        site = step.work_center.site_id
        crowd = self.users.get(site) or [self.world.people["storekeeper"]]
        if not step.required_qualification:
            return self.world.rng.choice(crowd)
        valid = Qualification.objects.valid(now.date()).filter(code=step.required_qualification)
        holders = set(valid.values_list("operator__user", flat=True))
        able = [user for user in crowd if user.pk in holders]
        return self.world.rng.choice(able or crowd)

    def _break_down(self, machine: Machine, now: datetime) -> None:
        until = now + timedelta(hours=self.world.rng.uniform(1, 9))
        trouble = self.world.rng.choice(TROUBLES)
        down: list[Downtime] = []

        def act(*, by: User) -> None:
            reason = trouble.capitalize()
            down.append(report_breakdown(machine, reason, expected_until=until, by=by, at=now))

        if self.world.attempt("breakdowns", act, by=self.world.people["planner"]):
            self.world.at(until, lambda at: self._repair(down[0], at))
            schedule_anew(self.world, f"Breakdown of {machine}: {trouble}", now)

    def _repair(self, downtime: Downtime, now: datetime) -> None:
        act = partial(end_downtime, downtime, at=now)
        self.world.attempt("repairs", act, by=self.world.people["planner"])

    def _operations(self, found: OperationQuerySet) -> OperationQuerySet:
        return (
            found.filter(step__work_center__site__in=self.world.sites)
            .select_related("batch__plan__item", "step__work_center__site", "machine")
            .order_by("pk")
        )


def _operators(world: World) -> dict[int, list[User]]:
    found: dict[int, list[User]] = {}
    for operator in Operator.objects.filter(site__in=world.sites).select_related("user").order_by("badge"):
        found.setdefault(operator.site_id, []).append(operator.user)
    return found


def _scrap(world: World, operation: Operation, came: Decimal) -> Decimal:
    """A counted piece now and then, never all of them. Liquids are kept whole: what fills on waits for every litre."""
    if operation.batch.plan.item.uom not in COUNTED_UNITS or came <= 1:
        return Decimal(0)
    lost = sum(world.chance(SCRAPS) for _ in range(min(int(came), 50)))
    return Decimal(min(lost, int(came) - 1))


def _working_seconds(stretches: tuple[Stretch, ...], starts: datetime, ends: datetime) -> float:
    """Working time between two moments."""
    return sum(
        max(0.0, (min(ends, closes) - max(starts, opens)).total_seconds()) for opens, closes in stretches
    )


def _after_work(stretches: tuple[Stretch, ...], now: datetime, seconds: float) -> datetime:
    """The moment at which so many working seconds have passed; beyond the known calendar time simply runs on."""
    for opens, closes in stretches:
        begins = max(now, opens)
        if begins >= closes:
            continue
        available = (closes - begins).total_seconds()
        if seconds <= available:
            return begins + timedelta(seconds=seconds)
        seconds -= available
    return (stretches[-1][1] if stretches else now) + timedelta(seconds=seconds)
