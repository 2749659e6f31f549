"""From an order of tasks to a plan: each task, in turn, as early as its machine, calendar and predecessors allow.

This is the one place where slots are computed. The dispatcher and the improvers decide on orders and machines; what
they decide is timed here, so that a plan is feasible by construction whatever the search thought.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from production.scheduling.kernel.arrays import Floats, Ints, Table
from production.scheduling.kernel.shift import time_held
from production.scheduling.kernel.timing import (
    AFTER_UNPLACED,
    NO_UNITS,
    NOT_FREE,
    OUTSIDE_HOURS,
    PREDECESSOR_LATE,
    PREDECESSOR_UNPLACED,
    order_by,
    paid_setup,
    time_order,
)
from production.scheduling.plant import Plan, Plant
from production.scheduling.validation import span

BROKEN = {
    NOT_FREE: "its machine is not free or not working at the pinned start",
    OUTSIDE_HOURS: "its pinned start has passed or lies outside working time",
    PREDECESSOR_UNPLACED: "what it waits for could not be planned",
    PREDECESSOR_LATE: "what it waits for is not done by the pinned start",
    NO_UNITS: "a tool or skill it needs is in use at the pinned start",
}


def timed(
    plant: Plant,
    key: Sequence[float] | npt.NDArray[np.float64],
    machine: Sequence[int] | npt.NDArray[np.int64],
    hold: Sequence[int] | npt.NDArray[np.int64] | None = None,
    broken: Mapping[int, int] | None = None,
) -> Plan:
    """The plan that starts tasks in the order of their keys on the machines given.

    A pin found broken late leaves a hole, and a set-up that never was, where it was to be; so the order is timed again
    without it, until every pin that is tried also holds.

    :param hold: starts of runs not to undercut. :param broken: pins that need not be tried, with the kernel's reason.
    """
    a = plant.arrays
    order = order_by(a, np.asarray(key, np.float64))
    wanted = np.asarray(machine, np.int64)
    not_before = np.zeros(plant.size, np.int64) if hold is None else np.asarray(hold, np.int64)
    known = np.zeros(plant.size, np.int64)
    for i, reason in (broken or {}).items():
        known[i] = reason
    return _with_pins_that_hold(plant, lambda known: time_order(a, order, wanted, not_before, known), known)


def timed_held(
    plant: Plant,
    machine: Sequence[int] | npt.NDArray[np.int64],
    hold: Sequence[int] | npt.NDArray[np.int64],
) -> Plan:
    """The plan that starts every task at the run it is held at, or as soon after as it can begin; in the order in which they can.

    :param machine: of each task; −1, as a plan has it for what has no place, for the first that may do it.
    :param hold: starts of runs not to undercut.
    """
    wanted, not_before = np.array(machine, np.int64), np.asarray(hold, np.int64)
    # Compiled code lists tasks by machine, and what it writes for machine −1 lies beyond the list.
    nowhere = np.flatnonzero(wanted < 0)
    wanted[nowhere] = plant.arrays.mode["machine"][plant.arrays.task["mode_at"][nowhere]]
    known = np.zeros(plant.size, np.int64)
    return _with_pins_that_hold(
        plant, lambda known: time_held(plant.arrays, wanted, not_before, known), known
    )


def _with_pins_that_hold(plant: Plant, time: Callable[[Ints], Table], known: Ints) -> Plan:
    while True:
        slots = time(known)
        if np.count_nonzero(slots["broken"]) == np.count_nonzero(known):
            return plan_of(plant, slots)
        known = slots["broken"].copy()


def in_turn(plant: Plant, plan: Plan, start: Sequence[float], machine: Sequence[int]) -> Floats:
    """Keys by which starts, on these machines, are timed again.

    What has no place in the plan comes last: it has no start either, and timed where that would be, first of all, it would
    take the place of what has one. What takes no time comes before whatever begins at the same moment: after it, it would
    wait until that is done.
    """
    keys = np.array(start, np.float64)
    keys[[i for i in plant.instants if (machine[i], 0) in plant.modes[i]]] -= 0.5
    keys[list(plan.unplaced)] = np.inf
    return keys


def plan_of(plant: Plant, slots: Table) -> Plan:
    """Compiled slots as a plan, with its reasons in words and its price."""
    a = plant.arrays
    is_placed = (slots["mode"] >= 0) & (slots["unplaced"] == 0)
    mode = np.where(is_placed, slots["mode"], 0)
    broken = {int(i): int(slots["broken"][i]) for i in np.flatnonzero(slots["broken"])}
    plan = Plan(
        machine=np.where(is_placed, a.mode["machine"][mode], -1).tolist(),
        seconds=np.where(is_placed, a.mode["seconds"][mode], 0).tolist(),
        start=slots["start"].tolist(),
        run=slots["run"].tolist(),
        end=slots["end"].tolist(),
        unplaced={int(i): _why(plant, slots[i], int(i)) for i in np.flatnonzero(slots["unplaced"])},
        broken={i: BROKEN[reason] for i, reason in broken.items()},
        setup_seconds=int(paid_setup(a, slots)),
        slots=slots,
    )
    plan.cost = plant.price(plan)
    return plan


def _why(plant: Plant, slot: np.void, i: int) -> str:
    if slot["unplaced"] == AFTER_UNPLACED:
        job, task = plant.keys[int(slot["because_of"])]
        return f"it waits for task {task} of job {job}, which could not be planned"
    names = ", ".join(plant.problem.machines[machine].id for machine, _ in plant.modes[i])
    calendars = [(seconds, plant.calendar_of(i, machine)) for machine, seconds in plant.modes[i]]
    hours = [(seconds, calendar) for seconds, calendar in calendars if calendar is not None]
    if hours and all(calendar.end <= plant.release[i] for _, calendar in hours):
        return f"what it waits for comes after the calendar of {names} has ended; have it sooner, or extend the calendar"
    told = f"the calendar of {names} ends before it could be done; extend the calendar"
    if plant.tasks[i].pin is not None:
        told += ", or let it go from the machine that it is pinned to"
    if hours and all(seconds > calendar.total for seconds, calendar in hours):
        least, most = min(seconds for seconds, _ in hours), max(calendar.total for _, calendar in hours)
        told += f", or lower the quantity: it takes {span(least)}, and there are {span(most)} in all"
    return told
