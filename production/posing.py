"""The plant's state, put as a scheduling problem in whole seconds from an epoch.

A batch is a job and an unfinished operation a task; machines go by their code, work centers without limit by theirs. Priority
weighs lateness. A sub-order that somebody waits for has no due date of its own: the lateness of whoever waits counts.
Tools and people are resources; what is made to order and what is made to stock are the groups that capacity is kept for.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings

from production import scheduling
from production.calendars import Stretch
from production.campaigns import weighed_by_work
from production.eligibility import why_no_machine
from production.limits import reserves_of
from production.models import Machine, Operation
from production.overlapping import Overlaps
from production.posed import Posed, Unplanned, in_our_words, unlimited_name
from production.snapshot import OpenBatch, Snapshot
from production.weights import weights_of
from production.work_left import WorkLeft

SUB_ORDER_WEIGHT = 0.1


def pose(plant: Snapshot, *, frozen: timedelta = timedelta()) -> Posed:
    """Put the plant as a problem. What cannot be planned is listed with its reason.

    :param frozen: how far from now on the published plan is kept as it is.
    """
    return _Poser(plant).pose(frozen)


def frozen() -> timedelta:
    """How far from now on the published plan is kept as it is, as the settings say."""
    return timedelta(minutes=settings.MES["SCHEDULE_FROZEN_MINUTES"])


def key_of(operation: Operation) -> tuple[str, str]:
    """The name of an operation in the problem: its job and task."""
    return operation.batch.number, str(operation.sequence)


class _Poser:
    def __init__(self, plant: Snapshot) -> None:
        self.plant = plant
        self.known: dict[tuple[Stretch, ...], scheduling.Calendar] = {}
        self.machines = self._machines()
        self.calendars = {machine.id: machine.calendar for machine in self.machines}
        self.by_center: dict[int, list[Machine]] = {}
        for machine in plant.machines:
            self.by_center.setdefault(machine.work_center_id, []).append(machine)
        self.work = WorkLeft(plant, self.by_center, self.calendars, self.seconds)
        self.overlaps = Overlaps(plant, self.work)
        self.modes_of: dict[int, tuple[scheduling.Mode, ...]] = {}  # by operation
        self.pins: dict[tuple[str, str], scheduling.Pin] = {}  # of what waits
        self.awaited = {maker for makers in plant.material.after.values() for maker in makers}
        self.families: dict[int, tuple[str | None, int]] = {}  # by step, with its own set-up
        # A name costs a look at the batch; it is asked for again and again.
        self.keys = {
            operation.id: (batch.batch.number, str(operation.sequence))
            for batch in plant.batches
            for operation in batch.unfinished
        }
        self.now = self.seconds(plant.at)
        self.numbers = {batch.batch.pk: batch.batch.number for batch in plant.batches}
        self.campaigns = self._campaigns()

    def pose(self, frozen: timedelta) -> Posed:
        plant = self.plant
        left_out = self._left_out()
        planned = [batch for batch in plant.batches if batch.batch.pk not in left_out]
        jobs = weighed_by_work(
            [batch.order.campaign for batch in planned], [self._job(batch) for batch in planned]
        )
        jobs += [
            self._under_way(batch) for batch in plant.batches if batch.batch.pk in left_out and batch.runs
        ]
        unplanned = [Unplanned(self.numbers[key], None, reason) for key, reason in left_out.items()]
        problem, faults = scheduling.salvage(
            tuple(self.machines),
            tuple(jobs),
            plant.families.setup(),
            now=self.seconds(plant.at),
            fence=self.seconds(plant.at + frozen),
            resources=tuple(self._resources(jobs)),
            buckets=tuple(self.seconds(week) for week in plant.limits.weeks),
        )
        for fault in faults:
            sequence = int(fault.task) if fault.task is not None else None
            unplanned.append(Unplanned(fault.job or "", sequence, in_our_words(fault.reason)))
        return Posed(
            problem=problem,
            weights=weights_of(plant.limits.rules),
            epoch=plant.epoch,
            operations={self.keys[operation.id]: operation for operation in plant.operations},
            machines={machine.code: machine for machine in plant.machines},
            present=tuple(self._present()),
            unplanned=tuple(unplanned),
        )

    def seconds(self, moment: datetime) -> int:
        return ceil((moment - self.plant.epoch).total_seconds())

    # --- machines ----------------------------------------------------------------------------------------------------

    def _machines(self) -> list[scheduling.Machine]:
        plant, calendars = self.plant, self.plant.calendars
        limited = [
            scheduling.Machine(
                machine.code,
                None
                if calendars.is_always_open(machine.work_center) and not calendars.down(machine.pk)
                else self._calendar(calendars.of_machine(machine)),
                family=plant.families.ready_for(machine),
                batch_limit=None if machine.batch_limit is None else float(machine.batch_limit),
                reserves=tuple(
                    scheduling.Reserve(strategy, share) for strategy, share in reserves_of(machine).items()
                ),
            )
            for machine in plant.machines
        ]
        unlimited = [
            scheduling.Machine(
                unlimited_name(center),
                None
                if calendars.is_always_open(center)
                else self._calendar(calendars.of_work_center(center)),
                is_unlimited=True,
            )
            for center in plant.centers.values()
            if center.is_unlimited
        ]
        return limited + unlimited

    def _calendar(self, stretches: tuple[Stretch, ...]) -> scheduling.Calendar:
        """Machines with the same hours that are not down share one."""
        if stretches not in self.known:
            self.known[stretches] = scheduling.Calendar(
                tuple((self.seconds(start), self.seconds(end)) for start, end in stretches)
            )
        return self.known[stretches]

    def _resources(self, jobs: Iterable[scheduling.Job]) -> Iterable[scheduling.Resource]:
        """What is in use is there until whoever uses it is done, whatever was to become of it meanwhile."""
        held: dict[str, list[tuple[int, int]]] = {}
        for task in (task for job in jobs for task in job.tasks):
            if task.running is not None:
                for need in task.needs:
                    held.setdefault(need.resource, []).append((0, self._end_of(task.running)))
        for counted in self.plant.limits.counted:
            calendar = None if counted.open is None else self._calendar(counted.open)
            if calendar is not None and counted.name in held:
                calendar = scheduling.Calendar((*calendar.windows, *held[counted.name]))
            yield scheduling.Resource(counted.name, counted.quantity, calendar)

    def _end_of(self, running: scheduling.Running) -> int:
        now, calendar = self.seconds(self.plant.at), self.calendars[running.machine]
        end = None if calendar is None else calendar.end_after(now, running.remaining_seconds)
        return now + running.remaining_seconds if end is None else end

    # --- campaigns -----------------------------------------------------------------------------------------------------

    def _campaigns(self) -> dict[str, tuple[int, float]]:
        """When the orders of each campaign are due, which is when its first one is, and the weight of its most important one.

        Alike in that, they differ only by what they are set up for: running them one after another saves the set-ups between
        them, and only what weighs more, or is due before all of them, is worth breaking that.
        """
        found: dict[str, tuple[int, float]] = {}
        for order in {batch.order.pk: batch.order for batch in self.plant.batches}.values():
            if order.campaign:
                due, weight = self.seconds(order.due_at), self.plant.limits.rules.weight_of(order.priority)
                known = found.get(order.campaign, (due, weight))
                found[order.campaign] = min(known[0], due), max(known[1], weight)
        return found

    # --- jobs --------------------------------------------------------------------------------------------------------

    def _job(self, batch: OpenBatch) -> scheduling.Job:
        order, quantity = batch.order, float(batch.quantity)
        tasks: list[scheduling.Task] = []
        former: Operation | None = None
        for operation in batch.unfinished:
            before = None if former is None else (former, tasks[-1])
            tasks.append(self._task(batch, operation, before, quantity))
            former = operation
        earliest = order.earliest_start_at
        due, weight = self.seconds(order.due_at), self.plant.limits.rules.weight_of(order.priority)
        if order.campaign:
            due, weight = self.campaigns[order.campaign]
        is_awaited = batch.batch.pk in self.awaited
        return scheduling.Job(
            batch.batch.number,
            tuple(tasks),
            release=0 if earliest is None else max(self.seconds(earliest), 0),
            due=None if is_awaited else due,
            weight=weight if order.parent_id is None else weight * SUB_ORDER_WEIGHT,
            group=order.strategy,
        )

    def _under_way(self, batch: OpenBatch) -> scheduling.Job:
        """What of a batch that cannot be planned is running: its machine is not free."""
        running = [
            operation for operation in batch.unfinished if operation.status == Operation.Status.RUNNING
        ]
        for operation in running:
            self.modes_of[operation.id] = self.work.modes(operation, batch.quantity)
        tasks = [self._task(batch, operation, None, float(batch.quantity)) for operation in running]
        return scheduling.under_way(
            scheduling.Job(batch.batch.number, tuple(tasks), group=batch.order.strategy)
        )

    def _task(
        self,
        batch: OpenBatch,
        operation: Operation,
        before: tuple[Operation, scheduling.Task] | None,
        quantity: float,
    ) -> scheduling.Task:
        plant, step = self.plant, operation.step
        job, task = self.keys[operation.id]
        place = (operation.batch_id, operation.step_id)
        release = plant.material.release.get(place, plant.at)
        modes = self.modes_of[operation.id]
        after: tuple[scheduling.Link, ...] = ()
        if before is None or before[0].status != Operation.Status.WAITING:
            release = max(release, plant.gate_opens(batch))
        if before is not None and operation.status == Operation.Status.RUNNING:
            modes = self.overlaps.busy(batch, operation, modes, *before)
        elif before is not None:
            after = (self.overlaps.link(batch, operation, modes, *before),)
        if step.id not in self.families:
            self.families[step.id] = plant.families.of(step)
        family, own_setup = self.families[step.id]
        makers, needs = plant.material.after.get(place), plant.limits.of(operation)
        return scheduling.Task(
            task,
            job,
            modes,
            after=after,
            family=family,
            may_pause=step.may_pause,
            release=self.now if release == plant.at else self.seconds(release),
            setup_seconds=own_setup if operation.status == Operation.Status.WAITING else 0,
            pin=self._pin(operation, modes),
            running=self._running(operation, modes),
            after_jobs=tuple(sorted([self.numbers[maker] for maker in makers])) if makers else (),
            needs=tuple([scheduling.Need(name, amount) for name, amount in needs]) if needs else (),
            quantity=quantity,
        )

    def _left_out(self) -> dict[int, str]:
        """Batches that cannot be planned and those that wait for them, with the reason."""
        reasons = {
            batch.batch.pk: batch.stopped_because or self._impossible_because(batch)
            for batch in self.plant.batches
        }
        left_out = {key: reason for key, reason in reasons.items() if reason}
        makers: dict[int, set[int]] = {}
        for (waiting, _), found in self.plant.material.after.items():
            makers.setdefault(waiting, set()).update(found)
        while more := {
            waiting: min(found & left_out.keys())
            for waiting, found in makers.items()
            if waiting not in left_out and found & left_out.keys()
        }:
            for waiting, maker in more.items():
                left_out[waiting] = f"it waits for batch {self.numbers[maker]}, which cannot be planned"
        return left_out

    def _impossible_because(self, batch: OpenBatch) -> str:
        quantity = batch.quantity
        for operation in batch.unfinished:
            modes = self.modes_of[operation.id] = self.work.modes(operation, quantity)
            if not modes:
                center = operation.step.work_center
                return why_no_machine(operation, quantity, self.by_center.get(center.pk, ()))
        return ""

    def _pin(self, operation: Operation, modes: tuple[scheduling.Mode, ...]) -> scheduling.Pin | None:
        if operation.status == Operation.Status.PAUSED:
            return scheduling.Pin(modes[0].machine)
        if operation.status != Operation.Status.WAITING or operation.pinned_machine_id is None:
            return None
        machine, start = operation.pinned_machine, operation.pinned_start_at
        if machine is None or machine.code not in {mode.machine for mode in modes}:
            return None
        # A wish that has passed is kept as far as it can be: on that machine, as soon as possible.
        kept = start is not None and start >= self.plant.at
        pin = scheduling.Pin(machine.code, self.seconds(start) if start is not None and kept else None)
        self.pins[self.keys[operation.id]] = pin
        return pin

    def _running(self, operation: Operation, modes: tuple[scheduling.Mode, ...]) -> scheduling.Running | None:
        if operation.status != Operation.Status.RUNNING or operation.running_since is None:
            return None
        # What was begun after the plan's moment, while the plant was read, is reckoned from that moment on.
        started = min(max(self.seconds(operation.running_since), 0), self.now)
        return scheduling.Running(modes[0].machine, started, modes[0].seconds)

    def _present(self) -> Iterable[scheduling.Assignment]:
        """The published plan of what has not started yet; what is pinned stands where it is wanted, for that is where it will be."""
        waiting = {
            operation.id: operation
            for operation in self.plant.operations
            if operation.status == Operation.Status.WAITING
        }
        for slot in self.plant.slots:
            operation = waiting.get(slot.operation_id)
            if operation is None:
                continue
            job, task = self.keys[operation.id]
            machine = slot.machine_code or unlimited_name(operation.step.work_center)
            moments = (
                self.seconds(slot.starts_at),
                self.seconds(slot.setup_ends_at),
                self.seconds(slot.ends_at),
            )
            if (pin := self.pins.get((job, task))) is not None:
                machine = pin.machine
                later = 0 if pin.start is None else pin.start - moments[0]
                moments = (moments[0] + later, moments[1] + later, moments[2] + later)
            yield scheduling.Assignment(job, task, machine, *moments)
