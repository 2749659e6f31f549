"""How long operations take where they may run; of those under way, what is left of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from math import ceil

from production import scheduling
from production.eligibility import eligible_machines, run_seconds
from production.models import Machine, Operation, Step
from production.posed import unlimited_name
from production.snapshot import Snapshot

LEAST_LEFT = 60  # seconds

Modes = tuple[scheduling.Mode, ...]


class WorkLeft:
    """Machines and working seconds of a plant's operations.

    :param by_center: machines by work center. :param calendars: by a machine's name in the problem.
    :param seconds: of a moment, from the problem's epoch.
    """

    def __init__(
        self,
        plant: Snapshot,
        by_center: Mapping[int, Sequence[Machine]],
        calendars: Mapping[str, scheduling.Calendar | None],
        seconds: Callable[[datetime], int],
    ) -> None:
        self.plant = plant
        self.by_center = by_center
        self.calendars = calendars
        self.seconds = seconds
        self.may_run: dict[int, list[Machine]] = {}  # by step, whatever the quantity
        self.known: dict[tuple[int, Decimal], Modes] = {}  # by step and quantity
        self.slots = {slot.operation_id: slot for slot in plant.slots}

    def modes(self, operation: Operation, quantity: Decimal) -> Modes:
        """The machines it may run on; one that is under way stays where it is, for what is left of it."""
        if operation.status == Operation.Status.WAITING:
            key = operation.step_id, quantity
            if key not in self.known:
                self.known[key] = self._modes_of(operation.step, quantity)
            return self.known[key]
        return tuple(
            scheduling.Mode(mode.machine, self._left(operation, mode.machine, mode.seconds))
            for mode in self.whole(operation, quantity)
        )

    def whole(self, operation: Operation, quantity: Decimal) -> Modes:
        """Of an operation under way: where it is, for all that it takes there."""
        step = operation.step
        if step.work_center.is_unlimited or operation.machine is None:
            return self._modes_of(step, quantity)
        return (
            scheduling.Mode(operation.machine.code, run_seconds(step, quantity, operation.machine.speed)),
        )

    def worked_until_end(self, machine: str, seconds: int, *, on: str) -> int:
        """Working seconds of a machine (`on`) from now until another one has worked for so many."""
        now, calendar = self.seconds(self.plant.at), self.calendars[machine]
        end = now + seconds if calendar is None else calendar.end_after(now, seconds)
        own = self.calendars[on]
        if end is None:
            return seconds
        return end - now if own is None else own.worked_between(now, end)

    def _modes_of(self, step: Step, quantity: Decimal) -> Modes:
        center = step.work_center
        if center.is_unlimited:
            return (scheduling.Mode(unlimited_name(center), run_seconds(step, quantity, Decimal(1))),)
        if step.id not in self.may_run:
            named = self.plant.named.get(step.id, ())
            around = self.by_center.get(center.id, ())
            self.may_run[step.id] = eligible_machines(step, Decimal(0), around, named=named)
        fitting = [
            machine
            for machine in self.may_run[step.id]
            if machine.batch_limit is None or machine.batch_limit >= quantity
        ]
        seconds = {
            speed: run_seconds(step, quantity, speed) for speed in {machine.speed for machine in fitting}
        }
        return tuple([scheduling.Mode(machine.code, seconds[machine.speed]) for machine in fitting])

    def _left(self, operation: Operation, machine: str, seconds: int) -> int:
        """Working seconds left; of work that takes longer than planned, a twentieth is taken to be left."""
        stretches = [(entry.started_at, entry.ended_at) for entry in self.plant.entries.get(operation.pk, ())]
        if operation.running_since is not None:
            stretches.append((operation.running_since, self.plant.at))
        calendar = self.calendars[machine]
        spent = 0
        for start, end in stretches:
            first, last = max(self.seconds(start), 0), max(self.seconds(end), 0)
            spent += last - first if calendar is None else calendar.worked_between(first, last)
        total = operation.step.setup_seconds + seconds
        slot = self.slots.get(operation.pk)
        if slot is not None and slot.machine_code == machine and operation.pk not in self.plant.entries:
            # Begun as planned: its set-up is what came before it on the machine called for.
            first, last = max(self.seconds(slot.starts_at), 0), self.seconds(slot.ends_at)
            total = last - first if calendar is None else calendar.worked_between(first, last)
        return max(total - spent, ceil(total / 20), LEAST_LEFT)
