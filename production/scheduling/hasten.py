"""The few late jobs that others should give way to, at the end of a search that drew its moves: every move is tried.

Least weighted tardiness leaves now and then one of the most important jobs late by minutes: hardly anything is to be gained by its
being in time. Whoever promised it sees that otherwise. So here being late at all counts as more, which the search itself does better without.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from production.scheduling.anneal import timed_records
from production.scheduling.effort import Effort
from production.scheduling.flatten import STEEP
from production.scheduling.kernel.arrays import KEEN, Arrays, Ints
from production.scheduling.kernel.graph import Graph, graph_of
from production.scheduling.kernel.hasten import hasten
from production.scheduling.kernel.insert import WORTH_IT
from production.scheduling.plant import Plan, Plant

REACH = 12  # how many in front of a task are looked at
ONE_JOB = 0.02  # seconds, where its work is counted


def hastened(plant: Plant, plan: Plan, hold: Sequence[int] | None, *, effort: Effort, seconds: float) -> Plan:
    """The plan after all was tried for its late jobs above the least weight; no worse than it was, their being late counted.

    :param hold: starts of runs not to undercut. :param seconds: to spend; one job is looked at whatever that takes.
    """
    a = _keener(plant)
    graph = graph_of(a, plan.slots, np.array([0] * plant.size if hold is None else hold, np.int64))
    until = effort.now() + seconds
    while _gained(plant, a, graph, effort, until):
        pass
    node = graph.node
    records = np.column_stack([node["mode"], node["place"], node["hold"]]).astype(np.float64)
    found, _ = timed_records(plant, records)
    return min(plan, found, key=partial(_rank, plant, a))


def _gained(plant: Plant, a: Arrays, graph: Graph, effort: Effort, until: float) -> bool:
    """Try everything around each late job once: whether the plan got cheaper by it, and there is time for more."""
    before = float(graph.total[0])
    for job in _late(a, graph):
        hasten(a, graph, np.array(plant.members[job][::-1], np.int64), REACH)
        effort.spend(ONE_JOB)
        if effort.now() >= until:
            return False
    return float(graph.total[0]) < before - WORTH_IT


def _keener(plant: Plant) -> Arrays:
    """The plant's arrays where the first lateness of jobs above the least weight costs more, as `Weights.keen` says."""
    cost = plant.arrays.cost.copy()
    cost[KEEN] = plant.weights.keen * STEEP
    return plant.arrays._replace(cost=cost)


def _late(a: Arrays, graph: Graph) -> Ints:
    """Late jobs of which the first lateness costs more: the heaviest first, of those the least late."""
    late = graph.tally["end"] - a.job["due"]
    found = np.flatnonzero((late > 0) & (a.job["keen"] > 0))
    return found[np.lexsort((late[found], -a.job["weight"][found]))]


def _rank(plant: Plant, a: Arrays, plan: Plan) -> tuple[int, int, float]:
    """As plans are compared elsewhere, but for what the first lateness costs more."""
    ends = np.maximum.reduceat(plan.slots["end"], plant.first)
    late = np.minimum(np.maximum(ends - a.job["due"], 0), a.job["keen"])
    more = a.cost[KEEN] * plant.weights.tardiness * float((a.job["weight"] * late).sum())
    return len(plan.unplaced), len(plan.broken), plan.cost + more
