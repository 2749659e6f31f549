"""What no plan can undercut: each job alone in the plant, each machine with nothing but its own work."""

import numpy as np

from production.scheduling.kernel.arrays import Ints
from production.scheduling.kernel.urgency import soonest_ends
from production.scheduling.plant import Plan, Plant, add_work


def earliest_ends(plant: Plant) -> Ints:
    """The end of every task if it had every machine to itself and needed no set-up beyond what it must."""
    ends: Ints = soonest_ends(plant.arrays)
    return ends


def lower_bound(plant: Plant, plan: Plan) -> int:
    """A proven lower bound on the main criterion, over the jobs that the plan completes."""
    if not plant.size:
        return 0
    jobs = np.array(list(plant.ends(plan)), np.int64)
    ends = np.maximum.reduceat(earliest_ends(plant), plant.first)[jobs]
    if plant.is_due:
        rows = plant.arrays.job[jobs]
        return int((rows["weight"] * np.maximum(ends - rows["due"], 0)).sum())
    return max(_machine_bound(plant, plan), int(ends.max(initial=0)))


def _machine_bound(plant: Plant, plan: Plan) -> int:
    """The end of the busiest machine if it worked through what only it can do without a pause."""
    work = [0] * len(plant.calendars)
    for i, modes in enumerate(plant.modes):
        if len(modes) == 1 and i not in plan.unplaced and i not in plant.running:
            work[modes[0][0]] += modes[0][1]
    now = plant.problem.now
    return max(
        (
            add_work(plant.calendars[m], now, seconds)
            for m, seconds in enumerate(work)
            if not plant.unlimited[m]
        ),
        default=0,
    )
