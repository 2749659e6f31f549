"""The first plan: walk through time and give every machine that falls free the most pressing task that waits for it."""

import numpy as np

from production.scheduling.kernel.arrays import Table
from production.scheduling.kernel.dispatch import walk
from production.scheduling.kernel.timing import FINE
from production.scheduling.plant import Plan, Plant
from production.scheduling.rules import Rule, Urgency
from production.scheduling.timing import timed


def dispatched(plant: Plant, seen: Urgency, rule: Rule) -> Plan:
    """The timed plan of one rule; the timing explains tasks that no calendar has room for."""
    return timed_walk(plant, walked(plant, seen, rule))


def walked(plant: Plant, seen: Urgency, rule: Rule) -> Table:
    """The slots of one rule; what has no place is left without a mode."""
    slots: Table = walk(plant.arrays, rule.key(plant, seen), np.zeros(plant.size, np.int64))
    return slots


def timed_walk(plant: Plant, slots: Table) -> Plan:
    """The timed plan of a walk."""
    a = plant.arrays
    is_placed = slots["mode"] >= 0
    late = float(slots["end"].max(initial=0))
    key = np.where(is_placed, slots["run"].astype(np.float64), late)
    machine = np.where(is_placed, a.mode["machine"][np.maximum(slots["mode"], 0)], -1)
    broken = {int(i): int(slots["broken"][i]) for i in np.flatnonzero(slots["broken"] != FINE)}
    return timed(plant, key, machine, broken=broken)
