"""The few late jobs that others should give way to, at the end of a search that drew its moves: every move is tried."""

from time import monotonic

import numpy as np

from production.scheduling.anneal import timed_records
from production.scheduling.kernel.arrays import Ints
from production.scheduling.kernel.graph import Graph, graph_of
from production.scheduling.kernel.hasten import hasten
from production.scheduling.kernel.insert import WORTH_IT
from production.scheduling.plant import Plan, Plant, is_better

REACH = 12  # how many in front of a task are looked at


def hastened(plant: Plant, plan: Plan, hold: Ints, *, until: float) -> tuple[Plan, Ints]:
    """The plan and its holds after all was tried for its late jobs above the least weight; no worse than it was."""
    graph = graph_of(plant.arrays, plan.slots, hold)
    cost = np.inf
    while monotonic() < until and graph.total[0] < cost - WORTH_IT:
        cost = float(graph.total[0])
        for job in _late(plant, graph):
            if monotonic() >= until:
                break
            tasks = np.array(plant.members[job][::-1], np.int64)
            hasten(plant.arrays, graph, tasks, REACH)
    node = graph.node
    records = np.column_stack([node["mode"], node["place"], node["hold"]]).astype(np.float64)
    found, freed = timed_records(plant, records)
    return (found, freed) if is_better(found, plan) else (plan, hold)


def _late(plant: Plant, graph: Graph) -> Ints:
    """Late jobs of which the first lateness costs more: the heaviest first, of those the least late."""
    jobs = plant.arrays.job
    late = graph.tally["end"] - jobs["due"]
    found = np.flatnonzero((late > 0) & (jobs["keen"] > 0))
    return found[np.lexsort((late[found], -jobs["weight"][found]))]
