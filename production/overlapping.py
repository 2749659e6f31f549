"""How steps of a batch follow each other in the problem: after the whole batch, or after its first transfer batch.

Of a step that waits the share of its run is told that its first transfer batch takes, which stands for the last one's share of the next
step's run, too; of one that runs, the work left until then. One that is paused hands nothing on in the plan until it is done, for nobody
knows when it goes on: to be late is the lesser mistake.
"""

from decimal import Decimal
from math import ceil

from production import scheduling
from production.handing_on import share_until_handed_on, transfer_between, transfer_quantity_of
from production.material import ASSUMED_VERDICT
from production.models import Operation
from production.snapshot import OpenBatch, Snapshot
from production.work_left import LEAST_LEFT, Modes, WorkLeft


class Overlaps:
    """Links from the steps of open batches to those before them, and how long what is under way is kept busy by these."""

    def __init__(self, plant: Snapshot, work: WorkLeft) -> None:
        self.plant = plant
        self.work = work

    def link(
        self, batch: OpenBatch, operation: Operation, modes: Modes, former: Operation, task: scheduling.Task
    ) -> scheduling.Link:
        """What an operation that is not running waits for.

        :param modes: where it may run, for what is left of it. :param task: of the former operation.
        """
        share = self._share(batch, operation, former)
        if former.step.inspection_plan_id is not None:
            return scheduling.Link(task.id, task.job, int(ASSUMED_VERDICT.total_seconds()))
        if share == 1.0 or former.status == Operation.Status.PAUSED:
            return scheduling.Link(task.id, task.job)
        if task.running is None:
            return scheduling.Link(task.id, task.job, transfer_share=share)
        first = self._first_left(batch, former, task.running, share)
        if operation.status == Operation.Status.PAUSED:
            # The last transfer batch takes the same time, which is a larger share of what is left.
            whole = self.work.whole(operation, batch.quantity)
            share = min(share * whole[0].seconds / modes[0].seconds, 1.0)
        return scheduling.Link(task.id, task.job, transfer_share=share, first_seconds=first)

    def busy(
        self, batch: OpenBatch, operation: Operation, modes: Modes, former: Operation, task: scheduling.Task
    ) -> Modes:
        """Where an operation runs, and for how long at least: it ends no sooner than it can have worked on the last transfer batch."""
        share = self._share(batch, operation, former)
        if share == 1.0:
            return modes
        mode, before = modes[0], task.modes[0]
        last = ceil(share * self.work.whole(operation, batch.quantity)[0].seconds)
        until = self.work.worked_until_end(before.machine, before.seconds, on=mode.machine)
        return (scheduling.Mode(mode.machine, max(mode.seconds, until + last)),)

    def _share(self, batch: OpenBatch, operation: Operation, former: Operation) -> float:
        transfer = transfer_between(former, operation, batch.batch)
        return share_until_handed_on(former.step, transfer, batch.quantity)

    def _first_left(
        self, batch: OpenBatch, former: Operation, running: scheduling.Running, share: float
    ) -> int:
        """Working seconds until the first transfer batch of what runs is handed on: none once so much is reported good."""
        wanted = transfer_quantity_of(former, batch.batch) or Decimal(0)
        if self.plant.handed_on.get(former.pk, Decimal(0)) >= wanted:
            return 0
        whole = self.work.whole(former, batch.quantity)[0].seconds
        left = running.remaining_seconds
        return min(max(left - int((1 - share) * whole), LEAST_LEFT), left)
