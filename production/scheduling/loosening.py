"""What a repair takes out to put it elsewhere: what lost its place, what is new, and whatever waits for these."""

from collections.abc import Iterable

import numpy as np

from production.scheduling.plant import Plan, Plant
from production.scheduling.rules import Urgency

MUCH_LATER = 3600  # seconds


def displaced(plant: Plant, plan: Plan) -> set[int]:
    """Tasks that come much later than they stood and than whatever is in front of them makes them."""
    start, machine = np.array(plan.start), np.array(plan.machine)
    was = plant.arrays.task["present_start"]
    delay = np.where((was >= 0) & (machine >= 0), start - was, 0)
    order = np.lexsort((start, machine))
    in_front = np.zeros(plant.size, np.int64)
    is_next = machine[order[1:]] == machine[order[:-1]]
    in_front[order[1:]] = np.where(is_next, delay[order[:-1]], 0)
    return {
        int(i)
        for i in np.flatnonzero(delay - np.maximum(in_front, 0) >= MUCH_LATER)
        if i not in plant.pinned
        and delay[i] - max((delay[arc.task] for arc in plant.preds[i]), default=0) >= MUCH_LATER
    }


def with_successors(plant: Plant, tasks: Iterable[int]) -> set[int]:
    """Tasks and all that wait for them, as far as they may be moved."""
    found = set(tasks)
    for i in plant.topological:
        if i in found:
            heirs = (arc.task for arc in plant.succs[i])
            found.update(s for s in heirs if s in plant.present and s not in plant.pinned)
    return found


def lifted(plant: Plant, plan: Plan, new: Iterable[int]) -> list[int]:
    """New tasks and those behind them that cannot stay where they are, predecessors first."""
    found = set(new)
    for i in plant.topological:
        if i not in found or i in plan.unplaced:
            continue
        for s in (arc.task for arc in plant.succs[i]):
            is_free = s in plant.present and s not in plant.pinned
            if is_free and plan.start[s] != plant.present[s].start:
                found.add(s)
    return [i for i in plant.topological if i in found and i not in plan.unplaced and i not in plant.pinned]


def in_groups(plant: Plant, seen: Urgency, tasks: Iterable[int]) -> list[list[int]]:
    """Tasks to be put in together: of one job, or of jobs that wait for each other; the most urgent first."""
    group_of: dict[int, list[int]] = {}
    for i in tasks:
        jobs = {plant.job[i], *(plant.job[arc.task] for arc in plant.preds[i])}
        met = {id(group_of[j]): group_of[j] for j in jobs if j in group_of}
        joined = sorted((t for group in met.values() for t in group), key=plant.rank.__getitem__)
        joined.append(i)
        for j in {plant.job[t] for t in joined}:
            group_of[j] = joined
    groups = {id(group): group for group in group_of.values()}
    return sorted(
        groups.values(), key=lambda group: (-max(seen.weight[group]), min(seen.latest[group]), group[0])
    )
