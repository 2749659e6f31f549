"""Which tasks to free together: a stretch of time, a few machines for longer, or late jobs with what is in their way."""

from dataclasses import dataclass
from random import Random

from production.scheduling.plant import Plant
from production.scheduling.rules import urgency
from production.scheduling.surroundings import Surroundings


@dataclass(slots=True)
class View:
    """What a choice is made from."""

    plant: Plant
    around: Surroundings
    random: Random


def targets(plant: Plant) -> list[int]:
    """For each task, the job that its delay hurts most: its own, or along its most urgent successors."""
    latest = urgency(plant).latest
    target = list(plant.job)
    for i in reversed(plant.topological):
        heirs = [arc.task for arc in plant.succs[i]]
        if heirs:
            urgent = min(heirs, key=lambda s: latest[s])
            if plant.job[urgent] != plant.job[i] or target[urgent] != plant.job[i]:
                target[i] = target[urgent]
    return target


def _pivot(view: View) -> int:
    """A place in the order to look at: any for the makespan, else rather where late jobs lie."""
    order = view.around.order
    if view.plant.is_due and view.random.random() < 0.8:
        job = _late_job(view)
        if job is not None:
            i = view.random.choice(view.plant.members[job])
            if view.around.place[i] >= 0:
                return view.around.place[i]
    return view.random.randrange(len(order))


def _late_job(view: View) -> int | None:
    plant = view.plant
    late = [
        (j, plant.weight[j] * (end - due))
        for j, end in view.around.ends.items()
        if (due := plant.due[j]) is not None and end > due and plant.weight[j] > 0
    ]
    if not late:
        return None
    return view.random.choices([j for j, _ in late], [cost**0.5 for _, cost in late])[0]


def window(view: View, size: int) -> set[int]:
    """A stretch of time on all machines, ending a little after a pivot."""
    order = view.around.order
    start = _pivot(view) - view.random.randrange(size)
    start = max(0, min(start, len(order) - size))
    return set(order[start : start + size])


def machines(view: View, size: int) -> set[int]:
    """A longer stretch of time on a few machines."""
    around, plan = view.around, view.around.plan
    pivot = _pivot(view)
    used = sorted({plan.machine[i] for i in around.order})
    count = view.random.randint(1, max(2, min(6, len(used) // 2)))
    chosen = set(view.random.sample(used, min(count, len(used)))) | {plan.machine[around.order[pivot]]}
    free: set[int] = set()
    back = pivot
    while back >= 0 and len(free) < size // 2:
        if plan.machine[around.order[back]] in chosen:
            free.add(around.order[back])
        back -= 1
    ahead = pivot + 1
    while ahead < len(around.order) and len(free) < size:
        if plan.machine[around.order[ahead]] in chosen:
            free.add(around.order[ahead])
        ahead += 1
    return free


def jobs(view: View, size: int) -> set[int]:
    """Whole jobs: late ones, and those that stand right before them."""
    plant, around = view.plant, view.around
    free: set[int] = set()
    todo: list[int] = []
    while len(free) < size:
        if not todo or view.random.random() < 0.2:
            job = _late_job(view) if view.random.random() < 0.7 else None
            todo.append(view.random.randrange(len(plant.members)) if job is None else job)
        job = todo.pop(view.random.randrange(len(todo)))
        tasks = [i for i in plant.members[job] if around.place[i] >= 0]
        if len(free) + len(tasks) > size and free:
            break
        free.update(tasks)
        todo.extend(plant.job[around.before[i]] for i in tasks if around.before[i] >= 0)
        if len(free) >= len(around.order):
            break
    return free or {around.order[0]}
