"""What waits in a plan for nothing but a share of its machine that is kept for others.

The compiled search knows nothing of such shares: timing a task, it would begin it at once. Held where the plan has it, a task
that was not moved stays where its share lets it begin, and what the search reckons comes close to what plans cost.
"""

import numpy as np

from production.scheduling.kernel.arrays import Ints
from production.scheduling.plant import Plan, Plant


def held_for_shares(plant: Plant, plan: Plan, held: Ints) -> Ints:
    """The starts of runs that tasks are held at, and of those that begin later than all else lets them.

    Where a machine is closed a task may seem to wait for its share; it could not begin sooner anyway.
    """
    start, machine = np.array(plan.start), np.array(plan.machine)
    ready = np.maximum.reduce([_behind_predecessors(plant, plan), _behind_neighbours(plan), held])
    keeps = np.array([bool(rooms) for rooms in plant.reserves])
    waits = (start > np.maximum(ready, plant.arrays.task["release"])) & (machine >= 0) & keeps[machine]
    return np.where(waits, np.maximum(held, np.array(plan.run)), held)


def _behind_predecessors(plant: Plant, plan: Plan) -> Ints:
    """When what a task waits for is done; of what overlaps it nothing is said."""
    ready = np.zeros(plant.size, np.int64)
    for i, arcs in enumerate(plant.preds):
        ends = (plan.end[arc.task] + arc.wait for arc in arcs if arc.share == 1.0)
        ready[i] = max(ends, default=0)
    return ready


def _behind_neighbours(plan: Plan) -> Ints:
    """When the task before it on its machine is done."""
    start, end, machine = np.array(plan.start), np.array(plan.end), np.array(plan.machine)
    order = np.lexsort((start, machine))
    ready = np.zeros(len(order), np.int64)
    is_next = machine[order[1:]] == machine[order[:-1]]
    ready[order[1:]] = np.where(is_next, end[order[:-1]], 0)
    return ready
