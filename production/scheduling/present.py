"""The plan in force, by task number, as its repair begins from it."""

import numpy as np

from production.scheduling.kernel.arrays import Floats, Ints
from production.scheduling.plant import Plant


def homes(plant: Plant) -> list[int]:
    """What a task is held at to stand where it does: its present run, or, where set-up waits with the run, its present slot."""
    slots = plant.present
    return [
        (slots[i].setup_end if plant.ahead else slots[i].start) if i in slots else -1
        for i in range(plant.size)
    ]


def starts(plant: Plant) -> Ints:
    """Where the present slots begin, set-up included."""
    slots = plant.present
    return np.array([slots[i].start if i in slots else 0 for i in range(plant.size)], np.int64)


def machines(plant: Plant) -> list[int]:
    """Present machines; for new tasks the one with the least work for its speed so far."""
    load = [0.0] * len(plant.calendars)
    for i, slot in plant.present.items():
        machine = plant.machine_number[slot.machine]
        load[machine] += next((seconds for m, seconds in plant.modes[i] if m == machine), 0)
    chosen = []
    for i, modes in enumerate(plant.modes):
        if i in plant.present:
            chosen.append(plant.machine_number[plant.present[i].machine])
            continue
        machine, seconds = min(
            modes, key=lambda mode: load[mode[0]] * (not plant.unlimited[mode[0]]) + mode[1]
        )
        load[machine] += seconds
        chosen.append(machine)
    return chosen


def first_named(plant: Plant) -> list[int]:
    """Present machines; for new tasks the first of those that may do it."""
    return [
        plant.machine_number[plant.present[i].machine] if i in plant.present else modes[0][0]
        for i, modes in enumerate(plant.modes)
    ]


def present_costs(plant: Plant) -> Floats:
    """What each job costs in the present plan; nothing where it is not planned whole there."""
    costs = np.zeros(len(plant.due))
    for j, group in enumerate(plant.members):
        slots = [plant.present.get(i) for i in group if i not in plant.running]
        ends = [slot.end for slot in slots if slot is not None]
        if not ends or len(ends) < len(slots):
            continue
        costs[j] = plant.cost_of(j, max(ends))
    return costs


def users(plant: Plant) -> tuple[Ints, Ints, Ints]:
    """By resource, where its rows are: tasks that use it, and how much."""
    rows = sorted((resource, i, amount) for i, needs in enumerate(plant.needs) for resource, amount in needs)
    at = np.searchsorted([row[0] for row in rows], np.arange(len(plant.capacity) + 1))
    return at.astype(np.int64), _column(rows, 1), _column(rows, 2)


def _column(rows: list[tuple[int, int, int]], number: int) -> Ints:
    return np.array([row[number] for row in rows], np.int64)
